"""The optimizer explorer: SGD, momentum and Adam from one start on a surface of two weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from ..wording import fixed
from .arrays import power_of_ten, unboxed
from .component import Figure, table
from .surfaces import BETA_2, EPS, FAR, METHODS, SURFACES, Surface, path

MOST_STEPS = 200
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class OptimizerExplorer(Figure):
    """Paths of SGD, SGD with momentum and Adam, drawn from above, from the same start.

    The reader chooses a surface, a start, the rate, β and the number of steps. The paths are those
    of :class:`tinytx.manual.optim.SGD` and :class:`tinytx.manual.optim.Adam`: the page has the
    same rules. A path that gets further than 20 from the middle is said to diverge, and ends.

    Parameters
    ----------
    surface
        ``"valley"``, ``"turned"``, ``"saddle"`` or ``"noisy"``, to begin with.
    lr
        The rate of all three, from 0.001 to 1.
    beta
        Momentum, and Adam's memory of gradients: from 0 to 0.99.
    steps
        How many, from 1 to 200.
    start
        Two numbers inside the picture; each surface has its own if it is left out.

    Raises
    ------
    ValueError
        If the surface is unknown or a number is out of its range.

    >>> print(OptimizerExplorer(lr=0.09))
    OptimizerExplorer: SGD, momentum and Adam, 60 steps at rate 0.09, β 0.9 (Adam: β₂ 0.999)
    long valley from (−3.50, 1.10), height 21.3
      SGD: (−1.03, −20.01), height 5000; under 1 %: diverges, past 20 at step 13
      momentum: ...
    """

    kind = "optimizer-explorer"
    scripts = (
        "parts.js", "chart.js", "scale.js", "optimizers.js", "contours.js", "optimizer-views.js",
        "optimizer-explorer.js",
    )  # fmt: skip
    styles = ("parts.css", "chart.css", "controls.css", "optimizer-explorer.css")

    def __init__(
        self,
        surface: str = "valley",
        lr: float = 0.05,
        beta: float = 0.9,
        steps: int = 60,
        start: Sequence[float] | None = None,
    ):
        if surface not in SURFACES:
            raise ValueError(
                f"OptimizerExplorer: surface is {surface!r}, the figure knows "
                f"{', '.join(map(repr, SURFACES))}"
            )
        steps = unboxed(steps)
        if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
            raise ValueError(
                f"OptimizerExplorer: steps is {steps!r}, the limit is a whole number from 1 to "
                f"{MOST_STEPS}"
            )
        self.surface = surface
        self.lr = _number("lr", lr, 0.001, 1)
        self.beta = _number("beta", beta, 0, 0.99)
        self.steps = steps
        self.start = SURFACES[surface].start if start is None else _start(SURFACES[surface], start)

    def data(self) -> dict[str, object]:
        """Return the surfaces and where the reader begins; the page computes the paths."""
        names = ("surface", "lr", "beta", "steps")
        state = {name: getattr(self, name) for name in names}
        return {
            "order": list(SURFACES),
            "surfaces": {name: asdict(surface) for name, surface in SURFACES.items()},
            "state": {**state, "starts": {self.surface: self.start}, "draw": 0},
            "far": FAR,
            "beta_2": BETA_2,
            "eps": EPS,
        }

    def words(self) -> str:
        """Return where each method ends on each surface, and when it was nearly down."""
        lines = [f"OptimizerExplorer: {', '.join(METHODS[:2])} and Adam, {self._settings()}"]
        for surface, start, rows in self._results():
            height = size(surface.loss(*start) - surface.floor)
            lines.append(f"{surface.name} from {pair(start)}, height {height}")
            lines += [
                f"  {name}: {where}, height {height}; under 1 %: {did}"
                for name, where, height, did in rows
            ]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return a table for each surface."""
        head = ("method", "where it is", "height", "under 1 % of the start’s height")
        tables = [
            table(f"The {surface.name} from {pair(start)}", head, rows)
            for surface, start, rows in self._results()
        ]
        return (
            f"<p>Three optimizers, {self._settings()}; height is the loss above the lowest.</p>"
            + "".join(tables)
        )

    def _settings(self) -> str:
        steps = "1 step" if self.steps == 1 else f"{self.steps} steps"
        return f"{steps} at rate {self.lr:g}, β {self.beta:g} (Adam: β₂ {BETA_2})"

    def _results(self) -> list[tuple[Surface, tuple[float, float], list[tuple[str, ...]]]]:
        found = []
        for key, surface in SURFACES.items():
            start = self.start if key == self.surface else surface.start
            rows = [self._row(surface, name, start) for name in METHODS]
            found.append((surface, start, rows))
        return found

    def _row(self, surface: Surface, name: str, start: tuple[float, float]) -> tuple[str, ...]:
        points, diverged = path(surface, name, start, self.lr, self.beta, self.steps)
        heights = [surface.loss(*point) - surface.floor for point in points]
        return name, pair(points[-1]), size(heights[-1]), did(heights, diverged)


def did(heights: Sequence[float], diverged: int | None) -> str:
    """Return from where on a path is under 1 % of its first height, as the script says it.

    >>> did([100, 9, 0.5, 2, 0.9], None), did([4, 3], None), did([4, 9], 1)
    ('from step 4', 'not yet', 'diverges, past 20 at step 1')
    """
    if diverged:
        return f"diverges, past {FAR:g} at step {diverged}"
    high = [step for step, height in enumerate(heights) if not height <= heights[0] / 100]
    below = high[-1] + 1 if high else 0
    if below < len(heights):
        return f"from step {below}"
    return "not yet"


def pair(point: Sequence[float]) -> str:
    """Return a point with two decimals.

    >>> pair((-3.5, 1.1))
    '(−3.50, 1.10)'
    """
    return f"({', '.join(fixed(value, 2) for value in point)})"


def size(value: float) -> str:
    """Return a height with three digits, and a power of ten where it is small or large.

    >>> size(21.26), size(0.00123), size(0.000416), size(2e6), size(1e-13)
    ('21.3', '0.00123', '4.2 · 10⁻⁴', '2.0 · 10⁶', '0')
    """
    if value < 1e-12:
        return "0"
    if 0.001 <= value < 1e5:
        factor, power = power_of_ten(value, 2)
        return f"{float(f'{factor}e{power}'):.12f}".rstrip("0").rstrip(".")
    factor, power = power_of_ten(value, 1)
    return f"{factor} · 10{str(power).translate(RAISED)}"


def _number(name: str, value: float, low: float, high: float) -> float:
    value = unboxed(value)
    if type(value) not in (int, float) or not low <= value <= high:
        raise ValueError(f"OptimizerExplorer: {name} is {value!r}, the limit is {low} to {high}")
    return value


def _start(surface: Surface, start: Sequence[float]) -> tuple[float, float]:
    try:
        x, y = map(float, start)
    except (TypeError, ValueError):
        raise ValueError(
            f"OptimizerExplorer: start is {start!r} and must be two numbers, such as (-1, 0.5)"
        ) from None
    if not (math.isfinite(x + y) and abs(x) <= surface.x and abs(y) <= surface.y):
        raise ValueError(
            f"OptimizerExplorer: start is {x, y}, the picture of the {surface.name} ends at "
            f"±{surface.x:g} and ±{surface.y:g}; pass a point inside"
        )
    return x, y
