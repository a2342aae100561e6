"""Yardsticks for a loss: what a model reaches that knows only how frequent tokens are."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..manual.shapes import check_ids, is_whole


def batch_floor(ids: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean loss of the best conceivable model of a batch, which knows it by heart.

    Read from left to right, rows that begin alike cannot be told apart: after each beginning no
    model does better than the shares in which its targets come.

    Parameters
    ----------
    ids, targets
        (N, T) each: what is read, and what is to be said at each place.

    Returns
    -------
    float
        Nats per target. 0 if no two rows begin alike and differ in what follows.

    Raises
    ------
    ValueError
        If the two differ in shape, do not have two axes, hold nothing, or hold a negative id, as
        targets do that do not count.

    >>> batch_floor(np.array([[1, 2], [1, 2]]), np.array([[2, 3], [2, 4]])).__round__(4)
    0.3466
    """
    ids, targets = np.asarray(ids), np.asarray(targets)
    if ids.ndim != 2 or ids.shape != targets.shape or not ids.size:
        raise ValueError(
            f"ids has shape {ids.shape} and targets {targets.shape}: both must be (N, T), not empty"
        )
    if (least := int(min(ids.min(), targets.min()))) < 0:
        raise ValueError(f"ids and targets hold {least}, the limit is 0: leave such rows out")
    begun = np.zeros(len(ids), dtype=np.int64)  # which rows agree so far
    width, total = int(max(ids.max(), targets.max())) + 1, 0.0
    for now, after in zip(ids.T, targets.T, strict=True):
        _, begun = np.unique(begun * width + now, return_inverse=True)
        _, went = np.unique(begun * width + after, return_inverse=True)
        total -= float(np.log(np.bincount(went)[went] / np.bincount(begun)[begun]).mean())
    return total / ids.shape[1]


class ExpectedLosses(NamedTuple):
    """Mean cross-entropies in nats per token.

    Attributes
    ----------
    uniform
        Every token equally likely: where an untrained model should start.
    unigram
        Each token as likely as it is frequent.
    bigram
        Each token as likely as it is frequent after the one before.
    """

    uniform: float
    unigram: float
    bigram: float


def expected_losses(
    ids: np.ndarray, vocab_size: int, held_out: np.ndarray | None = None
) -> ExpectedLosses:
    r"""Return the losses of three models that only count: uniform, unigram, bigram.

    A loss clearly above ``uniform`` at step 0 (by 0.1 or more) means a bad initialization; one that
    stays at ``unigram`` means that the model does not use its input; one that stays at ``bigram``
    means that it uses the last token alone, as with attention that does not work.

    All three are means over the same targets, each token but the first.

    - *Without* ``held_out`` the counts of ``ids`` are tried on ``ids`` itself. This is
      what a model of that kind reaches in training at best. As an estimate of the
      source it is too low, by about (cells used − contexts used) / (2n) (Miller 1955):
      little for unigrams, much for the bigrams of a short text or a large vocabulary.
    - *With* ``held_out`` the counts of ``ids`` are tried on text that was not counted, which is
      too high in expectation: what was never counted is charged for. Counts are smoothed so that
      nothing has probability zero: unigrams with one count added for each token of the vocabulary
      (Laplace), bigrams blended with unigrams (Witten and Bell 1991, method C),
      p = (count + d p') / (n + d) after a token seen n times with d different successors.

    Parameters
    ----------
    ids
        (n,), at least two tokens.
    vocab_size
        V; ids are from 0 to V − 1.
    held_out
        (m,), at least two tokens of other text from the same source.

    Raises
    ------
    ValueError
        If an argument is not a row of ids below V, or too short.

    >>> losses = expected_losses(np.array([0, 1, 0, 1, 0, 1, 0]), vocab_size=4)
    >>> f"{losses.uniform:.4f} = ln 4, {losses.unigram:.4f} = ln 2, {losses.bigram:.4f}"
    '1.3863 = ln 4, 0.6931 = ln 2, 0.0000'
    """
    if not is_whole(vocab_size):
        raise ValueError(f"vocab_size is {vocab_size!r} and must be a whole number")
    if vocab_size < 1:
        raise ValueError(f"vocab_size is {vocab_size} and must be at least 1")
    vocab_size = int(vocab_size)
    _check("ids", ids, vocab_size)
    tried = ids
    if held_out is not None:
        _check("held_out", held_out, vocab_size)
        tried = held_out
    smooth = held_out is not None
    unigram = _unigram(ids, tried, vocab_size, smooth)
    bigram = _bigram(ids, tried, vocab_size, unigram if smooth else None)
    return ExpectedLosses(math.log(vocab_size), _loss(unigram), _loss(bigram))


def _unigram(ids: np.ndarray, tried: np.ndarray, V: int, smooth: bool) -> np.ndarray:
    """Return the probability of each target in ``tried``."""
    counts = np.bincount(ids[1:], minlength=V) + smooth  # (V,)
    return (counts / counts.sum())[tried[1:]]


def _bigram(ids: np.ndarray, tried: np.ndarray, V: int, fallback: np.ndarray | None) -> np.ndarray:
    """Return the same, given the token before; sparse, since V² cells may not fit in memory."""
    pairs, counts = np.unique(_pairs(ids, V), return_counts=True)
    wanted = _pairs(tried, V)
    place = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    count = np.where(pairs[place] == wanted, counts[place], 0)
    before = tried[:-1]
    seen = np.bincount(ids[:-1], minlength=V)[before]  # how often the token before had a successor
    if fallback is None:
        return count / seen
    different = np.bincount(pairs // V, minlength=V)[before]
    return np.where(
        seen > 0, (count + different * fallback) / np.maximum(seen + different, 1), fallback
    )


def _pairs(ids: np.ndarray, V: int) -> np.ndarray:
    """Return one number for each pair of neighbours."""
    wide = ids.astype(np.int64)
    return wide[:-1] * V + wide[1:]


def _loss(probability: np.ndarray) -> float:
    return abs(float(-np.log(probability).mean()))  # abs: a certain model's loss is 0, not -0


def _check(name: str, ids: np.ndarray, V: int) -> None:
    check_ids(name, ids, V)
    if ids.ndim != 1 or len(ids) < 2:
        raise ValueError(
            f"{name} has shape {ids.shape} and must have one dimension and at least two tokens: "
            "the first has no token before it"
        )
