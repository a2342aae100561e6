from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from tinytx.config import GPTConfig
from tinytx.generation import distribution, generate, log_probs, log_softmax, sample
from tinytx.manual import GPT

CONFIG = GPTConfig(vocab_size=7, context_length=5, n_layer=1, n_head=2, d_model=6, dropout=0.5)
LOGITS = np.array([0.5, 2.0, -1.0, 1.0])
RNG = np.random.default_rng(0)


class Lowest(np.random.Generator):
    """Draws the least that there is."""

    def random(self, size=None):
        return np.zeros(size or ())


def model():
    return GPT(CONFIG, np.random.default_rng(0), np.float64)


def softmax(x):
    y = np.exp(x - x.max())
    return y / y.sum()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_are_as_frequent_as_softmax_says(temperature):
    n = 40_000
    ids = sample(np.tile(LOGITS, (n, 1)), temperature, np.random.default_rng(1))
    p = softmax(LOGITS / temperature)
    deviation = np.abs(np.bincount(ids, minlength=4) / n - p) / np.sqrt(p * (1 - p) / n)
    assert deviation.max() < 4  # standard errors
    assert np.abs(p - softmax(LOGITS)).max() > 0.05 or temperature == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64])
def test_whole_logits_do_not_wrap_around(dtype):
    logits = np.array([0, 125, 123], dtype)
    np.testing.assert_array_equal(distribution(logits), distribution(logits.astype(float)))
    low = np.array([-100, 100, 99], np.int8)
    np.testing.assert_allclose(distribution(low), softmax(low.astype(float)))
    np.testing.assert_allclose(log_probs(low, np.array(0)), np.log(softmax(low.astype(float)))[0])


def test_temperature_zero_takes_the_first_of_the_likeliest():
    assert sample(np.array([[1.0, 3.0, 3.0], [9.0, 0.0, 1.0]]), 0).tolist() == [1, 0]


def test_huge_logits_and_tiny_temperatures_are_fine():
    logits = np.array([[-1e4, 1e4, 0.0]] * 50, dtype=np.float32)
    with np.errstate(over="raise"):
        for temperature in (1e-6, 1e-308):
            assert set(sample(logits, temperature, np.random.default_rng(0)).tolist()) == {1}


def test_excluded_ids_are_never_drawn():
    logits = np.tile([0.0, -np.inf, 0.0], (200, 1))
    assert set(sample(logits, 1.0, np.random.default_rng(0)).tolist()) == {0, 2}
    assert sample(np.array([-np.inf, 0.0, 0.0]), 1.0, Lowest(np.random.PCG64(0))) == 1


def test_greedy_text_is_the_likeliest_next_id_again_and_again():
    gpt = model()
    ids = np.array([[1, 2], [3, 3]])
    out = np.stack(generate(gpt, ids, 9, temperature=0))
    assert out.shape == (2, 11)
    gpt.eval()
    for t in range(2, 11):
        window = out[:, max(0, t - 5) : t]
        np.testing.assert_array_equal(out[:, t], gpt.forward(window)[:, -1].argmax(axis=-1))


