"""The wrong answers to ``sees_the_future(attend, T, D)`` that the check knows.

What each does, and why it is wrong, the catalogues in ``trials.py`` and ``findings.py`` say.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .changes import Change, Differs, any_entry, random, redrawn, shifted

Array = np.ndarray
Attend = Callable[[Array], Array]
Probe = Callable[[Attend, int, int], list[int]]


def asking(
    which: Callable[[int, int], slice],
    differs: Differs = any_entry,
    start: Callable[[int, int], Array] = random,
    copies: bool = True,
    change: Change = redrawn,
    asked: Callable[[int], range] = range,
    compared: Callable[[int], slice | int] = int,
) -> Probe:
    """Return a probe that, for each position i asked about, changes ``which(i, T)``.

    It compares the rows ``compared(i)`` of the two outputs: by rights, row i.
    """

    def probe(attend: Attend, T: int, D: int) -> list[int]:
        x = start(T, D)
        before = np.array(attend(x.copy() if copies else x))
        seen = []
        for i in asked(T):
            other, rows = x.copy(), which(i, T)
            other[rows] = change(x)[rows]
            if differs(before[compared(i)], attend(other)[compared(i)]):
                seen.append(i)
        return seen

    return probe


def later(i: int, T: int) -> slice:
    return slice(i + 1, T)


def with_all(build: Callable[..., Probe]) -> tuple[Probe, ...]:
    """Return ``build`` with new numbers and with shifted ones, with copies for `attend` or none."""
    return tuple(
        build(change=change, copies=copies)
        for change in (redrawn, shifted)
        for copies in (True, False)
    )


def with_both(build: Callable[..., Probe]) -> tuple[Probe, ...]:
    """Return ``build`` with new numbers and with shifted ones."""
    return build(change=redrawn), build(change=shifted)


def all_of_them(i: int) -> slice:
    return slice(None)


def up_to(i: int) -> slice:
    return slice(i + 1)


def moving(order: Callable[[Array], Array]) -> Probe:
    """Return a probe that puts the later positions in another order."""

    def probe(attend: Attend, T: int, D: int) -> list[int]:
        x = random(T, D)
        before = np.array(attend(x.copy()))
        seen = []
        for i in range(T):
            other = np.concatenate([x[: i + 1], order(x[i + 1 :])])
            if any_entry(before[i], attend(other)[i]):
                seen.append(i)
        return seen

    return probe


def changing(
    positions: Callable[[int], range],
    rows: Callable[[int, int], range],
    report: Callable[[list[tuple[int, int]], int], list[int]],
    differs: Differs = any_entry,
    copies: bool = True,
    change: Change = redrawn,
) -> Probe:
    """Return a probe that changes one position j after the other and looks at ``rows(j, T)``."""

    def probe(attend: Attend, T: int, D: int) -> list[int]:
        x = random(T, D)
        before = np.array(attend(x.copy() if copies else x))
        found = []
        for j in positions(T):
            other = x.copy()
            other[j] = change(x)[j]
            after = attend(other)
            found += [(i, j) for i in rows(j, T) if differs(before[i], after[i])]
        return report(found, T)

    return probe


def every(T: int) -> range:
    return range(T)


def last(T: int) -> range:
    return range(T - 1, T)


def earlier_rows(j: int, T: int) -> range:
    return range(j)


def all_rows(j: int, T: int) -> range:
    return range(T)


def who_sees(found: list[tuple[int, int]], T: int) -> list[int]:
    return sorted({i for i, _ in found})


def who_is_seen(found: list[tuple[int, int]], T: int) -> list[int]:
    return sorted({j for _, j in found})


def each_time(found: list[tuple[int, int]], T: int) -> list[int]:
    return [i for i, _ in found]


def each_time_sorted(found: list[tuple[int, int]], T: int) -> list[int]:
    return sorted(i for i, _ in found)


def all_or_none(found: list[tuple[int, int]], T: int) -> list[int]:
    return list(range(T - 1)) if found else []


def backwards(found: list[tuple[int, int]], T: int) -> list[int]:
    return who_sees(found, T)[::-1]


def never(attend: Attend, T: int, D: int) -> list[int]:
    """Compare the output with that of the very same array."""
    x = random(T, D)
    seen = []
    for i in range(T):
        other = x
        other[i + 1 :] += 1
        if any_entry(np.array(attend(x.copy()))[i], attend(other.copy())[i]):
            seen.append(i)
    return seen


def in_one_array(attend: Attend, T: int, D: int) -> list[int]:
    """Change the array itself, and keep what ``attend`` gave without copying it."""
    seen = []
    for i in range(T):
        x = random(T, D)
        before = attend(x)
        x[i + 1 :] = redrawn(x)[i + 1 :]
        if any_entry(before[i], attend(x)[i]):
            seen.append(i)
    return seen


def piling_up(rounds: Callable[[int], range]) -> Probe:
    """Return a probe that makes all its changes in one array, and never takes them back."""

    def probe(attend: Attend, T: int, D: int) -> list[int]:
        x = random(T, D)
        before = np.array(attend(x.copy()))
        seen = []
        for i in rounds(T):
            x[i + 1 :] += random(T, D, seed=1)[i + 1 :]
            if any_entry(before[i], attend(x.copy())[i]):
                seen.append(i)
        return seen

    return probe
