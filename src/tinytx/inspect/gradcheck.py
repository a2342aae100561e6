"""Is this backward right? Move each number a little, and see what the output really does.

The check knows nothing about the operation. It needs a function that computes the output, one that
computes the gradients, and the arrays that may be moved.

Three traps it avoids. The cotangent is *random*: against ones, the gradient of softmax or of a
layer norm is zero, so a backward that returns zeros would pass. The tolerance is scaled by the
largest gradient of all, because some are zero in exact arithmetic (that of a key bias), and zero
has no relative error. Outputs are subtracted entry by entry before they are weighted and summed,
so what did not move cancels exactly and leaves no rounding behind.

At a kink, such as that of ReLU at 0, there is no derivative, and a backward may choose between the
slopes to both sides. The central difference is their mean and would accuse it. So where a gradient
misses, the two sides are compared, and if they differ and the gradient lies between, the report
says so and does not count it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..manual.attention import Attention
from ..manual.dropout import Dropout
from .gradreport import Entry, GradientReport, report

# Truncation grows with the step's square, rounding with its inverse. In small models with layer
# norm, which curve strongly, both stay below 1e-8 of the largest gradient here.
STEP = 3e-6
TOLERANCE = 1e-7
# Slopes to both sides that differ by so much, relative to their sizes: a smooth function would have
# to bend within 1000 steps.
BENT = 1e-3


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
        If a tensor is not float64, a gradient is missing or has another shape or dtype, or
        ``forward`` gives another output each time.

    >>> x = np.array([0.5, -1.0])
    >>> print(check_gradients(lambda: x**2, lambda dy: {"x": dy * x}, {"x": x}))
    2 of 2 gradients are wrong:
      x[1]: expected 0.26420..., got 0.13210... (error 5.0e-01)
      x[0]: expected 0.12573..., got 0.06286... (error 4.9e-01)
    """
    _check_dict("tensors", tensors, "the float64 arrays to move, by name")
    for name, tensor in tensors.items():
        if not isinstance(tensor, np.ndarray) or tensor.dtype != np.float64:
            kind = getattr(tensor, "dtype", type(tensor).__name__)
            raise ValueError(f"{name} is {kind} and must be a float64 array: differences need it")
    rng = np.random.default_rng(seed)
    y = np.array(forward())  # a copy: forward may hand out its own memory
    dy = rng.standard_normal(y.shape)
    gradients = _checked_gradients(backward(dy), tensors)
    if not np.array_equal(y, forward(), equal_nan=y.dtype.kind == "f"):
        raise ValueError(
            "forward gave two outputs for one input and must give the same each time: "
            "turn dropout off, or fix the seed within it"
        )
    pairs = []
    for name, tensor in tensors.items():
        for index in _indices(tensor.shape, limit, rng):
            expected = _difference(forward, dy, tensor, index, step)
            pairs.append((name, index, expected, float(gradients[name][index])))
    return report(
        pairs,
        tolerance,
        lambda entry: _at_kink(forward, dy, tensors[entry.tensor], entry, step),
    )


def check_pair(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Mapping[str, Any],
    **options: Any,
) -> GradientReport:
    """Check a pair ``y, saved = op_forward(**inputs)`` and ``op_backward(dy, saved)``.

    The backward's results belong, in order, to the float arrays among ``inputs``. Everything else
    (ids, masks, numbers) is passed on and not moved; None among the results is skipped.

    Raises
    ------
    ValueError
        If the forward gives no pair, or the backward not one result for each float array; and
        whatever :func:`check_gradients` refuses.

    >>> from tinytx.manual.softmax import softmax_backward, softmax_forward
    >>> x = np.random.default_rng(0).standard_normal((2, 3))
    >>> check_pair(softmax_forward, softmax_backward, {"x": x}).passed
    True
    """
    _check_dict("inputs", inputs, "what forward takes, by name")
    inputs = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    tensors = {k: v for k, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}

    def run() -> tuple[Any, Any]:
        pair = forward(**inputs)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ValueError(f"forward gave {_said(pair)} and must give a pair: y, saved")
        return pair

    def gradients(dy: np.ndarray) -> dict[str, np.ndarray]:
        results = backward(dy, run()[1])
        results = results if isinstance(results, tuple) else (results,)
        results = tuple(result for result in results if result is not None)
        if len(results) != len(tensors):
            raise ValueError(
                f"backward gave {len(results)} gradients and must give {len(tensors)}, "
                f"in this order: {', '.join(tensors)}"
            )
        return dict(zip(tensors, results, strict=True))

    return check_gradients(lambda: run()[0], gradients, tensors, **options)


