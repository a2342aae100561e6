"""What came after GPT-2, each field alone and together: the ladder, and what others make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, Qwen3Config
from transformers.models.llama.modeling_llama import (
    LlamaAttention,
    LlamaMLP,
    LlamaRotaryEmbedding,
)
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.generation import generate
from tinytx.generation.engine import evaluating
from tinytx.inspect import capture, compare
from tinytx.inspect.operations import operations
from tinytx.inspect.rungs import RUNGS
from tinytx.pytorch import GPT, MLP, Attention, RMSNorm, Rotary, window_mask

from .twins import IDS, LEFT, SIZES, TARGETS, numpy_model, pair, torch_model, twin_of

ALL = {"norm_kind": "rms", "positions": "rotary", "qk_norm": True, "activation": "relu2",
       "d_head": 6}  # fmt: skip
MODERN = [
    ALL,
    {**ALL, "norm": "post", "padding_id": 0, "bias": False, "tie_weights": False, "n_layer": 1},
    {"positions": "rotary", "causal": False, "d_head": 2, "n_head": 1, "rotary_base": 50.0},
    {"qk_norm": True, "positions": "sinusoidal", "padding_id": 0, "n_layer": 1},
    {"norm_kind": "rms", "activation": "relu2", "dropout": 0.3, "norm": "post"},
    {"positions": "none"},
    {"activation": "swiglu", "bias": False},
    {"attention_scale": 0.3, "norm": "post"},
    {**ALL, "activation": "swiglu", "attention_scale": 2, "padding_id": 0, "d_ff": 3},
    {"n_kv_head": 1},
    {"n_head": 6, "n_kv_head": 2, "d_head": 3, "bias": False, "norm": "post"},
    {"window": 3},
    {"norm_eps": 0.04, "qkv_bias": False},
    {**ALL, "norm_eps": 0.04, "bias": False, "qkv_bias": True, "rotary_factor": 2.5},
    {
        "positions": "rotary",
        "d_head": 6,
        "rotary_base": 40.0,
        "rotary_factor": 4,
        "rotary_original": 30,
    },
    {**ALL, "n_head": 4, "n_kv_head": 2, "window": 2, "sinks": 1, "padding_id": 0},
]


@pytest.mark.parametrize("changes", MODERN, ids=str)
def test_the_ladder(changes, capsys):
    ours, theirs = pair(**changes)
    compare(ours, theirs, (LEFT if "padding_id" in changes else IDS, TARGETS)).require()
    assert capsys.readouterr().out.count("ok ") == len(RUNGS)
    names = {operation.name for operation in operations(ours.config, 2, 3)}
    assert ("rotate" in names) == (changes.get("positions") == "rotary")
    assert ("rmsnorm" in names) == ("norm_kind" in changes or "qk_norm" in changes)
    assert ("repeat_heads" in names) == ("n_kv_head" in changes)
    for name in ("relu2", "swiglu"):
        assert (name in names) == (changes.get("activation") == name)


@pytest.mark.parametrize("changes", [MODERN[i] for i in (0, 1, 3, *range(5, 16))], ids=str)
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
        vocab_size=5, context_length=9, n_layer=1, n_head=6, d_model=12, d_head=4, bias=False,
        positions="rotary", rotary_base=300.0, **changes,
    )  # fmt: skip
    mine = Attention(config, dtype=torch.float64)
    mine.load_state_dict(theirs.state_dict())
    return mine


@pytest.mark.parametrize(("qk_norm", "n_kv_head"), [(True, 6), (False, 6), (True, 2), (False, 3)])
def test_attention_is_that_of_qwen3_and_llama(qk_norm, n_kv_head):
    """Output, the gradient of the input, and each weight's, with their code and our weights."""
    torch.manual_seed(0)
    kind, options = (Qwen3Attention, Qwen3Config) if qk_norm else (LlamaAttention, LlamaConfig)
    config = options(
        hidden_size=12, num_attention_heads=6, num_key_value_heads=n_kv_head, head_dim=4,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 300.0}, attention_bias=False,
        attn_implementation="eager",
    )  # fmt: skip
    theirs = kind(config, 0).double()
    for p in theirs.parameters():
        p.data = torch.randn_like(p)
    mine = attention_of(theirs, qk_norm=qk_norm, n_kv_head=n_kv_head)
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


def test_a_gated_mlp_is_that_of_llama():
    """With their code and our weights: they have the same names."""
    config = GPTConfig(**{**SIZES, "activation": "swiglu", "bias": False})
    mine = MLP(config, torch.Generator().manual_seed(0), dtype=torch.float64)
    theirs = LlamaMLP(
        LlamaConfig(hidden_size=8, intermediate_size=13, num_attention_heads=2)
    ).double()
    theirs.load_state_dict(mine.state_dict())
    x = torch.randn(2, 3, 8, dtype=torch.float64)
    torch.testing.assert_close(mine(x), theirs(x), rtol=1e-12, atol=0)


