"""Optimizers: from gradients to new weights. SGD, Adam, AdamW, and clipping by the global norm.

All parameters of a group live in one long vector, so that a step is a dozen vector operations
whatever the number of parameters: each ``Parameter.data`` and ``.grad`` becomes a view of it.
Measured for Adam on 35 parameters, 104,000 numbers: 141 µs, against 397 µs one by one.

The interface is that of ``torch.optim``: ``param_groups`` is a list of dictionaries with ``params``
and the options, which a schedule may change between steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .module import Parameter


class FlatParameters:
    """The parameters of one group as two vectors, ``data`` and ``grad``."""

    def __init__(self, params: Sequence[Parameter]):
        self.params = list(params)
        self._adopt()

    def _adopt(self) -> None:
        """Copy the parameters into fresh vectors and make them views of these."""
        self.data = np.concatenate([p.data.reshape(-1) for p in self.params])
        self.grad = np.concatenate([p.grad.reshape(-1) for p in self.params])
        self._views = []
        start = 0
        for p in self.params:
            part = slice(start, start + p.data.size)
            p.data = self.data[part].reshape(p.data.shape)
            p.grad = self.grad[part].reshape(p.grad.shape)
            self._views.append((p.data, p.grad))
            start = part.stop

    def refresh(self) -> None:
        """Adopt again if someone gave a parameter another array: its values must not be lost."""
        for p, (data, grad) in zip(self.params, self._views, strict=True):
            if p.data is not data or p.grad is not grad:
                self._adopt()
                return


class Optimizer:
    """What all optimizers share: groups, the step count, and a state that can be saved."""

    slots: tuple[str, ...] = ()  # names of the vectors that the method keeps for each group

    def __init__(self, params: Iterable[Any], **defaults: Any):
        groups = list(params)
        if not groups:
            raise ValueError("params is empty and must hold at least one Parameter")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.param_groups: list[dict[str, Any]] = [{**defaults, **group} for group in groups]
        _check_groups(self.param_groups, defaults)
        self.steps = 0
        self._flat = [FlatParameters(group["params"]) for group in self.param_groups]
        self._state = [{s: np.zeros_like(f.data) for s in self.slots} for f in self._flat]
        self._scratch = [np.empty_like(f.data) for f in self._flat]

    def zero_grad(self) -> None:
        """Set every gradient to zero."""
        for flat in self._flat:
            flat.refresh()
            flat.grad.fill(0)

    def step(self) -> None:
        """Change every parameter once, by its gradient."""
        self.steps += 1
        rows = zip(self.param_groups, self._flat, self._state, self._scratch, strict=True)
        for group, flat, state, scratch in rows:
            flat.refresh()
            self._update(group, flat.data, flat.grad, state, scratch)

    def _update(
        self,
        group: dict[str, Any],
        data: np.ndarray,
        grad: np.ndarray,
        state: dict[str, np.ndarray],
        scratch: np.ndarray,
    ) -> None:
        """Change ``data`` in place. ``scratch`` may be overwritten, ``grad`` may not."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of all that :meth:`step` remembers: ``steps`` and ``{group}.{vector}``."""
        state = {"steps": np.array(self.steps)}
        for i, vectors in enumerate(self._state):
            state.update({f"{i}.{name}": vector.copy() for name, vector in vectors.items()})
        return state

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Continue from :meth:`state_dict`'s answer, bit for bit.

        Raises
        ------
        ValueError
            If a name or a shape does not fit. Nothing has been changed then.
        """
        mine = self.state_dict()
        if mine.keys() != state.keys():
            raise ValueError(
                f"optimizer state has {sorted(state)} and must have {sorted(mine)}: "
                "make the optimizer as it was when the state was saved"
            )
        for name, value in mine.items():
            if np.shape(state[name]) != value.shape:
                raise ValueError(
                    f"optimizer state {name!r} has shape {np.shape(state[name])} "
                    f"and must have {value.shape}"
                )
        self.steps = int(state["steps"])
        for i, vectors in enumerate(self._state):
            for name, vector in vectors.items():
                vector[...] = state[f"{i}.{name}"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    ``velocity = momentum * velocity + grad``, ``data -= lr * velocity``; the first velocity is the
    gradient itself, as in ``torch.optim.SGD``.
    """

    slots = ("velocity",)

    def __init__(self, params: Iterable[Any], lr: float, momentum: float = 0.0):
        self.slots = ("velocity",) if momentum else ()
        super().__init__(params, lr=lr, momentum=momentum)

    def _update(self, group, data, grad, state, scratch) -> None:
        if group["momentum"]:
            velocity = state["velocity"]
            velocity *= group["momentum"]
            velocity += grad
            grad = velocity
        np.multiply(grad, group["lr"], out=scratch)
        data -= scratch


