"""The small autograd engine of chapter 6 agrees with PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.tape import Number


def both(function, values):
    """Return the gradients of ``function`` by both engines."""
    mine = [Number(float(value)) for value in values]
    function(*mine).backward()
    theirs = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    function(*theirs).backward()
    return [number.grad for number in mine], theirs.grad.numpy()


FUNCTIONS = {
    "sum": lambda a, b, c: a + b + c,
    "products": lambda a, b, c: a * b * c + a * a,
    "exp and log": lambda a, b, c: (a.exp() + b.exp() * c.exp()).log(),
    "a diamond": lambda a, b, c: (lambda d: d * d + d * a)(a * b + c),
    "used again after use": lambda a, b, c: (lambda d: (d + a).exp() * d.exp() + b * c)(a + b),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_equal_those_of_pytorch(name):
    mine, theirs = both(FUNCTIONS[name], [0.3, -1.2, 0.7])
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_a_long_chain_needs_no_recursion():
    x = Number(1.0)
    y = x
    for _ in range(5000):
        y = y + x
    y.backward()
    assert x.grad == 5001


def test_gradients_of_two_losses_add_up():
    x = Number(3.0)
    (x * x).backward()
    (x + x).backward()
    assert x.grad == 8
