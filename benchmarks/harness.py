"""A small harness: named contenders, timed in turn, reported as medians and ratios.

The contenders run *interleaved*: each round runs all of them once, and the next round begins with
another one. What slows the machine down for a while then slows all of them, and a ratio is taken
within each round before the median over the rounds. A time is the machine's; a ratio travels.
"""

from __future__ import annotations

import gc
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from tinytx.files import write_atomic

Times = dict[str, list[float]]  # seconds of each round, by contender

README = Path(__file__).parents[1] / "README.md"
MIN_ROUNDS = 5
# Seconds; OpenBLAS's threads wait for work for 0.1 s, at the cost of whoever comes next. Times that
# nobody will quote need no rest before them.
REST = 0.0 if "--quick" in sys.argv else 0.2


def compare(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = MIN_ROUNDS,
    clock: Callable[[], float] = perf_counter,
) -> Times:
    """Time each contender once a round, after one round that does not count.

    Before the next one's clock starts, the garbage of one contender is collected, and its threads
    have gone to sleep: right after NumPy, five steps of PyTorch took twice their time.
    """
    if rounds < MIN_ROUNDS:
        raise ValueError(f"rounds is {rounds}, too few for a median; give {MIN_ROUNDS} or more")
    names = list(contenders)
    times: Times = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            sleep(REST)
            start = clock()
            contenders[name]()
            if number:
                times[name].append(clock() - start)
    return times


def ratio(times: Times, name: str, baseline: str) -> float:
    """Return the median over the rounds of how many times as long ``name`` took as ``baseline``."""
    return median(a / b for a, b in zip(times[name], times[baseline], strict=True))


def comparison(task: str, times: Times, baseline: str) -> list[tuple[str, ...]]:
    """Return rows of a table: task, name, median, fastest and slowest round, ratio to baseline."""
    return [
        (
            "" if number else task,
            name,
            f"{median(each) * 1e3:.1f}",
            f"{min(each) * 1e3:.1f} to {max(each) * 1e3:.1f}",
            f"{ratio(times, name, baseline):.2f} × {baseline}",
        )
        for number, (name, each) in enumerate(times.items())
    ]


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table: the first column to the left, the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def publish(section: str, table: str, about: str) -> None:
    """Print ``table`` and, if the command line has ``--readme``, put it into the README as well.

    There it replaces what stands between the comments ``<!-- section -->`` and
    ``<!-- /section -->``, with ``about``, the environment, below it: no figure is typed by hand.
    """
    print(table)
    if "--readme" in sys.argv:
        readme = README.read_text(encoding="utf-8")
        start, end = f"<!-- {section} -->\n", f"<!-- /{section} -->"
        if readme.count(start) != 1 or readme.count(end) != 1:
            raise SystemExit(f"{README.name} must hold {start.strip()} and {end} once each")
        before, rest = readme.split(start)
        after = rest.split(end)[1]
        write_atomic(README, f"{before}{start}{table}\n\n*{about}*\n{end}{after}")


def verdict(target: str, value: float, limit: float) -> str:
    """Return a line saying whether ``value`` is below ``limit``.

    >>> verdict("faster than the other one", 0.5, 1)
    '- met: faster than the other one (0.50, limit 1)'
    """
    return f"- {'met' if value < limit else 'MISSED'}: {target} ({value:.2f}, limit {limit:g})"


def environment(packages: Iterable[str], variables: Iterable[str] = ()) -> str:
    """Return a line with the versions, cores and thread settings that a reading depends on."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:  # macOS and Windows cannot say which of them this process may use
        cores = os.cpu_count() or 1
    parts = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)]
    parts += [f"{cores} cores", platform.machine()]
    parts += [f"{name}={os.environ.get(name, 'not set')}" for name in variables]
    return ", ".join(parts)
