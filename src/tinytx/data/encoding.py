"""One way to make a document into tokens, whatever the tokenizer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import tiktoken

from ..tokenizers import BPETokenizer, CharTokenizer
from ..tokenizers.patterns import compile_pattern, name_of
from ..tokenizers.specials import end_of_text
from ..tokenizers.stream import Splitter

CHUNK = 1 << 16  # tokens that are made into an array at a time


class DocumentEncoder:
    """A tokenizer, and what ends a document with it.

    A special token written in a document is ordinary text: nobody who writes
    ``<|endoftext|>`` on a page ends the document by it.

    Parameters
    ----------
    tokenizer
        Any tokenizer of the package, or a ``tiktoken.Encoding``.

    Attributes
    ----------
    end
        The id of the end-of-text token; None where the tokenizer has none. Then documents follow
        one another without a border.
    vocab_size
        One more than the largest id.
    """

    def __init__(self, tokenizer: Any):
        self.tokenizer = tokenizer
        self.end = _end_of_text(tokenizer)
        self.vocab_size = int(getattr(tokenizer, "n_vocab", None) or tokenizer.vocab_size)
        self.dtype = np.uint16 if self.vocab_size <= 2**16 else np.uint32
        self._encode = _encode_of(tokenizer)

    def __call__(self, text: str) -> np.ndarray:
        """Return the ids of a document and its end, (n,)."""
        ids = self._encode(text)
        return self._array(ids if self.end is None else [*ids, self.end])

    def stream(self, blocks: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the ids of one document that comes in blocks, and its end, in arrays.

        Memory stays bounded with characters and byte-level BPE; with tiktoken's too, where its
        pattern is one that the package can cut safely (``gpt2`` and ``cl100k_base`` have such).
        Other tokenizers get the document whole, since they alone know where it may be cut.
        """
        if isinstance(self.tokenizer, BPETokenizer):
            ids = self.tokenizer.encode_iterable(blocks, allowed_special=())
            while chunk := list(islice(ids, CHUNK)):
                yield self._array(chunk)
        else:
            for part in self._parts(blocks):
                yield self._array(self._encode(part))
        if self.end is not None:
            yield self._array([self.end])

    def _parts(self, blocks: Iterable[str]) -> Iterator[str]:
        """Yield a document in parts that may be encoded one by one."""
        if isinstance(self.tokenizer, CharTokenizer):
            yield from blocks
        elif isinstance(self.tokenizer, tiktoken.Encoding):
            name = name_of(self.tokenizer._pat_str, self.tokenizer._mergeable_ranks)
            for pieces, _ in Splitter(compile_pattern(name)).split_stream(blocks):
                yield "".join(pieces)
        else:
            yield "".join(blocks)

    def _array(self, ids: list[int]) -> np.ndarray:
        found = np.asarray(ids, np.int64)
        if found.size and not 0 <= found.min() <= found.max() < self.vocab_size:
            wrong = next(token for token in ids if not 0 <= token < self.vocab_size)
            raise ValueError(
                f"the tokenizer gave the id {wrong}, and its vocab_size is {self.vocab_size}: "
                "give a tokenizer whose vocab_size is above all of its ids"
            )
        return found.astype(self.dtype)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that differ where the ids of a text may differ."""
        if isinstance(self.tokenizer, tiktoken.Encoding):
            known = self.tokenizer
            tokens = sorted((rank, token.hex()) for token, rank in known._mergeable_ranks.items())
            content: Any = [tokens, known._special_tokens, known._pat_str]
        else:
            content = [type(self.tokenizer).__name__, self.tokenizer.to_dict()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _encode_of(tokenizer: Any) -> Callable[[str], list[int]]:
    if isinstance(tokenizer, BPETokenizer):
        return lambda text: tokenizer.encode(text, allowed_special=())
    return getattr(tokenizer, "encode_ordinary", tokenizer.encode)


def _end_of_text(tokenizer: Any) -> int | None:
    specials = getattr(tokenizer, "special_tokens", None)
    if specials is None:
        specials = getattr(tokenizer, "_special_tokens", {})  # tiktoken's: its eot_token is one
    name = end_of_text(specials)
    return None if name is None else specials[name]
