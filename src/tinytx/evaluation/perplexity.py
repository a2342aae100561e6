"""Perplexity of a text: how surprised a model is by it, per token, and per byte."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..generation.engine import engine_of
from ..generation.texts import without_padding
from ..manual.shapes import check_count, check_ids, is_whole


class Perplexity(NamedTuple):
    """What a text cost a model.

    Per token is what training minimises, and it must not be compared between tokenizers. A
    tokenizer that cuts a text into half as many tokens gives each of them twice the surprise,
    though both models hold the very same text equally likely: the loss doubles, the perplexity is
    squared. 60 characters and 50,000 pieces do not even start from the same loss, ``log V`` for a
    model that knows nothing. What can be compared is the surprise of the *whole text*, over
    something that no tokenizer changes: its bytes.

    Two traps are left even then. A tokenizer that cannot hold the text (unknown characters, lower
    case only) scores an easier text than the one meant: bytes count only if ``decode`` gives the
    text back. And a text can be cut in several ways, of which only the tokenizer's own is scored:
    the model's true probability of the text is a little higher than what is measured.

    Attributes
    ----------
    nats
        The surprise of all tokens scored.
    tokens
        How many were scored.
    hits
        How many of them were the model's first guess.
    """

    nats: float
    tokens: int
    hits: int

    @property
    def accuracy(self) -> float:
        """The share of tokens that were the model's first guess, from 0 to 1."""
        return self.hits / self.tokens

    @property
    def loss(self) -> float:
        """Mean surprise in nats per token, which is the cross-entropy of training."""
        return self.nats / self.tokens

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens one would be as unsure, ``exp(loss)``."""
        return math.inf if self.loss > 700 else math.exp(self.loss)

    def bits_per_byte(self, n_bytes: int) -> float:
        """Return bits per byte of text, the measure to compare tokenizers by.

        Parameters
        ----------
        n_bytes
            Length in UTF-8 of the text of the tokens that were *scored*. The first token is not,
            having nothing before it; put an end-of-text token in front, and all of the text is:
            then this is ``len(text.encode())``.

        Raises
        ------
        ValueError
            If ``n_bytes`` is below 1.
        """
        check_count("n_bytes", n_bytes)
        return self.nats / math.log(2) / n_bytes


def perplexity(
    model: Any, ids: np.ndarray, *, stride: int | None = None, batch_size: int = 8
) -> Perplexity:
    """Score every token of a text once, given what is before it, but for the first.

    A text is longer than the context, so a window moves over it in steps of ``stride`` tokens, and
    in each only the tokens that no earlier one has scored count. After the first window each is
    then given between ``context_length - stride + 1`` and ``context_length`` tokens. A small stride
    is fair to the model and costs ``context_length / stride`` times as much. Stride
    ``context_length``, the default, is how training sees a text: the first token of each window is
    guessed from one token alone, and the loss comes out too high, the more so the shorter the
    context: for a model of The Raven with 8 characters, 0.85 nats where stride 1 gives 0.36.

    Parameters
    ----------
    model
        A model of either engine, in any mode: ids (B, T) to logits (B, T, V), with
        ``config.vocab_size`` and ``config.context_length``.
    ids
        (n,), at least two. If the model has a ``padding_id``, padding is no part of the text: it is
        left out, wherever it stands.
    stride
        From 1 to ``context_length``.
    batch_size
        Windows in one forward. It changes the speed, not the result.

    Raises
    ------
    ValueError
        If an argument is out of range, the ids are unknown to the model, or it is not causal: a
        model that sees the next token would have nothing to guess.

    Source: Jelinek et al. 1977; for overlapping windows, Baevski and Auli 2019.

    >>> from tinytx.manual import GPT, GPTConfig
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0))
    >>> model.tok_emb.weight.data[:] = 0  # tied to the head: every token is equally likely
    >>> result = perplexity(model, np.arange(100) % 8)
    >>> result.tokens, round(result.perplexity, 6), round(result.bits_per_byte(99), 6)
    (99, 8.0, 3.0)
    """
    length = model.config.context_length
    stride = length if stride is None else stride
    check_ids("ids", ids, model.config.vocab_size)
    if ids.ndim == 1:
        ids = without_padding(ids, getattr(model.config, "padding_id", None))
    _check(model, ids, stride, batch_size)
    stride, batch_size = int(stride), int(batch_size)
    engine, total, hits = engine_of(model), 0.0, 0
    for starts, first in _windows(len(ids), length, stride, batch_size):
        width = min(length, len(ids) - 1)
        windows = ids[starts[:, None] + np.arange(width + 1)].astype(np.int64)  # (B, T + 1)
        logits, targets = engine.forward(windows[:, :-1]), windows[:, 1:]
        new = np.arange(width) >= first[:, None]  # (B, T)
        total -= float(engine.log_probs(logits, targets)[new].sum())
        hits += int((engine.likeliest(logits) == targets)[new].sum())
    return Perplexity(total, len(ids) - 1, hits)


def _windows(
    n: int, length: int, stride: int, batch_size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield where windows start (B,), and the first place of each that is not yet scored (B,)."""
    last = max(0, n - 1 - length)  # where the last full window starts
    starts = np.minimum(np.arange(0, last + stride, stride), last)
    ends = np.concatenate([[0], starts[:-1] + length])  # how many targets were scored before each
    for i in range(0, len(starts), batch_size):
        part = slice(i, i + batch_size)
        yield starts[part], ends[part] - starts[part]


def _check(model: Any, ids: np.ndarray, stride: int, batch_size: int) -> None:
    length = model.config.context_length
    if ids.ndim != 1 or len(ids) < 2:
        raise ValueError(f"ids has shape {ids.shape} and must be (n,) with at least two tokens")
    if not is_whole(stride):
        raise ValueError(f"stride is {stride!r} and must be a whole number")
    if not 1 <= stride <= length:
        raise ValueError(f"stride is {stride} and must be from 1 to context_length {length}")
    check_scoring(model, batch_size)


def check_scoring(model: Any, batch_size: int) -> None:
    """Refuse batches of no rows, and a model that sees the token that it should guess."""
    if not is_whole(batch_size):
        raise ValueError(f"batch_size is {batch_size!r} and must be a whole number")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size} and must be at least 1")
    if not getattr(model.config, "causal", True):
        raise ValueError("model has config.causal False and sees the token it should guess")
