"""The proof ladder: are the two engines the same model? One rung after the other, in float64.

A rung compares tensors in an order in which a difference is found where it arises: an operation
before the layer that calls it, a layer before the model. The climb ends at the first rung that
does not hold, and its message names the first tensor that differs. Rungs are in ``rungs``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .rungs import RUNGS, Group
from .twins import Twins

TOLERANCE = 1e-10


@dataclass(frozen=True)
class Rung:
    """What one rung found."""

    name: str
    checked: int  # tensors compared
    error: float  # the largest relative error among them
    difference: str = ""  # names the first tensor that differs; empty if none does

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.difference

    def __str__(self) -> str:
        # Without the error: its digits are rounding, and differ from machine to machine.
        if self.passed:
            return f"ok    {self.name}: {self.checked} equal"
        return f"FAIL  {self.name}: {self.difference}"


@dataclass(frozen=True, repr=False)
class LadderReport:
    """How far up the ladder two models are the same; ``print`` it for the rungs."""

    rungs: tuple[Rung, ...]  # those that were tried: all hold, or all but the last
    left: tuple[str, ...]  # the names of those that were not tried

    @property
    def passed(self) -> bool:
        """Whether every rung holds."""
        return not self.left and all(rung.passed for rung in self.rungs)

    @property
    def difference(self) -> str:
        """The rung that does not hold and the first tensor that differs there, or nothing."""
        last = self.rungs[-1]
        return "" if last.passed else f"{last.name}: {last.difference}"

    def __repr__(self) -> str:
        # Short: compare() has printed the rungs, and an interpreter shows what it returns.
        passed = sum(rung.passed for rung in self.rungs)
        return f"<LadderReport: {passed} of {len(self.rungs) + len(self.left)} rungs passed>"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.rungs), *(f"-     {name}" for name in self.left)])

    def require(self) -> LadderReport:
        """Return the report itself if it passed, else raise ``AssertionError`` with its text."""
        if not self.passed:
            raise AssertionError(str(self))
        return self


def compare(
    manual: Any, pytorch: Any, batch: tuple[Any, Any], *, tolerance: float = TOLERANCE
) -> LadderReport:
    """Climb the proof ladder with a NumPy and a PyTorch model, print it, and return the report.

    Neither model is changed, and dropout is off: the two engines draw from different generators.
    An entry's error is the difference, divided by its own size plus a hundredth of the largest
    entry of what it is compared with: a gradient that is zero in exact arithmetic, such as that of
    a key bias, has no relative error of its own.

    Parameters
    ----------
    manual, pytorch
        A ``GPT`` of each engine, in float64, with the same weights.
    batch
        ids and targets, (B, T) each, arrays or tensors.
    tolerance
        The largest relative error that passes.

    Raises
    ------
    ValueError
        If a model is not in float64 or of the other engine, or the batch cannot be read: an id
        out of range, more positions than ``context_length``, targets of another shape.

    >>> import torch
    >>> from tinytx import manual, pytorch
    >>> config = manual.GPTConfig(
    ...     vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> numpy_model = manual.GPT(config, np.random.default_rng(0), np.float64)
    >>> torch_model = pytorch.GPT(config, dtype=torch.float64)
    >>> _ = torch_model.load_state_dict(numpy_model.state_dict())
    >>> batch = np.array([[1, 0, 2, 1]]), np.array([[0, 2, 1, 7]])
    >>> compare(numpy_model, torch_model, batch).passed
    ok    names and shapes: 21 equal
    ok    weights: 21 equal
    ok    operations: 57 equal
    ok    layers: 62 equal
    ok    blocks: 18 equal
    ok    logits: 3 equal
    ok    gradients: 20 equal
    ok    optimizer step: 40 equal
    ok    loss curve: 2 equal
    ok    cached decoding: 6 equal
    ok    sampled ids: 8 equal
    True
    """
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        held = f" of {len(batch)}" if isinstance(batch, tuple | list) else ""
        raise ValueError(
            f"batch is a {type(batch).__name__}{held} and must be a pair: (ids, targets)"
        )
    twins = Twins(manual, pytorch, *batch)
    climbed: list[Rung] = []
    for name in RUNGS:
        climbed.append(climb(name, twins, tolerance))
        print(climbed[-1])
        if not climbed[-1].passed:
            break
    left = tuple(RUNGS)[len(climbed) :]
    for name in left:
        print(f"-     {name}")
    return LadderReport(tuple(climbed), left)


def climb(name: str, twins: Twins, tolerance: float = TOLERANCE) -> Rung:
    """Try the one rung ``name`` and return what it found.

    Raises
    ------
    ValueError
        If there is no such rung.
    """
    if name not in RUNGS:
        raise ValueError(f"rung is {name!r} and must be one of {', '.join(map(repr, RUNGS))}")
    checked, worst = 0, 0.0
    for group in _groups(RUNGS[name](twins)):
        if isinstance(group, Exception):
            return Rung(name, checked, worst, f"{type(group).__name__}: {group}")
        for tensor, (ours, theirs) in group.items():
            error, difference = _difference(tensor, ours, theirs, group, tolerance)
            checked, worst = checked + 1, max(worst, error)
            if difference:
                return Rung(name, checked, worst, difference)
    return Rung(name, checked, worst)


def _groups(groups: Iterable[Group]) -> Iterable[Group | Exception]:
    """Pass on what a rung compares; a twin too broken to run ends it with its exception."""
    try:
        yield from groups
    except Exception as error:
        yield error


def _difference(
    name: str, ours: Any, theirs: Any, group: Group, tolerance: float
) -> tuple[float, str]:
    """Return the relative error of one tensor, and how it differs if it does."""
    if not (isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray)):
        same = type(ours) is type(theirs) and ours == theirs
        return 0.0, "" if same else f"{name}: NumPy has {_said(ours)}, PyTorch {_said(theirs)}"
    if ours.shape != theirs.shape:
        return 0.0, f"{name}: NumPy has shape {ours.shape}, PyTorch {theirs.shape}"
    if not ours.size:
        return 0.0, ""
    largest = max(float(np.abs(mine).max(initial=0)) for mine, _ in group.values())
    scale = np.abs(ours) + 0.01 * largest
    error = np.abs(ours - theirs) / np.where(scale > 0, scale, 1)
    place = np.unravel_index(int(np.argmax(error)), error.shape)  # the first nan, if there is one
    worst = float(error[place])
    if worst <= tolerance:
        return worst, ""
    at = f"[{', '.join(map(str, place))}]" if place else ""
    return worst, (
        f"{name}{at}: NumPy has {ours[place]:.9g}, PyTorch {theirs[place]:.9g} "
        f"(relative error {worst:.1e})"
    )


def _said(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return "nothing" if value is None else str(value)
