"""The wrong answers to ``encode_word(word, merges)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``encoding.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ...tokenizers import merge_pair

Merges = list[tuple[bytes, bytes]]
Tokens = list[bytes]


def single_bytes(word: bytes) -> Tokens:
    return [bytes([b]) for b in word]


def merged(tokens: Tokens, pair: tuple[bytes, bytes]) -> Tokens:
    return merge_pair(tokens, pair, pair[0] + pair[1])


def while_mergeable(choose: Callable[[Tokens, Merges], tuple[bytes, bytes]]):
    """Return an encoder that merges whatever pair ``choose`` picks until none can be merged."""

    def encode(word: bytes, merges: Merges) -> Tokens:
        tokens = single_bytes(word)
        while set(pairwise(tokens)) & set(merges):
            tokens = merged(tokens, choose(tokens, merges))
        return tokens

    return encode


def leftmost(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return next(pair for pair in pairwise(tokens) if pair in merges)


def leftmost_once(word: bytes, merges: Merges) -> Tokens:
    """Merge the leftmost pair at that one place, then start again from the left."""
    tokens = single_bytes(word)
    while able := [i for i, pair in enumerate(pairwise(tokens)) if pair in merges]:
        i = able[0]
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]
    return tokens


def smallest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return min(pair for pair in pairwise(tokens) if pair in merges)


def greatest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return max(pair for pair in pairwise(tokens) if pair in merges)


def runs_from_the_right(word: bytes, merges: Merges) -> Tokens:
    tokens = single_bytes(word)
    while able := [pair for pair in pairwise(tokens) if pair in merges]:
        left, right = min(able, key=merges.index)
        tokens = merge_pair(tokens[::-1], (right, left), left + right)[::-1]
    return tokens


def latest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return max((pair for pair in pairwise(tokens) if pair in merges), key=merges.index)


def longest(tokens: Tokens, merges: Merges) -> tuple[bytes, bytes]:
    return max((p for p in pairwise(tokens) if p in merges), key=lambda p: len(p[0] + p[1]))


def greedy(word: bytes, merges: Merges) -> Tokens:
    known = {a + b for a, b in merges}
    out: Tokens = []
    while word:
        size = next((n for n in range(len(word), 1, -1) if word[:n] in known), 1)
        out.append(word[:size])
        word = word[size:]
    return out


def one_merge(word: bytes, merges: Merges) -> Tokens:
    tokens = single_bytes(word)
    able = [pair for pair in pairwise(tokens) if pair in merges]
    return merged(tokens, min(able, key=merges.index)) if able else tokens


def one_sweep(word: bytes, merges: Merges) -> Tokens:
    out: Tokens = []
    for token in single_bytes(word):
        if out and (out[-1], token) in merges:
            out[-1] += token
        else:
            out.append(token)
    return out


def once_each(word: bytes, merges: Merges) -> Tokens:
    tokens = single_bytes(word)
    for pair in merges:
        at = next((i for i, p in enumerate(pairwise(tokens)) if p == pair), None)
        if at is not None:
            tokens[at : at + 2] = [pair[0] + pair[1]]
    return tokens


def stops_at_gap(word: bytes, merges: Merges) -> Tokens:
    tokens = single_bytes(word)
    for pair in merges:
        if pair not in pairwise(tokens):
            break
        tokens = merged(tokens, pair)
    return tokens


def characters(word: bytes, merges: Merges) -> Tokens:
    tokens = [c.encode() for c in word.decode()]
    for pair in merges:
        tokens = merged(tokens, pair)
    return tokens


def never(word: bytes, merges: Merges) -> Tokens:
    return single_bytes(word)
