"""The check of ``embedding_gradient(dx, ids, vocab_size)``: each row collects its places."""

from __future__ import annotations

import numpy as np

from ..arrays import draw, first, number
from ..check import Check
from ..verdict import Mistake, Property
from . import lookups as wrong
from .reference import embedding_gradient as reference

Array = np.ndarray

# One place; an id twice in a text; an id in both texts; id 0; then all sizes different, and more
# ids than positions.
CASES = [
    (np.array([[[1.0, 2.0]]]), np.array([[1]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]]]), np.array([[2, 0, 2]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 5.0]], [[4.0, 9.0], [7.0, 6.0]]]), np.array([[0, 3], [1, 3]]), 5),
    (draw(2, 4, 3, seed=1), np.array([[5, 0, 5, 2], [2, 5, 1, 1]]), 7),
    (draw(3, 5, 2, seed=2), np.array([[4, 4, 4, 1, 0], [1, 4, 4, 2, 6], [3, 3, 1, 0, 0]]), 8),
]  # fmt: skip

BOTH = "a row of the table that is used in several places gets the sum of their gradients"
MISTAKES = [
    Mistake(
        "of an id that stands in several places, only one gradient arrives",
        wrong.assigned,
        f"{BOTH}. `dE[ids] = dx` writes one over the other, and `dE[ids] += dx` does too: it reads"
        " the rows, adds, and writes each of them once.",
        "what is in the row of a repeated id after your line, and what should be added to what.",
        also=(wrong.assigned_by_text, wrong.assigned_by_position, wrong.first_only),
    ),
    Mistake(
        "the gradients are averaged, not summed",
        wrong.divided(lambda ids, counts: np.maximum(counts, 1)),
        f"{BOTH}. Nothing divides: if a mean is wanted, the loss has taken it already, and `dx`"
        " holds it.",
        "the divisions in your code.",
        also=(
            wrong.divided(lambda ids, counts: len(ids)),
            wrong.divided(lambda ids, counts: ids.shape[1]),
            wrong.divided(lambda ids, counts: ids.size),
        ),
    ),
    Mistake(
        "only one of the texts counts",
        wrong.of_text(0),
        "all texts of the batch read the same table, so all of them send it gradients.",
        "the first axis of dx: is there a loop or a reshape for it, and where does the table start"
        " from zero?",
        also=(wrong.of_text(-1),),
    ),
    Mistake(
        "the rows are positions, not ids",
        wrong.by_position,
        "the row of the table that was used is told by the id that stood there. Where it stood does"
        " not matter: that is the gradient of the position table.",
        "the index on the left of your `+=`.",
    ),
    Mistake(
        "gradients and ids are read in different orders",
        wrong.turned,
        "dx and ids list their places in the same order: text after text, and in each the positions"
        " from left to right. Transpose one of them and each gradient goes to another's row.",
        "how you make one list of places from (B, T), for ids and for dx.",
        also=(wrong.columns_first,),
    ),
    Mistake(
        "the table has the wrong number of rows",
        wrong.rows_that_occur,
        "a gradient has the shape of its value. Ids that do not occur have rows too, of zeros.",
        "`vocab_size`.",
        also=(wrong.rows_up_to_largest, wrong.rows_as_positions),
    ),
    Mistake(
        "the table is transposed",
        wrong.transposed,
        "a gradient has the shape of its value: the embedding has a row for each id.",
        "the two sizes in your `np.zeros`, or the two factors of your product.",
    ),
    Mistake(
        "the gradients themselves do not arrive",
        wrong.counts,
        "each place sends its whole vector dx, number by number, to the row of its id.",
        "the right side of your `+=`.",
        also=(wrong.added_up,),
    ),
    Mistake(
        "id 0 is left out",
        wrong.without_zero,
        "here 0 is an id as any other. Some libraries keep it for padding, this course does not.",
        "a condition, or a range that starts at 1.",
    ),
    Mistake(
        "the signs are turned",
        wrong.negative,
        "that training goes against the gradient is the business of the training step. This is the"
        " gradient itself.",
        "the minus in your code.",
    ),
]  # fmt: skip


def _lost(table: Array, dx: Array, *_: object) -> Array:
    return ~np.isclose(table.sum(axis=0), dx.sum(axis=(0, 1)))


def _where(table: Array, dx: Array, *_: object) -> str:
    column = first(_lost(table, dx))[0]
    return (
        f"column {column} of yours sums to {number(table[:, column].sum().item())}, and"
        f" dx[:, :, {column}] to {number(dx[..., column].sum().item())}"
    )


check = Check(
    "embedding_gradient",
    "embedding_gradient(dx, ids, vocab_size)",
    reference,
    CASES,
    MISTAKES,
    "Embedding, and a weight used twice",
    properties=(
        Property(
            "nothing of dx may get lost or count double on its way into the table",
            lambda *given: not _lost(*given).any(),
            _where,
        ),
    ),
    errors={
        "^IndexError.*out of bounds": "The ids go up to vocab_size - 1. How many rows does your"
        " table have?",
        "^(ValueError|IndexError)": "Print the shapes of both sides: dx is (B, T, D), ids is"
        " (B, T).",
    },
)
