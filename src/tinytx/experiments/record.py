"""Train what an experiment compares, and keep every run as a line of a file.

A file of lines can be continued: what stands there and was made with the same settings is not
trained again, and a line that a kill cut in half is dropped. Runs that the plan does not have so
count for nothing and stay in the file. Each run has a process of its own and one thread; several
run side by side.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from ..files import read_text, write_atomic
from ..manual.shapes import is_whole
from .arms import SEEDS, TUNING_SEED, Arm, arms, data_of
from .lab import NAMES

FURTHER = 4  # rates that a search may add to those it begins with
BEGINNING = '{"arm":'  # of each line that is written here
Line = dict[str, Any]
Key = tuple[str, str, float, int]  # arm, data, rate, seed


def train_one(arm: Arm, data: str, rate: float, seed: int) -> Line:
    """Train one run in this process and return its line."""
    from ..threads import one_thread
    from . import trial
    from .lab import lab

    with one_thread():
        done = trial.run(arm, lab(data), rate, seed)
    head = {"arm": arm.name, "data": data, "stamp": arm.stamp(data), "rate": rate, "seed": seed}
    return {**head, **trial.as_record(done)}


def end_with_parent() -> None:
    """Let this process end when the one that made it does: killed, it can tell nobody."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


class Recorder:
    """The lines of a file, and the way to more of them.

    Parameters
    ----------
    path
        The file; it is made if it is missing.
    processes
        Runs at a time.
    told
        Called with each new line.

    Attributes
    ----------
    lines
        The runs of the plan, by what tells them apart.
    others
        Runs that the file holds and the plan does not have so: they are kept as they are.

    Raises
    ------
    ValueError
        If the file is there and no record, or ``processes`` is no whole number of at least 1.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        processes: int = 2,
        told: Callable[[Line], object] = lambda line: None,
    ):
        if not is_whole(processes) or processes < 1:
            raise ValueError(f"processes is {processes!r} and must be at least 1")
        self.path, self.processes, self.told = Path(path), processes, told
        self.lines: dict[Key, Line] = {}
        self.others: list[Line] = []
        self._lock = Lock()
        for line in read_lines(path):
            if is_current(line):
                self.lines[key_of(line)] = line
            else:
                self.others.append(line)

    def record(self, wanted: Iterable[Arm]) -> None:
        """Train every seed of each arm on its data, each at its own best rate."""
        wanted = list(wanted)
        jobs = [(arm, data) for data in NAMES for arm in wanted if data in data_of(arm)]
        self.save()
        with self._pool() as pool, ThreadPoolExecutor(self.processes) as threads:
            waiting: list[Future[None]] = [
                threads.submit(self._arm, pool, arm, data) for arm, data in jobs
            ]
            try:
                for one in waiting:
                    one.result()
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _pool(self) -> Executor:
        """Return where runs are trained: processes of their own, which share nothing."""
        return ProcessPoolExecutor(
            self.processes, mp_context=get_context("spawn"), initializer=end_with_parent
        )

    def _arm(self, pool: Executor, arm: Arm, data: str) -> None:
        rate = self._rate(pool, arm, data)
        for done in [self._run(pool, arm, data, rate, seed) for seed in SEEDS]:
            done()

    def _rate(self, pool: Executor, arm: Arm, data: str) -> float:
        """Return the rate with the lowest loss of the tuning seed; look on past an end."""
        if "rate_of" in arm.search:
            other = arms()[arm.search["rate_of"]]
            return self._rate(pool, other, data) * arm.search.get("times", 1)
        tried: dict[float, float] = {}

        def losses(rates: list[float]) -> None:
            runs = [self._run(pool, arm, data, rate, TUNING_SEED) for rate in rates]
            tried.update(zip(rates, (loss_of(run()) for run in runs), strict=True))

        losses(list(arm.search["rates"]))
        for _ in range(FURTHER):
            more = next_rate(tried)
            if more is None:
                break
            losses([more])
        return best_rate(tried)

    def _run(
        self, pool: Executor, arm: Arm, data: str, rate: float, seed: int
    ) -> Callable[[], Line]:
        """Return what waits for a run's line; the run is begun now, if it is not there yet."""
        known = self.lines.get((arm.name, data, rate, seed))
        if known is not None:
            return lambda: known
        future = pool.submit(train_one, arm, data, rate, seed)
        return lambda: self._keep(future.result())

    def _keep(self, line: Line) -> Line:
        with self._lock:
            if key_of(line) not in self.lines:
                self.lines[key_of(line)] = line
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(as_text(line))
                self.told(line)
        return line

    def save(self) -> None:
        """Write the file anew: whole lines, sorted, none twice; then the others as they were."""
        lines = [self.lines[key] for key in sorted(self.lines)]
        write_atomic(self.path, "".join(map(as_text, [*lines, *self.others])))


def next_rate(tried: Mapping[float, float]) -> float | None:
    """Return the rate to try next: twice the largest or half the smallest, if that is the best.

    >>> next_rate({0.01: 1.0, 0.02: 0.9}), next_rate({0.01: 1.0, 0.02: 0.9, 0.04: 2.0})
    (0.04, None)
    """
    best = best_rate(tried)
    if best == max(tried):
        return best * 2
    return best / 2 if best == min(tried) else None


def best_rate(tried: Mapping[float, float]) -> float:
    """Return the rate with the lowest loss; of several the smallest."""
    return min(sorted(tried), key=lambda rate: tried[rate])


def loss_of(line: Line) -> float:
    """Return the result of a run, infinite if it diverged."""
    loss = line["curve"][-1]
    return math.inf if loss is None else loss


def key_of(line: Line) -> Key:
    """Return what tells a run from all others."""
    return line["arm"], line["data"], line["rate"], line["seed"]


def is_current(line: Line) -> bool:
    """Tell whether the plan has the arm of a run, with the settings that the run was made with."""
    arm = arms().get(line["arm"])
    return arm is not None and arm.stamp(line["data"]) == line["stamp"]


def read_lines(path: str | os.PathLike[str]) -> list[Line]:
    """Return the lines of a record; none if the file is missing.

    A last line that a kill cut off is left out: it begins as all do, and has no end.

    Raises
    ------
    ValueError
        If another line is no run, or the file is not UTF-8.
    """
    path = Path(path)
    if not path.exists():
        return []
    way = "give a file that --record wrote, or a new name"
    try:
        whole = read_text(path)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no record (byte {error.start:,} is not UTF-8): {way}"
        ) from None
    *texts, last = whole.split("\n")
    lines = []
    for number, text in enumerate([*texts, last] if last else texts, 1):
        try:
            lines.append(_run(text))
        except (ValueError, LookupError, TypeError):
            if number > len(texts) and _is_cut(last):
                break
            raise ValueError(f"line {number} of {path} is no run: {way}") from None
    return lines


def _run(text: str) -> Line:
    """Return the run in a line; raise if there is none."""
    line = json.loads(text)
    hash(key_of(line)), line["stamp"], line["curve"][-1]
    losses = line.get("seen"), *line["curve"], *line.get("places", ())
    for number in (line["tokens"], *(one for one in losses if one is not None)):
        math.isfinite(number)  # raises where it is no number
    return line


def _is_cut(text: str) -> bool:
    """Return whether a line without an end is the first part of one of ours."""
    try:
        json.loads(text)
    except ValueError:
        return text.startswith(BEGINNING) or BEGINNING.startswith(text)
    return False


def as_text(line: Line) -> str:
    """Return a run as a line of JSON."""
    return json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n"
