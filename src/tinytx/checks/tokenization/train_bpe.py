"""The check of ``train_bpe(words, n_merges)``: which pairs are merged, in which order."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from ..check import Check
from ..verdict import Property

Pair = tuple[bytes, bytes]
Words = dict[bytes, int]

CASES = [
    ({}, 1),
    ({b"a": 3}, 1),
    ({b"Ab": 1}, 1),
    ({b"ab": 1}, 3),
    ({b"aaa": 1}, 2),
    ({b"ab": 1, b"ac": 1}, 1),
    ({b"ab": 2, b"cd": 1}, 1),
    ({b"ab": 1_001, b"cd": 1_000}, 1),
    ({b"ab": 2**16 + 1, b"cd": 300}, 1),
    ({b"ab": 1, b"cd": 1}, 1),
    ({b"ab": 1, b"cd": 1}, 2),
    ({b"cd": 1, b"ab": 1}, 2),
    ({b"ab": 300, b"cd": 300}, 1),
    ({"é".encode(): 1, b"a": 2}, 1),
    ({b"abab": 2, b"cd": 3}, 1),
    ({b"abab": 2, b"b": 5}, 3),
    ({b"a\n": 1, b" \0": 2}, 2),
    ({b"aaaa": 1, b"bcbc": 1}, 3),
    ({b"xa": 4, b"ab": 3, b"xab": 1}, 3),
    ({b"abx": 2, b"ab": 1, b"cy": 2}, 2),
    ({b"abc": 3, b"zab": 2, b"bc": 2}, 4),
    ({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 10),
    ({b"aba": 2, b"ab": 1, b"az": 2}, 3),
    ({b"the": 3, b"th": 1, b"tz": 3}, 3),
    ({b"ho": 1, b"oh": 3, b"hoho": 1, b" oh": 2}, 4),
]


def _made_of_known(merges: list[Pair], words: Words, n_merges: int) -> bool:
    known = {bytes([b]) for word in words for b in word}
    for a, b in merges:
        if not {a, b} <= known:
            return False
        known.add(a + b)
    return True


def _starts_most_frequent(merges: list[Pair], words: Words, n_merges: int) -> bool:
    counts: Counter[Pair] = Counter()
    for word, count in words.items():
        for a, b in pairwise(word):
            counts[bytes([a]), bytes([b])] += count
    return not merges or counts[merges[0]] == max(counts.values())


check = Check.of(
    __file__,
    "train_bpe(words, n_merges)",
    CASES,
    "Byte-pair encoding by hand",
    properties=(
        Property(
            "there may not be more merges than asked for",
            lambda merges, words, n_merges: len(merges) <= n_merges,
        ),
        Property(
            "both halves of a merge have to be single bytes of the words or made by merges before",
            _made_of_known,
        ),
        Property("the first merge has to be a most frequent pair", _starts_most_frequent),
    ),
    errors={
        "^IndexError": "What is read beyond the end? The last token of a word has no right"
        " neighbour, and where no pair is left there is no first one.",
        "^KeyError": "A pair that comes by for the first time has no entry yet.",
        "^TypeError.*(int.*bytes|bytes.*int)": "Going through bytes gives integers: `bytes([97])`"
        ' is b"a".',
        "^RuntimeError: dictionary": "A loop goes through a dict that is changed meanwhile: build a"
        " new one.",
    },
    own=("learn_merges",),
)
