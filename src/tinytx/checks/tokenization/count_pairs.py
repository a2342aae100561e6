"""The check of ``count_pairs(ids)``: how often each pair of neighbours occurs."""

from __future__ import annotations

from itertools import pairwise

from ..check import Check
from ..verdict import Property
from .inputs import apart

# Ids above 256, which `is` takes for different, above 65,535 and
# beyond what a character or 32 bits can be; and a count above 255.
CASES = [
    ([],),
    ([7],),
    ([1, 2],),
    ([4, 4, 4],),
    ([1, 2, 1],),
    ([0, 3, 0],),
    ([3, 1, 3, 1],),
    ([5, 5, 5, 5, 6],),
    ([2, 1, 1, 2, 1, 1, 2],),
    ([apart(i) for i in (300, 8, 300, 8, 300, 9, 8, 300, 300, 300, 9)],),
    ([1, 70_000, 70, 1_001, 9, 0, 9, 1_001, *range(40)],),
    ([66_536, 1_000, 1_000],),
    ([2**40, 5, 2**40],),
    ([4] * 300 + [6],),
]

check = Check.of(
    __file__,
    "count_pairs(ids)",
    CASES,
    "Byte-pair encoding by hand",
    properties=(
        Property(
            "every key has to be two tokens that stand side by side, in the order of reading",
            lambda counts, ids: set(counts) <= set(pairwise(ids)),
        ),
        Property(
            "the counts have to add up to the number of tokens less one",
            lambda counts, ids: sum(counts.values()) == max(len(ids) - 1, 0),
        ),
    ),
    errors={
        "^IndexError": "What is read beyond the end? The last token has no right neighbour, an"
        " empty list has no first token, and an id may be too large for any table.",
        r"^ValueError.*range\(0, 256\)": "An id can be any number, and a byte only one below 256.",
        r"^(OverflowError|ValueError.*(chr\(|too big|allowed dimension)|MemoryError)": "An id can"
        " be any number: too large for a character, for 32 bits, or for the size of a table.",
        "^KeyError": "A pair that comes by for the first time has no entry yet.",
        "^TypeError.*unhashable": "A list cannot be a key of a dict: make a tuple of the pair.",
    },
    own=("count_pairs",),
)
