"""The check of ``encode_word(word, merges)``: the merges are applied in the order of learning."""

from __future__ import annotations

from itertools import pairwise

from ..check import Check
from ..verdict import Property

Merges = list[tuple[bytes, bytes]]

BC: Merges = [(b"b", b"c"), (b"a", b"b")]
EE: Merges = [(b"e", b"e"), (b"ee", b"e")]
ALPHABET = b"abcdefghijklmnopqrstuvwxyz"

# Each list is one that training could have made: no two of its pairs spell the same token.
CASES = [
    (b"", BC),
    (b"a", BC),
    (b"xy", BC),
    (b"ab", []),
    (b"ab", BC),
    (b"ba", BC),
    (b"abba", BC),
    ("é".encode(), BC),
    (b"\0Ab\n", [(b"A", b"b"), (b"b", b"\n")]),
    (b" ab ", [(b"b", b" "), (b" ", b"a")]),
    (b"abc", BC),
    (b"abab", BC),
    (b"eee", EE),
    (b"eeeee", EE),
    ("aé".encode(), [(b"a", b"\xc3"), (b"\xc3", b"\xa9")]),
    (b"abc", [(b"b", b"c"), (b"a", b"bc")]),
    (b"abc", [(b"b", b"c"), (b"a", b"b"), (b"a", b"bc")]),
    (b"abxab", [(b"a", b"b"), (b"x", b"a")]),
    (b"acd", [(b"a", b"b"), (b"c", b"d"), (b"a", b"c")]),
    (b"bcd", [(b"a", b"c"), (b"c", b"d"), (b"b", b"c")]),
    (b"ab c", [(b"b", b" "), (b"b ", b"c"), (b"a", b" "), (b"a ", b"b"), (b"a b", b"c")]),
    (b"zabab", [(b"a", b"b"), (b"z", b"ab"), (b"ab", b"ab")]),
    (b"abcd", [(b"a", b"b"), (b"ab", b"c"), (b"c", b"d")]),
    (b"abcde", [(b"a", b"b"), (b"c", b"d"), (b"ab", b"cd"), (b"cd", b"e")]),
    (b"cabc", [(b"c", b"a"), (b"a", b"b"), (b"b", b"c")]),
    (b"cabab", [(b"c", b"a"), (b"a", b"b")]),
    (b"cabcabab", [(b"a", b"b"), (b"c", b"ab"), (b"c", b"a"), (b"ab", b"c"), (b"ab", b"ab")]),
    (ALPHABET, [(ALPHABET[:i], ALPHABET[i : i + 1]) for i in range(1, 26)]),
]

check = Check.of(
    __file__,
    "encode_word(word, merges)",
    CASES,
    "Encoding: replay the merges in order",
    properties=(
        Property(
            "joined, the tokens have to give the word",
            lambda tokens, word, merges: b"".join(tokens) == word,
        ),
        Property(
            "every token has to be a single byte or the result of one of the merges",
            lambda tokens, word, merges: (
                set(tokens) <= {a + b for a, b in merges} | {bytes([b]) for b in word}
            ),
        ),
        Property(
            "no two neighbours may be left that a merge would join",
            lambda tokens, word, merges: not set(pairwise(tokens)) & set(merges),
        ),
    ),
    errors={
        "^IndexError": "What is read beyond the end? The last token has no right neighbour, and a"
        " list that you shorten ends sooner.",
        "^TypeError.*(int.*bytes|bytes.*int)": "Going through bytes gives integers: `bytes([97])`"
        ' is b"a".',
        "^ValueError.*not in list": "A pair that is not among the merges has no place there: keep"
        " to those that are.",
        "^ValueError.*(empty|arg)": "There is nothing to choose from: when does your loop end?",
    },
    own=("encode_word", "merged_spans"),
)
