"""The check of ``clip(gradients, max_norm)``: one length, one factor, the direction kept."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray

# The task's; below the limit, at it; all zero; one array; one far larger than the others; negative
# numbers; a matrix alone; several shapes, above and below; a limit of a millionth.
CASES = [
    ([np.array([3.0]), np.array([[4.0]])], 2.5),
    ([np.array([3.0]), np.array([[4.0]])], 10.0),
    ([np.array([3.0]), np.array([[4.0]])], 5.0),
    ([np.array([0.0, 0.0]), np.array([[0.0]])], 1.0),
    ([np.array([6.0, -8.0])], 5.0),
    ([np.array([-6.0, 8.0]), np.array([0.0])], 20.0),
    ([np.array([0.5, -0.5]), np.array([[100.0, 1.0]])], 2.0),
    ([np.array([-2.0, -4.0]), np.array([4.0])], 3.0),
    ([np.array([2.0, -6.0, 3.0]), np.array([[0.5, 1.0]])], 4.0),
    ([np.array([[3.0, 0.0], [0.0, 4.0]])], 2.5),
    ([draw(3, 4, seed=1), draw(5, seed=2), draw(2, 3, 2, seed=3)], 1.5),
    ([draw(3, 4, seed=4), draw(5, seed=5)], 50.0),
    ([np.array([0.3, 0.4]), np.array([0.0])], 0.125),
    ([np.array([3.0, 1.0]), np.array([4.0, 2.0])], 2.0),
    ([np.array([3e-6, 4e-6])], 1e-6),
]


def _norm(arrays: list[Array]) -> float:
    return float(np.sqrt(sum(np.square(a).sum() for a in arrays)))


def _short(got: list[Array], gradients: list[Array], max_norm: float) -> bool:
    return _norm(got) <= max_norm * (1 + 1e-4)


def _long_enough(got: list[Array], gradients: list[Array], max_norm: float) -> bool:
    """A millionth is within the tolerance of the values: an epsilon shows here alone."""
    return _norm(gradients) <= max_norm or _norm(got) >= max_norm * (1 - 1e-3)


def _same_direction(got: list[Array], gradients: list[Array], max_norm: float) -> bool:
    a, b = (np.concatenate([np.ravel(part) for part in parts]) for parts in (got, gradients))
    sizes = _norm([a]) * _norm([b])
    return not sizes or a @ b > (1 - 1e-6) * sizes


check = Check.of(
    __file__,
    "clip(gradients, max_norm)",
    CASES,
    "Clipping",
    properties=(
        Property("all of them together are not longer than `max_norm`", _short),
        Property(
            "what was too long comes out as long as `max_norm`, also where that is a millionth. Is"
            " anything added to the length?",
            _long_enough,
        ),
        Property("the direction of all of them together stays as it was", _same_direction),
    ),
    errors={
        "^ZeroDivisionError": "All gradients may be zero. Then there is nothing to shorten.",
        "^ValueError.*(inhomogeneous|broadcast|dimensions)": "The arrays have different shapes, so"
        " they do not go into one array as they are. Their sums of squares are plain numbers.",
    },
)
