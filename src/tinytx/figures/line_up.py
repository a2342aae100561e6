"""The line-up: loss curves without names, some of them of broken models, for the reader to find."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Collection, Mapping, Sequence

from ..wording import fixed
from .arrays import numbers
from .component import Figure, table

MOST_CURVES = 26
MOST_POINTS = 300
ASK = "Which of these models are broken? Mark them, then see."


class LineUp(Figure):
    """Curves named A, B, C and so on; the reader marks the broken ones and then sees which were.

    The order is shuffled by a hash of the names: the same every time, and no order that was given.
    Nothing that can be read says which is broken before the reader asks. The words do not either:
    :meth:`answers` gives them apart.

    Parameters
    ----------
    curves
        The losses of each model by its name, one for each step: 2 to 26 curves, at most 300 points.
    broken
        The names of those that are broken.
    steps
        At which steps the losses were taken, ascending.
    reveal
        What is told of a model when the answers are shown: a line for each broken one, and for
        others if there is something to say.
    unit
        Of the losses.
    ask
        The question above the curves.

    Raises
    ------
    ValueError
        If lengths or names do not fit, or a loss is not finite.

    >>> line_up = LineUp({"sound": [2.1, 1.4], "no mask": [2.1, 0.2]}, {"no mask"}, [0, 100],
    ...                  {"no mask": "It reads the answer."})
    >>> print(line_up)
    LineUp: 2 curves, steps 0 to 100, loss in nats. Which of these models are broken? ...
    A: 2.100 at step 0, 1.400 at step 100
    B: 2.100 at step 0, 0.200 at step 100
    The answers: print(figure.answers())
    >>> print(line_up.answers())
    A: not broken: sound
    B: broken: no mask. It reads the answer.
    """

    kind = "line-up"
    scripts = ("parts.js", "chart.js", "scale.js", "line-up.js")
    styles = ("parts.css", "chart.css", "controls.css", "line-up.css")

    def __init__(
        self,
        curves: Mapping[str, Sequence[float]],
        broken: Collection[str],
        steps: Sequence[int],
        reveal: Mapping[str, str],
        unit: str = "nats",
        ask: str = ASK,
    ):
        self.steps = _steps(steps)
        _check_names(curves, broken, reveal)
        self.curves = {str(name): _losses(name, curves[name], steps) for name in shuffled(curves)}
        self.broken = set(map(str, broken))
        self.reveal = {str(name): str(line) for name, line in reveal.items()}
        self.unit, self.ask = str(unit), str(ask)

    def data(self) -> dict[str, object]:
        """Return the curves in their shuffled order, with what is told of each at the end."""
        return {
            "curves": [
                {
                    "loss": loss,
                    "name": name,
                    "broken": name in self.broken,
                    "reveal": self.reveal.get(name, ""),
                }
                for name, loss in self.curves.items()
            ],
            "steps": self.steps,
            "unit": self.unit,
            "ask": self.ask,
        }

    def words(self) -> str:
        """Return a few losses of each curve, and nothing of who is broken."""
        lines = [f"LineUp: {self._about()} {self.ask}"]
        lines += [f"{name}: {', '.join(told)}" for name, told in self._told()]
        return "\n".join([*lines, "The answers: print(figure.answers())"])

    def answers(self) -> str:
        """Return which curves are of broken models, and what breaks them."""
        lines = []
        for letter, name in zip(_letters(), self.curves, strict=False):
            line = f"{letter}: {'broken' if name in self.broken else 'not broken'}: {name}"
            told = self.reveal.get(name)
            lines.append(f"{line}. {told}" if told else line)
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return a table of losses, and the answers folded away."""
        head = ("curve", *(f"step {self.steps[i]:,}" for i in self._shown()))
        losses = self.curves.values()
        rows = [
            (letter, *(fixed(loss[i], 3) for i in self._shown()))
            for letter, loss in zip(_letters(), losses, strict=False)
        ]
        answers = "".join(f"<li>{html.escape(line)}</li>" for line in self.answers().splitlines())
        return (
            f"<p>{html.escape(self.ask)}</p>{table(self._about(), head, rows)}"
            f"<details><summary>The answers</summary><ul>{answers}</ul></details>"
        )

    def _about(self) -> str:
        first, last = self.steps[0], self.steps[-1]
        return f"{len(self.curves)} curves, steps {first:,} to {last:,}, loss in {self.unit}."

    def _shown(self) -> list[int]:
        last = len(self.steps) - 1
        return sorted({last * i // 5 for i in range(6)})

    def _told(self) -> list[tuple[str, list[str]]]:
        return [
            (letter, [f"{fixed(loss[i], 3)} at step {self.steps[i]:,}" for i in self._shown()])
            for letter, loss in zip(_letters(), self.curves.values(), strict=False)
        ]


def shuffled(names: Collection[str]) -> list[str]:
    """Return the names in an order that none of them tells, the same every time.

    >>> shuffled(["a", "b", "c", "d"]) == shuffled(["d", "c", "b", "a"])
    True
    """
    salt = "|".join(sorted(map(str, names)))
    return sorted(names, key=lambda name: hashlib.sha256(f"{name}|{salt}".encode()).hexdigest())


def _letters() -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _steps(steps: Sequence[int]) -> list[int]:
    found = [int(step) for step in steps]
    if not 2 <= len(found) <= MOST_POINTS:
        raise ValueError(
            f"LineUp: steps has {len(found):,}, the limit is 2 to {MOST_POINTS}; "
            "take every tenth, with the losses that belong to it"
        )
    if sorted(set(found)) != found:
        raise ValueError("LineUp: steps must ascend, each step once")
    return found


def _losses(name: str, losses: Sequence[float], steps: Sequence[int]) -> list[float]:
    what = f"LineUp: curves[{name!r}]"
    found = numbers(what, losses, "N", (10**6,)).tolist()
    if len(found) != len(steps):
        raise ValueError(
            f"{what} has {len(found)} losses and must have {len(steps)}, one for each step"
        )
    return [float(f"{loss:.4g}") for loss in found]


def _check_names(
    curves: Mapping[str, Sequence[float]], broken: Collection[str], reveal: Mapping[str, str]
) -> None:
    if not 2 <= len(curves) <= MOST_CURVES:
        raise ValueError(
            f"LineUp: curves has {len(curves)}, the limit is 2 to {MOST_CURVES}; "
            "make a second figure for the rest"
        )
    if isinstance(broken, str):
        raise ValueError(f"LineUp: broken is the string {broken!r} and must be a set of names")
    for what, names in (("broken", broken), ("reveal", reveal)):
        for name in names:
            if name not in curves:
                raise ValueError(f"LineUp: {what} has {name!r}, and no curve has that name")
    for name in broken:
        if name not in reveal:
            raise ValueError(f"LineUp: reveal lacks {name!r}; say in a line what breaks it")