def test_a_gated_mlp_of_two_thirds_has_as_many_weights():
    plain = GPTConfig(**{**SIZES, "d_model": 12, "d_ff": None, "bias": False})
    gated = replace(plain, activation="swiglu", d_ff=8 * 12 // 3)
    assert plain.d_ff == 48
    assert gated.parameter_counts() == plain.parameter_counts()


def test_shared_keys_are_those_of_a_model_that_has_each_as_often():
    """The same logits, and gradients that are sums over each group."""
    ours, theirs = pair(n_head=6, n_kv_head=2, d_head=3)
    for model in (ours, theirs):
        wide = type(model)(replace(model.config, n_kv_head=None), *WEIGHTS[type(model)])
        state = {name: np.asarray(value) for name, value in model.state_dict().items()}
        for name, value in state.items():
            if ".k_proj" in name or ".v_proj" in name:
                heads = value.reshape(2, 3, *value.shape[1:])
                state[name] = heads.repeat(3, axis=0).reshape(18, *value.shape[1:])
        wide.load_state_dict(state)
        found = [gradients_of(one) for one in (model, wide)]
        assert found[0].keys() == found[1].keys()
        for name, mine in found[0].items():
            other = found[1][name]
            if mine.shape != other.shape:
                other = other.reshape(2, 3, 3, *other.shape[1:]).sum(1).reshape(mine.shape)
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-11, err_msg=name)


WEIGHTS = {
    manual.GPT: (np.random.default_rng(0), np.float64), GPT: (None, torch.float64),
}  # fmt: skip


def gradients_of(model):
    """The logits, and the gradient of every weight, for a random cotangent."""
    dlogits = np.random.default_rng(3).standard_normal((2, 6, 11))
    if isinstance(model, GPT):
        logits = model(torch.tensor(IDS))
        logits.backward(torch.tensor(dlogits))
        found = {name: p.grad.numpy() for name, p in model.named_parameters()}
        return {**found, "logits": logits.detach().numpy()}
    logits = model.forward(IDS)
    model.backward(dlogits)
    return {**{name: p.grad for name, p in model.named_parameters()}, "logits": logits}


@pytest.mark.parametrize(("window", "sinks"), [(1, 0), (3, 0), (2, 1), (1, 3), (6, 0), (99, 0)])
def test_a_window_is_the_same_as_its_mask(window, sinks):
    """Held to a mask that is written out entry by entry, and given to a model without one."""
    t, s = np.arange(6)[:, None], np.arange(6)
    seen = np.array(
        [[key <= query and (query - key < window or key < sinks) for key in s] for query in t[:, 0]]
    )
    assert np.array_equal(seen, manual.window_mask(6, window, sinks))
    assert np.array_equal(seen, window_mask(6, window, sinks).numpy())
    assert np.array_equal(seen[4:], window_mask(2, window, sinks, 6).numpy())
    assert np.array_equal(seen[4:], manual.window_mask(2, window, sinks, 6))
    for narrow, plain in zip(pair(window=window, sinks=sinks), pair(), strict=True):
        with evaluating(narrow) as one, evaluating(plain) as other:
            if isinstance(narrow, GPT):
                mine, wanted = one(torch.tensor(IDS)), other(torch.tensor(IDS), torch.tensor(seen))
                mine, wanted = mine.detach(), wanted.detach()
            else:
                mine, wanted = one(IDS), other(IDS, seen)
            np.testing.assert_allclose(mine, wanted, rtol=1e-10, atol=1e-12)


def test_two_blocks_see_further_than_one_window():
    """What the last position depends on reaches ``window - 1`` further with each block."""
    for n_layer, reach in ((1, 3), (2, 5)):
        for model in pair(n_layer=n_layer, window=3, context_length=8):
            ids = np.arange(8)[None]
            with evaluating(model) as still:
                outs = []
                for place in range(8):
                    moved = ids.copy()
                    moved[0, place] = 10
                    both = [torch.tensor(one) if isinstance(model, GPT) else one
                            for one in (ids, moved)]  # fmt: skip
                    with torch.no_grad():
                        a, b = (still(one)[0, -1] for one in both)
                    outs.append(float(abs(a - b).max()) > 1e-9)  # rounding is 1e-15
            assert outs == [False] * (8 - reach) + [True] * reach


