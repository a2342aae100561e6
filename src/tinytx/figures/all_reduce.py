"""The all-reduce animation: ranks in a ring hand chunks on until each holds the sum of all."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from tinytx.presets import PRESETS
from tinytx.scale.ring import numbers_sent, owned, ring_steps

from ..wording import fixed
from .arrays import trimmed
from .component import Figure, table
from .parameter_explorer import amount

MOST_RANKS = 8
MOST_NUMBERS = 16
MANY = 64  # ranks, of the slider
GRADIENTS = 4 * sum(PRESETS["gpt2"].parameter_counts().values())  # bytes, in float32
ASK = (
    "From how many ranks on does the one that collects send ten times as much as each rank of a "
    "ring? And after which step is a chunk whole for the first time, and at how many ranks at once?"
)
# Each rank's numbers have a digit of their own, so that a sum shows who is in it.
BUFFERS = tuple(tuple(10**rank * (chunk + 1) for chunk in range(4)) for rank in range(4))


class AllReduceAnimation(Figure):
    """Ranks in a ring, each with a vector, and the steps by which all get the sum of all.

    A circle shows who sends which chunk to whom, a table what every rank holds. In the first half
    (reduce-scatter) what comes is added, in the second (all-gather) it replaces what was there.
    Below is what each rank has sent, against the way in which one rank collects and hands back, and
    a slider for more ranks. The steps are those of :func:`tinytx.scale.ring.ring_steps`.

    *To find by playing:* from how many ranks on the one that collects sends ten times as much as
    each rank of a ring, and after which step a chunk is whole for the first time, and where.

    Parameters
    ----------
    buffers
        What each rank holds: 2 to 8 vectors of equally many numbers, at least as many as there are
        ranks, at most 16.
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If there are too few or too many ranks or numbers, or one is not finite.

    >>> print(AllReduceAnimation([[1, 2], [10, 20]], ask=""))
    AllReduceAnimation: 2 ranks in a ring, 2 numbers each, in 2 chunks
    before: rank 0 holds 1 | 2; rank 1 holds 10 | 20
    step 1 of 2, reduce-scatter: 0 sends chunk 0 to 1; 1 sends chunk 1 to 0
    then: rank 0 holds 1 | 22; rank 1 holds 11 | 20
    step 2 of 2, all-gather: 0 sends chunk 1 to 1; 1 sends chunk 0 to 0
    ...
    """

    kind = "all-reduce"
    scripts = (
        "parts.js",
        "chart.js",
        "sizes.js",
        "player.js",
        "ring-steps.js",
        "ring-view.js",
        "all-reduce.js",
    )
    styles = ("parts.css", "controls.css", "player.css", "all-reduce.css")

    def __init__(self, buffers: Sequence[Sequence[float]] = BUFFERS, ask: str = ASK):
        self.buffers = _checked(buffers)
        self.ask = str(ask)

    def data(self) -> dict[str, object]:
        """Return the buffers; the page makes the steps."""
        return {
            "buffers": [each.tolist() for each in self.buffers],
            "bytes": GRADIENTS,
            "ask": self.ask,
        }

    def words(self) -> str:
        """Return every step, and what was sent."""
        n, size = len(self.buffers), len(self.buffers[0])
        head = f"AllReduceAnimation: {n} ranks in a ring, {size} numbers each, in {n} chunks"
        lines = [head, *([self.ask] if self.ask else []), f"before: {_holds(self.buffers)}"]
        steps = list(ring_steps(self.buffers))
        for i, step in enumerate(steps):
            sends = "; ".join(
                f"{m.source} sends chunk {m.chunk} to {m.target}" for m in step.messages
            )
            lines.append(f"step {i + 1} of {len(steps)}, {step.phase}: {sends}")
            lines.append(f"then: {_holds(step.buffers)}")
        return "\n".join([*lines, *self._sent()])

    def fallback(self) -> str:
        """Return the same as a table."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        n = len(self.buffers)
        head = ("after step", "phase", *(f"rank {rank}" for rank in range(n)))
        rows: list[tuple[object, ...]] = [("none", "", *map(_chunks, self._cut(self.buffers)))]
        for i, step in enumerate(ring_steps(self.buffers)):
            rows.append((i + 1, step.phase, *map(_chunks, self._cut(step.buffers))))
        sent = "".join(f"<p>{html.escape(line)}</p>" for line in self._sent())
        return f"{ask}{table('What each rank holds, chunk by chunk', head, rows)}{sent}"

    def _cut(self, buffers: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
        return [np.array_split(each, len(buffers)) for each in buffers]

    def _sent(self) -> list[str]:
        n, size = len(self.buffers), len(self.buffers[0])
        ring, collects = numbers_sent(n, size), numbers_sent(n, size, "one collects")
        most = max(ring)
        return [
            f"after step {n - 1} each rank has one chunk of the sum whole: "
            + "; ".join(f"rank {rank} chunk {owned(rank, n)}" for rank in range(n)),
            f"in all: each rank of the ring sends {most} numbers at most; if one collects, rank 0 "
            f"sends {collects[0]} and each other {collects[1]}",
            f"of {MANY} ranks: in a ring each sends {fixed(ring_share(MANY), 2)} vectors, the one "
            f"that collects {MANY - 1}; of {amount(GRADIENTS, 'B')}, GPT-2's gradients in float32, "
            f"{amount(round(ring_share(MANY) * GRADIENTS), 'B')} against "
            f"{amount((MANY - 1) * GRADIENTS, 'B')}",
        ]


def ring_share(n: int) -> float:
    """Return how many vectors each of n ranks sends in a ring: 2 (n - 1) / n.

    >>> ring_share(2), ring_share(4)
    (1.0, 1.5)
    """
    return 2 * (n - 1) / n


def shown(value: float) -> str:
    """Return a number as the page shows it: whole ones whole, others with three digits.

    >>> shown(1111), shown(0.5), shown(-1 / 3)
    ('1111', '0.5', '−0.333')
    """
    text = f"{value:.0f}" if value == int(value) else trimmed(value, 3)
    return text.replace("-", "−") if text != "-0" else "0"


def _chunks(parts: Sequence[np.ndarray]) -> str:
    return " | ".join(" ".join(map(shown, part)) for part in parts)


def _holds(buffers: Sequence[np.ndarray]) -> str:
    cut = (np.array_split(each, len(buffers)) for each in buffers)
    return "; ".join(f"rank {rank} holds {_chunks(parts)}" for rank, parts in enumerate(cut))


def _checked(buffers: Sequence[Sequence[float]]) -> list[np.ndarray]:
    try:
        arrays = [np.asarray(each, float) for each in buffers]
        whole = np.stack(arrays)
    except (TypeError, ValueError):
        raise ValueError(
            "AllReduceAnimation: buffers must be one vector for each rank, all of a length"
        ) from None
    if whole.ndim != 2 or not 2 <= len(whole) <= MOST_RANKS:
        raise ValueError(
            f"AllReduceAnimation: buffers has shape {whole.shape} and must have one vector for "
            f"each of 2 to {MOST_RANKS} ranks"
        )
    n, size = whole.shape
    if not n <= size <= MOST_NUMBERS:
        raise ValueError(
            f"AllReduceAnimation: each rank holds {size} numbers, and that must be at least {n}, "
            f"one for each chunk, and at most {MOST_NUMBERS}"
        )
    if not np.isfinite(whole).all() or np.abs(whole).max() > 1e9:
        raise ValueError("AllReduceAnimation: buffers holds a number beyond 1e9, or none at all")
    return arrays
