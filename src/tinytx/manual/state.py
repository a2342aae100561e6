"""A state dict that comes from elsewhere: whose names they are, and does it fit?

What is clear is read. A wrapper (``torch.compile``, ``DistributedDataParallel``) puts its name into
every name, ``_orig_mod.`` or ``module.``; whoever saves one tied weight once leaves out the other
name (``safetensors.torch.save_model``). Everything else is one line, before anything has changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..wording import listed

# torch.compile, DistributedDataParallel and DataParallel, FullyShardedDataParallel, checkpointing
WRAPPERS = {"_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}


def check_mapping(state: object) -> None:
    """Refuse a state dict that is none: the name of a file, or a file with more in it than one."""
    if not isinstance(state, Mapping):
        way = "read the file first" if isinstance(state, str | os.PathLike) else "give state_dict()"
        raise ValueError(
            f"state_dict is {type(state).__name__} and must be a dict of weights by name: {way}"
        )
    for name, value in state.items():
        if isinstance(value, Mapping):
            raise ValueError(f"state_dict[{name!r}] is a dict and no weight: give that one alone")


def unwrapped(name: str) -> str:
    """Return ``name`` without what wrappers have put into it.

    >>> unwrapped("module._orig_mod.blocks.0._orig_mod.ln_1.weight")
    'blocks.0.ln_1.weight'
    """
    return ".".join(part for part in str(name).split(".") if part not in WRAPPERS)


def own_names(
    state: Mapping[str, Any], names: Iterable[str], tied: Iterable[Sequence[str]] = ()
) -> dict[str, Any]:
    """Return ``state`` under the ``names`` of a model, as far as it is clear which is which.

    Parameters
    ----------
    state
        Weights by name.
    names
        Those of the model. Whatever is none of them, with or without wrappers, keeps its name.
    tied
        Groups of names of one and the same weight: one that is there stands for those that are not.

    Raises
    ------
    ValueError
        If a name is there twice, with a wrapper's and without.
    """
    known = set(names)
    found: dict[str, Any] = {}
    for name, value in state.items():
        own = name if name in known or unwrapped(name) not in known else unwrapped(name)
        if own in found:
            raise ValueError(f"state_dict has {own!r} twice, with a wrapper's name in it: {name!r}")
        found[own] = value
    for group in tied:
        there = [name for name in group if name in found]
        for name in group if there else ():
            found.setdefault(name, found[there[0]])
    return found


def shared(parameters: Mapping[str, Any]) -> list[list[str]]:
    """Return the groups of names that are one and the same object."""
    groups: dict[int, list[str]] = {}
    for name, parameter in parameters.items():
        groups.setdefault(id(parameter), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def check_names(names: Iterable[str], state: Mapping[str, Any]) -> None:
    """Refuse ``state`` if it has not exactly ``names``, with a few of those that differ."""
    missing, unknown = set(names) - state.keys(), state.keys() - set(names)
    if not missing and not unknown:
        return
    way = "make the model from the configuration that the state was saved with"
    if any(str(name).endswith("attn.c_attn.weight") for name in unknown):
        way = "these are names of Hugging Face's GPT-2, whose folder tinytx.pytorch.hf.read reads"
    raise ValueError(f"state_dict lacks {listed(missing)} and has unknown {listed(unknown)}: {way}")


def as_array(name: str, value: Any) -> np.ndarray:
    """Return a weight as an array: also a tensor of any device, and bfloat16, widened to float32.

    Raises
    ------
    ValueError
        If it holds no numbers.
    """
    if hasattr(value, "detach"):
        value = _of_tensor(name, value.detach())
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        kind = array.dtype if array.dtype != object else type(value).__name__
        raise ValueError(f"state_dict[{name!r}] is {kind} and must be an array of real numbers")
    return array


def _of_tensor(name: str, value: Any) -> np.ndarray:
    if value.is_meta:
        raise ValueError(f"state_dict[{name!r}] is on the meta device, which holds no numbers")
    try:
        return value.cpu().numpy()
    except TypeError:  # NumPy knows no bfloat16
        return value.cpu().float().numpy()
