"""The check of ``masked_weights(scores, mask)``: a softmax over what a query may attend to."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .answers import causal_mask
from .properties import adds_up_or_empty, no_less_than_zero

Array = np.ndarray


def _row(*scores: float) -> Array:
    return np.array([[scores]], dtype=float)[None]


BOTH = np.array([[True, True]])
FIRST = np.array([[True, False]])
PADDING = np.array([True, True, False, True, True, True, False, False, True, False])

# One query, two keys, the visible one ever further below the hidden one, as far as the task allows;
# a row with nothing to attend to, with five keys, so that it is shown only when nothing shorter
# fails; a hidden score far above the others, and one far below; visible scores so low that they
# might be taken for hidden; a small weight, which is not zero; two rows far apart, and two whose
# largest stands at the other end; two texts with masks of their own; then whole
# matrices and masks that broadcast, in all the ways: (S,), (T, 1), (T, S), (B, 1, 1, S), in full.
# All numbers from -20 to -300 do the same in the place of hidden scores, and so do all further ones
# down to -300,000: one way of each is enough in the catalogue.
CASES = [
    (_row(1, 3), FIRST),
    (_row(2, 0.5), FIRST[:, ::-1]),
    (_row(0, 2, 1, 0, 1), np.array([[False] * 5])),
    (_row(-2, 1), BOTH),
    (_row(800, 798), BOTH),
    (_row(0, 80), FIRST),
    (_row(0, 900), FIRST),
    (_row(0, 900), FIRST[:, ::-1]),
    (_row(-300, 0), FIRST),
    (_row(-300_000, 5000), FIRST),
    (_row(-200_000, -200_001), BOTH),
    (_row(-10, 0), BOTH),
    (np.array([[[[900.0, 0.0], [0.0, 900.0]]]]), BOTH),
    (_row(1000, 999, 5000), np.array([[True, True, False]])),
    (np.array([[[[0.0, 0.0, 0.0], [-3000.0, -3000.0, -3000.0]]]]),
     np.array([[True, True, False], [False, True, True]])),
    (np.array([[[[1.0, 2.0], [3.0, 1.0]]]]), causal_mask(2, 2)),
    (np.array([[[[1.0, 2.0]], [[0.0, 3.0]]], [[[2.0, 0.0]], [[1.0, 2.0]]]]),
     np.array([[[[True, False]], [[True, True]]], [[[True, True]], [[False, True]]]])),
    (draw(2, 1, 4, 1, seed=6), np.array([[True], [False], [True], [True]])),
    (draw(1, 2, 3, 3, seed=1), causal_mask(3, 3)),
    (draw(1, 2, 3, 3, seed=7), np.array([True, False, True])),
    (draw(2, 3, 4, 5, seed=2, scale=2), causal_mask(4, 5)),
    (draw(2, 3, 4, 5, seed=3, scale=2), PADDING.reshape(2, 1, 1, 5)),
    (draw(2, 3, 4, 5, seed=4, scale=2), draw(2, 3, 4, 5, seed=5) > 0.3),
    (draw(2, 3, 4, 5, seed=8, scale=2), draw(3, 4, 5, seed=9) > -0.3),
]  # fmt: skip


def _hidden(weights: Array, scores: Array, mask: Array) -> bool:
    return bool((np.where(mask, 0, weights) == 0).all())


check = Check.of(
    __file__,
    "masked_weights(scores, mask)",
    CASES,
    "Masks",
    properties=(
        Property("where the mask is False the weight has to be zero", _hidden),
        no_less_than_zero,
        adds_up_or_empty,
    ),
    errors={
        "^(IndexError|ValueError.*reshape)": "The mask need not have the shape of the scores. Which"
        " NumPy functions broadcast their arguments, and which do not?",
        "^ValueError.*(zero-size|empty)": "In a row that is hidden altogether there is nothing of"
        " which to take the largest. What should come out for such a row?",
        "^ValueError.*truth value": "`if` decides once, and a mask holds a decision for each score."
        " Which NumPy function chooses between two values entry by entry?",
    },
    own=("softmax_forward",),
)
