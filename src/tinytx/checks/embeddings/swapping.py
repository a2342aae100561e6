"""The check of ``blind_spots(model, vocab_size, T)``: an experiment on order."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake, Property
from . import models
from . import swappers as wrong
from .reference import blind_spots as reference

CASES = [
    (models.no_positions, 3, 4),
    (models.no_positions, 2, 2),
    (models.learned, 2, 3),
    (models.learned, 4, 6),
    (models.by_token, 3, 5),
    (models.in_pairs, 3, 7),
    (models.up_to_three, 3, 7),
    (models.from_both_ends, 3, 6),
    (models.alternating, 3, 5),
    (models.faint, 3, 4),
    (models.three_back, 3, 6),
    (models.itself_alone, 3, 5),
    (models.twins, 3, 4),
    (models.only_token_two, 3, 4),
    (models.two_blocks, 3, 5),
    (models.rounds, 3, 5),
    (models.normed, 3, 4),
    (models.in_last_number, 3, 4),
    (models.in_first_number, 3, 4),
    (models.overwrites, 3, 6),
]

MISTAKES = [
    Mistake(
        "the whole output is compared, and not its last row",
        wrong.probing(differs=wrong.any_row),
        "the rows of the two tokens that changed places change with them, in any model. The"
        " question is what a *later* position makes of it.",
        "which row of the two outputs you compare.",
        also=(wrong.probing(differs=wrong.mean_of_rows),),
    ),
    Mistake(
        "all later rows are compared, and not the last alone",
        wrong.probing(differs=wrong.later_rows),
        "a row in between may notice what the last one does not. The last is the one that makes"
        " the next token.",
        "which row of the two outputs you compare.",
    ),
    Mistake(
        "the two texts do not hold the same tokens",
        wrong.probing(change=wrong.swapped_by_view),
        "a bag with another token in it is another bag, and every model notices. It happens in a"
        " swap too: after `ids[i] = ids[i + 1]` the old token at i is gone, and both places hold"
        " the same.",
        "your two texts, each sorted: are they equal?",
    ),
    Mistake(
        "nothing changes between the two runs",
        wrong.probing(change=wrong.same),
        "`other = ids` makes a second name, not a second array: what changes in one changes in"
        " both. And where both places hold the same token, a swap does nothing. Then every model"
        " looks blind.",
        "the two arrays at the moment when the model gets them: print both.",
    ),
    Mistake(
        "only one text is tried",
        wrong.probing(texts=wrong.one_text(wrong.counted)),
        "a blind spot is one for *all* tokens. In a single text two neighbours may be equal by"
        " chance, or two tokens that this model does not tell apart.",
        "how many pairs of tokens there are, and how many you try at each place.",
        also=tuple(wrong.probing(texts=wrong.one_text(wrong.drawn(seed))) for seed in (0, 1, 42)),
    ),
    Mistake(
        "one swap that goes unnoticed is enough",
        wrong.probing(blind=wrong.one_unnoticed),
        "two tokens may be alike to the model, wherever they stand. A place is blind only if no"
        " swap there is noticed.",
        "`any` or `all`.",
    ),
    Mistake(
        "the places where a swap is noticed are listed",
        wrong.probing(blind=wrong.noticed),
        "the task asks for the places where it is not.",
        "the `not` in your condition.",
    ),
    Mistake(
        "two tokens that are no neighbours change places",
        wrong.probing(change=wrong.swapped_with(lambda i, T: min(i + 2, T - 2))),
        "a model may tell neighbours apart and not those two steps away, or the other way round.",
        "the two indices of your swap.",
        also=(
            wrong.probing(change=wrong.swapped_with(lambda i, T: 0)),
            wrong.probing(change=wrong.swapped_with(lambda i, T: T - 2)),
            wrong.probing(change=wrong.swapped_with(lambda i, T: i - 1 if i else 1)),
        ),
    ),
    Mistake(
        "the last token moves too",
        wrong.probing(change=wrong.swapped_with(lambda i, T: T - 1)),
        "the last row is that of the last token, so of course it changes with it. What stands at"
        " the end has to stay there.",
        "the two indices of your swap.",
    ),
    Mistake(
        "the last place is asked about too",
        wrong.probing(stop=1),
        "positions T - 2 and T - 1 are neighbours, but the second of them is the one that judges."
        " It must not change.",
        "the end of your loop.",
    ),
    Mistake(
        "one shuffle of the whole text stands for all places",
        wrong.all_or_none,
        "it says that order counts somewhere, and not where. And a shuffle may happen to be one"
        " that the model does not notice.",
        "what differs between your two texts, beside places i and i + 1.",
    ),
    Mistake(
        "the swaps pile up",
        wrong.piling_up,
        "the second text still has the swaps of the places before. Once one of these is noticed,"
        " all further ones seem to be.",
        "what you start from in each round.",
    ),
    Mistake(
        "rounding is taken for noticing",
        wrong.probing(differs=wrong.exactly),
        "the same terms, added in another order, may differ in the sixteenth digit. The task says"
        " what counts as rounding.",
        "how you compare two floats.",
    ),
    Mistake(
        "small changes are overlooked",
        wrong.probing(differs=wrong.loosely),
        "`np.allclose` forgives a relative difference of 1e-5. The task says what counts as"
        " rounding.",
        "the tolerance of your comparison, relative and absolute.",
    ),
    Mistake(
        "only the sum of the row is compared",
        wrong.probing(differs=wrong.sums),
        "what one number gains another may lose. After a layer norm the numbers of every row sum"
        " to zero, whatever came in.",
        "the order of summing and taking the size of a difference.",
    ),
    Mistake(
        "only one number of the row is compared",
        wrong.probing(differs=wrong.first_number),
        "a row has D numbers, and the order may show in any of them.",
        "how many numbers of the last row you compare.",
    ),
    Mistake(
        "all numbers of the row have to change",
        wrong.probing(differs=wrong.every_number),
        "a change in a single number is a change.",
        "`any` or `all`.",
    ),
    Mistake(
        "a `model` that writes into its input spoils the experiment",
        wrong.hands_out_its_own,
        "the task allows that. After the first call your ids may be others, and with them all that"
        " you make from them.",
        "what you hand out, and what you keep.",
    ),
    Mistake(
        "the list is in descending order",
        wrong.backwards,
        "the places are right, and the task asks for them in ascending order.",
        "the direction of your loop.",
    ),
]

check = Check(
    "blind_spots",
    "blind_spots(model, vocab_size, T)",
    reference,
    CASES,
    MISTAKES,
    "Order is invisible",
    properties=(
        Property(
            "without positions a model is blind everywhere: whatever changes places before the last"
            " token, the last row stays the same. Is it that row alone that you compare, and do"
            " both texts hold the same tokens?",
            lambda found, model, vocab_size, T: (
                model is not models.no_positions or found == list(range(T - 2))
            ),
        ),
        Property(
            "with a row for each position no place is blind. Were the two tokens different, and"
            " did you try enough of them?",
            lambda found, model, vocab_size, T: model is not models.learned or not found,
        ),
        Property(
            "the last position judges, so no place may be listed whose swap would move it",
            lambda found, model, vocab_size, T: all(0 <= i < T - 2 for i in found),
        ),
        Property(
            "each place may be listed once",
            lambda found, model, vocab_size, T: len(set(found)) == len(found),
        ),
    ),
    errors={
        "^IndexError": "`model` takes ids from 0 to vocab_size - 1, in an array of shape (T,).",
    },
)
