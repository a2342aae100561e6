"""All-reduce as a ring: every rank ends with the sum of all, and none carries more than another.

n ranks hold a vector each. It is cut into n chunks. In n - 1 steps each rank hands a chunk to its
right neighbour, who adds it to its own (*reduce-scatter*): then each rank has one chunk of the sum
whole. In n - 1 more steps the finished chunks go round (*all-gather*). A rank sends
2 (n - 1) / n of a vector in all, less than two, however many ranks there are. Source: Patarasuk and
Yuan 2009.

Here the ranks are arrays in one process, to be looked at step by step.
:mod:`tinytx.scale.processes` does the same between processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..manual.shapes import check_count

WAYS = ("ring", "one collects")


class Message(NamedTuple):
    """One chunk on its way."""

    source: int
    target: int
    chunk: int
    numbers: int  # how many numbers it has


class Step(NamedTuple):
    """What happens at once: each rank sends one chunk and gets one."""

    phase: str  # "reduce-scatter" or "all-gather"
    messages: tuple[Message, ...]
    buffers: tuple[np.ndarray, ...]  # what every rank holds afterwards


def ring_all_reduce(buffers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what each rank holds in the end: the sum of all, (N,) each.

    The ranks hold the same numbers, bit for bit. Another order of adding may give other last bits.

    >>> [total.tolist() for total in ring_all_reduce([np.array([1, 2, 3]), np.array([10, 20, 30])])]
    [[11, 22, 33], [11, 22, 33]]
    """
    last = list(buffers)
    for step in ring_steps(buffers):
        last = list(step.buffers)
    return last


def ring_steps(buffers: Sequence[np.ndarray]) -> Iterator[Step]:
    """Yield the 2 (n - 1) steps. The buffers given stay as they are.

    Parameters
    ----------
    buffers
        What each of n ranks holds, (N,) each. N need not be divisible by n.
    """
    held = _checked(buffers)
    yield from _round("reduce-scatter", held, shift=0)
    yield from _round("all-gather", held, shift=1)


def reduce_scatter(buffers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return for each rank the chunk of the sum that it owns: chunk :func:`owned`.

    >>> [chunk.tolist() for chunk in reduce_scatter([np.array([1, 2]), np.array([10, 20])])]
    [[22], [11]]
    """
    held = _checked(buffers)
    for _ in _round("reduce-scatter", held, shift=0):
        pass
    return [parts[owned(rank, len(held))].copy() for rank, parts in enumerate(held)]


def all_gather(chunks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return to every rank the whole vector, of which each brings the chunk that it owns.

    >>> [whole.tolist() for whole in all_gather([np.array([22]), np.array([11])])]
    [[11, 22], [11, 22]]

    Raises
    ------
    ValueError
        If there are none, or one is no vector or of another dtype.
    """
    n = len(chunks)
    _check_alike("chunks", chunks := [np.array(chunk) for chunk in chunks])
    size_of = {owned(rank, n): len(chunk) for rank, chunk in enumerate(chunks)}
    cuts = np.cumsum([size_of[i] for i in range(n)])[:-1]
    held = []
    for rank, chunk in enumerate(chunks):
        parts = np.split(np.zeros(sum(size_of.values()), chunk.dtype), cuts)
        parts[owned(rank, n)][:] = chunk
        held.append(parts)
    for _ in _round("all-gather", held, shift=1):
        pass
    return [np.concatenate(parts) for parts in held]


def owned(rank: int, n: int) -> int:
    """Return which chunk of the sum is whole at ``rank`` after the reduce-scatter."""
    return (rank + 1) % n


def numbers_sent(n: int, size: int, way: str = "ring") -> list[int]:
    """Return how many numbers each of n ranks sends to sum vectors of ``size``.

    ``"ring"``, or ``"one collects"``: all send to rank 0, which adds up and sends the sum back.

    >>> numbers_sent(4, 1000), numbers_sent(4, 1000, "one collects")
    ([1500, 1500, 1500, 1500], [3000, 1000, 1000, 1000])

    Raises
    ------
    ValueError
        If a size is out of range, or ``way`` unknown.
    """
    check_count("n", n)
    check_count("size", size, 0)
    if way not in WAYS:
        raise ValueError(f"way is {way!r} and must be one of {', '.join(map(repr, WAYS))}")
    if way == "one collects":
        return [(n - 1) * size if rank == 0 else size * (n > 1) for rank in range(n)]
    chunks = [size // n + (i < size % n) for i in range(n)]  # in each half all but one go out
    return [2 * size - chunks[(r + 1) % n] - chunks[(r + 2) % n] for r in range(n)]


def _round(phase: str, held: list[list[np.ndarray]], shift: int) -> Iterator[Step]:
    """Let n - 1 steps happen to ``held[rank][chunk]``, in place."""
    n = len(held)
    for step in range(n - 1):
        messages, sent = [], []
        for rank in range(n):
            chunk = (rank + shift - step) % n
            messages.append(Message(rank, (rank + 1) % n, chunk, held[rank][chunk].size))
            sent.append(held[rank][chunk].copy())
        for message, values in zip(messages, sent, strict=True):
            goal = held[message.target][message.chunk]
            goal[:] = goal + values if phase == "reduce-scatter" else values
        yield Step(phase, tuple(messages), tuple(np.concatenate(parts) for parts in held))


def _checked(buffers: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """Return copies of the buffers, each cut into as many chunks as there are ranks."""
    arrays = [np.array(buffer) for buffer in buffers]
    _check_alike("buffers", arrays, "of a size ")
    return [np.array_split(array, len(arrays)) for array in arrays]


def _check_alike(name: str, arrays: list[np.ndarray], sizes: str = "") -> None:
    """Refuse what are no vectors of one dtype and, where ``sizes`` says so, of one size."""
    if not arrays:
        raise ValueError(f"{name} is empty: give what each rank holds")
    first = arrays[0]
    for rank, array in enumerate(arrays):
        alike = array.dtype == first.dtype and (not sizes or array.shape == first.shape)
        if array.ndim != 1 or not alike:
            raise ValueError(
                f"{name}[{rank}] is {array.dtype} {array.shape} and {name}[0] is {first.dtype} "
                f"{first.shape}: give one vector {sizes}and of one dtype for each rank"
            )
