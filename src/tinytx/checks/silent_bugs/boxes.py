"""The models that ``diagnose`` is tried on: one head of attention, with one fault or none.

Each takes ids (B, T) and gives logits (B, T, V). The names and the first lines of their docstrings
are shown to learners. What an experiment finds must not depend on the numbers that it draws.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..arrays import Kept

Array = np.ndarray
Fault = str | tuple[int, ...]
V, D, LONGEST = 12, 8, 16
MOST = 1000  # answers that a model keeps
SOME = 4  # ids that make a difference: one of them begins a row in seven of ten batches of three
WAVERS = {
    "dropout", "the last position wavers", "one token wavers", "the last id wavers",
    "the first position wavers", "the last row wavers",
}  # fmt: skip


class Box:
    """A reader with positions and a causal mask, and what somebody has changed in it."""

    def __init__(self, name: str, says: str, fault: Fault = "", seed: int = 0, size: float = 1.0):
        self.__name__, self.__doc__, self.fault = name, says, fault
        rng = np.random.default_rng(seed)
        self.E, self.P = rng.standard_normal((V, D)), rng.standard_normal((LONGEST, D))
        Q, K, self.W = rng.standard_normal((3, D, D)) / np.sqrt(D)
        self.QK = Q @ K.T / np.sqrt(D)
        self.U = size * rng.standard_normal((D, V))
        self.calls = 0
        self.told = Kept(self._logits, MOST)  # all copies have it

    def __deepcopy__(self, memo: dict) -> Box:
        return copy.copy(self)  # nothing that it holds is changed in place

    def __call__(self, ids: Array) -> Array:
        """Return the logits."""
        ids = np.array(ids)  # a copy, and an error where it is none
        return self._logits(ids) if self.fault in WAVERS else self.told(ids)

    def _logits(self, ids: Array) -> Array:
        T = ids.shape[1]
        x = self.E[ids] + (0 if self.fault == "no positions" else self.P[:T])
        read = self._weights(x) @ (x @ self.W)
        if self.fault == "no positions":
            x = self.E[ids]
        # Products of a larger batch may be rounded otherwise; here they always are.
        return self._after(x + read, ids) @ self.U * (1 + 1e-14 * len(ids))

    def _weights(self, x: Array) -> Array:
        e = np.exp((x @ self.QK) @ x.swapaxes(-1, -2))  # of scores that are small
        mask = self._mask(x.shape[1])
        if self.fault == "mask after softmax":
            return e / e.sum(-1, keepdims=True) * mask
        if self.fault == "softmax over queries":
            return e / e.sum(-2, keepdims=True) * mask
        e *= mask
        return e / e.sum(-1, keepdims=True)

    @cache  # noqa: B019 (a box lives as long as its module)
    def _mask(self, T: int) -> Array:
        if self.fault == "no mask":
            return np.ones((T, T), dtype=bool)
        mask = np.tri(T, k=self.fault == "one too far", dtype=bool)
        if self.fault == "the third sees the last" and T > 3:
            mask[2, -1] = True
        elif self.fault == "the first sees the second" and T > 1:
            mask[0, 1] = True
        return mask

    def _after(self, x: Array, ids: Array) -> Array:
        self.calls += 1
        if self.fault == "mean over the batch":
            return x - x.mean(axis=0)
        if self.fault == "the row before" and len(x) > 1:
            x[1:] += 0.3 * x[:-1]
        if self.fault == "the last row reads the first" and len(x) > 1:
            x[-1] += 0.3 * x[0]
        if self.fault == "the third row reads the first" and len(x) > 2:
            x[2] += 0.3 * x[0]
        if self.fault == "the first row reads the last" and len(x) > 1:
            x[0] += 0.3 * x[-1]
        if self.fault == "the second row reads the third" and len(x) > 2:
            x[1] += 0.3 * x[2]
        if self.fault == "dropout":
            wave = np.sin(12.9898 * self.calls + 78.233 * np.arange(x.size))
            return x * (wave > -0.95).reshape(x.shape)  # a tenth is dropped, by no generator
        if self.fault == "the last position wavers":
            x[:, -1] += 0.1 * np.sin(self.calls)
        if self.fault == "one token wavers":
            x[ids == 0] += 0.1 * np.sin(self.calls)
        if self.fault == "the last id wavers":
            x[ids == V - 1] += 0.1 * np.sin(self.calls)
        if self.fault == "the first position wavers":
            x[:, 0] += 0.1 * np.sin(self.calls)
        if self.fault == "the last row wavers":
            x[-1] += 0.1 * np.sin(self.calls)
        if self.fault == "the sixth sees the seventh" and ids.shape[1] > 6:
            x[:, 5] += 0.2 * self.E[ids[:, 6]]
        if self.fault == "a little of the next":
            x[:, :-1] += 2e-4 * self.E[ids[:, 1:]]
        if self.fault == "surer":
            x[:, :-1] *= 1 + 0.1 * (ids[:, 1:, None] % 3)
        if isinstance(self.fault, tuple):  # the first position sees the second, of some ids
            rows = np.isin(ids[:, 0], self.fault) & (ids.shape[1] > 1)
            x[rows, 0] += 0.2 * self.E[ids[rows, 1:2]].sum(axis=1)
        if self.fault == "one token looks ahead":
            rows, at = np.nonzero(ids[:, :-1] <= 3)
            x[rows, at] += 0.2 * self.E[ids[rows, at + 1]]
        return x


def _box(name: str, says: str, fault: Fault = "", **how: Any) -> Box:
    return Box(name, says, fault, **how)


right = _box("right", "Right: one head, a causal mask, positions.")
right_small = _box("right_small", "Right, with small logits.", seed=1, size=0.05)
right_large = _box("right_large", "Right, with large logits.", seed=2, size=1000.0)
FAULTS = {
    "future": (
        ("no_mask", "No mask.", "no mask"),
        ("one_too_far", "Each position sees one token too many.", "one too far"),
        ("after", "The mask comes after the softmax.", "mask after softmax"),
        ("queries", "The softmax runs over the queries.", "softmax over queries"),
        ("third", "Position 2 sees the last token.", "the third sees the last"),
        ("first", "Position 0 sees the token after it.", "the first sees the second"),
        ("token", "Where the id is at most 3, it reads the next one.", "one token looks ahead"),
    ),
    "batch": (
        ("mean", "The mean over the batch is taken off.", "mean over the batch"),
        ("row", "Each row reads a little of the one before.", "the row before"),
        ("last_row", "The last row reads a little of the first.", "the last row reads the first"),
    ),
    "random": (
        ("dropout", "Dropout is on.", "dropout"),
        ("last", "The last position is never twice the same.", "the last position wavers"),
        ("zero", "Where the id is 0, it is never twice the same.", "one token wavers"),
    ),
    "order": (
        ("bag", "No positions.", "no positions"),
        ("bag_small", "No positions, and small logits.", "no positions"),
    ),
}
BOXES: dict[str, tuple[str, Callable[[Array], Array]]] = {
    name: (kind, _box(name, says, fault, seed=seed, size=0.3 if "small" in name else 1.0))
    for seed, (kind, row) in enumerate((k, r) for k, rows in FAULTS.items() for r in rows)
    for name, says, fault in [row]
}
BOXES |= {box.__name__: ("right", box) for box in (right, right_small, right_large)}


def bigram(ids: Array) -> Array:
    """It reads one token only, the last."""
    return right.E[np.array(ids)] @ right.U


def average(ids: Array) -> Array:
    """It reads the average of all tokens so far, its own among them."""
    x = right.E[np.array(ids)]
    return x.cumsum(axis=1) / np.arange(1, x.shape[1] + 1)[:, None] @ right.U


def silent(ids: Array) -> Array:
    """It says the same whatever it reads."""
    return np.zeros((*np.shape(ids), V))


def near(ids: Array) -> Array:
    """It reads its own token and the one before it."""
    x = right.E[np.array(ids)]
    x[:, 1:] += 0.5 * x[:, :-1].copy()
    return x @ right.U


BOXES |= {box.__name__: ("order", box) for box in (bigram, average, silent)}
BOXES["near"] = ("right", near)
# Which token is the likeliest does not change in one; others show in some texts only, or in a row.
MORE = (
    ("future", "surer", "How sure it is depends on the token after.", "surer", 31),
    ("future", "faint", "It reads very little of the next token.", "a little of the next", 53),
    ("random", "last_id", "Where the id is the last of all, it is never twice the same.",
     "the last id wavers", 32),
    ("random", "first_wavers", "The first position is never twice the same.",
     "the first position wavers", 51),
    ("random", "last_row_wavers", "The last row is never twice the same.",
     "the last row wavers", 57),
    ("batch", "first_row", "The first row reads a little of the last.",
     "the first row reads the last", 55),
    ("batch", "second_row", "The second row reads a little of the third.",
     "the second row reads the third", 56),
    ("batch", "third_row", "The third row reads a little of the first.",
     "the third row reads the first", 54),
)  # fmt: skip
BOXES |= {
    name: (kind, _box(name, says, fault, seed=seed)) for kind, name, says, fault, seed in MORE
}


def _some(first: int) -> tuple[int, ...]:
    return tuple(sorted(id % V for id in range(first, first + SOME)))


def _listed(first: int) -> str:
    *ids, last = _some(first)
    return f"{', '.join(map(str, ids))} or {last}"


BOXES |= {
    f"after_{first}": (
        "future",
        _box(
            f"after_{first}",
            f"Position 0 sees the next one, if its id is {_listed(first)}.",
            _some(first),
            seed=33 + first,
        ),
    )
    for first in range(0, V, SOME // 2)  # one try that shows all of them is rare
}


def _by_ids(kind: str, first: int) -> Callable[[Array], Array]:
    """Return a box in which four ids alone tell whether the row or the order counts."""
    some = _some(first)
    plain = right if kind == "batch" else BOXES["bag"][1]

    def box(ids: Array) -> Array:
        ids = np.array(ids)
        logits = plain(ids).copy()
        if kind == "batch":
            rows = np.isin(ids[:, 0], some)
            logits[rows] += 0.3 * np.roll(logits, 1, axis=0)[rows] * (len(ids) > 1)
        else:
            there = np.isin(ids, some)
            logits[there] += 0.3 * right(ids)[there]
        return logits

    which = _listed(first)
    box.__name__, box.__doc__ = (
        (f"row_{first}", f"A row reads a little of another, if its first id is {which}.")
        if kind == "batch"
        else (f"heeds_{first}", f"Right: where the id is {which}, the order counts.")
    )
    return box


BOXES |= {
    box.__name__: (kind, box)
    for kind, step in (("batch", SOME // 2), ("right", SOME))
    for first in range(0, V, step)
    for box in [_by_ids(kind, first)]
}
# In a text that is too short for it this one has no fault.
late = _box("late", "Position 5 sees the one after it.", "the sixth sees the seventh", seed=52)
