"""What is known of the tales: exactly, from their grammar, and per token by measurement."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from ...manual.shapes import is_whole
from .entropy import Recursion
from .teller import END, grammar, stories


class Entropy(NamedTuple):
    """Exact figures of the random story, in nats and characters; none of them is estimated."""

    per_story: float  # H: mean of −ln p(story)
    deviation: float  # standard deviation of −ln p(story)
    characters: float  # mean length of a story and the END after it
    per_character: float  # H / characters: the entropy rate of a corpus
    collision: float  # chance that two independent stories are the same
    count: int  # type: ignore[assignment]  # how many different stories; it hides tuple.count
    highest: float  # ln p of the likeliest story


class Estimate(NamedTuple):
    """A measured value and its standard error."""

    value: float
    error: float


@cache
def entropy() -> Entropy:
    """Return the entropy of a story and of a corpus, in nats, by exact recursion.

    ``per_character`` is the entropy rate of a corpus (stories, each with its :data:`END`, drawn
    independently one after another): by the law of large numbers N stories cost about N H nats
    and have about N E[length] characters, so a character costs H / E[length]. (It is *not* the mean
    of H / length over stories.) No model's loss per character can be lower in the long run,
    whatever its size. A model that sees only a window pays more: :func:`context_entropy`.

    >>> facts = entropy()
    >>> f"{facts.per_story:.3f} nats, {facts.characters:.2f} characters"
    '48.746 nats, 942.74 characters'
    >>> f"{facts.per_character:.5f} nats per character"
    '0.05171 nats per character'
    """
    moments = Recursion(grammar()).moments
    characters = moments.length + len(END)
    return Entropy(
        per_story=moments.entropy,
        deviation=moments.deviation,
        characters=characters,
        per_character=moments.entropy / characters,
        collision=moments.collision,
        count=moments.count,
        highest=moments.highest,
    )


def repeat_bound(n: int) -> float:
    """Return an upper bound of the chance that among ``n`` stories any two are the same.

    There are n (n − 1) / 2 pairs, and each is a repeat with the chance ``entropy().collision``.
    """
    return n * (n - 1) / 2 * entropy().collision


def expected(measure: Callable[[str], float]) -> float:
    """Return the exact mean of ``measure`` over stories, :data:`END` included.

    ``measure`` must be additive, its value for two pieces joined the sum of their values. Counting
    characters is, and so is counting spaces; the length in BPE tokens is not.

    >>> expected(len) == entropy().characters
    True
    """
    return Recursion(grammar(), measure).moments.length + measure(END)


def entropy_per_token(
    encode: Callable[[str], Sequence[int]], n: int = 1000, seed: int = 0
) -> Estimate:
    """Return the entropy rate per token of a tokenizer, in nats, with its standard error.

    The rate is H / E[tokens per story]. H is exact, because a tokenizer that gives each text one
    encoding neither adds nor removes information. The mean number of tokens is measured on ``n``
    stories, each encoded with its :data:`END`. Most of its noise comes from stories being longer
    or shorter; their mean length is known, so that part is regressed out. For a tokenizer with one
    token per character nothing is left, and the result is exact.

    Parameters
    ----------
    encode
        Text to ids, such as ``tokenizer.encode``.
    n, seed
        How many stories to measure on, and their seed.

    Raises
    ------
    ValueError
        If ``n`` is below 3, which leaves no error to estimate, or ``encode`` gives no tokens.
    """
    if not is_whole(n) or n < 3:
        raise ValueError(f"n is {n!r}; give 3 or more stories, or there is no standard error")
    texts = [text + END for text in stories(n, seed)]
    tokens = np.array([len(encode(text)) for text in texts], dtype=float)
    extra = np.array([len(text) for text in texts]) - entropy().characters
    if not tokens.all():
        raise ValueError("encode gave no tokens for a story; give a tokenizer's encode method")
    design = np.stack([np.ones(n), extra], axis=1)
    (mean, slope), *_ = np.linalg.lstsq(design, tokens, rcond=None)
    noise = math.sqrt(((tokens - mean - slope * extra) ** 2).sum() / (n - 2) / n)
    rate = entropy().per_story / float(mean)
    return Estimate(rate, rate / float(mean) * noise)
