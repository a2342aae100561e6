"""The check of ``encode_word(word, merges)``: the merges are applied in the order of learning."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ...tokenizers import merge_pair
from ..check import Check
from ..verdict import Mistake, Property
from .reference import encode_word as reference

Merges = list[tuple[bytes, bytes]]
Tokens = list[bytes]

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
    (b"cabcabab", [(b"a", b"b"), (b"c", b"ab"), (b"c", b"a"), (b"ab", b"c"), (b"ab", b"ab")]),
]


def _bytes(word: bytes) -> Tokens:
    return [bytes([b]) for b in word]


def _apply(tokens: Tokens, pair: tuple[bytes, bytes]) -> Tokens:
    return merge_pair(tokens, pair, pair[0] + pair[1])


def _while_mergeable(choose: Callable[[Tokens, Merges], tuple[bytes, bytes]]):
    """Return an encoder that merges whatever pair ``choose`` picks until none can be merged."""

    def encode(word: bytes, merges: Merges) -> Tokens:
        tokens = _bytes(word)
        while set(pairwise(tokens)) & set(merges):
            tokens = _apply(tokens, choose(tokens, merges))
        return tokens

    return encode


def _leftmost(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return next(pair for pair in pairwise(tokens) if pair in merges)


def _latest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return max((pair for pair in pairwise(tokens) if pair in merges), key=merges.index)


def _longest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return max((p for p in pairwise(tokens) if p in merges), key=lambda p: len(p[0] + p[1]))


def _greedy(word: bytes, merges: Merges) -> Tokens:
    known = {a + b for a, b in merges}
    out: Tokens = []
    while word:
        size = next((n for n in range(len(word), 1, -1) if word[:n] in known), 1)
        out.append(word[:size])
        word = word[size:]
    return out


def _one_merge(word: bytes, merges: Merges) -> Tokens:
    tokens = _bytes(word)
    able = [pair for pair in pairwise(tokens) if pair in merges]
    return _apply(tokens, min(able, key=merges.index)) if able else tokens


def _one_sweep(word: bytes, merges: Merges) -> Tokens:
    out: Tokens = []
    for token in _bytes(word):
        if out and (out[-1], token) in merges:
            out[-1] += token
        else:
            out.append(token)
    return out


def _once_each(word: bytes, merges: Merges) -> Tokens:
    tokens = _bytes(word)
    for pair in merges:
        at = next((i for i, p in enumerate(pairwise(tokens)) if p == pair), None)
        if at is not None:
            tokens[at : at + 2] = [pair[0] + pair[1]]
    return tokens


def _stops_at_gap(word: bytes, merges: Merges) -> Tokens:
    tokens = _bytes(word)
    for pair in merges:
        if pair not in pairwise(tokens):
            break
        tokens = _apply(tokens, pair)
    return tokens


def _characters(word: bytes, merges: Merges) -> Tokens:
    tokens = [c.encode() for c in word.decode()]
    for pair in merges:
        tokens = _apply(tokens, pair)
    return tokens


def _never(word: bytes, merges: Merges) -> Tokens:
    return _bytes(word)


MISTAKES = [
    Mistake(
        "the longest known token is taken from the left",
        _greedy,
        "a token exists because of the merges that led to it. Looking for the longest match cuts"
        " words in ways that training never did, so the model would see tokens it has not learned.",
        "the list of merges: what does its order say?",
    ),
    Mistake(
        "the leftmost pair that can be merged goes first",
        _while_mergeable(_leftmost),
        "the merge learned first has to be done first, wherever in the word it stands.",
        "how you choose among several pairs that could be merged.",
    ),
    Mistake(
        "the merge learned last goes first",
        _while_mergeable(_latest),
        "the order of the list is the order of learning, and a low rank goes first.",
        "the direction of your comparison: min or max, and over what.",
    ),
    Mistake(
        "the pair that makes the longest token goes first",
        _while_mergeable(_longest),
        "length plays no part. What counts is which merge was learned first.",
        "the key by which you choose among the pairs.",
    ),
    Mistake(
        "only one merge is done",
        _one_merge,
        "a merge makes new neighbours, and these may merge in their turn.",
        "what happens after the first merge.",
    ),
    Mistake(
        "one sweep from left to right, and no second look",
        _one_sweep,
        "growing the token at the left never tries two longer tokens side by side, nor asks which"
        " merge comes first.",
        "which pairs of neighbours you consider before you merge anything.",
    ),
    Mistake(
        "each merge is done at its first place only",
        _once_each,
        "the same pair can stand in a word several times, and each of them has to be merged.",
        "what happens to the second occurrence of a pair.",
    ),
    Mistake(
        "the first merge that does not fit ends it all",
        _stops_at_gap,
        "most merges do not occur in most words. One that is absent says nothing about the next.",
        "the condition that ends your loop.",
    ),
    Mistake(
        "it starts from characters, not from bytes",
        _characters,
        "é is one character and two bytes. The merges were learned on bytes, so the two have to"
        " start apart, and may end up in different tokens.",
        "the first line: what a word is cut into before anything is merged.",
    ),
    Mistake(
        "nothing is merged",
        _never,
        "the word comes back byte by byte.",
        "whether the pair you look up has the type that the list holds.",
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
)
