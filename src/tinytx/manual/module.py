"""Parameters, and the thin class that holds them: what ``nn.Module`` is, without the tape.

A module's ``forward`` keeps what its ``backward`` will need, and ``backward`` takes it away again.
There is one place for it, not a stack: a backward that could belong to either of two forwards
is refused, because the gradient it would give is wrong and looks right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from .shapes import check_rng
from .state import as_array, check_mapping, check_names, own_names, shared


class Parameter:
    """An array that is learned (``data``) and its gradient (``grad``), which backwards add to."""

    __slots__ = ("data", "grad")

    def __init__(self, data: np.ndarray):
        self.data = data
        self.grad = np.zeros_like(data)

    @classmethod
    def normal(
        cls, shape: tuple[int, ...], std: float, rng: np.random.Generator, dtype: DTypeLike
    ) -> Parameter:
        """Draw a parameter from a normal distribution around zero.

        The draws are float64 and converted, so one seed gives the same model in both precisions.

        Raises
        ------
        ValueError
            If ``rng`` is no generator of NumPy's.
        """
        check_rng("rng", rng)
        return cls((std * rng.standard_normal(shape)).astype(dtype))

    def __repr__(self) -> str:
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype})"


class Module:
    """Something with a ``forward``, a ``backward`` and parameters, its own or of modules within.

    In evaluation mode (:meth:`eval`) nothing is kept, so generating text holds no memory, and
    ``backward`` is refused.

    A forward or a backward that raises (a wrong shape, Ctrl-C) would leave some of the modules
    within waiting and others not. So whatever waits in a module with others within is dropped then,
    and the next forward starts afresh.
    """

    training = True
    _saved: Any = None
    _pending = 0  # forwards whose backward has not come yet

    def __init_subclass__(cls, **kwargs: Any):
        """Let the methods of a class drop what waits where they raise: 0.3 µs a call."""
        super().__init_subclass__(**kwargs)
        for name in vars(cls).keys() & {"forward", "backward"}:
            setattr(cls, name, _dropping(vars(cls)[name]))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the module's output and keep what :meth:`backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Add to the gradients of the parameters and return that of the input."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def __call__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """Call :meth:`forward`, as a PyTorch module does."""
        return self.forward(*args, **kwargs)

    def keep(self, saved: Any = ()) -> None:
        """Keep ``saved`` for the backward to come; in evaluation mode, keep nothing."""
        if self.training:
            self._saved = saved
            self._pending += 1

    def take(self) -> Any:
        """Return what :meth:`keep` was given, once.

        Raises
        ------
        RuntimeError
            If no forward is waiting for its backward, or more than one is. What waits here is
            dropped, and so is what waits in a module that this one is within, if the error passes
            through its backward: the next forward starts afresh.
        """
        if self._pending != 1:
            name, waiting = type(self).__name__, self._pending
            self.clear_saved()
            if waiting:
                raise RuntimeError(
                    f"{name}.backward: forward ran {waiting} times since the last backward, "
                    "and only one can be meant: call backward after each forward"
                )
            why = "" if self.training else " (in eval mode nothing is kept: call train() before)"
            raise RuntimeError(f"{name}.backward: call forward first, once for each backward{why}")
        saved, self._saved, self._pending = self._saved, None, 0
        return saved

    def clear_saved(self) -> None:
        """Drop whatever forwards have kept, here and in every module within."""
        for name in ("_saved", "_pending"):
            vars(self).pop(name, None)  # as in a fresh one
        for _, module in self._modules():
            module.clear_saved()

    def train(self, training: bool = True) -> Self:
        """Switch training mode on (or off) here and within: dropout, and keeping for backward."""
        self.training = training
        for _, module in self._modules():
            module.train(training)
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode: no dropout, nothing kept."""
        return self.train(False)

    def _modules(self) -> Iterator[tuple[str, Module]]:
        for name, value in list(vars(self).items()):  # another thread's forward may add to it
            if isinstance(value, Module):
                yield name, value
            elif isinstance(value, list):
                yield from (
                    (f"{name}.{i}", item)
                    for i, item in enumerate(value)
                    if isinstance(item, Module)
                )

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module, under ``prefix``, and all within it, by their names."""
        yield prefix, self
        for name, module in self._modules():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all within it."""
        return (module for _, module in self.named_modules())

    def _all_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Yield every name, so a shared parameter comes once for each of its names."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, module in self._modules():
            yield from module._all_parameters(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield each parameter once, under its first name: a tied head adds nothing."""
        seen: set[int] = set()
        for name, parameter in self._all_parameters():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def parameters(self) -> list[Parameter]:
        """Return each parameter once."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set every gradient to zero."""
        for parameter in self.parameters():
            parameter.grad.fill(0)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of every weight by name; the names and shapes are the PyTorch engine's."""
        return {name: parameter.data.copy() for name, parameter in self._all_parameters()}

    def load_state_dict(self, state: dict[str, np.ndarray]) -> None:
        """Copy ``state`` into the parameters, converted to their dtype.

        Tensors of PyTorch will do, and names that ``torch.compile`` or a parallel wrapper has put
        its own into; of two names of one shared parameter, one is enough.

        Raises
        ------
        ValueError
            If ``state`` is no dict, a name is missing or unknown, a shape differs, a value is not
            made of real numbers, two names of one shared parameter come with different ones, or a
            parameter is read-only, as those of int8. Nothing has been changed then.
        """
        mine = dict(self._all_parameters())
        check_mapping(state)
        state = own_names(state, mine, shared(mine))
        check_names(mine, state)
        arrays = {name: as_array(name, value) for name, value in state.items()}
        _check_values(mine, arrays)
        for name, parameter in mine.items():
            parameter.data[...] = arrays[name]


def _dropping(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``method``, and where it raises, drop what waits in a module with others within."""

    @wraps(method)
    def called(self: Module, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BaseException:  # Ctrl-C among them
            if any(self._modules()):
                self.clear_saved()
            raise

    return called


_DROPPING = _dropping(_dropping).__code__  # the same of every method that was made so


def as_written(method: Any) -> Any:
    """Return a module's method as its class's body has it: it drops nothing where it raises."""
    ours = getattr(method, "__code__", None) is _DROPPING
    return method.__wrapped__ if ours else method


def _check_values(mine: dict[str, Parameter], state: dict[str, np.ndarray]) -> None:
    first: dict[int, str] = {}
    for name, parameter in mine.items():
        if not parameter.data.flags.writeable:
            raise ValueError(
                f"{name} is {parameter!r} and read-only: load the weights into a model of floats, "
                "and quantize that"
            )
        value = state[name]
        if value.shape != parameter.data.shape:
            raise ValueError(
                f"state_dict[{name!r}] has shape {value.shape} and must have {parameter.data.shape}"
            )
        twin = first.setdefault(id(parameter), name)
        if not np.array_equal(value, state[twin], equal_nan=True):
            raise ValueError(f"state_dict[{name!r}] and [{twin!r}] are one tied weight and differ")
