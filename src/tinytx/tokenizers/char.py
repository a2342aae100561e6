"""The character tokenizer: one id for each different character.

The simplest tokenizer that works: a handful of ids, no training beyond looking, and a sequence as
long as the text. It knows nothing of bytes or words, and nothing outside the text it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from ..wording import short
from .base import Tokenizer, check_ordered, check_text, code_point, invert, look_up
from .frozen import FrozenList

BYTE_ORDER_MARK = "\ufeff"


class CharTokenizer(Tokenizer):
    """One id per character, numbered in the order given.

    A character that is not in the vocabulary is an error that names it, unless ``unk`` is given:
    then it becomes the id of ``unk``, and what it was is lost. The round trip holds for every
    string of known characters.

    Parameters
    ----------
    chars
        The characters, each once. Their positions are their ids.
    unk
        The text that stands for unknown characters, such as ``"<unk>"`` or ``"?"``. Its id comes
        after all others, so that asking for it renumbers nothing; if it is one of ``chars``, that
        character's id is used.

    Raises
    ------
    ValueError
        If ``chars`` is empty, repeats itself, is a set, whose order is not always the same, or
        holds something other than single characters.

    >>> tokenizer = CharTokenizer.train("a cat sat on a mat")
    >>> tokenizer
    CharTokenizer(vocab_size=8, chars=' acmnost')
    >>> tokenizer.encode("a cat")
    [1, 0, 2, 1, 7]
    >>> tokenizer.decode([7, 1, 2, 0])
    'tac '
    """

    def __init__(self, chars: Iterable[str], unk: str | None = None):
        check_ordered(chars, "chars")
        self.chars: list[str] = FrozenList(chars)
        self.unk = unk
        self._ids = _number(self.chars)
        self.unk_id: int | None = None
        self._tokens = invert(self._ids)
        if unk is not None:
            self.unk_id = unk_id = self._ids.get(check_text(unk, "unk"), len(self.chars))
            self._tokens[unk_id] = unk

    @classmethod
    def train(cls, text: str, unk: str | None = None) -> Self:
        """Make a tokenizer of the different characters of ``text``, sorted by code point.

        Sorted, so that the ids depend on which characters there are and not on their order.
        """
        if not check_text(text):
            raise ValueError("text is empty, so there are no characters to number; give some text")
        return cls(sorted(set(text)), unk)

    @property
    def vocab_size(self) -> int:
        """The number of ids, the one of ``unk`` included."""
        return len(self._tokens)

    def encode(self, text: str) -> list[int]:
        """Return one id per character of ``text``.

        Raises
        ------
        ValueError
            If a character is not in the vocabulary and no ``unk`` was asked for.
        """
        check_text(text)
        if self.unk_id is not None:
            return [self._ids.get(char, self.unk_id) for char in text]
        try:
            return [self._ids[char] for char in text]
        except KeyError as error:
            char = error.args[0]
            way = "train on text that has it, or pass unk='<unk>'"
            if char == BYTE_ORDER_MARK:
                way = "it is a byte order mark: read the file with encoding='utf-8-sig'"
            raise ValueError(
                f"text has {char!r} ({code_point(char)}) at position {text.index(char)}, which is "
                f"not among the {self.vocab_size} characters of this tokenizer; {way}"
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """Return the characters of ``ids``; ``ValueError`` for an id out of range."""
        return "".join(look_up(self._tokens.__getitem__, ids, self.vocab_size))

    def to_dict(self) -> dict[str, Any]:
        """Return the characters in the order of their ids, and the unknown one, as JSON values."""
        return {"chars": list(self.chars), "unk": self.unk}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Rebuild a tokenizer from :meth:`to_dict`; ``ValueError`` if there is no list."""
        if not isinstance(state["chars"], list):
            raise ValueError("chars is not a list")
        return cls(state["chars"], state["unk"])

    def __repr__(self) -> str:
        unk = "" if self.unk is None else f", unk={self.unk!r}"
        return (
            f"CharTokenizer(vocab_size={self.vocab_size}, chars={short(''.join(self.chars))}{unk})"
        )


def _number(chars: list[str]) -> dict[str, int]:
    """Return each character's position; refuse what is not a list of different characters."""
    ids: dict[str, int] = {}
    for position, char in enumerate(chars):
        if not isinstance(char, str) or len(char) != 1:
            raise ValueError(
                f"chars[{position}] is {short(char)}, not one character; give single characters"
            )
        if check_text(char, "chars", position) in ids:
            raise ValueError(
                f"chars has {char!r} ({code_point(char)}) at positions {ids[char]} and {position}; "
                "give each character once, or use CharTokenizer.train(text)"
            )
        ids[char] = position
    if not ids:
        raise ValueError("chars is empty; give at least one character")
    return ids
