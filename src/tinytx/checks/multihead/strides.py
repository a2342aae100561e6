"""The check of ``split_strides(B, T, H, Dh)``: how far to jump in memory along each axis."""

from __future__ import annotations

import math

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import jumps as wrong
from .reference import split_strides as reference

# The first shown has sizes that can be drawn on paper. The example of the task is (2, 5, 3, 4).
CASES = [(2, 2, 3, 4), (2, 4, 3, 2), (3, 4, 2, 5), (4, 7, 5, 3), (8, 1024, 12, 64)]

MISTAKES = [
    Mistake(
        "these are the strides of a fresh array (B, H, T, Dh)",
        wrong.fresh,
        "that is how the numbers would lie if someone had copied them into a new array, or how a"
        " plain reshape would read them. A split copies nothing: the numbers stay where x has them,"
        " position after position.",
        "where the number stands in x that follows yours along the axis of the heads.",
        also=(wrong.fresh_for_heads, wrong.fresh_for_positions),
    ),
    Mistake(
        "the strides are in the order (B, T, H, Dh)",
        wrong.not_swapped,
        "these are the right jumps after the reshape. Exchanging two axes exchanges their strides.",
        "the second half of a split.",
    ),
    Mistake(
        "the strides are in bytes",
        wrong.in_bytes(reference),
        "NumPy counts bytes, eight for a float64. Here one number counts as one.",
        "the unit that the task asks for. Then look at the order of the four once more.",
        also=(wrong.in_bytes(wrong.fresh), wrong.in_bytes(wrong.not_swapped)),
    ),
    Mistake(
        "neighbouring numbers belong to different heads",
        wrong.dealt,
        "the Dh numbers of a head lie side by side in memory, so its next number is next to it.",
        "the row of x for one position: which numbers of it are head 0?",
    ),
    Mistake(
        "these are sizes, not jumps",
        wrong.sizes,
        "a size says how many entries an axis has. A stride says how many numbers to jump from one"
        " entry of that axis to the next.",
        "the last axis: how far is it from one number to its neighbour?",
    ),
    Mistake(
        "the order is turned round",
        wrong.backwards,
        "the first stride belongs to the first axis, the batch, and is the largest of all.",
        "the order of the axes in (B, H, T, Dh).",
    ),
    Mistake(
        "the first axis runs fastest",
        wrong.first_fastest,
        "that is how Fortran and MATLAB lay out an array. NumPy and PyTorch let the last axis run"
        " fastest: the numbers of one row are neighbours.",
        "where `x[0, 0, 1]` lies, seen from `x[0, 0, 0]`.",
        also=(wrong.first_fastest_before,),
    ),
    Mistake(
        "each jump is too short by one",
        wrong.between,
        "you count the numbers in between. A neighbour is one jump away, not zero.",
        "the last of the four: a stride of 0 would stay where it is.",
    ),
    Mistake(
        "each stride is that of a step along the axis before",
        wrong.whole_axes,
        "you multiply an axis's own size in, which takes you past its end.",
        "the last axis: how far is it from one number to its neighbour?",
        also=(wrong.whole_axes_fresh,),
    ),
    Mistake(
        "the batch is left out",
        wrong.batch_left_out,
        "the split array has four axes, and so four strides.",
        "how far it is from one sequence to the next.",
    ),
    Mistake(
        "each axis jumps by its own size",
        wrong.own_sizes,
        "how far it is to the next entry depends on how much lies *inside* one entry, in memory,"
        " and not on how many entries there are.",
        "for each axis: how many numbers of x are passed over on the way to its next entry?",
    ),
    Mistake(
        "positions follow each other as closely as heads",
        wrong.by_position_alone,
        "between two positions of one head lie the numbers of all the other heads.",
        "the row of x for one position, from its first number to that of the next row.",
    ),
]


def _fills(strides: tuple[int, ...], B: int, T: int, H: int, Dh: int) -> bool:
    """Return whether the entries of (B, H, T, Dh) use each place of the memory exactly once."""
    shape = (B, H, T, Dh)
    if math.prod(shape) > 10_000:
        return True  # seen at the smaller sizes
    places = sum(np.indices(shape).reshape(4, -1) * np.array(strides)[:, None])
    return bool(np.array_equal(np.sort(places), np.arange(math.prod(shape))))


def _inside(strides: tuple[int, ...], B: int, T: int, H: int, Dh: int) -> bool:
    return len(strides) == 4


check = Check(
    "split_strides",
    "split_strides(B, T, H, Dh)",
    reference,
    CASES,
    MISTAKES,
    "What happens in memory",
    properties=(
        Property("there are four axes, (B, H, T, Dh), and each has a stride", _inside),
        Property(
            "with these jumps, the entries do not meet each number in memory exactly once",
            _fills,
        ),
    ),
    errors={
        "^(AttributeError|TypeError)": "Four integers come in and four go out; there is no array"
        " unless you make one.",
    },
)
