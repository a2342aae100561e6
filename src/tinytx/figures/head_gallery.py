"""The head gallery: every head of a model as a small picture, and one of them large."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .arrays import fixed, labels, numbers
from .component import Figure, table

HEADS = 64
LONGEST = 32  # queries and keys
SLACK = 0.01  # a row of bfloat16 weights sums to one this nearly


@dataclass(frozen=True)
class Habit:
    """What one head does on average over its queries.

    Queries that have a choice count: not the first position, which can only read itself, and not
    those that may read nothing.
    """

    distance: float
    """Positions between a query and what it reads, weighted."""
    entropy: float
    """How spread the weights are, in nats: 0 for one key, ln n for n keys alike."""
    itself: float
    """Share of the weight on the query's own position,"""
    previous: float
    """on the one before it,"""
    first: float
    """and on the first of all."""


class HeadGallery(Figure):
    """The attention weights of all heads side by side; the chosen one large, with its numbers.

    A row is a block. Choose a head by a click or by the arrow keys. What it does is measured:
    how far back it looks, how spread its weights are, and the share that falls on the position
    itself, on the previous and on the first one.

    Parameters
    ----------
    weights
        (L, H, T, S), as the softmax gives them: at most 64 heads, T and S at most 32. Of
        :meth:`tinytx.inspect.Capture.attention`, one sequence: ``seen.attention()[:, 0]``.
    tokens
        One for each of the S keys; the queries are the last T of them.
    names
        What to call some heads: ``{(block, head): name}``.

    Raises
    ------
    ValueError
        If a shape does not fit, a size is over its limit, a weight is not from 0 to 1, a row does
        not sum to 1 (or 0, where a query may read nothing), or a name belongs to no head.

    >>> HeadGallery([[[[1, 0], [0.25, 0.75]]]], "ab", names={(0, 0): "inward"})
    HeadGallery: 1 block of 1 head, 2 queries, 2 keys: a₀ b₁
    0.0 inward: distance 0.25, entropy 0.56 nats; itself 75%, previous 25%, first 25%
    """

    kind = "head-gallery"
    scripts = ("parts.js", "head-gallery.js")
    styles = ("parts.css", "head-gallery.css")

    def __init__(
        self,
        weights: object,
        tokens: Iterable[object] | None = None,
        names: Mapping[tuple[int, int], str] | None = None,
    ):
        limits = (HEADS, HEADS, LONGEST, LONGEST)
        self.weights = numbers("HeadGallery: weights", weights, "L H T S", limits)
        L, H, T, S = self.weights.shape
        _check(self.weights)
        self.keys = labels("HeadGallery: tokens", tokens, S)
        self.queries = self.keys[S - T :]
        self.names = _names(names, L, H)
        self.habits = [[habit(head) for head in layer] for layer in self.weights]

    def data(self) -> dict[str, object]:
        """Return the weights in thousandths, and what was measured, as it is shown."""
        return {
            "keys": self.keys,
            "queries": self.queries,
            "weights": np.rint(self.weights * 1000).astype(int).tolist(),
            "names": self.names,
            "habits": [[_texts(one) for one in layer] for layer in self.habits],
        }

    def words(self) -> str:
        """Return a line for each head."""
        (L, H, T, S), s = self.weights.shape, "s"
        queries = "1 query" if T == 1 else f"{T} queries"
        start = (
            f"HeadGallery: {L} block{s * (L > 1)} of {H} head{s * (H > 1)}, {queries}, "
            f"{S} key{s * (S > 1)}: {' '.join(self.keys)}"
        )
        lines = []
        for name, one in self._heads():
            distance, entropy, itself, previous, first = _texts(one)
            lines.append(
                f"{name}: distance {distance}, entropy {entropy} nats; "
                f"itself {itself}, previous {previous}, first {first}"
            )
        return "\n".join([start, *lines])

    def fallback(self) -> str:
        """Return a table of the heads and, for at most two, one of each head's weights."""
        head = (
            "head",
            "distance",
            "entropy (nats)",
            "on itself",
            "on the previous",
            "on the first",
        )
        heads = list(self._heads())
        tables = [table("What each head does", head, [(name, *_texts(one)) for name, one in heads])]
        if len(heads) <= 2:
            maps = self.weights.reshape(-1, *self.weights.shape[2:])
            for (name, _), rows in zip(heads, maps, strict=True):
                lines = [
                    (query, *(fixed(weight, 3) for weight in row))
                    for query, row in zip(self.queries, rows, strict=True)
                ]
                tables.append(table(f"Weights of head {name}", ("query", *self.keys), lines))
        return "".join(tables)

    def _heads(self) -> Iterable[tuple[str, Habit]]:
        for layer, row in enumerate(self.habits):
            for head, one in enumerate(row):
                yield f"{layer}.{head} {self.names[layer][head]}".rstrip(), one


