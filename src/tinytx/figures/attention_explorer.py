"""The attention explorer: one head, one query, and every number on the way to its output."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from tinytx.manual.attention import attention_forward
from tinytx.manual.masks import causal_mask

from ..wording import fixed
from .arrays import boolean, labels, numbers, trimmed
from .component import Figure, table

MOST = 24  # queries and keys
WIDEST = 64  # numbers in a vector


class AttentionExplorer(Figure):
    """One head of attention, cell by cell: scores, scaled, masked, weights, output.

    Pick a cell: its row is the query, its column the key. Below, the query's numbers meet those
    of each key, and each step to the output is written out. The page computes all of it from
    ``q``, ``k`` and ``v``; its numbers are those of
    :func:`~tinytx.manual.attention.attention_forward`.

    Parameters
    ----------
    q
        (T, Dh), the queries of one head: T at most 24, Dh at most 64.
    k, v
        (S, Dh), its keys and values: S at most 24.
    mask
        True where a query may attend; broadcasts to (T, S). Without one the reader can switch
        the causal mask on and off, if there are at least as many keys as queries.
    tokens
        One for each of the S keys, for the labels. The queries are the last T of them.
    causal
        Whether the causal mask is on at first. With a ``mask`` of your own, leave it out.

    Raises
    ------
    ValueError
        If a shape does not fit, a size is over its limit, a number is not finite, or a mask and
        ``causal`` are both given.

    >>> AttentionExplorer([[1, 0]], [[2, 0], [0, 3]], [[1, 0], [0, 1]], tokens="ab")
    AttentionExplorer: 1 query, 2 keys, Dh = 2, no mask
    query b₁ = (1, 0) on keys a₀ b₁
      q·k      2       0
      ÷ √2     1.4142  0.0000
      masked   1.4142  0.0000
      weights  0.8044  0.1956
      output = (0.8044, 0.1956)
    """

    kind = "attention-explorer"
    scripts = (
        "parts.js", "reads.js", "weights.js", "attention-view.js", "attention-explorer.js",
    )  # fmt: skip
    styles = ("parts.css", "qkv.css", "attention-explorer.css")

    def __init__(
        self,
        q: object,
        k: object,
        v: object,
        mask: object | None = None,
        tokens: Iterable[object] | None = None,
        causal: bool = False,
    ):
        name = "AttentionExplorer:"
        self.q = numbers(f"{name} q", q, "T Dh", (MOST, WIDEST))
        self.k = numbers(f"{name} k", k, "S Dh", (MOST, WIDEST))
        self.v = numbers(f"{name} v", v, "S Dh", (MOST, WIDEST))
        T, Dh = self.q.shape
        S = len(self.k)
        _same_shapes(self.q, self.k, self.v)
        if mask is not None and causal:
            raise ValueError(f"{name} mask and causal are both given; join them in the mask")
        if tokens is not None and S < T:
            raise ValueError(f"{name} T is {T} and S is {S}: tokens need S >= T; leave them out")
        self.keys = labels(f"{name} tokens", tokens, S)
        self.queries = self.keys[S - T :] if S >= T else [str(place) for place in range(T)]
        self.mask = None if mask is None else boolean(f"{name} mask", mask, (T, S))
        self.causal = causal
        shown = causal_mask(T, S) if causal else self.mask
        self.scores = self.q @ self.k.T  # (T, S)
        self.scaled = self.scores / math.sqrt(Dh)
        self.masked = self.scaled if shown is None else np.where(shown, self.scaled, -np.inf)
        q, k, v = (one[None, None] for one in (self.q, self.k, self.v))  # (1, 1, T or S, Dh)
        out, saved = attention_forward(q, k, v, shown)
        self.weights, self.out = saved.weights[0, 0], out[0, 0]  # (T, S), (T, Dh)

    def data(self) -> dict[str, object]:
        """Return vectors, mask and labels; the page computes the rest."""
        return {
            "q": self.q.tolist(),
            "k": self.k.tolist(),
            "v": self.v.tolist(),
            "mask": None if self.mask is None else self.mask.astype(int).tolist(),
            "causal": self.causal,
            "queries": self.queries,
            "keys": self.keys,
        }

    def words(self) -> str:
        """Return each query with its scores, weights and output."""
        (T, Dh), S = self.q.shape, len(self.k)
        mask = "a causal mask" if self.causal else "no mask" if self.mask is None else "a mask"
        sizes = f"{T} {'query' if T == 1 else 'queries'}, {S} key{'' if S == 1 else 's'}"
        lines = [f"AttentionExplorer: {sizes}, Dh = {Dh}, {mask}"]
        for i, query in enumerate(self.queries):
            lines.append(f"query {query} = {_vector(self.q[i])} on keys {' '.join(self.keys)}")
            for name, values, form in self._stages():
                row = " ".join(f"{form(value):7}" for value in values[i])
                lines.append(f"  {name:8} {row}".rstrip())
            lines.append(f"  output = {_vector(self.out[i])}")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return a table for each step."""
        places = [f"out[{d}]" for d in range(self.out.shape[1])]
        steps = [(name, values, form, self.keys) for name, values, form in self._stages()]
        return "".join(
            table(name, ("query", *heads), self._rows(values, form))
            for name, values, form, heads in [*steps, ("output", self.out, fixed, places)]
        )

    def _rows(self, values: np.ndarray, form: Callable[[float], str]) -> list[tuple[object, ...]]:
        return [(query, *map(form, row)) for query, row in zip(self.queries, values, strict=True)]

    def _stages(self) -> list[tuple[str, np.ndarray, Callable[[float], str]]]:
        return [
            ("q·k", self.scores, trimmed),
            (f"÷ √{self.q.shape[1]}", self.scaled, fixed),
            ("masked", self.masked, fixed),
            ("weights", self.weights, fixed),
        ]


def _same_shapes(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> None:
    if k.shape[1] != q.shape[1]:
        raise ValueError(
            f"AttentionExplorer: k has shape {k.shape} and q {q.shape}: Dh must be the same; "
            "pass q and k of one head"
        )
    if v.shape != k.shape:
        raise ValueError(
            f"AttentionExplorer: v has shape {v.shape} and k {k.shape}: they must be the same; "
            "pass k and v of one head"
        )


def _vector(row: np.ndarray) -> str:
    return f"({', '.join(map(trimmed, row))})"
