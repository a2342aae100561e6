"""Beam search: look for a text that the model holds likely, as a whole.

The likeliest next token need not begin the likeliest text. Trying all texts is out of the question:
there are ``V**n`` of n tokens. Beam search keeps the ``n_beams`` likeliest beginnings, continues
each by every token, and keeps the likeliest again. One beam is greedy; with as many beams as there
are beginnings nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .engine import engine_of
from .readers import reader_for
from .sampling import log_softmax
from .texts import Texts, check_one
from .writing import check_stops, check_whole


class Beam(NamedTuple):
    """A text, and how likely the model holds its continuation.

    Attributes
    ----------
    ids
        (T + N,), prompt and continuation; a stop token is the last one.
    log_prob
        In nats, of the N new tokens together.
    """

    ids: np.ndarray
    log_prob: float


def beam_search(
    model: Any,
    ids: Any,
    max_new_tokens: int,
    *,
    n_beams: int = 4,
    stop: Iterable[int] | None = None,
) -> list[Beam]:
    """Return up to ``n_beams`` likely continuations of one prompt, the likeliest first.

    Texts are compared by their log-probability as they are: nothing is divided by their length, so
    a text that stops early has an advantage. Of equally likely ones the first is kept.

    Parameters
    ----------
    model
        As for :func:`~tinytx.generation.stream`.
    ids
        The prompt, (T,) or (1, T).
    max_new_tokens
        How many tokens to add at most, at least 0.
    n_beams
        How many beginnings are kept at each step.
    stop
        Ids that end a text; None for none.

    Raises
    ------
    ValueError
        If an argument is out of range, or there is more than one prompt.

    >>> from tinytx import example
    >>> first, second = beam_search(example.model(), example.ids(), 2, n_beams=2)
    >>> first.log_prob >= second.log_prob
    True
    """
    V = model.config.vocab_size
    prompt = check_one(ids, V)
    max_new_tokens, n_beams = (
        check_whole(*each)
        for each in (("max_new_tokens", max_new_tokens, 0), ("n_beams", n_beams, 1))
    )
    stops = check_stops(stop, V)
    texts = Texts([prompt] * n_beams, model.config.context_length)
    reader = reader_for(engine_of(model), texts, None)
    scores = np.full(n_beams, -np.inf)
    scores[0] = 0  # all beams are the prompt; one of them is enough to continue
    done: list[Beam] = []
    for _ in range(max_new_tokens):
        total = scores[:, None] + log_softmax(reader.read())  # (n_beams, V)
        rows, new = _likeliest(total, n_beams * (1 + len(stops)))
        ends = np.isin(new, stops)
        found = total[rows, new]
        for row, token, score in zip(rows[ends], new[ends], found[ends], strict=True):
            if score > -np.inf:
                done.append(Beam(np.append(texts.so_far()[row], token), float(score)))
        done = sorted(done, key=lambda beam: -beam.log_prob)[:n_beams]
        rows, new, scores = (each[~ends][:n_beams] for each in (rows, new, found))
        if not len(scores) or _settled(done, scores, n_beams):
            break
        reader.select(rows)
        texts.append(new)
    else:
        live = zip(texts.so_far(), scores, strict=True)
        done += [Beam(text, float(score)) for text, score in live if score > -np.inf]
    return sorted(done, key=lambda beam: -beam.log_prob)[:n_beams]


def _likeliest(total: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and ids (n,) of the ``n`` largest of (n_beams, V), falling."""
    order = np.argsort(-total, axis=None, kind="stable")[:n]
    return np.divmod(order, total.shape[1])


def _settled(done: list[Beam], scores: np.ndarray, n_beams: int) -> bool:
    """Return whether no live text can still get among the best: going on makes none likelier."""
    return len(done) == n_beams and done[-1].log_prob >= scores.max()
