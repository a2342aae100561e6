"""The tokenizer of the list-operations task: twenty fixed tokens and one way to write them.

A text such as ``Max(3 1 4)`` is a sequence of tokens. Its *canonical* form puts one space between
neighbours, but none after ``(``, none before ``)``, and none between an operation and its ``(``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Self

from ..wording import short
from .base import Tokenizer, check_text, invert, look_up
from .decoding import Decoder

SPECIALS = ("<pad>", "<start>", "<end>")
DIGITS = tuple("0123456789")
OPERATIONS = ("First", "Second", "Last", "Max", "Min")
TOKENS = (*SPECIALS, *DIGITS, *OPERATIONS, "(", ")")

BEGIN = "("  # as after this token, no space comes before the first one of a text

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
        return _join(_tokens_of(ids))

    def decoder(self) -> Decoder:
        """Return a decoder for ids that come one by one: it knows after which token it stands.

        >>> decoder = ListOpsTokenizer().decoder()
        >>> [decoder.decode([token]) for token in [16, 18, 6, 4, 19]]
        ['Max', '(', '3', ' 1', ')']
        """
        return _Joining()

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


class _Joining(Decoder):
    """Puts the space before a token that the one before it asks for."""

    def __init__(self) -> None:
        self._before = BEGIN

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ``ids``, as it goes on from what came before."""
        tokens = _tokens_of(ids)
        text = _join(tokens, self._before)
        self._before = tokens[-1] if tokens else self._before
        return text

    def flush(self) -> str:
        """Start afresh; nothing ever waits."""
        self._before = BEGIN
        return ""


def _tokens_of(ids: Iterable[int]) -> list[str]:
    return look_up(_TOKENS.__getitem__, ids, len(TOKENS))


def _scan(text: str) -> list[str]:
    """Return the tokens of ``text``, white space left out."""
    for word in _WORD.finditer(text):
        if word.group() not in _IDS:
            raise ValueError(
                f"text has {short(word.group())} at position {word.start()}, which is not one of "
                f"the {len(TOKENS)} tokens: {' '.join(TOKENS)}"
            )
    return _WORD.findall(text)


def _join(tokens: list[str], before: str = BEGIN) -> str:
    """Return the canonical text of ``tokens`` that come after ``before``."""
    pieces = []
    for left, right in zip([before, *tokens], tokens, strict=False):
        tight = left == "(" or right == ")" or (left in OPERATIONS and right == "(")
        pieces.append(right if tight else f" {right}")
    return "".join(pieces)
