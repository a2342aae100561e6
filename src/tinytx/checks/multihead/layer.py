"""The check of ``multi_head_attention(x, w_qkv, w_o, n_head)``: the whole layer, causal."""

from __future__ import annotations

import numpy as np

from ..attention import maskers
from ..check import Check
from ..verdict import Mistake, Property
from . import layers as wrong
from .inputs import CASES
from .reference import multi_head_attention as reference
from .within import BY_HAND, WITHIN_A_HEAD

Array = np.ndarray

OF_THE_HEADS = [
    Mistake(
        "the output projection is forgotten",
        wrong.layer(end=wrong.unprojected),
        "after the merge, head h still fills columns of its own, and nobody has combined the heads."
        " w_o takes no part in your result.",
        "what happens to the heads once they stand side by side.",
        section="The output projection is a sum over heads",
    ),
    Mistake(
        "w_o is not transposed",
        wrong.layer(end=wrong.untransposed),
        "a weight is (out, in), so a layer computes `x @ w.T`. With a square matrix nothing is"
        " raised.",
        "the shapes on both sides of your last product, if D and H · Dh differ.",
    ),
    Mistake(
        "the heads are split by a plain reshape",
        wrong.plain_split,
        "head 0 then holds all heads of the first few positions. The shape is right, the positions"
        " are mixed before any mask is looked at, and the future leaks.",
        "which numbers of a row of q belong to head 0.",
        section="Split and merge",
        also=(wrong.both_plain,),
    ),
    Mistake(
        "the heads are merged without the transpose",
        wrong.plain_merge,
        "a row then holds several positions of one head, and not all heads of one position.",
        "the order of the axes just before the reshape.",
        section="Split and merge",
    ),
    Mistake(
        "neighbouring numbers go to different heads",
        wrong.layer(split=wrong.every_other),
        "a head gets Dh numbers that stand side by side.",
        "the order of the two sizes into which you cut the last axis.",
        section="Split and merge",
    ),
    Mistake(
        "the heads of one position attend to each other",
        wrong.among_heads(wrong.masked_weights, wrong.in_a_row),
        "without a transpose the array is (B, T, H, Dh), and the product compares heads, within"
        " each position. No position reads another.",
        "the shape of your scores: which two sizes should it end in?",
        section="Split and merge",
        also=(
            wrong.among_heads(maskers.ignored, wrong.in_a_row),
            wrong.among_heads(wrong.masked_weights, wrong.merge_heads),
            wrong.among_heads_masked(wrong.in_a_row),
        ),
    ),
    Mistake(
        "it is one head of the whole width",
        wrong.layer(split=wrong.one_head),
        "each head has weights of its own, from its own Dh numbers of q and k. Yours compares all"
        " H · Dh numbers at once, and n_head makes no difference.",
        "where n_head enters.",
        section=BY_HAND,
    ),
    Mistake(
        "the three parts of w_qkv are taken in another order",
        wrong.ordered(1, 0, 2),
        "the rows for the queries are on top, then those for the keys, then those for the values.",
        "which third makes what, and whether each is used where it belongs.",
        section="One projection or three",
        also=tuple(wrong.ordered(*o) for o in ((2, 1, 0), (0, 2, 1), (1, 2, 0), (2, 0, 1))),
    ),
    Mistake(
        "queries, keys and values are cut out of each head",
        wrong.layer(cut=wrong.cut_in_each_head),
        "some models store q, k and v of head 0 first, then those of head 1. Here all queries come"
        " first, of all heads, then all keys, then all values.",
        "in how many pieces you cut the 3 · H · Dh numbers first.",
        section="One projection or three",
        also=(wrong.layer(cut=wrong.dealt_in_threes),),
    ),
    Mistake(
        "the values play no part",
        wrong.ordered(0, 1, 1),
        "the last third makes the values, and they are what is read. Yours reads something else.",
        "what stands on the right of the product with the weights.",
        section="One projection or three",
        also=(wrong.ordered(0, 1, 0),),
    ),
    Mistake(
        "all heads use the same weights",
        wrong.layer(weigh=wrong.of_first_head),
        "then they all read the same places, and two heads can do no more than one.",
        "whether the axis of the heads is still there in the weights, at its full size.",
        section="What one head cannot do",
        also=(wrong.layer(weigh=wrong.of_all_heads),),
    ),
    Mistake(
        "x is added to the result",
        wrong.layer(end=wrong.with_residual),
        "the residual connection is the block's business, in chapter 5. The layer gives only what"
        " it has read.",
        "your last line.",
    ),
    Mistake(
        "the weights that came in are overwritten",
        wrong.scales_weights,
        "w_qkv belongs to the model: scaled in place, it is scaled again at the next call.",
        "the lines with `/=` or `*=`.",
    ),
]


def _first_reads_itself(out: Array, x: Array, w_qkv: Array, w_o: Array, n_head: int) -> bool:
    width = len(w_qkv) // 3
    alone = x[:, 0] @ w_qkv[2 * width :].T @ w_o.T  # (B, D)
    return bool(np.allclose(out[:, 0], alone, rtol=1e-4, atol=1e-5))


check = Check(
    "multi_head_attention",
    "multi_head_attention(x, w_qkv, w_o, n_head)",
    reference,
    CASES,
    OF_THE_HEADS + WITHIN_A_HEAD,
    "The whole layer",
    properties=(
        Property(
            "position 0 can read nothing but itself: its own values, through w_o",
            _first_reads_itself,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast)": "Write down the two shapes that meet"
        " here. x is (B, T, D), w_qkv (3 · H · Dh, D) and w_o (D, H · Dh); D and H · Dh may"
        " differ.",
        "^ValueError.*(reshape|divi)": "What is cut into heads is H · Dh wide, and D may be"
        " something else.",
    },
)
