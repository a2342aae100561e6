"""The treemap of a step: where the time of training goes, as areas."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from tinytx.speed import PARTS, StepTimes

from ..wording import fixed
from .component import Figure, table
from .roofline_explorer import duration, rounded

ASK = (
    "Backward, a product of matrices is twice the arithmetic of forward. Which operations take "
    "less than twice the time, and which take longer forward than backward?"
)
REST = "rest"
MOST = 6  # steps


class Tile(NamedTuple):
    """One operation of a step, in seconds."""

    name: str
    part: str
    forward: float
    backward: float
    other: float  # of the update, and of the rest, which have no direction

    def seconds(self, direction: str = "both") -> float:
        """Return the seconds in ``"forward"``, in ``"backward"``, or in all."""
        if direction == "both":
            return self.forward + self.backward + self.other
        return self.forward if direction == "forward" else self.backward


class StepTreemap(Figure):
    """Where the time of a training step goes: each operation a tile, its area the seconds.

    Tiles of one part (attention, MLP, …) lie together and share a colour. Layout by Bruls, Huizing
    and van Wijk 2000, which keeps tiles near to squares: areas are compared more easily so. The
    reader looks at forward, at backward, or at both, and goes from tile to tile.

    *To find by playing:* which operations take less than twice the time backward, and which take
    longer forward than backward?

    Parameters
    ----------
    steps
        What :func:`tinytx.speed.timed_step` gives; or several of them by name.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If it is of another kind, empty, or too many.

    >>> from tinytx.speed.step_times import Timed
    >>> works = [Timed("up_proj", "mlp", "forward", 2e-3), Timed("up_proj", "mlp", "backward", 4e-3),
    ...          Timed("update", "update", "update", 1e-3)]
    >>> print(StepTreemap(StepTimes(works, rest=1e-3, fastest=9e-3, plain=9e-3), ask=""))
    StepTreemap: where the time of a step goes
    A step: 8.00 ms
      mlp: 75.0 %
        up_proj: 6.00 ms, 75.0 % of the step (forward 2.00 ms, backward 4.00 ms)
      update: 12.5 %
        update: 1.00 ms, 12.5 % of the step
      rest: 12.5 %
        rest: 1.00 ms, 12.5 % of the step
    """  # noqa: E501

    kind = "step-treemap"
    scripts = (
        "parts.js", "picker.js", "roofline-counts.js", "treemap-layout.js", "step-treemap.js",
    )  # fmt: skip
    styles = ("parts.css", "controls.css", "picker.css", "step-treemap.css")

    def __init__(self, steps: StepTimes | Mapping[str, StepTimes], ask: str = ASK):
        named = {"A step": steps} if isinstance(steps, StepTimes) else steps
        if not isinstance(named, Mapping) or not all(
            isinstance(one, StepTimes) for one in named.values()
        ):
            raise ValueError(
                f"StepTreemap: steps is a {type(steps).__name__} and must be StepTimes, or a "
                "mapping of names to them: tinytx.speed.timed_step() gives one"
            )
        if not 1 <= len(named) <= MOST:
            raise ValueError(f"StepTreemap: steps has {len(named)}, the limit is 1 to {MOST}")
        self.steps = {str(name): tiles(one) for name, one in named.items()}
        for name, found in self.steps.items():
            if not found:
                raise ValueError(f"StepTreemap: {name!r} has no time to show: measure a step")
        self.ask = str(ask)

    def told(self, step: str, name: str, direction: str = "both") -> str:
        """Return what the page says of a tile."""
        all_ = self.steps[step]
        one = next(tile for tile in all_ if tile.name == name)
        seconds, whole = one.seconds(direction), sum(tile.seconds(direction) for tile in all_)
        of = "the step" if direction == "both" else f"the {direction} pass"
        each = "" if direction != "both" or one.other else (
            f" (forward {duration(one.forward)}, backward {duration(one.backward)})"
        )  # fmt: skip
        return f"{name}: {duration(seconds)}, {percent(seconds / whole)} of {of}{each}"

    def data(self) -> dict[str, object]:
        """Return the tiles of each step; the page lays them out."""
        return {
            "ask": self.ask,
            "steps": [
                {"name": name, "tiles": [one._asdict() for one in found]}
                for name, found in self.steps.items()
            ],
        }

    def words(self) -> str:
        """Return every part and every tile with its share."""
        lines = ["StepTreemap: where the time of a step goes", *([self.ask] if self.ask else [])]
        for step, found in self.steps.items():
            whole = sum(tile.seconds() for tile in found)
            lines.append(f"{step}: {duration(whole)}")
            for part, seconds in by_part(found).items():
                lines.append(f"  {part}: {percent(seconds / whole)}")
                names = [tile.name for tile in found if tile.part == part]
                lines += [f"    {self.told(step, name)}" for name in names]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same as a table for each step."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        tables = []
        for step, found in self.steps.items():
            whole = sum(tile.seconds() for tile in found)
            rows = [
                (tile.name, tile.part, duration(tile.seconds()), percent(tile.seconds() / whole))
                for tile in found
            ]
            caption = f"{step}: {duration(whole)}"
            tables.append(table(caption, ("operation", "part", "time", "share"), rows))
        return ask + "".join(tables)


def tiles(times: StepTimes) -> list[Tile]:
    """Return a step's operations, largest part first, and within it largest operation first."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for one in times.works:
        found.setdefault((one.name, one.part), defaultdict(float))[one.direction] += one.seconds
    made = [
        Tile(name, part, *(rounded(each[key]) for key in ("forward", "backward", "update")))
        for (name, part), each in found.items()
    ]
    if times.rest > 0:
        made.append(Tile(REST, REST, 0, 0, rounded(times.rest)))
    parts = by_part(made)
    return sorted(made, key=lambda tile: (-parts[tile.part], place(tile.part), -tile.seconds()))


def by_part(found: list[Tile]) -> dict[str, float]:
    """Return the seconds of each part, largest first."""
    sums: dict[str, float] = defaultdict(float)
    for tile in found:
        sums[tile.part] += tile.seconds()
    return dict(sorted(sums.items(), key=lambda item: (-item[1], place(item[0]))))


def place(part: str) -> int:
    """Return the place of a part among all of them; it decides between equals, and the colour."""
    return PARTS.index(part) if part in PARTS else len(PARTS)


def percent(share: float) -> str:
    """Return a share in per cent."""
    return f"{fixed(100 * share, 1)} %"
