"""Does a model of tales look back? Words that only somebody who remembers the story can know."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from ..data import tales
from ..generation.engine import engine_of
from ..tokenizers import BPETokenizer

NEAR = 32  # tokens


class Recall(NamedTuple):
    """How often the likeliest token was right, out of ``n``."""

    n: int
    whole: float  # given all that was told before
    near: float  # given only the last ``NEAR`` tokens


def recall(model: Any, tokenizer: BPETokenizer, n: int = 50, seed: int = 2_000_000) -> Recall:
    """Ask a model for words that were told before, but not lately.

    A token is asked for if it begins a word of four letters or more that was told more than
    :data:`NEAR` tokens ago and not since; that was a choice then (1 nat or more); and about which
    there is no choice now: who knows the story so far knows the word.
    It is asked for twice, after the whole story so far, and after its last tokens only. A model
    that does not look back does as well the second time.

    Parameters
    ----------
    model
        Of either engine, with room for a whole story.
    tokenizer
        The model's.
    n
        How many stories are read.
    seed
        Of the stories: other ones than the model has learned from.
    """
    right = np.zeros(2)
    asked = 0
    for text in tales.stories(n, seed):
        ids = tales.document(tokenizer, text)
        places = _places(text, ids, tokenizer)
        if not len(places):
            continue
        windows = ids[places[:, None] - np.arange(NEAR, 0, -1)]  # (n, NEAR)
        whole = _guesses(model, ids[None, : places[-1]])[0][places - 1]
        near = _guesses(model, windows)[:, -1]
        right += [(whole == ids[places]).sum(), (near == ids[places]).sum()]
        asked += len(places)
    if not asked:
        raise ValueError(f"n is {n} and no word of so few stories can be asked for: give more")
    return Recall(asked, *(right / asked).tolist())


def _guesses(model: Any, ids: np.ndarray) -> np.ndarray:
    """Return the likeliest next token (B, T) after each of ``ids`` (B, T)."""
    engine = engine_of(model)
    return engine.likeliest(engine.forward(ids))


def _places(text: str, ids: np.ndarray, tokenizer: BPETokenizer) -> np.ndarray:
    """Return which tokens are asked for."""
    sizes = [0, *(len(tokenizer.token_bytes(token)) for token in ids[1:].tolist())]
    begins = np.cumsum([0, *sizes])[:-1]  # of each token, in the text
    free = np.concatenate([[0.0], np.cumsum(tales.surprise(text))])
    chosen = []
    for word in re.finditer(r" (\w{4,})", text):
        (place,) = np.flatnonzero(begins[1:] == word.start()) + 1 if word.start() else (0,)
        if place > NEAR and free[word.end()] - free[word.start()] < 1e-9:
            told = [each.span() for each in re.finditer(rf"\b{word[1]}\b", text[: word.start()])]
            early = told and told[-1][1] <= begins[place - NEAR]
            if early and any(free[end] - free[start] >= 1 for start, end in told):
                chosen.append(place)
    return np.array(chosen, dtype=np.int64)
