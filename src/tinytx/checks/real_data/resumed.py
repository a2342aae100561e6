"""The check of ``resumed(shards, seed, size, position)``: a reader that goes on, and two bugs."""

from __future__ import annotations

import itertools

from ..check import Check
from ..verdict import Property

Shards = list[list[str]]
Place = tuple[int, int]
Found = tuple[list[list[str]], list[Place]]

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _shards(*sizes: int) -> Shards:
    """Return shards of so many letters, all different."""
    letters = iter(LETTERS)
    return [[next(letters) for _ in range(size)] for size in sizes]


# One shard of one text; of three, read by ones, by twos, all at once, more than all; from the
# beginning, from within, from its end. Two shards; from the second, from within the second; from
# behind the last. Shards that are empty: the first, one between, the last, the only one, none at
# all. Equal texts; from within them; equal shards. Then more shards, sizes that divide and that do
# not, other seeds, and from each place.
CASES = [
    ([["a"]], 0, 1, (0, 0)),
    ([["a"]], 0, 1, (1, 0)),
    ([["a", "b"]], 0, 1, (0, 0)),
    ([["a", "b"]], 0, 1, (0, 1)),
    ([["a", "b"]], 1, 2, (0, 0)),
    ([["a", "b", "c"]], 0, 2, (0, 0)),
    ([["a", "b", "c"]], 0, 2, (0, 2)),
    ([["a", "b", "c"]], 3, 1, (0, 1)),
    ([["a", "b", "c"]], 3, 5, (0, 0)),
    ([["a"], ["b"]], 0, 1, (0, 0)),
    ([["a"], ["b"]], 0, 1, (1, 0)),
    ([["a"], ["b"]], 0, 1, (2, 0)),
    ([["a", "b"], ["c", "d"]], 1, 2, (0, 0)),
    ([["a", "b", "c"], ["d", "e", "f"]], 0, 2, (0, 0)),
    ([["a", "b", "c"], ["d", "e", "f"]], 0, 2, (0, 2)),
    ([["a", "b", "c"], ["d", "e", "f"]], 0, 2, (1, 0)),
    ([["a", "b", "c"], ["d", "e", "f"]], 4, 2, (1, 2)),
    ([["a"], ["b", "c", "d", "e"]], 2, 1, (1, 0)),
    ([["a"], ["b", "c", "d", "e"]], 2, 3, (1, 3)),
    ([["a", "a"], ["a", "b"]], 5, 1, (0, 0)),
    ([[], ["a", "b"]], 0, 1, (0, 0)),
    ([["a"], [], ["b"]], 0, 1, (0, 0)),
    ([["a", "b"], []], 0, 2, (0, 0)),
    ([["a"], [], ["b", "c"]], 0, 1, (1, 0)),
    ([[]], 0, 1, (0, 0)),
    ([["a", "a", "a", "b"]], 0, 1, (0, 2)),
    ([["a", "b", "c"], ["a", "b", "c"]], 0, 2, (0, 0)),
    ([["a", "b", "c"], ["a", "b", "c"]], 0, 2, (1, 2)),
    ([["a"], ["b", "b", "b"]], 1, 2, (1, 2)),
    (_shards(4, 3, 5), 1, 2, (0, 0)),
    (_shards(4, 3, 5), 1, 2, (1, 2)),
    (_shards(4, 3, 5), 7, 2, (2, 0)),
    (_shards(4, 3, 5), 7, 3, (2, 3)),
    (_shards(7, 0, 6, 2, 9), 11, 3, (0, 0)),
    (_shards(7, 0, 6, 2, 9), 11, 3, (0, 6)),
    (_shards(7, 0, 6, 2, 9), 11, 3, (2, 3)),
    (_shards(7, 0, 6, 2, 9), 12, 4, (4, 4)),
    (_shards(12, 14), 20, 5, (0, 5)),
    (_shards(12, 14), 20, 5, (1, 5)),
    (_shards(6, 6, 6, 6), 3, 1, (3, 2)),
    ([], 0, 1, (0, 0)),
]


def _rest(got: Found, shards: Shards, seed: int, size: int, position: Place) -> bool:
    """Return whether as many texts come as are left, of each shard those that it has."""
    shard, row = position
    left = sum(map(len, shards[shard:])) - row
    known = sorted(text for texts in shards[shard:] for text in texts)
    came = sorted(text for batch in got[0] for text in batch)
    return len(came) == left and all(came.count(text) <= known.count(text) for text in came)


def _further(got: Found, shards: Shards, seed: int, size: int, position: Place) -> bool:
    """Return whether each position lies behind the one before."""
    places = [position, *got[1]]
    return len(got[0]) == len(got[1]) and all(a < b for a, b in itertools.pairwise(places))


check = Check.of(
    __file__,
    "resumed(shards, seed, size, position)",
    CASES,
    "A place that survives",
    properties=(
        Property("as many texts come as are left from the position on, each once", _rest),
        Property("each batch has a position, which lies behind the one before", _further),
    ),
    errors={
        "^IndexError": "A position after the last shard is `(len(shards), 0)`: then nothing is left"
        " to read. Shards may be empty.",
        "^ZeroDivisionError": "Shards may be empty.",
        "^TypeError.*(unpack|iterable)": "A position is a pair: the shard, and how many texts of it"
        " have been read.",
    },
)
