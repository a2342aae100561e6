"""The check of ``model_input(ids, tok_emb, pos_emb, scale)``: a lookup, and where it stands."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import entrances as wrong
from .inputs import ENTERING
from .reference import model_input as reference

Array = np.ndarray
LOOKUP = "One-hot times a matrix is a lookup"
SIZES = "How large are the two terms?"

MISTAKES = [
    Mistake(
        "the positions are never added",
        wrong.adding(wrong.nothing),
        "the same token has the same row wherever it stands. Attention compares rows and nothing"
        " else, so the model reads a bag of tokens.",
        "what your function does with `pos_emb`.",
        section="Order is invisible",
    ),
    Mistake(
        "the positions are added twice",
        wrong.adding(wrong.twice),
        "each position counts double against the tokens. That often happens in two places of a"
        " program: once after the lookup and once more in the function that calls it.",
        "how often `pos_emb` stands in a sum.",
    ),
    Mistake(
        "the row of the position table is chosen by the token",
        wrong.adding(wrong.by_token),
        "`pos_emb[ids]` is a second lookup of the token: `a` gets row 1 wherever it stands, and"
        " the order is lost as before. A position is a place in the sequence, whatever stands"
        " there.",
        "the number that picks the row: does it say *what* or *where*?",
    ),
    Mistake(
        "the row of the position table is chosen by the sequence",
        wrong.adding(wrong.by_sequence),
        "all positions of one sequence get the same row, and another sequence gets another. The"
        " batch is only a pile of sequences that have nothing to do with each other.",
        "the axis along which the rows of the position table should run.",
    ),
    Mistake(
        "the number of sequences is taken for the number of positions",
        wrong.adding(wrong.as_many_as_sequences),
        "`len(ids)` is B, the first size of (B, T). With one sequence that is a single row, which"
        " NumPy then adds everywhere; with two or more the shapes rarely fit.",
        "`ids.shape`, and which of its numbers counts positions.",
    ),
    Mistake(
        "the last rows of the position table are used",
        wrong.adding(wrong.last_rows),
        "a sequence starts at position 0, and so at row 0, however long it is. Yours moves the"
        " start with the length, so the same text gets other vectors when a token is added.",
        "where your slice begins.",
    ),
    Mistake(
        "the positions are counted from 1",
        wrong.adding(wrong.from_one),
        "the first token stands at position 0. Yours never uses row 0, and a sequence that fills"
        " the whole context runs out of rows.",
        "the first row that your slice takes.",
        also=(wrong.adding(wrong.from_one_by_index),),
    ),
    Mistake(
        "one row of the position table is added everywhere",
        wrong.adding(wrong.first_row),
        "a single row, the same for all, tells nothing about order. `table[T]` is one row;"
        " `table[:T]` are T of them.",
        "the shape of what you add.",
        also=(wrong.adding(wrong.row_of_last), wrong.adding(wrong.row_after_last)),
    ),
    Mistake(
        "the positions run on from one sequence to the next",
        wrong.adding(wrong.running_on),
        "each sequence of a batch starts anew, at position 0. Yours counts through all of them, so"
        " what a sequence becomes depends on its place in the batch.",
        "what happens to your count at the end of the first sequence.",
    ),
    Mistake(
        "the whole position table is added",
        wrong.adding(wrong.whole),
        "the table has a row for each position that the model *can* read. The input may be"
        " shorter; then the shapes do not fit, and worse, a table of one row would fit anything.",
        "how many rows you need of it.",
    ),
    Mistake(
        "the positions are subtracted",
        wrong.adding(wrong.subtracted),
        "a learned table could get used to it, but then no saved model fits your code.",
        "the sign.",
    ),
    Mistake(
        "the scale multiplies the positions too",
        wrong.sum_scaled,
        "the scale is there to change how large the tokens are *beside* the positions. Multiplying"
        " both leaves the one as small against the other as before.",
        "what the scale stands before.",
        section=SIZES,
    ),
    Mistake(
        "the scale multiplies the positions, where it should multiply the tokens",
        wrong.places_scaled,
        "it is the token's row that is too short beside sines and cosines, and has to be made"
        " longer.",
        "which of the two terms the scale stands before.",
        section=SIZES,
    ),
    Mistake(
        "the scale is forgotten",
        wrong.scaled(lambda rows, scale: rows),
        "the rows of the tokens enter as they stand in the table, and may drown in the positions.",
        "the last of the four arguments.",
        section=SIZES,
    ),
    Mistake(
        "the scale divides",
        wrong.scaled(lambda rows, scale: rows / scale),
        "a scale above 1 makes the tokens longer. Yours makes them shorter still.",
        "the operator between the scale and the rows.",
        section=SIZES,
    ),
    Mistake(
        "the scale is computed, and not taken as it is given",
        wrong.scaled(wrong.root_of_width),
        "√D is the scale of the original transformer. Whoever calls your function has decided"
        " which one to use: with learned positions, for one, it is 1.",
        "every root in your code.",
        section=SIZES,
        also=(
            wrong.scaled(wrong.both_scales),
            wrong.scaled(lambda rows, scale: np.sqrt(scale) * rows),
        ),
    ),
    Mistake(
        "token and position are multiplied",
        wrong.multiplied,
        "a product mixes the two beyond repair: one zero in the position's row, and the token's"
        " number is gone. In a sum both can still be read.",
        "the operator between the two.",
    ),
    Mistake(
        "token and position are put side by side",
        wrong.side_by_side,
        "that makes rows of 2 D numbers, and every layer that follows twice as wide. Here the two"
        " share the same D numbers.",
        "the last size of the result.",
    ),
    Mistake(
        "columns are looked up instead of rows",
        wrong.columns,
        "the table has a row for each token: (V, D). A column holds one number of every token.",
        "the axis that the ids index.",
        section=LOOKUP,
    ),
    Mistake(
        "only the first sequence is looked up",
        wrong.first_sequence,
        "ids has two axes, (B, T). A table can be indexed by all of them at once.",
        "the index on `ids`.",
        section=LOOKUP,
    ),
    Mistake(
        "the sequences are strung together",
        wrong.flat,
        "the result keeps the axis of the batch: (B, T, D).",
        "the shape of what you return.",
        section=LOOKUP,
    ),
    Mistake(
        "a table is overwritten",
        wrong.scales_table,
        "the tables belong to the model. `table *= c` changes its weights for good, and a slice"
        " such as `table[:T]` is the table itself: what is added into it stays there.",
        "the lines with `*=` or `+=`.",
        also=(wrong.adds_into_places,),
    ),
]


def _same_in_all(out: Array, ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> bool:
    added = out - scale * tok_emb[ids]  # (B, T, D)
    return bool(np.allclose(added, added[:1], atol=1e-5))


check = Check(
    "model_input",
    "model_input(ids, tok_emb, pos_emb, scale)",
    reference,
    ENTERING,
    MISTAKES,
    "Learned positions",
    properties=(
        Property(
            "what is added to the scaled row of a token has to depend on its position alone: it"
            " is the same in all sequences",
            _same_in_all,
        ),
    ),
    errors={
        "^ValueError.*broadcast": "Write down the two shapes that meet in your sum: (B, T, D) on"
        " one side, and on the other?",
        "^IndexError": "An id picks a row of `tok_emb`, a position a row of `pos_emb`. And the"
        " first axis of the result is the batch, the second the positions.",
    },
)
