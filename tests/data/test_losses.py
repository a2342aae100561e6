"""Yardsticks for a loss, against counting by hand and sources whose entropy is known."""

import itertools
import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinytx.inspect import expected_losses

IDS = st.lists(st.integers(0, 4), min_size=2, max_size=60).map(np.array)


@given(ids=IDS)
def test_without_held_out_text_the_losses_are_those_of_the_counts(ids):
    losses = expected_losses(ids, 5)
    pairs = list(itertools.pairwise(ids.tolist()))
    targets, befores, counts = (
        Counter(b for _, b in pairs),
        Counter(a for a, _ in pairs),
        Counter(pairs),
    )
    unigram = -sum(math.log(targets[b] / len(pairs)) for _, b in pairs) / len(pairs)
    bigram = -sum(math.log(counts[a, b] / befores[a]) for a, b in pairs) / len(pairs)
    assert losses.uniform == math.log(5)
    assert losses.unigram == pytest.approx(unigram, abs=1e-12)
    assert losses.bigram == pytest.approx(bigram, abs=1e-12)
    assert 0 <= losses.bigram <= losses.unigram + 1e-12 <= losses.uniform + 2e-12


@given(ids=IDS, held_out=IDS)
def test_with_held_out_text_the_losses_are_those_of_smoothed_counts(ids, held_out):
    losses = expected_losses(ids, 5, held_out)
    n, targets, pairs = (
        len(ids) - 1,
        Counter(ids[1:].tolist()),
        Counter(itertools.pairwise(ids.tolist())),
    )
    uni, bi = [], []
    for a, b in itertools.pairwise(held_out.tolist()):
        p = (targets[b] + 1) / (n + 5)
        seen = sum(c for (x, _), c in pairs.items() if x == a)
        different = sum(x == a for x, _ in pairs)
        uni.append(-math.log(p))
        bi.append(-math.log((pairs[a, b] + different * p) / (seen + different) if seen else p))
    assert losses.unigram == pytest.approx(np.mean(uni), rel=1e-12)
    assert losses.bigram == pytest.approx(np.mean(bi), rel=1e-12)


def test_the_two_ways_enclose_the_entropy_of_a_markov_chain():
    chain = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.6, 0.1]])
    stationary = np.linalg.matrix_power(chain, 200)[0]
    entropy = -(stationary[:, None] * chain * np.log(chain)).sum()
    single = -(stationary * np.log(stationary)).sum()
    low, high, repeats = np.zeros(2), np.zeros(2), 60
    generator = np.random.default_rng(0)
    for _ in range(repeats):
        texts = []
        for _ in range(2):
            ids, cumulative = [0], chain.cumsum(axis=1)
            for u in generator.random(400):
                ids.append(int(min(2, np.searchsorted(cumulative[ids[-1]], u, side="right"))))
            texts.append(np.array(ids))
        low += np.array(expected_losses(texts[0], 3)[1:]) / repeats
        high += np.array(expected_losses(texts[0], 3, texts[1])[1:]) / repeats
    np.testing.assert_allclose(low, [single, entropy], atol=0.02)
    np.testing.assert_allclose(high, [single, entropy], atol=0.02)
    assert low[1] < entropy < high[1]
    # Miller's correction: 9 cells less 3 contexts, over 2n.
    assert low[1] + 6 / 800 == pytest.approx(entropy, abs=0.006)


def test_one_token_alone_is_no_surprise():
    assert expected_losses(np.zeros(3, int), 1) == (0, 0, 0)
    assert expected_losses(np.zeros(3, int), 1, np.zeros(2, int)) == (0, 0, 0)
    one, other = (expected_losses(np.array([0, 7, 0, 3]), kind(8)) for kind in (int, np.uint8))
    assert one == other


def test_small_dtypes_and_large_vocabularies():
    ids = np.array([60_000, 3, 60_000, 3, 60_000], dtype=np.uint16)
    losses = expected_losses(ids, 100_000)
    assert losses.bigram == 0
    assert losses.unigram == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: expected_losses(np.array([1]), 3),
            "ids has shape (1,) and must have one dimension",
        ),
        (lambda: expected_losses(np.zeros(0, int), 3), "ids has shape (0,) and must have one dim"),
        (
            lambda: expected_losses(np.eye(2, dtype=int), 3),
            "ids has shape (2, 2) and must have one",
        ),
        (lambda: expected_losses(np.array([1, 3]), 3), "ids holds 3 and must be from 0 to 2"),
        (lambda: expected_losses(np.array([1, -1]), 3), "ids holds -1 and must be from 0 to 2"),
        (
            lambda: expected_losses(np.array([0.5, 1]), 3),
            "ids is float64 and must be an array of in",
        ),
        (lambda: expected_losses([0, 1], 3), "ids is list and must be an array of integers"),
        (lambda: expected_losses(np.array([0, 0]), 0), "vocab_size is 0 and must be at least 1"),
        (lambda: expected_losses(np.array([0, 0]), 1.5), "vocab_size is 1.5 and must be a whole"),
        (
            lambda: expected_losses(np.array([0, 1]), 2, np.array([0, 2])),
            "held_out holds 2 and must be from 0 to 1",
        ),
        (
            lambda: expected_losses(np.array([0, 1]), 2, np.array([1])),
            "held_out has shape (1,) and must have one dimension and at least two tokens",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
