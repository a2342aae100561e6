"""The lens table: what a model would say if it stopped after each block, at every position."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..wording import fixed
from .arrays import _bytes, _short, numbers, subscript
from .component import Figure, table
from .visible import visible

MOST_LEVELS, MOST_POSITIONS, MOST_IDS = 49, 160, 2**17
SHOWN = 5
ASK = (
    "What does the first row guess nearly everywhere, and where does that come true? Find a token "
    "that only the last row has right, and one that a row above had right and the last has not."
)


class Reading(NamedTuple):
    """What the lens reads at one position behind one block."""

    top: list[tuple[int, float]]
    """The five likeliest ids, with their probabilities."""
    rank: int | None
    """Of the token that came, from 1; None where it is not known."""
    share: float | None
    """The probability of the token that came."""


class LensTable(Figure):
    """The first guess at every position, read after the embedding and after each block.

    Columns are positions, with the token that stands there; what they guess is the one after it.
    The stronger the colour, the surer. A guess that came true is in bold and underlined. Choose a
    cell by a click or the arrow keys: its five likeliest tokens, and the rank and the probability
    of the one that came. A last row can tell how likely that one truly was.

    *To find by playing:* what the first row guesses nearly everywhere; a token that only the last
    row has right; one that a row above had right and the last has not.

    Parameters
    ----------
    logits
        (n_layer + 1, T, V), of one row of :func:`tinytx.inspect.logit_lens`: ``lens[:, 0]``.
    tokens
        The T ids that were read; with one more, what came after the last is known too.
    pieces
        The V tokens of the vocabulary, as text or bytes.
    exact
        (T,): the true probability of the token that came, where the text's source is known; nan
        where it is not. Of a token that is not known there is none.
    first
        Which position the first column is, if the logits are a part of a longer text's.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If sizes do not fit, a logit is not finite, an id has no piece, or a probability is none.

    >>> logits = np.log([[[0.5, 0.2, 0.3]], [[0.1, 0.1, 0.8]]])
    >>> print(LensTable(logits, [0, 2], ["a", "b", "c"], exact=[0.75], ask=""))
    LensTable: 2 rows, 1 position; the first guess, and what the token that came got
    a₀, then came c
      embedding: a 50.0 %; c 30.0 %, rank 2
      block 0: c 80.0 %; c 80.0 %, rank 1
      exact: c 75.0 %
    """

    kind = "lens-table"
    scripts = ("parts.js", "lens-table.js")
    styles = ("parts.css", "controls.css", "lens-table.css")

    def __init__(
        self,
        logits: object,
        tokens: Sequence[int],
        pieces: Iterable[object],
        exact: object = None,
        first: int = 0,
        ask: str = ASK,
    ):
        limits = (MOST_LEVELS, MOST_POSITIONS, MOST_IDS)
        array = numbers("LensTable: logits", logits, "L T V", limits)
        L, T, V = array.shape
        if V < SHOWN and V < 2:
            raise ValueError(f"LensTable: logits has V = {V} and must have 2 or more ids")
        names = [_bytes("LensTable: pieces", one) for one in pieces]
        if len(names) != V:
            raise ValueError(
                f"LensTable: pieces has {len(names)} and must have {V}, one for each logit"
            )
        self.tokens = _tokens(tokens, T, V)
        self.exact = self._known(_exact(exact, T))
        self.levels = ["embedding", *(f"block {i}" for i in range(L - 1))]
        self.readings = [[_reading(array[i, t], self.came(t)) for t in range(T)] for i in range(L)]
        used = {id for row in self.readings for one in row for id, _ in one.top}
        self.names = {id: _short(visible(names[id])) for id in sorted(used | set(self.tokens))}
        self.V, self.first, self.ask = V, int(first), str(ask)

    def came(self, t: int) -> int | None:
        """Return the id that came after position ``t``, None if that is not known."""
        return self.tokens[t + 1] if t + 1 < len(self.tokens) else None

    def data(self) -> dict[str, object]:
        """Return what is shown: five ids a cell, rank and probability of the one that came."""
        at = {id: place for place, id in enumerate(self.names)}
        T = len(self.readings[0])
        return {
            "names": list(self.names.values()),
            "tokens": [at[id] for id in self.tokens],
            "levels": self.levels,
            "readings": [
                [
                    {
                        "top": [[at[id], _share(p)] for id, p in one.top],
                        "rank": one.rank,
                        "share": None if one.share is None else _share(one.share),
                    }
                    for one in row
                ]
                for row in self.readings
            ],
            "exact": self.exact and [None if p is None else _share(p) for p in self.exact],
            "T": T,
            "first": self.first,
            "V": self.V,
            "ask": self.ask,
        }

    def words(self) -> str:
        """Return for each position the first guess of each row, and what came."""
        T = len(self.readings[0])
        positions = "1 position" if T == 1 else f"{T} positions"
        lines = [
            f"LensTable: {len(self.levels)} rows, {positions}; the first guess, and what the token "
            "that came got"
        ]
        lines += [self.ask] if self.ask else []
        for t in range(T):
            came = self.came(t)
            then = "" if came is None else f", then came {self.names[came]}"
            lines.append(f"{self._place(t)}{then}")
            for level, row in zip(self.levels, self.readings, strict=True):
                lines.append(f"  {level}: {self._told(row[t], came)}")
            if self.exact and self.exact[t] is not None and came is not None:
                lines.append(f"  exact: {self.names[came]} {_percent(self.exact[t])}")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return a table: the first guess with its probability, and what the one that came got."""
        head = ("position", "came", *self.levels, *(["exact"] if self.exact else []))
        rows = []
        for t in range(len(self.readings[0])):
            came = self.came(t)
            cells = [self._told(row[t], came) for row in self.readings]
            if self.exact:
                cells.append("" if self.exact[t] is None else _percent(self.exact[t]))
            rows.append((self._place(t), "" if came is None else self.names[came], *cells))
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        return ask + table("The first guess after each block, and the token that came", head, rows)

    def _known(self, exact: list[float | None] | None) -> list[float | None] | None:
        return exact and [None if self.came(t) is None else p for t, p in enumerate(exact)]

    def _place(self, t: int) -> str:
        return self.names[self.tokens[t]] + subscript(self.first + t)

    def _told(self, one: Reading, came: int | None) -> str:
        (id, p), *_ = one.top
        told = f"{self.names[id]} {_percent(p)}"
        if came is None:
            return told
        return f"{told}; {self.names[came]} {_percent(one.share)}, rank {one.rank}"


