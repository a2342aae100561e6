from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.generation import generate, sample
from tinytx.manual import GPT

CONFIG = GPTConfig(vocab_size=7, context_length=5, n_layer=1, n_head=2, d_model=6, dropout=0.5)
LOGITS = np.array([0.5, 2.0, -1.0, 1.0])


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


def test_temperature_zero_takes_the_first_of_the_likeliest():
    assert sample(np.array([[1.0, 3.0, 3.0], [9.0, 0.0, 1.0]]), 0).tolist() == [1, 0]


def test_huge_logits_and_tiny_temperatures_are_fine():
    logits = np.array([[-1e4, 1e4, 0.0]] * 50, dtype=np.float32)
    assert set(sample(logits, 1e-6, np.random.default_rng(0)).tolist()) == {1}


def test_excluded_ids_are_never_drawn():
    logits = np.tile([0.0, -np.inf, 0.0], (200, 1))
    assert set(sample(logits, 1.0, np.random.default_rng(0)).tolist()) == {0, 2}


def test_greedy_text_is_the_likeliest_next_id_again_and_again():
    gpt = model()
    ids = np.array([[1, 2], [3, 3]])
    out = generate(gpt, ids, 9, temperature=0)
    assert out.shape == (2, 11)
    gpt.eval()
    for t in range(2, 11):
        window = out[:, max(0, t - 5) : t]
        np.testing.assert_array_equal(out[:, t], gpt.forward(window)[:, -1].argmax(axis=-1))


def test_a_seed_repeats_the_text_and_the_mode_is_kept():
    gpt = model()
    one, two, other = (
        generate(gpt, np.array([[1]]), 30, rng=np.random.default_rng(seed)) for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    assert gpt.training
    assert generate(gpt, np.array([[1]]), 0).tolist() == [[1]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sample(LOGITS, -1), "temperature is -1 and must be at least 0 and finite"),
        (lambda: sample(LOGITS, float("nan")), "temperature is nan and must be at least 0"),
        (lambda: sample(LOGITS), "rng is None and temperature is 1.0: give a generator, or 0"),
        (lambda: sample(np.array([np.nan, 1.0]), 0), "logits holds nan"),
        (lambda: generate(model(), np.array([[1]]), -1), "max_new_tokens is -1 and must be at"),
        (lambda: generate(model(), np.array([1]), 1), "ids has shape (1,) and must be (B, T)"),
        (lambda: generate(model(), np.array([[7]]), 1), "ids holds 7 and must be from 0 to 6"),
        (lambda: generate(model(), np.zeros((1, 0), int), 1), "ids has shape (1, 0) and must be"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
