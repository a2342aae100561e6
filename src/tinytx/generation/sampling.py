"""Choosing the next token: the likeliest one, or a draw from what is left of the distribution.

The order is fixed, and it is Hugging Face's: *temperature*, *top-k*, *top-p*, *min-p*.

1. The temperature divides the logits. Below 1 it widens their differences and the likely become
   likelier still; above 1 it evens them out; at 0 only the likeliest is left, which is greedy.
2. Top-k keeps the ``k`` likeliest ids, however likely.
3. Top-p keeps the fewest ids that together have a share of at least ``p`` of what top-k left, up to
   rounding: few where the model is sure, many where it is not.
4. Min-p keeps the ids that are at least ``min_p`` times as likely as the likeliest.

The order matters: a high temperature first lets more ids into the share ``p``.
Top-k is of Fan et al., 2018 (arXiv:1805.04833), top-p of Holtzman et al., 2020 (arXiv:1904.09751),
min-p of Nguyen et al., 2025 (arXiv:2407.01082).
Everything is NumPy and float64, for both engines: a row of logits is small beside the model. Only
a row's largest logit is subtracted in the precision that the logits come in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..manual.shapes import check_ids, is_real, is_whole

# Shares of 0.5 and 0.3 reach p = 0.8, although their floats may come to a little less: from float32
# logits the seventh digit is rounding. So a share counts as reached when it lacks a millionth.
ROUNDING = 1e-6

# One generator draws for all rows; with one for each row, a row does not depend on the others.
Generators = np.random.Generator | Sequence[np.random.Generator] | None


def sample(
    logits: np.ndarray,
    temperature: float = 1.0,
    rng: Generators | int = None,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> np.ndarray:
    """Return one id for each row of ``logits``.

    A draw is one number ``u`` from 0 to 1 for each row: ids are laid side by side, each as wide as
    it is probable, and the one on which ``u`` falls is taken.

    Parameters
    ----------
    logits
        (..., V): an array, a list, or a tensor on any device.
    temperature
        0 for the likeliest id (the first of equals), else what to divide by.
    rng
        Where the draws come from: one generator, or a sequence of one for each row of (B, V).
        An integer is a seed, from which each call draws the same. May be None if ``temperature``
        is 0.
    top_k, top_p, min_p
        As in the module's header; None keeps everything. With temperature 0 they change nothing.

    Returns
    -------
    ids
        (...).

    Raises
    ------
    ValueError
        If an argument is out of range, a draw has no ``rng``, or a row of logits holds NaN,
        +infinity, or nothing but -infinity.

    >>> sample(np.array([[0.0, 2.0, 1.0]]), temperature=0)
    array([1])
    """
    rng = check_choice(temperature, rng, top_k, top_p, min_p)
    logits = _array(logits)
    if temperature == 0:
        _largest(logits)
        return logits.argmax(axis=-1)
    probs = distribution(logits, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
    shares = probs.cumsum(axis=-1)
    assert rng is not None, "asked for above: the temperature is not 0"
    u = _draw(rng, shares.shape[:-1]) * shares[..., -1]  # the last is 1, up to rounding
    return (shares <= u[..., None]).sum(axis=-1)


def distribution(
    logits: np.ndarray,
    temperature: float = 1.0,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> np.ndarray:
    """Return the probabilities (..., V), float64, from which :func:`sample` draws.

    Parameters and errors are those of :func:`sample`; with temperature 0 one id has it all. Of
    equally likely ids the first ones are kept, so that exactly ``top_k`` are.

    >>> logits = np.log([0.5, 0.25, 0.15, 0.1])
    >>> distribution(logits, top_k=3).round(3)
    array([0.556, 0.278, 0.167, 0.   ])
    >>> distribution(logits, top_p=0.6).round(3)
    array([0.667, 0.333, 0.   , 0.   ])
    >>> distribution(logits, min_p=0.3).round(3)
    array([0.556, 0.278, 0.167, 0.   ])
    """
    _check_range(temperature, top_k, top_p, min_p)
    logits = _array(logits)
    top = _largest(logits)
    if temperature == 0:
        return (np.arange(logits.shape[-1]) == logits.argmax(axis=-1)[..., None]).astype(np.float64)
    with np.errstate(over="ignore"):  # a tiny temperature may give -inf: a probability of 0
        probs = np.exp((logits - top).astype(np.float64, order="C") / temperature)
    rows = probs.reshape(-1, probs.shape[-1])  # the same memory
    if top_k is not None and top_k < logits.shape[-1]:
        for row in rows:
            _cut_k(row, int(top_k))  # of NumPy's uint8, -k would be 256 - k
    if top_p is not None and top_p < 1:
        for row in rows:
            _cut_p(row, top_p)
    if min_p is not None:  # the likeliest is exp(0) = 1 here, whatever was cut
        probs[probs < min_p * (1 - ROUNDING)] = 0
    probs /= probs.sum(axis=-1, keepdims=True)
    return probs


def log_probs(logits: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the model's own log-probability, in nats, of ``ids`` (...) under ``logits`` (..., V).

    It knows nothing of temperature, top-k or top-p: a text's sum says how likely the *model* holds
    it, which can be compared between texts however they were chosen.

    Raises
    ------
    ValueError
        If ``ids`` has another shape than the rows of logits, or an id is not one of them.

    >>> log_probs(np.log([[0.5, 0.25, 0.25]]), np.array([1])).round(4)
    array([-1.3863])
    """
    logits, ids = _array(logits), np.asarray(ids)
    if ids.shape != logits.shape[:-1]:
        raise ValueError(
            f"ids has shape {ids.shape} and must have {logits.shape[:-1]}: an id for each row of "
            "logits"
        )
    check_ids("ids", ids, logits.shape[-1])
    rows = log_softmax(logits).reshape(-1, logits.shape[-1])
    return rows[np.arange(len(rows)), ids.reshape(-1)].reshape(ids.shape)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the log-probability (..., V), float64, in nats, of every id under ``logits``.

    >>> log_softmax(np.log([0.5, 0.25, 0.25])).round(4)
    array([-0.6931, -1.3863, -1.3863])
    """
    logits = _array(logits)
    x = (logits - _largest(logits)).astype(np.float64)
    return x - np.log(np.add.reduce(np.exp(x), axis=-1, keepdims=True))


def generators(rng: Generators | int) -> Generators:
    """Return ``rng`` as it is, or the generator that an integer is the seed of.

    Raises
    ------
    ValueError
        If it is a negative number, or neither a number nor made of NumPy's generators.

    >>> bool(generators(4).integers(100) == np.random.default_rng(4).integers(100))
    True
    """
    if rng is None or isinstance(rng, np.random.Generator):
        return rng
    if not isinstance(rng, Sequence) and is_whole(rng):
        if rng < 0:
            raise ValueError(f"rng is {rng} and must be at least 0 to be a seed")
        return np.random.default_rng(rng)
    if isinstance(rng, Sequence) and all(isinstance(each, np.random.Generator) for each in rng):
        return rng
    raise ValueError(
        f"rng is {_said(rng)} and must be a seed, a generator of NumPy's, or a list of one for "
        "each row: give rng=0 or numpy.random.default_rng(0)"
    )


def check_choice(
    temperature: float,
    rng: Generators | int,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Generators:
    """Return the generators that ``rng`` means; refuse what :func:`sample` could not work with."""
    rng = generators(rng)
    _check_range(temperature, top_k, top_p, min_p)
    if rng is None and temperature > 0:
        raise ValueError(
            f"rng is None and temperature is {temperature}: give rng= a seed or a generator, "
            "or temperature=0 for the likeliest"
        )
    return rng


def _check_range(
    temperature: float, top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    if not is_real(temperature):
        raise ValueError(f"temperature is {temperature!r} and must be a number of at least 0")
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is {temperature!r} and must be at least 0 and finite")
    if top_k is not None and (not is_whole(top_k) or top_k < 1):
        raise ValueError(
            f"top_k is {top_k!r} and must be an integer of at least 1, or None for all"
        )
    for name, share in (("top_p", top_p), ("min_p", min_p)):
        if share is not None and not (is_real(share) and 0 <= share <= 1):
            raise ValueError(
                f"{name} is {share!r} and must be a number from 0 to 1, or None for all"
            )


def _said(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"a {type(value).__name__}"


def _array(logits: Any) -> np.ndarray:
    """Return ``logits`` (..., V) as an array; NumPy knows no bfloat16, so a tensor is widened."""
    if not isinstance(logits, np.ndarray):
        tensor = hasattr(logits, "detach")
        logits = logits.detach().cpu().double().numpy() if tensor else np.asarray(logits)
    if logits.dtype.kind not in "fiu":
        raise ValueError(f"logits is {logits.dtype} and must be numbers, (..., V)")
    if not logits.ndim or not logits.shape[-1]:
        raise ValueError(f"logits has shape {logits.shape} and must be (..., V), V at least 1")
    return logits if logits.dtype.kind == "f" else logits.astype(np.float64)  # integers wrap around


def _largest(logits: np.ndarray) -> np.ndarray:
    """Return the largest entry of each row (..., 1), if one can choose by it at all."""
    top = np.maximum.reduce(logits, axis=-1, keepdims=True)  # nan, if there is one
    if not np.isfinite(top).all():
        if np.isnan(top).any():
            raise ValueError("logits holds nan: the model's weights are spoilt")
        if (top > 0).any():
            raise ValueError("logits holds inf: the model's weights are spoilt")
        raise ValueError("logits has a row of -inf alone: no id is left to choose")
    return top


def _draw(
    rng: np.random.Generator | Sequence[np.random.Generator], shape: tuple[int, ...]
) -> np.ndarray:
    if isinstance(rng, np.random.Generator):
        return rng.random(shape)
    if shape != (len(rng),):
        raise ValueError(f"rng has {len(rng)} generators and must have one for each row, {shape}")
    return np.array([each.random() for each in rng])


def _cut_k(probs: np.ndarray, k: int) -> None:
    """Set all but the ``k`` largest of (V,) to zero, in place."""
    threshold = np.partition(probs, -k)[-k]
    equals = np.flatnonzero(probs == threshold)
    missing = k - np.count_nonzero(probs > threshold)
    probs[probs < threshold] = 0
    probs[equals[missing:]] = 0


def _cut_p(probs: np.ndarray, p: float) -> None:
    """Set all to zero but the fewest of (V,) that have a share ``p`` of the sum, in place."""
    total = probs.sum()
    # Whoever has less than the V-th part of the share 1 - p is dropped: all of those together have
    # less than that share. It spares most of the sorting (V = 50,257, peaked: 4 ms to 0.4 ms).
    order = np.flatnonzero(probs >= (1 - p) * total / len(probs))
    order = order[np.argsort(-probs[order], kind="stable")]
    n = np.searchsorted(probs[order].cumsum(), p * total * (1 - ROUNDING)) + 1
    kept = probs[order[:n]]
    probs[:] = 0
    probs[order[:n]] = kept
