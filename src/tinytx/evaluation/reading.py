"""Where a list-operations model looks for its answer, in two numbers that can disagree.

*Weight*: how much of its attention the answering position gives to the digit that is the answer.
A picture of attention shows this, and it is suggestive only: what a head reads may be ignored, and
with two layers another position may have fetched the digit before.

*Blocking*: how often the model is still right if the answering position may not attend to that
digit, in any layer. If it fails, the digit was read from there, directly. If it is still right, the
digit came by another way, or had not to be read at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data.listops import Example, encode_batch
from ..generation.engine import evaluating
from ..inspect.capture import capture
from ..manual.loss import IGNORE_INDEX
from ..manual.module import Module
from .listops import digits, right_answers

FIRST_DIGIT = 3  # <start> First ( 3: where the digits begin
PLACES = {"First": 0, "Second": 1, "Last": -1}


class Reading(NamedTuple):
    """What :func:`reading` measured for one operation."""

    operation: str
    weight: np.ndarray  # (L, H): mean attention from the answering position to the answer's place
    evenly: float  # what attention spread evenly over all tokens would give
    accuracy: float  # untouched
    blocked: float  # accuracy with that place hidden from the answering position
    blocked_elsewhere: float  # with another digit hidden instead: what blocking as such does

    def __str__(self) -> str:
        layer, head = np.unravel_index(self.weight.argmax(), self.weight.shape)
        return (
            f"{self.operation}: layer {layer} head {head} gives {self.weight.max():.0%} of its "
            f"attention to that place (evenly: {self.evenly:.0%}); accuracy {self.accuracy:.1%}, "
            f"{self.blocked:.1%} with that place hidden, {self.blocked_elsewhere:.1%} with another"
        )


def reading(model: Module, examples: Sequence[Example], operation: str) -> Reading:
    """Measure where the model looks for the answers of First, Second or Last.

    Parameters
    ----------
    model
        A trained model.
    examples
        Those of other operations are left out.
    operation
        ``"First"``, ``"Second"`` or ``"Last"``: the ones whose answer has a place.

    Raises
    ------
    ValueError
        If the answer of ``operation`` has no fixed place, or no example is of it.
    """
    if operation not in PLACES:
        raise ValueError(f"operation is {operation!r} and must be one of {', '.join(PLACES)}")
    examples = [one for one in examples if one.operation == operation]
    if not examples:
        raise ValueError(f"examples has none of operation {operation}: give some")
    batch = encode_batch(examples)
    lengths = np.array([len(digits(one)) for one in examples])
    place = FIRST_DIGIT + PLACES[operation] % lengths  # (N,), of the answer
    other = FIRST_DIGIT + (PLACES[operation] + 1) % lengths
    row, end = np.nonzero(batch.targets != IGNORE_INDEX)
    with evaluating(model) as still:
        with capture(still) as seen:
            still.forward(batch.ids)
        weight = seen.attention()[:, row, :, end, place]  # (N, L, H): the index arrays come first
        hidden = [_accuracy(still, batch.ids, examples, end, hide) for hide in (None, place, other)]
    return Reading(operation, weight.mean(axis=0), float((1 / (end + 1)).mean()), *hidden)


def _accuracy(
    model: Any,
    ids: np.ndarray,
    examples: Sequence[Example],
    end: np.ndarray,
    hide: np.ndarray | None,
) -> float:
    """Return the accuracy if position ``end`` of each row may not attend to ``hide``."""
    rows = np.arange(len(ids))
    mask = np.ones((len(ids), 1, ids.shape[1], ids.shape[1]), dtype=bool)  # (N, 1, T, S)
    if hide is not None:
        mask[rows, 0, end, hide] = False
    predicted = model.forward(ids, mask)[rows, end].argmax(axis=-1)
    return float((predicted == right_answers(examples)).mean())
