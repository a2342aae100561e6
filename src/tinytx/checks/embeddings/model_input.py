"""The check of ``model_input(ids, tok_emb, pos_emb, scale)``: a lookup, and where it stands."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .inputs import drawn

Array = np.ndarray

_TOKENS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
_PLACES = np.array([[10.0, 20.0], [40.0, 50.0], [60.0, 90.0], [0.0, 30.0]])

# One position; one sequence; all sizes two, twice, so that most wrong shapes fit; a scale below 0,
# and one of 0; a text as long as the table; sizes that all differ; and ids that do not fit into 8
# bits.
CASES = [
    (np.array([[1], [0]]), _TOKENS[:2], _PLACES[:2], 1.0),
    (np.array([[1, 0]]), _TOKENS, _PLACES, 1.5),
    (np.array([[0, 1], [1, 1]]), _TOKENS[:2], _PLACES[:2], 3.0),
    (np.array([[1, 0], [2, 2]]), _TOKENS, _PLACES, 2.0),
    (np.array([[1, 0], [2, 2]]), _TOKENS, _PLACES, -2.0),
    (np.array([[0, 2, 0], [2, 1, 0]]), _TOKENS, _PLACES[:3], 3.0),
    (drawn(4, 3, 2, seed=1), draw(4, 4, seed=2), draw(7, 4, seed=3), 0.5),
    (drawn(4, 3, 2, seed=7), draw(4, 4, seed=8), draw(7, 4, seed=9), 0.0),
    (drawn(11, 2, 5, seed=4), draw(11, 6, seed=5), draw(7, 6, seed=6), 2.5),
    (np.array([[299, 128, 1], [255, 256, 43]]), draw(300, 5, seed=7), draw(4, 5, seed=8), 1.5),
]


def _same_in_all(out: Array, ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> bool:
    added = out - scale * tok_emb[ids]  # (B, T, D)
    return bool(np.allclose(added, added[:1], atol=1e-5))


check = Check.of(
    __file__,
    "model_input(ids, tok_emb, pos_emb, scale)",
    CASES,
    "Learned positions",
    properties=(
        Property(
            "your result less `scale * tok_emb[ids]` has to be the same in all sequences: rows of"
            " the position table",
            _same_in_all,
        ),
    ),
    errors={
        "^ValueError.*broadcast": "Write down the two shapes that meet in your sum: (B, T, D) on"
        " one side, and on the other?",
        "^IndexError": "An id picks a row of `tok_emb`, a position a row of `pos_emb`. And the"
        " first axis of the result is the batch, the second the positions.",
    },
)
