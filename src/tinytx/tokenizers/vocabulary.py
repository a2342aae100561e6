"""From merges to the bytes of each token, and back."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence

from .base import short
from .training import Pair
from .words import merged_spans

BYTES = bytes(range(256))


def spell(merges: Iterable[Pair], byte_order: Iterable[int] = BYTES) -> list[bytes]:
    """Return the bytes of each token by id: the 256 bytes, then what each merge joins.

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


def recover_merges(tokens: Sequence[bytes], ranks: Mapping[bytes, int]) -> list[Pair]:
    """Return the pairs of ids that made the tokens from 256 on, the inverse of :func:`spell`.

    The vocabularies of tiktoken list tokens, not merges. But each token, encoded with the tokens
    before it and without itself, comes out as the two that were joined to make it.

    >>> tokens = spell([(116, 104), (256, 101)])
    >>> recover_merges(tokens, {token: rank for rank, token in enumerate(tokens)})
    [(116, 104), (256, 101)]
    """
    pairs = []
    for rank, token in enumerate(tokens[256:], 256):
        pair = tuple(ranks[token[i:j]] for i, j in merged_spans(token, ranks, below=rank))
        if len(pair) != 2:
            raise ValueError(f"token {rank} ({short(token)}) does not join two earlier tokens")
        pairs.append(pair)
    return pairs


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
