"""Bytes made readable: a token is bytes, and not every run of bytes is text.

The same rules are in ``static/kit.js``; a browser test holds the two together.
"""

from __future__ import annotations

import unicodedata

GLYPHS = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}


def parts(data: bytes) -> list[tuple[str, bool]]:
    r"""Split ``data`` into characters and stray bytes: (what to show, whether it is a byte).

    Characters show as themselves, white space as a sign, what has no shape by its code point, and
    a byte that is not part of a whole UTF-8 character in hexadecimal.

    >>> parts("é".encode() + b"\xe2\x82")
    [('é', False), ('E2', True), ('82', True)]
    """
    found: list[tuple[str, bool]] = []
    start = 0
    while start < len(data):
        size = _length(data[start])
        try:
            character = data[start : start + size].decode("utf-8")
        except UnicodeDecodeError:
            found.append((f"{data[start]:02X}", True))
            start += 1
        else:
            found.append((_sign(character), False))
            start += size
    return found


def visible(data: bytes) -> str:
    """Return ``data`` as one readable string, with stray bytes in angle brackets.

    >>> visible(" naïve".encode()[:4])
    '␣na<C3>'
    """
    return "".join(f"<{text}>" if is_byte else text for text, is_byte in parts(data))


def _length(lead: int) -> int:
    """Return how many bytes the UTF-8 character takes that starts with ``lead``."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _sign(character: str) -> str:
    if character in GLYPHS:
        return GLYPHS[character]
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"):
        return f"U+{ord(character):04X}"
    return character


def checked(figure: str, text: str, limit: int) -> str:
    """Return ``text`` if a figure can show it.

    Raises
    ------
    ValueError
        If it is not a string, is empty, has more than ``limit`` characters, or holds a lone
        surrogate, which no UTF-8 bytes stand for.
    """
    from tinytx.tokenizers.base import check_text

    check_text(text, f"{figure}: text")
    if not text:
        raise ValueError(f"{figure}: text is empty; pass at least one character")
    if len(text) > limit:
        raise ValueError(
            f"{figure}: text has {len(text):,} characters, the limit is {limit:,}; "
            f"pass a part of it, such as text[:{limit}]"
        )
    return text
