"""The roofline explorer: what bounds each operation of a step, memory or arithmetic."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tinytx.config import GPTConfig
from tinytx.presets import PRESETS
from tinytx.speed import H100, Machine, StepTimes, Work, decoding_step, training_step

from .arrays import unboxed
from .component import Figure, table
from .roofline_terms import NODES, at_width, terms, unit_of

ASK = (
    "From which batch do the products of decoding leave the slope? Which operation never does, "
    "however large the batch, and why?"
)
STEPS: dict[str, Callable[..., list[Work]]] = {"training": training_step, "decoding": decoding_step}
BATCHES = [2**i for i in range(11)]
WIDTHS = (64, 128, 256, 512, 768, 1024, 1536, 2048, 4096, 8192)
MOST = 4  # machines
UNITS = ((1e9, "ns"), (1e6, "µs"), (1e3, "ms"), (1, "s"))


class Sizes(NamedTuple):
    """Where the sliders stand."""

    B: int
    T: int
    D: int


class RooflineExplorer(Figure):
    """The roofline of a machine, and on it every operation of a training step or of decoding.

    Both axes are logarithmic: to the right operations for each byte, upwards operations a second.
    Where an operation stands is bounded by the slope, memory's bandwidth, or by the roof, the
    arithmetic; the larger its spot, the more of the least time it takes. The reader chooses the
    machine, and moves batch, length and width. Counts are those of :mod:`tinytx.speed`.

    With ``times``, the measured speed of each operation stands below its bound, as long as the
    sliders are where the measurement was made.

    *To find by playing:* from which batch the products of decoding leave the slope, and what never
    does.

    Parameters
    ----------
    machine
        What was measured, such as :func:`tinytx.speed.measure_machine` gives; shown first.
    config
        The model; GPT-2 with 124 million parameters if None. Heads and MLP keep their share of the
        width when that is moved; the slider for tokens goes to its ``context_length``.
    B, T
        Where the sliders start: batch, and positions; half the context if None.
    times
        Where the time of a training step at B and T went, on ``machine``; None to show limits only.
    others
        Machines to choose beside; the datasheet of one GPU if left out.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If an argument is of another kind, there are too many machines, or a size has no stop.

    >>> machine = Machine("A laptop", gflops=200, gbytes=40)
    >>> for line in str(RooflineExplorer(machine, B=8, ask="")).splitlines()[:5]:
    ...     print(line[:92])
    RooflineExplorer: n_layer 12, d_model 768, d_ff 3,072, n_head 12, vocab_size 50,257
    A laptop: 200 GFLOP/s, 40.0 GB/s, ridge at 5.00 operations a byte
      Training, batch 8, 512 tokens, width 768: 17 of 33 operations are on the slope, bounded by
      Decoding, batch 8, 512 tokens, width 768: 15 of 15 operations are on the slope, bounded by
      Decoding leaves the slope: up_proj at batch 11; scores at no batch
    """

    kind = "roofline-explorer"
    scripts = (
        "parts.js", "picker.js", "chart.js", "scale.js", "log-axis.js", "titled.js",
        "roofline-counts.js", "roofline-view.js", "roofline-explorer.js",
    )  # fmt: skip
    styles = ("parts.css", "chart.css", "controls.css", "picker.css", "roofline-explorer.css")

    def __init__(
        self,
        machine: Machine,
        config: GPTConfig | None = None,
        B: int = 1,
        T: int | None = None,
        times: StepTimes | None = None,
        others: Sequence[Machine] = (H100,),
        ask: str = ASK,
    ):
        machines = [machine, *others]
        _check(machines, times)
        self.machines = [_rounded(one) for one in machines]  # once: the words, then the page's data
        config = PRESETS["gpt2"] if config is None else config
        training_step(config, 1, 1)  # refuses what is no configuration, or is not counted
        T = max(1, config.context_length // 2) if T is None else T
        self.sizes = Sizes(unboxed(B), unboxed(T), config.d_model)
        if config.context_length < NODES[1][-1]:
            raise ValueError(
                f"RooflineExplorer: config.context_length is {config.context_length} and must be "
                f"at least {NODES[1][-1]}: there is nothing to move"
            )
        for name, one in self.sizes._asdict().items():
            most = f" to context_length {config.context_length}" if name == "T" else ""
            if type(one) is not int or one < 1 or (most and one > config.context_length):
                raise ValueError(
                    f"RooflineExplorer: {name} is {one!r} and must be an integer from 1{most}"
                )
        self.config = config
        self.times, self.ask = times, str(ask)

    def works(self, step: str, sizes: Sizes, machine: Machine) -> list[Work]:
        """Return the operations of ``"training"`` or ``"decoding"`` at these sizes."""
        config = at_width(self.config, sizes.D)
        dtype = "bfloat16" if machine.number == 2 else "float32"
        return STEPS[step](config, sizes.B, sizes.T, dtype)

    def leaves(self, name: str, machine: Machine | None = None) -> int | None:
        """Return the batch from which an operation of decoding is bounded by arithmetic.

        None if it never is. Operations grow with the batch, and so does traffic, but for what is
        read once: ``B a`` operations for ``B b + c`` bytes are at the ridge when ``B a = ridge
        (B b + c)``.
        """
        machine = self.machines[0] if machine is None else machine
        one, two = (
            next(w for w in self.works("decoding", at, machine) if w.name == name)
            for at in (self.sizes._replace(B=1), self.sizes._replace(B=2))
        )
        each = two.bytes - one.bytes
        gained = one.flops - machine.ridge * each
        if gained <= 0:
            return None
        return max(1, math.ceil(machine.ridge * (one.bytes - each) / gained - 1e-9))

    def told(self, step: str, sizes: Sizes, machine: Machine) -> str:
        """Return what the page says, with the same words."""
        works = self.works(step, sizes, machine)
        slope = [w for w in works if w.intensity < machine.ridge]
        seconds, sloped = (
            sum(machine.seconds(w.flops, w.bytes) for w in some) for some in (works, slope)
        )
        return (
            f"{step.title()}, batch {sizes.B:,}, {sizes.T:,} tokens, width {sizes.D:,}: "
            f"{len(slope)} of {len(works)} operations are on the slope, bounded by memory. At the "
            f"machine’s limits the step takes {duration(seconds)}, "
            f"{math.floor(100 * sloped / seconds + 0.5)} % of it on the slope."
        )

    def data(self) -> dict[str, object]:
        """Return the machines, the counts as polynomials, and where the sliders stop."""
        unit, D, length = unit_of(self.config), self.sizes.D, self.config.context_length
        lengths = [2**i for i in range(4, 30) if 2**i <= length]
        widths = {max(unit, round(one / unit) * unit) for one in WIDTHS}
        return {
            "ask": self.ask,
            "machines": [
                {"name": m.name, "gflops": m.gflops, "gbytes": m.gbytes, "number": m.number}
                for m in self.machines
            ],
            "steps": {name: terms(self.config, count) for name, count in STEPS.items()},
            "stops": {
                "B": sorted({*BATCHES, self.sizes.B}),
                "T": sorted({*lengths, length, self.sizes.T}),
                "D": sorted({*widths, D}),
            },
            "sizes": self.sizes._asdict(),
            "reached": self._reached(),
        }  # fmt: skip

    def words(self) -> str:
        """Return the limits, what the page says of both steps, and where decoding turns."""
        lines = [f"RooflineExplorer: {self._model()}", *([self.ask] if self.ask else [])]
        for machine in self.machines:
            lines.append(f"{machine.name}: {limits(machine)}")
            lines += [f"  {self.told(step, self.sizes, machine)}" for step in STEPS]
            lines.append(f"  Decoding leaves the slope: {self._leaving(machine)}")
        for name, direction, rate in self._reached():
            lines.append(f"  reached by {name} {direction}: {three(rate)} GFLOP/s")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same, and a table of every operation on the first machine."""
        first = self.machines[0]
        rows = [
            (w.name, w.direction, step, three(w.intensity), bound(w, first))
            for step in STEPS
            for w in self.works(step, self.sizes, first)
        ]
        head = ("operation", "direction", "step", "operations a byte", "bounded by")
        said = [
            f"{m.name}: {limits(m)}. " + " ".join(self.told(s, self.sizes, m) for s in STEPS)
            + f" Decoding leaves the slope: {self._leaving(m)}." for m in self.machines
        ]  # fmt: skip
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        reached = table(
            "Measured, GFLOP/s", ("operation", "direction", "reached"),
            [(name, direction, three(rate)) for name, direction, rate in self._reached()],
        ) if self.times else ""  # fmt: skip
        text = "".join(f"<p>{html.escape(one)}</p>" for one in said)
        return f"{ask}{text}{table(f'Operations, {first.name}', head, rows)}{reached}"

    def _model(self) -> str:
        names = ("n_layer", "d_model", "d_ff", "n_head", "vocab_size")
        return ", ".join(f"{name} {getattr(self.config, name):,}" for name in names)

    def _leaving(self, machine: Machine) -> str:
        found = {name: self.leaves(name, machine) for name in ("up_proj", "scores")}
        return "; ".join(f"{n} at {f'batch {b:,}' if b else 'no batch'}" for n, b in found.items())

    def _reached(self) -> list[tuple[str, str, float]]:
        """Return the measured GFLOP/s of each operation that computes anything."""
        if self.times is None:
            return []
        work = {
            (w.name, w.direction): w.flops
            for w in self.works("training", self.sizes, self.machines[0])
        }
        found = [(t.name, t.direction, work.get((t.name, t.direction), 0) / t.seconds / 1e9)
                 for t in self.times.works]  # fmt: skip
        return [(name, direction, rounded(rate)) for name, direction, rate in found if rate]


