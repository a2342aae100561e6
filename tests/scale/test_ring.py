"""The ring: the sum of all at every rank, in the steps and with the bytes that are promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.scale.ring import (
    all_gather,
    numbers_sent,
    owned,
    reduce_scatter,
    ring_all_reduce,
    ring_steps,
)


def buffers(n, size, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=size) for _ in range(n)]


@given(st.integers(1, 7), st.integers(0, 20))
@settings(max_examples=60)
def test_every_rank_ends_with_the_sum_and_all_with_the_same_bits(n, size):
    held = buffers(n, size)
    before = [each.copy() for each in held]
    totals = ring_all_reduce(held)
    for total in totals:
        np.testing.assert_allclose(total, np.sum(held, axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(total, totals[0])
    np.testing.assert_array_equal(held, before)


@given(st.integers(1, 6), st.integers(1, 15))
@settings(max_examples=40)
def test_the_two_halves_are_the_whole(n, size):
    held = buffers(n, size)
    chunks = reduce_scatter(held)
    expected = np.array_split(np.sum(held, axis=0), n)
    for rank, chunk in enumerate(chunks):
        np.testing.assert_allclose(chunk, expected[owned(rank, n)], rtol=1e-12, atol=1e-12)
    for whole, total in zip(all_gather(chunks), ring_all_reduce(held), strict=True):
        np.testing.assert_array_equal(whole, total)


def test_each_step_each_rank_sends_one_chunk_to_the_right_and_gets_one():
    n, size = 4, 8
    steps = list(ring_steps(buffers(n, size)))
    assert [step.phase for step in steps] == ["reduce-scatter"] * 3 + ["all-gather"] * 3
    for step in steps:
        assert [message.source for message in step.messages] == list(range(n))
        assert [message.target for message in step.messages] == [1, 2, 3, 0]
        assert len({message.chunk for message in step.messages}) == n
        assert {message.numbers for message in step.messages} == {size // n}


def test_after_the_first_half_each_rank_owns_one_chunk():
    n = 5
    held = buffers(n, 10)
    third = list(ring_steps(held))[n - 2]
    total = np.array_split(np.sum(held, axis=0), n)
    for rank, buffer in enumerate(third.buffers):
        right = [np.allclose(a, b) for a, b in zip(np.array_split(buffer, n), total, strict=True)]
        assert right == [i == owned(rank, n) for i in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 8])
def test_a_rank_sends_two_n_minus_one_nths(n):
    size = 24 * 7
    assert numbers_sent(n, size) == [2 * (n - 1) * size // n] * n
    collects = numbers_sent(n, size, "one collects")
    assert collects[0] == (n - 1) * size
    assert sum(collects) == sum(numbers_sent(n, size))  # the same in all, but one carries half


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("size", [0, 1, 7, 16, 29])
def test_the_numbers_sent_are_those_of_the_messages(n, size):
    sent = [0] * n
    for step in ring_steps(buffers(n, size)):
        for message in step.messages:
            sent[message.source] += message.numbers
    assert numbers_sent(n, size) == sent


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="way is 'one colects' and must be one of 'ring', 'one c"):
        numbers_sent(4, 1000, "one colects")
    with pytest.raises(ValueError, match="n is 0 and must be an integer of at least 1"):
        numbers_sent(0, 1000)
    with pytest.raises(ValueError, match=r"chunks\[1\] is float64 \(1,\) and chunks\[0\] is int64"):
        all_gather([np.array([1]), np.array([2.7])])
    with pytest.raises(ValueError, match="chunks is empty"):
        all_gather([])
    with pytest.raises(ValueError, match="buffers is empty"):
        ring_all_reduce([])
    with pytest.raises(ValueError, match=r"buffers\[1\] is float64 \(3,\)"):
        ring_all_reduce([np.zeros(2), np.zeros(3)])
    with pytest.raises(ValueError, match=r"buffers\[0\] is float64 \(2, 2\)"):
        ring_all_reduce([np.zeros((2, 2))] * 2)
