"""Added tokens in the files of Hugging Face: strings that are one token whatever they contain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from ..wording import short

SURROUNDINGS = ("lstrip", "rstrip", "single_word")  # what a token may ask of what stands beside it


def added_tokens(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the added tokens of a ``tokenizer.json`` with their ids.

    Raises
    ------
    ValueError
        If one takes white space beside it along, or only counts as a word of its own; or two that
        overlap are looked for in two passes, ``normalized`` ones last: here there is one pass.
    """
    entries = list(entries)
    for entry in entries:
        _check_surroundings(entry["content"], entry)
    first, last = (
        [entry["content"] for entry in entries if bool(entry.get("normalized")) is late]
        for late in (False, True)
    )
    for a, b in product(first, last):
        if _overlap(a, b):
            raise ValueError(
                f"the added tokens {short(a)} and {short(b)} overlap, and are looked for one after "
                "the other"
            )
    return {entry["content"]: entry["id"] for entry in entries}


def declared_tokens(files: Mapping[str, Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the special tokens that the files beside a vocabulary name, with ids if they say them.

    ``files`` are ``added_tokens.json``, ``special_tokens_map.json``, ``tokenizer_config.json``.

    Raises
    ------
    ValueError
        As for :func:`added_tokens`; or if a space is to be put in front of each text.
    """
    config = files.get("tokenizer_config.json", {})
    if config.get("add_prefix_space"):
        raise ValueError("add_prefix_space is true: it puts a space in front of each text")
    found: dict[str, int | None] = dict(files.get("added_tokens.json", {}))
    for number, entry in config.get("added_tokens_decoder", {}).items():
        found |= added_tokens([{**entry, "id": int(number)}])
    for settings in (files.get("special_tokens_map.json", {}), config):
        for name, value in settings.items():
            if name.endswith("_token") or name == "additional_special_tokens":
                for token in value if isinstance(value, list) else [value]:
                    _declare(token, found)
    return found


def _declare(token: Any, found: dict[str, int | None]) -> None:
    """Add a token that is given as a string or by an entry; None is none, and no switch is one."""
    if isinstance(token, Mapping):
        _check_surroundings(token["content"], token)
        token = token["content"]
    if isinstance(token, str):
        found.setdefault(token, None)


def _check_surroundings(token: str, entry: Mapping[str, Any]) -> None:
    for name in SURROUNDINGS:
        if entry.get(name):
            raise ValueError(f"the added token {short(token)} has {name}, which is not done here")


def _overlap(a: str, b: str) -> bool:
    """Return whether a text can hold ``a`` and ``b`` such that they share a character."""
    shorter = min(len(a), len(b))
    ends = any(a[-n:] == b[:n] or b[-n:] == a[:n] for n in range(1, shorter + 1))
    return ends or a in b or b in a
