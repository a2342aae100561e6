"""The ordinary tokens of a byte-level BPE: their bytes, how they are merged, and their ids.

A token has a *rank*, its place in the order of learning: the 256 bytes first, then one token per
merge. Its id is its rank, unless somebody numbered the tokens otherwise: Hugging Face's trainer
puts special tokens in front.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..wording import short
from .frozen import FrozenList
from .training import Pair
from .words import Spelled, encode_word, merged_spans

BYTES = bytes(range(256))


class Vocabulary:
    """The tokens, and what a word is made of.

    Parameters
    ----------
    tokens
        The bytes of each, by rank.
    merges
        The two ranks that each token from 256 on joins, and no other two. ``None`` if only the
        spelling counts: any two neighbours that spell a token are joined to it, as in tiktoken.
    ids
        The id of each token, by rank; ``None`` for the ranks themselves.

    Raises
    ------
    ValueError
        If these are not a byte-level vocabulary.
    """

    def __init__(
        self,
        tokens: Sequence[bytes],
        merges: Sequence[Pair] | None = None,
        ids: Sequence[int] | None = None,
    ):
        self.tokens = list(tokens)
        self.ranks = {token: rank for rank, token in enumerate(self.tokens)}
        if sorted(self.tokens[:256]) != [bytes([byte]) for byte in BYTES]:
            raise ValueError(
                "tokens must begin with the 256 single bytes, each once; see from_merges"
            )
        if len(self.ranks) < len(self.tokens):
            raise ValueError("two of the tokens spell the same bytes; give each once")
        self.by_pair = merges is not None
        self._given = None if merges is None else FrozenList((a, b) for a, b in merges)
        # Where each token comes apart into its two.
        self.splits: list[int] | None = self._splits() if self.by_pair else None
        self.ids = range(len(self.tokens)) if ids is None else _check_ids(ids, len(self.tokens))

    @cached_property
    def merges(self) -> list[Pair]:
        """The ranks that each token from 256 on joins; recovered if they were not given."""
        if self._given is not None:
            return self._given
        return FrozenList(recover_merges(self.tokens, self.ranks))

    def encode_word(self, word: bytes) -> tuple[int, ...]:
        """Return the ids of one pre-token."""
        ranks = encode_word(word, self.ranks, self.splits)
        return ranks if isinstance(self.ids, range) else tuple(self.ids[rank] for rank in ranks)

    def arguments(self, size: int | None = None) -> tuple[Any, ...]:
        """Return tokens, merges and ids, of the first ``size`` tokens only if it is given."""
        size = len(self.tokens) if size is None else size
        merges = list(self.merges[: size - 256]) if self.by_pair else None
        ids = None if isinstance(self.ids, range) else list(self.ids[:size])
        return self.tokens[:size], merges, ids

    def _splits(self) -> list[int]:
        tokens = self.tokens
        if [tokens[a] + tokens[b] for a, b in self.merges] != tokens[256:]:
            raise ValueError("merges do not spell the tokens from 256 on; see from_merges")
        return [0] * 256 + [len(tokens[a]) for a, _ in self.merges]


def _check_ids(ids: Sequence[int], n: int) -> list[int]:
    ids = list(ids)
    if any(type(number) is not int or number < 0 for number in ids) or len({*ids}) != len(ids):
        raise ValueError("ids must be different integers of at least 0, one for each token")
    if len(ids) != n:
        raise ValueError(f"ids has {len(ids)} entries and must have one for each of {n} tokens")
    return ids


def spell(merges: Iterable[Pair], byte_order: Iterable[int] = BYTES) -> list[bytes]:
    """Return the bytes of each token by rank: the 256 bytes, then what each merge joins.

    >>> spell([(116, 104), (256, 101)])[256:]
    [b'th', b'the']
    """
    tokens = [bytes([byte]) for byte in byte_order]
    for i, pair in enumerate(merges):
        known = [type(x) is int and 0 <= x < len(tokens) for x in _parts(pair)]
        if known != [True, True]:
            raise ValueError(
                f"merges[{i}] is {short(pair)}, not two ids below {256 + i}, which it may join"
            )
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return tokens


def _parts(pair: object) -> Sequence[object]:
    return pair if isinstance(pair, tuple | list) else ()


def recover_merges(tokens: Sequence[Spelled], ranks: Mapping[Spelled, int]) -> list[Pair]:
    """Return the pairs of ranks that made the tokens from 256 on, the inverse of :func:`spell`.

    The vocabularies of tiktoken list tokens, not merges. But each token, encoded with the tokens
    before it and without itself, comes out as the two that were joined to make it.

    >>> tokens = spell([(116, 104), (256, 101)])
    >>> recover_merges(tokens, {token: rank for rank, token in enumerate(tokens)})
    [(116, 104), (256, 101)]
    """
    pairs = []
    for rank, pair in enumerate(_made_of(tokens, ranks), 256):
        if len(pair) != 2:
            raise ValueError(
                f"token {rank} ({short(tokens[rank])}) does not join two earlier tokens"
            )
        pairs.append(pair)
    return pairs


def _made_of(tokens: Sequence[Spelled], ranks: Mapping[Spelled, int]) -> Iterator[tuple[int, ...]]:
    """Yield what merging by spelling makes of each token from 256 on, before it makes it."""
    for rank, token in enumerate(tokens[256:], 256):
        yield tuple(ranks[token[i:j]] for i, j in merged_spans(token, ranks, below=rank))


def check_spelling(vocabulary: Vocabulary) -> None:
    """Refuse merges that give other ids when a pair is known by what it spells.

    They do not if each token, taken alone, is spelled from the very two that its merge joins: then
    no word ever joins another two. Merges that were learned are so, since training only ever
    joined what was there; merges written by hand need not be.

    Raises
    ------
    ValueError
        One line that names the first such merge.
    """
    if not vocabulary.by_pair:
        return
    tokens = vocabulary.tokens
    for i, made_of in enumerate(_made_of(tokens, vocabulary.ranks)):
        if made_of != vocabulary.merges[i]:
            joined, spelled = (
                " and ".join(short(tokens[rank]) for rank in ranks)
                for ranks in (vocabulary.merges[i], made_of)
            )
            raise ValueError(
                f"merges[{i}] makes {short(tokens[256 + i])} of {joined}; by spelling, which is "
                f"how tiktoken merges, it would be made of {spelled}, and words get other ids"
            )


def count_merges(vocab_size: int, n_special: int, most: int | None = None) -> int:
    """Return how many merges ``vocab_size`` leaves room for; ``ValueError`` if that cannot be.

    >>> count_merges(1024, n_special=1)
    767
    """
    try:
        n_merges = operator.index(vocab_size) - 256 - n_special
    except TypeError:
        raise ValueError(f"vocab_size must be an integer, got {short(vocab_size)}") from None
    if n_merges < 0:
        raise ValueError(
            f"vocab_size is {vocab_size}, but 256 bytes and {n_special} special tokens alone are "
            f"{256 + n_special}; give at least that"
        )
    if most is not None and n_merges > most:
        raise ValueError(
            f"vocab_size is {vocab_size}, but this tokenizer has {256 + most + n_special} tokens; "
            "give at most that"
        )
    return n_merges