@pytest.mark.parametrize("n_layer", [1, 2])
def test_without_positions_one_block_reads_a_set(n_layer):
    """The last place sees what came before in any order; a second block reads who saw how much."""
    for model in pair(positions="none", n_layer=n_layer):
        with evaluating(model) as still:
            ids = [[1, 6, 3, 10, 2], [3, 10, 1, 6, 2]]
            ids = torch.tensor(ids) if isinstance(model, GPT) else np.array(ids)
            first, second = still(ids)[:, -1]
            assert (abs(first - second).max() < 1e-12) == (n_layer == 1)


def test_the_scale_is_that_of_the_scores():
    """The same weights, scores as many times larger; and None is the usual one."""
    for model, other in zip(pair(), pair(attention_scale=0.5), strict=True):
        usual = with_scores(model)
        for i, scores in enumerate(with_scores(other)[:1]):
            np.testing.assert_allclose(scores, usual[i] * 0.5 * 5**0.5, rtol=1e-12)
    same = pair(attention_scale=1 / 5**0.5)
    for model, other in zip(pair(), same, strict=True):
        for one, two in zip(with_scores(model), with_scores(other), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-13)


def with_scores(model):
    with evaluating(model) as still, capture(still) as seen:
        still(torch.tensor(IDS) if isinstance(model, GPT) else IDS)
    return [seen[f"blocks.{i}.attn.scores"] for i in range(2)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": "nope"}, "positions is 'nope' and must be one of 'learned', 'sinusoidal', "),
        ({"positions": None}, "positions is None and must be one of"),
        ({"activation": "silu"}, "activation is 'silu' and must be one of"),
        ({"attention_scale": 0}, "attention_scale is 0 and must be a number above 0, or None for"),
        ({"attention_scale": -1.0}, "attention_scale is -1.0 and must be"),
        ({"attention_scale": True}, "attention_scale is True and must be"),
        ({"attention_scale": float("inf")}, "attention_scale is inf and must be"),
        ({"attention_scale": float("nan")}, "attention_scale is nan and must be"),
        ({"attention_scale": "1"}, "attention_scale is '1' and must be"),
        ({"n_kv_head": 2}, "n_kv_head is 2 and does not divide n_head 3: each head of keys and"),
        ({"n_kv_head": 6}, "n_kv_head is 6 and does not divide n_head 3"),
        ({"n_kv_head": 0}, "n_kv_head is 0 and must be an integer of at least 1"),
        ({"n_kv_head": True}, "n_kv_head is True and must be an integer"),
        ({"window": 0}, "window is 0 and must be an integer of at least 1"),
        ({"window": 2.0}, "window is 2.0 and must be an integer"),
        ({"window": 2, "causal": False}, "window is 2 and causal is False: a window looks back"),
        ({"norm_eps": 0}, "norm_eps is 0 and must be a number above 0"),
        ({"norm_eps": float("inf")}, "norm_eps is inf and must be a number above 0"),
        ({"norm_eps": "1e-5"}, "norm_eps is '1e-5' and must be a number above 0"),
        ({"qkv_bias": 1}, "qkv_bias is 1 and must be one of True, False"),
        ({"rotary_factor": 0}, "rotary_factor is 0 and must be a number above 0: positions are di"),
        ({"rotary_factor": float("nan")}, "rotary_factor is nan and must be"),
        ({"rotary_original": 0}, "rotary_original is 0 and must be an integer of at least 1"),
        ({"rotary_original": 2.0}, "rotary_original is 2.0 and must be an integer"),
        ({"sinks": 1}, "sinks is 1 and window is None: all positions are seen, give a window"),
        ({"window": 2, "sinks": -1}, "sinks is -1 and must be an integer of at least 0"),
        ({"window": 2, "sinks": True}, "sinks is True and must be an integer of at least 0"),
    ],
)
def test_wrong_choices_are_refused(changes, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        GPTConfig(**{**SIZES, **changes})
    assert "\n" not in str(caught.value)


def test_rmsnorm_is_pytorchs():
    mine, theirs = RMSNorm(5, dtype=torch.float64), torch.nn.RMSNorm(5, 1e-5, dtype=torch.float64)
    theirs.weight.data = torch.randn(5, dtype=torch.float64)
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(mine(x), theirs(x), rtol=1e-12, atol=0)
    narrow = x.bfloat16()  # what is narrower than the weight is widened first
    torch.testing.assert_close(mine(narrow), mine(narrow.double()), rtol=0, atol=0)


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
        cut = model.use_pieces(2)(ids)
    assert mixed.dtype == seen.dtype == cut.dtype == torch.bfloat16
    for near in (mixed, seen, cut):
        assert 0 < (near - logits).abs().max() < 0.05 * logits.abs().max()
    (mixed + cut).float().sum().backward()
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
