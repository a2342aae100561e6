"""Attention in pieces, in PyTorch: a backward of our own, and the kernel's numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from tinytx import manual
from tinytx.inspect import compare
from tinytx.pytorch import Attention, causal_mask
from tinytx.pytorch.attention import attention, attention_with_weights
from tinytx.pytorch.pieces import BlockwiseAttention, blockwise_attention

from .twins import IDS, LEFT, TARGETS, numpy_model, pair, torch_model, twin_of

B, H, T, S, DH = 2, 3, 5, 7, 4
MASK = torch.rand(B, 1, T, S, generator=torch.Generator().manual_seed(1)) < 0.5
MASK[:, :, 2] = False  # nothing to attend to
OPTIONS = [{}, {"mask": MASK}, {"causal": True}, {"mask": MASK, "causal": True, "scale": 0.2}]


def qkv(dtype=torch.float64, scale=1.0, keys=S, queries=T):
    draw = torch.Generator().manual_seed(0)
    shapes = ((B, H, queries, DH), (B, H, keys, DH), (B, H, keys, DH))
    made = [scale * torch.randn(shape, dtype=torch.float64, generator=draw) for shape in shapes]
    return [x.to(dtype).requires_grad_() for x in made]


def gradients(out, *inputs):
    dout = torch.randn(out.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return torch.autograd.grad(out, inputs, dout.to(out.dtype))


def whole_mask(mask=None, causal=False, **rest):
    seen = causal_mask(T, S) if causal else torch.ones(T, S, dtype=torch.bool)
    return {"mask": seen if mask is None else seen & mask, **rest}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("piece", [1, 3, 9])
@pytest.mark.parametrize("scale", [1.0, 100.0])  # scores of 1 and of 10,000
def test_the_numbers_are_the_kernels(options, piece, scale):
    ours, theirs = qkv(scale=scale), qkv(scale=scale)
    got = blockwise_attention(*ours, **options, piece=piece)
    want = attention(*theirs, **whole_mask(**options))
    torch.testing.assert_close(got, want, rtol=1e-11, atol=1e-11 * scale)
    for g, w in zip(gradients(got, *ours), gradients(want, *theirs), strict=True):
        torch.testing.assert_close(g, w, rtol=1e-10, atol=1e-12 * scale**2)


def test_they_are_those_of_pytorchs_function():
    ours, theirs = qkv(keys=T), qkv(keys=T)
    got = blockwise_attention(*ours, causal=True, piece=2)
    want = functional.scaled_dot_product_attention(*theirs, is_causal=True)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-13)
    for g, w in zip(gradients(got, *ours), gradients(want, *theirs), strict=True):
        torch.testing.assert_close(g, w, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_backward_is_the_derivative(options):
    assert torch.autograd.gradcheck(lambda *x: blockwise_attention(*x, **options, piece=3), qkv())


def test_the_backward_with_dropout_is_the_derivative():
    def seeded(*x):
        torch.manual_seed(5)
        return blockwise_attention(*x, p=0.4, causal=True, piece=3)

    assert torch.autograd.gradcheck(seeded, qkv())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_they_are_the_numpy_engines(options):
    ours = qkv()
    got = blockwise_attention(*ours, **options, piece=2)
    arrays = [x.detach().numpy() for x in ours]
    given = {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in options.items()}
    out, saved = manual.pieces.blockwise_attention_forward(*arrays, **given, piece=2)
    np.testing.assert_allclose(got.detach().numpy(), out, rtol=1e-12, atol=1e-14)
    dout = torch.randn(out.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    wanted = manual.pieces.blockwise_attention_backward(dout.numpy(), saved)
    for g, w in zip(gradients(got, *ours), wanted, strict=True):
        np.testing.assert_allclose(g.numpy(), w, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_row_with_no_key_is_zero_in_any_precision(dtype):
    q, k, v = qkv(dtype)
    out = blockwise_attention(q, k, v, MASK, piece=2)
    assert out.dtype == dtype
    found = gradients(out, q, k, v)
    assert all(g.dtype == dtype and g.isfinite().all() for g in found)
    assert (out[:, :, 2] == 0).all()
    assert (found[0][:, :, 2] == 0).all()
    want, _ = attention_with_weights(*(x.double() for x in (q, k, v)), MASK)
    torch.testing.assert_close(out.double(), want, rtol=0, atol=16 * torch.finfo(dtype).eps)


def test_sums_of_half_precision_are_those_of_float32():
    """In bfloat16 256 + 1 is 256."""
    q, k, v = (torch.zeros(1, 1, 512, 1, dtype=torch.bfloat16) for _ in range(3))
    v[:, :, 256:] = 1
    assert blockwise_attention(q[:, :, :1], k, v, piece=1).item() == 0.5
    one = v[:, :, :1].requires_grad_()
    blockwise_attention(q, k[:, :, :1], one, piece=1).sum().backward()
    assert one.grad.item() == 512


def test_nothing_of_the_weights_is_kept_for_the_backward():
    """What autograd keeps, in bytes: (T, S) weights of the formula, five rows of the pieces."""

    def kept(function):
        sizes = {}

        def note(x):
            sizes[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
            return x

        q, k, v = qkv(queries=256, keys=256)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
            out = function(q, k, v)
        assert out.requires_grad
        return sum(sizes.values())

    assert kept(lambda *x: blockwise_attention(*x, piece=32)) == B * H * 256 * (4 * DH + 1) * 8
    assert kept(lambda *x: attention_with_weights(*x)[0]) > B * H * 256 * 256 * 8


def test_dropout_keeps_the_mean_and_leaves_the_generator_one_draw_further():
    q, k, v = torch.zeros(1, 4, 64, 1), torch.zeros(1, 4, 96, 1), torch.ones(1, 4, 96, 1)
    torch.manual_seed(0)
    out = blockwise_attention(q, k, v, p=0.4, piece=16)
    again = blockwise_attention(q, k, v, p=0.4, piece=16)
    assert not torch.equal(out, again)
    assert abs(float(out.mean()) - 1) < 4 * 0.083 / 16  # as of the NumPy engine
    assert float(out.std()) == pytest.approx(0.083, rel=0.2)


VARIANTS = [
    {},
    {"positions": "rotary", "d_head": 4, "qk_norm": True, "n_kv_head": 1, "norm_kind": "rms"},
    {"window": 2, "sinks": 1, "attention_scale": 0.3},
    {"padding_id": 0, "norm": "post", "positions": "sinusoidal", "tie_weights": False},
    {"causal": False, "bias": False},
]  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_a_model_has_the_same_logits_and_every_gradient(changes):
    plain, cut = torch_model(**changes), torch_model(**changes).use_pieces(2)
    ids = torch.tensor(LEFT if "padding_id" in changes else IDS)
    a, b = plain(ids), cut(ids)
    torch.testing.assert_close(b, a, rtol=1e-11, atol=1e-12)
    wanted = gradients(a, *plain.parameters())
    most = max(float(g.abs().max()) for g in wanted)
    for g, w in zip(gradients(b, *cut.parameters()), wanted, strict=True):
        torch.testing.assert_close(g, w, rtol=1e-10, atol=1e-12 * most)


def test_the_ladder_holds_with_pieces_in_both_engines():
    ours, theirs = pair(n_layer=2)
    compare(ours.use_pieces(2), theirs.use_pieces(4), (IDS, TARGETS)).require()


def test_the_switch_goes_back_and_weights_can_still_be_seen():
    model, ids = torch_model(), torch.tensor(IDS)
    attn, wanted = model.blocks[0].attn, model.attention(ids)
    model.use_pieces(2)
    assert type(attn) is BlockwiseAttention
    torch.testing.assert_close(model.attention(ids), wanted, rtol=0, atol=0)
    assert type(model.use_pieces(None).blocks[0].attn) is Attention
    with pytest.raises(ValueError, match=r"^piece is 0 and must be"):
        model.use_pieces(0)


def test_a_cached_step_in_pieces_is_the_same():
    from tinytx.generation import KVCache

    model = twin_of(numpy_model()).eval().use_pieces(2)
    ids = torch.tensor(IDS)
    with torch.no_grad():
        whole, cache = model(ids), KVCache(model, 2)
        parts = [model(ids[:, :3], cache=cache), model(ids[:, 3:], cache=cache)]
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"piece": 0}, "piece is 0 and must be an integer of at least 1"),
        ({"mask": MASK[:, :, 1:]}, r"mask has shape \(2, 1, 4, 7\) and must broadcast"),
        ({"p": 1.0}, r"p is 1\.0 and must be at least 0 and below 1"),
        ({"keys": 3, "causal": True}, "causal is True with 5 queries and 3 keys"),
    ],
)
def test_refusals(options, message):
    given = qkv(keys=options.pop("keys", S))
    with pytest.raises(ValueError, match=f"^{message}"):
        blockwise_attention(*given, **options)
