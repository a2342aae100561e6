"""The sinusoidal explorer: hands of clocks that tell positions apart."""

from __future__ import annotations

import math

from ..wording import fixed
from .arrays import unboxed
from .component import Figure, table

MOST_POSITIONS = 256
MOST_DIMENSIONS = 128
MOST_SHIFT = 16
DISTANCES = (0, 1, 2, 4, 8, 16, 32, 64, 128)  # of which the words give the dot product


class SinusoidalExplorer(Figure):
    """The table of sinusoidal positions, its waves, its dot products and its rotations.

    Choose a position, a pair of dimensions and a shift. The pair is a hand of a clock: its sine and
    cosine say where it points, its wavelength after how many positions it points there again. A
    shift turns each hand by its own fixed angle wherever it stands, so the dot product of two
    positions depends on their distance alone.

    The page computes the table with the formula of
    :func:`tinytx.manual.positions.sinusoidal_table`.

    Parameters
    ----------
    context_length
        How many positions, from 2 to 256.
    d_model
        How many dimensions, an even number from 2 to 128.

    Raises
    ------
    ValueError
        If a size is no whole number, out of range, or ``d_model`` is odd: its last sine
        would have no cosine, and a hand needs both.

    >>> print(SinusoidalExplorer(8, 4))
    SinusoidalExplorer: 8 positions, 4 dimensions, 2 pairs of a sine and a cosine
      dimensions 0 and 1: one turn in 6.3 positions, 57.3° for each
      dimensions 2 and 3: one turn in 628.3 positions, 0.573° for each
    The dot product of two positions depends on their distance only: 0: 2.00, 1: 1.54, 2: 0.58,
    4: 0.35.
    A shift turns each pair by the same angle wherever it starts.
    """

    kind = "sinusoidal-explorer"
    scripts = ("parts.js", "chart.js", "sinusoidal.js", "clock.js", "sinusoidal-explorer.js")
    styles = ("parts.css", "chart.css", "sinusoidal-explorer.css")

    def __init__(self, context_length: int = 64, d_model: int = 32):
        context_length, d_model = unboxed(context_length), unboxed(d_model)
        _check("context_length", context_length, MOST_POSITIONS)
        _check("d_model", d_model, MOST_DIMENSIONS)
        if d_model % 2:
            raise ValueError(
                f"SinusoidalExplorer: d_model is {d_model} and must be even: "
                f"each sine needs its cosine; pass {d_model + 1}"
            )
        self.context_length = context_length
        self.d_model = d_model

    def data(self) -> dict[str, object]:
        """Return the sizes, and where the reader starts; the page computes the rest."""
        most_shift = min(MOST_SHIFT, self.context_length - 1)
        # The slowest pair that turns at least once within the picture, or the first.
        turning = [turn for turn in self._turns() if turn * self.context_length > 8]
        return {
            "context_length": self.context_length,
            "d_model": self.d_model,
            "position": self.context_length // 3,
            "pair": max(0, len(turning) - 1),
            "shift": min(most_shift, max(1, self.context_length // 12)),
            "most_shift": most_shift,
        }

    def words(self) -> str:
        """Return the wavelength of every pair, and dot products by distance."""
        lines = [f"SinusoidalExplorer: {self._sizes()}"]
        for first, wavelength, degrees in self._pairs():
            lines.append(
                f"  dimensions {first} and {first + 1}: one turn in {wavelength} positions, "
                f"{degrees}° for each"
            )
        products = ", ".join(f"{distance}: {value}" for distance, value in self._products())
        return "\n".join([*lines, f"{SAME} {products}.", TURN])

    def fallback(self) -> str:
        """Return the same as two tables."""
        pairs = [(f"{first} and {first + 1}", *rest) for first, *rest in self._pairs()]
        head = ("dimensions", "positions for one turn", "degrees for each position")
        return (
            f"<p>Sinusoidal positions: {self._sizes()}.</p>{table('The waves', head, pairs)}"
            f"{table(SAME[:-1], ('distance', 'dot product'), self._products())}<p>{TURN}</p>"
        )

    def _sizes(self) -> str:
        pairs = self.d_model // 2
        return (
            f"{self.context_length} positions, {self.d_model} dimensions, "
            f"{pairs} {'pair' if pairs == 1 else 'pairs'} of a sine and a cosine"
        )

    def _turns(self) -> list[float]:
        """Return the angle by which each pair turns from one position to the next, in radians."""
        return [10_000 ** (-first / self.d_model) for first in range(0, self.d_model, 2)]

    def _pairs(self) -> list[tuple[int, str, str]]:
        return [
            (2 * i, f"{2 * math.pi / turn:,.1f}", f"{math.degrees(turn):.3g}")
            for i, turn in enumerate(self._turns())
        ]

    def _products(self) -> list[tuple[object, ...]]:
        apart = [distance for distance in DISTANCES if distance < self.context_length]
        return [(d, fixed(sum(math.cos(d * turn) for turn in self._turns()), 2)) for d in apart]


SAME = "The dot product of two positions depends on their distance only:"
TURN = "A shift turns each pair by the same angle wherever it starts."


def _check(name: str, value: object, most: int) -> None:
    if type(value) is not int or not 2 <= value <= most:
        raise ValueError(
            f"SinusoidalExplorer: {name} is {value!r}, the limit is a whole number from 2 to {most}"
        )
