"""How well a model does list operations: per operation, per answer, and on the hard cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data.listops import EDGE_CASES, Example, edge_cases, encode_batch
from ..generation.engine import engine_of
from ..manual.loss import IGNORE_INDEX
from ..manual.module import Module
from ..tokenizers.listops import OPERATIONS, ListOpsTokenizer

AT_ONCE = 512  # examples in one forward
DIGIT = ListOpsTokenizer().encode("0")[0]  # the id of 0; the other digits follow
OTHER = 10  # the column of a confusion matrix for answers that are no digit


class Failure(NamedTuple):
    """An example that the model got wrong."""

    text: str
    expected: int
    got: str  # the token it answered
    why: str  # what is hard about it, for a hand-made case


def predict(model: Module, examples: Sequence[Example]) -> np.ndarray:
    """Return the id that the model answers to each example (N,), the likeliest one.

    The model may be in any mode, and is left as it is.
    """
    answers = [np.empty(0, dtype=np.int64)]
    engine = engine_of(model)
    for start in range(0, len(examples), AT_ONCE):
        batch = encode_batch(examples[start : start + AT_ONCE])
        row, place = np.nonzero(batch.targets != IGNORE_INDEX)
        answers.append(engine.likeliest(engine.forward(batch.ids))[row, place])
    return np.concatenate(answers)


def right_answers(examples: Sequence[Example]) -> np.ndarray:
    """Return the ids of the right answers (N,)."""
    return np.array([one.answer + DIGIT for one in examples], dtype=np.int64)


def accuracy(examples: Sequence[Example], predicted: np.ndarray) -> dict[str, float]:
    """Return the share of right answers of each operation that occurs, from 0 to 1."""
    right = predicted == right_answers(examples)
    return {
        name: float(right[chosen].mean())
        for name, chosen in _by_operation(examples).items()
        if chosen.any()
    }


def confusion(examples: Sequence[Example], predicted: np.ndarray) -> dict[str, np.ndarray]:
    """Return for each operation the counts (10, 11) of right digit by answered digit.

    The diagonal is what was right. The last column counts answers that are no digit at all.
    """
    right = right_answers(examples) - DIGIT
    got = np.where((predicted >= DIGIT) & (predicted < DIGIT + 10), predicted - DIGIT, OTHER)
    counts = {}
    for name, chosen in _by_operation(examples).items():
        counts[name] = np.zeros((10, 11), dtype=np.int64)
        np.add.at(counts[name], (right[chosen], got[chosen]), 1)
    return counts


def failures(examples: Sequence[Example], predicted: np.ndarray) -> list[Failure]:
    """Return every wrong answer, with what is hard about it if it is one of the edge cases."""
    decode = ListOpsTokenizer().decode
    return [
        Failure(one.text, one.answer, decode([int(got)]), EDGE_CASES.get(one.text, ""))
        for one, got in zip(examples, predicted, strict=True)
        if got != one.answer + DIGIT
    ]


def evaluate_listops(
    model: Module, examples: Sequence[Example], min_length: int = 2, max_length: int = 6
) -> dict[str, Any]:
    """Return accuracy, confusion and failures on ``examples``, and the edge cases, for JSON.

    Edge cases are tried whose number of digits the model was trained for. Some of them may have
    been in its training data: they are a look at kinds of input, not a test on unseen ones.

    Raises
    ------
    ValueError
        If there are no examples.
    """
    if not examples:
        raise ValueError("examples is empty; give at least one")
    predicted = predict(model, examples)
    hard = [e for e in edge_cases() if min_length <= len(digits(e)) <= max_length]
    answered = predict(model, hard)
    return {
        "examples": len(examples),
        "accuracy": accuracy(examples, predicted),
        "confusion": {name: m.tolist() for name, m in confusion(examples, predicted).items()},
        "failures": [failure._asdict() for failure in failures(examples, predicted)],
        "edge_cases": len(hard),
        "edge_failures": [failure._asdict() for failure in failures(hard, answered)],
    }


def digits(one: Example) -> list[int]:
    """Return the digits of an example's input.

    >>> from tinytx.data.listops import example
    >>> digits(example("Max(3 1 4)"))
    [3, 1, 4]
    """
    return [int(char) for char in one.text if char.isdigit()]


def _by_operation(examples: Sequence[Example]) -> dict[str, np.ndarray]:
    """Return which examples (N,) are of each operation."""
    names = np.array([one.operation for one in examples])
    return {name: names == name for name in OPERATIONS}
