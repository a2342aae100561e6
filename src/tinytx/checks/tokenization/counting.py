"""The check of ``count_pairs(ids)``: how often each pair of neighbours occurs."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

from ...tokenizers import count_pairs as reference
from ..check import Check
from ..verdict import Mistake, Property

Ids = list[int]
Counts = dict[tuple[int, int], int]

CASES = [
    ([],),
    ([7],),
    ([1, 2],),
    ([4, 4, 4],),
    ([1, 2, 1],),
    ([3, 1, 3, 1],),
    ([5, 5, 5, 5, 6],),
    ([2, 1, 1, 2, 1, 1, 2],),
    ([300, 8, 300, 8, 300, 9, 8, 300, 300, 300, 9],),
]


def _wraps(ids: Ids) -> Counts:
    return dict(Counter((ids[i - 1], ids[i]) for i in range(len(ids))))


def _stops_early(ids: Ids) -> Counts:
    return dict(Counter((ids[i], ids[i + 1]) for i in range(len(ids) - 2)))


def _steps_by_two(ids: Ids) -> Counts:
    return dict(Counter((ids[i], ids[i + 1]) for i in range(0, len(ids) - 1, 2)))


def _without_overlap(ids: Ids) -> Counts:
    counts: Counts = {}
    last: dict[tuple[int, int], int] = {}
    for i, pair in enumerate(pairwise(ids)):
        if last.get(pair, -2) < i - 1:
            counts[pair] = counts.get(pair, 0) + 1
            last[pair] = i
    return counts


def _skips_doubles(ids: Ids) -> Counts:
    counts: Counts = {}
    i = 0
    while i < len(ids) - 1:
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
        i += 2 if pair[0] == pair[1] else 1
    return counts


def _runs_once(ids: Ids) -> Counts:
    pairs = list(pairwise(ids))
    return dict(Counter(pair for i, pair in enumerate(pairs) if i == 0 or pairs[i - 1] != pair))


def _unordered(ids: Ids) -> Counts:
    return dict(Counter((min(pair), max(pair)) for pair in pairwise(ids)))


def _backwards(ids: Ids) -> Counts:
    return dict(Counter((b, a) for a, b in pairwise(ids)))


def _each_once(ids: Ids) -> Counts:
    return dict.fromkeys(pairwise(ids), 1)


def _from_zero(ids: Ids) -> Counts:
    return {pair: count - 1 for pair, count in reference(ids).items()}


def _from_two(ids: Ids) -> Counts:
    return {pair: count + 1 for pair, count in reference(ids).items()}


def _gap(ids: Ids) -> Counts:
    return dict(Counter(zip(ids, ids[2:], strict=False)))


def _everyone(ids: Ids) -> Counts:
    return dict(Counter(combinations(ids, 2)))


def _single(ids: Ids) -> dict[int, int]:
    return dict(Counter(ids))


MISTAKES = [
    Mistake(
        "the last token is paired with the first",
        _wraps,
        "a sequence has two ends. At index 0 Python reads ids[-1], the last token, without a word.",
        "the first and the last index your loop visits, and the neighbour each one asks for.",
    ),
    Mistake(
        "the last pair is left out",
        _stops_early,
        "the loop ends one step too soon, so the last two tokens are never looked at together.",
        "how many pairs of neighbours two tokens make, and three, and what your range runs to.",
    ),
    Mistake(
        "only every second pair is looked at",
        _steps_by_two,
        "a token in the middle has two neighbours. Stepping by two gives it only one of them.",
        "the step of your loop.",
    ),
    Mistake(
        "pairs that overlap are counted once",
        _without_overlap,
        "counting asks at how many positions the pair stands. Whether two of them could be merged"
        " at the same time is a question for merging, not for counting.",
        "a run of equal tokens, and the positions at which a pair starts in it.",
        also=(_skips_doubles, _runs_once),
    ),
    Mistake(
        "the order inside a pair is lost",
        _unordered,
        "(1, 2) and (2, 1) are two different pairs: merged, they spell different text.",
        "whether anything sorts the pair, or makes a set of it, before it is counted.",
    ),
    Mistake(
        "each pair is turned round",
        _backwards,
        "the key is (left, right), in the order of reading.",
        "which of the two neighbours comes first in your key.",
    ),
    Mistake(
        "each pair is counted only once",
        _each_once,
        "a pair that stands in the text twice has to count twice, or the most frequent pair cannot"
        " be told from the others.",
        "what happens to an entry that is already there when its pair comes by again.",
    ),
    Mistake(
        "the first time a pair is seen does not count",
        _from_zero,
        "a new entry starts at 0 and is not raised until the pair comes a second time.",
        "the line that makes a new entry.",
    ),
    Mistake(
        "a new pair starts at one and is raised at once",
        _from_two,
        "a default of 1 already counts the first sighting, and adding 1 counts it again.",
        "the default you give to `get`, or the line that makes a new entry.",
    ),
    Mistake(
        "tokens two apart are paired",
        _gap,
        "only neighbours can be merged. Between these two stands a third token.",
        "the offset between the two indices of a pair.",
    ),
    Mistake(
        "every token is paired with every later one",
        _everyone,
        "two nested loops pair tokens that are far apart. Only neighbours can be merged.",
        "how many loops you need to visit each pair of neighbours once.",
    ),
    Mistake(
        "single tokens are counted",
        _single,
        "the keys are tokens. A merge needs to know which two tokens stand side by side.",
        "what one step of your loop looks at: one token, or two.",
    ),
]

check = Check(
    "count_pairs",
    "count_pairs(ids)",
    reference,
    CASES,
    MISTAKES,
    "Byte-pair encoding by hand",
    properties=(
        Property(
            "every key has to be two tokens that stand side by side, in the order of reading",
            lambda counts, ids: set(counts) <= set(pairwise(ids)),
        ),
        Property(
            "the counts have to add up to the number of tokens less one",
            lambda counts, ids: sum(counts.values()) == max(len(ids) - 1, 0),
        ),
    ),
    errors={"^IndexError": "The last token has no right neighbour: where may the loop stop?"},
)
