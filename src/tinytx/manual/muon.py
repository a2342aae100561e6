"""Muon: momentum whose every direction is made equally long, for the matrices inside the blocks.

The gradient of a matrix is dominated by a few directions: its largest singular values are many
times its smallest. A step along it moves the weight in those few and leaves the others nearly as
they were. Muon takes the momentum's singular value decomposition, ``U S V^T``, and steps along
``U V^T``: all directions alike. It is meant for the hidden matrices. Embeddings, the head, biases
and norms stay with AdamW.

A decomposition in every step would be slow. The Newton-Schulz iteration gets near enough with
some products of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import numpy as np

from .optim import Optimizer

JORDAN = (3.4445, -4.7750, 2.0315)
COEFFICIENTS = {
    3: ((8.09362, -23.62134, 17.44678), (3.63665, -2.72198, 0.53656), (2.66135, -1.9772, 0.45262)),
    5: (JORDAN,) * 5,
}
TINY = 1e-7


def orthogonalize(matrix: np.ndarray, iterations: int = 5) -> np.ndarray:
    """Return a matrix with the singular vectors of ``matrix`` and singular values near 1.

    Divided by its norm, a matrix has no singular value above 1. An odd polynomial of it,
    ``aX + b(XX^T)X + c(XX^T)^2 X``, changes the singular values and not the vectors, each by the
    same polynomial of numbers. Five rounds with one polynomial that is steep at 0 lift values from
    0.01 upwards to between 0.6 and 1.25. Three rounds lift them to between 0.6 and 1.3, with three
    polynomials: each leaves the least distance from 1 for what the round before has left.

    Every round multiplies from the left by a small square matrix, so these are multiplied first,
    and ``X``, which may be wide, once.

    Parameters
    ----------
    matrix
        (..., m, n): one matrix, or several of one shape.
    iterations
        3 or 5.

    Raises
    ------
    ValueError
        If ``iterations`` is another number.

    Source: Jordan et al. 2024 (five rounds, their coefficients), Amsel et al. 2025 (a polynomial
    for each round; ours were computed for values from 0.01).

    >>> x = np.diag([3.0, 0.3]) @ np.array([[0.6, 0.8], [-0.8, 0.6]])
    >>> np.linalg.svd(orthogonalize(x))[1].round(2)
    array([0.71, 0.7 ])
    """
    check_iterations(iterations)
    wide = matrix.shape[-2] <= matrix.shape[-1]
    x = matrix if wide else np.swapaxes(matrix, -1, -2)  # so that x x^T is the smaller square
    norm = np.sqrt((x * x).sum(axis=(-2, -1), keepdims=True))
    x = x / np.maximum(norm, TINY)
    square = x @ np.swapaxes(x, -1, -2)  # (..., m, m)
    product = eye = np.eye(x.shape[-2], dtype=x.dtype)
    for a, b, c in COEFFICIENTS[iterations]:
        round_ = a * eye + b * square + c * (square @ square)
        product = round_ @ product
        square = round_ @ square @ round_
    x = product @ x
    return x if wide else np.swapaxes(x, -1, -2)


class Muon(Optimizer):
    """Momentum, orthogonalized, for parameters that are matrices.

    ``velocity = momentum * velocity + (1 - momentum) * grad``, looked at one step ahead (Nesterov),
    then :func:`orthogonalize`, then a step of ``lr * sqrt(max(1, out / in))``. Weights decay apart
    from the gradient, as in :class:`AdamW`.

    Raises
    ------
    ValueError
        If a parameter is no matrix, or ``iterations`` neither 3 nor 5.

    Source: Jordan et al. 2024; with five rounds it is ``torch.optim.Muon``, which multiplies in
    bfloat16.
    """

    slots = ("velocity",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        iterations: int = 5,
    ):
        check_iterations(iterations)
        self.iterations = iterations
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)
        check_matrices(self.param_groups)

    def _update(self, group, data, grad, state, scratch) -> None:
        velocity, momentum = state["velocity"], group["momentum"]
        velocity += (1 - momentum) * (grad - velocity)
        ahead = grad + momentum * (velocity - grad)
        if group["weight_decay"]:
            data *= 1 - group["lr"] * group["weight_decay"]
        start = 0
        # Neighbours of one shape are orthogonalized in one call.
        for shape, same in groupby(p.data.shape for p in group["params"]):
            n = len(list(same))
            part = slice(start, start + n * math.prod(shape))
            step = orthogonalize(ahead[part].reshape(n, *shape), self.iterations)
            data[part] -= (group["lr"] * math.sqrt(max(1, shape[0] / shape[1]))) * step.reshape(-1)
            start = part.stop


def check_iterations(iterations: int) -> None:
    """Refuse a number of rounds without coefficients."""
    if iterations not in COEFFICIENTS:
        raise ValueError(f"iterations is {iterations!r} and must be 3 or 5")


def check_matrices(groups: Iterable[dict[str, Any]]) -> None:
    """Refuse a parameter, of either engine, that is no matrix."""
    for group in groups:
        for p in group["params"]:
            if p.data.ndim != 2:
                raise ValueError(
                    f"params holds one of shape {tuple(p.data.shape)} and must hold matrices only: "
                    "give the others to AdamW"
                )
