"""The check of ``split(shards, number, ranks)``: sides and ranks, decided by the text alone."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Number

Found = tuple[list[list[str]], list[str]]

AFTER, LENGTH, SAME = Number("int(text[1:])"), Number("len(text)"), Number("7")
CODES = Number("sum(text.encode()) * 7919 % 10007")
LARGE = Number("int.from_bytes(text.encode()[-8:], 'big') * 2654435761 % 2**32")
WHOLE = Number("int.from_bytes(text.encode(), 'big')")
HUGE = Number("int.from_bytes(text.encode()[-8:], 'big') * 2654435761 % 2**62")


def _corpus(n: int, shards: int, seed: int, twice: int) -> list[list[str]]:
    """Return shards of n texts, some of them twice, in a drawn order."""
    rng = np.random.default_rng(seed)
    names = [f"t{i}" for i in rng.permutation(10 * n)[:n].tolist()]
    names += names[:twice]
    order = rng.permutation(len(names)).tolist()
    return [[names[i] for i in order[shard::shards]] for shard in range(shards)]


# One text for each digit, some with nothing before it; one rank, two, three, ten, more than texts.
# No shard, shards without a text. Copies in one shard, in several, of texts that are kept. Texts
# that differ in case, in white space, in nothing but their number's equality; the empty text;
# orders that are not sorted, and not that of the numbers. Numbers of 62 bits, which no float holds,
# and of a hundred and more, of a text with capitals and a space at its end. Then drawn ones.
CASES = [
    ([["x1"]], AFTER, 1),
    ([["x10"]], AFTER, 1),
    ([["x0"]], AFTER, 2),
    ([["x5"]], AFTER, 2),
    ([["x11"]], AFTER, 2),
    ([["x21"]], AFTER, 2),
    ([["x19"]], AFTER, 3),
    ([["x26"]], AFTER, 3),
    ([["x100"]], AFTER, 4),
    ([["x117"]], AFTER, 10),
    ([["x126"]], AFTER, 3),
    ([["x12", "x34", "x50"]], AFTER, 2),
    ([["x34", "x12"]], AFTER, 1),
    ([["x9", "x11"]], AFTER, 1),
    ([["x12"], ["x34"]], AFTER, 2),
    ([["x34"], ["x12"]], AFTER, 2),
    ([["x12", "x12"]], AFTER, 2),
    ([["x13"], ["x13"]], AFTER, 3),
    ([["x20", "x20"]], AFTER, 1),
    ([["x20"], ["x20"]], AFTER, 1),
    ([["ab", "Ab"]], LENGTH, 1),
    ([["ab", "ab "]], LENGTH, 2),
    ([["ab", "ab\n"], [" ab"]], LENGTH, 2),
    ([["\u00e9", "e\u0301"]], LENGTH, 2),
    ([[60 * "a", 59 * "a" + "b"]], LENGTH, 1),
    ([["b", "", "a"]], LENGTH, 2),
    ([["b", "A", "a", "B"]], LENGTH, 1),
    ([["a", "b"], ["c"]], SAME, 2),
    ([[], ["x3"]], AFTER, 2),
    ([["x20", "x31"], [], ["x42", "x53"]], AFTER, 3),
    ([["x50", "x31", "x62", "x93"], ["x31", "x24", "x50"]], AFTER, 3),
    ([["x7", "x17", "x27", "x37", "x47", "x57"]], AFTER, 4),
    ([["x1", "x2", "x3"], ["x4", "x5", "x6", "x8", "x9"]], AFTER, 2),
    ([["one day"]], HUGE, 3),
    ([["Once Upon A Time "]], WHOLE, 3),
    ([["the cat", "a fox"], ["a dog"]], HUGE, 3),
    ([["the cat", "a cat"], ["a dog", "the cat"]], CODES, 2),
    (_corpus(30, 3, seed=1, twice=5), AFTER, 2),
    (_corpus(40, 4, seed=2, twice=8), AFTER, 10),
    (_corpus(60, 5, seed=3, twice=10), CODES, 3),
    (_corpus(120, 7, seed=4, twice=20), LARGE, 4),
    (_corpus(150, 2, seed=5, twice=0), LARGE, 7),
    ([], AFTER, 2),
]


def _known(shards: list[list[str]]) -> list[str]:
    return sorted({text for shard in shards for text in shard})


def _once(got: Found, shards: list[list[str]], number: Number, ranks: int) -> bool:
    return sorted([*(text for read in got[0] for text in read), *got[1]]) == _known(shards)


def _alike(got: Found, shards: list[list[str]], number: Number, ranks: int) -> bool:
    """Return whether equal numbers lead to one place."""
    places: dict[int, set[int]] = {}
    for place, texts in enumerate([*got[0], got[1]]):
        for text in texts:
            places.setdefault(number(text), set()).add(place)
    return all(len(found) == 1 for found in places.values())


def _sorted(got: Found, *given: object) -> bool:
    return all(list(texts) == sorted(texts) for texts in (*got[0], got[1]))


check = Check.of(
    __file__,
    "split(shards, number, ranks)",
    CASES,
    "A place that survives",
    properties=(
        Property("every text is read once: by one rank, or in validation", _once),
        Property("texts with the same number go the same way", _alike),
        Property("each list is sorted as `sorted` does it", _sorted),
    ),
    errors={
        "^IndexError": "The ranks are 0 to ranks - 1, each with a list, and something modulo ranks"
        " is one of them. Shards may be empty.",
        "^TypeError.*unhashable": "A set takes texts, and not lists of them.",
        "^TypeError.*(indices|float)": "`/` gives a float: the digits before the last one are a"
        " whole number.",
        "^ValueError.*int": "`number` may have one digit: then there is nothing before it, which"
        " counts as 0.",
    },
)
