"""The experiment browser: two arms of a recorded experiment, their curves and their differences."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..wording import fixed
from .arm_runs import Arm, Setting, settings
from .component import Figure, table

if TYPE_CHECKING:
    from tinytx.experiments.statistics import Difference

ASK = (
    "Find two arms that only the pairs tell apart: the paired interval leaves out 0, the unpaired "
    "one holds it. Then two that the first two or three seeds tell apart, and all of them do not."
)
MOST_DIGITS = 6  # of an interval's ends
QUANTILES = 121  # of Student's t: between them the page goes on by their logarithms
UNIT = "nats per token"


class ExperimentBrowser(Figure):
    """Two arms of one experiment: their curves, and what their paired seeds say of the difference.

    The reader chooses an experiment, its data, two arms and how many seeds count. On one side the
    loss at each step, a thin line for each seed and a thick one for their mean, with the floor; on
    the other B − A, seed by seed, with the t interval of the pairs and, below it, that of the same
    runs taken as if they were no pairs. A sentence says what that shows. The page computes the
    intervals as :mod:`tinytx.experiments.statistics` does.

    A run whose loss is ``None``, ``nan`` or infinite has diverged: it is said, and its pair is left
    out. A run whose curve ends within a tenth of the way down, from where the arms begin to the
    floor, *did not learn*: it is said, and it counts.

    *To find by playing:* two arms that only the pairs tell apart, and two that a few seeds tell
    apart and all of them do not.

    Parameters
    ----------
    experiments
        Name → ``{"question": str, "data": {name → {"floor", "steps", "arms"}}}``. ``floor`` is the
        exact entropy, in nats per token; ``steps`` says at which steps the curves were measured;
        ``arms`` is name → ``{"lr", "losses", "curves", "note"}``, with one loss a seed, one curve a
        seed, and a note that may be left out. Seeds are paired by their place. The first arm is
        what the words compare the others with.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If something is missing, sizes do not fit, or there are fewer than two seeds or arms.

    >>> arms = {
    ...     "plain": {"lr": 0.01, "losses": [1.2, 1.5, 1.4], "curves": [[1.2], [1.5], [1.4]]},
    ...     "other": {"lr": 0.02, "losses": [1.1, 1.41, 1.3], "curves": [[1.1], [1.41], [1.3]]},
    ... }
    >>> data = {"tokens": {"floor": 1.0, "steps": [100], "arms": arms}}
    >>> print(ExperimentBrowser({"an idea": {"question": "Does it help?", "data": data}}, ask=""))
    ExperimentBrowser: 1 experiment, losses in nats per token
    an idea: Does it help?
      tokens, 3 seeds, floor 1.0000
        plain: rate 0.01, ends at 1.3667
        other: rate 0.02, ends at 1.2700
          B (other) ends 0.097 nats per token lower than A (plain) [0.082, 0.111]: ...
          Unpaired: −0.097 [−0.448, +0.255]
    """

    kind = "experiment-browser"
    scripts = (
        "parts.js", "picker.js", "chart.js", "scale.js", "log-axis.js", "titled.js",
        "differences.js", "experiment-words.js", "experiment-view.js", "experiment-browser.js",
    )  # fmt: skip
    styles = ("parts.css", "chart.css", "controls.css", "picker.css", "experiment-browser.css")

    def __init__(self, experiments: Mapping[str, Mapping[str, object]], ask: str = ASK):
        self.settings = settings(experiments)
        self.questions = {str(n): str(one["question"]) for n, one in experiments.items()}
        self.ask = str(ask)

    def difference(
        self, experiment: str, data: str, a: str, b: str, seeds: int | None = None
    ) -> tuple[Difference, Difference] | None:
        """Return ``b - a`` over the first ``seeds`` seeds, paired and unpaired.

        None where fewer than two pairs have both losses.
        """
        # Here and not above: SciPy's distributions take their time to import.
        from tinytx.experiments.statistics import paired_difference, unpaired_difference

        setting = self.settings[experiment][data]
        pairs = _pairs(setting.arms[a], setting.arms[b], seeds)
        if len(pairs) < 2:
            return None
        one, other = np.array(pairs).T
        return paired_difference(one, other), unpaired_difference(one, other)

    def told(self, experiment: str, data: str, a: str, b: str, seeds: int | None = None) -> str:
        """Return what the page says of two arms, with the same words."""
        setting = self.settings[experiment][data]
        seeds = seeds or setting.seeds
        names = {"A": a, "B": b}
        if a == b:
            return "A and B are the same arm: choose another."
        trouble = "".join(
            _trouble(setting, f"{letter} ({name})", setting.arms[name], seeds)
            for letter, name in names.items()
        )
        found = self.difference(experiment, data, a, b, seeds)
        if not found:
            return f"{trouble}Fewer than two pairs are left: no interval."
        left = found[0].n
        some = "" if left == seeds else f"In the {left} pairs that are left: "
        return trouble + some + _verdict(found[0], f"A ({a})", f"B ({b})")

    def data(self) -> dict[str, object]:
        """Return all runs, and the quantiles that intervals need."""
        most = max(one.seeds for data in self.settings.values() for one in data.values())
        return {
            "ask": self.ask,
            "t": quantiles(2 * most - 2),
            "experiments": [
                {
                    "name": name,
                    "question": self.questions[name],
                    "data": [one.shipped() for one in data.values()],
                }
                for name, data in self.settings.items()
            ],
        }

    def words(self) -> str:
        """Return each arm's rate and loss, and its difference from the first arm."""
        n = len(self.settings)
        lines = [f"ExperimentBrowser: {n} experiment{'s' * (n > 1)}, losses in {UNIT}"]
        lines += [self.ask] if self.ask else []
        for name, data in self.settings.items():
            lines.append(f"{name}: {self.questions[name]}")
            for setting in data.values():
                lines.append(f"  {_heading(setting)}")
                for arm, rate, mean, *rest in self._rows(name, setting):
                    lines.append(f"    {arm}: rate {rate}, ends at {mean}")
                    lines += [f"      {text}" for text in rest if text]
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same as a table for each experiment and data."""
        head = ("arm", "rate", "ends at", "against the first arm", "unpaired", "note")
        parts = [f"<p>{html.escape(self.ask)}</p>"] if self.ask else []
        for name, data in self.settings.items():
            parts.append(f"<p>{html.escape(name)}: {html.escape(self.questions[name])}</p>")
            for one in data.values():
                parts.append(table(f"{name}, {_heading(one)}", head, self._rows(name, one)))
        return "".join(parts)

    def _rows(self, experiment: str, setting: Setting) -> list[tuple[str, ...]]:
        """Return arm, rate, mean, sentence, unpaired interval and note, for each arm."""
        first = next(iter(setting.arms))
        rows: list[tuple[str, ...]] = []
        for name, arm in setting.arms.items():
            row = (name, f"{arm.lr:g}", _mean(arm))
            where = experiment, setting.name, first, name
            if name == first:
                rows.append((*row, _trouble(setting, name, arm, setting.seeds), "", arm.note))
                continue
            found = self.difference(*where)
            unpaired = f"Unpaired: {_signed(found[1], digits(found[0]))}" if found else ""
            rows.append((*row, self.told(*where), unpaired, arm.note))
        return rows


def quantiles(most: int) -> dict[str, object]:
    """Return Student's t that leaves 2.5 % above it, where 1/df goes evenly from 1/most to 1.

    >>> quantiles(4)["values"][0], quantiles(4)["values"][-1]
    (2.776445, 12.706205)
    """
    from scipy.stats import t

    first = 1 / most
    places = [first + (1 - first) * i / (QUANTILES - 1) for i in range(QUANTILES)]
    return {"first": first, "values": [round(float(t.ppf(0.975, 1 / u)), 6) for u in places]}


def digits(difference: Difference) -> int:
    """Return how many decimals tell an interval: three, or four if it is narrow.

    One that leaves out 0 has as many as show it: its nearer end is not written as 0.
    """
    low, high = difference.low, difference.high
    n, nearer = (3 if high - low >= 0.01 else 4), min(abs(low), abs(high))
    while low * high > 0 and n < MOST_DIGITS and not float(fixed(nearer, n)):
        n += 1
    return n


def _signed(difference: Difference, n: int) -> str:
    """Return mean and interval; an end that is rounded to nothing keeps its sign."""
    mean, low, high = (
        ("−" if value < 0 else "+") + fixed(abs(value), n)
        for value in (difference.mean, difference.low, difference.high)
    )
    return f"{mean} [{low}, {high}]"


def _pairs(a: Arm, b: Arm, seeds: int | None) -> list[tuple[float, float]]:
    both = zip(a.losses[:seeds], b.losses[:seeds], strict=True)
    return [(one, other) for one, other in both if one is not None and other is not None]


def _verdict(difference: Difference, a: str, b: str) -> str:
    mean, low, high = difference.mean, difference.low, difference.high
    n = digits(difference)
    if low > 0 or high < 0:
        which = "higher" if mean > 0 else "lower"
        ends = sorted((abs(low), abs(high)))
        return (
            f"{b} ends {fixed(abs(mean), n)} {UNIT} {which} than {a} "
            f"[{fixed(ends[0], n)}, {fixed(ends[1], n)}]: the interval leaves out 0."
        )
    shown, interval = _signed(difference, n).split(" ", 1)
    return (
        f"No difference seen: {b} less {a} is {shown} {UNIT} {interval}; the interval holds 0, "
        f"and differences of up to {fixed(max(abs(low), abs(high)), n)}."
    )


def _trouble(setting: Setting, name: str, arm: Arm, seeds: int) -> str:
    losses = arm.losses[:seeds]
    lost = sum(loss is None for loss in losses)
    stuck = sum(setting.is_stuck(arm, seed) for seed in range(seeds))
    of = f"of {seeds} seeds"
    told = f"{name} diverged in {lost} {of}. " if lost else ""
    return told + (f"{name} did not learn in {stuck} {of}. " if stuck else "")


def _heading(setting: Setting) -> str:
    return f"{setting.name}, {setting.seeds} seeds, floor {fixed(setting.floor)}"


def _mean(arm: Arm) -> str:
    known = [loss for loss in arm.losses if loss is not None]
    return fixed(sum(known) / len(known)) if known else "no loss"
