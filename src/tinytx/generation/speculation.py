"""Speculative decoding: a small model writes ahead, the large one judges many tokens at once.

The large model's time for one token is that of reading its weights. For five tokens of one text it
reads them once as well, if it knows the five beforehand. So a *draft* guesses them, and the large
model says of each how likely it would have been. A guess ``x`` that the draft drew with probability
``q(x)`` is kept with probability ``min(1, p(x) / q(x))``; the first that is not is replaced by a
draw from what ``p`` has more than ``q``, ``max(p - q, 0)`` normalized, and what follows is thrown
away. What comes out has the large model's distribution exactly, however bad the draft is: a bad one
costs time only (Leviathan et al., 2023, arXiv:2211.17192; Chen et al., 2023, arXiv:2302.01318).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .engine import engine_of
from .sampling import check_choice, distribution
from .texts import check_one
from .writing import check_stops, check_whole


class Speculated(NamedTuple):
    """A text, and how it came about.

    Attributes
    ----------
    ids
        (T + N,), prompt and continuation; a stop token is the last one.
    calls
        How often the large model was asked; without a draft it would be N times.
    drafted, accepted
        How many tokens the draft proposed, and how many of them were kept.
    """

    ids: np.ndarray
    calls: int
    drafted: int
    accepted: int


def speculate(
    model: Any,
    draft: Any,
    ids: Any,
    max_new_tokens: int,
    *,
    ahead: int = 4,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    rng: np.random.Generator | int | None = None,
    stop: Iterable[int] | None = None,
) -> Speculated:
    """Return one prompt continued as ``model`` would, with ``draft`` writing ``ahead``.

    The text is drawn from the same distribution as that of :func:`~tinytx.generation.generate`, by
    other draws: the same seed gives another text. At temperature 0 it is the same text.

    Parameters
    ----------
    model, draft
        Causal GPTs of this package, of either engine, with one vocabulary. What is a model's
        ``padding_id`` it passes over, as in :func:`~tinytx.generation.generate`.
    ids
        The prompt, (T,) or (1, T). It and the new tokens have to fit into both contexts.
    max_new_tokens
        How many tokens to add at most, at least 0.
    ahead
        How many tokens the draft proposes at a time, at least 1.
    temperature, top_k, top_p, min_p
        As in :func:`~tinytx.generation.sample`; they hold for both models.
    rng
        One generator, or a seed.
    stop
        Ids that end the text; None for none.

    Raises
    ------
    ValueError
        If an argument is out of range, the vocabularies differ, the text does not fit, a model is
        not causal, or the prompt is nothing but padding.

    >>> from tinytx import example
    >>> model = example.model()
    >>> made = speculate(model, model, [0, 1], 3, ahead=2, rng=0)
    >>> len(made.ids), made.calls, made.accepted
    (5, 1, 2)
    """
    V = model.config.vocab_size
    prompt = check_one(ids, V)
    n, ahead = check_whole("max_new_tokens", max_new_tokens, 0), check_whole("ahead", ahead, 1)
    stops = check_stops(stop, V)
    filters: dict[str, Any] = {
        "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p
    }  # fmt: skip
    draws = check_choice(rng=rng, **filters)
    if draws is None:
        draws = np.random.default_rng(0)  # at temperature 0 nothing is left to it
    if not isinstance(draws, np.random.Generator):
        raise ValueError("rng is a list and must be one generator, or a seed: there is one text")
    _check_models(model, draft, prompt, n)
    judge, writer = Follower(model), Follower(draft)
    text, drafted, accepted, calls = [*map(int, prompt)], 0, 0, 0
    end = len(text) + n
    while len(text) < end:
        guesses, q = _guess(writer, text, min(ahead, end - len(text) - 1), filters, draws)
        logits = judge.read([*text, *guesses], len(guesses) + 1)
        kept, last = verdict(distribution(logits, **filters), q, guesses, draws)
        calls, drafted, accepted = calls + 1, drafted + len(guesses), accepted + kept
        for token in [*guesses[:kept], last]:
            text.append(token)
            if token in stops:
                return Speculated(np.array(text), calls, drafted, accepted)
    return Speculated(np.array(text), calls, drafted, accepted)


def verdict(
    p: np.ndarray, q: np.ndarray, guesses: list[int], rng: np.random.Generator
) -> tuple[int, int]:
    """Return how many ``guesses`` are kept, and the token that comes after those.

    Parameters
    ----------
    p
        (n + 1, V): the judge's distribution for each guess, and for what comes after the last.
    q
        (n, V): the draft's, from which each was drawn.
    guesses
        n ids.
    rng
        Draws one number for each guess looked at, and one for the token.

    >>> p, q = np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[1.0, 0.0]])
    >>> verdict(p, q, [0], np.random.default_rng(0))  # the judge would never have said 0
    (0, 1)
    """
    for i, guess in enumerate(guesses):
        if rng.random() * q[i, guess] >= p[i, guess]:
            missing = np.maximum(p[i] - q[i], 0)
            return i, _draw(missing, rng)
    return len(guesses), _draw(p[-1], rng)


class Follower:
    """A model that reads one text as it grows, or is taken back: each token once, if it can."""

    def __init__(self, model: Any):
        self.engine = engine_of(model)
        self.cache = self.engine.cache(1)
        self.decoder = self.engine.decoder(self.cache) if self.engine.is_untouched() else None
        self.ids: list[int] = []  # that the cache holds
        self.padding_id = model.config.padding_id

    def read(self, text: list[int], n: int) -> np.ndarray:
        """Return the logits (n, V) after each of the last ``n`` beginnings of ``text``."""
        if self.padding_id is None:
            return self._read(text, n)
        seen = [token for token in text if token != self.padding_id]
        counts = np.cumsum(np.array(text) != self.padding_id)[-n:]  # of those in each beginning
        rows = counts - counts[0]
        return self._read(seen, int(rows[-1]) + 1)[rows]

    def _read(self, text: list[int], n: int) -> np.ndarray:
        same = min(_common(self.ids, text), len(text) - n)
        new = text[same:]
        if len(new) == 1 and self.decoder is not None:
            logits = self.decoder.step(np.array(new), same)
        else:
            self.cache.length = same
            mask = None if self.padding_id is None else np.ones((1, 1, 1, len(text)), dtype=bool)
            logits = self.engine.rows(self.engine.forward(np.array([new]), mask, self.cache))
        self.ids = list(text)
        return logits[-n:]


def _common(a: list[int], b: list[int]) -> int:
    """Return how many of the first ids are the same."""
    n = min(len(a), len(b))
    return next((i for i in range(n) if a[i] != b[i]), n)


def _guess(
    writer: Follower, text: list[int], n: int, filters: dict[str, Any], rng: np.random.Generator
) -> tuple[list[int], np.ndarray]:
    """Return ``n`` ids that the draft draws after ``text``, and its distributions (n, V)."""
    guesses: list[int] = []
    q: list[np.ndarray] = []
    for _ in range(n):
        q.append(distribution(writer.read([*text, *guesses], 1)[0], **filters))
        guesses.append(_draw(q[-1], rng))
    return guesses, np.array(q)


def _draw(shares: np.ndarray, rng: np.random.Generator) -> int:
    """Return an id drawn by ``shares`` (V,), which need not sum to one."""
    sums = shares.cumsum()
    return int((sums <= rng.random() * sums[-1]).sum())


def _check_models(model: Any, draft: Any, prompt: np.ndarray, new: int) -> None:
    n = len(prompt) + new
    for name, one in (("model", model), ("draft", draft)):
        if not engine_of(one).is_our_gpt():
            raise ValueError(f"{name} is {type(one).__name__} and must be a GPT of tinytx")
        if not one.config.causal:
            raise ValueError(
                f"{name} has config.causal False and must be causal, for each new token changes "
                "what it says of those before: write with generate"
            )
        if (prompt == one.config.padding_id).all():
            raise ValueError(f"ids holds nothing but the padding of {name}: give a token at least")
        room = one.config.context_length
        if n > room:
            raise ValueError(
                f"ids and max_new_tokens are {n} tokens and {name} has room for {room}: "
                "ask for fewer"
            )
    V, own = model.config.vocab_size, draft.config.vocab_size
    if own != V:
        raise ValueError(f"draft has {own} tokens and model {V}: they need the same vocabulary")
