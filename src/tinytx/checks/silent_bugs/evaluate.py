"""The check of ``evaluate(model, batches, padding)``: three bugs, and others near them."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..values import nearly
from ..verdict import Property
from .readers import far_model, high_and_low, model, remembering, training_model


def _batch(ids: list, targets: list) -> tuple[np.ndarray, np.ndarray]:
    return np.array(ids), np.array(targets)


ONE = _batch([[3]], [[1]])
TWO = _batch([[0, 2]], [[2, 4]])
ALIKE = _batch([[1, 3]], [[4, 1]])
PADDED = _batch([[3, 1, 0, 0]], [[1, 4, 0, 0]])
SHORT = _batch([[2, 4], [4, 0]], [[4, 3], [0, 0]])
UNLIKE = _batch([[2, 4], [3, 0]], [[4, 3], [1, 0]])
EMPTY = _batch([[0, 0]], [[0, 0]])
LONG = _batch([[3, 1, 4, 1, 2], [2, 3, 3, 0, 0]], [[1, 4, 1, 2, 4], [3, 3, 0, 0, 0]])

# One token; one batch, as found in either mode; padding, of which the id is 0 or another; batches
# that differ in how many count; one in which none counts, at either end; a model that remembers;
# logits whose exponentials overflow, and rows far below others, where one maximum is none for them.
CASES = [
    (model, [ONE], 0),
    (model, [TWO], 0),
    (training_model, [ONE], 0),
    (training_model, [TWO], 0),
    (training_model, [TWO, ONE], 0),
    (model, [PADDED], 0),
    (model, [PADDED], 4),
    (model, [ONE, TWO], 0),
    (model, [PADDED, TWO], 0),
    (model, [SHORT, TWO], 0),
    (model, [EMPTY, TWO], 0),
    (model, [ONE, EMPTY], 0),
    (training_model, [LONG, SHORT, ONE], 0),
    (model, [LONG, EMPTY, PADDED, TWO], 0),
    (training_model, [LONG, TWO], 3),
    (remembering, [UNLIKE], 0),
    (model, [TWO, ALIKE], 0),
    (far_model, [TWO], 0),
    (high_and_low, [LONG, TWO], 0),
]

check = Check.of(
    __file__,
    "evaluate(model, batches, padding)",
    CASES,
    "The data give it away",
    equal=nearly,
    properties=(
        Property(
            "a loss is minus the logarithm of a probability, so it is not below zero",
            lambda got, model, batches, padding: not got < 0,
        ),
    ),
    errors={
        "^ZeroDivisionError": "In some batches nothing counts. Divide once, at the end.",
        "^(IndexError|ValueError)": "logits are (B, T, V), targets (B, T).",
    },
)
