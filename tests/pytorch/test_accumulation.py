"""A batch in parts: the gradient of the whole, however unequally the parts count."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.manual import cross_entropy_backward, cross_entropy_forward

from .twins import IDS, pair

TARGETS = np.array([[6, -100, -100, -100, -100, -100], [0, 0, 4, 4, 0, 3]])
NOTHING = np.array([[-100] * 6, [0, 0, 4, 4, 0, 3]])
PARTS = [slice(0, 1), slice(1, 2)]


def numpy_gradient(model, ids, targets, dloss, reduction):
    """Add to the gradients, and return the loss."""
    loss, saved = cross_entropy_forward(model.forward(ids), targets, reduction=reduction)
    model.backward(cross_entropy_backward(dloss, saved))
    return dloss * float(loss)


def torch_gradient(model, ids, targets, dloss, reduction):
    logits, targets = model(torch.tensor(ids)), torch.tensor(targets)
    loss = dloss * pytorch.cross_entropy(logits, targets, reduction=reduction)
    loss.backward()
    return loss.item()


ENGINES = {"numpy": (0, numpy_gradient), "torch": (1, torch_gradient)}


def accumulate(engine, parts, dloss, reduction, targets=TARGETS):
    """Return loss and gradient, added up over the parts of the batch."""
    which, add = ENGINES[engine]
    model = pair()[which]
    loss = sum(add(model, IDS[rows], targets[rows], dloss, reduction) for rows in parts)
    return loss, np.concatenate([np.ravel(p.grad) for p in model.parameters()])


def difference(one, two):
    return np.linalg.norm(one - two) / np.linalg.norm(two)


@pytest.mark.parametrize("engine", ENGINES)
def test_sums_over_one_count_are_the_mean_of_all(engine):
    whole, wanted = accumulate(engine, [slice(0, 2)], 1.0, "mean")
    total = sum(manual.count_targets(TARGETS[rows]) for rows in PARTS)
    assert total == pytorch.count_targets(torch.tensor(TARGETS)) == 7
    loss, got = accumulate(engine, PARTS, 1 / total, "sum")
    assert loss == pytest.approx(whole, rel=1e-12)
    assert difference(got, wanted) < 1e-12
    loss, wrong = accumulate(engine, PARTS, 1 / len(PARTS), "mean")  # the mean of means
    assert abs(loss - whole) > 0.1
    assert difference(wrong, wanted) > 0.5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_part_in_which_nothing_counts_adds_nothing(engine):
    loss, gradient = accumulate(engine, PARTS[1:], 0.5, "sum", NOTHING)
    more, same = accumulate(engine, PARTS, 0.5, "sum", NOTHING)
    assert more == loss
    np.testing.assert_array_equal(same, gradient)
    with pytest.raises(ValueError, match=r"^targets has 6 positions, all of them ignore_ind"):
        accumulate(engine, PARTS, 0.5, "mean", NOTHING)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("reduction", ["none", "Sum", None])
def test_another_reduction_is_refused(engine, reduction):
    with pytest.raises(ValueError, match=f"^reduction is {reduction!r} and must be 'mean' or 'su"):
        accumulate(engine, PARTS, 1.0, reduction)