def limits(machine: Machine) -> str:
    """Return a machine's two limits and where they meet."""
    return (
        f"{three(machine.gflops)} GFLOP/s, {three(machine.gbytes)} GB/s, ridge at "
        f"{three(machine.ridge)} operations a byte"
    )


def bound(work: Work, machine: Machine) -> str:
    """Return what bounds an operation on a machine."""
    return "memory" if work.intensity < machine.ridge else "arithmetic"


def duration(seconds: float) -> str:
    """Return a time of three digits with its unit; halves go up.

    >>> duration(0.00123456), duration(2e-8), duration(75)
    ('1.23 ms', '20.0 ns', '75.0 s')
    """
    scale, unit = next((each for each in UNITS[:-1] if seconds * each[0] < 999.5), UNITS[-1])
    return f"{three(seconds * scale)} {unit}"


def three(value: float) -> str:
    """Return a number above 0 with three digits, and all those before the point.

    >>> three(0), three(0.00123), three(12.345), three(989_400)
    ('0', '0.00123', '12.3', '989,400')
    """
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(value) + 1e-12))
    return f"{math.floor(value * 10**digits + 0.5) / 10**digits:,.{digits}f}"


def rounded(value: float) -> float:
    """Return a measured number with four digits: more would say nothing."""
    return float(f"{value:.4g}")


def _rounded(machine: Machine) -> Machine:
    """Return a machine with its limits as the figure says them, so that all it says agrees."""
    return replace(machine, gflops=rounded(machine.gflops), gbytes=rounded(machine.gbytes))


def _check(machines: list[Any], times: object) -> None:
    for one in machines:
        if not isinstance(one, Machine):
            raise ValueError(
                f"RooflineExplorer: machine is a {type(one).__name__} and must be a Machine: "
                "tinytx.speed.measure_machine() gives one"
            )
    if len(machines) > MOST:
        raise ValueError(f"RooflineExplorer: there are {len(machines)} machines, the limit is 4")
    if len({one.name for one in machines}) < len(machines):
        raise ValueError("RooflineExplorer: two machines have one name: give each its own")
    if times is not None and not isinstance(times, StepTimes):
        raise ValueError(
            f"RooflineExplorer: times is a {type(times).__name__} and must be a StepTimes: "
            "tinytx.speed.timed_step() gives one"
        )
