"""What a gradient check found: how far each gradient is from what it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


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


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What a gradient check found; ``print`` it for the entries."""

    checked: int  # entries that were compared
    tolerance: float
    worst: Entry
    wrong: tuple[Entry, ...]  # all that miss the tolerance, the worst first
    kinks: tuple[Entry, ...] = ()  # not counted: there the output has no derivative

    @property
    def passed(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.wrong

    def __repr__(self) -> str:
        right = self.checked - len(self.wrong)
        return f"<GradientReport: {right} of {self.checked} gradients are right>"

    def __str__(self) -> str:
        if self.passed:
            text = f"{self.checked} gradients are right, the worst is {self.worst}"
            return "\n".join([text, *self._at_kinks()])
        lines = [f"{len(self.wrong)} of {self.checked} gradients are wrong:"]
        lines += [f"  {entry}" for entry in self.wrong[:5]]
        more = len(self.wrong) - 5
        lines += [f"  and {more} more"] if more > 0 else []
        return "\n".join(lines + self._at_kinks())

    def _at_kinks(self) -> list[str]:
        if not self.kinks:
            return []
        n, place = len(self.kinks), str(self.kinks[0]).partition(":")[0]
        which = f"1 stands at a kink, {place}" if n == 1 else f"{n} stand at kinks, such as {place}"
        return [f"{which}: the slopes to both sides differ, so it is not counted"]

    def require(self) -> GradientReport:
        """Return the report itself if it passed, else raise ``AssertionError`` with its text."""
        if not self.passed:
            raise AssertionError(str(self))
        return self


def report(
    pairs: list[tuple[str, tuple[int, ...], float, float]],
    tolerance: float,
    at_kink: Callable[[Entry], bool] = lambda entry: False,
) -> GradientReport:
    """Judge the pairs of an expected and a found number, each with its tensor's name and index.

    ``at_kink`` is asked of each that misses the tolerance, and what is at one is not counted.
    """
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
    missed = [e for e in entries if not e.error <= tolerance]
    kinks = tuple(e for e in missed if at_kink(e))
    entries = [e for e in entries if e not in kinks]
    if not entries:
        raise ValueError("every number stands at a kink, so there is nothing to check: move them")
    wrong = tuple(e for e in missed if e not in kinks)
    return GradientReport(len(entries), tolerance, entries[0], wrong, kinks)
