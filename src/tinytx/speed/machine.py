"""What a machine can do at most: arithmetic, memory traffic, and what a single call costs.

Two numbers bound every operation (Williams, Waterman and Patterson 2009, the roofline model).
Arithmetic goes no faster than the peak; and an operation that does ``intensity`` operations for
each byte that it moves goes no faster than ``intensity`` times the memory's bandwidth. A third
number bounds what is tiny: a call costs its time however little it does.

They are measured, not read from a datasheet, so they include what NumPy and PyTorch make of the
machine, at the threads that are set. A program that is written better can beat them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ..manual.shapes import check_above_0, is_real
from ..threads import one_thread
from .timing import Reading, sample

SIZES = (192, 384, 768, 1152)  # of square matrices: 14 million to 3 billion operations
SLICE = 2**21  # float32 numbers of one sample, 8 MiB: a few milliseconds
LARGEST = 2**26  # numbers of one array, 256 MiB
CALLS = 500  # in one sample of a call's cost


@dataclass(frozen=True)
class Machine:
    """The limits of a machine.

    Parameters
    ----------
    name
        What it is called in tables and figures.
    gflops
        Peak of a product of matrices, in 10⁹ floating-point operations a second.
    gbytes
        Memory bandwidth, in 10⁹ bytes a second.
    numpy_ns, torch_ns
        What a call costs that does next to nothing, in nanoseconds; 0 if it was not measured.
    number
        Bytes of one number: 4 for float32, 2 for bfloat16.
    threads
        How many were set.
    spread
        By what was measured: how many times as long the median sample took as the best one, which
        counts. Far above 1, the machine was busy, and the limit may lie higher still.

    >>> machine = Machine("a laptop", gflops=100, gbytes=20)
    >>> machine.ridge
    5.0
    >>> machine.attainable(2), machine.attainable(50)
    (40.0, 100.0)
    """

    name: str
    gflops: float
    gbytes: float
    numpy_ns: float = 0.0
    torch_ns: float = 0.0
    number: int = 4
    threads: int = 1
    spread: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("gflops", "gbytes"):
            value = getattr(self, name)
            if not (is_real(value) and 0 < value < math.inf):
                raise ValueError(f"{name} is {value!r} and must be a number above 0: measure it")

    @property
    def ridge(self) -> float:
        """The intensity, in operations a byte, from which arithmetic is the limit, not memory."""
        return self.gflops / self.gbytes

    def attainable(self, intensity: float) -> float:
        """Return the most GFLOP/s at an intensity: the lower of the slope and the roof."""
        return float(min(self.gflops, intensity * self.gbytes))

    def seconds(self, flops: float, n_bytes: float) -> float:
        """Return the least time for so much arithmetic and so much traffic, side by side."""
        return max(flops / self.gflops, n_bytes / self.gbytes) / 1e9


# Dense products of bfloat16 with float32 sums, and HBM3. Source: NVIDIA, H100 Tensor Core GPU
# datasheet, column H100 SXM: 1,979 TFLOP/s with sparsity, which is half of it without, 3.35 TB/s.
H100 = Machine("H100 SXM, bfloat16 (datasheet)", gflops=989_400, gbytes=3350, number=2)


def measure_machine(name: str = "this machine", seconds: float = 1.5) -> Machine:
    """Measure the limits of this machine, float32, with the threads as they are set.

    *Arithmetic:* products of square matrices of several sizes, by NumPy and by PyTorch; the best
    counts. *Memory:* copy, triad (``a = b + s c``) and sum, over arrays of at least twice the last
    cache, a slice at a time, so that none is met again while it is in a cache. What is written
    counts once, as STREAM counts it (McCalpin 1995). *Calls:* an addition of one number to another.

    Where several threads are set, one alone is tried as well: beside other programs they wait for
    each other, and a machine can do no less than one of its cores does.

    Parameters
    ----------
    name
        What it is called in tables and figures.
    seconds
        How long to measure, about. Setting up the arrays comes on top, about a second.

    Raises
    ------
    ValueError
        If ``seconds`` is not above 0.
    """
    check_above_0("seconds", seconds)
    import torch

    threads = torch.get_num_threads()
    products: dict[Any, Any] = {}
    streams: dict[Any, Any] = {}
    arrays = torch.ones(3, _array_size() // SLICE, SLICE)
    for n in sorted({threads, 1}):
        with one_thread() if n == 1 else nullcontext():
            part = seconds / (1 if threads == 1 else 2)
            said = f", {n} thread{'s' * (n > 1)}"
            products |= {what + said: one for what, one in _products(0.5 * part).items()}
            streams |= {what + said: one for what, one in _streams(arrays, 0.4 * part).items()}
    calls = _calls(0.1 * seconds)
    peak = max(products, key=lambda what: products[what][0])
    bus = max(streams, key=lambda what: streams[what][0])
    readings = {peak: products[peak][1], bus: streams[bus][1], **calls}
    return Machine(
        name, products[peak][0] / 1e9, streams[bus][0] / 1e9,
        numpy_ns=calls["NumPy call"].best / CALLS * 1e9,
        torch_ns=calls["PyTorch call"].best / CALLS * 1e9,
        threads=threads,
        spread={what: reading.spread for what, reading in readings.items()},
    )  # fmt: skip


def _products(seconds: float) -> dict[str, tuple[float, Reading]]:
    """Return operations a second, and the reading, for each size and library."""
    import torch

    found = {}
    for n in SIZES:
        a, b = np.random.default_rng(0).standard_normal((2, n, n), np.float32)
        out = np.empty_like(a)
        left, right, to = map(torch.from_numpy, (a, b, out))
        works: dict[str, Callable[[], Any]] = {
            "NumPy": partial(np.matmul, a, b, out=out),
            "PyTorch": partial(torch.mm, left, right, out=to),
        }
        for library, work in works.items():
            reading = sample(work, seconds / len(SIZES) / len(works), perf_counter)
            found[f"product of {n}, {library}"] = 2 * n**3 / reading.best, reading
    return found


def _streams(arrays: Any, seconds: float) -> dict[str, tuple[float, Reading]]:
    """Return bytes a second, and the reading, of each way through memory.

    PyTorch does the work: it uses all threads for it, and its triad is one pass.
    """
    import torch

    a, b, c = arrays.unbind(0)
    places = cycle(range(len(a)))

    def copy() -> None:
        i = next(places)
        a[i].copy_(b[i])

    def triad() -> None:
        i = next(places)
        torch.add(b[i], c[i], alpha=3.0, out=a[i])

    def total() -> None:
        b[next(places)].sum()

    works = {"copy": (copy, 2), "triad": (triad, 3), "sum": (total, 1)}
    found = {}
    for name, (work, times) in works.items():
        reading = sample(work, seconds / len(works), perf_counter)
        found[name] = times * 4 * SLICE / reading.best, reading
    return found


def _calls(seconds: float) -> dict[str, Reading]:
    import torch

    one, out = np.ones((2, 1), np.float32)
    single, to = torch.ones(2, 1)

    def numpy_calls() -> None:
        for _ in range(CALLS):
            np.add(one, one, out=out)

    def torch_calls() -> None:
        for _ in range(CALLS):
            torch.add(single, single, out=to)

    works = {"NumPy call": numpy_calls, "PyTorch call": torch_calls}
    return {name: sample(work, seconds / 2, perf_counter) for name, work in works.items()}


def _array_size() -> int:
    """Return how many numbers an array needs for twice the last cache, within limits."""
    return min(LARGEST, max(8 * SLICE, last_cache() // 2))  # of 4 bytes each


def last_cache() -> int:
    """Return the bytes of the largest cache that the system tells of; 32 MiB if it does not."""
    folder = Path("/sys/devices/system/cpu/cpu0/cache")
    sizes = []
    for path in folder.glob("index*/size"):
        try:
            digits, unit = path.read_text().strip()[:-1], path.read_text().strip()[-1]
            sizes.append(int(digits) * {"K": 2**10, "M": 2**20}[unit])
        except (OSError, ValueError, KeyError, IndexError):  # another way of writing it
            continue
    return max(sizes, default=2**25)
