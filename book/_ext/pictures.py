"""The drawn figures of the book as WebP, without loss: the same pixels in a third of the bytes.

Notebooks keep their PNG, which JupyterLab and GitHub show; only built pages have WebP.
"""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

NAMED = re.compile(r"(<img\b[^>]*\bsrc=\"[^\"]*_images/)([^\"/]+)\.png\"")


def to_webp(folder: Path) -> None:
    """Turn every PNG that a page of ``folder`` shows from ``_images`` into WebP."""
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        for _, name in set(NAMED.findall(page)):
            _convert(folder / "_images" / f"{name}.png")
        light = NAMED.sub(r'\1\2.webp"', page)
        if light != page:
            path.write_text(light, encoding="utf-8")


def _convert(png: Path) -> None:
    """Write the WebP beside ``png``, whose name says what it shows: once is enough."""
    webp = png.with_suffix(".webp")
    if not webp.exists():
        with Image.open(png) as image:
            image.save(webp, lossless=True, quality=60, method=4)
