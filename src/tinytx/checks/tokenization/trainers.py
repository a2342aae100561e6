"""The wrong answers to ``train_bpe(words, n_merges)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``training.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from ...tokenizers import merge_pair
from .reference import train_bpe as reference

Pair = tuple[bytes, bytes]
Words = dict[bytes, int]
Split = list[tuple[list[bytes], int]]


def cut(words: Words) -> Split:
    return [([bytes([b]) for b in word], count) for word, count in words.items()]


def count(split: Split) -> Counter[Pair]:
    counts: Counter[Pair] = Counter()
    for tokens, times in split:
        for pair in pairwise(tokens):
            counts[pair] += times
    return counts


def merge(split: Split, pair: Pair) -> Split:
    return [(merge_pair(tokens, pair, pair[0] + pair[1]), times) for tokens, times in split]


def trainer(
    choose: Callable[[Counter[Pair]], Pair],
    cut: Callable[[Words], Split] = cut,
    count: Callable[[Split], Counter[Pair]] = count,
    merge: Callable[[Split, Pair], Split] = merge,
) -> Callable[[Words, int], list[Pair]]:
    """Return a trainer put together from four decisions; each mistake gets one of them wrong."""

    def train(words: Words, n_merges: int) -> list[Pair]:
        split = cut(words)
        merges: list[Pair] = []
        while len(merges) < n_merges and (counts := count(split)):
            merges.append(choose(counts))
            split = merge(split, merges[-1])
        return merges

    return train


def best(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], pair))


def first_seen(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: counts[pair])


def smallest(counts: Counter[Pair]) -> Pair:
    return min(counts, key=lambda pair: (-counts[pair], pair))


def greatest_pair(counts: Counter[Pair]) -> Pair:
    return max(counts)


def rarest(counts: Counter[Pair]) -> Pair:
    return min(counts, key=lambda pair: (counts[pair], pair))


def longest(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], len(pair[0] + pair[1]), pair))


def joined(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], pair[0] + pair[1]))


def right_first(counts: Counter[Pair]) -> Pair:
    return max(counts, key=lambda pair: (counts[pair], pair[1], pair[0]))


def each_word_once(split: Split) -> Counter[Pair]:
    return count([(tokens, 1) for tokens, _ in split])


def once_per_word(split: Split) -> Counter[Pair]:
    counts: Counter[Pair] = Counter()
    for tokens, times in split:
        for pair in dict.fromkeys(pairwise(tokens)):
            counts[pair] += times
    return counts


def one_text(words: Words) -> Split:
    text = b"".join(word * count for word, count in words.items())
    return [([bytes([b]) for b in text], 1)]


def stale(words: Words, n_merges: int) -> list[Pair]:
    counts = count(cut(words))
    return sorted(counts, key=lambda pair: (counts[pair], pair), reverse=True)[:n_merges]


def one_too_few(words: Words, n_merges: int) -> list[Pair]:
    return reference(words, n_merges - 1)


def runs_dry(words: Words, n_merges: int) -> list[Pair]:
    split = cut(words)
    merges: list[Pair] = []
    for _ in range(n_merges):
        merges.append(best(count(split)))
        split = merge(split, merges[-1])
    return merges


def by_id(words: Words, n_merges: int) -> list[Pair]:
    """Break ties by the ids of the two tokens: a merged token is above every byte."""
    ids: dict[bytes, int] = {bytes([b]): b for b in range(256)}

    def choose(counts: Counter[Pair]) -> Pair:
        pair = max(counts, key=lambda p: (counts[p], ids[p[0]], ids[p[1]]))
        ids[pair[0] + pair[1]] = len(ids)
        return pair

    return trainer(choose)(words, n_merges)


def repeats_only(words: Words, n_merges: int) -> list[Pair]:
    frequent = trainer(best, count=lambda s: Counter({p: n for p, n in count(s).items() if n > 1}))
    return frequent(words, n_merges)
