"""The check of ``prefix_loss(model, ids)``: each token judged by what came before it alone."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..values import nearly
from ..verdict import Property
from .readers import counts, far, fifty, low, peeks, places, sums

# The task's; one token to judge; several; models that count places, that look ahead, whose logits
# overflow, and that read all there was.
CASES = [
    (fifty, np.array([1, 0, 1])),
    (counts, np.array([3, 1])),
    (counts, np.array([0, 4, 2])),
    (counts, np.array([2, 2, 1, 0])),
    (places, np.array([1, 3, 0])),
    (peeks, np.array([4, 0, 1, 3])),
    (peeks, np.array([2, 1])),
    (far, np.array([0, 3, 3, 1])),
    (sums, np.array([4, 4, 0, 2, 3])),
    (places, np.array([3, 1, 4, 1, 0, 2, 3])),
    (low, np.array([2, 0, 3])),
    (sums, np.arange(22) * 3 % 5),
]

check = Check.of(
    __file__,
    "prefix_loss(model, ids)",
    CASES,
    "A probe, by hand",
    equal=nearly,
    properties=(
        Property(
            "a loss is minus the logarithm of a probability, so it is not below zero",
            lambda got, model, ids: got >= -1e-9,
        ),
    ),
    errors={
        "^(IndexError|ValueError|AxisError)": "The model takes ids (B, T), with a batch of one text"
        " too, and gives (B, T, V).",
        "^OverflowError": "exp of 710 or more is too large. Subtract the largest logit first.",
    },
    own=("prefix_loss",),
)