class AdamW(Optimizer):
    """Adam with decoupled weight decay.

    Each weight is first shrunk by ``lr * weight_decay``, apart from the gradient, so that decay is
    the same for all and not divided by the gradient's size. Source: Loshchilov and Hutter 2019,
    algorithm 2; Kingma and Ba 2015 for the rest.
    """

    slots = ("m", "v")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _update(self, group, data, grad, state, scratch) -> None:
        m, v = state["m"], state["v"]
        lr, (beta_1, beta_2) = group["lr"], group["betas"]
        if group["weight_decay"]:
            data *= 1 - lr * group["weight_decay"]
        # m += (1 - beta_1) (grad - m): the mean gradient
        np.subtract(grad, m, out=scratch)
        scratch *= 1 - beta_1
        m += scratch
        # v = beta_2 v + (1 - beta_2) grad**2: its mean square
        np.multiply(grad, grad, out=scratch)
        scratch *= 1 - beta_2
        v *= beta_2
        v += scratch
        # Both start at zero and are too small at first; the divisions by 1 - beta**steps undo it.
        # data -= lr m_hat / (sqrt(v_hat) + eps)
        np.sqrt(v, out=scratch)
        scratch *= 1 / math.sqrt(1 - beta_2**self.steps)
        scratch += group["eps"]
        np.divide(m, scratch, out=scratch)
        scratch *= lr / (1 - beta_1**self.steps)
        data -= scratch


class Adam(AdamW):
    """Adam: each weight's step is its mean gradient over the root of its mean square.

    Source: Kingma and Ba 2015, algorithm 1. It has no weight decay: use :class:`AdamW`.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=0.0)


def clip_grad_norm(params: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their norm, taken together, is at most ``max_norm``.

    The direction stays: clipping each entry alone would turn it. Returns the norm before; the
    factor is ``max_norm / (norm + 1e-6)``, as in ``torch.nn.utils.clip_grad_norm_``.

    Raises
    ------
    ValueError
        If ``max_norm`` is not above 0.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm} and must be above 0")
    params = list(params)
    norm = math.sqrt(sum(float(np.vdot(p.grad, p.grad)) for p in params))
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        for p in params:
            p.grad *= factor
    return norm


def _check_groups(groups: list[dict[str, Any]], defaults: dict[str, Any]) -> None:
    seen: set[int] = set()
    for group in groups:
        group["params"] = list(group["params"])
        for name in group.keys() - defaults.keys() - {"params"}:
            raise ValueError(f"option {name!r} is unknown: the options are {sorted(defaults)}")
        _check_options(group)
        for p in group["params"]:
            if not isinstance(p, Parameter):
                raise ValueError(f"params holds {type(p).__name__} and must hold Parameter only")
            if id(p) in seen:
                raise ValueError(f"params holds {p} twice: it would be changed twice in each step")
            seen.add(id(p))
        if len({p.data.dtype for p in group["params"]}) != 1:
            raise ValueError("params of one group must be at least one, and all of one dtype")


def _check_options(group: dict[str, Any]) -> None:
    for name in ("lr", "eps", "weight_decay"):
        if not group.get(name, 0.0) >= 0:
            raise ValueError(f"{name} is {group[name]} and must be at least 0")
    for name in ("momentum", "betas"):
        if not all(0 <= beta < 1 for beta in np.atleast_1d(group.get(name, 0.0))):
            raise ValueError(f"{name} is {group[name]} and must be at least 0 and below 1")
