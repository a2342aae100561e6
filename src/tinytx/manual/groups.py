"""What an optimizer is given: parameters, and groups of them with options of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .module import Module, Parameter

TORCH = "a model of PyTorch is trained by PyTorch's own, tinytx.pytorch has them"


def as_list(params: Iterable[Any]) -> list[Any]:
    """Return ``params`` as a list; ``ValueError`` for a model, or for one parameter alone."""
    if hasattr(params, "parameters"):
        ours = isinstance(params, Module)
        way = "give model.parameters()" if ours else TORCH
        whose = "its parameters" if ours else "parameters of tinytx.manual"
        raise ValueError(f"params is a {type(params).__name__} and must be {whose}: {way}")
    if not isinstance(params, Iterable) or isinstance(params, str | Mapping) or _is_tensor(params):
        raise ValueError(
            f"params is a {type(params).__name__} and must be a list of Parameter: "
            "give model.parameters(), or [p] for one alone"
        )
    return list(params)


def check_kind(p: object) -> None:
    """Refuse what is no parameter of this engine, and say whose it is."""
    if isinstance(p, Parameter):
        return
    whose, way = type(p).__name__, "give model.parameters()"
    if _is_tensor(p):
        whose, way = f"{whose} of PyTorch", TORCH
    raise ValueError(f"params holds {whose} and must hold Parameter of tinytx.manual only: {way}")


def _is_tensor(value: object) -> bool:
    return hasattr(value, "detach")


def check_groups(groups: list[dict[str, Any]], defaults: dict[str, Any]) -> None:
    """Refuse unknown options, values out of range, and parameters that cannot be one group."""
    seen: set[int] = set()
    for group in groups:
        group["params"] = as_list(group["params"])
        for name in group.keys() - defaults.keys() - {"params"}:
            raise ValueError(f"option {name!r} is unknown: the options are {sorted(defaults)}")
        _check_options(group)
        for p in group["params"]:
            check_kind(p)
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
