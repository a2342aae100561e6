"""The right answers to the exercises whose form is not that of the package's own function.

Each only changes the form, ids for bytes and back: what is computed, the package computes.
"""

from __future__ import annotations

from ...tokenizers import BPETokenizer
from ...tokenizers.patterns import compile_pattern
from ...tokenizers.stream import Splitter
from ...tokenizers.training import learn_merges
from ...tokenizers.words import merged_spans

Pair = tuple[bytes, bytes]
BYTES = [bytes([byte]) for byte in range(256)]


def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    """Return the text that ``ids`` spell."""
    tokens = list(dict.fromkeys([*BYTES, *vocab.values()]))
    number = {token: i for i, token in enumerate(tokens)}
    return BPETokenizer(tokens).decode(number[vocab[i]] for i in ids)


def encode_word(word: bytes, merges: list[Pair]) -> list[bytes]:
    """Return the tokens of ``word``, merged in the order of learning."""
    ranks = {left + right: rank for rank, (left, right) in enumerate(merges)}
    return [word[i:j] for i, j in merged_spans(word, ranks)]


def train_bpe(words: dict[bytes, int], n_merges: int) -> list[Pair]:
    """Return the first ``n_merges`` merges, in the order of learning."""
    vocab = list(BYTES)
    merges: list[Pair] = []
    for left, right in learn_merges(words, n_merges):
        merges.append((vocab[left], vocab[right]))
        vocab.append(vocab[left] + vocab[right])
    return merges


def split_special(text: str, specials: list[str]) -> list[str]:
    """Return ``text`` in pieces, each either special or free of special tokens."""
    everything = compile_pattern(r"(?s).+")  # ordinary text stays in one piece
    pieces: list[str] = []
    for ordinary, special in Splitter(everything, specials).split(text):
        pieces += ordinary
        pieces += [special] if special else []
    return pieces
