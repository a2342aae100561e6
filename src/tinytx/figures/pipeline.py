"""The way from a text to its loss and on to the next id, the same drawing in every chapter.

Every station shows what the running example has there: real numbers, computed when the figure is
made. The stations of one chapter are lit, those before it are in hand, those after it are to come.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from tinytx import example
from tinytx.generation import KVCache
from tinytx.inspect.capture import capture
from tinytx.manual import GPT, SGD, cross_entropy_backward, cross_entropy_forward

from .component import Figure, table
from .visible import visible

CHAPTERS = {  # that have stations, with their numbers
    "tokenization": 1, "embeddings": 2, "attention": 3, "multihead": 4, "blocks": 5,
    "backprop": 6, "training": 7, "generation": 9,
}  # fmt: skip
RATE = 0.01  # of the one step at the end
U = 0.7  # the throw of chapter 9


class Pipeline(Figure):
    """``a cat``, from text to loss and back, with one chapter's part lit.

    Parameters
    ----------
    chapter
        One of :data:`CHAPTERS`: its stations are lit. What comes after it is named, without
        numbers.

    Raises
    ------
    ValueError
        If there is no such chapter.

    >>> print(Pipeline("tokenization"))
    Pipeline: from “a cat” to its loss, as far as chapter 1
    > text (5 characters): a␣cat
    > ids (1, 5): 1 0 2 1 7
      to come: vectors, attention, heads, block, loss, gradient, step, next id
    """

    kind = "pipeline"
    scripts = ("pipeline.js",)
    styles = ("pipeline.css",)

    def __init__(self, chapter: str):
        if chapter not in CHAPTERS:
            raise ValueError(
                f"Pipeline: chapter is {chapter!r} and must be one of {', '.join(CHAPTERS)}"
            )
        self.number = CHAPTERS[chapter]
        self.stations = [(*row, _state(row[0], self.number)) for row in stations()]

    def data(self) -> dict[str, object]:
        """Return the stations: chapter, name, shape, numbers and state of each."""
        names = ("chapter", "name", "shape", "numbers", "state")
        return {
            "number": self.number,
            "stations": [dict(zip(names, row, strict=True)) for row in self.stations],
        }

    def words(self) -> str:
        """Return a line for each station in hand, the lit ones marked; those to come by name."""
        lines = [f"Pipeline: from “{example.PROMPT}” to its loss, as far as chapter {self.number}"]
        for _, name, shape, numbers, state in self.stations:
            if state != "to come":
                lines.append(f"{'>' if state == 'lit' else ' '} {name} ({shape}): {numbers}")
        ahead = [name for _, name, _, _, state in self.stations if state == "to come"]
        return "\n".join(lines + ([f"  to come: {', '.join(ahead)}"] if ahead else []))

    def fallback(self) -> str:
        """Return the stations as a table."""
        rows = [
            (name, shape if state != "to come" else "", numbers if state != "to come" else state)
            for _, name, shape, numbers, state in self.stations
        ]
        caption = f"From “{example.PROMPT}” to its loss, as far as chapter {self.number}"
        return table(caption, ("station", "shape", "what is there"), rows)


def _state(chapter: int, number: int) -> str:
    return "lit" if chapter == number else "in hand" if chapter < number else "to come"


@cache
def stations() -> tuple[tuple[int, str, str, str], ...]:
    """Return chapter, name, shape and numbers of each station, computed by the example's model."""
    model = example.model()
    ids, targets = np.array([example.ids()]), np.array([example.targets()])
    with capture(model) as seen:
        logits = model.forward(ids)
    loss, saved = cross_entropy_forward(logits, targets)
    model.backward(cross_entropy_backward(1.0, saved))
    weight = dict(model.named_parameters())["blocks.0.mlp.down_proj.weight"]
    slope = weight.grad[0, 1]  # measured where chapter 6 begins
    last = example.PROMPT[-1]
    weights = seen.attention()[0, 0, 0]  # of the first head
    heads, block = seen["blocks.0.attn"], seen["blocks.0"]
    probs = np.exp(logits[0, -1]) / np.exp(logits[0, -1]).sum()
    follows = int(probs.argmax())
    after = (probs.cumsum() <= U).sum()  # the id that the throw hits
    cache = KVCache(model.eval(), 1)
    model.forward(ids, cache=cache)
    kept = f"{2 * cache.length} rows kept, keys and values"
    return (
        (1, "text", f"{len(example.PROMPT)} characters", visible(example.PROMPT.encode())),
        (1, "ids", _shape(ids), " ".join(map(str, ids[0]))),
        (2, "vectors", _shape(example.x()[None]), f"{last}: {_row(example.x()[-1], 1)}"),
        (3, "attention", f"{_shape(weights)}, one head", f"{last} reads: {_row(weights[-1])}"),
        (4, "heads", _shape(heads), f"{last}: {_row(heads[0, -1])}"),
        (5, "block", _shape(block), f"{last}: {_row(block[0, -1])}"),
        (5, "loss", "1 number", f"{_named(follows)} at {probs[follows]:.2f}; loss {loss:.4f}"),
        (6, "gradient", "430 numbers", f"one of them: {_row(np.array([slope]), 6)}"),
        (7, "step", "430 numbers", f"loss {loss:.4f} → {_after_a_step(model, ids, targets):.4f}"),
        (9, "next id", "1 number", f"thrown {U}: {after} ({_named(int(after))}); {kept}"),
    )  # fmt: skip


def _after_a_step(model: GPT, ids: np.ndarray, targets: np.ndarray) -> float:
    SGD(model.parameters(), RATE).step()
    return float(cross_entropy_forward(model.eval().forward(ids), targets)[0])


def _shape(array: np.ndarray) -> str:
    return ", ".join(map(str, array.shape))


def _row(numbers: np.ndarray, digits: int = 2) -> str:
    text = " ".join(f"{value + 0.0:.{digits}f}" for value in np.round(numbers, digits))
    return text.replace("-", "−")


def _named(token: int) -> str:
    return visible(example.tokenizer().decode([token]).encode())
