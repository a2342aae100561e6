"""Edges: nothing to attend to, one position, one sequence, one id, huge logits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tinytx.config import GPTConfig
from tinytx.inspect import check_pair
from tinytx.manual import GPT, causal_mask, cross_entropy_backward, cross_entropy_forward
from tinytx.manual.activation import gelu_exact_forward
from tinytx.manual.attention import attention_backward, attention_forward
from tinytx.manual.checkpointing import use_checkpointing
from tinytx.manual.embedding import SMALL_VOCABULARY, embedding_backward, embedding_forward
from tinytx.manual.gaussian import COEFFICIENTS, K, gaussian
from tinytx.manual.linear import Linear
from tinytx.manual.module import Module
from tinytx.manual.pieces import use_pieces
from tinytx.manual.softmax import softmax_backward, softmax_forward

from .cases import QKV, normal
from .test_gpt import make


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1, 1e4])
def test_a_row_with_no_key_is_zero_and_its_gradients_are_finite(dtype, scale):
    q, k, v = (scale * QKV[name].astype(dtype) for name in "qkv")
    mask = np.ones((3, 5), bool)
    mask[1] = False
    out, saved = attention_forward(q, k, v, mask)
    dq, dk, dv = attention_backward(np.ones_like(out), saved)
    assert (out[:, :, 1] == 0).all()
    assert (dq[:, :, 1] == 0).all()
    assert all(np.isfinite(a).all() for a in (out, dq, dk, dv))
    assert (out[:, :, 0] != 0).any()


def test_a_mask_of_nothing_at_all():
    out, saved = attention_forward(**QKV, mask=np.zeros((1, 1), bool))
    assert (out == 0).all()
    assert all((g == 0).all() for g in attention_backward(normal(*out.shape), saved))


@pytest.mark.parametrize("huge", [1e4, -1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits(huge, dtype):
    logits = np.array([[huge, 0.0, 1.0], [0.0, huge, huge]], dtype)
    y, _ = softmax_forward(logits)
    wanted = torch.tensor(logits).double().softmax(-1).numpy()
    np.testing.assert_allclose(y, wanted, rtol=1e-6)
    targets = np.array([1, 0])
    loss, saved = cross_entropy_forward(logits, targets)
    tensor = torch.tensor(logits).double().requires_grad_()
    want = torch.nn.functional.cross_entropy(tensor, torch.tensor(targets))
    want.backward()
    assert loss == pytest.approx(want.item(), rel=1e-6)
    np.testing.assert_allclose(cross_entropy_backward(1.0, saved), tensor.grad, atol=1e-7)


def test_huge_scores_that_are_masked_hide_nothing():
    """A masked score of 1e4 must not push the others to zero, nor overflow."""
    x = np.array([[1e4, 0.5, -0.5], [-1e4, 0.5, 1e4]], np.float32)
    mask = np.array([[False, True, True], [True, True, False]])
    y, _ = softmax_forward(x, mask)
    e = math.e
    np.testing.assert_allclose(y, [[0, e / (1 + e), 1 / (1 + e)], [0, 1, 0]], rtol=1e-6)


def test_both_ways_to_shift_agree():
    """Small entries and large ones take different paths in softmax: they meet at the border."""
    x = normal(4, 6)
    for extreme in (29.9, 30.1):
        x[0, 0], x[0, 1], x[1], x[2] = extreme, -extreme, extreme, -extreme
        y, _ = softmax_forward(x)
        np.testing.assert_allclose(y, torch.tensor(x).softmax(-1).numpy(), rtol=1e-12)
        single, _ = softmax_forward(x.astype(np.float32))
        np.testing.assert_allclose(single, y, rtol=2e-5)


def test_the_loss_of_a_row_does_not_depend_on_the_others():
    x = 10 * normal(4, 6)
    alone, _ = cross_entropy_forward(x[:1], np.array([0]), reduction="sum")
    for other in (20.0, 40.0, 1e4):
        x[1:] = other
        targets = np.array([0, -100, -100, -100])
        among, saved = cross_entropy_forward(x, targets, reduction="sum")
        assert among == alone
        np.testing.assert_allclose(saved.probs, torch.tensor(x).softmax(-1).numpy(), rtol=1e-12)


def test_infinite_entries_count_as_masked():
    x = np.array([[-np.inf, 1.0, 1.0], [-np.inf, -np.inf, -np.inf]])
    y, saved = softmax_forward(x)
    np.testing.assert_array_equal(y, [[0, 0.5, 0.5], [0, 0, 0]])
    assert np.isfinite(softmax_backward(normal(2, 3), saved)).all()


def test_not_a_number_is_not_hidden():
    x = normal(2, 3)
    x[0, 1] = np.nan
    assert np.isnan(softmax_forward(x)[0][0]).all()
    assert np.isnan(cross_entropy_forward(x, np.array([0, 0]))[0])


@pytest.mark.parametrize("ids", [np.array([[3]]), np.array([[3], [1]]), np.array([[3, 1, 3]])])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_one_position_and_one_sequence(ids, norm):
    from tinytx.inspect import check_module

    check_module(make(norm=norm), ids, limit=12).require()


def test_vocabulary_of_one():
    model = make(vocab_size=1)
    ids = np.zeros((2, 3), int)
    logits = model.forward(ids)
    loss, saved = cross_entropy_forward(logits, ids)
    model.backward(cross_entropy_backward(1.0, saved))
    assert loss == 0
    assert all((p.grad == 0).all() for p in model.parameters())


@pytest.mark.parametrize("size", [7, 64, 65, 5000])
def test_scatter_add_equals_add_at(size):
    rng = np.random.default_rng(size)
    for shape in ((4, 5), (1,), (0,), (300,)):
        ids = rng.integers(0, min(size, 40), shape)
        dx = rng.standard_normal((*shape, 3))
        wanted = np.zeros((size, 3))
        np.add.at(wanted, ids, dx)
        _, saved = embedding_forward(ids, np.zeros((size, 3)))
        np.testing.assert_allclose(embedding_backward(dx, saved), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", [4, SMALL_VOCABULARY, SMALL_VOCABULARY + 1])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("at", [0, 1])
def test_what_is_not_finite_gets_into_no_row_but_its_own(size, bad, dtype, at):
    ids, dx = np.array([0, 3, 3]), np.ones((3, 2), dtype)
    dx[at, 1] = bad
    _, saved = embedding_forward(ids, np.ones((size, 2), dtype))
    wanted = np.zeros((size, 2), dtype)
    np.add.at(wanted, ids, dx)
    with np.errstate(invalid="ignore"):  # of 0 * inf, in the product that is then left
        np.testing.assert_array_equal(embedding_backward(dx, saved), wanted)


def test_numbers_whose_squares_are_too_large_are_added_as_any_others():
    _, saved = embedding_forward(np.array([0, 0, 1]), np.ones((3, 2)))
    dweight = embedding_backward(np.full((3, 2), 1e300), saved)
    np.testing.assert_array_equal(dweight, [[2e300] * 2, [1e300] * 2, [0.0] * 2])


def test_a_table_of_nothing_has_a_gradient_of_nothing():
    _, saved = embedding_forward(np.zeros(0, int), np.ones((0, 2)))
    assert embedding_backward(np.ones((0, 2)), saved).shape == (0, 2)


def test_causal_mask_for_the_last_queries():
    np.testing.assert_array_equal(causal_mask(2, 4), [[1, 1, 1, 0], [1, 1, 1, 1]])


def test_exact_gelu_against_erf_of_60_digits():
    """The tail too, where 1 + erf(x / sqrt(2)) would have no digit left."""
    import mpmath

    x = np.concatenate((np.linspace(-12, 12, 481), [-37.0, 37.0, -1e4, 1e4, 0.0]))
    with mpmath.workdps(60):
        cdf = [float(mpmath.ncdf(mpmath.mpf(v))) for v in x]
        density = [float(mpmath.npdf(mpmath.mpf(v))) for v in x]
    with np.errstate(under="ignore"):
        got_cdf, got_density = gaussian(x)
        single, _ = gaussian(x.astype(np.float32))
    np.testing.assert_allclose(got_cdf, cdf, rtol=1e-13)
    np.testing.assert_allclose(got_density, density, rtol=1e-13)
    np.testing.assert_allclose(single, cdf, rtol=2e-5, atol=1e-37)
    y, _ = gelu_exact_forward(x)
    wanted = torch.nn.functional.gelu(torch.tensor(x)).numpy()
    np.testing.assert_allclose(y, wanted, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_gelu_at_infinity_is_torchs(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 1e30, -1e30], dtype)
    with np.errstate(over="ignore"):
        cdf, density = gaussian(x)
    np.testing.assert_array_equal(cdf, np.array([1, 0, np.nan, 1, 0], dtype))
    np.testing.assert_array_equal(density, np.array([0, 0, np.nan, 0, 0], dtype))
    with np.errstate(over="ignore", invalid="ignore"):
        y, _ = gelu_exact_forward(x)
    # In float64: where there is AVX-512, oneDNN computes the one in float32, and inf gives nan.
    wanted = torch.nn.functional.gelu(torch.tensor(x, dtype=torch.float64)).numpy()
    np.testing.assert_array_equal(y, wanted.astype(dtype))


@pytest.mark.parametrize(("dtype", "terms"), [(np.float64, 25), (np.float32, 12)])
def test_coefficients_come_from_chebyshev_interpolation(dtype, terms):
    import mpmath as mp

    with mp.workdps(60):
        n, k = 80, mp.mpf(K)
        angles = [(i + mp.mpf(1) / 2) * mp.pi / n for i in range(n)]
        points = [k * (1 + mp.cos(a)) / (1 - mp.cos(a)) for a in angles]
        # exp(z^2) erfc(z) = U(1/2, 1/2, z^2) / sqrt(pi), which stays exact for large z
        values = [(1 + 2 * z) * mp.hyperu(0.5, 0.5, z * z) / mp.sqrt(mp.pi) for z in points]
        pairs = list(zip(values, angles, strict=True))
        series = [
            (2 if j else 1) * mp.fsum(v * mp.cos(j * a) for v, a in pairs) / n for j in range(terms)
        ]
        power = mp.taylor(
            lambda t: mp.fsum(c * mp.chebyt(j, t) for j, c in enumerate(series)), 0, terms - 1
        )
    wanted = [float(c) for c in power]
    np.testing.assert_allclose(COEFFICIENTS[np.dtype(dtype)], wanted, rtol=1e-9)


def test_a_gradient_check_in_float64_passes_at_the_edges():
    x = np.array([[800.0, -800.0, 0.3], [0.1, 0.2, 0.3]])
    check_pair(softmax_forward, softmax_backward, {"x": x}).require()


def _model():
    config = GPTConfig(vocab_size=8, context_length=5, n_layer=2, n_head=2, d_model=6)
    return GPT(config, np.random.default_rng(0), np.float64)


IDS = np.array([[1, 2, 3]])


def _refused(model):
    logits = model.forward(IDS)
    with pytest.raises(ValueError, match="dy has shape"):
        model.backward(logits[:, :2])


def _stopped(part, method):
    """Return what stops a step, as Ctrl-C does, in one method of a part of the model."""

    def stop(model):
        target = part(model)

        def interrupt(*_):
            raise KeyboardInterrupt

        setattr(target, method, interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.backward(model.forward(IDS))
        delattr(target, method)

    return stop


LEFT = {
    "a refused backward": _refused,
    "a forward": _stopped(lambda model: model.blocks[1].attn.o_proj, "forward"),
    "a backward": _stopped(lambda model: model.blocks[0].mlp.up_proj, "backward"),
    "the last part of a backward": _stopped(lambda model: model.tok_emb, "backward"),
}


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("first_eval", [False, True])
def test_the_step_after_an_interrupted_one_is_as_any_other(left, first_eval):
    model, fresh = _model(), _model()
    LEFT[left](model)
    if first_eval:
        model.eval().forward(IDS)
        model.train()
    model.zero_grad()
    for each in (model, fresh):
        each.backward(each.forward(IDS))
    for one, other in zip(model.parameters(), fresh.parameters(), strict=True):
        np.testing.assert_array_equal(one.grad, other.grad)


def _block(**changes):
    config = GPTConfig(
        vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=8, norm_kind="rms", **changes
    )
    return GPT(config, np.random.default_rng(0), np.float64).blocks[0]


def _in_pieces():
    attention = _block().attn
    use_pieces(attention, 2)
    return attention


def _checkpointed():
    block = _block()
    use_checkpointing(block, True)
    return block


class Chain(Module):
    """Two layers one after the other, as anybody would write them."""

    def __init__(self):
        self.layers = [Linear(8, 8, np.random.default_rng(seed), dtype=float) for seed in (0, 1)]

    def forward(self, x, *_):
        return self.layers[1].forward(self.layers[0].forward(x))

    def backward(self, dy):
        return self.layers[0].backward(self.layers[1].backward(dy))


WITHIN = {
    "attention": lambda: _block().attn,
    "newer attention": lambda: _block(qk_norm=True, positions="rotary", n_kv_head=1).attn,
    "attention in pieces": _in_pieces,
    "MLP": lambda: _block().mlp,
    "gated MLP": lambda: _block(activation="swiglu").mlp,
    "experts": lambda: _block(n_expert=3).mlp,
    "block": _block,
    "block of post-norm": lambda: _block(norm="post"),
    "checkpointed block": _checkpointed,
    "a class of one's own": Chain,
}


def _last(module):
    """Return the last layer within that has none within itself."""
    return [one for one in module.modules() if not any(one._modules())][-1]


@pytest.mark.parametrize("kind", WITHIN)
@pytest.mark.parametrize("wrong", ["forward", "backward", "shape", "twice"])
def test_a_layer_with_layers_within_starts_afresh_after_an_error(kind, wrong):
    module, fresh = WITHIN[kind](), WITHIN[kind]()
    x = np.random.default_rng(3).standard_normal((1, 5, 8))
    if wrong == "shape":
        module.forward(x)
        with pytest.raises(ValueError, match="has shape"):
            module.backward(x[:, :2])
    elif wrong == "twice":
        module.forward(x)
        module.forward(x)
        with pytest.raises(RuntimeError, match="forward ran 2 times"):
            module.backward(x)
    else:
        for part in (_last(module), next(one for one in module.modules() if one is not module)):
            setattr(part, wrong, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                module.backward(module.forward(x))
            delattr(part, wrong)
    for parameter in module.parameters():
        parameter.grad.fill(0)
    for each in (module, fresh):
        each.backward(each.forward(x))
    for one, other in zip(module.parameters(), fresh.parameters(), strict=True):
        np.testing.assert_array_equal(one.grad, other.grad)


@pytest.mark.parametrize("kind", ["attention", "attention in pieces", "block"])
def test_a_refused_mask_leaves_nothing_waiting(kind):
    module, x = WITHIN[kind](), np.ones((1, 5, 8))
    with pytest.raises(ValueError, match="mask has shape"):
        module.forward(x, causal_mask(4))
    with pytest.raises(ValueError, match="x has shape"):
        module.forward(x[0])
    module.backward(module.forward(x, causal_mask(5)))


def test_a_refused_forward_of_one_layer_leaves_what_waits_in_it():
    layer, x = Linear(4, 5, np.random.default_rng(0), dtype=float), np.ones((2, 4))
    y = layer.forward(x)
    with pytest.raises(ValueError, match="x has shape"):
        layer.forward(x[:, :3])
    assert layer.backward(y).shape == x.shape


def test_two_whole_forwards_are_still_refused():
    model = _model()
    model.forward(IDS)
    logits = model.forward(IDS)
    with pytest.raises(RuntimeError, match="forward ran 2 times"):
        model.backward(logits)
    model.backward(model.forward(IDS))