def test_a_seed_repeats_the_text_and_the_mode_is_kept():
    gpt = model()
    one, two, other = (
        generate(gpt, np.array([[1]]), 30, rng=np.random.default_rng(seed))[0] for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    assert gpt.training
    assert generate(gpt, np.array([[1]]), 0, temperature=0)[0].tolist() == [1]


def reference(logits, temperature, k, p):
    """Temperature, then top-k, then top-p, by sorting whole lists."""
    probs = softmax(np.asarray(logits, dtype=np.float64) / temperature)
    order = sorted(range(len(probs)), key=lambda i: (-probs[i], i))
    kept = order[:k]
    total, share, nucleus = sum(probs[i] for i in kept), 0.0, []
    for i in kept:
        nucleus.append(i)
        share += probs[i] / total
        if share >= p and p < 1:
            break
    out = np.zeros(len(probs))
    out[nucleus] = probs[nucleus] / sum(probs[i] for i in nucleus)
    return out


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("k", [1, 2, 9, 30, 31])
@pytest.mark.parametrize("p", [0.0, 0.2, 0.55, 0.9, 0.999, 1.0])
def test_top_k_and_top_p_in_their_order(temperature, k, p):
    logits = np.random.default_rng(3).normal(size=(4, 30)) * 3
    got = distribution(logits, temperature, top_k=k, top_p=p)
    expected = [reference(row, temperature, k, p) for row in logits]
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_the_order_matters():
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    both = distribution(logits, top_k=2, top_p=0.5)
    assert both.tolist() == [1, 0, 0, 0]  # 0.4 of the 0.7 that top-k left is more than half
    assert np.count_nonzero(distribution(logits, top_p=0.5)) == 2
    hot = distribution(logits, 5.0, top_p=0.5)  # the temperature comes first: more ids fit in
    assert np.count_nonzero(hot) == 2
    assert np.count_nonzero(distribution(logits, 0.2, top_p=0.5)) == 1


def test_min_p_keeps_what_is_likely_beside_the_likeliest():
    rows = np.random.default_rng(4).normal(size=(50, 30)) * 3
    for p in (0.0, 0.01, 0.1, 0.5, 1.0):
        probs = distribution(rows, 1.3)
        wanted = np.where(probs >= p * probs.max(-1, keepdims=True), probs, 0)
        got = distribution(rows, 1.3, min_p=p)
        np.testing.assert_allclose(got, wanted / wanted.sum(-1, keepdims=True), atol=1e-12)
    both = distribution(rows, top_k=5, top_p=0.9, min_p=0.2)  # the share is of the likeliest
    left = distribution(rows, top_k=5, top_p=0.9)
    assert (both.astype(bool) == (left >= 0.2 * left.max(-1, keepdims=True))).all()
    assert np.count_nonzero(both) < np.count_nonzero(left)
    for share in (0.2, 0.3, 0.6, 0.7):  # rounding decides nothing
        close = np.log(np.array([1, share], np.float32)) + np.float32(1.7)
        assert np.count_nonzero(distribution(close, min_p=share)) == 2
    tied = np.log([0.3, 0.3, 0.2, 0.2])
    assert np.count_nonzero(distribution(tied, min_p=1)) == 2
    assert sample(rows, 1.0, np.random.default_rng(0), min_p=1).tolist() == rows.argmax(-1).tolist()


def test_of_equals_the_first_are_kept():
    logits = np.array([1.0, 2.0, 2.0, 2.0, 0.0])
    assert np.flatnonzero(distribution(logits, top_k=2)).tolist() == [1, 2]
    assert np.flatnonzero(distribution(logits, top_p=0.1)).tolist() == [1]
    many = np.flatnonzero(distribution(np.tile([0.0, 1.0], 40), top_p=0.5))
    assert many.tolist() == [*range(1, 2 * len(many), 2)]


def test_one_certain_id_is_always_chosen():
    logits = np.full((50, 6), -np.inf)
    logits[:, 4] = -3.0
    rng = np.random.default_rng(0)
    for options in ({}, {"top_k": 3}, {"top_p": 0.5}, {"top_p": 0.0}, {"top_k": 99, "top_p": 1.0}):
        assert set(sample(logits, 2.0, rng, **options).tolist()) == {4}
    assert log_probs(logits[0], np.array(4)) == 0


def test_top_k_above_the_vocabulary_and_top_p_one_keep_everything():
    np.testing.assert_array_equal(distribution(LOGITS, top_k=99, top_p=1), distribution(LOGITS))
    np.testing.assert_allclose(distribution(LOGITS), softmax(LOGITS))
    np.testing.assert_array_equal(distribution(LOGITS, 0), [0, 1, 0, 0])


@pytest.mark.parametrize("options", [{"top_k": 1}, {"top_p": 0.0}])
def test_the_narrowest_cut_is_greedy(options):
    logits = np.random.default_rng(1).normal(size=(20, 9))
    ids = sample(logits, 3.0, np.random.default_rng(2), **options)
    np.testing.assert_array_equal(ids, logits.argmax(-1))


def test_cut_draws_are_as_frequent_as_they_should_be():
    n = 40_000
    p = distribution(LOGITS, 1.5, top_k=3, top_p=0.9)
    ids = sample(np.tile(LOGITS, (n, 1)), 1.5, np.random.default_rng(8), top_k=3, top_p=0.9)
    counts = np.bincount(ids, minlength=4) / n
    assert (counts[p == 0] == 0).all()
    live = p > 0
    assert live.sum() == 3
    assert (np.abs(counts - p)[live] / np.sqrt(p * (1 - p) / n)[live]).max() < 4


def test_a_row_with_its_own_generator_ignores_the_others():
    logits = np.random.default_rng(0).normal(size=(3, 9))
    together = sample(logits, 1.0, [np.random.default_rng(seed) for seed in (7, 8, 9)])
    alone = [sample(logits[b], 1.0, np.random.default_rng(7 + b)) for b in range(3)]
    assert together.tolist() == alone


def test_logits_are_left_alone():
    logits = np.random.default_rng(0).normal(size=(3, 9)).astype(np.float32)
    before = logits.copy()
    sample(logits, 0.7, np.random.default_rng(0), top_k=4, top_p=0.5)
    distribution(logits.T, 0.7, top_k=2, top_p=0.5)
    np.testing.assert_array_equal(logits, before)
    turned = np.stack([logits, logits]).swapaxes(0, 1)
    found = distribution(turned, 0.7, top_k=2)
    np.testing.assert_array_equal(found, distribution(turned.copy(), 0.7, top_k=2))


def test_log_probabilities_have_more_digits_than_the_logits():
    logits = np.random.default_rng(0).standard_normal((3, 50)).astype(np.float32)
    exact = log_softmax(logits.astype(np.float64))
    np.testing.assert_allclose(np.exp(exact).sum(-1), 1, rtol=1e-14)
    np.testing.assert_allclose(log_softmax(logits), exact, atol=1e-6)
    assert np.abs(np.exp(log_softmax(logits)).sum(-1) - 1).max() < 1e-14
    lowered = logits - logits.max(-1, keepdims=True)
    wide = distribution(lowered.astype(np.float64), 0.7)
    np.testing.assert_array_equal(distribution(logits, 0.7), wide)
    assert distribution(logits, 0).dtype == np.float64


def test_log_probabilities_of_huge_logits_stay_finite():
    np.testing.assert_allclose(
        log_probs(np.array([[1e4, -1e4], [3.0, 3.0]], np.float32), np.array([1, 0])),
        [-2e4, -np.log(2)],
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sample(LOGITS, -1), "temperature is -1 and must be at least 0 and finite"),
        (lambda: sample(LOGITS, float("nan")), "temperature is nan and must be at least 0"),
        (lambda: sample(LOGITS), "rng is None and temperature is 1.0: give rng= a seed or a gen"),
        (lambda: sample(np.array([np.nan, 1.0]), 0), "logits holds nan"),
        (lambda: sample(np.array([[0, 1.0], [np.nan, 1]]), 1, RNG), "logits holds nan"),
        (lambda: sample(np.array([[np.inf, 1.0], [0, -1]]), 0), "logits holds inf"),
        (lambda: sample(np.array([-np.inf] * 3), 1, RNG), "logits has a row of -inf alone"),
        (lambda: sample(LOGITS, math.inf, RNG), "temperature is inf and must be at least 0"),
        (lambda: sample(LOGITS, 1, RNG, top_k=0), "top_k is 0 and must be an integer of at least"),
        (lambda: sample(LOGITS, 1, RNG, top_k=2.5), "top_k is 2.5 and must be an integer of at"),
        (
            lambda: sample(LOGITS, 1, RNG, top_p=-0.1),
            "top_p is -0.1 and must be a number from 0 to",
        ),
        (
            lambda: sample(LOGITS, 1, RNG, top_p=np.nan),
            "top_p is nan and must be a number from 0 to",
        ),
        (lambda: sample(LOGITS[None], 1, [RNG, RNG]), "rng has 2 generators and must have one"),
        (lambda: sample(LOGITS[None, None], 1, [RNG]), "rng has 1 generators and must have one"),
        (lambda: sample(LOGITS[None], 1, [RNG, 1]), "rng is [Generator(PCG64)"),
        (lambda: sample(LOGITS, "hot", RNG), "temperature is 'hot' and must be a number of"),
        (lambda: sample(LOGITS, True, RNG), "temperature is True and must be a number of at"),
        (lambda: sample(LOGITS, np.True_, RNG), "temperature is np.True_ and must be a number"),
        (lambda: sample(LOGITS, 1, RNG, top_k=np.True_), "top_k is np.True_ and must be an int"),
        (lambda: sample(LOGITS, 1, RNG, top_k=True), "top_k is True and must be an integer of"),
        (lambda: sample(LOGITS, 1, RNG, min_p=1.5), "min_p is 1.5 and must be a number from 0 to"),
        (lambda: sample(LOGITS, 1, RNG, top_p="0.9"), "top_p is '0.9' and must be a number from"),
        (lambda: sample(LOGITS, 1, -1), "rng is -1 and must be at least 0 to be a seed"),
        (lambda: sample(LOGITS, 1, 1.5), "rng is 1.5 and must be a seed, a generator of NumPy's"),
        (lambda: sample(LOGITS, 1, True), "rng is True and must be a seed"),
        (lambda: sample(LOGITS, 1, "7"), "rng is '7' and must be a seed"),
        (lambda: sample(LOGITS, 1, [0, 1]), "rng is [0, 1] and must be a seed"),
        (lambda: sample(LOGITS, 1, np.arange(99)), "rng is a ndarray and must be a seed"),
        (lambda: sample(LOGITS, 1, torch.Generator()), "rng is <torch._C.Generator object at"),
        (lambda: sample(["a", "b"], 0), "logits is <U1 and must be numbers, (..., V)"),
        (lambda: sample([True, False], 0), "logits is bool and must be numbers, (..., V)"),
        (lambda: sample(3.0, 0), "logits has shape () and must be (..., V), V at least 1"),
        (lambda: sample([[], []], 0), "logits has shape (2, 0) and must be (..., V), V at least"),
        (lambda: log_probs(LOGITS, np.array(-1)), "ids holds -1 and must be from 0 to 3"),
        (lambda: log_probs(LOGITS, np.array(4)), "ids holds 4 and must be from 0 to 3"),
        (lambda: log_probs(LOGITS, 1.0), "ids is float64 and must be an array of integers"),
        (lambda: log_probs(LOGITS[None], np.array([1, 2])), "ids has shape (2,) and must have (1"),
        (lambda: generate(model(), [[1]], 1, rng=RNG, cache="yes"), "cache is 'yes' and must be T"),
        (lambda: generate(model(), [[1]], 1, rng=RNG, cache=1), "cache is 1 and must be True, Fal"),
        (lambda: generate(model(), np.array([[1]]), -1), "max_new_tokens is -1 and must be at"),
        (lambda: generate(model(), np.array([1]), 1), "ids has shape (1,) and must be (B, T)"),
        (lambda: generate(model(), np.array([[7]]), 1), "ids holds 7 and must be from 0 to 6"),
        (lambda: generate(model(), np.zeros((1, 0), int), 1), "ids has shape (1, 0) and must be"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32])
