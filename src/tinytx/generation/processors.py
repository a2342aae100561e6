"""What may be said: functions that change the logits before a token is chosen from them.

A processor is called with the texts so far and the logits of what comes next, and returns the
logits to choose by. Temperature and the filters of :mod:`~tinytx.generation.sampling` come after
it. The name is Hugging Face's (``LogitsProcessor``); two of them are applied by a function that
calls both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..manual.shapes import check_ids, is_real
from ..wording import short

# The texts so far, B of (T,), and logits (B, V), which it may write to; returns logits (B, V).
Processor = Callable[[list[np.ndarray], np.ndarray], np.ndarray]


def repetition_penalty(penalty: float) -> Processor:
    """Return a processor that lowers the logit of every token that the text already has.

    A positive logit is divided by ``penalty``, a negative one multiplied: both become smaller.
    (Keskar et al., 2019, arXiv:1909.05858, section 4.1, divide all; the sign is Hugging Face's.)
    The likelihood of one of several such tokens may rise, if the others fall further. A shift of
    all logits changes no probability, but it changes what the penalty does: what counts as
    positive is an accident of training.

    Raises
    ------
    ValueError
        If ``penalty`` is not a finite number above 0; 1 changes nothing, below 1 rewards.

    >>> logits = np.array([[2.0, -2.0, 2.0]])
    >>> repetition_penalty(2.0)([np.array([0, 1, 1])], logits)
    array([[ 1., -4.,  2.]])
    """
    if not (is_real(penalty) and 0 < penalty < np.inf):
        raise ValueError(f"penalty is {penalty!r} and must be a number above 0: 1 changes nothing")

    def process(texts: list[np.ndarray], logits: np.ndarray) -> np.ndarray:
        logits = _floats(logits)
        for text, row in zip(texts, logits, strict=True):
            said = np.unique(text)
            row[said] = np.where(row[said] > 0, row[said] / penalty, row[said] * penalty)
        return logits

    return process


def only(rule: Callable[[np.ndarray], Iterable[int]]) -> Processor:
    """Return a processor that leaves of each row the ids that ``rule`` names for its text (T,).

    Whatever the model thinks, the text then keeps to the rule (constrained decoding). Among the
    allowed ids the model's odds stay as they were.

    Raises
    ------
    ValueError
        From the processor, if the rule names what is no id: a mask of booleans, say.

    >>> after = {0: [1, 2], 1: [0], 2: [0]}
    >>> process = only(lambda text: after[int(text[-1])])
    >>> process([np.array([1, 0])], np.array([[5.0, 1.0, 3.0]]))
    array([[-inf,   1.,   3.]])
    """

    def process(texts: list[np.ndarray], logits: np.ndarray) -> np.ndarray:
        logits = _floats(logits)
        for text, row in zip(texts, logits, strict=True):
            allowed = _ids(rule(text), len(row))
            kept = row[allowed]
            row[:] = -np.inf
            row[allowed] = kept
        return logits

    return process


def _floats(logits: Any) -> np.ndarray:
    """Return ``logits`` as they are; whole numbers and lists as float64: no -inf fits in them."""
    logits = np.asarray(logits)
    return logits if np.issubdtype(logits.dtype, np.floating) else logits.astype(np.float64)


def _ids(named: Any, vocab_size: int) -> np.ndarray:
    if not isinstance(named, Iterable):
        raise ValueError(f"rule gives {short(named)} and must give a list of ids, as [3]")
    ids = list(named)
    allowed = np.array(ids) if ids else np.empty(0, dtype=np.int64)
    if allowed.dtype == np.bool_:
        raise ValueError("rule gives booleans and must give ids: np.flatnonzero(mask)")
    check_ids("rule", allowed, vocab_size)
    return allowed


def processed(processor: Processor, texts: list[np.ndarray], logits: np.ndarray) -> np.ndarray:
    """Return what ``processor`` makes of a copy of ``logits`` (B, V), if that is logits again.

    Raises
    ------
    ValueError
        If it returns something else.
    """
    made: Any = processor(texts, np.array(logits))
    is_array = isinstance(made, np.ndarray)
    if not is_array or made.shape != logits.shape:
        said = f"shape {made.shape}" if is_array else type(made).__name__
        raise ValueError(
            f"processor returned {said} and must return an array of logits {logits.shape}: "
            "end it with `return logits`"
        )
    return made
