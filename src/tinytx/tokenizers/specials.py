"""Special tokens: checking them, numbering them, and choosing which ones a text may hold."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping

from ..wording import listed, short
from .base import check_ordered, check_text

END_OF_TEXT = ("<|endoftext|>", "<|end|>")  # the first that a tokenizer has ends its documents


def end_of_text(specials: Container[str]) -> str | None:
    """Return which of a tokenizer's special tokens ends a document; None if none does.

    >>> end_of_text({"<|start|>": 300, "<|end|>": 301})
    '<|end|>'
    """
    return next((name for name in END_OF_TEXT if name in specials), None)


def number_specials(
    tokens: Iterable[str] | Mapping[str, int], start: int, ordinary: Container[int] | None = None
) -> dict[str, int]:
    """Return the special tokens with their ids, in the order of the ids.

    Ids run from ``start``, which is above all ordinary ones, unless a mapping gives them. Then they
    may be any that are not ``ordinary``: by default, ids below ``start`` are. ``ValueError`` if a
    token is empty or there twice, an id is taken, or the order is that of a set.

    >>> number_specials(["<|start|>", "<|end|>"], 300)
    {'<|start|>': 300, '<|end|>': 301}
    """
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise ValueError(f"special_tokens must be a list of strings, got {short(tokens)}")
    check_ordered(tokens, "special_tokens")
    numbered: dict[str, int] = {}
    for position, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            raise ValueError(
                f"special_tokens[{position}] is {short(token)}; give strings that are not empty"
            )
        if check_text(token, f"special_tokens[{position}]") in numbered:
            raise ValueError(f"special_tokens has {short(token)} twice; give each once")
        numbered[token] = tokens[token] if isinstance(tokens, Mapping) else start + position
    _check_ids(numbered, start, range(start) if ordinary is None else ordinary)
    return dict(sorted(numbered.items(), key=lambda item: item[1]))


def _check_ids(numbered: Mapping[str, int], start: int, ordinary: Container[int]) -> None:
    taken: set[int] = set()
    for token, number in numbered.items():
        if type(number) is not int or number < 0 or number in ordinary or number in taken:
            raise ValueError(
                f"special_tokens gives {short(token)} the id {short(number)}; give each an integer "
                f"of its own, {start} or more, behind the ordinary tokens"
            )
        taken.add(number)


def select_specials(allowed: Collection[str], specials: Mapping[str, int]) -> Collection[str]:
    """Return ``allowed``, if each is one of the special tokens that there are."""
    if isinstance(allowed, str) or not isinstance(allowed, Collection):
        raise ValueError(
            f"allowed_special must be 'all' or a list of special tokens, got {short(allowed)}; "
            "for none write ()"
        )
    for token in allowed:
        if token not in specials:
            raise ValueError(
                f"allowed_special has {short(token)}, which is not a special token of this "
                f"tokenizer; it has {listed(specials) if specials else 'none'}"
            )
    return allowed