def test_numpys_numbers_are_numbers(kind):
    logits = np.random.default_rng(4).normal(size=(3, 300))
    k = kind(7) if issubclass(kind, np.integer) else 7
    given = distribution(logits, kind(2), top_k=k, top_p=kind(1))
    np.testing.assert_array_equal(given, distribution(logits, 2, top_k=7, top_p=1))
    assert np.count_nonzero(given[0]) == 7


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_lists_and_tensors_are_logits_too(dtype):
    tensor = torch.tensor(LOGITS, dtype=dtype, requires_grad=True)  # both hold these numbers
    for logits in (LOGITS.tolist(), tensor, list(LOGITS)):
        np.testing.assert_array_equal(distribution(logits, 0.7), distribution(LOGITS, 0.7))
        assert sample(logits, 0) == 1
        assert sample(logits, 1.0, 5) == sample(LOGITS, 1.0, np.random.default_rng(5))
        assert log_probs(logits, 2) == log_probs(LOGITS, np.array(2))
    digits = np.array([0.1, 0.7])
    np.testing.assert_array_equal(log_softmax(torch.tensor(digits)), log_softmax(digits))


def test_a_seed_gives_the_same_draws_each_time():
    logits = np.tile(LOGITS, (50, 1))
    expected = sample(logits, 2.0, np.random.default_rng(3))
    np.testing.assert_array_equal(sample(logits, 2.0, 3), expected)
    np.testing.assert_array_equal(sample(logits, 2.0, np.int64(3)), expected)
    assert (sample(logits, 2.0, 4) != expected).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shares", "p", "kept"),
    [
        ([0.5, 0.3, 0.2], 0.8, 2),
        ([0.5, 0.3, 0.2], 0.5, 1),
        ([0.4, 0.3, 0.2, 0.1], 0.7, 2),
        ([0.4, 0.3, 0.2, 0.1], 0.9, 3),
        ([0.1] * 10, 0.3, 3),
        ([0.1] * 10, 0.7, 7),
        ([0.25] * 4, 0.75, 3),
        ([1 / 3] * 3, 2 / 3, 2),
        ([0.5, 0.3, 0.2], 0.800_01, 3),
        ([0.5, 0.3, 0.2], 1.0, 3),
        ([0.5, 0.3, 0.2], 0.0, 1),
    ],
)
def test_a_share_that_is_reached_exactly_is_enough(dtype, shares, p, kept):
    """Ids with equal shares are kept from the first on, and rounding decides nothing."""
    order = np.random.default_rng(0).permutation(len(shares))
    logits = np.log(np.array(shares))[order].astype(dtype) + dtype(1.7)
    assert np.count_nonzero(distribution(logits, top_p=p)) == kept
