"""The check of ``intensity(N, D, F, size, weight_size)``: a product whose weights are small."""

from __future__ import annotations

from ..check import Check
from ..values import nearly
from ..verdict import Property

# One of everything, then more of each size alone; bytes of either kind; half a byte; one row and
# many, wide and narrow; all sizes equal; then sizes of models, in the order of bytes they come in.
CASES = [
    (1, 1, 1, 1, 1),
    (3, 1, 1, 1, 1),
    (1, 5, 1, 1, 1),
    (1, 1, 7, 1, 1),
    (1, 1, 1, 4, 1),
    (1, 1, 1, 1, 3),
    (1, 2, 3, 4, 0.5),
    (1, 1, 3, 1, 0.5),
    (2, 3, 5, 4, 4),
    (4, 4, 4, 4, 2),
    (5, 3, 2, 2, 8),
    (7, 2, 9, 2, 1),
    (256, 128, 512, 4, 4),
    (1, 4096, 14_336, 2, 0.5),
    (64, 4096, 11_008, 2, 1),
    (100_000, 768, 50_257, 4, 2),
]

check = Check.of(
    __file__,
    "intensity(N, D, F, size, weight_size)",
    CASES,
    "Intensity by hand",
    properties=(Property("an intensity is above 0", lambda got, *sizes: got > 0),),
    equal=nearly,
    errors={
        "^ZeroDivisionError": "Below the line stand bytes, and there are some of each array.",
    },
)
