"""The right answers of 01_tokenization, from its solutions. Written by `make exercises`."""

from __future__ import annotations

import re

from tinytx import tokenizers


def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    """Return the text that ``ids`` spell."""
    return b"".join(vocab[i] for i in ids).decode("utf-8", errors="replace")


def count_pairs(ids: list[int]) -> dict[tuple[int, int], int]:
    """Return how often each pair of neighbours occurs in ``ids``."""
    counts: dict[tuple[int, int], int] = {}
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge_pair(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """Return ``ids`` with each occurrence of ``pair`` replaced by ``new_id``."""
    merged: list[int] = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            merged.append(new_id)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged


def split_special(text: str, specials: list[str]) -> list[str]:
    """Return ``text`` in pieces, each either special or free of special tokens."""
    longest_first = sorted(specials, key=len, reverse=True)
    pattern = "|".join(re.escape(special) for special in longest_first)
    return [piece for piece in re.split(f"({pattern})", text) if piece]


def encode_word(word: bytes, merges: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the tokens of ``word``, merged in the order of learning."""
    tokens = [bytes([byte]) for byte in word]
    while True:
        able = [pair for pair in tokenizers.count_pairs(tokens) if pair in merges]
        if not able:
            return tokens
        left, right = min(able, key=merges.index)
        tokens = tokenizers.merge_pair(tokens, (left, right), left + right)


def train_bpe(words: dict[bytes, int], n_merges: int) -> list[tuple[bytes, bytes]]:
    """Return the first ``n_merges`` merges, in the order of learning."""
    split = {word: [bytes([byte]) for byte in word] for word in words}
    merges: list[tuple[bytes, bytes]] = []
    while len(merges) < n_merges:
        counts: dict[tuple[bytes, bytes], int] = {}
        for word, tokens in split.items():
            for pair, count in tokenizers.count_pairs(tokens).items():
                counts[pair] = counts.get(pair, 0) + count * words[word]
        if not counts:
            break
        left, right = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append((left, right))
        for word, tokens in split.items():
            split[word] = tokenizers.merge_pair(tokens, (left, right), left + right)
    return merges
