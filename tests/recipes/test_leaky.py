"""What a leak does: better than an honest model in training, worse than a guess in writing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.pytorch.attention import attention
from tinytx.recipes import leaky

RULES = (leaky.minus_infinity, leaky.zero_after, leaky.no_mask)


def random(*shape):
    return torch.randn(3, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_right_rule_is_the_engines():
    q, k, v = random(2, 3, 5, 4)
    torch.testing.assert_close(leaky.minus_infinity(q, k, v), attention(q, k, v, causal=True))
    torch.testing.assert_close(leaky.no_mask(q, k, v), attention(q, k, v))


@pytest.mark.parametrize("rule", RULES)
def test_who_leaks(rule):
    q, k, v = random(1, 1, 5, 4)
    k2, v2 = k.clone(), v.clone()
    k2[..., -1, :], v2[..., -1, :] = 9, 9
    moved = (rule(q, k, v) - rule(q, k2, v2)).abs().amax(-1)[0, 0, :-1]
    assert bool((moved > 1e-9).all()) == (rule is not leaky.minus_infinity)


def test_an_honest_model_loses_nothing_when_it_sees_no_future():
    model = leaky.train_with(leaky.minus_infinity, steps=5)
    # In float32 the vector instructions of a machine show after 700 steps.
    assert {one.dtype for one in model.model.parameters()} == {torch.float64}
    assert model.alone == pytest.approx(model.whole, rel=1e-4)
    assert 3 < model.whole < np.log(57) + 0.3
    assert len(model.write(7)) == 7
    assert attention is leaky.pytorch.attention.attention  # nothing is left replaced
