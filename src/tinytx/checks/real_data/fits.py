"""The check of ``fits(trained, frozen, ranks, stage, memory)``: states on the fullest rank."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property

# One trained parameter, one frozen one, nothing at all; on one rank at every stage, on two. Parts
# that divide, and parts that do not, of each kind; both kinds whose sum divides. More ranks than
# parameters. Room that is enough, just enough, one byte short. Then sizes of models, and sizes that
# are larger yet.
CASES = [
    (1, 0, 1, 0, 99),
    (0, 1, 1, 0, 99),
    (0, 0, 1, 0, 0),
    (1, 0, 1, 0, 16),
    (1, 0, 1, 0, 15),
    (0, 1, 1, 0, 1),
    (3, 5, 1, 0, 58),
    (3, 5, 1, 1, 57),
    (3, 5, 1, 2, 58),
    (3, 5, 1, 3, 99),
    (2, 0, 2, 0, 32),
    (2, 0, 2, 1, 20),
    (2, 0, 2, 2, 18),
    (2, 0, 2, 3, 16),
    (2, 2, 2, 3, 17),
    (0, 2, 2, 1, 4),
    (0, 2, 2, 2, 4),
    (0, 2, 2, 3, 2),
    (3, 0, 2, 1, 36),
    (3, 0, 2, 2, 34),
    (3, 0, 2, 3, 31),
    (0, 3, 2, 3, 9),
    (1, 1, 2, 3, 18),
    (5, 3, 4, 3, 40),
    (5, 7, 4, 0, 94),
    (5, 7, 4, 1, 58),
    (5, 7, 4, 2, 52),
    (5, 7, 4, 3, 36),
    (1, 2, 8, 3, 18),
    (1, 2, 8, 2, 20),
    (10, 0, 3, 1, 88),
    (10, 0, 3, 2, 75),
    (10, 4, 3, 3, 68),
    (1001, 333, 10, 1, 5884),
    (1001, 333, 10, 2, 4083),
    (1001, 333, 10, 3, 1685),
    (124_439_808, 0, 1, 0, 2 * 10**9),
    (7_000_000_000, 0, 8, 1, 24 * 10**9),
    (7_000_000_000, 0, 8, 2, 24 * 10**9),
    (7_000_000_000, 0, 8, 3, 24 * 10**9),
    (20_000_003, 6_700_000_001, 8, 2, 24 * 10**9),
    (20_000_003, 6_700_000_001, 8, 3, 24 * 10**9),
    (2**55 + 1, 2**54 + 5, 4, 3, 2**58),
    (2**55 + 1, 2**54 + 5, 4, 1, 2**57),
    (2**53, 0, 1, 0, 16 * 2**53 - 1),
    (10**12, 0, 1, 0, 5),
    (10**18, 3, 1, 0, 10**20),
]


def _least(got: tuple[int, bool], trained: int, frozen: int, ranks: int, *rest: int) -> bool:
    return got[0] * ranks >= 16 * trained + 2 * frozen


def _most(got: tuple[int, bool], trained: int, frozen: int, *rest: int) -> bool:
    return got[0] <= 16 * trained + 2 * frozen


check = Check.of(
    __file__,
    "fits(trained, frozen, ranks, stage, memory)",
    CASES,
    "What each rank holds",
    properties=(
        Property("all ranks together hold everything at least once", _least),
        Property("no rank holds more bytes than one that holds everything", _most),
    ),
    errors={
        "^ZeroDivisionError": "There is one rank at least, and there may be no parameters of a"
        " kind.",
        "^OverflowError": "Whole numbers of Python have no limit, floats have.",
    },
)
