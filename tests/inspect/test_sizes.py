"""Parameters, arithmetic and memory by formula are those of real models, part by part."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.generation.cache import KVCache
from tinytx.inspect import flops, memory, parameters
from tinytx.presets import PRESETS

SMALL = PRESETS["gpt2"]
# What the released checkpoints have; the paper's 117M for the first is a slip.
GPT2 = {
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
}
PARTS = {
    "tok_emb": "embedding", "pos_emb": "positions", "attn": "attention", "mlp": "mlp",
    "ln_1": "norms", "ln_2": "norms", "ln_f": "norms", "lm_head": "head",
}  # fmt: skip
MODEL = manual.GPT(
    GPTConfig(vocab_size=8, context_length=7, n_layer=1, n_head=2, d_model=6),
    np.random.default_rng(0),
)
# Fields that stay None: what they mean then follows from others.
OPEN = ("attention_scale", "n_kv_head", "window", "n_expert", "qkv_bias", "rotary_original")
SIZE = st.integers(1, 9)
CONFIGS = st.builds(  # an odd d_head cannot turn
    lambda groups, **fields: GPTConfig(**{
        **fields,
        "d_head": fields["d_head"] * (1 + (fields["positions"] == "rotary")),
        "n_head": fields["n_kv_head"] * groups if fields["n_kv_head"] else groups,
        "sinks": fields["sinks"] if fields["window"] else 0,
        "n_active": min(fields["n_active"], fields["n_expert"] or 9),
    }),
    vocab_size=SIZE, context_length=SIZE, n_layer=st.integers(1, 3),
    groups=st.integers(1, 4), n_kv_head=st.sampled_from([None, 1, 2, 3]),
    window=st.none() | SIZE, sinks=st.integers(0, 2),
    d_model=SIZE, d_head=st.integers(1, 5), d_ff=SIZE,
    n_expert=st.sampled_from([None, None, 1, 3, 5]), n_active=st.integers(1, 3),
    norm=st.sampled_from(["pre", "post"]), norm_kind=st.sampled_from(["layer", "rms"]),
    positions=st.sampled_from(["learned", "sinusoidal", "rotary", "none"]),
    activation=st.sampled_from(["gelu", "swiglu"]), attention_scale=st.sampled_from([None, 0.7]),
    qk_norm=st.booleans(), bias=st.booleans(), tie_weights=st.booleans(),
    qkv_bias=st.none() | st.booleans(),
)  # fmt: skip


def counted(named) -> dict[str, int]:
    """Count real parameters by part, each once, whatever it is called."""
    parts = dict.fromkeys(parameters(SMALL), 0)
    for name, size in named:
        (part,) = {PARTS[piece] for piece in name.split(".") if piece in PARTS}
        parts[part] += size
    return parts


@pytest.mark.parametrize(("name", "total"), GPT2.items())
def test_gpt2_has_its_published_sizes(name, total):
    config = PRESETS[name]
    model = pytorch.GPT(config, device="meta")
    assert sum(parameters(config).values()) == total
    assert parameters(config) == counted((n, p.numel()) for n, p in model.named_parameters())


@settings(max_examples=60, deadline=None)
@given(CONFIGS)
def test_parameters_are_those_of_both_engines(config):
    ours = manual.GPT(config, np.random.default_rng(0))
    theirs = pytorch.GPT(config, device="meta")
    parts = parameters(config)
    assert parts == counted((n, p.numel()) for n, p in theirs.named_parameters())
    assert sum(parts.values()) == sum(p.data.size for p in ours.parameters())


def test_a_token_meets_some_of_the_experts_and_all_of_the_rest():
    config = GPTConfig(
        vocab_size=11, context_length=7, n_layer=3, n_head=4, d_model=8, n_expert=5, n_active=2
    )
    blocks = manual.GPT(config, np.random.default_rng(0)).blocks
    one = sum(p.data.size for block in blocks for p in block.mlp.experts[0].parameters())
    whole, active = parameters(config), parameters(config, active=True)
    assert whole == {**active, "mlp": active["mlp"] + 3 * one}


@settings(max_examples=20, deadline=None)
@given(CONFIGS, st.data())
def test_flops_are_what_pytorch_counts(config, data):
    B, T = 3, data.draw(st.integers(1, config.context_length))
    # Who is sent where cannot be looked at on meta, and what is fused counts elsewhere on a CPU.
    device = "meta" if config.n_expert is None else "cpu"
    model = pytorch.GPT(config, device=device)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(B, T, dtype=torch.long, device=device), weights=[])
    by_kind = {str(kind): n for kind, n in counter.get_flop_counts()["Global"].items()}
    parts = flops(config, T)
    assert counter.get_total_flops() == B * T * sum(parts.values())
    assert by_kind["aten.bmm"] == B * T * parts["scores"]


@pytest.mark.parametrize("n_kv_head", [None, 1, 2])
@pytest.mark.parametrize("tie", [True, False])
def test_memory_is_that_of_arrays(tie, n_kv_head):
    config = GPTConfig(
        vocab_size=11, context_length=7, n_layer=3, n_head=4, d_model=8, d_head=5, tie_weights=tie,
        n_kv_head=n_kv_head,
    )  # fmt: skip
    ours = manual.GPT(config, np.random.default_rng(0))
    found = memory(config)
    assert found["weights"] == sum(p.data.nbytes for p in ours.parameters())
    assert found["kv_cache"] == KVCache(ours, batch=1).both.nbytes
    model = pytorch.GPT(config)
    assert found["kv_cache"] == KVCache(model, batch=1).both.nbytes
    assert found["kv_cache"] * 4 == memory(replace(config, n_kv_head=4))["kv_cache"] * (
        n_kv_head or 4
    )
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(1, 2, dtype=torch.long)).sum().backward()
    optimizer.step()
    kept = [t for p in model.parameters() for t in (p, p.grad)]
    kept += [one[name] for one in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")]
    assert found["training"] == sum(t.nbytes for t in kept)


def test_numbers_of_numpy_are_numbers():
    config = GPTConfig(
        vocab_size=np.int64(8), context_length=np.int32(7), n_layer=1, n_head=np.uint8(2),
        d_model=np.int64(6), padding_id=np.int16(0),
    )  # fmt: skip
    values = {name: value for name, value in config.to_dict().items() if name not in OPEN}
    assert {type(value) for value in values.values()} == {int, float, str, bool}
    parts = flops(config, np.int64(7))
    assert parts == flops(config, 7)
    assert {type(part) for part in parts.values()} == {int}


def test_bfloat16_halves_using_and_not_training():
    wide, narrow = memory(SMALL), memory(SMALL, "bfloat16")
    assert narrow["weights"] * 2 == wide["weights"] == 4 * 124_439_808
    assert narrow["kv_cache"] * 2 == wide["kv_cache"]
    assert narrow["training"] == wide["training"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: flops(SMALL, 1025), "T is 1025 and must be a whole number from 1 to context_"),
        (lambda: flops(SMALL, 0), "T is 0 and must be"),
        (lambda: flops(SMALL, 2.0), "T is 2.0 and must be"),
        (lambda: flops(SMALL, True), "T is True and must be"),
        (lambda: flops(SMALL, np.int64(0)), "and must be a whole number from 1 to context_length"),
        (lambda: parameters(MODEL), "config is a GPT and must be a GPTConfig: give model.config"),
        (lambda: flops(MODEL, 1), "config is a GPT and must be a GPTConfig: give model.config"),
        (lambda: memory(MODEL), "config is a GPT and must be a GPTConfig: give model.config"),
        (lambda: memory("gpt2"), "config is a str and must be a GPTConfig: make one, or take a"),
        (lambda: memory(SMALL, "int8"), "dtype is 'int8' and must be one of 'float32', 'bfloat1"),
    ],
)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
