"""The patching grid: how much of the clean answer each single patch brings back."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..wording import fixed
from .arrays import _bytes, _short, numbers
from .component import Figure, table
from .patching_parts import (
    AFTER,
    MOST_COLUMNS,
    MOST_ROWS,
    ONE,
    _columns,
    _effects,
    _fits,
    _likeliest,
    _many,
    _of,
    _percent,
    _rows,
    _share,
    _texts,
)
from .visible import visible

MOST_GRIDS = 6
MOST_IDS = 2**17
SMALL = 0.05  # the words leave out what is nearer to zero
ASK = (
    "Which single patches bring more than nine tenths of the clean answer back? Follow them from "
    "the first row to the last: from which row on do they stand in another column?"
)


class PatchingGrid(Figure):
    """A cell for each patch of a clean value into a corrupted run: what it brought back.

    0 is the corrupted run's answer, 1 the clean one's. A patch can do harm (below 0) and overshoot
    (above 1). Above the grid stand the two texts, with the tokens marked that differ. Choose a cell
    by a click or the arrow keys: what was replaced, what came out, and, if they are given, the
    likeliest next tokens before and after.

    *To find by playing:* which single patches bring more than nine tenths of the answer back, and
    from which row on do they stand in another column?

    Parameters
    ----------
    effects
        (R, C): how much each patch restored; or several grids to choose from, at most six:
        ``{name: (R, C)}``. The names should say what is replaced: "residual stream", "head".
    rows, columns
        Their names, or, for several grids, names by grid. A column may be a whole number: then it
        is a position of the texts. Left out, rows are numbered, and columns are the positions.
    clean, corrupted
        The two texts, token by token, of one length.
    pieces
        The V tokens of the vocabulary, if next tokens are to be shown.
    before
        (V,): the probabilities of the next token in the corrupted run.
    after
        (R, C, V), or by grid: the same after each patch.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If sizes or names do not fit, a number is not finite, or a column is no position.

    >>> print(PatchingGrid([[1, 0], [0.02, 0.9]], clean=["Mia", " had"], corrupted=["Ben", " had"],
    ...                    ask=""))
    PatchingGrid: 0 is the corrupted answer, 1 the clean one
    clean:     [Mia] ␣had
    corrupted: [Ben] ␣had
    2 rows, 2 columns; cells within 0.05 of 0 are left out
      0: Mia/Ben₀ 1.00
      1: ␣had₁ 0.90
    """

    kind = "patching-grid"
    scripts = ("parts.js", "picker.js", "patching-view.js", "patching-grid.js")
    styles = ("parts.css", "controls.css", "picker.css", "patching-grid.css")

    def __init__(
        self,
        effects: object,
        rows: Sequence[object] | Mapping[str, Sequence[object]] | None = None,
        columns: Sequence[object] | Mapping[str, Sequence[object]] | None = None,
        *,
        clean: Iterable[object] | None = None,
        corrupted: Iterable[object] | None = None,
        pieces: Iterable[object] | None = None,
        before: object = None,
        after: object = None,
        ask: str = ASK,
    ):
        given: Mapping[Any, Any] = effects if isinstance(effects, Mapping) else {ONE: effects}
        if not 1 <= len(given) <= MOST_GRIDS:
            raise ValueError(
                f"PatchingGrid: effects has {len(given)} grids, the limit is 1 to {MOST_GRIDS}; "
                "make a second figure for the rest"
            )
        self.texts = _texts(clean, corrupted)
        self.effects = {str(name): _effects(name, grid) for name, grid in given.items()}
        self.rows = {
            str(name): _rows(name, _of(rows, name), len(grid)) for name, grid in given.items()
        }
        self.places, self.columns = {}, {}
        for name, grid in self.effects.items():
            made = _columns(name, _of(columns, name), grid.shape[1], self.texts)
            self.places[name], self.columns[name] = made
        self.pieces, self.before, self.after = self._next(pieces, before, after)
        self.ask = str(ask)

    def _next(self, pieces: Any, before: Any, after: Any) -> tuple[list[str], Any, dict[str, Any]]:
        """Return the names of all ids, and the likeliest of each run: [(id, probability), …]."""
        missing = [one is None for one in (pieces, before, after)]
        if all(missing):
            return [], None, {}
        if any(missing):
            raise ValueError(
                "PatchingGrid: pieces, before and after belong together; give all three or none"
            )
        names = [_short(visible(_bytes("PatchingGrid: pieces", one))) for one in pieces]
        V, found = len(names), {}
        for name, grid in self.effects.items():
            what = f"PatchingGrid: after[{name!r}]" if isinstance(after, Mapping) else AFTER
            probs = numbers(what, _of(after, name), "R C V", (MOST_ROWS, MOST_COLUMNS, MOST_IDS))
            _fits(what, probs, (*grid.shape, V))
            found[name] = [[_likeliest(cell) for cell in row] for row in probs]
        start = numbers("PatchingGrid: before", before, "V", (MOST_IDS,))
        _fits("PatchingGrid: before", start, (V,))
        return names, start, found

    def data(self) -> dict[str, object]:
        """Return the effects in thousandths, names, texts, and next tokens where there are any."""
        used = sorted({id for grid in self.after.values() for row in grid
                       for cell in row for id, _ in cell} | set(self._first()))  # fmt: skip
        at = {id: place for place, id in enumerate(used)}
        grids = [
            {
                "name": name,
                "rows": self.rows[name],
                "columns": self.columns[name],
                "places": self.places[name],
                "effects": np.rint(1000 * grid).astype(int).tolist(),
                "after": [
                    [[[at[id], _share(p)] for id, p in cell] for cell in row]
                    for row in self.after.get(name, [])
                ],
            }
            for name, grid in self.effects.items()
        ]
        return {
            "grids": grids,
            "texts": self.texts,
            "differ": self._differ(),
            "names": [self.pieces[id] for id in used],
            "before": [_share(self.before[id]) for id in used],
            "first": [at[id] for id in self._first()],
            "ask": self.ask,
        }

    def words(self) -> str:
        """Return the texts, and of each grid the cells that brought something back."""
        lines = ["PatchingGrid: 0 is the corrupted answer, 1 the clean one"]
        lines += [self.ask] if self.ask else []
        for name, text in zip(("clean:    ", "corrupted:"), self.texts, strict=False):
            lines.append(f"{name} {self._marked(text)}")
        if self.pieces:
            lines.append(f"next in the corrupted run: {self._told(self._start())}")
        for name, grid in self.effects.items():
            R, C = grid.shape
            lines.append(
                f"{name + ': ' * bool(name)}{_many(R, 'row')}, {_many(C, 'column')}; "
                f"cells within {SMALL} of 0 are left out"
            )
            lines += [f"  {row}: {told}" for row, told in self._rows_told(name)]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the texts, with what differs marked, and a table for each grid."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        texts = "".join(
            f"<p>{name}: {html.escape(self._marked(text))}</p>"
            for name, text in zip(("Clean", "Corrupted"), self.texts, strict=False)
        )
        told = f"<p>Next in the corrupted run: {html.escape(self._told(self._start()))}</p>"
        tables = [
            table(
                f"{name or 'Patches'}: 0 is the corrupted answer, 1 the clean one",
                ("patched", *self.columns[name]),
                [
                    (row, *(fixed(value, 2) for value in line))
                    for row, line in zip(self.rows[name], grid, strict=True)
                ],
            )
            for name, grid in self.effects.items()
        ]
        return ask + texts + (told if self.pieces else "") + "".join(tables)

    def _rows_told(self, name: str) -> Iterable[tuple[str, str]]:
        for i, (row, line) in enumerate(zip(self.rows[name], self.effects[name], strict=True)):
            some = [j for j, value in enumerate(line) if abs(value) > SMALL]
            told = [f"{self.columns[name][j]} {fixed(line[j], 2)}" for j in some]
            if self.pieces:
                told = [
                    f"{one} ({self._told(self.after[name][i][j][:1])})"
                    for one, j in zip(told, some, strict=True)
                ]
            yield row, ", ".join(told) or "none"

    def _differ(self) -> list[int]:
        return [i for i, (a, b) in enumerate(zip(*self.texts, strict=True)) if a != b] if (
            self.texts
        ) else []  # fmt: skip

    def _marked(self, text: list[str]) -> str:
        differ = set(self._differ())
        return " ".join(f"[{one}]" if i in differ else one for i, one in enumerate(text))

    def _start(self) -> list[tuple[int, float]]:
        return _likeliest(self.before) if self.pieces else []

    def _first(self) -> list[int]:
        return [id for id, _ in self._start()]

    def _told(self, cell: Iterable[tuple[int, float]]) -> str:
        return ", ".join(f"{self.pieces[id]} {_percent(p)}" for id, p in cell)
