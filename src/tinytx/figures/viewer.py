"""The token viewer: one text as two or three tokenizers cut it, side by side."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Protocol

from ..wording import fixed
from .component import Figure, table
from .visible import checked, visible

LIMIT = 2_000
MOST = 3


class Encodes(Protocol):
    """What the viewer asks of a tokenizer: ``encode``, and ``decode`` or ``token_bytes``."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``."""
        ...


@dataclass(frozen=True)
class Token:
    """One token of a text: its id, its bytes, and the byte of the text at which it starts.

    ``start`` is ``None`` if the token does not spell a part of the text (an unknown-character id).
    """

    id: int
    data: bytes
    start: int | None


class TokenViewer(Figure):
    """A text coloured by token, for one to three tokenizers side by side.

    Point at a token, or walk through the tokens with the arrow keys, to see its id and bytes;
    the tokens of the other tokenizers that cover the same bytes light up with it. Bytes that are
    only a part of a character show in hexadecimal.

    Parameters
    ----------
    text
        At most 2,000 characters.
    tokenizers
        One tokenizer, or ``{name: tokenizer}``. Anything with ``encode(text)`` will do that also
        has ``token_bytes(id)``, ``decode_single_token_bytes(id)`` (``tiktoken``) or
        ``decode([id])``.
    compare
        More of the same, set beside the first.

    Raises
    ------
    ValueError
        If the text is empty, too long or holds a lone surrogate, if there are no tokenizers or
        more than three, or if one of them refuses the text.

    >>> class Bytes:
    ...     def encode(self, text):
    ...         return list(text.encode())
    ...     def token_bytes(self, id):
    ...         return bytes([id])
    >>> TokenViewer("a é", {"bytes": Bytes()})
    TokenViewer of a text of 3 characters, 4 bytes
    bytes: 4 tokens, 1.00 bytes per token
      tokens: a | ␣ | <C3> | <A9>
      ids: 97 32 195 169
    """

    kind = "token-viewer"
    scripts = ("viewer.js",)
    styles = ("viewer.css",)

    def __init__(
        self,
        text: str,
        tokenizers: Encodes | dict[str, Encodes],
        compare: Encodes | dict[str, Encodes] | None = None,
    ):
        self.text = checked("TokenViewer", text, LIMIT)
        named = {**_named(tokenizers), **_named(compare)}
        if not 1 <= len(named) <= MOST:
            raise ValueError(
                f"TokenViewer: tokenizers has {len(named)}, the limit is 1 to {MOST}; "
                "make a second viewer for the rest"
            )
        self.tokens = {name: tokens(text, one, name) for name, one in named.items()}

    def data(self) -> dict[str, object]:
        """Return the tokens of each tokenizer as ``[id, bytes in hexadecimal, start]``."""
        return {
            "characters": len(self.text),
            "bytes": len(self.text.encode()),
            "tokenizers": [
                {"name": name, "tokens": [[one.id, one.data.hex(), one.start] for one in found]}
                for name, found in self.tokens.items()
            ],
        }

    def words(self) -> str:
        """Return sizes, tokens and ids, a few lines for each tokenizer."""
        lines = [f"TokenViewer of {self._sizes()}"]
        for name, found in self.tokens.items():
            lines.append(f"{name}: {self._counts(found)}")
            lines.append("  tokens: " + " | ".join(visible(one.data) for one in found))
            lines.append("  ids: " + " ".join(str(one.id) for one in found))
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return one table for each tokenizer: token, id, bytes."""
        tables = (
            table(
                f"{name}: {self._counts(found)}",
                ("token", "id", "bytes"),
                [(visible(one.data), one.id, one.data.hex(" ").upper()) for one in found],
            )
            for name, found in self.tokens.items()
        )
        return f"<p>Tokens of {html.escape(self._sizes())}.</p>" + "".join(tables)

    def _sizes(self) -> str:
        return f"a text of {len(self.text)} characters, {len(self.text.encode())} bytes"

    def _counts(self, found: list[Token]) -> str:
        ratio = len(self.text.encode()) / len(found)
        return f"{len(found)} tokens, {fixed(ratio, 2)} bytes per token"


def tokens(text: str, tokenizer: Encodes, name: str) -> list[Token]:
    """Cut ``text`` with ``tokenizer`` and find where in the bytes of the text each token stands.

    A tokenizer may drop white space or stand in for unknown characters: each token is looked for
    from the end of the one before, and has no place if it is not there.
    """
    try:
        ids = [int(id) for id in tokenizer.encode(text)]
        pieces = [_bytes(tokenizer, id) for id in ids]
    except (AttributeError, TypeError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"TokenViewer: tokenizer {name!r} cannot cut this text: {reason}"
        ) from error
    if not pieces:
        raise ValueError(f"TokenViewer: tokenizer {name!r} gives no tokens; choose another text")
    whole, position, found = text.encode(), 0, []
    for id, piece in zip(ids, pieces, strict=True):
        start = whole.find(piece, position)
        found.append(Token(id, piece, start if start >= 0 else None))
        position = start + len(piece) if start >= 0 else position
    return found


def _bytes(tokenizer: Any, id: int) -> bytes:
    for name in ("token_bytes", "decode_single_token_bytes"):
        if hasattr(tokenizer, name):
            return getattr(tokenizer, name)(id)
    return tokenizer.decode([id]).encode()


def _named(tokenizers: Encodes | dict[str, Encodes] | None) -> dict[str, Encodes]:
    if tokenizers is None:
        return {}
    if isinstance(tokenizers, dict):
        return {str(name): one for name, one in tokenizers.items()}
    return {str(getattr(tokenizers, "name", type(tokenizers).__name__)): tokenizers}
