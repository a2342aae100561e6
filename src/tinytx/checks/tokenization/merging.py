"""The check of ``merge_pair(ids, pair, new_id)``: one merge, applied to a whole sequence."""

from __future__ import annotations

from itertools import pairwise

from ...tokenizers import merge_pair as reference
from ..check import Check
from ..verdict import Mistake, Property

Ids = list[int]
Pair = tuple[int, int]

CASES = [
    ([], (1, 2), 9),
    ([1], (1, 2), 9),
    ([1, 2], (1, 2), 9),
    ([2, 1], (1, 2), 9),
    ([1, 3], (1, 2), 9),
    ([4, 4, 4], (4, 4), 9),
    ([1, 2, 3], (1, 2), 9),
    ([3, 1, 1, 2], (1, 2), 9),
    ([1, 2, 1, 2, 1], (1, 2), 9),
    ([5, 5, 5, 5, 6, 5, 5, 5], (5, 5), 300),
    ([7, 8, 2, 7, 7, 8, 8, 7, 8], (7, 8), 300),
    ([16, 7], (6, 7), 50),
    ([16, 7, 3, 6, 7, 6, 70], (6, 7), 50),
]


def _scan(ids: Ids, pair: Pair, new: Ids, step: int = 2, once: bool = False) -> Ids:
    """Put ``new`` where ``pair`` stands and go on ``step`` further; the mistakes vary this."""
    out: Ids = []
    i = 0
    found = False
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair and not (once and found):
            out += new
            found = True
            i += step
        else:
            out.append(ids[i])
            i += 1
    return out


def _first_only(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return _scan(ids, pair, [new_id], once=True)


def _second_stays(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return _scan(ids, pair, [new_id], step=1)


def _new_id_twice(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return _scan(ids, pair, [new_id, new_id])


def _right_to_left(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return reference(ids[::-1], pair[::-1], new_id)[::-1]


def _drops_last(ids: Ids, pair: Pair, new_id: int) -> Ids:
    out: Ids = []
    i = 0
    while i < len(ids) - 1:
        merges = (ids[i], ids[i + 1]) == pair
        out.append(new_id if merges else ids[i])
        i += 2 if merges else 1
    return out


def _drops_pair(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return _scan(ids, pair, [])


def _either_order(ids: Ids, pair: Pair, new_id: int) -> Ids:
    out: Ids = []
    i = 0
    while i < len(ids):
        merges = tuple(ids[i : i + 2]) in (pair, pair[::-1])
        out.append(new_id if merges else ids[i])
        i += 2 if merges else 1
    return out


def _first_of_pair(ids: Ids, pair: Pair, new_id: int) -> Ids:
    out: Ids = []
    i = 0
    while i < len(ids):
        merges = ids[i] == pair[0] and i + 1 < len(ids)
        out.append(new_id if merges else ids[i])
        i += 2 if merges else 1
    return out


def _steps_by_two(ids: Ids, pair: Pair, new_id: int) -> Ids:
    out: Ids = []
    for i in range(0, len(ids), 2):
        two = ids[i : i + 2]
        out += [new_id] if tuple(two) == pair else two
    return out


def _as_text(ids: Ids, pair: Pair, new_id: int) -> Ids:
    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))
    return [int(word) for word in text.split()]


def _never(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return ids


def _in_place(ids: Ids, pair: Pair, new_id: int) -> Ids:
    ids[:] = reference(ids, pair, new_id)
    return ids


MISTAKES = [
    Mistake(
        "only the first occurrence is merged",
        _first_only,
        "a merge is a rule for the whole sequence. Whatever matches further on has to change too.",
        "what ends your loop, or what `index` looks for.",
    ),
    Mistake(
        "the second token of the pair stays",
        _second_stays,
        "the new token stands for both, so both have to go. Yours goes on one token too early and"
        " reads the second one again.",
        "how far the index moves after a merge, and how far without one.",
    ),
    Mistake(
        "the new token is put in twice",
        _new_id_twice,
        "each token of the pair is replaced by itself. The two together become one.",
        "how many tokens your output grows by at a merge.",
    ),
    Mistake(
        "runs are merged from the right",
        _right_to_left,
        "in a run of an odd length one token is left over. Reading goes from the left, so it is the"
        " last one that stays; the encoder and the trainer have to agree on that.",
        "the direction of your loop on a run of three equal tokens.",
    ),
    Mistake(
        "the last token is lost",
        _drops_last,
        "the loop stops where no pair can start any more, and a token that stands there alone is"
        " never copied.",
        "what is left over when your loop ends.",
    ),
    Mistake(
        "the pair goes and nothing comes in its place",
        _drops_pair,
        "both tokens are passed over, but the new one is never written.",
        "what you append where the pair matches.",
    ),
    Mistake(
        "the pair is merged in either order",
        _either_order,
        "(2, 1) is another pair than (1, 2). Decoded, the new token would turn the text round.",
        "how you compare two neighbours with the pair: as a tuple, or as a set.",
    ),
    Mistake(
        "only the first token of the pair is compared",
        _first_of_pair,
        "a token that equals the first of the pair is merged with whatever follows it.",
        "both halves of the condition.",
    ),
    Mistake(
        "only every second position is looked at",
        _steps_by_two,
        "the pair can start at any position. Cutting the sequence into twos misses half of them.",
        "how far the index moves where nothing was merged.",
    ),
    Mistake(
        "the ids are replaced as text",
        _as_text,
        "written as text, 16 7 holds 6 7. An id is one number, and its digits mean nothing alone.",
        "comparing the ids themselves, two neighbours at a time.",
    ),
    Mistake(
        "nothing is ever merged",
        _never,
        "the condition is never true. If you compare a slice with the pair: a slice of a list is a"
        " list, and a list never equals a tuple, so `[6, 7] == (6, 7)` is false.",
        "the types on the two sides of your `==`.",
    ),
    Mistake(
        "the input itself is changed",
        _in_place,
        "the list belongs to the caller, who may still need it: a trainer that compares before and"
        " after would find them equal.",
        "whether you build a new list or write into the one that was handed in.",
    ),
]


def _spelled(ids: Ids, pair: Pair, new_id: int) -> Ids:
    return [old for i in ids for old in (pair if i == new_id else (i,))]


check = Check(
    "merge_pair",
    "merge_pair(ids, pair, new_id)",
    reference,
    CASES,
    MISTAKES,
    "Byte-pair encoding by hand",
    properties=(
        Property(
            "written out again, each new token as its pair, the result has to be the input",
            lambda out, ids, pair, new_id: _spelled(out, pair, new_id) == ids,
        ),
        Property(
            "no occurrence of the pair may be left",
            lambda out, ids, pair, new_id: pair not in pairwise(out),
        ),
    ),
    errors={
        "^IndexError": "The last token has no right neighbour: what is read there?",
    },
)
