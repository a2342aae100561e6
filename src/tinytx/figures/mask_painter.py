"""The mask painter: who may attend to whom, painted by hand, and the weights that follow."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tinytx.manual.masks import causal_mask
from tinytx.manual.softmax import softmax_forward

from ..wording import fixed
from . import arrays
from .component import Figure, table

MOST = 16


class MaskPainter(Figure):
    """A mask to paint on: a cell that is on may be attended to; beside it, the weights.

    Click, drag or press the space bar to change cells, or start from a preset: nothing hidden,
    causal, padding, both, a window. The words say who sees whom, whether the mask leaks the
    future, and which NumPy expression makes it. A query that may attend to nothing gets zeros.

    Parameters
    ----------
    scores
        (T, S), scaled already: S at most 16 and at least T. The queries are the last T positions.
    tokens
        One for each of the S keys, for the labels.
    mask
        True where a query may attend, to begin with; broadcasts to (T, S). The default is the
        causal mask.

    Raises
    ------
    ValueError
        If a shape does not fit, or the scores are too many or not finite.

    >>> MaskPainter([[0, 1], [2, 2]], "ab")
    MaskPainter: 2 queries on 2 keys
    query a₀ sees a₀; weights 1.0000 0.0000
    query b₁ sees a₀ b₁; weights 0.5000 0.5000
    No query sees the future.
    """

    kind = "mask-painter"
    scripts = (
        "parts.js", "reads.js", "weights.js", "mask-presets.js", "mask-view.js", "mask-painter.js",
    )  # fmt: skip
    styles = ("parts.css", "qkv.css", "mask-painter.css")

    def __init__(
        self, scores: object, tokens: Iterable[object] | None = None, mask: object | None = None
    ):
        name = "MaskPainter:"
        self.scores = arrays.numbers(f"{name} scores", scores, "T S", (MOST, MOST))
        T, S = self.scores.shape
        if S < T:
            raise ValueError(
                f"{name} scores has shape {T, S}: S must be at least T, every query has a key of "
                "its own; pass scores of (T, S), queries first"
            )
        self.keys = arrays.labels(f"{name} tokens", tokens, S)
        self.queries = self.keys[S - T :]
        given = mask is not None
        self.mask = arrays.boolean(f"{name} mask", mask, (T, S)) if given else causal_mask(T, S)
        self.weights = softmax_forward(self.scores, self.mask)[0]  # (T, S)

    def data(self) -> dict[str, object]:
        """Return scores, mask and labels; the page computes the weights."""
        return {
            "scores": self.scores.tolist(),
            "mask": self.mask.astype(int).tolist(),
            "queries": self.queries,
            "keys": self.keys,
        }

    def words(self) -> str:
        """Return whom each query sees, with its weights, and whether the mask leaks."""
        T, S = self.scores.shape
        lines = [f"MaskPainter: {_some(T, 'query', 'queries')} on {_some(S, 'key', 'keys')}"]
        for query, allowed, row in zip(self.queries, self.mask, self.weights, strict=True):
            seen = " ".join(key for key, on in zip(self.keys, allowed, strict=True) if on)
            lines.append(f"query {query} sees {seen or 'nothing'}; weights {_line(row)}")
        return "\n".join([*lines, self._leak()])

    def fallback(self) -> str:
        """Return the masked scores and the weights as tables."""
        head = ("query", *self.keys)
        masked = np.where(self.mask, self.scores, -np.inf)
        pairs = [("Scores, masked", masked), ("Weights", self.weights)]
        tables = "".join(table(name, head, self._rows(values)) for name, values in pairs)
        return f"{tables}<p>{self._leak()}</p>"

    def _rows(self, values: np.ndarray) -> list[tuple[object, ...]]:
        return [(query, *map(fixed, row)) for query, row in zip(self.queries, values, strict=True)]

    def _leak(self) -> str:
        leaks = int((self.mask & ~causal_mask(*self.mask.shape)).any(1).sum())
        if not leaks:
            return "No query sees the future."
        who = _some(leaks, "query sees a later key", "queries see later keys")
        return f"The mask leaks the future: {who}."


def _some(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _line(row: np.ndarray) -> str:
    return " ".join(map(fixed, row))
