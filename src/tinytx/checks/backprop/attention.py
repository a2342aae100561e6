"""The check of ``attention_gradients(dout, q, k, v, mask)``: queries, keys and values."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import readers as wrong
from .reference import attention_gradients as reference

Array = np.ndarray


def _heads(*rows: list[float]) -> Array:
    """Return one text with one head, (1, 1, rows, numbers)."""
    return np.array([[rows]], dtype=float)


def _drawn(B: int, H: int, T: int, S: int, Dh: int, seed: int) -> tuple[Array, ...]:
    """Return dout, q, k and v."""
    lengths = (T, T, S, S)
    return tuple(draw(B, H, n, Dh, seed=seed + i) for i, n in enumerate(lengths))


BOTH = np.array([[True, True]])
ALL = np.ones((2, 2), dtype=bool)
CAUSAL = np.tri(2, dtype=bool)

THIN = (_heads([1], [2]), _heads([1], [-1]), _heads([0], [1]), _heads([2], [5]))
LARGE = (_heads([1]), _heads([1000]), _heads([2], [1.999]), _heads([2], [5]))
WIDE = (
    _heads([1, 0, 2, 1]),
    _heads([1, 3, 0, 0]),
    _heads([2, 0, 0, 0], [0, 1, 1, 0]),
    _heads([1, 0, 0, 2], [0, 3, 0, 0]),
)
EVEN = (
    _heads([1, 0], [0, 2]),
    _heads([1, 2], [0, 1]),
    _heads([1, 0], [3, 1]),
    _heads([0, 2], [1, -1]),
)

# Heads of one number, where the root is 1: a query that sees two keys, and two queries that see
# each other or not; scores whose exp overflows. Then a head of four numbers, whose root is 2;
# square ones, where a transpose too many raises no error; queries that come last; all sizes
# different; a mask that is not causal.
CASES = [
    (_heads([1]), _heads([1]), _heads([0], [1]), _heads([2], [5]), BOTH),
    (*THIN, CAUSAL),
    (*THIN, ALL),
    (*LARGE, BOTH),
    (*WIDE, BOTH),
    (*EVEN, CAUSAL),
    (*_drawn(1, 1, 4, 4, 4, 1), np.tri(4, dtype=bool)),
    (*_drawn(2, 2, 2, 3, 4, 11), np.tri(2, 3, k=1, dtype=bool)),
    (*_drawn(2, 3, 4, 5, 6, 21), np.tri(4, 5, k=1, dtype=bool)),
    (*_drawn(1, 2, 3, 4, 5, 31), np.array([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0, 0, 1]], dtype=bool)),
]  # fmt: skip

ROOT = "the scores are q k / √Dh, so on the way back both dq and dk are divided by √Dh too"
SLOPE = "Cross-entropy and softmax"
MISTAKES = [
    Mistake(
        "the division by √Dh is missing in the gradients",
        wrong.scaling(1, 1),
        f"{ROOT}.",
        "each line of the forward pass that has no partner in your backward pass.",
        also=(wrong.scaling(1, 0.5), wrong.scaling(0.5, 1)),
    ),
    Mistake(
        "the division by √Dh is missing in the scores",
        wrong.right(share=lambda Dh: 1.0),
        "the weights have to be those of the forward pass, and there the scores were divided.",
        "how you compute the weights again.",
        also=(wrong.unscaled,),
    ),
    Mistake(
        "the gradients are divided by something else than √Dh",
        wrong.scaling(1.0, 1.0, power=-1.0),
        f"{ROOT}: once, and not by Dh. A multiplication by √Dh would undo what was done forward."
        " The way back is not the inverse of the way there: a division stays a division.",
        "the power of Dh in your last two lines.",
        also=(wrong.scaling(1.0, 1.0, power=0.5),),
    ),
    Mistake(
        "dk is computed without the transpose",
        wrong.ending(lambda ds, q, k: (ds @ k, ds @ q)),
        "a key gets something from each query that has read it. So the sum for a key runs over the"
        " queries, along a column of dscores.",
        "the shapes in that product: dk has S rows, and dscores is (T, S).",
    ),
    Mistake(
        "dk is reshaped where it has to be transposed",
        wrong.ending(lambda ds, q, k: (ds @ k, wrong.reshaped(ds) @ q)),
        "`reshape` leaves the numbers in their order and only breaks the lines elsewhere.",
        "each `reshape`: it may merge axes that stand side by side, but not swap any.",
        section="Linear",
    ),
    Mistake(
        "dv is computed without the transpose",
        wrong.values(lambda p, a, dout: p @ dout),
        "a position that was read by many gets a gradient from each of them, as much as it was"
        " read: the sum runs along a column of the weights.",
        "the shapes in that product: dv has S rows, and the weights are (T, S).",
        also=(wrong.values(lambda p, a, dout: wrong.reshaped(p) @ dout),),
    ),
    Mistake(
        "softmax is skipped on the way back",
        wrong.slope(lambda dp, p: dp),
        "the gradient of the weights is not yet that of the scores. Between the two stands a"
        " softmax.",
        "the four steps of attention, and how many your backward pass has.",
        section=SLOPE,
        also=(wrong.slope(lambda dp, p: np.where(p > 0, dp, 0.0)),),
    ),
    Mistake(
        "the backward pass of softmax is another's",
        wrong.slope(lambda dp, p: p * (1 - p) * dp),
        "it is p times the gradient *less its weighted average of the row*, where p are the"
        " attention weights.",
        "the line that turns dweights into dscores: try it alone, on one row.",
        section=SLOPE,
        also=(
            wrong.slope(lambda dp, p: p * dp),
            wrong.slope(lambda dp, p: dp - (p * dp).sum(-1, keepdims=True)),
            wrong.slope(lambda dp, p: p * (dp - dp.mean(-1, keepdims=True))),
            wrong.slope(lambda dp, p: p * (dp - dp.sum(-1, keepdims=True))),
            wrong.slope(lambda dp, p: p * (dp - (p * dp).sum(-2, keepdims=True))),
            wrong.slope(lambda dp, p: p * (dp + (p * dp).sum(-1, keepdims=True))),
        ),
    ),
    Mistake(
        "the mask is not used",
        wrong.masked(lambda a, mask: wrong.softmax(a)),
        "the backward pass needs the weights of the forward pass, and those are zero where mask is"
        " False.",
        "what becomes of a score before the softmax.",
    ),
    Mistake(
        "the mask is used only after the softmax",
        wrong.masked(lambda a, mask: wrong.softmax(a) * mask),
        "then the weights of a row do not sum to one, and they are not those of the forward pass.",
        "the order of mask and softmax.",
        also=(wrong.masked(lambda a, mask: wrong.softmax(a * mask)), wrong.masked_behind),
    ),
    Mistake(
        "the mask is inverted",
        wrong.masked(lambda a, mask: wrong.softmax(np.where(mask, -1e30, a))),
        "True means that the query *may attend* to the key.",
        "which of the two scores becomes minus infinity.",
    ),
    Mistake(
        "a mask of its own is used",
        wrong.masked(lambda a, mask: wrong.softmax(np.where(np.tri(*mask.shape), a, -np.inf))),
        "the mask that is handed in need not be causal, and where it is, T may be smaller than S.",
        "the last argument.",
    ),
    Mistake(
        "minus infinity gets into the gradients",
        wrong.infinite,
        "it belongs into the scores of the forward pass, where softmax makes a zero of it. A"
        " gradient that is not there is 0, and 0 times infinity is nan.",
        "what softmax's backward does with a weight of zero, without any help.",
        also=(wrong.infinite_behind,),
    ),
    Mistake(
        "dv is computed from something else than the weights",
        wrong.values(lambda p, a, dout: a.swapaxes(-1, -2) @ dout),
        "the values were added up with the weights, so the weights carry the gradient back.",
        "which array met v in the forward pass.",
        also=(wrong.values_from(0), wrong.values_from(1)),
    ),
    Mistake(
        "dv is divided by √Dh",
        wrong.values(lambda p, a, dout: p.swapaxes(-1, -2) @ dout / np.sqrt(dout.shape[-1])),
        "the division was made on the scores. The values have never met it.",
        "which of your lines the division belongs to.",
    ),
    Mistake(
        "dv does not depend on the weights",
        wrong.values(wrong.summed),
        "a value gets as much of the gradient as it was read, and a hidden one nothing.",
        "which array met v in the forward pass.",
    ),
    Mistake(
        "q and k have changed places",
        wrong.swapped,
        "the slope of a product along one factor is the *other* factor: dq is made with k, and dk"
        " with q.",
        "the last factor of dq and of dk.",
    ),
    Mistake(
        "the gradient of the weights is not made with v",
        wrong.reading(lambda q, k, v, n: k),
        "out is weights times v, so what comes back to the weights is dout times v, transposed.",
        "which array met the weights in the forward pass.",
    ),
    Mistake(
        "the three gradients come in another order",
        wrong.ordered(2, 1, 0),
        "the order is that of the arguments: dq, dk, dv.",
        "your `return`.",
        also=(wrong.ordered(1, 0, 2), wrong.ordered(2, 0, 1), wrong.ordered(0, 2, 1)),
    ),
    Mistake(
        "dscores is computed from weights that are not normalized",
        wrong.masked(lambda a, mask: np.exp(a) * mask),
        "softmax divides each row by its sum.",
        "the sum of a row of your weights.",
        section=SLOPE,
    ),
    Mistake(
        "exp overflows",
        wrong.masked(wrong.naive),
        "the weights have to be those of the forward pass, where the largest score of each row is"
        " subtracted first. exp of 1000 is infinity.",
        "your softmax, for large scores.",
        section=SLOPE,
    ),
]  # fmt: skip


def _unread(got: tuple[Array, ...], dout: Array, q: Array, k: Array, v: Array, mask: Array) -> bool:
    return bool(np.allclose(got[2].sum(-2), dout.sum(-2)))


check = Check(
    "attention_gradients",
    "attention_gradients(dout, q, k, v, mask)",
    reference,
    CASES,
    MISTAKES,
    "Attention",
    properties=(
        Property(
            "each row of weights sums to one, so that dv, summed over its positions, has to be"
            " dout, summed over its own",
            _unread,
        ),
    ),
    errors={
        "^ValueError": "Write the shapes beside each other: dout and q are (B, H, T, Dh), k and v"
        " (B, H, S, Dh), weights and mask end in (T, S). T and S may differ.",
    },
)
