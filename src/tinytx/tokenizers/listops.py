"""The tokenizer of the list-operations task: twenty fixed tokens and one way to write them.

A text such as ``Max(3 1 4)`` is a sequence of tokens. Its *canonical* form puts one space between
neighbours, but none after ``(``, none before ``)``, and none between an operation and its ``(``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Self

from .base import Tokenizer, check_text, invert, look_up, short

SPECIALS = ("<pad>", "<start>", "<end>")
DIGITS = tuple("0123456789")
OPERATIONS = ("First", "Second", "Last", "Max", "Min")
TOKENS = (*SPECIALS, *DIGITS, *OPERATIONS, "(", ")")

_IDS = {token: number for number, token in enumerate(TOKENS)}
_TOKENS = invert(_IDS)
_WORD = re.compile(r"<\w*>|[^\W\d_]+|\S")  # digits stand alone: "12" is two tokens


class ListOpsTokenizer(Tokenizer):
    """The twenty tokens of the list-operations task, numbered as in :data:`TOKENS`.

    Only canonical text is accepted. Ids keep no white space, so if two spellings were accepted,
    one of them could not survive the round trip; instead the error shows the canonical spelling.
    ``decode`` takes every sequence of ids, however wrong as an expression, because a model under
    training writes such sequences: ``encode(decode(ids)) == ids`` for all of them.

    >>> tokenizer = ListOpsTokenizer()
    >>> tokenizer.encode("Max(3 1 4)")
    [16, 18, 6, 4, 7, 19]
    >>> tokenizer.decode([1, 16, 18, 6, 4, 7, 19, 2])
    '<start> Max(3 1 4) <end>'
    >>> tokenizer.encode("Max( 3,1 )")
    Traceback (most recent call last):
        ...
    ValueError: text has ',' at position 6, which is not one of the 20 tokens: <pad> <start> ...
    """

    pad_id = _IDS["<pad>"]
    start_id = _IDS["<start>"]
    end_id = _IDS["<end>"]

    @property
    def vocab_size(self) -> int:
        """Twenty."""
        return len(TOKENS)

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``, which must be in canonical form.

        Raises
        ------
        ValueError
            If a word is not a token, or the white space is not the canonical one.
        """
        tokens = _scan(check_text(text))
        canonical = _join(tokens)
        if text != canonical:
            raise ValueError(
                f"text {short(text)} is not in canonical form, which is what decode() writes; "
                f"write {canonical!r}"
            )
        return [_IDS[token] for token in tokens]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the canonical text of ``ids``; ``ValueError`` for an id out of range."""
        return _join(look_up(_TOKENS.__getitem__, ids, self.vocab_size))

    def to_dict(self) -> dict[str, Any]:
        """Return the twenty tokens, as JSON values: there is nothing else to know."""
        return {"tokens": list(TOKENS)}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Check that the tokens of ``state`` are the twenty of the task, else ``ValueError``."""
        if state["tokens"] != list(TOKENS):
            raise ValueError("its tokens are not the twenty of the list-operations task")
        return cls()

    def __repr__(self) -> str:
        return f"ListOpsTokenizer(vocab_size={self.vocab_size}, tokens={' '.join(TOKENS)!r})"


def _scan(text: str) -> list[str]:
    """Return the tokens of ``text``, white space left out."""
    for word in _WORD.finditer(text):
        if word.group() not in _IDS:
            raise ValueError(
                f"text has {short(word.group())} at position {word.start()}, which is not one of "
                f"the {len(TOKENS)} tokens: {' '.join(TOKENS)}"
            )
    return _WORD.findall(text)


def _join(tokens: list[str]) -> str:
    """Return the canonical text of ``tokens``."""
    pieces = []
    for left, right in zip(["(", *tokens], tokens, strict=False):  # nothing before the first
        tight = left == "(" or right == ")" or (left in OPERATIONS and right == "(")
        pieces.append(right if tight else f" {right}")
    return "".join(pieces)
