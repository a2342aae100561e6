"""The training replay: a recorded run, its loss, its text and its attention, scrubbed by hand."""

from __future__ import annotations

import html
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinytx.tokenizers.base import check_text

from ..wording import fixed
from .arrays import check_dims, check_sums, labels, numbers, plain
from .component import Figure
from .visible import visible

MOST_POINTS = 4000  # of the loss curve
MOST_SNAPSHOTS = 120
MOST_HEADS = 16
MOST_POSITIONS = 32
LONGEST = 2000  # characters of one text
NEEDED = ("steps", "loss", "evaluated", "text")
KNOWN = (*NEEDED, "validation", "attention", "tokens", "floor", "floor_name", "unit", "ask")


class TrainingReplay(Figure):
    """A training run to go through: at each snapshot the loss, what the model wrote, and where
    its heads looked.

    The reader moves a slider, presses the two buttons or presses in the loss curve. Of the
    attention, one query's row is framed in every head and told in words. If most of the curve's
    points lie in the first tenth of the run, its axis of steps is logarithmic.

    Parameters
    ----------
    recording
        A dictionary with

        - ``steps`` and ``loss``: the training curve, at most 4,000 points, steps ascending;
        - ``evaluated``: the steps of the snapshots, ascending, at most 120 of them;
        - ``text``: what was written at each of them, at most 2,000 characters;
        - ``validation``, if there is one: a loss for each snapshot;
        - ``attention``, if it was kept: (snapshots, heads, T, T), weights as the softmax gives
          them, at most 16 heads and 32 positions, with ``tokens``, one for each position;
        - ``floor``: a loss that no model can go below, or any other to compare with, and
          ``floor_name``;
        - ``unit`` of the losses, if it is not nats; ``ask``, a question to play with.

    Raises
    ------
    ValueError
        If a key is missing or unknown, lengths differ, something is too long, or a number is not
        finite.

    >>> print(TrainingReplay({"steps": [0, 1, 2], "loss": [2.1, 1.5, 1.2], "evaluated": [0, 2],
    ...                       "validation": [2.2, 1.3], "text": ["xq", "the cat"], "floor": 1.0}))
    TrainingReplay: 2 snapshots of a run, steps 0 to 2, loss in nats; the floor: 1.000
    step 0: loss 2.100, validation 2.200; it wrote “xq”
    step 2: loss 1.200, validation 1.300; it wrote “the␣cat”
    """

    kind = "training-replay"
    scripts = (
        "parts.js",
        "chart.js",
        "scale.js",
        "replay-loss.js",
        "replay-maps.js",
        "training-replay.js",
    )
    styles = ("parts.css", "chart.css", "controls.css", "qkv.css", "training-replay.css")

    def __init__(self, recording: Mapping[str, object]):
        _check_keys(recording)
        self.steps, self.loss = _curve(recording)
        self.evaluated = _steps("evaluated", recording["evaluated"], MOST_SNAPSHOTS)
        count = len(self.evaluated)
        self.text = _texts(recording["text"], count)
        validation, floor = recording.get("validation"), recording.get("floor")
        self.validation = None if validation is None else _losses("validation", validation, count)
        self.floor = None if floor is None else _losses("floor", [floor], 1)[0]
        self.floor_name = str(recording.get("floor_name", "the floor"))
        self.unit = str(recording.get("unit", "nats"))
        self.ask = str(recording.get("ask", ""))
        self.attention, self.labels = _attention(recording, count)

    def data(self) -> dict[str, object]:
        """Return the curves, the texts, and the weights in percent; later keys are left out."""
        return {
            "steps": self.steps,
            "loss": self.loss,
            "evaluated": self.evaluated,
            "at": [self._place(step) for step in self.evaluated],
            "validation": self.validation,
            "text": self.text,
            "floor": self.floor,
            "floor_name": self.floor_name,
            "unit": self.unit,
            "logarithmic": self.logarithmic,
            "ask": self.ask,
            "attention": self.attention,
            "labels": self.labels,
        }

    def words(self) -> str:
        """Return a line for each snapshot."""
        lines = [f"TrainingReplay: {self._about()}"]
        for i, step in enumerate(self.evaluated):
            wrote = f"it wrote “{visible(self.text[i].encode())}”"
            lines.append(f"step {step:,}: {self._losses(i)}; {wrote}{self._reads(i)}")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the losses and the text of each snapshot."""
        parts = [f"<p>{html.escape(self._about())}.</p>"]
        for i, step in enumerate(self.evaluated):
            told = html.escape(f"{self._losses(i)}{self._reads(i)}")
            text = html.escape(self.text[i])
            parts.append(
                f"<p><strong>Step {step:,}</strong>: {told}. It wrote:</p>"
                f'<pre style="white-space:pre-wrap">{text}</pre>'
            )
        return "".join(parts)

    @property
    def logarithmic(self) -> bool:
        """Whether most of the curve would be squeezed into the first tenth of a plain axis."""
        first, last = self.steps[0], self.steps[-1]
        early = [step for step in self.steps if step <= first + (last - first) / 10]
        return len(self.steps) > 4 and len(early) > len(self.steps) / 2

    def _about(self) -> str:
        count = len(self.evaluated)
        floor = "" if self.floor is None else f"; {self.floor_name}: {fixed(self.floor, 3)}"
        return (
            f"{count} snapshot{'s' * (count > 1)} of a run, steps {self.steps[0]:,} to "
            f"{self.steps[-1]:,}, loss in {self.unit}{floor}"
        )

    def _losses(self, i: int) -> str:
        told = f"loss {fixed(self.loss[self._place(self.evaluated[i])], 3)}"
        if self.validation is None:
            return told
        return f"{told}, validation {fixed(self.validation[i], 3)}"

    def _reads(self, i: int) -> str:
        """Return what each head reads most at the last position, if attention was kept."""
        if self.attention is None or self.labels is None:
            return ""
        told = []
        for head, rows in enumerate(self.attention[i]):
            key = int(np.argmax(rows[-1]))
            most = f"{self.labels[key]} {rows[-1][key]} %" if rows[-1][key] else "nothing"
            told.append(f"head {head} {most}")
        return f"; {self.labels[-1]} reads most: {', '.join(told)}"

    def _place(self, step: int) -> int:
        """Return the point of the loss curve at ``step``, or the last before it."""
        return max(0, bisect_right(self.steps, step) - 1)


def _check_keys(recording: Mapping[str, object]) -> None:
    if not isinstance(recording, Mapping):
        raise ValueError(
            f"TrainingReplay: recording is {type(recording).__name__} and must be a dictionary "
            f"with {', '.join(NEEDED)}"
        )
    for name in NEEDED:
        if recording.get(name) is None:
            raise ValueError(f"TrainingReplay: recording lacks {name!r}; it needs {NEEDED}")
    for name in recording:
        if name not in KNOWN:
            raise ValueError(
                f"TrainingReplay: recording has {name!r}, the figure knows {', '.join(KNOWN)}; "
                "leave it out"
            )


def _curve(recording: Mapping[str, object]) -> tuple[list[int], list[float]]:
    steps = _steps("steps", recording["steps"], MOST_POINTS)
    return steps, _losses("loss", recording["loss"], len(steps))


def _steps(name: str, value: object, most: int) -> list[int]:
    steps = [int(step) for step in _list(name, value)]
    if not 1 <= len(steps) <= most:
        raise ValueError(
            f"TrainingReplay: {name} has {len(steps):,}, the limit is 1 to {most:,}; "
            "take every tenth, with what belongs to it"
        )
    if sorted(set(steps)) != steps or steps[0] < 0:
        raise ValueError(f"TrainingReplay: {name} must ascend from 0 or more, each step once")
    return steps


def _list(name: str, value: object) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f"TrainingReplay: {name} is {value!r} and must be a list")
    return list(value)


def _losses(name: str, value: object, count: int) -> list[float]:
    found = numbers(f"TrainingReplay: {name}", value, "N", (MOST_POINTS,)).tolist()
    if len(found) != count:
        raise ValueError(
            f"TrainingReplay: {name} has {len(found)} and must have {count}, one for each step"
        )
    return [float(f"{loss:.5g}") for loss in found]


def _texts(value: object, count: int) -> list[str]:
    texts = [check_text(text, "TrainingReplay: text") for text in _list("text", value)]
    if len(texts) != count:
        raise ValueError(
            f"TrainingReplay: text has {len(texts)} and must have {count}, one for each snapshot"
        )
    longest = max(map(len, texts))
    if longest > LONGEST:
        raise ValueError(
            f"TrainingReplay: text has one of {longest:,} characters, the limit is {LONGEST:,}; "
            f"pass text[:{LONGEST}]"
        )
    return texts


def _attention(recording: Mapping[str, Any], count: int) -> tuple[list | None, list[str] | None]:
    """Return weights in percent, each row as far as any head ever reads, and the labels."""
    given = recording.get("attention")
    if given is None:
        return None, None
    name = "TrainingReplay: attention"
    weights = plain(name, given)
    check_dims(name, weights, "N H T T")
    if weights.shape[0] != count or weights.shape[2] != weights.shape[3]:
        raise ValueError(
            f"{name} has shape {weights.shape} and must have (N, H, T, T) with N = {count}, "
            "one for each snapshot"
        )
    limits = (MOST_SNAPSHOTS, MOST_HEADS, MOST_POSITIONS, MOST_POSITIONS)
    weights = numbers(name, weights, "N H T T", limits)
    if weights.min() < 0 or weights.max() > 1.01:
        raise ValueError(f"{name} holds numbers outside 0 to 1; pass weights after the softmax")
    check_sums(name, weights)
    T = weights.shape[-1]
    percent = np.rint(100 * weights).astype(int)
    causal = not np.triu(weights, 1).any()
    rows = [
        [[row[: i + 1 if causal else T].tolist() for i, row in enumerate(head)] for head in one]
        for one in percent
    ]
    return rows, labels("TrainingReplay: tokens", recording.get("tokens"), T)
