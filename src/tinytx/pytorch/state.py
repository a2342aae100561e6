"""Does a state dict fit a model? If not, one line says why, before anything has been changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..manual.state import check_mapping, check_names, own_names, shared


def fitted(model: nn.Module, state: Mapping[str, Any], strict: bool = True) -> dict[str, Tensor]:
    """Return ``state`` as tensors under the names of ``model``, if it fits.

    It may come from elsewhere: see :func:`tinytx.manual.state.own_names` for names, and
    :func:`as_tensor` for values.

    Raises
    ------
    ValueError
        One line that names the tensors, if names, shapes or the two names of one tied weight do not
        fit.
    """
    mine = dict(model.named_parameters(remove_duplicate=False))
    check_mapping(state)
    groups = shared(mine)
    state = own_names(state, mine, groups)
    if strict:
        check_names(mine, state)
    tensors = {n: as_tensor(n, value) if n in mine else value for n, value in state.items()}
    for name in mine.keys() & tensors.keys():
        shape, wanted = tuple(tensors[name].shape), tuple(mine[name].shape)
        if shape != wanted:
            raise ValueError(f"state_dict[{name!r}] has shape {shape} and must have {wanted}")
    for first, *others in groups:
        for name in others if first in tensors else ():
            if not same(tensors[name], tensors[first]):
                raise ValueError(
                    f"state_dict[{name!r}] and [{first!r}] are one tied weight and differ"
                )
    return tensors


def as_tensor(name: str, value: Any) -> Tensor:
    """Return a weight as a tensor: also an array, of any byte order and of any strides.

    Raises
    ------
    ValueError
        If it is neither, or holds no real numbers.
    """
    if isinstance(value, np.ndarray | np.generic):
        # A copy in this machine's byte order: PyTorch knows no other.
        value = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        try:
            value = torch.from_numpy(value)
        except TypeError:
            raise ValueError(
                f"state_dict[{name!r}] is {value.dtype}, which PyTorch does not know: convert it"
            ) from None
    if not isinstance(value, Tensor) or value.is_complex():
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(
            f"state_dict[{name!r}] is {kind} and must be a tensor or an array of real numbers"
        )
    return value


def same(a: Tensor, b: Tensor) -> bool:
    """Return whether two weights are equal, nan included, as far as both have numbers."""
    if a is b or a.is_meta or b.is_meta:
        return True
    if a.dtype.itemsize == 1:  # floats of 8 bits cannot be compared
        a = a.float()
    b = b.to(a)
    return torch.equal(a, b) or bool(torch.isclose(a, b, 0, 0, equal_nan=True).all())
