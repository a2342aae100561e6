"""Weights of whole numbers: how far they move, what a model loses by it, what its bytes are."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytx.figures.engine import quantized_state
from tinytx.generation import generate
from tinytx.manual import GPT, Linear, int8, quantized, rounded, stretched, weight_bytes
from tinytx.manual.int8 import (
    Int8Embedding,
    Int8Linear,
    Int8Parameter,
    dequantize_groups,
    dequantize_rows,
    quantize_groups,
    quantize_rows,
)
from tinytx.manual.optim import SGD
from tinytx.trained import load_trained

from .cases import normal
from .test_gpt import IDS, make

EPS = float(np.finfo(np.float32).eps)
dtypes = st.sampled_from([np.float32, np.float64])
powers = st.integers(-30, 30)


@given(
    rows=st.integers(1, 5), columns=st.integers(1, 9), power=powers, dtype=dtypes,
    seed=st.integers(0, 99),
)  # fmt: skip
def test_no_weight_moves_by_more_than_half_its_rows_scale(rows, columns, power, dtype, seed):
    weight = (normal(rows, columns, seed=seed) * 10.0**power).astype(dtype)
    integers, scale = quantize_rows(weight)
    assert (integers.dtype, scale.dtype) == (np.int8, np.float32)
    assert (integers.shape, scale.shape) == (weight.shape, (rows,))
    assert np.abs(integers.astype(int)).max(1).tolist() == [127] * rows
    np.testing.assert_allclose(scale, np.abs(weight).max(1) / 127, rtol=2 * EPS)
    exact = integers.astype(np.float64) * scale.astype(np.float64)[:, None]
    moved = np.abs(weight.astype(np.float64) - exact)
    assert (moved <= scale.astype(np.float64)[:, None] * (0.5 + 127 * EPS)).all()
    back = dequantize_rows(integers, scale, dtype)
    assert back.dtype == dtype
    np.testing.assert_allclose(back, exact, rtol=EPS)
    np.testing.assert_array_equal(quantize_rows(back)[0], integers)
    np.testing.assert_array_equal(quantize_rows(-weight)[0], -integers)


@given(
    rows=st.integers(1, 4), groups=st.integers(1, 4), size=st.integers(1, 6),
    bits=st.integers(2, 8), power=powers, seed=st.integers(0, 99),
)  # fmt: skip
def test_no_weight_moves_by_more_than_half_its_groups_scale(rows, groups, size, bits, power, seed):
    weight = normal(rows, groups * size, seed=seed) * 10.0**power
    integers, scale = quantize_groups(weight, bits, size)
    most = 2 ** (bits - 1) - 1
    assert scale.shape == (rows, groups)
    assert (np.abs(integers.reshape(rows, groups, size)).max(-1) == most).all()
    back = dequantize_groups(integers, scale, np.float64)
    limit = np.repeat(scale.astype(np.float64), size, axis=1) * (0.5 + most * EPS)
    assert (np.abs(weight - back) <= limit).all()


def test_halves_go_to_the_even_neighbour():
    weight = np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5], [0, 0, 0, 0, 0, 0]])
    integers, scale = quantize_rows(weight)
    assert integers.tolist() == [[127, 0, 2, 2, 0, -2], [0] * 6]
    assert scale.tolist() == [1, 0]
    tiny = np.full((1, 3), 1e-40)
    assert (dequantize_rows(*quantize_rows(tiny)) == 0).all()


def test_one_large_weight_ruins_what_shares_its_scale():
    """One of 50 among weights of about 1: its matrix, its row, or the 32 of its group go coarse."""
    weight = normal(8, 64)
    weight[3, 5] = 50
    whole = dequantize_rows(*quantize_rows(weight.reshape(1, -1))).reshape(weight.shape)
    rows = dequantize_rows(*quantize_rows(weight))
    groups = dequantize_groups(*quantize_groups(weight, 8, 32))
    moved = [np.abs(weight - found) for found in (whole, rows, groups)]
    others = np.delete(np.arange(8), 3)
    assert moved[0][others].mean() > 10 * moved[1][others].mean()
    assert moved[0][3, 32:].mean() == pytest.approx(moved[1][3, 32:].mean(), rel=1e-6)
    assert moved[1][3, 32:].mean() > 10 * moved[2][3, 32:].mean()
    assert moved[2][3, :32].mean() > 10 * moved[2][3, 32:].mean()
    # Small weights beside it are lost: 16 of the 50 stay, and none that is below a half of 50 / 127
    assert (rows[3][np.abs(weight[3]) < 25 / 127] == 0).all()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cast", [1, 9, 2**16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_layer_multiplies_by_what_its_weight_stands_for(bias, cast, dtype, monkeypatch):
    monkeypatch.setattr(int8, "CAST", cast)
    linear = Linear(6, 5, np.random.default_rng(0), bias=bias, dtype=dtype)
    layer, x = quantized(linear), normal(2, 3, 6).astype(dtype)
    if bias:
        layer.bias.data += 1
    weight = dequantize_rows(layer.weight.integers, layer.weight.scale, dtype)
    got, want = layer.forward(x), x @ weight.T + bias
    assert type(layer) is Int8Linear
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want, rtol=0, atol=8 * np.finfo(dtype).eps * abs(want).max())
    assert (
        abs(got - linear.forward(x) - bias).max()
        < 0.5 * layer.weight.scale.max() * 6 * abs(x).max()
    )


VARIANTS = [
    {},
    {"tie_weights": False, "norm": "post", "positions": "sinusoidal"},
    {"positions": "rotary", "d_head": 4, "qk_norm": True, "n_kv_head": 1, "activation": "swiglu"},
    {"n_expert": 3, "n_active": 2},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_a_model_of_whole_numbers_is_the_rounded_model(changes):
    model = make(np.float32, n_layer=2, **changes)
    before = model.state_dict()
    found, same = quantized(model), rounded(model)
    assert type(found) is GPT
    assert not found.training
    np.testing.assert_allclose(found.forward(IDS), same.eval().forward(IDS), rtol=2e-5, atol=2e-5)
    state = found.state_dict()
    assert state.keys() == before.keys()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
        np.testing.assert_array_equal(state[name], same.state_dict()[name])
        assert (value.ndim == 2) == (not np.array_equal(value, state[name]))
    kinds = {type(module) for module in found.modules()}
    assert {Int8Linear, Int8Embedding} <= kinds
    assert Linear not in kinds
    fresh = make(np.float32, n_layer=2, **changes).eval()
    fresh.load_state_dict(state)  # what a file of it holds, a model of floats can read
    np.testing.assert_array_equal(fresh.forward(IDS), same.forward(IDS))


def test_it_is_what_the_page_has():
    model = make(np.float32)
    page, ours = quantized_state(model), quantized(model).state_dict()
    for name, value in page.items():
        np.testing.assert_array_equal(ours[name], value)


def test_a_tied_head_stays_one_matrix():
    found = quantized(make())
    assert isinstance(found.lm_head.weight, Int8Parameter)
    assert found.lm_head.weight is found.tok_emb.weight
    other = quantized(make(tie_weights=False))
    assert other.lm_head.weight is not other.tok_emb.weight


def test_it_writes_what_the_rounded_model_writes():
    trained = load_trained("tales", np.float32)
    prompt = [trained.tokenizer.encode("Once")]
    models = quantized(trained.model), rounded(trained.model)
    found, wanted = (generate(model, prompt, 40, temperature=0).ids[0] for model in models)
    assert len(found) >= 40
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_bytes_are_those_of_the_formula(changes):
    model = make(np.float32, **changes)
    total = 0
    for p in quantized(model).parameters():
        whole = isinstance(p, Int8Parameter)
        total += p.integers.nbytes + p.scale.nbytes if whole else p.data.nbytes
    assert weight_bytes(model) == total
    wide = GPT(load_trained("tales").model.config, np.random.default_rng(0))
    floats = sum(p.data.nbytes for p in wide.parameters())
    assert 0.25 < weight_bytes(wide) / floats < 0.27
    assert 0.15 < weight_bytes(wide, 4, 32) / floats < 0.17  # 4 bits, and one for the scale


def test_the_shipped_model_loses_nothing_with_eight_bits_and_little_with_four():
    """Nats per token of stories held out. Of 40: +0.0 %, +1.4 %, +2.4 % and +46 %."""
    from tinytx.data import tales
    from tinytx.data.batches import rows_of
    from tinytx.recipes.texts import HELD_OUT
    from tinytx.training import mean_loss

    trained = load_trained("tales", np.float32)
    stories = tales.stories(10, HELD_OUT)
    batch = rows_of([tales.document(trained.tokenizer, one) for one in stories], 480)
    models = [
        quantized(trained.model), rounded(trained.model, 4, 32), rounded(trained.model, 4),
        rounded(trained.model, 3, 32),
    ]  # fmt: skip
    before = mean_loss(trained.model, [batch])
    eight, groups, rows, three = (mean_loss(one, [batch]) / before - 1 for one in models)
    assert abs(eight) < 0.003
    assert 0.003 < groups < rows < 0.06
    assert three > 0.2


def test_it_cannot_be_trained_and_says_so():
    model = quantized(make())
    with pytest.raises(RuntimeError, match="weights of int8 have no gradient: train the model"):
        model.zero_grad()
    with pytest.raises(RuntimeError, match="weights of int8 have no gradient"):
        SGD(model.parameters(), lr=0.1).step()
    logits = model.train().forward(IDS)
    with pytest.raises(RuntimeError, match="Int8Linear has no backward: train the model"):
        model.backward(logits)
    with pytest.raises(RuntimeError, match="Int8Embedding has no backward"):
        model.tok_emb.backward(logits)
    message = r"^tok_emb\.weight is Int8Parameter\(.*\) and read-only: load the weights into"
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(make().state_dict())
    for refuse in (lambda: rounded(model, 4), lambda: stretched(model, 99)):
        with pytest.raises(ValueError, match=r"^model has weights of int8 and must have floats"):
            refuse()
    np.testing.assert_array_equal(model.eval().forward(IDS), logits)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_it_can_be_copied(copied):
    model = quantized(make())
    twin = copied(model)
    assert twin.lm_head.weight is twin.tok_emb.weight is not model.tok_emb.weight
    np.testing.assert_array_equal(twin.forward(IDS), model.forward(IDS))
    twin.lm_head.weight.integers[:] = 0
    assert model.lm_head.weight.integers.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantize_rows(np.zeros(3)), r"weight has shape \(3,\) and must be a matrix"),
        (lambda: quantize_rows(np.zeros((0, 3))), r"weight has shape \(0, 3\) and must be"),
        (lambda: quantize_rows(np.zeros((2, 3), int)), "weight is int64 and must be an array of"),
        (lambda: quantize_rows(np.array([[1, np.nan]])), "weight holds nan, infinity or more"),
        (lambda: quantize_rows(np.array([[1, np.inf]])), "weight holds nan, infinity or more"),
        (lambda: quantize_rows(np.array([[1e39]])), "weight holds nan, infinity or more"),
        (lambda: quantize_groups(np.ones((2, 6)), 9, 3), "bits is 9 and must be an integer from 2"),
        (lambda: quantize_groups(np.ones((2, 6)), 1, 3), "bits is 1 and must be an integer from 2"),
        (lambda: quantize_groups(np.ones((2, 6)), 4, 4), "size is 4 and must be an integer that"),
        (lambda: quantize_groups(np.ones((2, 6)), 4, 0), "size is 0 and must be an integer that"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_inputs_of_another_kind_are_refused():
    model = quantized(make())
    with pytest.raises(ValueError, match="ids holds 7 and must be from 0 to 6"):
        model.forward(np.array([[7]]))
    with pytest.raises(ValueError, match="x is float32 and weight is float64"):
        model.lm_head.forward(np.ones((1, 4), np.float32))
    with pytest.raises(ValueError, match=r"x has shape \(1, 5\): its last dimension must be"):
        model.lm_head.forward(np.ones((1, 5)))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((-3, 4), "^bits is -3 and must be an integer of at least 1"),
        ((0, 4), "^bits is 0 and must"),
        ((3, 48), "^size is 48 and must be an integer that divides the"),
        ((4, 0), "^size is 0 and must be an integer"),
    ],
)
def test_bytes_are_counted_of_what_can_be(given, says):
    model = Linear(8, 4, np.random.default_rng(0))
    with pytest.raises(ValueError, match=says):
        weight_bytes(model, *given)
    assert weight_bytes(model, 16, 4) > weight_bytes(model, 8, 4)
    with pytest.raises(ValueError, match=r"^model is a list and must be one of the NumPy engine"):
        weight_bytes([model])
