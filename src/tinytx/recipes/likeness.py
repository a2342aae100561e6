"""How much of a poem is in what a model writes: spacing, then words, then how they follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ..data.raven import raven
from ..tokenizers.base import check_texts

WORD = re.compile(r"[A-Za-z’‘]+")
LONGEST = 15  # letters; longer ones count as this


def score(texts: Sequence[str]) -> dict[str, float]:
    """Return four shares, each 1 or the poem's own for the poem itself.

    ``spacing``: how far the lengths of words are spread as in The Raven (1 less half the sum of
    the differences). ``words``: of the words of four letters or more, the share that The Raven has.
    ``pairs``: of neighbouring words, the share of pairs that stand in it. ``ore``: of the lines,
    the share that end in its rhyme. ``ValueError`` if ``texts`` is a string or a path.

    >>> from tinytx.data import raven
    >>> {name: round(share, 2) for name, share in score([raven()]).items()}
    {'spacing': 1.0, 'words': 1.0, 'pairs': 1.0, 'ore': 0.48}
    """
    check_texts(texts, "texts", "give [text]")
    known = _poem()
    said = [WORD.findall(text) for text in texts]
    every = [word for words in said for word in words]
    long = [word for word in every if len(word) >= 4]
    pairs = [pair for words in said for pair in pairwise(words)]
    lines = [line for text in texts for line in text.split("\n")[1:-1] if line.strip()]
    spread = 1 - float(np.abs(_lengths(every) - known["lengths"]).sum()) / 2
    return {
        "spacing": round(spread, 3),
        "words": _share(word in known["words"] for word in long),
        "pairs": _share(pair in known["pairs"] for pair in pairs),
        "ore": _share(re.search(r"ore\W*$", line) is not None for line in lines),
    }


@cache
def _poem() -> dict[str, Any]:
    words = WORD.findall(raven())
    pairs = set(pairwise(words))
    return {"words": set(words), "pairs": pairs, "lengths": _lengths(words)}


def _lengths(words: Sequence[str]) -> np.ndarray:
    sizes = [min(len(word), LONGEST) for word in words]
    return np.bincount(sizes, minlength=LONGEST + 1) / max(len(words), 1)


def _share(found: Any) -> float:
    held = list(found)
    return round(sum(held) / len(held), 3) if held else 0.0
