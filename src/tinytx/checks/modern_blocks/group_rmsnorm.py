"""The check of ``group_rmsnorm(x, weight, n_group, eps, dy)``: a norm in groups, both ways."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray
Grads = tuple[Array, Array, Array]


def _case(N: int, D: int, n_group: int, eps: float, seed: int, scale: float = 1.0) -> tuple:
    x, dy = draw(N, D, seed=seed, scale=scale), draw(N, D, seed=seed + 1)
    return x, draw(D, seed=seed + 2) + 1.5, n_group, eps, dy


ROW, DY = np.array([[1.0, 2.0, 3.0, 6.0]]), np.array([[1.0, 0.0, 2.0, -1.0]])
W = np.array([2.0, 1.0, 3.0, 0.5])
TWO = np.array([[3.0, -1.0, 0.0, 2.0], [5.0, 4.0, 1.0, 1.0]])

# One group of one number; one of two, with a weight of 0 too; a row in two groups, whose sizes
# differ; with an epsilon that counts; groups of one number each; one group; a group of zeros; two
# rows; as many rows as numbers, as groups, and as numbers in a group, where a lost axis raises no
# error; all sizes different; two, three and five groups; numbers of the size of the root of
# epsilon; more rows than anything.
CASES = [
    (np.array([[2.0]]), np.array([3.0]), 1, 1.0, np.array([[1.0]])),
    (np.array([[1.0, 7.0]]), np.array([2.0, 5.0]), 1, 11.0, np.array([[1.0, 3.0]])),
    (np.array([[1.0, 7.0]]), np.array([2.0, 0.0]), 1, 11.0, np.array([[1.0, 3.0]])),
    (np.array([[1.0, 7.0]]), np.array([2.0, 5.0]), 2, 15.0, np.array([[1.0, 3.0]])),
    (ROW, W, 2, 1e-5, DY),
    (ROW, W, 2, 2.0, DY),
    (ROW, W, 1, 0.5, DY),
    (ROW, W, 4, 0.5, DY),
    (np.array([[0.0, 0.0, 3.0, 4.0]]), W, 2, 4.0, DY),
    (TWO, W, 2, 1.0, np.array([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, -3.0, 2.0]])),
    _case(4, 4, 2, 0.1, seed=10),
    _case(3, 9, 3, 0.1, seed=20),
    _case(6, 6, 1, 0.1, seed=30),
    _case(2, 6, 3, 0.3, seed=40),
    _case(3, 10, 2, 1e-5, seed=50),
    _case(4, 15, 5, 0.01, seed=60, scale=0.1),
    _case(7, 12, 3, 1e-3, seed=70, scale=5.0),
    _case(13, 8, 4, 1.0, seed=80),
    _case(2, 6, 3, 500.0, seed=90, scale=20.0),
    _case(2, 6, 2, 1e-9, seed=95, scale=1e-3),
]


def _at_most(got: Grads, x: Array, weight: Array, n_group: int, eps: float, dy: Array) -> bool:
    xhat = np.divide(got[0], weight, where=weight != 0, out=np.zeros(x.shape))
    return bool(((xhat.reshape(len(x), n_group, -1) ** 2).mean(axis=-1) <= 1 + 1e-4).all())


def _along(got: Grads, x: Array, weight: Array, n_group: int, eps: float, dy: Array) -> bool:
    """Return whether making a group longer changes the loss as little as epsilon allows."""
    groups = x.reshape(len(x), n_group, -1)
    square = (groups**2).mean(axis=-1)
    along = (got[1] * x).reshape(groups.shape).sum(axis=-1)
    passed = (dy * weight * x).reshape(groups.shape).sum(axis=-1)
    return bool(np.allclose(along, passed * eps / (square + eps) ** 1.5, rtol=1e-3, atol=1e-4))


check = Check.of(
    __file__,
    "group_rmsnorm(x, weight, n_group, eps, dy)",
    CASES,
    "RMSNorm: the length alone",
    properties=(
        Property(
            "y divided by the weight has a mean of squares of 1 at most, in each group", _at_most
        ),
        Property(
            "a longer group gives a larger output only by epsilon, so how large the part of dx"
            " along x is, epsilon decides",
            _along,
        ),
    ),
    errors={
        "^ValueError.*(broadcast|operands)": "Print the shapes that meet: what belongs to a group"
        " is (N, n_group, 1), what belongs to a row (N, D).",
        "^ValueError.*reshape": "A row of D numbers is n_group groups of D / n_group numbers.",
        "^TypeError.*float.*integer": "`/` gives a float, also where it comes out even: sizes of"
        " axes want `//`.",
    },
    own=("rmsnorm_backward",),
)
