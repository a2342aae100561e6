"""The check of ``merge_pair(ids, pair, new_id)``: one merge, applied to a whole sequence."""

from __future__ import annotations

from itertools import pairwise

from ..check import Check
from ..verdict import Property
from .inputs import apart

Ids = list[int]
Pair = tuple[int, int]

# Of the same ids and pair with two new ids, and of the same ids with two pairs, each has its own
# answer. Ids above 256, which `is` takes for different, and above 65,535, and
# beyond what a character or 32 bits can be.
CASES = [
    ([], (1, 2), 9),
    ([1], (1, 2), 9),
    ([1, 2], (1, 2), 9),
    ([2, 1], (1, 2), 9),
    ([1, 3], (1, 2), 9),
    ([4, 4, 4], (4, 4), 9),
    ([1, 2, 3], (1, 2), 9),
    ([1, 2, 3], (1, 2), 8),
    ([1, 2, 3], (2, 3), 9),
    ([0, 5, 0], (0, 5), 9),
    ([4, 0, 4], (4, 0), 9),
    ([8, 7, 8], (8, 7), 0),
    ([3, 1, 1, 2], (1, 2), 9),
    ([1, 2, 1, 2, 1], (1, 2), 9),
    ([5, 5, 5, 5, 6, 5, 5, 5], (5, 5), 300),
    ([7, 8, 2, 7, 7, 8, 8, 7, 8], (7, 8), 300),
    ([apart(300), 8, apart(300)], (apart(300), 8), 600),
    ([7, apart(400), apart(300)], (apart(400), apart(300)), 8),
    ([16, 7], (6, 7), 50),
    ([16, 7, 3, 6, 7, 6, 70], (6, 7), 50),
    ([66_536, 7, 1_000, 7], (1_000, 7), 70_000),
    ([2**40, 5, 2**40], (5, 2**40), 9),
]


def _spelled(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return [old for i in ids for old in (pair if i == new_id else (i,))]


check = Check.of(
    __file__,
    "merge_pair(ids, pair, new_id)",
    CASES,
    "Byte-pair encoding by hand",
    properties=(
        Property(
            "written out again, each new token as its pair, the result has to be the input",
            lambda out, ids, pair, new_id: _spelled(out, pair, new_id) == ids,
        ),
        Property(
            "no occurrence of the pair may be left",
            lambda out, ids, pair, new_id: pair not in pairwise(out),
        ),
    ),
    errors={
        "^IndexError": "What is read beyond the end? The last token has no right neighbour, an"
        " empty list has no last token, and a list that you shorten ends sooner.",
        r"^ValueError.*range\(0, 256\)": "An id can be any number, and a byte only one below 256.",
        r"^(OverflowError|ValueError.*chr\()": "An id can be any number: too large for a"
        " character, or for 32 bits.",
    },
    own=("merge_pair",),
)
