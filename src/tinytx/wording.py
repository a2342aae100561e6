"""How a value or a list of names stands in an error message, so that it stays one readable line."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = 5  # as many of a list are named, the others counted


def short(value: object, limit: int = 40) -> str:
    """Return the ``repr`` of ``value``, cut so that an error message stays one line.

    >>> short("a" * 100, limit=9)
    "'aaaaaaaa…"
    """
    try:
        text = repr(value).replace("\n", " ")
    except (RecursionError, ValueError):  # nested too deeply; an integer of thousands of digits
        return f"a very large {type(value).__name__}"
    return text if len(text) <= limit else f"{text[:limit]}…"


def listed(names: Iterable[str]) -> str:
    """Return a few names in order, and how many more there are.

    The state dict of a model of GPT-2's size has 197 names: 5,700 characters in a message.

    >>> listed(["b", "a"])
    "['a', 'b']"
    >>> listed("abcdefgh")
    "['a', 'b', 'c', 'd', 'e'] and 3 more"
    """
    names = sorted(names, key=str)
    more = f" and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return f"[{', '.join(short(name, 80) for name in names[:NAMES])}]{more}"