def check_module(module: Any, *inputs: np.ndarray, **options: Any) -> GradientReport:
    """Check a module's backward: the gradients of every parameter and of float inputs.

    Parameters
    ----------
    module
        A :class:`tinytx.manual.Module` in float64, in training mode. Dropout must be 0: each
        forward would draw anew, and the difference of two draws is no derivative.
    inputs
        What its ``forward`` takes. Float arrays among them are ``x``, then ``x1``, ``x2``, ... by
        their place.
    options
        As for :func:`check_gradients`.

    Raises
    ------
    ValueError
        If the module has dropout, and whatever :func:`check_gradients` refuses.
    """
    _check_dropout(module)
    parameters = dict(module.named_parameters())
    tensors = {name: p.data for name, p in parameters.items()}
    floats = {f"x{i or ''}": x for i, x in enumerate(inputs) if x.dtype.kind == "f"}
    tensors |= floats

    def forward() -> np.ndarray:
        y = module.forward(*inputs)
        module.clear_saved()
        return y

    def gradients(dy: np.ndarray) -> dict[str, np.ndarray]:
        module.zero_grad()
        module.forward(*inputs)
        dx = module.backward(dy)
        found = {name: p.grad.copy() for name, p in parameters.items()}
        dxs = dx if isinstance(dx, tuple) else (dx,)[: len(floats)]
        return found | dict(zip(floats, dxs, strict=False))

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
    up, high = _moved(forward, tensor, index, step)
    down, low = _moved(forward, tensor, index, -step)
    return _slope(dy, high, low, up - down)


def _moved(
    forward: Callable[[], np.ndarray], tensor: np.ndarray, index: tuple[int, ...], step: float
) -> tuple[float, np.ndarray]:
    """Return the entry as it is after a step (rounded), and the output there; put it back."""
    before = tensor[index]
    tensor[index] = before + step
    after, y = tensor[index], np.array(forward())  # a copy: forward may hand out its own memory
    tensor[index] = before
    return after, y


def _slope(dy: np.ndarray, high: np.ndarray, low: np.ndarray, distance: float) -> float:
    return float(np.sum(dy * (high - low)) / distance)


def _at_kink(
    forward: Callable[[], np.ndarray], dy: np.ndarray, tensor: np.ndarray, entry: Entry, step: float
) -> bool:
    """Return whether the slopes to both sides differ and the gradient is one of those between."""
    here, y = _moved(forward, tensor, entry.index, 0.0)
    up, high = _moved(forward, tensor, entry.index, step)
    down, low = _moved(forward, tensor, entry.index, -step)
    sides = sorted([_slope(dy, high, y, up - here), _slope(dy, y, low, here - down)])
    size = abs(sides[0]) + abs(sides[1])
    between = sides[0] - BENT * size <= entry.got <= sides[1] + BENT * size
    return between and sides[1] - sides[0] > BENT * size


def _checked_gradients(
    gradients: Mapping[str, np.ndarray], tensors: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    _check_dict("what backward gave", gradients, "a gradient for each name in tensors")
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


def _check_dict(name: str, value: object, holds: str) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {_said(value)} and must be a dict: {holds}")


def _check_dropout(module: Any) -> None:
    """Refuse dropout by name: with few numbers two forwards may drop the same ones."""
    for name, part in module.named_modules():
        share = part.p if isinstance(part, Dropout) else 0.0
        share = part.dropout if isinstance(part, Attention) else share
        if module.training and share:
            raise ValueError(
                f"dropout is {share} in {name or type(part).__name__} and must be 0, for every "
                "forward draws anew: make the module with dropout=0.0"
            )


def _said(value: object) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
