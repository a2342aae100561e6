"""Is this backward right? Move each number a little, and see what the output really does.

The check knows nothing about the operation. It needs a function that computes the output, one that
computes the gradients, and the arrays that may be moved.

Three traps it avoids. The cotangent is *random*: against ones, the gradient of softmax or of a
layer norm is zero, so a backward that returns zeros would pass. The tolerance is scaled by the
largest gradient of all, because some are zero in exact arithmetic (that of a key bias), and zero
has no relative error. Outputs are subtracted entry by entry before they are weighted and summed,
so what did not move cancels exactly and leaves no rounding behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# Truncation grows with the step's square, rounding with its inverse. In small models with layer
# norm, which curve strongly, both stay below 1e-8 of the largest gradient here.
STEP = 3e-6
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Entry:
    """One number of one gradient: what it should be and what the backward says it is."""

    tensor: str
    index: tuple[int, ...]
    expected: float
    got: float
    error: float  # relative: 1e-7 is the usual limit

    def __str__(self) -> str:
        place = f"{self.tensor}[{', '.join(map(str, self.index))}]" if self.index else self.tensor
        return f"{place}: expected {self.expected:.9g}, got {self.got:.9g} (error {self.error:.1e})"


@dataclass(frozen=True)
class GradientReport:
    """What a gradient check found."""

    checked: int  # entries that were compared
    tolerance: float
    worst: Entry
    wrong: tuple[Entry, ...]  # all that miss the tolerance, the worst first

    @property
    def passed(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.wrong

    def __str__(self) -> str:
        if self.passed:
            return f"{self.checked} gradients are right, the worst is {self.worst}"
        lines = [f"{len(self.wrong)} of {self.checked} gradients are wrong:"]
        lines += [f"  {entry}" for entry in self.wrong[:5]]
        more = len(self.wrong) - 5
        return "\n".join(lines + ([f"  and {more} more"] if more > 0 else []))

    def require(self) -> GradientReport:
        """Return the report itself if it passed, else raise ``AssertionError`` with its text."""
        if not self.passed:
            raise AssertionError(str(self))
        return self


def check_gradients(
    forward: Callable[[], np.ndarray],
    backward: Callable[[np.ndarray], Mapping[str, np.ndarray]],
    tensors: Mapping[str, np.ndarray],
    *,
    seed: int = 0,
    step: float = STEP,
    tolerance: float = TOLERANCE,
    limit: int | None = 1000,
) -> GradientReport:
    """Compare the gradients of ``backward`` with central differences of ``forward``.

    For a random cotangent ``dy`` and each number ``a`` in ``tensors`` the right gradient is
    ``sum(dy * (y(a + h) - y(a - h))) / 2h``, up to ``h**2``. An entry's error is its distance from
    that, divided by its own size plus a hundredth of the largest gradient of all.

    Parameters
    ----------
    forward
        Computes the output, an array or a number, from the arrays in ``tensors``.
    backward
        Given ``dy``, shaped like the output, returns a gradient for each name in ``tensors``. It is
        called once, right after one call of ``forward``.
    tensors
        The float64 arrays to move, by name. They are changed in place and put back.
    seed
        For the cotangent, and for the sample.
    step
        How far to move.
    tolerance
        The largest error that passes.
    limit
        Of a larger tensor, so many entries are drawn without replacement; None checks all.

    Raises
    ------
    ValueError
        If a tensor is not float64, or a gradient is missing or has another shape or dtype.

    >>> x = np.array([0.5, -1.0])
    >>> print(check_gradients(lambda: x**2, lambda dy: {"x": dy * x}, {"x": x}))
    2 of 2 gradients are wrong:
      x[1]: expected 0.26420..., got 0.13210... (error 5.0e-01)
      x[0]: expected 0.12573..., got 0.06286... (error 4.9e-01)
    """
    for name, tensor in tensors.items():
        if not isinstance(tensor, np.ndarray) or tensor.dtype != np.float64:
            kind = getattr(tensor, "dtype", type(tensor).__name__)
            raise ValueError(f"{name} is {kind} and must be a float64 array: differences need it")
    rng = np.random.default_rng(seed)
    dy = rng.standard_normal(np.shape(forward()))
    gradients = _checked_gradients(backward(dy), tensors)
    pairs = []
    for name, tensor in tensors.items():
        for index in _indices(tensor.shape, limit, rng):
            expected = _difference(forward, dy, tensor, index, step)
            pairs.append((name, index, expected, float(gradients[name][index])))
    return _report(pairs, tolerance)


def check_pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Mapping[str, Any],
    **options: Any,
) -> GradientReport:
    """Check a pair ``y, saved = op_forward(**inputs)`` and ``op_backward(dy, saved)``.

    The backward's results belong, in order, to the float arrays among ``inputs``. Everything else
    (ids, masks, numbers) is passed on and not moved; None among the results is skipped.

    >>> from tinytx.manual.softmax import softmax_backward, softmax_forward
    >>> x = np.random.default_rng(0).standard_normal((2, 3))
    >>> check_pair(softmax_forward, softmax_backward, {"x": x}).passed
    True
    """
    inputs = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    tensors = {k: v for k, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}

    def gradients(dy: np.ndarray) -> dict[str, np.ndarray]:
        results = backward(dy, forward(**inputs)[1])
        results = results if isinstance(results, tuple) else (results,)
        results = tuple(result for result in results if result is not None)
        return dict(zip(tensors, results, strict=True))

    return check_gradients(lambda: forward(**inputs)[0], gradients, tensors, **options)


def check_module(module: Any, *inputs: np.ndarray, **options: Any) -> GradientReport:
    """Check a module's backward: the gradients of every parameter and of a float first input.

    Parameters
    ----------
    module
        A :class:`tinytx.manual.Module` in float64, in training mode, without dropout.
    inputs
        What its ``forward`` takes.
    options
        As for :func:`check_gradients`.
    """
    parameters = dict(module.named_parameters())
    tensors = {name: p.data for name, p in parameters.items()}
    if inputs[0].dtype.kind == "f":
        tensors["x"] = inputs[0]

    def forward() -> np.ndarray:
        y = module.forward(*inputs)
        module.clear_saved()
        return y

    def gradients(dy: np.ndarray) -> dict[str, np.ndarray]:
        module.zero_grad()
        module.forward(*inputs)
        dx = module.backward(dy)
        found = {name: p.grad.copy() for name, p in parameters.items()}
        return {**found, "x": dx} if "x" in tensors else found

    return check_gradients(forward, gradients, tensors, **options)


def _indices(
    shape: tuple[int, ...], limit: int | None, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    size = int(np.prod(shape))
    flat = np.arange(size)
    if limit is not None and size > limit:
        flat = np.sort(rng.choice(size, limit, replace=False))
    return [tuple(int(i) for i in np.unravel_index(j, shape)) for j in flat]


def _difference(
    forward: Callable[[], np.ndarray],
    dy: np.ndarray,
    tensor: np.ndarray,
    index: tuple[int, ...],
    step: float,
) -> float:
    """Return the central difference of ``sum(dy * y)`` for one entry, which is put back after."""
    before = tensor[index]
    tensor[index] = before + step
    up, high = tensor[index], np.array(forward())  # a copy: forward may hand out its own memory
    tensor[index] = before - step
    down, low = tensor[index], np.array(forward())
    tensor[index] = before
    return float(np.sum(dy * (high - low)) / (up - down))  # up - down: what was really moved


def _checked_gradients(
    gradients: Mapping[str, np.ndarray], tensors: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    found = {}
    for name, tensor in tensors.items():
        if name not in gradients:
            raise ValueError(f"backward gave no gradient for {name}")
        got = np.asarray(gradients[name])
        if got.shape != tensor.shape or got.dtype != tensor.dtype:
            raise ValueError(
                f"the gradient of {name} is {got.dtype} {got.shape} "
                f"and must be {tensor.dtype} {tensor.shape}"
            )
        found[name] = got.copy()
    return found


def _report(
    pairs: list[tuple[str, tuple[int, ...], float, float]], tolerance: float
) -> GradientReport:
    if not pairs:
        raise ValueError("tensors holds no number, so there is nothing to check")
    largest = max(abs(expected) for _, _, expected, _ in pairs)
    entries = []
    for name, index, expected, got in pairs:
        scale = abs(expected) + 0.01 * largest
        error = abs(got - expected) / scale if scale else abs(got - expected)
        entries.append(Entry(name, index, expected, got, error))
    # NaN counts as the largest error: a comparison with it would let it pass.
    entries.sort(key=lambda e: e.error if e.error == e.error else np.inf, reverse=True)
    wrong = tuple(e for e in entries if not e.error <= tolerance)
    return GradientReport(len(entries), tolerance, entries[0], wrong)
