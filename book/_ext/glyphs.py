"""Fonts that hold a few letters of a large one."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from fontTools import subset

CONTENT = re.compile(r"content:\s*\"([^\"]*)\"")
ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")


def letters(css: str) -> set[int]:
    r"""Return the numbers of the letters that a style sheet writes.

    >>> sorted(map(chr, letters('a::before{content:"x"}b::after{content: "\\41 b"}')))
    ['A', 'b', 'x']
    """
    written = "".join(CONTENT.findall(css))
    return {ord(char) for char in ESCAPE.sub(lambda found: chr(int(found[1], 16)), written)}


def subset_font(source: Path, target: Path, codes: set[int], hinting: bool = False) -> None:
    """Write the letters ``codes`` of the font ``source`` as WOFF; the same bytes at every call."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table
    options = subset.Options(
        flavor="woff", layout_features=[], hinting=hinting, recalc_timestamp=False
    )
    options.drop_tables += ["FFTM"]  # when FontForge made it
    font = subset.load_font(source, options)
    few = subset.Subsetter(options)
    few.populate(unicodes=codes)
    few.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, target, options)
