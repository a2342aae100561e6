"""What a model of the tales tells, judged by the grammar: is it a story, and how likely is it?

Of other texts only the model's own opinion is known. Of a tale the true probability is: a text that
no derivation makes has none, and of all others it is exact (:func:`tinytx.data.tales.log_prob`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data import tales
from ..generation import stream
from ..manual.shapes import is_whole
from ..tokenizers.base import Tokenizer, check_texts


class Told(NamedTuple):
    """Texts of a model, each up to the end of its story, or as far as the context went.

    Attributes
    ----------
    texts
        n strings, beginning included, END left out.
    log_probs
        (N,) each: the model's own log-probability, in nats, of the tokens that it added, those
        of END included.
    exact
        (n,): the true log-probability of each text, in nats; -inf if it is no story.
    """

    texts: list[str]
    log_probs: list[np.ndarray]
    exact: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """Which texts are stories: (n,), bool."""
        return np.isfinite(self.exact)


def tell(
    model: Any,
    tokenizer: Tokenizer,
    beginnings: int | Sequence[str],
    seed: int = 0,
    **choice: Any,
) -> Told:
    """Let a model finish stories.

    Parameters
    ----------
    model, tokenizer
        Of the tales: a model of either engine, and what it was trained with.
    beginnings
        A text for each story, or how many stories to tell from nothing.
    seed
        Each text has a generator of its own, so it does not depend on how many stand beside it.
    choice
        ``temperature``, ``top_k`` and the other options of :func:`~tinytx.generation.stream`.

    Raises
    ------
    ValueError
        If there is nothing to tell, ``beginnings`` is one text, a beginning leaves no room, or an
        option is out of range.
    """
    begun = (
        [""] * int(beginnings)
        if is_whole(beginnings)
        else check_texts(beginnings, "beginnings", "give [text], or how many stories to tell")
    )
    end = tokenizer.encode(tales.END)
    rows = [[*tales.opening(tokenizer), *tokenizer.encode(text)] for text in begun]
    room = model.config.context_length - max(map(len, rows), default=0)
    if not rows or room < 1:
        raise ValueError(
            f"beginnings has {len(rows)} texts that leave room for {room} tokens: give at least "
            "one text, shorter than the context"
        )
    choice.setdefault("rng", [np.random.default_rng([seed, i]) for i in range(len(rows))])
    texts: list[list[int]] = [[] for _ in rows]
    chosen: list[list[float]] = [[] for _ in rows]
    live = set(range(len(rows)))
    for step in stream(model, rows, room, **choice):
        for b in [b for b in live if step.live[b]]:
            texts[b].append(int(step.ids[b]))
            chosen[b].append(float(step.log_probs[b]))
            if texts[b][-len(end) :] == end:
                live.remove(b)
        if not live:
            break
    whole = [row[1:] + new for row, new in zip(rows, texts, strict=True)]
    stories = [tokenizer.decode(ids).removesuffix(tales.END) for ids in whole]
    exact = [-np.inf if b in live else tales.log_prob(text) for b, text in enumerate(stories)]
    return Told(stories, [np.array(each) for each in chosen], np.array(exact))
