"""What all tokenizers share: the interface, the file format, and the checks of text and ids.

A tokenizer file is JSON with one key per line: ``type`` (the class), ``version`` (of the format),
then what the class needs to rebuild itself. Every problem with it is one ``ValueError`` line.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any, Self, TypeVar

from ..files import read_json, write_atomic
from ..wording import short
from .decoding import Decoder

VERSION = 1
T = TypeVar("T")


class Tokenizer(ABC):
    """A map from text to a list of integers, and back."""

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """One more than the largest id: the number of rows that an embedding table needs."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ``ids``, the inverse of :meth:`encode`."""

    def decoder(self) -> Decoder:
        """Return a decoder for ids that come one by one, as :func:`tinytx.generation.stream`'s do.

        The texts of its ``decode(ids)``, and last ``flush()``, are together what :meth:`decode`
        gives for all ids.
        """
        return Decoder(self.decode)

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return what a file must hold, as JSON values."""

    @classmethod
    @abstractmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        """Rebuild a tokenizer from :meth:`to_dict`."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tokenizer to ``path`` as JSON; the file is there in full or not at all."""
        content = {"type": type(self).__name__, "version": VERSION, **self.to_dict()}
        lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(content[key])}" for key in content)
        write_atomic(path, f"{{\n{lines}\n}}\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a tokenizer that :meth:`save` wrote.

        Raises
        ------
        ValueError
            If the file is missing, cut short, or not one of this class and version.
        """
        state = _read_json(path)
        found, version = state.pop("type", None), state.pop("version", None)
        if found != cls.__name__:
            raise ValueError(
                f"load: {path} holds type {found!r}, not a {cls.__name__}; "
                "use the class that saved it"
            )
        if version != VERSION:
            raise ValueError(
                f"load: {path} has format version {version!r}, this tinytx reads {VERSION}; "
                "save it again with the same tinytx"
            )
        try:
            return cls.from_dict(state)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else error
            raise ValueError(f"load: {path} is damaged: {reason}; save it again") from None


def _read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a JSON object, or say in one line why ``path`` holds none."""
    try:
        state = read_json(path)
    except OSError as error:
        raise ValueError(f"load: cannot read {path} ({error.strerror}); check the path") from None
    except ValueError as error:
        raise ValueError(
            f"load: {path} is not a complete JSON file ({error}); save the tokenizer again"
        ) from None
    if not isinstance(state, dict):
        raise ValueError(f"load: {path} is not a tokenizer file; give one written by save()")
    return state


def check_text(text: object, argument: str = "text", offset: int = 0) -> str:
    r"""Return ``text`` if it is a string that UTF-8 can hold, or raise ``ValueError``.

    A Python string may contain *lone surrogates* (U+D800 to U+DFFF), halves of a UTF-16 pair.
    They are not characters: UTF-8 has no bytes for them, so no byte-level tokenizer can give them
    back. They come from reading broken data with ``errors="surrogateescape"`` or from ``\ud83d``
    in JSON. ``offset`` is added to the position reported.
    """
    if not isinstance(text, str):
        raise ValueError(f"{argument} must be a string, got {type(text).__name__}: {short(text)}")
    if not text.isascii():  # ASCII is known from the string's header, without a look at the text
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{argument} has a lone surrogate {code_point(text[error.start])} at position "
                f"{offset + error.start}, which is not text; remove it, or read the source as "
                "UTF-8 with errors='replace'"
            ) from None
    return text


def check_texts(texts: object, argument: str, way_out: str) -> Iterable[str]:
    """Return ``texts``; refuse what is no list of them: a path, or a string, that is letters."""
    if isinstance(texts, str | bytes | os.PathLike) or not isinstance(texts, Iterable):
        raise ValueError(f"{argument} is {short(texts)} and must be a list of texts: {way_out}")
    return texts


def check_ordered(values: object, argument: str) -> None:
    """Refuse a set, whose order differs from process to process, where the order gives the ids."""
    if isinstance(values, set | frozenset):
        raise ValueError(
            f"{argument} is a {type(values).__name__}, which has no order, and the ids follow the "
            f"order: give sorted({argument})"
        )


def look_up(get: Callable[[int], T], ids: Iterable[int], vocab_size: int) -> list[T]:
    """Return ``get(id)`` for each id; ``ValueError`` with the position for one that is unknown.

    ``get`` is the ``__getitem__`` of a dict, which refuses the negative ids that a list would
    quietly count from its end. A dict takes 65.0 and True for 65 and 1, which are no ids. Arrays
    and tensors of one dimension are taken as they are.
    """
    if hasattr(ids, "tolist"):
        ids = ids.tolist()
    if not isinstance(ids, Iterable) or isinstance(ids, str | bytes):
        raise ValueError(f"ids must be a list of integers, got {short(ids)}; for one id write [id]")
    ids = list(ids)
    try:
        if not all(map(_is_whole, set(map(type, ids)))):
            raise TypeError
        return list(map(get, ids))
    except (KeyError, TypeError):
        position = next(i for i, token in enumerate(ids) if not _is_known(get, token))
        unknown = ids[position]
        gap = type(unknown) is int and 0 <= unknown < vocab_size
        raise ValueError(
            f"ids[{position}] is {short(unknown)}, not an id of this tokenizer; "
            f"its ids are integers from 0 to {vocab_size - 1}{', with gaps' if gap else ''}"
        ) from None


def _is_known(get: Callable[[int], object], token: Any) -> bool:
    try:
        get(token)
    except (KeyError, TypeError):
        return False
    return _is_whole(type(token))


def _is_whole(kind: type) -> bool:
    return issubclass(kind, Integral) and kind is not bool


def invert(tokens: Mapping[T, int]) -> dict[int, T]:
    """Return the map from id to token of a map from token to id."""
    return {number: token for token, number in tokens.items()}


def code_point(character: str) -> str:
    """Return the name of a code point, as in ``U+00E9``."""
    return f"U+{ord(character):04X}"
