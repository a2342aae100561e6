"""The two steps of byte-pair encoding, readably.

BPE repeats two steps: count the pairs of neighbours, then replace the most frequent pair by a new
token. :func:`count_pairs` and :func:`merge_pair` are these steps on one list, each in a few lines.
:mod:`.training` does the same to a whole text without starting over after each merge, and
:mod:`.words` merges a word in the learned order; the tests hold all three to the same result.

Source: Sennrich, Haddow, Birch, *Neural machine translation of rare words with subword units*
(2016), section 3.2; on bytes: Radford et al., *Language models are unsupervised multitask learners*
(2019), section 2.2.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import TypeVar

Token = TypeVar("Token", bound=Hashable)


def count_pairs(ids: Sequence[Token]) -> dict[tuple[Token, Token], int]:
    """Return how often each pair of neighbours occurs, in the order of first occurrence.

    Overlapping pairs all count: ``aaa`` holds the pair ``(a, a)`` twice, though only one of the
    two can be merged. The program of Sennrich et al. 2016 (``learn_bpe.py``) counts like this.

    >>> count_pairs([1, 2, 1, 2, 3])
    {(1, 2): 2, (2, 1): 1, (2, 3): 1}
    """
    counts: dict[tuple[Token, Token], int] = {}
    for pair in pairwise(ids):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge_pair(ids: Sequence[Token], pair: Sequence[Token], new_id: Token) -> list[Token]:
    """Return ``ids`` with each occurrence of ``pair``, from left to right, replaced by ``new_id``.

    >>> merge_pair([1, 2, 1, 2, 3], (1, 2), 9)
    [9, 9, 3]
    >>> merge_pair([1, 1, 1], (1, 1), 9)
    [9, 1]
    """
    merged: list[Token] = []
    pair = tuple(pair)
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
