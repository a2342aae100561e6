"""A corpus made into files of tokens, once, for runs to memory-map: what ``tinytx tokenize`` does.

A folder of three files: ``tokenizer.json``, ``held-out.npy`` and ``train.npy``. Documents are
divided before anything is learned, so that the tokenizer has not seen what is held out.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tiktoken

from ..data import Corpus, write_tokens
from ..tokenizers import BPETokenizer
from ..tokenizers.specials import END_OF_TEXT
from .texts import FILES

TOKENIZER = "tokenizer.json"
LEARNED_FROM = 50_000_000  # characters: more change a vocabulary of thousands hardly at all
SIZE = 4096


class Part(NamedTuple):
    """What became of one side of a corpus."""

    documents: int
    n_bytes: int
    tokens: int

    def __str__(self) -> str:
        return (
            f"{self.documents:,} document{'s' * (self.documents != 1)}, {self.tokens:,} tokens, "
            f"{self.n_bytes / self.tokens:.3f} bytes per token"
        )


class Tokenized(NamedTuple):
    """What :func:`tokenize` wrote, and what is to be said of it."""

    folder: Path
    vocab_size: int
    train: Part
    held_out: Part
    notes: list[str]


class Counting(Corpus):
    """A corpus that counts what it gives."""

    documents = n_bytes = 0

    def texts(self, side: str = "all") -> Iterator[str]:
        """Yield the documents of a side."""
        for text in super().texts(side):
            self.documents += 1
            self.n_bytes += len(text.encode())
            yield text

    def blocks(self, side: str = "all") -> Iterator[str]:
        """Yield one document in blocks."""
        self.documents += 1
        for block in super().blocks(side):
            self.n_bytes += len(block.encode())
            yield block


def tokenize(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    vocab_size: int | None = None,
    tokenizer: str | None = None,
    column: str = "text",
    separator: str | None = None,
) -> Tokenized:
    """Write the tokens of a corpus into the folder ``out``.

    Parameters
    ----------
    source
        A text file, a folder of them, or parquet: see :class:`tinytx.data.Corpus`.
    out
        A folder that has none of the three files yet.
    vocab_size
        Learn a byte-level BPE of so many tokens from the training side; 4,096 if neither this nor
        a tokenizer is given.
    tokenizer
        Take one instead: an encoding of tiktoken's, or a file that ``BPETokenizer.save`` wrote.
    column, separator
        As in :class:`tinytx.data.Corpus`.

    Raises
    ------
    ValueError
        If the corpus or the tokenizer cannot be read, a file is there already, or there is no room.
    """
    if vocab_size is not None and tokenizer is not None:
        raise ValueError(
            f"vocab_size {vocab_size} and tokenizer {tokenizer!r} are both given: one is learned, "
            "the other taken; leave one out"
        )
    folder = Path(out)
    options: dict[str, Any] = {"column": column, "separator": separator}
    made = [folder / name for name in (TOKENIZER, *reversed(FILES))]  # train.npy is the last
    for path in made:
        if path.exists():
            raise ValueError(f"{path} is there already: give another folder with --out")
    corpus = Corpus(source, **options)
    notes: list[str] = []
    if tokenizer is None:
        kept = fast = _learn(corpus, vocab_size or SIZE, notes)
    else:
        kept, fast = _take(tokenizer)
    try:
        kept.save(made[0])
        parts = {}
        for path, side in zip(made[1:], ("held-out", "train"), strict=True):
            counting = Counting(source, **options)
            n = write_tokens(path, counting, fast, side)
            parts[side] = Part(counting.documents, counting.n_bytes, n)
    except BaseException:
        for path in made:  # a part of the three is of no use
            path.unlink(missing_ok=True)
        raise
    return Tokenized(folder, kept.vocab_size, parts["train"], parts["held-out"], notes)


def _learn(corpus: Corpus, vocab_size: int, notes: list[str]) -> BPETokenizer:
    """Return a BPE of the training side's beginning; say so if it is not all of it."""
    end, parts, length = END_OF_TEXT[0], [], 0
    pieces = corpus.texts("train") if corpus.borders else corpus.blocks("train")
    for piece in pieces:
        parts.append(piece)
        length += len(piece)
        if length >= LEARNED_FROM:
            notes.append(f"the vocabulary is learned from the first {length:,} characters")
            break
    text = (end if corpus.borders else "").join(parts)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tokenizer = BPETokenizer.train(text, vocab_size, [end])
    notes.extend(str(one.message) for one in caught)
    return tokenizer


def _take(name: str) -> tuple[BPETokenizer, Any]:
    """Return a tokenizer to save and, where there is a faster one, one to encode with."""
    if Path(name).suffix == ".json":
        tokenizer = BPETokenizer.load(name)
        return tokenizer, tokenizer
    if name not in tiktoken.list_encoding_names():
        raise ValueError(
            f"tokenizer is {name!r} and must be an encoding of tiktoken's, such as cl100k_base, or "
            "a file that ends in .json"
        )
    from ..tokenizers.bridge import get_encoding

    return BPETokenizer.from_tiktoken(name), get_encoding(name)
