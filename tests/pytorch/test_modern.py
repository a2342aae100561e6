"""RMSNorm, rotary positions, qk-norm and squared ReLU: the ladder, and what others make of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, Qwen3Config
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

from tinytx.config import GPTConfig
from tinytx.generation import generate
from tinytx.inspect import capture, compare
from tinytx.inspect.operations import operations
from tinytx.inspect.rungs import RUNGS
from tinytx.pytorch import GPT, Attention, RMSNorm, Rotary

from .twins import IDS, LEFT, SIZES, TARGETS, numpy_model, pair, torch_model, twin_of

ALL = {"norm_kind": "rms", "positions": "rotary", "qk_norm": True, "activation": "relu2",
       "d_head": 6}  # fmt: skip
MODERN = [
    ALL,
    {**ALL, "norm": "post", "padding_id": 0, "bias": False, "tie_weights": False, "n_layer": 1},
    {"positions": "rotary", "causal": False, "d_head": 2, "n_head": 1, "rotary_base": 50.0},
    {"qk_norm": True, "positions": "sinusoidal", "padding_id": 0, "n_layer": 1},
    {"norm_kind": "rms", "activation": "relu2", "dropout": 0.3, "norm": "post"},
]


@pytest.mark.parametrize("changes", MODERN, ids=str)
def test_the_ladder(changes, capsys):
    ours, theirs = pair(**changes)
    compare(ours, theirs, (LEFT if "padding_id" in changes else IDS, TARGETS)).require()
    assert capsys.readouterr().out.count("ok ") == len(RUNGS)
    names = {operation.name for operation in operations(ours.config, 2, 3)}
    assert ("rotate" in names) == (changes.get("positions") == "rotary")
    assert ("rmsnorm" in names) == ("norm_kind" in changes or "qk_norm" in changes)
    assert ("relu2" in names) == ("activation" in changes)


@pytest.mark.parametrize("changes", [MODERN[0], MODERN[1], MODERN[3]], ids=str)
def test_both_write_with_a_cache_what_they_write_without(changes):
    """The ladder compares engines, so a decoder that both had wrong would pass there."""
    for model in pair(**changes):
        for prompts in (list(IDS), [IDS[0][:4], IDS[1][:1]]):  # the second: unequal rows
            cached, plain = (
                generate(model, prompts, 6, cache=cache, rng=np.random.default_rng(0))
                for cache in (None, False)
            )
            for row in range(2):
                np.testing.assert_array_equal(cached.ids[row], plain.ids[row])
                np.testing.assert_allclose(
                    cached.log_probs[row], plain.log_probs[row], rtol=1e-10, atol=1e-12
                )


def attention_of(theirs: torch.nn.Module, **changes) -> Attention:
    config = GPTConfig(
        vocab_size=5, context_length=9, n_layer=1, n_head=3, d_model=12, d_head=4, bias=False,
        positions="rotary", rotary_base=300.0, **changes,
    )  # fmt: skip
    mine = Attention(config, dtype=torch.float64)
    mine.load_state_dict(theirs.state_dict())
    return mine


@pytest.mark.parametrize("qk_norm", [True, False])
def test_attention_is_that_of_qwen3_and_llama(qk_norm):
    """Output, the gradient of the input, and each weight's, with their code and our weights."""
    torch.manual_seed(0)
    kind, options = (Qwen3Attention, Qwen3Config) if qk_norm else (LlamaAttention, LlamaConfig)
    config = options(
        hidden_size=12, num_attention_heads=3, num_key_value_heads=3, head_dim=4, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 300.0}, attention_bias=False,
        attn_implementation="eager",
    )  # fmt: skip
    theirs = kind(config, 0).double()
    for p in theirs.parameters():
        p.data = torch.randn_like(p)
    mine = attention_of(theirs, qk_norm=qk_norm)
    x = torch.randn(2, 7, 12, dtype=torch.float64, requires_grad=True)
    turns = LlamaRotaryEmbedding(config).double()(x, torch.arange(7)[None])
    hidden = torch.full((7, 7), -torch.inf, dtype=torch.float64).triu(1)
    wanted = theirs(x, turns, attention_mask=hidden[None, None])[0]
    got, dy = mine(x, causal=True), torch.randn_like(wanted)
    # Their angles are float32 whatever the model is.
    torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5)
    (mine_x,) = torch.autograd.grad(got, x, dy, retain_graph=True)
    (theirs_x,) = torch.autograd.grad(wanted, x, dy, retain_graph=True)
    pairs = [(mine_x, theirs_x)]
    got.backward(dy)
    wanted.backward(dy)
    pairs += [(mine.get_parameter(name).grad, p.grad) for name, p in theirs.named_parameters()]
    assert len(pairs) == (7 if qk_norm else 5)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


def test_rmsnorm_is_pytorchs():
    mine, theirs = RMSNorm(5, dtype=torch.float64), torch.nn.RMSNorm(5, 1e-5, dtype=torch.float64)
    theirs.weight.data = torch.randn(5, dtype=torch.float64)
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(mine(x), theirs(x), rtol=1e-12, atol=0)


def test_one_table_that_is_never_kept_in_fewer_digits():
    config = GPTConfig(**{**SIZES, **ALL})
    right = twin_of(numpy_model(**ALL))
    model = GPT(config, device="meta").to_empty(device="cpu").bfloat16().double()
    model.load_state_dict(right.state_dict())
    again = GPT(config, device="meta")
    again.load_state_dict(right.state_dict(), assign=True)
    for one in (model, again):
        tables = [m.table for m in one.modules() if isinstance(m, Rotary)]
        assert len(tables) == 4
        assert all(table is tables[0] for table in tables)
        assert torch.equal(one(torch.tensor(IDS)), right(torch.tensor(IDS)))
        assert not any("rotary" in name for name in one.state_dict())


def test_autocast_is_near():
    model, ids = torch_model("float32", **ALL), torch.tensor(IDS)
    logits = model(ids)
    with torch.autocast("cpu", torch.bfloat16):
        mixed, seen = model(ids), model(ids, weights=[])
    assert mixed.dtype == seen.dtype == torch.bfloat16
    for near in (mixed, seen):
        assert 0 < (near - logits).abs().max() < 0.05 * logits.abs().max()
    mixed.float().sum().backward()
    assert {p.grad.dtype for p in model.parameters()} == {torch.float32}


def test_half_precision_is_near():
    for dtype, share in ((torch.float16, 0.01), (torch.bfloat16, 0.08)):
        model, ids = torch_model("float32", **ALL), torch.tensor(IDS)
        logits = model(ids)
        assert (model.to(dtype)(ids) - logits).abs().max() < share * logits.abs().max()


def test_a_capture_has_the_same_stations_in_both_engines():
    found = []
    for model, ids in zip(pair(**ALL), (IDS, torch.tensor(IDS)), strict=True):
        with capture(model) as seen:
            model(ids)
        found.append(seen)
    assert found[0].keys() == found[1].keys()
    assert {"blocks.1.attn.q_norm", "blocks.1.attn.k_rotary"} <= found[0].keys()
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=1e-10, atol=1e-10, err_msg=name)


def test_places_beyond_the_table_are_refused():
    rotary, x = Rotary(GPTConfig(**{**SIZES, **ALL})), torch.zeros(1, 3, 2, 6)
    for start in (-1, 6):
        with pytest.raises(ValueError, match=rf"^start is {start} and must be from 0 to 5: x has"):
            rotary(x, start)
