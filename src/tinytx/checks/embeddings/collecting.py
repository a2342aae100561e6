"""The check of ``table_gradients(ids, dx, h, dlogits, context_length)``: two ends, one table."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import collectors as wrong
from .inputs import GRADIENTS
from .reference import table_gradients as reference

Array = np.ndarray
LOOKUP = "One-hot times a matrix is a lookup"
PLACES = "Learned positions"

MISTAKES = [
    Mistake(
        "a token that comes twice counts once",
        wrong.looked_up(wrong.last_wins),
        "`dE[ids] += dx` reads, adds and writes back once for each row, so of two equal ids the"
        " last alone survives. A row collects from every place where its token stands.",
        "the sum over equal ids: which NumPy function adds each of them?",
        section=LOOKUP,
        also=(
            wrong.looked_up(wrong.first_wins),
            wrong.looked_up(wrong.each_sequence),
            wrong.last_lookup_alone,
        ),
    ),
    Mistake(
        "the places of a token are averaged",
        wrong.looked_up(wrong.mean_wins),
        "the loss depends on each place where the row was used, and these dependences add up. A"
        " mean would come from a loss that counts a frequent token less.",
        "what you divide by.",
        section=LOOKUP,
    ),
    Mistake(
        "the head's part is missing",
        wrong.lookup_alone,
        "that is the gradient of a table that was copied for the head, not shared with it: the"
        " copy would learn something else, and the two would drift apart from the first step on.",
        "the two places where the table is used.",
    ),
    Mistake(
        "the lookup's part is missing",
        wrong.head_alone,
        "the table is used below as well, where the ids pick its rows.",
        "the two places where the table is used.",
    ),
    Mistake(
        "the two parts are averaged",
        wrong.half,
        "a parameter that is used twice gets the sum of both gradients: changing it changes the"
        " loss in both ways at once.",
        "what you divide by.",
    ),
    Mistake(
        "one part overwrites the other",
        wrong.overwritten,
        "`table[ids] = dx` throws away what stands in these rows already.",
        "the difference between `=` and adding.",
    ),
    Mistake(
        "the head's part is only given to tokens of the text",
        wrong.head_where_seen,
        "the head gives a score to *every* token at every position, whether it stands in the text"
        " or not. That is how tokens learn not to be predicted.",
        "which rows of the table the logits were made with.",
    ),
    Mistake(
        "the head's part is taken for a lookup",
        wrong.head_by_lookup,
        "the head does not pick rows, it multiplies with all of them: `logits = h @ E.T`. Your"
        " result does not depend on `dlogits`.",
        "the backward pass of a linear layer.",
    ),
    Mistake(
        "the head's part is made with dx",
        wrong.head_part(wrong.head_with_dx),
        "what the head multiplied with the table is h, and the gradient of a weight is made of"
        " what went in and what came back.",
        "the backward pass of a linear layer: which two arrays meet for the weight?",
    ),
    Mistake(
        "the head's part comes from some positions only",
        wrong.head_part(wrong.first_sequence_of_head),
        "every position of every sequence has logits, and all of them count.",
        "the axes over which your product sums: B and T, both.",
        also=(wrong.head_part(wrong.last_position_of_head),),
    ),
    Mistake(
        "the lookup's part comes from the first sequence only",
        wrong.looked_up(wrong.first_sequence),
        "all sequences of the batch use the same table, and all of them count.",
        "the index on `ids` and on `dx`.",
        section=LOOKUP,
    ),
    Mistake(
        "the position's gradient is averaged over the batch",
        wrong.place_part(wrong.mean_places),
        "row t was added in each sequence, so it gets the sum of what came back there. A loss that"
        " is a mean over the batch has divided already, in dx.",
        "what you divide by.",
        section=PLACES,
        also=(wrong.place_part(wrong.counted_places),),
    ),
    Mistake(
        "the position's gradient comes from one sequence only",
        wrong.place_part(wrong.first_places),
        "row t was added at position t of every sequence. An assignment keeps the last one, an"
        " index of 0 the first.",
        "the axis B: what becomes of it?",
        section=PLACES,
        also=(wrong.place_part(wrong.last_places),),
    ),
    Mistake(
        "the position's gradient keeps the axis of the batch",
        wrong.place_part(wrong.batched_places),
        "a gradient has the shape of its parameter, and there is one position table for all"
        " sequences.",
        "the axis B: what becomes of it?",
        section=PLACES,
    ),
    Mistake(
        "the position's gradient has a row for each position of the text only",
        wrong.place_part(wrong.short_places),
        "a gradient has the shape of its parameter. The table has `context_length` rows; those"
        " that no position used did not change the loss.",
        "the shape of the table, and what the gradient of an unused row is.",
        section=PLACES,
    ),
    Mistake(
        "the wrong rows of the position table get the gradient",
        wrong.place_part(wrong.late_places),
        "position t used row t, from 0 to T - 1. The rows after them were not used.",
        "the slice that you write to.",
        section=PLACES,
    ),
    Mistake(
        "all positions are summed into one row",
        wrong.place_part(wrong.same_places),
        "each position has a row of its own. Only the sequences are summed.",
        "the axes of your sum.",
        section=PLACES,
        also=(wrong.place_part(wrong.same_used_places),),
    ),
    Mistake(
        "it is summed over the positions, and not over the batch",
        wrong.place_part(wrong.summed_over_positions),
        "the axes are (B, T, D). Row t of the table belongs to the second of them.",
        "the `axis` of your sum.",
        section=PLACES,
    ),
    Mistake(
        "the position table is treated like the tokens'",
        wrong.place_part(wrong.places_by_token),
        "its rows were picked by the place in the sequence, not by what stood there.",
        "what picked the row in the forward pass.",
        section=PLACES,
    ),
    Mistake(
        "the token table's gradient is transposed",
        wrong.turned,
        "a gradient has the shape of its parameter: (V, D), a row for each token.",
        "which of the two, `dlogits` or `h`, has to be turned in the product.",
    ),
    Mistake(
        "the token table's gradient ends at the highest id of the text",
        wrong.as_many_as_seen,
        "the table has as many rows as there are logits at a position.",
        "which argument knows V.",
    ),
    Mistake(
        "the two results are swapped",
        wrong.swapped,
        "the tokens come first, then the positions.",
        "the order in the `return`.",
    ),
    Mistake(
        "everything is divided by the number of positions",
        wrong.averaged,
        "if the loss is a mean, the division is in `dx` and `dlogits` already.",
        "what you divide by.",
    ),
    Mistake(
        "dx is overwritten",
        wrong.adds_into_dx,
        "`total = dx[0]` is no copy, it is a part of dx. What you add to it, you add to dx.",
        "the lines with `+=`, and what stands on their left.",
    ),
]


def _unused_are_zero(
    found: tuple[Array, Array], ids: Array, dx: Array, h: Array, dlogits: Array, size: int
) -> bool:
    return not found[1][ids.shape[1] :].any()


def _all_arrives(
    found: tuple[Array, Array], ids: Array, dx: Array, h: Array, dlogits: Array, size: int
) -> bool:
    return bool(np.allclose(found[1].sum(axis=0), dx.sum(axis=(0, 1)), atol=1e-5))


check = Check(
    "table_gradients",
    "table_gradients(ids, dx, h, dlogits, context_length)",
    reference,
    GRADIENTS,
    MISTAKES,
    "Weight tying",
    properties=(
        Property(
            "in the second result, rows of positions that were not used have to be zero",
            _unused_are_zero,
        ),
        Property(
            "every row of dx has to arrive in the second result, once: both have the same sum"
            " over all their rows",
            _all_arrives,
        ),
    ),
    errors={
        "^IndexError": "An id picks a row of the token table, which has as many rows as there are"
        " logits. A position picks a row of the other.",
        "^ValueError.*(broadcast|matmul|einsum|operand)": "Write the shapes of both sides: dx and"
        " h are (B, T, D), dlogits is (B, T, V).",
    },
)
