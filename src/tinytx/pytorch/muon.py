"""Muon, as in ``manual/muon.py``: momentum whose every direction is made equally long.

``torch.optim.Muon`` is the same method; it multiplies in bfloat16, one matrix after another. Here
the products have the dtype of the weights, and matrices of one shape share them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from ..manual.muon import COEFFICIENTS, TINY, check_iterations, check_matrices


def orthogonalize(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Return a matrix with the singular vectors of ``matrix`` and singular values near 1.

    ``matrix`` is (..., m, n), one or several of one shape. Source: Jordan et al. 2024; see
    :func:`tinytx.manual.muon.orthogonalize`, with which it agrees to rounding.

    Raises
    ------
    ValueError
        If ``iterations`` is neither 3 nor 5.
    """
    check_iterations(iterations)
    wide = matrix.shape[-2] <= matrix.shape[-1]
    x = matrix if wide else matrix.mT  # so that x x^T is the smaller square
    shape, x = x.shape, x.reshape(-1, *x.shape[-2:])
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=TINY)
    square = x @ x.mT  # (n, m, m)
    product, last = None, iterations - 1
    for i, (a, b, c) in enumerate(COEFFICIENTS[iterations]):
        round_ = torch.baddbmm(square, square, square, beta=b, alpha=c)
        round_.diagonal(dim1=-2, dim2=-1).add_(a)
        product = round_ if product is None else round_ @ product
        if i < last:
            square = round_ @ square @ round_
    x = (product @ x).view(shape)
    return x if wide else x.mT


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalized, for parameters that are matrices.

    Options and arithmetic are those of :class:`tinytx.manual.muon.Muon`.

    Raises
    ------
    ValueError
        If a parameter is no matrix, or ``iterations`` neither 3 nor 5.
    """

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
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        check_matrices(self.param_groups)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no losses to give back
        """Change every parameter that has a gradient once; there is no closure to call."""
        for group in self.param_groups:
            alike: dict[tuple[int, ...], list[Tensor]] = {}
            for p in group["params"]:
                if p.grad is not None:  # a matrix and one that lies on its side go together
                    alike.setdefault(tuple(sorted(p.shape)), []).append(p)
            for params in alike.values():
                self._update(group, params)

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        """Change ``params``, all of one shape or lying on its side."""
        for p in params:
            if not self.state[p]:
                self.state[p]["velocity"] = torch.zeros_like(p)
        velocities = [self.state[p]["velocity"] for p in params]
        grads = [p.grad for p in params if p.grad is not None]  # all of them: `step` has looked
        torch._foreach_lerp_(velocities, grads, 1 - group["momentum"])
        ahead = torch._foreach_lerp(grads, velocities, group["momentum"])
        if group["weight_decay"]:
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
        tall = [p.shape[0] > p.shape[1] for p in params]
        laid = [x.mT if turn else x for x, turn in zip(ahead, tall, strict=True)]
        steps = orthogonalize(torch.stack(laid), self.iterations)
        for turn in set(tall):
            chosen = [i for i, one in enumerate(tall) if one is turn]
            rows, columns = params[chosen[0]].shape
            rate = group["lr"] * math.sqrt(max(1, rows / columns))
            moves = [steps[i].mT if turn else steps[i] for i in chosen]
            torch._foreach_add_([params[i] for i in chosen], moves, alpha=-rate)
