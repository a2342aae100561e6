"""Encoding one word with known merges, and remembering the result.

The merges are known by *ranks*: each token's bytes with its place in the order of learning, so
merging the pair of lowest rank first replays training in its own order. Which pairs make a token is
known in one of two ways. *By pair*, where the merges are known: the two that its merge joins, and
no other two that spell the same; as each token has bytes of its own, where it comes apart says
which two these are. *By spelling*, where only the tokens are known, as in tiktoken: any two. What
training learned gives the same ids in both ways; merges written by hand need not.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from typing import TypeVar

WORDS = 1 << 16  # entries of a cache: English prose of 8 MB needs 37,000
Spelled = TypeVar("Spelled", bytes, str)  # bytes, or what stands for each in Hugging Face's files
LENGTH = 32  # characters of a word that is worth keeping: longer ones hardly come again


def encode_word(
    word: bytes, ranks: Mapping[bytes, int], splits: Sequence[int] | None = None
) -> tuple[int, ...]:
    """Return the ranks of one pre-token: merge the pair of lowest rank, leftmost first, to the end.

    ``splits`` says of each token how long the left one of the two is that it joins; without it, a
    pair is known by its spelling, and a word that is a token is that token.

    The cost is O(n log n) for n bytes, with a heap of the pairs that could be merged; looking for
    the lowest rank over and over is O(n²): a second
    against a quarter of an hour for a word of 100,000 letters.
    """
    if splits is None and word in ranks:  # most words of a text are tokens, and need no merging
        return (ranks[word],)
    return tuple(ranks[word[i:j]] for i, j in merged_spans(word, ranks, splits))


def merged_spans(
    word: Spelled,
    ranks: Mapping[Spelled, int],
    splits: Sequence[int] | None = None,
    below: float = inf,
) -> Iterator[tuple[int, int]]:
    """Yield start and end of each token of ``word``, merging ranks less than ``below`` only."""
    n = len(word)
    end = list(range(1, n + 1))  # end[i]: where the token that starts at i ends; 0: none starts
    before = list(range(-1, n))  # before[j]: where the token that ends at j starts
    heap: list[tuple[int, int, int]] = []  # (rank, i, j): two neighbours together span i to j

    def offer(i: int, middle: int, j: int) -> None:
        rank = ranks.get(word[i:j])
        if rank is not None and rank < below and (splits is None or splits[rank] == middle - i):
            heapq.heappush(heap, (rank, i, j))

    for i in range(n - 1):
        offer(i, i + 1, i + 2)
    while heap:
        _, i, j = heapq.heappop(heap)
        middle = end[i]
        if not i < middle < j or end[middle] != j:
            continue  # another merge has used one of the two since they were offered
        end[i], end[middle], before[j] = j, 0, i
        if i > 0:
            offer(before[i], i, j)
        if j < n:
            offer(i, j, end[j])
    i = 0
    while i < n:
        yield i, end[i]
        i = end[i]


class WordCache(dict[str, tuple[int, ...]]):
    """The ids of each word seen so far; a word not seen yet is encoded when it is asked for.

    A key is a pre-token, or a piece of several that ``split`` takes apart. Being a ``dict``, a hit
    costs no Python call: ``map(cache.__getitem__, pieces)`` runs in C. When it is full it starts
    again from nothing, which costs one pass over the common words and keeps no statistics. Full
    of English words it takes 9 MB.
    """

    def __init__(
        self, encode: Callable[[bytes], tuple[int, ...]], split: Callable[[str], list[str]]
    ):
        self._encode = encode
        self._split = split

    def __missing__(self, piece: str) -> tuple[int, ...]:
        words = self._split(piece)
        if len(words) == 1:
            ids = self._encode(piece.encode("utf-8"))
        else:
            ids = tuple(chain.from_iterable(map(self.__getitem__, words)))
        if len(piece) <= LENGTH:
            if len(self) >= WORDS:
                self.clear()
            self[piece] = ids
        return ids
