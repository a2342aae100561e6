"""Sharded optimizer states: the steps of the unsharded one, with 1/n of its memory."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.manual import GPT, SGD, AdamW, cross_entropy_backward, cross_entropy_forward
from tinytx.scale.zero import ShardedOptimizer, flat, sharded_step

CONFIG = GPTConfig(vocab_size=11, context_length=6, n_layer=2, n_head=2, d_model=8)
OPTIONS = {"lr": 1e-2, "weight_decay": 0.1}
rng = np.random.default_rng(0)
IDS, TARGETS = rng.integers(0, 11, (2, 5, 12, 6))  # 5 steps of 12 rows


def gradients(model, ids, targets, rows):
    """Add the gradient of these rows' share of the mean over ``rows`` rows."""
    _, saved = cross_entropy_forward(model.forward(ids), targets)
    model.zero_grad()
    model.backward(cross_entropy_backward(len(ids) / rows, saved))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_five_steps_are_those_of_one_process(size):
    alone = GPT(CONFIG, np.random.default_rng(1), np.float64)
    ranks = [ShardedOptimizer(copy.deepcopy(alone), r, size, AdamW, **OPTIONS) for r in range(size)]
    optimizer = AdamW(alone.parameters(), **OPTIONS)
    for ids, targets in zip(IDS, TARGETS, strict=True):
        gradients(alone, ids, targets, 12)
        optimizer.step()
        for r, rank in enumerate(ranks):
            gradients(rank.model, ids[r::size], targets[r::size], 12)
        sharded_step(ranks)
    for rank in ranks:
        np.testing.assert_allclose(
            flat(rank.model, "data"), flat(alone, "data"), rtol=1e-10, atol=1e-12
        )
        np.testing.assert_array_equal(flat(rank.model, "data"), flat(ranks[0].model, "data"))


def test_from_the_same_gradients_a_step_is_the_same_bit_for_bit():
    """Adam works on each number alone: cutting the vector changes nothing."""
    alone = GPT(CONFIG, np.random.default_rng(1), np.float64)
    size = 4
    ranks = [ShardedOptimizer(copy.deepcopy(alone), r, size, AdamW, **OPTIONS) for r in range(size)]
    optimizer = AdamW(alone.parameters(), **OPTIONS)
    gradients(alone, IDS[0], TARGETS[0], 12)
    for parameter in ranks[0].model.parameters():
        parameter.grad[...] = 0
    for mine, theirs in zip(ranks[2].model.parameters(), alone.parameters(), strict=True):
        mine.grad[...] = theirs.grad  # the others' are zero: the sum is exact
    optimizer.step()
    sharded_step(ranks)
    np.testing.assert_array_equal(flat(ranks[3].model, "data"), flat(alone, "data"))


def test_each_rank_remembers_its_share_and_together_they_remember_all():
    model = GPT(CONFIG, np.random.default_rng(1))
    whole = ShardedOptimizer(model, 0, 1).numbers()
    n = flat(model, "data").size
    assert whole == 2 * n
    shares = [ShardedOptimizer(model, r, 3).numbers() for r in range(3)]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 2
    assert ShardedOptimizer(model, 0, 3, SGD, lr=0.1).numbers() == 0


def test_a_rank_that_is_none_is_refused():
    for rank in (-1, 2):
        with pytest.raises(ValueError, match=f"rank is {rank} and must be from 0 to 1"):
            ShardedOptimizer(GPT(CONFIG, np.random.default_rng(1)), rank, 2)


def test_ranks_are_all_and_in_order():
    model = GPT(CONFIG, np.random.default_rng(1))
    ranks = [ShardedOptimizer(copy.deepcopy(model), rank, 2, lr=0.1) for rank in range(2)]
    for wrong, found in ((ranks[::-1], r"\[1, 0\]"), (ranks[:1], r"\[0\]"), (ranks[1:], r"\[1\]")):
        with pytest.raises(ValueError, match=f"^ranks has {found} and must have 2, in order from"):
            sharded_step(wrong)
