"""The check of ``blind_spots(model, vocab_size, T)``: an experiment on order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..check import Check
from ..verdict import Property
from . import models

Model = Callable[..., object]

# Models that know of order in different ways, each with how many tokens, and how long a text.
CASES = [
    (models.counted, 3, 4),
    (models.total, 3, 4),
    (models.before, 3, 4),
    (models.own_at_last, 3, 4),
    (models.no_positions, 3, 4),
    (models.no_positions, 2, 2),
    (models.learned, 2, 3),
    (models.learned, 5, 5),
    (models.by_token, 3, 5),
    (models.in_pairs, 3, 7),
    (models.up_to_three, 4, 7),
    (models.from_both_ends, 4, 6),
    (models.alternating, 4, 5),
    (models.faint, 3, 4),
    (models.three_back, 3, 6),
    (models.itself_alone, 3, 5),
    (models.twins, 5, 4),
    (models.only_token_two, 5, 4),
    (models.zero_one, 3, 5),
    (models.two_zero, 3, 4),
    (models.one_two, 3, 4),
    (models.in_a_crowd, 2, 20),
    (models.late, 2, 10),
    (models.two_blocks, 4, 5),
    (models.rounds, 5, 5),
    (models.one_e_10, 3, 4),
    (models.five_e_9, 2, 4),
    (models.normed, 3, 4),
    (models.in_last_number, 5, 4),
    (models.in_first_number, 5, 4),
    (models.overwrites, 3, 6),
    # These take the most texts, so they come when others have told most answers apart.
    (models.zero_one, 6, 4),
    (models.three_four, 6, 4),
    (models.unless_0, 6, 4),
    (models.unless_5, 6, 4),
    (models.unless_1, 5, 5),
]


def _claim(which: Iterable[Model], step: int, says: str) -> Property:
    """Return what holds for some of the models, where every ``step``-th place is blind; 0: none."""
    known = tuple(which)

    def holds(found: list[int], model: Model, vocab_size: int, T: int) -> bool:
        blind = list(range(0, T - 2, step)) if step else []
        return model not in known or found == blind

    return Property(says, holds, rule=False)


# Of the models, from the plainest on; what they say is true of them, whatever the answer did.
CLAIMS: list[tuple[list[Model], int, str]] = [
    (
        [
            models.counted,
            models.total,
            models.before,
            models.own_at_last,
            models.itself_alone,
        ],
        1,
        "a model that knows nothing of order is blind everywhere: whatever changes places before"
        " the last token, the last row stays the same. Is it that row alone that you compare, and"
        " do both texts hold the same tokens?",
    ),
    (
        [models.learned, models.alternating],
        0,
        "where neighbours always have different rows of positions, no place is blind. Were the two"
        " tokens different, and did you try enough of them?",
    ),
    (
        [
            models.twins,
            models.only_token_two,
            models.zero_one,
            models.two_zero,
            models.one_two,
            models.three_four,
        ],
        0,
        "this model sees some tokens change places and others not. A place is blind if no two"
        " tokens are seen there, so none is. Which pairs did you try?",
    ),
    (
        [models.no_positions, models.rounds, models.one_e_10],
        1,
        "this model differs by 1e-9 or less, and that is no change: it is blind everywhere",
    ),
    (
        [models.faint, models.five_e_9],
        0,
        "this model differs by little, but by more than 1e-9, and that is a change: it is blind"
        " nowhere",
    ),
    (
        [models.normed, models.in_last_number, models.in_first_number],
        0,
        "this model sees order, if only in some of the numbers of its last row: it is blind"
        " nowhere. Did you look at each of them?",
    ),
    (
        [models.in_pairs, models.overwrites],
        2,
        "two positions that share a row are one to a model, and two that do not are not. Did the"
        " model get the texts that you meant it to get?",
    ),
    (
        [models.unless_0, models.unless_5, models.unless_1],
        0,
        "this model sees order after all tokens but one, so it is blind nowhere. What stood last in"
        " your texts?",
    ),
    (
        [models.in_a_crowd],
        0,
        "this model sees order where two tokens or more are not 0, so it is blind nowhere. Which"
        " pairs did you try, and what else stood in your texts?",
    ),
    (
        [models.late],
        0,
        "this model notices each pair at each place, if only from the second text on, so it is"
        " blind nowhere. In how many texts did you try each pair?",
    ),
]

check = Check.of(
    __file__,
    "blind_spots(model, vocab_size, T)",
    CASES,
    "Order is invisible",
    properties=(
        Property(
            "the last position judges, so no place may be listed whose swap would move it",
            lambda found, model, vocab_size, T: all(0 <= i < T - 2 for i in found),
        ),
        Property(
            "each place may be listed once",
            lambda found, model, vocab_size, T: len(set(found)) == len(found),
        ),
        *(_claim(*claim) for claim in CLAIMS),
    ),
    errors={
        "^IndexError": "`model` takes ids from 0 to vocab_size - 1, in an array of shape (T,).",
    },
    two=False,
)