def habit(weights: np.ndarray) -> Habit:
    """Measure one head's weights (T, S); the queries are the last T of the positions.

    >>> habit(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]]))
    Habit(distance=1.0, entropy=0.0, itself=0.0, previous=1.0, first=0.5)
    """
    T, S = weights.shape
    place = np.arange(S - T, S)
    counts = weights.sum(axis=-1) > 0
    if (counts & (place > 0)).any():
        counts &= place > 0
    rows, place = weights[counts], place[counts]
    if not len(rows):
        return Habit(0.0, 0.0, 0.0, 0.0, 0.0)
    far = np.abs(place[:, None] - np.arange(S))
    logs = np.log(np.where(rows > 0, rows, 1))
    each = np.arange(len(rows))
    before = np.where(place > 0, rows[each, place - 1], 0)
    measures = (
        (rows * far).sum(axis=-1),
        -(rows * logs).sum(axis=-1),
        rows[each, place],
        before,
        rows[:, 0],
    )
    # Nine decimals: the last digits of a mean differ from machine to machine, and 0.125 is
    # written with two. Adding zero makes -0.0 plain.
    return Habit(*(round(float(one.mean()), 9) + 0.0 for one in measures))


def _texts(one: Habit) -> list[str]:
    shares = (f"{100 * share:.0f}%" for share in (one.itself, one.previous, one.first))
    return [fixed(one.distance, 2), fixed(one.entropy, 2), *shares]


def _check(weights: np.ndarray) -> None:
    L, H, T, S = weights.shape
    if L * H > HEADS:
        raise ValueError(
            f"HeadGallery: weights has {L} times {H} heads, the limit is {HEADS}; "
            "pass fewer blocks, such as weights[:4]"
        )
    if T > S:
        raise ValueError(
            f"HeadGallery: weights has shape {weights.shape}: T is {T} and S is {S}, and there "
            "must be a key for each query; pass (L, H, T, S) with T <= S"
        )
    if weights.min() < 0 or weights.max() > 1 + SLACK:
        wrong = weights.min() if weights.min() < 0 else weights.max()
        raise ValueError(
            f"HeadGallery: weights holds {wrong:g} and must be from 0 to 1; "
            "pass them as they are after the softmax"
        )
    sums = weights.sum(axis=-1)
    wrong = sums[(np.abs(sums - 1) > SLACK) & (sums != 0)]
    if wrong.size:
        raise ValueError(
            f"HeadGallery: weights has a row that sums to {wrong[0]:g} and must sum to 1; "
            "pass them as they are after the softmax"
        )


def _names(names: Mapping[tuple[int, int], str] | None, L: int, H: int) -> list[list[str]]:
    filled = [[""] * H for _ in range(L)]
    for key, name in (names or {}).items():
        if key not in {(layer, head) for layer in range(L) for head in range(H)}:
            raise ValueError(
                f"HeadGallery: names has the head {key!r}, and the heads are (block, head) from "
                f"(0, 0) to {(L - 1, H - 1)}; leave it out"
            )
        filled[key[0]][key[1]] = str(name)
    return filled
