"""Attention in pieces gives the ordinary pair's numbers, in memory that grows with T alone."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinytx.inspect import capture
from tinytx.manual import Attention, causal_mask, pieces
from tinytx.manual.attention import attention_backward, attention_forward
from tinytx.manual.pieces import (
    BlockwiseAttention,
    blockwise_attention_backward,
    blockwise_attention_forward,
)

from .cases import normal
from .test_gpt import IDS, LEFT, make

sizes = st.integers(1, 9)


def run(forward, backward, qkv, dout, **options):
    """Output and gradients, without what the forward leaves behind."""
    out, saved = forward(*qkv, **options)
    return [out, *backward(dout, saved)]


def ordinary(qkv, dout, mask=None, causal=False, **options):
    T, S = qkv[0].shape[2], qkv[1].shape[2]
    if causal:
        mask = causal_mask(T, S) & (True if mask is None else mask)
    return run(attention_forward, attention_backward, qkv, dout, mask=mask, **options)


def blockwise(qkv, dout, **options):
    return run(blockwise_attention_forward, blockwise_attention_backward, qkv, dout, **options)


def inputs(B, H, T, S, Dh, logits=1.0, seed=0):
    """Queries, keys and values whose scores are about ``logits``, and an output's gradient."""
    root = np.sqrt(logits)
    shapes = (B, H, T, Dh), (B, H, S, Dh), (B, H, S, Dh)
    scales = root, root, 1.0
    qkv = [
        normal(*n, seed=seed + i, scale=s)
        for i, (n, s) in enumerate(zip(shapes, scales, strict=True))
    ]
    return qkv, normal(B, H, T, Dh, seed=seed + 9)


def bounds(qkv, dout, keys):
    """What the entries of output, dq, dk and dv can be at most, of which rounding is a share."""
    q, k, v = (abs(x).max() for x in qkv)
    d = abs(dout).max() * qkv[0].shape[-1]
    return [v, d * v * k, d * v * q * keys, d * keys]


@given(
    B=st.integers(1, 2), H=st.integers(1, 3), T=sizes, more=st.integers(0, 4),
    Dh=st.integers(1, 4), piece=st.integers(1, 12), logits=st.sampled_from([1.0, 60.0, 1e4]),
    causal=st.booleans(), masked=st.sampled_from([None, "BHTS", "TS", "S", "B11S", "BHT1"]),
    seed=st.integers(0, 99),
)  # fmt: skip
@example(2, 3, 7, 2, 4, 3, 1.0, False, "BHTS", 0)  # neither is a multiple of the piece
@example(2, 3, 7, 2, 4, 1, 1e4, True, None, 0)
@example(1, 1, 5, 0, 2, 12, 1e4, True, "TS", 0)  # a piece larger than all
def test_any_sizes_give_the_numbers_of_the_ordinary_pair(
    B, H, T, more, Dh, piece, logits, causal, masked, seed
):
    S = T + more
    qkv, dout = inputs(B, H, T, S, Dh, logits, seed)
    mask, size = None, {"B": B, "H": H, "T": T, "S": S, "1": 1}
    if masked is not None:
        mask = np.random.default_rng(seed).random([size[one] for one in masked]) < 0.6
    want = ordinary(qkv, dout, mask, causal)
    got = blockwise(qkv, dout, mask=mask, causal=causal, piece=piece)
    for g, w, most in zip(got, want, bounds(qkv, dout, S), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-12 * most * max(1.0, logits / 60))


@pytest.mark.parametrize("logits", [1.0, 60.0, 1e4])
def test_float32_is_as_close_to_float64_as_its_scores_are(logits):
    """A score of 10,000 is rounded by 0.0005 in float32, and so is the logarithm that is kept."""
    qkv, dout = inputs(2, 3, 40, 40, 8, logits)
    single = [x.astype(np.float32) for x in (*qkv, dout)]
    double = [x.astype(np.float64) for x in single]
    want = ordinary(double[:3], double[3], causal=True)
    got = blockwise(single[:3], single[3], causal=True, piece=16)
    plain = ordinary(single[:3], single[3], causal=True)
    assert abs(got[0] - want[0]).max() < 2 * abs(plain[0] - want[0]).max()
    largest = abs(double[0] @ double[1].swapaxes(-1, -2)).max() / np.sqrt(8)
    rounding = np.finfo(np.float32).eps * max(largest, 1)
    for g, w, most in zip(got, want, bounds(qkv, dout, 40), strict=True):
        assert g.dtype == np.float32
        assert abs(g - w).max() < rounding * most


