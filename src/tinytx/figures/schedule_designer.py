"""The schedule designer: warm-up and decay as a curve to shape, with the options that make it."""

from __future__ import annotations

import math

from ..wording import fixed
from .arrays import unboxed
from .component import Figure, table

KINDS = ("cosine", "linear", "constant", "trapezoidal")
MOST_STEPS = 20_000
ASK = (
    "Two of the four have the same area, whatever else you set: which? And how long must a "
    "trapezoid’s fall be to have it too? Keep a curve to compare."
)
FIELDS = ("lr", "steps", "warmup_steps", "min_lr", "schedule", "decay_steps")


class ScheduleDesigner(Figure):
    """The learning rate of a run, step by step: choose the peak, the warm-up and how it falls.

    It shows the rate at the chosen step, and the area: the sum of all rates, told as the number of
    steps at the peak that has the same sum. The rates are those of
    :func:`tinytx.training.get_lr`, and the line below is what ``tinytx train`` has to be told.

    Parameters
    ----------
    lr
        The peak.
    steps
        Of the whole run: 2 to 20,000.
    warmup_steps
        How many of them climb.
    min_lr
        Where a falling rate ends.
    schedule
        ``"cosine"``, ``"linear"``, ``"constant"`` or ``"trapezoidal"``.
    decay_steps
        How many steps the trapezoid's fall takes; a fifth of ``steps`` if left out.

    Raises
    ------
    ValueError
        As :func:`tinytx.training.get_lr`, or if there are too many steps.

    >>> print(ScheduleDesigner(lr=0.01, steps=100, warmup_steps=10, min_lr=0))
    ScheduleDesigner: peak 0.01, 100 steps, 10 of them climb, lowest rate 0
    cosine: 0.001 at step 0, 0.01 at step 9, 0.0086 at step 32, ... area 51.0 steps at the peak
    ...
    tinytx train tales --steps 100 --lr 0.01 --min-lr 0 --warmup-steps 10 --schedule cosine
    """

    kind = "schedule-designer"
    scripts = (
        "parts.js",
        "chart.js",
        "scale.js",
        "schedule.js",
        "schedule-view.js",
        "schedule-designer.js",
    )
    styles = ("parts.css", "chart.css", "controls.css", "schedule-designer.css")

    def __init__(
        self,
        lr: float = 3e-4,
        steps: int = 1000,
        warmup_steps: int = 100,
        min_lr: float = 3e-5,
        schedule: str = "cosine",
        decay_steps: int | None = None,
    ):
        lr, steps, warmup_steps = unboxed(lr), unboxed(steps), unboxed(warmup_steps)
        min_lr, decay_steps = unboxed(min_lr), unboxed(decay_steps)
        for name, value in (("steps", steps), ("warmup_steps", warmup_steps)):
            _check_whole(name, value, 2 if name == "steps" else 0)
        if decay_steps is not None:
            _check_whole("decay_steps", decay_steps, 1)
        self.lr, self.steps, self.warmup_steps = lr, steps, warmup_steps
        self.min_lr, self.schedule = min_lr, schedule
        self.decay_steps = decay_steps
        if schedule == "trapezoidal" and decay_steps is None:
            self.decay_steps = max(1, min(steps // 5, steps - warmup_steps))
        self.rate(0)  # checks what is left to check

    def rate(self, step: int, schedule: str | None = None) -> float:
        """Return the rate at ``step``, under another schedule if asked."""
        # Here and not above: training draws its curves with this package's colours.
        from tinytx.training.schedules import get_lr

        schedule = schedule or self.schedule
        decay_steps = self._fall() if schedule == "trapezoidal" else None
        if schedule == self.schedule:
            decay_steps = self.decay_steps
        return get_lr(
            step, lr=self.lr, steps=self.steps, warmup_steps=self.warmup_steps,
            min_lr=self.min_lr, schedule=schedule, decay_steps=decay_steps,
        )  # fmt: skip

    def area(self, schedule: str | None = None) -> float:
        """Return the sum of all rates, in steps at the peak.

        The sum is rounded once. Added one by one, a thousand equal rates lose enough to print 860.9
        for 860.95; Python adds so up to 3.11, and from 3.12 on it makes up for what is lost.
        """
        return math.fsum(self.rate(step, schedule) for step in range(self.steps)) / self.lr

    def options(self) -> str:
        """Return what ``tinytx train`` is told for this schedule."""
        told = {
            "steps": self.steps, "lr": self.lr, "min-lr": self.min_lr,
            "warmup-steps": self.warmup_steps, "schedule": self.schedule,
        }  # fmt: skip
        if self.schedule == "trapezoidal":
            told["decay-steps"] = self.decay_steps
        return " ".join(f"--{name} {_plain(value)}" for name, value in told.items())

    def data(self) -> dict[str, object]:
        """Return where the sliders start; the page computes the rates."""
        plan = {name: getattr(self, name) for name in FIELDS}
        return {"plan": {**plan, "decay_steps": self._fall()}, "kinds": KINDS, "ask": ASK}

    def words(self) -> str:
        """Return rates and area of each kind of decay, and the options of the chosen one."""
        start = (
            f"ScheduleDesigner: peak {_plain(self.lr)}, {self.steps:,} steps, "
            f"{self.warmup_steps:,} of them climb, lowest rate {_plain(self.min_lr)}"
        )
        lines = [start]
        for kind, rates, area in self._rows():
            told = ", ".join(f"{rate} at step {step}" for step, rate in rates)
            lines.append(f"{kind}: {told}; area {area} steps at the peak")
        return "\n".join([*lines, f"tinytx train tales {self.options()}"])

    def fallback(self) -> str:
        """Return the same as a table."""
        rows = self._rows()
        head = ("decay", *(f"step {step}" for step, _ in rows[0][1]), "area, in steps at the peak")
        cells = [(kind, *(rate for _, rate in rates), area) for kind, rates, area in rows]
        return (
            f"{table('The learning rate of four schedules', head, cells)}"
            f"<p><code>tinytx train tales {self.options()}</code></p>"
        )

    def _fall(self) -> int:
        most = max(1, self.steps - self.warmup_steps)
        return min(most, self.decay_steps or max(1, self.steps // 5))

    def _rows(self) -> list[tuple[str, list[tuple[int, str]], str]]:
        W, N = self.warmup_steps, self.steps
        shown = sorted({0, max(0, W - 1), *(min(N - 1, W + (N - W) * i // 4) for i in range(1, 5))})
        rows = []
        for kind in KINDS:
            if kind == "trapezoidal" and W >= N:
                continue  # no step is left to fall in
            rates = [(step, f"{self.rate(step, kind):.3g}") for step in shown]
            rows.append((kind, rates, fixed(self.area(kind), 1)))
        return rows


def _plain(value: object) -> str:
    """Return a number without an exponent, as the script writes it; a name as it is."""
    return value if isinstance(value, str) else f"{value:.12f}".rstrip("0").rstrip(".")


def _check_whole(name: str, value: object, low: int) -> None:
    if type(value) is not int or not low <= value <= MOST_STEPS:
        raise ValueError(
            f"ScheduleDesigner: {name} is {value!r}, the limit is a whole number from {low} to "
            f"{MOST_STEPS:,}"
        )
