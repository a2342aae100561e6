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
    tokenizer, _, validation = _held_out(name)
    texts = (story[: _end(story, name)] for story in tales.stories(MOST, 0))
    train = [tales.document(tokenizer, text, STOP) for text in texts]
    longest = max(len(ids) - 1 for ids in train + validation)
    return Lab(tokenizer, longest, train, validation, longer(name), floor(name))


@cache
def floor(name: str) -> float:
    """Return the :attr:`Lab.floor` of one of the two, without its many texts to train on.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    _, told, validation = _held_out(name)
    nats = sum(float(tales.surprise(s)[: _end(s, name)].sum()) for s in told)
    return nats / sum(len(ids) - 1 for ids in validation)


@cache
def _held_out(name: str) -> tuple[Tokenizer, list[str], list[np.ndarray]]:
    """Return the tokenizer, the stories to validate on, and their beginnings as ids."""
    if name not in NAMES:
        raise ValueError(f"data is {name!r} and must be one of {', '.join(NAMES)}")
    tokenizer = bpe() if name == "tokens" else CharTokenizer.train(tales.corpus(200, 0))
    told = list(tales.stories(VALIDATION, HELD_OUT))
    texts = (story[: _end(story, name)] for story in told)
    return tokenizer, told, [tales.document(tokenizer, text, STOP) for text in texts]


def _end(story: str, name: str) -> int:
    """Return where the beginning stops: before a new line, or behind a full stop."""
    return story.index("\n") if name == "tokens" else story.index(".") + 1