def _reading(logits: np.ndarray, came: int | None) -> Reading:
    heat = np.exp(logits - logits.max())
    probs = heat / heat.sum()
    order = np.argsort(-logits, kind="stable")  # not of probs: small ones are all 0
    top = [(int(id), float(probs[id])) for id in order[:SHOWN]]
    if came is None:
        return Reading(top, None, None)
    return Reading(top, int(np.flatnonzero(order == came)[0]) + 1, float(probs[came]))


def _share(p: float) -> int:
    """Return a probability in tenths of a thousandth, as it is shipped."""
    return round(1e4 * p)


def _percent(p: float | None) -> str:
    return f"{fixed(_share(p or 0) / 100, 1)} %"


def _tokens(tokens: Any, T: int, V: int) -> list[int]:
    found = [int(id) for id in tokens]
    if len(found) not in (T, T + 1):
        raise ValueError(
            f"LensTable: tokens has {len(found)} and must have {T}, one for each position, or "
            f"{T + 1}, with the one that came after the last"
        )
    wrong = [id for id in found if not 0 <= id < V]
    if wrong:
        raise ValueError(f"LensTable: tokens has {wrong[0]}, and the ids go from 0 to {V - 1}")
    return found


def _exact(exact: Any, T: int) -> list[float | None] | None:
    if exact is None:
        return None
    values = np.asarray(exact, dtype=np.float64)
    if values.shape != (T,):
        raise ValueError(
            f"LensTable: exact has shape {values.shape} and must have ({T},), one probability for "
            "each position, nan where it is not known"
        )
    known = values[~np.isnan(values)]
    if known.size and not (known.min() >= 0 and known.max() <= 1):
        raise ValueError("LensTable: exact must hold probabilities, from 0 to 1, or nan")
    return [None if np.isnan(p) else float(p) for p in values]
