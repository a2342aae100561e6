"""Does a state dict fit a model? If not, one line says why, before anything has been changed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def check_state(model: nn.Module, state: Mapping[str, Tensor], strict: bool = True) -> None:
    """Refuse ``state`` if names, shapes or the two names of one tied weight do not fit ``model``.

    Raises
    ------
    ValueError
        One line that names the tensors.
    """
    mine = dict(model.named_parameters(remove_duplicate=False))
    missing, unknown = mine.keys() - state.keys(), state.keys() - mine.keys()
    if strict and (missing or unknown):
        raise ValueError(
            f"state_dict lacks {sorted(missing)} and has unknown {sorted(unknown)}: "
            "make the model from the configuration that the state was saved with"
        )
    first: dict[int, str] = {}
    for name in mine.keys() & state.keys():
        shape, wanted = tuple(state[name].shape), tuple(mine[name].shape)
        if shape != wanted:
            raise ValueError(f"state_dict[{name!r}] has shape {shape} and must have {wanted}")
    for name, parameter in mine.items():
        twin = first.setdefault(id(parameter), name)
        if twin != name and {name, twin} <= state.keys() and not _same(state[name], state[twin]):
            raise ValueError(f"state_dict[{name!r}] and [{twin!r}] are one tied weight and differ")


def _same(a: Tensor, b: Tensor) -> bool:
    if a is b or a.is_meta or b.is_meta:
        return True
    b = b.to(a)
    return torch.equal(a, b) or bool(torch.isclose(a, b, 0, 0, equal_nan=True).all())
