"""Decoding as a model writes: ids come one by one, and text goes out as soon as it is whole.

A token need not be a whole character. Of the four bytes of ``😀`` cl100k makes two tokens or more,
and each of these, decoded on its own, is ``�``. So what is not whole yet has to wait for the next
token. Decoding the whole text anew for each token, and printing what was added, waits too, but for
n tokens it decodes n²/2.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable


class Decoder:
    """Decodes a text whose ids arrive in parts; ``tokenizer.decoder()`` makes one.

    The texts that :meth:`decode` returns, and last :meth:`flush`, are together
    ``tokenizer.decode(ids)`` of all ids, wherever the parts were cut. This one is for tokenizers
    whose tokens are texts, so that nothing ever waits.
    """

    def __init__(self, decode: Callable[[Iterable[int]], str]):
        self._decode = decode

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text that is whole with the next ``ids``; often it is empty.

        Raises
        ------
        ValueError
            For an id that the tokenizer does not have, as its own ``decode`` does; what was
            decoded before is not lost.
        """
        return self._decode(ids)

    def flush(self) -> str:
        """Return what is left at the end of a text, and start afresh: mostly there is nothing."""
        return ""


class ByteDecoder(Decoder):
    """For tokens that are bytes: those of a character that is not whole yet wait for the rest.

    Bytes that can never become a character are ``�`` at once, as are at the end those that still
    wait; with ``errors="strict"`` both raise ``UnicodeDecodeError``.
    """

    def __init__(self, bytes_of: Callable[[Iterable[int]], bytes], errors: str = "replace"):
        self._bytes_of = bytes_of
        self._codec = codecs.getincrementaldecoder("utf-8")(errors)

    def decode(self, ids: Iterable[int]) -> str:
        """Return the characters that are whole with the next ``ids``."""
        return self._codec.decode(self._bytes_of(ids))

    def flush(self) -> str:
        """Return ``�`` if the text ended within a character, else nothing; start afresh."""
        try:
            return self._codec.decode(b"", final=True)
        finally:
            self._codec.reset()
