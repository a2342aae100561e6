"""Whether an engine is still what was imported, or somebody has replaced a part of it.

``attention.softmax_forward = mine`` changes every model, and so does ``Linear.forward = mine``.
What computes the same as a model by another way (the decoders of :mod:`tinytx.generation`) has to
know. Names are remembered at the end of the engine's import, before anyone can have replaced one.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class Methods(NamedTuple):
    """A class: its methods, inherited ones included, and the names that are its own."""

    all: frozenset[str]
    own: frozenset[str]


class Originals:
    """What the names in the modules of ``package`` meant at first, and in the classes there.

    Parameters
    ----------
    package
        A package that has been imported.
    others
        Modules and classes of other packages, each with the names in it that matter.
    without
        Classes that no model computes with, subclasses included: PyTorch itself replaces the
        ``step`` of an optimizer's class when the first one is made.
    """

    def __init__(
        self,
        package: str,
        others: Mapping[Any, Iterable[str]] | None = None,
        without: tuple[type, ...] = (),
    ):
        self._kept: list[tuple[Callable[[str], Any], list[str], list[Any]]] = []
        self._classes: dict[type, Methods] = {}
        for space in _spaces(package, without):
            names = [name for name, one in vars(space).items() if callable(one)]
            self._keep(space, vars(space), names)
            for name, one in list(vars(space).items()):
                if isinstance(one, dict) and not name.startswith("__"):  # a table of functions
                    self._keep(one, one, one)
        for space, more in (others or {}).items():
            self._keep(space, vars(space), more)

    def hold(self) -> bool:
        """Return whether each name still means the same. It takes 30 µs for an engine."""
        return all(
            all(map(operator.is_, map(now, names), values)) for now, names, values in self._kept
        ) and not any(_has_overridden(cls, methods) for cls, methods in self._classes.items())

    def are_of(self, module: Any) -> bool:
        """Return whether the class of ``module`` is one of these, and its methods the class's own.

        ``module.forward = mine`` hides the class's method from that one object.
        """
        methods = self._classes.get(type(module))
        return methods is not None and methods.all.isdisjoint(vars(module))

    def _keep(self, space: Any, names: Mapping[str, Any], wanted: Iterable[str]) -> None:
        wanted = list(wanted)
        self._kept.append((names.get, wanted, [names[name] for name in wanted]))
        if isinstance(space, type):
            methods = (name for name in dir(space) if callable(getattr(space, name, None)))
            self._classes[space] = Methods(frozenset(methods), frozenset(vars(space)))


def _spaces(package: str, without: tuple[type, ...]) -> Iterator[Any]:
    """Yield the package's modules and the classes that are made there, but for some."""
    for name, module in list(sys.modules.items()):
        if f"{name}.".startswith(f"{package}."):
            yield module
            for one in list(vars(module).values()):
                mine = isinstance(one, type) and one.__module__ == name
                if mine and not issubclass(one, without):
                    yield one


def _has_overridden(cls: type, methods: Methods) -> bool:
    """Return whether ``cls`` has been given a method that it used to inherit."""
    now = vars(cls)
    return len(now) != len(methods.own) and not methods.all.isdisjoint(now.keys() - methods.own)
