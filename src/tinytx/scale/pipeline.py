"""Pipeline parallelism: each rank has some of the blocks, and a batch goes through in small parts.

While the last rank works on the first part, the first ranks can work on the next ones. At the
beginning the later ranks have nothing to do yet, at the end the earlier ones are done: the
*bubble*. With p stages and m micro-batches it is (p - 1) / (m + p - 1) of the time. Source: Huang
et al. 2019 (GPipe), section 2.3; Narayanan et al. 2021, section 2.2, for the other order.
"""

from __future__ import annotations

from typing import NamedTuple

from ..manual.shapes import check_above_0, check_count

ORDERS = ("all forward first", "one forward, one backward")


class Work(NamedTuple):
    """One stage's forward or backward of one micro-batch, and when."""

    stage: int
    kind: str  # "forward" or "backward"
    micro: int
    start: float
    end: float


class Timetable(NamedTuple):
    """All the work of a step of training, in the order in which it begins."""

    work: tuple[Work, ...]
    stages: int
    micro_batches: int

    @property
    def time(self) -> float:
        """When the last one is done."""
        return max(each.end for each in self.work)

    @property
    def bubble(self) -> float:
        """The share of all stages' time in which they have nothing to do."""
        busy = sum(each.end - each.start for each in self.work)
        return 1 - busy / (self.stages * self.time)

    def waiting(self, stage: int) -> int:
        """Return how many micro-batches ``stage`` holds activations of, at most at one time."""
        held = most = 0
        for each in self.work:
            if each.stage == stage:
                held += 1 if each.kind == "forward" else -1
                most = max(most, held)
        return most

    def rows(self, width: int = 1) -> list[str]:
        r"""Return a line of text for each stage: capitals are backwards, dots are the bubble.

        >>> print("\n".join(timetable(2, 3, forward=1, backward=1).rows()))
        abc..ABC
        .abcABC.

        Raises
        ------
        ValueError
            If with ``width`` letters for a unit of time some work would end within a letter.
        """
        edges = {edge * width for each in self.work for edge in (each.start, each.end)}
        if any(abs(edge - round(edge)) > 1e-9 for edge in edges):
            raise ValueError(
                f"width is {width}, and some work does not end with a letter: give a width that "
                "makes all times whole, as 2 where they are halves"
            )
        lines = []
        for stage in range(self.stages):
            line = ["."] * round(self.time * width)
            for each in self.work:
                if each.stage == stage:
                    letter = chr(ord("a") + each.micro % 26)
                    letter = letter if each.kind == "forward" else letter.upper()
                    cells = slice(round(each.start * width), round(each.end * width))
                    line[cells] = [letter] * (cells.stop - cells.start)
            lines.append("".join(line))
        return lines


def bubble(stages: int, micro_batches: int) -> float:
    """Return (p - 1) / (m + p - 1), by formula.

    >>> bubble(4, 4), round(bubble(4, 32), 3)
    (0.42857142857142855, 0.086)
    """
    check_count("stages", stages)
    check_count("micro_batches", micro_batches)
    return (stages - 1) / (micro_batches + stages - 1)


def timetable(
    stages: int,
    micro_batches: int,
    order: str = ORDERS[0],
    forward: float = 1,
    backward: float = 2,
) -> Timetable:
    """Simulate a step: each stage does its work in its order, as soon as what it needs is there.

    A forward needs the stage before it to have done the same micro-batch, a backward the stage
    after. Sending takes no time here.

    Parameters
    ----------
    stages, micro_batches
        p and m.
    order
        ``"all forward first"`` (GPipe), or ``"one forward, one backward"`` (1F1B): the same bubble,
        but a stage holds activations of p micro-batches at most, and not of all m.
    forward, backward
        How long each takes in each stage; a backward has twice the arithmetic.

    Raises
    ------
    ValueError
        If a number is out of range, or the order unknown.
    """
    check_count("stages", stages)
    check_count("micro_batches", micro_batches)
    check_above_0("forward", forward)
    check_above_0("backward", backward)
    if order not in ORDERS:
        raise ValueError(f"order is {order!r} and must be one of {', '.join(map(repr, ORDERS))}")
    left = [_order_of(stage, stages, micro_batches, order) for stage in range(stages)]
    done: dict[tuple[int, str, int], float] = {}
    free = [0.0] * stages
    work = []
    while any(left):
        for stage in range(stages):
            while left[stage] and (need := _need(stage, *left[stage][0], stages)) <= done.keys():
                kind, micro = left[stage].pop(0)
                start = max([free[stage], *(done[each] for each in need)])
                free[stage] = start + (forward if kind == "forward" else backward)
                done[stage, kind, micro] = free[stage]
                work.append(Work(stage, kind, micro, start, free[stage]))
    work.sort(key=lambda each: (each.start, each.stage))
    return Timetable(tuple(work), stages, micro_batches)


def _need(stage: int, kind: str, micro: int, stages: int) -> set[tuple[int, str, int]]:
    """Return what must be done before."""
    if kind == "forward":
        return {(stage - 1, "forward", micro)} if stage else set()
    need = {(stage, "forward", micro)}
    return need | ({(stage + 1, "backward", micro)} if stage + 1 < stages else set())


def _order_of(stage: int, stages: int, m: int, order: str) -> list[tuple[str, int]]:
    forwards, backwards = ([(kind, i) for i in range(m)] for kind in ("forward", "backward"))
    if order == ORDERS[0]:
        return forwards + backwards
    ahead = min(m, stages - stage)  # forwards before the first backward
    found = forwards[:ahead]
    for i in range(m):
        found.append(backwards[i])
        found += forwards[ahead + i : ahead + i + 1]
    return found
