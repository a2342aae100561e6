"""The head gallery: every head of a model as a small picture, and one of them large."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

import numpy as np

from ..wording import fixed
from .arrays import SLACK, check_sums, labels, numbers
from .component import Figure, table
from .habit import Habit, habit

HEADS = 64
LONGEST = 32  # queries and keys


class HeadGallery(Figure):
    """The attention weights of all heads side by side; the chosen one large, with its numbers.

    A row is a block. Choose a head by a click or by the arrow keys. What it does is measured:
    how far away it looks, how spread its weights are, the share that falls on the position itself,
    on the previous and on the first one, and which key gets most.

    If only some positions had a target in training, say which: the measures are theirs, and the
    other rows are pale. In the highest block those have no part in any answer; further down they
    have one through what the positions with a target read of them.

    Parameters
    ----------
    weights
        (L, H, T, S), as the softmax gives them: at most 64 heads, T and S at most 32. Of
        :meth:`tinytx.inspect.Capture.attention`, one sequence: ``seen.attention()[:, 0]``.
    tokens
        One for each of the S keys; the queries are the last T of them.
    names
        What to call some heads: ``{(block, head): name}``.
    trained
        The queries whose output had a target in training, as rows of ``weights``. Left out: all.

    Raises
    ------
    ValueError
        If a shape does not fit, a size is over its limit, a weight is not from 0 to 1, a row does
        not sum to 1 (or 0, where a query may read nothing), a name belongs to no head, or a trained
        query is no row.

    >>> HeadGallery([[[[1, 0], [0, 1]]]], "ab", names={(0, 0): "inward"}, trained=[1])
    HeadGallery: 1 block of 1 head, 2 queries, 2 keys: a₀ b₁
    The measures are over b₁, the only query whose output had a target.
    0.0 inward: distance 0.00, entropy 0.00 nats; itself 100%, previous 0%, first 0%; most on b₁...
    """

    kind = "head-gallery"
    scripts = ("parts.js", "reads.js", "head-gallery.js")
    styles = ("parts.css", "qkv.css", "head-gallery.css")

    def __init__(
        self,
        weights: object,
        tokens: Iterable[object] | None = None,
        names: Mapping[tuple[int, int], str] | None = None,
        trained: Iterable[int] | None = None,
    ):
        limits = (HEADS, HEADS, LONGEST, LONGEST)
        self.weights = numbers("HeadGallery: weights", weights, "L H T S", limits)
        L, H, T, S = self.weights.shape
        _check(self.weights)
        self.keys = labels("HeadGallery: tokens", tokens, S)
        self.queries = self.keys[S - T :]
        self.names = _names(names, L, H)
        self.trained = _trained(trained, T)
        self.habits = [[habit(head, self.trained) for head in layer] for layer in self.weights]

    @property
    def note(self) -> str:
        """What the measures are over, if not over all queries."""
        if self.trained is None:
            return ""
        only = "the only query" if len(self.trained) == 1 else "the queries"
        which = " ".join(self.queries[i] for i in self.trained)
        return f"The measures are over {which}, {only} whose output had a target."

    def data(self) -> dict[str, object]:
        """Return the weights in thousandths, and what was measured, as it is shown."""
        return {
            "keys": self.keys,
            "queries": self.queries,
            "weights": np.rint(self.weights * 1000).astype(int).tolist(),
            "names": self.names,
            "habits": [[self._texts(one) for one in layer] for layer in self.habits],
            "trained": self.trained,
            "note": self.note,
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
            distance, entropy, itself, previous, first, most = self._texts(one)
            lines.append(
                f"{name}: distance {distance}, entropy {entropy} nats; "
                f"itself {itself}, previous {previous}, first {first}; most on {most}"
            )
        return "\n".join([start, *([self.note] if self.note else []), *lines])

    def fallback(self) -> str:
        """Return a table of the heads, and of weights what is short.

        That is all weights of at most two heads, and each head's row if one query was trained.
        """
        head = (
            "head",
            "distance",
            "entropy (nats)",
            "on itself",
            "on the previous",
            "on the first",
            "most on",
        )
        heads = list(self._heads())
        names = [name for name, _ in heads]
        caption = f"What each head does. {self.note}".strip()
        tables = [table(caption, head, [(name, *self._texts(one)) for name, one in heads])]
        maps = self.weights.reshape(-1, *self.weights.shape[2:])
        if len(heads) <= 2:
            for name, rows in zip(names, maps, strict=True):
                title = f"Weights of head {name}"
                tables.append(self._weights(title, "query", self.queries, rows))
        elif self.trained and len(self.trained) == 1:
            title = f"Weights of {self.queries[self.trained[0]]}"
            tables.append(self._weights(title, "head", names, maps[:, self.trained[0]]))
        return "".join(tables)

    def _weights(self, title: str, corner: str, names: list[str], rows: np.ndarray) -> str:
        lines = [
            (name, *(fixed(weight, 3) for weight in row))
            for name, row in zip(names, rows, strict=True)
        ]
        return table(title, (corner, *self.keys), lines)

    def _texts(self, one: Habit) -> list[str]:
        shares = (f"{100 * share:.0f}%" for share in (one.itself, one.previous, one.first))
        most = f"{self.keys[one.most]}, {100 * one.share:.0f}%"
        return [fixed(one.distance, 2), fixed(one.entropy, 2), *shares, most]

    def _heads(self) -> Iterable[tuple[str, Habit]]:
        for layer, row in enumerate(self.habits):
            for head, one in enumerate(row):
                yield f"{layer}.{head} {self.names[layer][head]}".rstrip(), one


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
    check_sums("HeadGallery: weights", weights)


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


def _trained(trained: Iterable[int] | None, T: int) -> list[int] | None:
    if trained is None:
        return None
    rows = sorted({operator.index(row) for row in trained})
    if not rows or rows[0] < 0 or rows[-1] >= T:
        raise ValueError(
            f"HeadGallery: trained is {rows} and must name rows of the weights, from 0 to {T - 1}; "
            "leave it out if every position had a target"
        )
    return rows
