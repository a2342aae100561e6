"""The ring between real processes, and what is said when one of them is gone."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.scale.processes import run_ranks

from . import work


@pytest.mark.parametrize("size", [2, 4])
def test_the_ring_sums_as_the_library_does(size):
    lengths = [1, 5, 64, 1001]
    found = run_ranks(work.both_ways, size, lengths)
    for i, length in enumerate(lengths):
        given, ring, theirs = (np.array([rank[i][j] for rank in found]) for j in range(3))
        assert given.shape == (size, length)
        np.testing.assert_allclose(ring[0], given.sum(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(ring, theirs, rtol=1e-12, atol=1e-12)
        assert (ring == ring[0]).all()


def test_answers_come_in_the_order_of_ranks():
    assert run_ranks(work.who, 2) == [(0, 2, False), (1, 2, False)]


def test_a_killed_rank_is_named_and_the_others_do_not_wait_for_ever():
    with pytest.raises(RuntimeError, match="rank 1 has ended without an answer"):
        run_ranks(work.one_dies, 2)


def test_an_error_of_one_rank_is_told_with_its_rank():
    with pytest.raises(RuntimeError, match="rank 1: ValueError: the shard is damaged"):
        run_ranks(work.one_raises, 2)
    with pytest.raises(RuntimeError, match=r"rank 0: NotImplementedError$"):
        run_ranks(work.says_nothing, 1)
