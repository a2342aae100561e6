"""What wrong answers of chapter 03 in several test files need: checks, and a right softmax."""

from __future__ import annotations

import numpy as np

from tinytx.checks import attention

CHECKS = {
    "softmax": attention.softmax,
    "causal": attention.causal_mask,
    "scores": attention.scaled_scores,
    "masked": attention.masked_weights,
    "attention": attention.attention,
}


def check_of(fn):
    """Return the check of the exercise that a function's name begins with."""
    return CHECKS[fn.__name__.split("_")[0]]


def plain(s, axis=-1):
    e = np.exp(s - s.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)
