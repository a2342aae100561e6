"""The check of ``cache_bytes(...)``: what keys and values weigh, in blocks with a window."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property

# One block that sees everything, one number; then more of each size. A window that the text does
# not fill, one that it fills to the last place, to one place less, and one that it outgrows; with
# sinks, and with sinks that fill what is left, or lie within the text; a window of one. Several
# blocks: all alike, all different, first and last with or without a window. Then sizes of models.
CASES = [
    ([None], 0, 1, 1, 1, 1, 1),
    ([None], 0, 3, 1, 1, 1, 1),
    ([None], 0, 6, 2, 5, 7, 2),
    ([None], 3, 1, 1, 1, 7, 1),
    ([4], 0, 1, 1, 1, 3, 1),
    ([4], 0, 1, 1, 1, 4, 1),
    ([4], 0, 1, 1, 1, 9, 1),
    ([4], 2, 1, 1, 1, 3, 1),
    ([4], 2, 1, 1, 1, 5, 1),
    ([4], 2, 1, 1, 1, 6, 1),
    ([4], 2, 1, 1, 1, 9, 1),
    ([4], 7, 1, 1, 1, 5, 1),
    ([1], 0, 1, 1, 1, 9, 1),
    ([None, None], 0, 1, 1, 1, 1, 1),
    ([3, None], 1, 6, 2, 5, 7, 4),
    ([None, 3], 1, 6, 2, 5, 11, 2),
    ([2, 5, None], 1, 4, 4, 3, 7, 2),
    ([5, 2, 9, None, 4], 3, 8, 2, 5, 11, 4),
    ([128, 128, 128, None], 4, 32, 8, 128, 100, 2),
    ([512, None] * 6, 0, 12, 12, 64, 4096, 2),
    ([1024, 1024, 1024, 1024, 1024, None] * 4, 4, 16, 8, 256, 100_000, 2),
    ([None] * 32, 0, 32, 8, 128, 131_072, 2),
]

check = Check.of(
    __file__,
    "cache_bytes(windows, sinks, n_head, n_kv_head, d_head, T, size)",
    CASES,
    "A window and its sinks",
    properties=(
        Property("a cache that holds something weighs something", lambda got, *sizes: got > 0),
    ),
    errors={
        "^TypeError.*NoneType": "A block that sees everything has None where the others have the"
        " width of a window.",
        "^TypeError.*list": "`windows` is a list, with an entry for each block.",
    },
)
