"""A story as a document: from what ends the story before it to what ends it."""

from __future__ import annotations

import numpy as np

from ...tokenizers.base import Tokenizer
from .teller import END


def document(tokenizer: Tokenizer, story: str, end: str = END) -> np.ndarray:
    r"""Return the ids (n,) of a story that begins and ends where a corpus is cut.

    The last token of ``END`` comes first, so that the story's own first
    token has something before it and is a target, like all that follow; ``END`` comes last. A
    part of a story may have another ``end``.

    >>> from tinytx.tokenizers import CharTokenizer
    >>> document(CharTokenizer(["\n", "a", "b"]), "ab").tolist()
    [0, 1, 2, 0, 0]
    """
    return np.array([*opening(tokenizer, end), *tokenizer.encode(story + end)])


def opening(tokenizer: Tokenizer, end: str = END) -> list[int]:
    """Return the id that a story's first token comes after, as a list: the last of ``end``."""
    return tokenizer.encode(end)[-1:]
