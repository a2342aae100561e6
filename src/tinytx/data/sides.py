"""Which text is trained on and which is held out: decided by the text alone.

A split by chance needs its generator, and moves every document when one is added. Here a document
is on the side that a hash of its text says, in any order, in any file, on any machine: it is never
trained on in one run and tested on in the next.
"""

from __future__ import annotations

import hashlib

from ..manual.shapes import is_real

HELD_OUT = 0.1
SIDES = ("train", "held-out", "all")


def is_held_out(text: str | bytes, share: float = HELD_OUT) -> bool:
    """Return whether a document belongs to the held-out ``share`` of all.

    BLAKE2b (RFC 7693) turns its UTF-8 into a number that is as good as uniform; Python's own
    ``hash`` differs from process to process. Equal texts are on the same side, so a copy of a
    held-out document is not trained on either.

    Raises
    ------
    ValueError
        If ``share`` is not between 0 and 1.

    >>> [is_held_out(text) for text in ("a", "b", "seven")]
    [False, False, False]
    >>> sum(is_held_out(str(i)) for i in range(10_000))
    1029
    """
    check_share(share, "share")
    data = text.encode() if isinstance(text, str) else text
    number = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
    return number < int(share * 2**64)


def check_side(side: str) -> None:
    """Raise ``ValueError`` if there is no such side."""
    if side not in SIDES:
        raise ValueError(f"side is {side!r}; give one of {', '.join(SIDES)}")


def check_share(share: float, name: str = "held_out") -> None:
    """Raise ``ValueError`` if ``share`` leaves nothing on one of the sides."""
    if not is_real(share) or not 0 < share < 1:
        raise ValueError(f"{name} is {share!r} and must be between 0 and 1, as 0.1")
