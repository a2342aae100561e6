"""The rotary explorer: pairs of numbers turned by position, and a score that knows the distance."""

from __future__ import annotations

import html
import math

import numpy as np

from ..wording import fixed
from .arrays import numbers, unboxed
from .component import Figure, table
from .rotary_turns import PAIRS, Plane, Setting, full, pair_of, planes, rates, score, strange

MOST_NUMBERS = 64  # of a head
MOST_POSITIONS = 1024
QUERY = (1.0, 0.5, 1.0, 0.5, 0.0, 1.0, 0.5, 1.0)
KEY = (0.5, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.5)
DISTANCES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # of which the words give the score
LONGER = ((1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4))  # times and factor, in the words
ASK = (
    "Move both by one: does the score change? Now mix the conventions and move both again. Then "
    "train to 512: from which base on has the slowest pair turned less than a quarter?"
)


class RotaryExplorer(Figure):
    """Each pair of a query and a key as points in a plane, turned by where the two stand.

    The score is the sum of the pairs' shares. Beside each plane stands after how many positions its
    pair has turned once; the ring around it shows which angles between query and key the texts of
    training have had, and which a longer text brings that they had not. A curve has the score at
    each distance, with the key where it is and with the key at position 0: one line if only the
    distance counts, and two if the query's numbers were paired by halves and the key's by
    neighbours.

    *To find by playing:* whether the score changes when both move by one, in each convention; and
    from which base on the slowest pair turns less than a quarter within 512 positions.

    Parameters
    ----------
    query, key
        (Dh,) each, before they are turned; Dh even, from 2 to 64. Give both or neither.
    base
        Pair ``i`` turns by ``base ** (-2 * i / Dh)`` radians a position: above 1, at most
        10,000,000.
    context_length
        How many positions the texts of training had, from 8 to 1,024. The reader can read texts
        twice or four times as long, and divide the positions by 2 or 4.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If a vector is odd, too long or not finite, the two differ in length, or a number is out of
        range.

    Sources: Su et al. 2021 (RoFormer), section 3, by neighbours; GPT-NeoX and Llama's weights at
    Hugging Face, by halves; Chen et al. 2023, position interpolation.

    >>> print(RotaryExplorer([1, 0.5], [1, 0], ask=""))
    RotaryExplorer: 2 numbers in 1 pair, base 10,000, trained to 64 positions
    pair 0, numbers 0 and 1 by halves, 0 and 1 by neighbours: one turn in 6.3 positions, 10.19 ...
    score by distance, halves: 0: 1.0000, 1: 0.1196, 2: −0.8708, 4: −0.2752, 8: −0.6402, ...
    ...
    """

    kind = "rotary-explorer"
    scripts = (
        "parts.js", "chart.js", "scale.js", "titled.js", "rotary.js", "rotary-words.js",
        "rotary-planes.js", "rotary-explorer.js",
    )  # fmt: skip
    styles = ("parts.css", "chart.css", "controls.css", "qkv.css", "rotary-explorer.css")

    def __init__(
        self,
        query: object = None,
        key: object = None,
        *,
        base: float = 10_000.0,
        context_length: int = 64,
        ask: str = ASK,
    ):
        if (query is None) != (key is None):
            lacks = "query" if query is None else "key"
            raise ValueError(f"RotaryExplorer: {lacks} is None; give query and key, or neither")
        self.query = _vector("query", QUERY if query is None else query)
        self.key = _vector("key", KEY if key is None else key)
        if len(self.query) != len(self.key):
            raise ValueError(
                f"RotaryExplorer: query has {len(self.query)} numbers and key {len(self.key)}: "
                "both must have Dh, those of one head"
            )
        base, context_length = unboxed(base), unboxed(context_length)
        if not (isinstance(base, int | float) and 1 < base <= 1e7):
            raise ValueError(
                f"RotaryExplorer: base is {base!r} and must be above 1 and at most 10,000,000; "
                "10,000 is usual"
            )
        if type(context_length) is not int or not 8 <= context_length <= MOST_POSITIONS:
            raise ValueError(
                f"RotaryExplorer: context_length is {context_length!r}, the limit is a whole "
                f"number from 8 to {MOST_POSITIONS:,}"
            )
        self.n = len(self.query) // 2
        self.start = Setting(
            context_length // 5, context_length // 12, base=float(base), trained=context_length
        )
        self.ask = str(ask)

    def planes(self, at: Setting | None = None) -> list[Plane]:
        """Return each pair of query and key, turned, with its share of the score."""
        return planes(self.query, self.key, at or self.start)

    def score(self, at: Setting | None = None) -> float:
        """Return the score: the sum of the shares, not divided by the square root of Dh."""
        return score(self.query, self.key, at or self.start)

    def told(self, at: Setting) -> str:
        """Return what the page says of a setting, with the same words."""
        where = f"Query at {at.t}, key at {at.s}, {at.t - at.s} apart: q·k = "
        return f"{where}{fixed(self.score(at))}. {self.seen(at)}"

    def seen(self, at: Setting) -> str:
        """Return which pairs came round in training, and which meet angles that they never saw."""
        pairs = "1 pair turns" if self.n == 1 else f"{self.n} pairs turn"
        text = f"Within {at.trained:,} positions {len(full(self.n, at))} of {pairs} full circle."
        if at.times == 1:
            return text
        by = f", positions divided by {at.factor}" if at.factor > 1 else ""
        met = len(strange(self.n, at))
        many = {0: "no pair meets angles", 1: "1 pair meets angles"}.get(met, f"{met} pairs meet")
        many += " angles" if met > 1 else ""
        return f"{text} Read at {at.read:,}{by}, {many} outside the arc that training covered."

    def data(self) -> dict[str, object]:
        """Return the vectors and where the reader starts; the page turns."""
        return {
            "query": self.query.tolist(), "key": self.key.tolist(), "ask": self.ask,
            "start": self.start._asdict(),
        }  # fmt: skip

    def words(self) -> str:
        """Return the pairs, scores by distance, what mixing does, and which angles are new."""
        at = self.start
        pairs = "1 pair" if self.n == 1 else f"{self.n} pairs"
        lines = [
            f"RotaryExplorer: {2 * self.n} numbers in {pairs}, base {at.base:,.10g}, trained to "
            f"{at.trained:,} positions"
        ]
        lines += [self.ask] if self.ask else []
        for i, halves, near, length, turns in self._pairs():
            lines.append(
                f"pair {i}, numbers {halves} by halves, {near} by neighbours: one turn in {length} "
                f"positions, {turns} turns within {at.trained:,}"
            )
        for name, scores in self._scores():
            told = ", ".join(f"{d}: {value}" for d, value in scores)
            lines.append(f"score by distance, {name}: {told}")
        return "\n".join([*lines, *self._rest()])

    def fallback(self) -> str:
        """Return the same as two tables and sentences."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        head = ("pair", "by halves", "by neighbours", "positions for one turn",
                f"turns within {self.start.trained:,}")  # fmt: skip
        by = self._scores()
        rows = [(d, *(dict(scores)[d] for _, scores in by)) for d, _ in by[0][1]]
        scores = table("The score by distance", ("distance", *(name for name, _ in by)), rows)
        rest = "".join(f"<p>{html.escape(line)}</p>" for line in self._rest())
        return f"{ask}{table('Pairs', head, self._pairs())}{scores}{rest}"

    def _pairs(self) -> list[tuple[object, ...]]:
        found = []
        for i, rate in enumerate(rates(self.n, self.start.base)):
            named = ["{} and {}".format(*pair_of(i, self.n, halves)) for halves in (True, False)]
            length, turns = 2 * math.pi / rate, self.start.trained * rate / (2 * math.pi)
            found.append((i, *named, f"{length:,.1f}", f"{turns:,.{4 if turns < 0.1 else 2}f}"))
        return found

    def _scores(self) -> list[tuple[str, list[tuple[int, str]]]]:
        apart = [d for d in DISTANCES if d < self.start.trained]
        found = []
        for name in PAIRS:
            s = self.start.s if name == "mixed" else 0
            settings = [self.start._replace(t=s + d, s=s, pairs=name) for d in apart]
            named = f"{name}, key at {s}" if name == "mixed" else name
            scores = [(d, fixed(self.score(at))) for d, at in zip(apart, settings, strict=True)]
            found.append((named, scores))
        return found

    def _rest(self) -> list[str]:
        at = self.start
        lines = []
        for name in PAIRS:
            moved = [at._replace(t=at.t + i, s=at.s + i, pairs=name) for i in range(4)]
            told = ", ".join(f"{one.t} and {one.s}: {fixed(self.score(one))}" for one in moved)
            lines.append(f"both moved by one, {name}: {told}")
        for times, factor in LONGER:
            lines.append(self.seen(at._replace(times=times, factor=factor)))
        return lines


def _vector(name: str, value: object) -> np.ndarray:
    found = numbers(f"RotaryExplorer: {name}", value, "Dh", (MOST_NUMBERS,))
    if len(found) % 2:
        raise ValueError(
            f"RotaryExplorer: {name} has {len(found)} numbers and must have an even number: each "
            "pair is a point in a plane"
        )
    return found
