"""How values are written: in an error message, so that it stays one line, in tables and figures."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

STEERING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
NAMES = 5  # as many of a list are named, the others counted
EXACT = Context(prec=800)  # a float64 has no more digits


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


def cause(error: ValueError) -> str:
    """Return what a line says is wrong, without its way out, where that is another's.

    >>> cause(ValueError("text has ';' at position 3; train on text that has it"))
    "text has ';' at position 3"
    """
    return str(error).rpartition("; ")[0] or str(error)


def is_utf_8(text: str) -> bool:
    """Return whether a file can say ``text``: half of a pair of UTF-16 is none, nor a stray byte.

    >>> is_utf_8("café"), is_utf_8(chr(0xDCE9))
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def harmless(text: str) -> str:
    r"""Return a text of somebody else's in which nothing steers a terminal or turns the reading.

    Control characters, those that set the direction of writing, ends of lines and stray bytes
    become ``�``: a file's name may hold any.

    >>> harmless("ada\x1b[2Jb\nb\u202ec é")
    'ada�[2Jb�b�c é'
    """
    return STEERING.sub("\ufffd", text)


def listed(names: Iterable[object]) -> str:
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


def plain(
    head: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[int] = (0,)
) -> list[str]:
    """Return a table as lines of aligned columns, two spaces apart.

    The columns whose numbers are in ``texts`` begin at the left, the others end at the right.

    >>> plain(["run", "loss"], [["a", "1.25"], ["longer", "0.5"]])
    ['run     loss', 'a       1.25', 'longer   0.5']
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        pairs = enumerate(zip(row, widths, strict=True))
        cells = [c.ljust(width) if i in texts else c.rjust(width) for i, (c, width) in pairs]
        lines.append("  ".join(cells).rstrip())
    return lines


def fixed(value: float, digits: int = 4) -> str:
    """Return ``value`` with ``digits`` decimals, a true minus sign, and no minus before zero.

    The scripts write numbers by the same rule (``fixed`` in ``parts.js``): a number that lies in
    the middle between two is written as the one that is further from zero.

    >>> fixed(0.694), fixed(-0.25, 2), fixed(-1e-9), fixed(float("-inf")), fixed(0.125, 2)
    ('0.6940', '−0.25', '0.0000', '−∞', '0.13')
    """
    if value == -math.inf:
        return "−∞"
    text = f"{half_up(abs(value), digits):f}"
    return f"−{text}" if value < 0 and float(text) else text


def half_up(value: float, digits: int) -> Decimal:
    """Return ``value`` with ``digits`` decimals; what lies in the middle goes away from zero.

    The number that is stored decides, as in a script's ``toFixed``: 1.005 lies below the middle.

    >>> half_up(0.125, 2), half_up(-0.125, 2), half_up(1.005, 2), half_up(1250, -2)
    (Decimal('0.13'), Decimal('-0.13'), Decimal('1.00'), Decimal('1.3E+3'))
    """
    return Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, EXACT)
