"""Replace what a model computes somewhere inside, and see what comes out at the end.

A map of a head shows what it looked at; whether that mattered is another question, and replacing
its value answers it. Source: Vig et al. 2020 ("causal mediation analysis"), and Meng et al. 2022,
section 2, who restore single clean values in a corrupted run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np

from ..generation.cache import of_torch
from ..manual.pieces import BlockwiseAttention
from ..wording import short
from .capture import IN_PIECES, restoring
from .points import Point, points, tapping


@contextlib.contextmanager
def patch(model: Any, changes: Mapping[str, Any]) -> Iterator[dict[str, int]]:
    """Replace values inside ``model`` while the block runs.

    Whatever runs the model in the block gets the patched one, generation included. Patches nest: an
    inner one is applied to what an outer one made. A capture, inside or outside, shows what went
    on. Afterwards the model is as it was, also after an exception.

    Through a patched model of the NumPy engine there is no ``backward``; in PyTorch the gradient
    goes through a function as through any other, and ends at a value.

    Parameters
    ----------
    model
        A model of either engine, or a part of one; in PyTorch, any ``nn.Module`` that is not
        compiled.
    changes
        By the names of :class:`~tinytx.inspect.Capture`: ``"blocks.0"`` is the residual stream
        behind a block (and ``"drop"`` that before the first), ``"blocks.0.mlp"`` (B, T, D) what an
        MLP adds to it, ``"blocks.0.attn.out"`` (B, H, T, Dh) what each head reads, and
        ``"blocks.0.attn.weights"`` and ``".scores"`` are (B, H, T, S). Each is given a value, an
        array or a tensor of that shape and dtype (a captured one will do), or a function: it gets a
        copy of the value, an array or a tensor as the engine has it, and returns what is to go on.
        It may change the copy, but has to return it. Where a run calls a module several times, each
        call is replaced. Behind a KV cache, as in generation, T is 1
        and the position is whichever comes next.

    Yields
    ------
    times
        By name, how often it has been replaced so far.

    Raises
    ------
    ValueError
        If a name is unknown (the nearest known one is named), the model is compiled, or ``changes``
        holds something else than values and functions; while the model runs, if a value does not
        fit; at the end of the block, if a name was never replaced because nothing ran there: an
        experiment without its intervention looks like one without effect.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import capture, patch
    >>> model = example.model().eval()
    >>> clean, corrupted = np.array([[1, 0, 2]]), np.array([[2, 0, 2]])
    >>> with capture(model) as seen:
    ...     want = model(clean)
    >>> with patch(model, {"drop": seen["drop"]}):  # the whole stream, before the first block
    ...     bool((model(corrupted) == want).all())
    True
    """
    known = points(model)
    _check(model, changes, known)
    times = dict.fromkeys(changes, 0)
    with contextlib.ExitStack() as stack:
        if not of_torch(model):
            stack.enter_context(_without_backward(model))
        for name, new in changes.items():
            change = partial(_replaced, name, new, times)
            stack.enter_context(tapping(known[name], changes=change))
        yield times
    never = [name for name, count in times.items() if not count]
    if never:
        raise ValueError(
            f"{never[0]!r} was never replaced: call the model inside the with block, in a way that "
            "runs this part (compiled code may not ask hooks)"
        )


def _replaced(name: str, new: Any, times: dict[str, int], old: Any) -> Any:
    """Return what goes on in place of ``old``."""
    if not hasattr(old, "dtype"):
        raise ValueError(
            f"{name!r} puts out a {type(old).__name__} and only an array or a tensor can be "
            "replaced: name a module within it"
        )
    copied: Callable[[Any], Any] = np.array if isinstance(old, np.ndarray) else _clone
    got = new(copied(old)) if callable(new) else new
    if got is None:
        raise ValueError(f"the function for {name!r} returned None: end it with return")
    times[name] += 1
    return copied(_fitted(name, got, old))


def _fitted(name: str, got: Any, old: Any) -> Any:
    """Return ``got`` as what ``old`` is, an array or a tensor, if it has its shape and dtype."""
    if tuple(np.shape(got)) != tuple(old.shape):
        raise ValueError(
            f"the value for {name!r} has shape {tuple(np.shape(got))} and must have "
            f"{tuple(old.shape)}: to change a part of it, give a function"
        )
    kind = getattr(got, "dtype", type(got).__name__)
    if isinstance(old, np.ndarray):
        fits = hasattr(got, "dtype") and got.dtype == old.dtype  # None would equal float64
        way = "give its .numpy()" if hasattr(got, "detach") else f"use .astype({str(old.dtype)!r})"
        if not hasattr(got, "dtype"):
            way = f"use np.array(…, {str(old.dtype)!r})"
    else:
        from .hooks import fitting

        got, fits, way = fitting(got, old)
    if not fits:
        raise ValueError(f"the value for {name!r} is {kind} and must be {old.dtype}: {way}")
    return got


def _clone(x: Any) -> Any:
    return x.clone()


@contextlib.contextmanager
def _without_backward(model: Any) -> Iterator[None]:
    """Let no module keep what a backward would need: it would be that of another function."""
    with restoring(model, "keep", "backward"):
        for module in model.modules():
            keep = partial(_keep_nothing, module, module.keep)
            vars(module).update(keep=keep, backward=_no_backward)
        yield


def _keep_nothing(module: Any, keep: Any, saved: Any = ()) -> None:
    before = module._saved, module._pending
    keep(saved)  # a capture may be reading it
    if module.training:
        module._saved, module._pending = before


def _no_backward(dy: np.ndarray) -> None:
    raise ValueError(
        "a patched model of NumPy has no backward: leave the with block, or use the PyTorch engine"
    )


def _check(model: Any, changes: Any, known: Mapping[str, Point]) -> None:
    if not isinstance(changes, Mapping):
        raise ValueError(
            f"changes is a {type(changes).__name__} and must be a dict: {{name: value or function}}"
        )
    for name, new in changes.items():
        check_name("changes", name, known)
        if not (callable(new) or hasattr(new, "dtype")):
            raise ValueError(
                f"changes[{name!r}] is a {type(new).__name__} and must be an array, a tensor or a "
                "function of one: np.array makes an array of a list"
            )
    if of_torch(model):
        from .hooks import check_not_compiled

        check_not_compiled(model)


def check_name(where: str, name: object, known: Mapping[str, Point]) -> None:
    """Refuse a name that :func:`points` has not, with the nearest one that it has."""
    if name not in known:
        holder, _, part = str(name).rpartition(".")
        attn = known[holder].module if holder in known else None
        if isinstance(attn, BlockwiseAttention) and part in ("scores", "weights", "out"):
            raise ValueError(f"{where} has {short(name)}, which is not there; {IN_PIECES}")
        close = get_close_matches(str(name), list(known), 1)
        way = f"did you mean {close[0]!r}?" if close else "capture(model) shows the names"
        raise ValueError(f"{where} has the unknown name {short(name)}: {way}")