def test_a_row_that_may_attend_to_nothing_is_zero_and_sends_nothing_back():
    (q, k, v), dout = inputs(2, 3, 7, 9, 4)
    mask = np.random.default_rng(0).random((2, 1, 7, 9)) < 0.5
    mask[:, :, 4] = False
    out, dq, dk, dv = blockwise((q, k, v), dout, mask=mask, piece=2)
    assert (out[:, :, 4] == 0).all()
    assert (dq[:, :, 4] == 0).all()
    assert (out[:, :, 3] != 0).any()
    nothing = blockwise((q, k, v), dout, mask=np.zeros((7, 9), bool), piece=2)
    assert all((x == 0).all() for x in nothing)
    changed = dout.copy()
    changed[:, :, 4] += 100
    for a, b in zip((dk, dv), blockwise((q, k, v), changed, mask=mask, piece=2)[2:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_pieces_that_nobody_sees_are_skipped(monkeypatch):
    computed = []
    cut = pieces._scores

    def counting(*args):
        for t, s, scores in cut(*args):
            computed.append((t[2].start, s[2].start))
            yield t, s, scores

    monkeypatch.setattr(pieces, "_scores", counting)
    qkv, _ = inputs(1, 1, 12, 12, 2)
    blockwise_attention_forward(*qkv, causal=True, piece=4)
    assert computed == [(0, 0), (4, 0), (4, 4), (8, 0), (8, 4), (8, 8)]
    computed.clear()
    blockwise_attention_forward(*qkv, np.eye(12, dtype=bool), piece=4)
    assert computed == [(0, 0), (4, 4), (8, 8)]
    computed.clear()
    blockwise_attention_forward(*qkv, piece=4)
    assert len(computed) == 9


def test_dropout_of_one_piece_is_the_ordinary_pairs():
    qkv, dout = inputs(2, 3, 7, 9, 4)
    want = ordinary(qkv, dout, p=0.4, rng=np.random.default_rng(5))
    got = blockwise(qkv, dout, p=0.4, rng=np.random.default_rng(5), piece=9)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-13)


def test_dropout_in_pieces_keeps_the_mean_and_moves_the_generator_on():
    q, k, v = np.zeros((1, 4, 64, 1)), np.zeros((1, 4, 96, 1)), np.ones((1, 4, 96, 1))
    rng = np.random.default_rng(0)
    first, _ = blockwise_attention_forward(q, k, v, p=0.4, rng=rng, piece=16)
    second, saved = blockwise_attention_forward(q, k, v, p=0.4, rng=rng, piece=16)
    before = rng.bit_generator.state
    blockwise_attention_backward(first, saved)
    assert rng.bit_generator.state == before
    assert abs(first - second).max() > 0.1
    # each row is a mean of 96 draws of 0 or 1 / 0.6, with a deviation of 0.083
    assert abs(first.mean() - 1) < 4 * 0.083 / 16
    assert first.std() == pytest.approx(0.083, rel=0.2)


def peak(run) -> int:
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_length_and_not_with_its_square():
    """Twice the length is at most 2.2 times the memory; of the ordinary pair at least 3.7 times."""
    whole, cut, kept = [], [], []
    for T in (512, 1024, 2048):
        qkv, dout = inputs(1, 1, T, T, 16)
        mask = causal_mask(T)
        whole.append(peak(lambda: ordinary(qkv, dout, mask)))  # noqa: B023
        cut.append(peak(lambda: blockwise(qkv, dout, causal=True, piece=64)))  # noqa: B023
        _, saved = blockwise_attention_forward(*qkv, causal=True, piece=64)
        kept.append(saved.out.nbytes + saved.lse.nbytes)
    assert all(b > 3.7 * a for a, b in itertools.pairwise(whole)), whole
    assert all(b < 2.2 * a for a, b in itertools.pairwise(cut)), cut
    assert whole[2] > 20 * cut[2], (whole, cut)
    assert kept == [T * (16 + 1) * 8 for T in (512, 1024, 2048)]


VARIANTS = [
    {},
    {"positions": "rotary", "d_head": 4, "qk_norm": True, "n_kv_head": 1, "norm_kind": "rms"},
    {"window": 2, "sinks": 1, "attention_scale": 0.3},
    {"padding_id": 0, "norm": "post", "positions": "sinusoidal", "tie_weights": False},
    {"causal": False, "bias": False},
]  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("piece", [1, 2, 50])
def test_a_model_has_the_same_logits_and_every_gradient(changes, piece):
    plain, cut = make(n_layer=2, **changes), make(n_layer=2, **changes)
    assert cut.use_pieces(piece) is cut
    assert all(type(block.attn) is BlockwiseAttention for block in cut.blocks)
    ids = LEFT if "padding_id" in changes else IDS
    dlogits = normal(*ids.shape, 7, seed=3)
    np.testing.assert_allclose(cut.forward(ids), plain.forward(ids), rtol=1e-12, atol=1e-12)
    plain.backward(dlogits)
    cut.backward(dlogits)
    found = dict(cut.named_parameters())
    most = max(abs(p.grad).max() for p in plain.parameters())
    for name, p in plain.named_parameters():
        np.testing.assert_allclose(found[name].grad, p.grad, rtol=1e-12, atol=1e-13 * most)
    assert plain.state_dict().keys() == cut.state_dict().keys()


def test_a_models_switch_goes_back_and_keeps_its_objects():
    model = make(dropout=0.3)
    attn, weight = model.blocks[0].attn, model.blocks[0].attn.q_proj.weight
    model.use_pieces(2).use_pieces(None)
    assert model.blocks[0].attn is attn
    assert type(attn) is Attention
    assert attn.q_proj.weight is weight
    model.use_pieces(2)
    noisy = model.forward(IDS)
    model.clear_saved()
    assert abs(model.forward(IDS) - noisy).max() > 1e-3
    assert np.array_equal(model.eval().forward(IDS), model.forward(IDS))


def test_there_are_no_weights_to_see_or_to_change():
    model = make().use_pieces(2).eval()
    with capture(model) as seen:
        model.forward(IDS)
    assert "blocks.0.attn" in seen
    assert "blocks.0.attn.weights" not in seen
    with pytest.raises(ValueError, match=r"in pieces it has no weights: model\.use_pieces\(None\)"):
        seen.attention()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"piece": 0}, "piece is 0 and must be an integer of at least 1"),
        ({"piece": 2.0}, r"piece is 2\.0 and must be an integer"),
        ({"piece": True}, "piece is True and must be an integer"),
        ({"mask": np.ones((3, 5), bool)}, r"mask has shape \(3, 5\) and must broadcast"),
        ({"p": 1.0}, r"p is 1\.0 and must be at least 0 and below 1"),
        ({"p": 0.5}, r"rng is None and p is 0\.5"),
        ({"few": True, "causal": True}, "causal is True with 4 queries and 3 keys"),
        ({"few": False}, r"q has shape \(1, 2, 4, 3\) and k \(1, 2, 0, 3\): each must hold"),
    ],
)
def test_refusals(options, message):
    S = {True: 3, False: 0, None: 6}[options.pop("few", None)]
    qkv = [np.ones((1, 2, 4, 3)), np.ones((1, 2, S, 3)), np.ones((1, 2, S, 3))]
    with pytest.raises(ValueError, match=f"^{message}"):
        blockwise_attention_forward(*qkv, **options)


def test_a_model_refuses_a_piece_before_anything_has_changed():
    model = make()
    with pytest.raises(ValueError, match=r"^piece is 0 and must be"):
        model.use_pieces(0)
    assert type(model.blocks[0].attn) is Attention
