"""The scaling explorer: loss against compute, and which constant makes it a straight line."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

from ..wording import fixed
from .arrays import power_of_ten, unboxed
from .component import Figure, table
from .scaling_runs import AXES, Line, Run, checked, chosen, line, on_line, small, straightest

ASK = (
    "Fit E from the small runs alone: hold out the largest decade and move E until the frontier is "
    "as straight as it gets. How far from the exact entropy do you land, and do the runs that were "
    "held out come where the line says?"
)
STEPS = (1, 2, 5)
STOPS = 150  # at least, from E = 0 to the smallest loss
BEYOND = 1.03  # of the smallest loss: as far as E goes
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NAMES = {"compute": "compute", "parameters": "the parameters", "tokens": "the tokens"}
WHICH = {
    "compute": "on the frontier",
    "parameters": "with the most tokens",
    "tokens": "of the largest model",
}


class ScalingExplorer(Figure):
    """Loss above a constant E, against compute, with both axes logarithmic; E is the reader's.

    A power law is a straight line there, if what no model gets below is taken off first. With E too
    low the frontier flattens to the right, with E too high it drops. The exact entropy is marked.
    The line goes through the frontier: the runs that a string touches which is stretched below the
    points, with the loss itself upwards; it does not depend on E. A second picture shows for each E
    how far the frontier is off its line, and where it would be straightest for each seed alone.

    The horizontal axis can be the parameters too, at the most tokens, or the tokens, at the largest
    model: then the line goes through all runs that are left, and the constant is more than the
    entropy. *Hold out the largest decade* fits the smaller runs and predicts the others.

    *To find by playing:* E from the small runs alone, and how far that is from the exact entropy.

    Parameters
    ----------
    points
        Each a mapping: ``"name"`` of the size, such as ``"4 blocks, D 64"``; ``"parameters"``;
        ``"tokens"`` that were trained on; ``"losses"``, in nats per token, one for each seed.
    floor
        The exact entropy, in nats per token.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If a number is missing, not finite or not above 0, or there are too few or too many.

    >>> law = lambda N, D: 1.5 + 30 / N**0.5 + 200 / D**0.5
    >>> sizes = {"small": 1e3, "middle": 4e3, "large": 16e3}
    >>> points = [
    ...     {"name": name, "parameters": N, "tokens": D, "losses": [law(N, D)]}
    ...     for name, N in sizes.items() for D in (1e5, 4e5, 16e5)
    ... ]
    >>> print(ScalingExplorer(points, floor=1.5, ask=""))
    ScalingExplorer: 9 runs of 3 sizes, 6.0 · 10⁸ to 1.5 · 10¹¹ operations, exact entropy 1.5000
    small, 1,000 parameters: 3.0811 at 100,000 tokens, 2.7649 at 400,000, 2.6068 at 1,600,000
    ...
    """

    kind = "scaling-explorer"
    scripts = (
        "parts.js", "chart.js", "scale.js", "log-axis.js", "titled.js", "scaling-fit.js",
        "scaling-words.js", "scaling-view.js", "scaling-explorer.js",
    )  # fmt: skip
    styles = ("parts.css", "chart.css", "controls.css", "scaling-explorer.css")

    def __init__(self, points: Sequence[Mapping[str, object]], floor: float, ask: str = ASK):
        self.runs = checked(points)
        lowest = min(run.loss for run in self.runs)
        floor = unboxed(floor)
        if not (isinstance(floor, int | float) and 0 <= floor < lowest):
            raise ValueError(
                f"ScalingExplorer: floor is {floor!r} and must be from 0 to below the smallest "
                f"mean loss, {lowest:.4f}"
            )
        self.floor, self.ask = round(float(floor), 4), str(ask)
        self.stops = _stops(lowest, self.floor)

    def fit(self, E: float, axis: str = "compute", held_out: bool = False) -> Line | None:
        """Return the line at E; None where fewer than three runs are left, or one is not above E.

        With ``held_out`` the runs of the largest decade do not count.
        """
        return line(_fitted(self.runs, axis, held_out), axis, E)

    def straightest(self, axis: str = "compute", held_out: bool = False) -> float | None:
        """Return the stop of the slider at which the runs are least off their line."""
        return straightest(_fitted(self.runs, axis, held_out), axis, self.stops)

    def alone(self, axis: str = "compute", held_out: bool = False) -> list[float]:
        """Return the same for each seed alone; nothing where runs differ in their seeds."""
        counts = {len(run.losses) for run in self.runs}
        if len(counts) > 1 or counts == {1}:
            return []
        of = [[run._replace(losses=[run.losses[i]]) for run in self.runs] for i in range(*counts)]
        found = [straightest(_fitted(runs, axis, held_out), axis, self.stops) for runs in of]
        return [E for E in found if E is not None]

    def held(self, axis: str = "compute") -> list[Run]:
        """Return the runs that are predicted: of the largest decade, on the line of all."""
        shown = chosen(self.runs, axis)
        few = small(shown, axis)
        return [run for run in on_line(shown, axis) if run not in few]

    def told(self, E: float, axis: str = "compute", held_out: bool = False) -> str:
        """Return what the page says at E, with the same words."""
        one = self.fit(E, axis, held_out)
        exact = ", the exact entropy," if self.floor == E else ""
        which = WHICH[axis]
        if one is None:
            return (
                f"With E = {fixed(E)}{exact} there is no line: it takes three runs {which}, all "
                "above E."
            )
        text = (
            f"With E = {fixed(E)}{exact} the excess goes as {NAMES[axis]} to the power "
            f"{fixed(one.exponent, 3)}; the {len(one.runs)} runs {which} are off that line by "
            f"{fixed(percent(one.off), 1)} %."
        )
        return text + (self._predicted(one, axis, E) if held_out else "")

    def _predicted(self, one: Line, axis: str, E: float) -> str:
        runs = self.held(axis)
        if not runs:
            return f" None of the runs {WHICH[axis]} is held out."
        errors = [E + one.predict(run.at(axis)) - run.loss for run in runs]
        mean = sum(map(abs, errors)) / len(errors)
        last = errors[-1]
        which = "too high" if last > 0 else "too low"
        n = "1 run that was" if len(runs) == 1 else f"{len(runs)} runs that were"
        return (
            f" It is off the {n} held out by {fixed(mean)} nats on average; for the largest it "
            f"predicts {fixed(runs[-1].loss + last)} where {fixed(runs[-1].loss)} was measured, "
            f"{fixed(abs(last))} {which}."
        )

    def data(self) -> dict[str, object]:
        """Return the runs and where E stops; the page fits."""
        runs = [{**run._asdict(), "loss": round(run.loss, 6)} for run in self.runs]
        alone = {axis: [self.alone(axis, held) for held in (False, True)] for axis in AXES}
        return {
            "ask": self.ask,
            "runs": runs,
            "floor": self.floor,
            "stops": self.stops,
            "alone": alone,
        }

    def words(self) -> str:
        """Return the losses of each size, and the lines at a few E."""
        C = [run.at("compute") for run in self.runs]
        sizes = self._sizes()
        lines = [
            f"ScalingExplorer: {len(C)} runs of {len(sizes)} sizes, {_power(min(C))} to "
            f"{_power(max(C))} operations, exact entropy {fixed(self.floor)}"
        ]
        lines += [self.ask] if self.ask else []
        for name, runs in sizes.items():
            first, *rest = [(fixed(run.loss), f"{run.tokens:,.0f}") for run in runs]
            told = [f"{first[0]} at {first[1]} tokens", *(f"{one} at {at}" for one, at in rest)]
            lines.append(f"{name}, {runs[0].parameters:,.0f} parameters: {', '.join(told)}")
        return "\n".join([*lines, *(f"{what}: {text}" for what, text in self._lines())])

    def fallback(self) -> str:
        """Return the same as two tables."""
        rows = [
            (name, f"{run.parameters:,.0f}", f"{run.tokens:,.0f}", _power(run.at("compute")),
             fixed(run.loss))
            for name, runs in self._sizes().items() for run in runs
        ]  # fmt: skip
        head = ("size", "parameters", "tokens", "operations", "loss")
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        runs = table("Runs, loss in nats per token", head, rows)
        return f"{ask}{runs}{table('Lines', ('E', 'what it gives'), self._lines())}"

    def _sizes(self) -> dict[str, list[Run]]:
        found: dict[str, list[Run]] = {}
        for run in sorted(self.runs, key=lambda run: (run.parameters, run.tokens)):
            found.setdefault(run.name, []).append(run)
        return found

    def _lines(self) -> list[tuple[str, str]]:
        found = [("zero", self.told(0.0)), ("exact", self.told(self.floor))]
        for axis in AXES:
            for held_out in (False, True):
                E = self.straightest(axis, held_out)
                if E is not None:
                    who = "small runs alone" if held_out else "all runs"
                    name = f"straightest, {axis}, {who}"
                    found.append(
                        (name, self.told(E, axis, held_out) + _range(self, axis, held_out))
                    )
        return found


def percent(off: float) -> float:
    """Return by how many per cent an excess is off, from what its logarithm is off.

    >>> round(percent(0.02), 2)
    2.02
    """
    return 100 * math.expm1(off)


def _stops(lowest: float, floor: float) -> list[float]:
    """Return where E stops: evenly, by a round step, to a little above the smallest loss."""
    power = 10.0 ** math.floor(math.log10(lowest / STOPS))
    step = max(digit * power for digit in STEPS if digit * power <= lowest / STOPS * (1 + 1e-9))
    even = [round(step * i, 6) for i in range(math.ceil(lowest * BEYOND / step) + 1)]
    return sorted({*even, floor})


def _fitted(runs: Sequence[Run], axis: str, held_out: bool) -> list[Run]:
    shown = chosen(runs, axis)
    return on_line(small(shown, axis) if held_out else shown, axis)


def _range(figure: ScalingExplorer, axis: str, held_out: bool) -> str:
    each = figure.alone(axis, held_out)
    return f" Each seed alone: E from {fixed(min(each))} to {fixed(max(each))}." if each else ""


def _power(value: float) -> str:
    factor, power = power_of_ten(value, 1)
    return f"{factor} · 10{str(power).translate(RAISED)}"
