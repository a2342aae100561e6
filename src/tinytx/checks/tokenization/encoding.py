"""The check of ``encode_word(word, merges)``: the merges are applied in the order of learning."""

from __future__ import annotations

from itertools import pairwise

from ..check import Check
from ..verdict import Mistake, Property
from . import encoders as wrong
from .reference import encode_word as reference

Merges = list[tuple[bytes, bytes]]

BC: Merges = [(b"b", b"c"), (b"a", b"b")]
EE: Merges = [(b"e", b"e"), (b"ee", b"e")]

CASES = [
    (b"", BC),
    (b"a", BC),
    (b"xy", BC),
    (b"ab", BC),
    (b"abc", BC),
    (b"abab", BC),
    (b"eee", EE),
    (b"eeeee", EE),
    ("aé".encode(), [(b"a", b"\xc3"), (b"\xc3", b"\xa9")]),
    (b"abc", [(b"b", b"c"), (b"a", b"b"), (b"a", b"bc")]),
    (b"zabab", [(b"a", b"b"), (b"z", b"ab"), (b"ab", b"ab")]),
    (b"cabc", [(b"c", b"a"), (b"a", b"b"), (b"b", b"c")]),
    (b"cabcabab", [(b"a", b"b"), (b"c", b"ab"), (b"c", b"a"), (b"ab", b"c"), (b"ab", b"ab")]),
]

MISTAKES = [
    Mistake(
        "the longest known token is taken from the left",
        wrong.greedy,
        "a token exists because of the merges that led to it. Looking for the longest match cuts"
        " words in ways that training never did, so the model would see tokens it has not learned.",
        "the list of merges: what does its order say?",
    ),
    Mistake(
        "the leftmost pair that can be merged goes first",
        wrong.while_mergeable(wrong.leftmost),
        "the merge learned first has to be done first, wherever in the word it stands.",
        "how you choose among several pairs that could be merged.",
        also=(wrong.leftmost_once,),
    ),
    Mistake(
        "the pairs are compared as bytes, not by their place in the list",
        wrong.while_mergeable(wrong.smallest),
        "`min` and `max` put pairs of bytes in alphabetical order, unless they are told otherwise."
        " What counts is where in `merges` a pair stands.",
        "the `key` of min, or what you sort by.",
        also=(wrong.while_mergeable(wrong.greatest),),
    ),
    Mistake(
        "runs are merged from the right",
        wrong.runs_from_the_right,
        "in a run of an odd length one token is left over. Reading goes from the left, so it is the"
        " last one that stays.",
        "a word of three equal letters, and which two of them you merge.",
    ),
    Mistake(
        "the merge learned last goes first",
        wrong.while_mergeable(wrong.latest),
        "the order of the list is the order of learning, and a low rank goes first.",
        "the direction of your comparison: min or max, and over what.",
    ),
    Mistake(
        "the pair that makes the longest token goes first",
        wrong.while_mergeable(wrong.longest),
        "length plays no part. What counts is which merge was learned first.",
        "the key by which you choose among the pairs.",
    ),
    Mistake(
        "only one merge is done",
        wrong.one_merge,
        "a merge makes new neighbours, and these may merge in their turn.",
        "what happens after the first merge.",
    ),
    Mistake(
        "one sweep from left to right, and no second look",
        wrong.one_sweep,
        "growing the token at the left never tries two longer tokens side by side, nor asks which"
        " merge comes first.",
        "which pairs of neighbours you consider before you merge anything.",
    ),
    Mistake(
        "each merge is done at its first place only",
        wrong.once_each,
        "the same pair can stand in a word several times, and each of them has to be merged.",
        "what happens to the second occurrence of a pair.",
    ),
    Mistake(
        "the first merge that does not fit ends it all",
        wrong.stops_at_gap,
        "most merges do not occur in most words. One that is absent says nothing about the next.",
        "the condition that ends your loop.",
    ),
    Mistake(
        "it starts from characters, not from bytes",
        wrong.characters,
        "é is one character and two bytes. The merges were learned on bytes, so the two have to"
        " start apart, and may end up in different tokens.",
        "the first line: what a word is cut into before anything is merged.",
    ),
    Mistake(
        "nothing is merged",
        wrong.never,
        "the word comes back byte by byte: your condition is never true. The list holds tuples of"
        " two bytes objects. A slice such as `tokens[0:2]` is a list, and never equals a tuple; nor"
        " is a pair equal to its two halves joined.",
        "the type of what you look up in `merges`.",
    ),
]

check = Check(
    "encode_word",
    "encode_word(word, merges)",
    reference,
    CASES,
    MISTAKES,
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
        "^IndexError": "The last token has no right neighbour: what is read there?",
        "^TypeError.*(int.*bytes|bytes.*int)": "Going through bytes gives integers: `bytes([97])`"
        ' is b"a".',
    },
)
