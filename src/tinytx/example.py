"""The running example: one short prompt that every chapter works through by hand.

The text is eighteen characters long and uses eight different ones, so the vocabulary fits on a
whiteboard. The prompt is its first five characters. ``a`` comes twice in it: a layer that mixes up
positions and tokens gives itself away on a repeated token.
"""

from __future__ import annotations

from .tokenizers import CharTokenizer

TEXT = "a cat sat on a mat"
PROMPT = "a cat"


def tokenizer() -> CharTokenizer:
    """Return the example's tokenizer: one id for each character of :data:`TEXT`, sorted."""
    return CharTokenizer.train(TEXT)


def ids() -> list[int]:
    """Return the ids of :data:`PROMPT`, the input of the example.

    >>> ids()
    [1, 0, 2, 1, 7]
    """
    return tokenizer().encode(PROMPT)


def targets() -> list[int]:
    """Return what should follow each position of :data:`PROMPT`: the same text, one step on.

    >>> targets()
    [0, 2, 1, 7, 0]
    """
    return tokenizer().encode(TEXT[1 : len(PROMPT) + 1])
