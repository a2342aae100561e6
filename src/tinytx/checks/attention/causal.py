"""The check of ``causal_mask(T, S)``: the queries are the last T of S positions."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import masks as wrong
from .reference import causal_mask as reference

Array = np.ndarray

# The example of the task is (2, 3).
CASES = [(1, 1), (2, 2), (1, 3), (3, 3), (2, 4), (2, 5), (3, 4), (4, 7)]

LAST_OF_ALL = (
    "keys from earlier positions come first, so with S > T query number i is position S - T + i and"
    " sees them all. Yours lets query 0 see key 0 alone, as if nothing came before."
)

MISTAKES = [
    Mistake(
        "True and False are swapped",
        wrong.inverted,
        "in this course, True means *may attend*. Yours is True exactly where a position must not"
        " look. Other libraries mark the hidden places, which is why this is easily mixed up.",
        "the word `True` in the task.",
        also=(wrong.inverted_from_first,),
    ),
    Mistake(
        "the triangle is the upper one",
        wrong.upper,
        "row i is the one who asks. Yours lets a position see itself and what comes after it, and"
        " hides the past.",
        "the first row: how many earlier positions does the first query have?",
        also=(wrong.upper_from_first,),
    ),
    Mistake(
        "a position cannot see itself",
        wrong.lower(lambda T, S: S - T - 1),
        "a position reads itself too. Otherwise the first one has nothing to read at all.",
        "the diagonal: is it your `<` or your `k` that leaves it out?",
        also=(wrong.lower(lambda T, S: -1),),
    ),
    Mistake(
        "each position sees one step ahead",
        wrong.lower(lambda T, S: S - T + 1),
        "the next token is what the model has to predict. Who may look at it learns to copy it: in"
        " training the loss falls beautifully, and when the model writes there is nothing to copy.",
        "the diagonal, and the number that moves it.",
        also=(wrong.lower(lambda T, S: 1),),
    ),
    Mistake(
        "the queries are taken for the first T positions",
        wrong.lower(lambda T, S: 0),
        LAST_OF_ALL,
        "which position the last query is, and what it may see.",
    ),
    Mistake(
        "the triangle is moved in the wrong direction",
        wrong.lower(lambda T, S: T - S),
        "with S > T every query sees more, not less: the S - T positions before it as well.",
        "the sign of the number that moves the diagonal.",
    ),
    Mistake(
        "the mask holds numbers, not True and False",
        wrong.as_numbers(float, aligned=True),
        "a mask of 0 and 1 works in a multiplication and fails as soon as someone writes `~mask` or"
        " `scores[mask]`. `np.ones` and `np.tri` give floats unless told otherwise.",
        "the `dtype`, or a comparison that gives True and False by itself.",
        also=(wrong.as_numbers(int, aligned=True),),
    ),
    Mistake(
        "the mask holds numbers, and takes the queries for the first T positions",
        wrong.as_numbers(float, aligned=False),
        "it should hold True and False: `np.ones` and `np.tri` give floats unless told otherwise."
        f" Besides, {LAST_OF_ALL}",
        "first the `dtype`, then the place of the diagonal for T = 1 and S = 3.",
        also=(wrong.as_numbers(int, aligned=False),),
    ),
    Mistake(
        "the mask is one to be added to the scores",
        wrong.to_add(-np.inf, aligned=True),
        "zero and minus infinity are what a mask becomes later, on its way into a softmax. Here it"
        " says only who may attend: True or False.",
        "the type that the signature promises.",
        also=(
            wrong.to_add(-np.inf, aligned=False),
            wrong.to_add(-1e9, aligned=True),
            wrong.to_add(-1e9, aligned=False),
        ),
    ),
    Mistake(
        "rows and columns are swapped",
        wrong.turned,
        "the shape is (T, S): a row for each query, a column for each key.",
        "which of the two sizes comes first where you make the array, and which index is which.",
        also=(wrong.keys_first,),
    ),
    Mistake(
        "the mask is a square",
        wrong.square,
        "there may be more keys than queries, and each key needs a column of its own.",
        "where T and where S stands in your code.",
        also=(wrong.square_of_keys,),
    ),
    Mistake(
        "everyone may see everything",
        wrong.open_to_all,
        "nothing is hidden, so every position reads the answers to come.",
        "the condition under which an entry is False.",
    ),
    Mistake(
        "a position sees itself and nothing else",
        wrong.itself_alone,
        "reading earlier positions is what attention is for. Yours leaves the diagonal alone.",
        "what a row of the mask says about the positions before.",
        also=(wrong.itself_alone_from_first,),
    ),
    Mistake(
        "the mask has axes for batch and heads",
        wrong.with_batch,
        "a mask of shape (T, S) fits all batches and heads by itself: NumPy adds missing axes at"
        " the front.",
        "the shape that the signature promises.",
    ),
]


def _positions(T: int, S: int) -> tuple[Array, Array]:
    """Return the position of each query, as a column, and that of each key, as a row."""
    return np.arange(S - T, S)[:, None], np.arange(S)[None, :]


def _future_seen(mask: Array, T: int, S: int) -> Array:
    queries, keys = _positions(T, S)
    return mask & (keys > queries)


def _past_hidden(mask: Array, T: int, S: int) -> Array:
    queries, keys = _positions(T, S)
    return ~mask & (keys < queries)


check = Check(
    "causal_mask",
    "causal_mask(T, S)",
    reference,
    CASES,
    MISTAKES,
    "The causal mask",
    properties=(
        Property(
            "no query may see a later position: query i is position S - T + i",
            lambda mask, T, S: not _future_seen(mask, T, S).any(),
        ),
        Property(
            "every query has to see itself: query i is position S - T + i",
            lambda mask, T, S: bool(mask[np.arange(T), np.arange(S - T, S)].all()),
        ),
        Property(
            "every query has to see all earlier positions: query i is position S - T + i",
            lambda mask, T, S: not _past_hidden(mask, T, S).any(),
        ),
    ),
)
