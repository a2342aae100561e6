"""Every place in a model that has a tap, by name, and how to read or change what passes there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..generation.cache import of_torch
from ..manual.gpt import GPT
from .taps import Tapped, part_name


class Point(NamedTuple):
    """A place in a model: a module's output (``part`` is empty) or a part of an attention."""

    kind: type[Tapped]
    module: Any
    part: str


def points(model: Any) -> dict[str, Point]:
    """Return every place that has a tap, by the name under which ``capture`` shows it.

    Raises
    ------
    ValueError
        If ``model`` is of neither engine.
    """
    kind, is_gpt = Tapped, _is_gpt
    if of_torch(model):
        from .hooks import TorchTapped, is_gpt

        kind = TorchTapped
    elif not hasattr(model, "named_modules"):
        raise ValueError(
            f"model is a {type(model).__name__} and must be a Module of tinytx.manual or of PyTorch"
        )
    found: dict[str, Point] = {}
    for name, module in model.named_modules():
        if getattr(type(module), "forward", None) in kind.silent:
            continue
        tapped = kind.of(module)
        for part in ("", *kind.inside(module)) if tapped is None else tapped.taps:
            key = part_name(name, part) if part else output_name(name, is_gpt(module))
            found[key] = Point(kind, module, part)
    return found


@contextlib.contextmanager
def tapping(point: Point, **given: Callable[[Any], Any]) -> Iterator[None]:
    """Add to the tap at ``point`` one of ``changes`` or ``readers``, while the block runs."""
    tapped = point.kind.of(point.module) or point.kind(point.module)
    lists = [(getattr(tapped.taps[point.part], which), one) for which, one in given.items()]
    for functions, one in lists:
        functions.append(one)
    try:
        yield
    finally:
        for functions, one in lists:
            functions.remove(one)
        if not any(tap.changes or tap.readers for tap in tapped.taps.values()):
            tapped.remove()


def output_name(name: str, is_gpt: bool) -> str:
    """Return the key of a module's output; only what was captured itself has no name."""
    return name or ("logits" if is_gpt else "output")


def _is_gpt(module: Any) -> bool:
    return isinstance(module, GPT)
