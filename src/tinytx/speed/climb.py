"""The ladder climbed: every rung proved equal to the one before, then all of them timed in turn."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from ..manual.shapes import check_count
from .machine import Machine, measure_machine
from .rungs import Inputs, Rung, numpy_rungs, torch_rungs
from .timing import Ratio, in_turn, ratio, repeated


class Step(NamedTuple):
    """A rung, measured."""

    name: str
    what: str
    seconds: float  # for all rows, the median of the rounds
    gain: Ratio  # how many times faster than the rung before; 1 for the first
    total: Ratio  # how many times faster than the first
    share: float  # of the machine's limit, in the fastest round
    error: float  # largest difference from the rung before, as a share of the largest number
    rows: int  # how many rows were computed: time is multiplied to all of them


class Climb(NamedTuple):
    """The ladder from the bottom to the top, and what was left out, a line each."""

    steps: list[Step]
    skipped: list[str]
    machine: Machine
    limit: float  # seconds that the machine's limits allow

    def __str__(self) -> str:
        head = ("rung", "times the one before", "times the first", "of the limit")
        rows = [
            (one.name, str(one.gain) if i else "", str(one.total) if i else "", f"{one.share:.2%}")
            for i, one in enumerate(self.steps)
        ]
        wide = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, wide)).rstrip() for row in (head, *rows)]
        return "\n".join([*lines, *self.skipped])


def climb(
    N: int = 256,
    D: int = 128,
    F: int = 512,
    rounds: int = 7,
    threads: int | None = None,
    machine: Machine | None = None,
) -> Climb:
    """Return how fast each rung computes ``gelu(x @ weight.T + bias)``, (N, D) to (N, F).

    All rungs run in turn, round after round, and a gain is taken within a round: it is the ratio
    that travels, with its quartiles, and not the time. Before any clock starts, each is compared
    with the rung before.

    Parameters
    ----------
    N, D, F
        Rows, width of the input, width of the result.
    rounds
        How often each is measured, at least 3.
    threads
        How many the upper rungs use; as many as there are cores if None. The lower ones use one.
    machine
        Whose limit the shares refer to; measured with these threads if None.

    Raises
    ------
    ValueError
        If a size is not a whole number of at least 1, or there are too few rounds.
    RuntimeError
        If a rung computes something else than the one before.
    """
    threads = _cores() if threads is None else threads
    for name, value in {"N": N, "D": D, "F": F, "threads": threads}.items():
        check_count(name, value)
    if machine is None:
        with _threads(threads):
            machine = measure_machine()
    with ThreadPoolExecutor(threads) as pool:
        inputs = Inputs.drawn(N, D, F)
        rungs = [*numpy_rungs(inputs, threads, pool), *torch_rungs(inputs, threads)]
        rungs, errors, skipped = _proved(rungs)
        times = in_turn({one.name: _alone(one) for one in rungs}, rounds)
    limit = machine.seconds(2 * N * D * F, machine.number * (N * D + F * D + F + N * F))
    return Climb(_steps(rungs, errors, times, limit, N), skipped, machine, limit)


def _proved(rungs: list[Rung]) -> tuple[list[Rung], list[float], list[str]]:
    """Return the rungs that run here, how far each is from the one before, and who does not run.

    Raises
    ------
    RuntimeError
        If one is further from the one before than its numbers' precision explains.
    """
    kept: list[Rung] = []
    errors: list[float] = []
    skipped: list[str] = []
    before: Any = None
    for one in rungs:
        with _threads(_inside(one)):
            try:
                value = one.value()
            except Exception as error:  # of a compiler there are many kinds
                if one.name != "torch.compile":
                    raise
                skipped.append(f"{one.name} is left out: no C++ compiler that works here "
                               f"({type(error).__name__})")  # fmt: skip
                continue
        both = [value, value] if before is None else [value, before]
        rows = min(map(len, both))
        off = float(abs(both[0][:rows] - both[1][:rows]).max() / abs(both[1][:rows]).max())
        if not off <= one.tolerance:  # nan is not
            raise RuntimeError(f"{one.name} is {off:.1e} off the rung before")
        kept, errors, before = [*kept, one], [*errors, off], value
    return kept, errors, skipped


def _alone(one: Rung) -> Callable[[], float]:
    """Return what runs a rung with its threads and tells its seconds."""

    def run() -> float:
        with _threads(_inside(one)):
            return repeated(one.work)

    return run


def _steps(
    rungs: list[Rung], errors: list[float], times: dict[str, list[float]], limit: float, N: int
) -> list[Step]:
    whole = [[t * N / one.rows for t in times[one.name]] for one in rungs]
    found = []
    for i, (one, error) in enumerate(zip(rungs, errors, strict=True)):
        seconds = median(whole[i])
        gains = ratio(whole[max(i - 1, 0)], whole[i]), ratio(whole[0], whole[i])
        found.append(
            Step(one.name, one.what, seconds, *gains, limit / min(whole[i]), error, one.rows)
        )
    return found


def _inside(one: Rung) -> int:
    """Return how many threads the libraries may use: the rung "threads" makes its own."""
    return 1 if one.name == "threads" else one.threads


@contextlib.contextmanager
def _threads(n: int) -> Iterator[None]:
    """Let NumPy and PyTorch use ``n`` threads."""
    import torch

    before = torch.get_num_threads()
    with threadpool_limits(n):
        torch.set_num_threads(n)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows cannot say which this process may use
