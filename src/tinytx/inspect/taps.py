"""Where values pass in a model, so that they can be read and changed on their way.

A :class:`Tap` lies on each module's output and, in an attention, on three values that no module
puts out: its scores, its weights, and each head's output. A tap first makes all changes, then shows
what goes on to all readers. So a capture sees what a patch made of a value, whichever came first.

The inside of an attention is reached by running the very code of its ``forward`` with two of the
names that it looks up bound to something else, for that one object: there is no second definition
of attention here. An attention whose ``forward`` does not call the package's functions keeps its
inside to itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from ..manual.module import as_written

INSIDE = ("scores", "weights", "out")


class Tap:
    """One place that a value passes."""

    def __init__(self) -> None:
        self.changes: list[Callable[[Any], Any]] = []
        self.readers: list[Callable[[Any], None]] = []

    def __call__(self, value: Any) -> Any:
        """Return what goes on: ``value`` after all changes, in the order in which they came."""
        for change in self.changes:
            value = change(value)
        for reader in self.readers:
            reader(value)
        return value


class Tapped:
    """The taps of one module of the NumPy engine; it stands in for the module's ``forward``."""

    attention, softmax = "attention_forward", "softmax_forward"
    silent: tuple[Any, ...] = ()  # the forward of modules that are never called

    def __init__(self, module: Any):
        self.module = module
        self.taps = {part: Tap() for part in ("", *self.inside(module))}
        self.install()

    @classmethod
    def of(cls, module: Any) -> Tapped | None:
        """Return the taps that ``module`` has already, if any."""
        forward = vars(module).get("forward")
        return forward if isinstance(forward, cls) else None

    @classmethod
    def inside(cls, module: Any) -> tuple[str, ...]:
        """Return which of :data:`INSIDE` can be reached in ``module``."""
        forward = as_written(getattr(type(module), "forward", None))  # None: a scripted module's
        if forward is None or "forward" in vars(module) or not _calls(forward, cls.attention):
            return ()
        attend = forward.__globals__.get(cls.attention)
        return INSIDE if _calls(attend, cls.softmax) else ("out",)

    @staticmethod
    def array(value: Any) -> np.ndarray | None:
        """Return a copy of what passes as an array, or None if it is nothing of the kind."""
        return np.array(value)

    def opened(self) -> Callable[..., Any]:
        """Return the module's forward with taps inside."""
        forward = as_written(type(self.module).forward)

        def run(*args: Any, **kwargs: Any) -> Any:
            attend = partial(self._attend, forward.__globals__[self.attention])
            return _renamed(forward, {self.attention: attend})(self.module, *args, **kwargs)

        return run

    def _attend(self, attend: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if "scores" in self.taps:
            softmax = partial(self._softmax, attend.__globals__[self.softmax])
            attend = _renamed(attend, {self.softmax: softmax})
        out, rest = attend(*args, **kwargs)
        return self.taps["out"](out), rest

    def _softmax(self, softmax: Any, scores: Any, mask: Any = None) -> Any:
        result = softmax(self.taps["scores"](scores), mask)
        if not isinstance(result, tuple):
            return self.taps["weights"](result)
        weights = self.taps["weights"](result[0])
        return weights, weights  # NumPy's: the same again is what its backward needs

    def install(self) -> None:
        """Let values pass through the taps."""
        self.before = vars(self.module).get("forward")
        self.forward = self.opened() if len(self.taps) > 1 else self.module.forward
        vars(self.module)["forward"] = self

    def remove(self) -> None:
        """Leave the module as it was."""
        if vars(self.module).get("forward") is self:
            del vars(self.module)["forward"]
            if self.before is not None:
                vars(self.module)["forward"] = self.before

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do what the module's ``forward`` does, and let its output pass the tap."""
        return self.taps[""](self.forward(*args, **kwargs))


def part_name(name: str, part: str) -> str:
    """Return the key of an attention's ``part``, one of :data:`INSIDE`."""
    return f"{name}.{part}" if name else part


def _calls(function: Any, name: str) -> bool:
    return isinstance(function, FunctionType) and name in function.__code__.co_names


def _renamed(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    """Return ``function`` with some of the names that it looks up meaning something else."""
    made = FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made
