"""What the experiments of chapter 11 train on: the beginnings of tales, twice over.

===============  =================================================================================
``tokens``       the first paragraph of a tale, in the 512 tokens of the course: about 63 of them
``characters``   its first sentence, letter by letter: about 84 of 56 kinds
===============  =================================================================================

Both are short enough that five seconds of training go most of the way to the exact entropy of the
texts, which is known: a story's surprise is an exact sum over its characters, and a beginning that
ends at a paragraph's or a sentence's end takes its own part of it.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ..data import tales
from ..recipes.stories import tokenizer as bpe
from ..recipes.texts import HELD_OUT
from ..tokenizers import CharTokenizer
from ..tokenizers.base import Tokenizer
from .arms import longer

NAMES = ("tokens", "characters")
STOP = "\n"  # what stands before a text and behind it
MOST = 20_000  # texts to train on
VALIDATION = 192  # texts, the same for every run
WINDOW = 40  # positions of a run that trains on windows


class Lab(NamedTuple):
    """Texts to train on and to measure on.

    Attributes
    ----------
    tokenizer
        Of both.
    context_length
        Positions that the longest text needs.
    train, validation
        Texts as ids, each with :data:`STOP` on both sides; the first is given, not a target.
    longer
        How many times the steps of the plan a run takes, with so many times fewer texts in each.
    floor
        Surprise of the validation texts in nats per token for someone who knows the grammar: no
        model's mean loss over all such texts is lower.
    """

    tokenizer: Tokenizer
    context_length: int
    train: list[np.ndarray]
    validation: list[np.ndarray]
    longer: int
    floor: float


@cache
def lab(name: str) -> Lab:
    """Return one of the two, by name; texts and tokens are the same on every machine.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    if name not in NAMES:
        raise ValueError(f"data is {name!r} and must be one of {', '.join(NAMES)}")
    ends = "\n" if name == "tokens" else "."
    tokenizer = bpe() if name == "tokens" else CharTokenizer.train(tales.corpus(200, 0))
    told = tales.stories(VALIDATION, HELD_OUT)
    train = [tales.document(tokenizer, s[: _end(s, ends)], STOP) for s in tales.stories(MOST, 0)]
    held_out = [tales.document(tokenizer, s[: _end(s, ends)], STOP) for s in told]
    nats = sum(float(tales.surprise(s)[: _end(s, ends)].sum()) for s in told)
    floor = nats / sum(len(ids) - 1 for ids in held_out)
    longest = max(len(ids) - 1 for ids in train + held_out)
    return Lab(tokenizer, longest, train, held_out, longer(name), floor)


def _end(story: str, ends: str) -> int:
    """Return where the beginning stops: behind a full stop, before a new line."""
    return story.index(ends) + (ends == ".")
