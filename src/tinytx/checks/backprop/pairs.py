"""Functions and backward passes that ``gradient_is_right`` is tried on; most of these are wrong.

A forward takes and gives an array. A backward takes (dy, x) and gives dx. The names of both and
the first lines of their docstrings are shown to learners.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .answers import layernorm_gradient, softmax_gradient

Array = np.ndarray
Pullback = Callable[[Array, Array], Array]

W = np.array([[1.0, -2.0, 0.5, 3.0], [2.0, 1.0, -1.0, 0.0], [-0.5, 4.0, 1.0, 1.5]])  # (in, out)
M = np.array([[1.0, -2.0, 0.5], [2.0, 1.0, -1.0], [-0.5, 4.0, 1.0]])
GAMMA = np.array([2.0, 0.5, -1.0, 3.0])
EPS = 1e-5
TINY, HUGE, FAR = 1e-9, 1e6, 1e5


def softmax(x: Array) -> Array:
    """Softmax along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_right(dy: Array, x: Array) -> Array:
    """Right."""
    return softmax_gradient(dy, softmax(x))


def layernorm(x: Array) -> Array:
    """A layer norm along the last axis, with weights."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS) * GAMMA


def layernorm_right(dy: Array, x: Array) -> Array:
    """Right."""
    return layernorm_gradient(dy[None], x[None], GAMMA, EPS)[0][0]


def square(x: Array) -> Array:
    """The square of each number."""
    return x * x


def square_right(dy: Array, x: Array) -> Array:
    """Right."""
    return 2 * dy * x


def waves(x: Array) -> Array:
    """sin(30 x): it bends within a tenth."""
    return np.sin(30 * x)


def waves_right(dy: Array, x: Array) -> Array:
    """Right."""
    return 30 * dy * np.cos(30 * x)


def swell(x: Array) -> Array:
    """sin(5 x)."""
    return np.sin(5 * x)


def swell_right(dy: Array, x: Array) -> Array:
    """Right."""
    return 5 * dy * np.cos(5 * x)


def linear(x: Array) -> Array:
    """A linear layer from 3 numbers to 4."""
    return x @ W


def linear_right(dy: Array, x: Array) -> Array:
    """Right."""
    return dy @ W.T


def turn(x: Array) -> Array:
    """A linear layer from 3 numbers to 3."""
    return x @ M


def turn_transposed(dy: Array, x: Array) -> Array:
    """Wrong: the weight is not transposed."""
    return dy @ M


def far(x: Array) -> Array:
    """100,000 more than the square of each number."""
    return FAR + x * x


def tiny(x: Array) -> Array:
    """A billionth of the square of each number."""
    return TINY * x * x


def tiny_right(dy: Array, x: Array) -> Array:
    """Right."""
    return 2 * TINY * dy * x


def huge(x: Array) -> Array:
    """A million times the square of each number."""
    return HUGE * x * x


def huge_right(dy: Array, x: Array) -> Array:
    """Right."""
    return 2 * HUGE * dy * x


def biased(x: Array) -> Array:
    """A million times the softmax of all numbers but the last, which is added to each of them."""
    e = np.exp(x[..., :-1] + x[..., -1:])
    return HUGE * e / e.sum(axis=-1, keepdims=True)


def biased_right(dy: Array, x: Array) -> Array:
    """Right: the last number has a gradient of zero."""
    scores = HUGE * softmax_right(dy, x[..., :-1])
    return np.concatenate([scores, np.zeros_like(x[..., -1:])], axis=-1)


def sums(x: Array) -> Array:
    """The sums of the rows of a softmax, which are always 1."""
    return softmax(x).sum(axis=-1)


def high_sums(x: Array) -> Array:
    """A million times the sums of the rows of a softmax, which are always 1."""
    return HUGE * sums(x)


def nothing(dy: Array, x: Array) -> Array:
    """Zeros, whatever comes from above."""
    return np.zeros_like(x)


def still(x: Array) -> Array:
    """Ones, whatever x is."""
    return np.ones_like(x)


def zero(x: Array) -> Array:
    """Zeros, whatever x is."""
    return np.zeros_like(x)


def still_moved(dy: Array, x: Array) -> Array:
    """Wrong: the gradient of the square of each number."""
    return 2 * dy * x


def overwriting(x: Array) -> Array:
    """The square of each number, which is written into x."""
    x *= x
    return x


def overwriting_right(dy: Array, x: Array) -> Array:
    """Right; it is written into dy, and x is left full of zeros."""
    dy *= 2 * x
    x[...] = 0
    return dy


def square_negative(dy: Array, x: Array) -> Array:
    """Wrong: the sign is turned."""
    return -2 * dy * x


def square_doubled(dy: Array, x: Array) -> Array:
    """Wrong: twice what it should be."""
    return 4 * dy * x


def square_deaf(dy: Array, x: Array) -> Array:
    """Wrong: it ignores what comes from above, and takes ones."""
    return 2 * x


def square_clipped(dy: Array, x: Array) -> Array:
    """Wrong where x is beyond 4: it takes 4 there."""
    return 2 * dy * np.clip(x, -4, 4)


def square_holes(dy: Array, x: Array) -> Array:
    """Wrong in the last number, which is nan; the others are right."""
    dx = 2 * dy * x
    dx.flat[-1] = np.nan
    return dx


def square_infinite(dy: Array, x: Array) -> Array:
    """Wrong in the last number, which is infinite; the others are right."""
    dx = 2 * dy * x
    dx.flat[-1] = np.inf
    return dx


def square_far_only(dy: Array, x: Array) -> Array:
    """Wrong below 5; the numbers above are right."""
    return np.where(x < 5, 7, 2) * dy * x


def square_one(dy: Array, x: Array) -> Array:
    """Wrong in the last number, by two thousandths of the largest; the others are right."""
    dx = 2 * dy * x
    dx.flat[-1] -= 0.002 * np.abs(dx).max()
    return dx


def square_positive(dy: Array, x: Array) -> Array:
    """Wrong where what comes from above is not positive: it takes 1 there."""
    return 2 * np.where(dy > 0, dy, 1) * x


def square_sign(dy: Array, x: Array) -> Array:
    """Wrong: it takes -1 where what comes from above is negative, and 1 elsewhere."""
    return 2 * np.where(dy < 0, -1, 1) * x


def square_rounded(dy: Array, x: Array) -> Array:
    """Wrong: it rounds what comes from above to whole numbers."""
    return 2 * np.round(dy) * x


def square_bent(dy: Array, x: Array) -> Array:
    """Wrong: it takes the square of what comes from above, with its sign."""
    return 2 * dy * np.abs(dy) * x


def square_sorted(dy: Array, x: Array) -> Array:
    """Wrong: it sorts what comes from above, along the last axis."""
    return 2 * np.sort(dy, axis=-1) * x


def square_own(dy: Array, x: Array) -> Array:
    """Wrong: it takes the output for what comes from above."""
    return 2 * x * x * x


def square_almost(dy: Array, x: Array) -> Array:
    """Wrong: three thousandths too large."""
    return 1.003 * square_right(dy, x)


def reversed_order(dy: Array, x: Array) -> Array:
    """Wrong: the right numbers in reversed order."""
    return (2 * dy * x).reshape(-1)[::-1].reshape(x.shape)


def softmax_diagonal(dy: Array, x: Array) -> Array:
    """Wrong: p (1 - p) dy, which leaves out that the others of the row move too."""
    p = softmax(x)
    return p * (1 - p) * dy


def _spoiled(dx: Array, place: int, times: float) -> Array:
    """Move one number by so many times the largest of its row: by nothing, where that is zero."""
    rows = np.broadcast_to(np.abs(dx).max(axis=-1, keepdims=True), dx.shape)
    dx.flat[place] += times * rows.flat[place]
    return dx


def softmax_last(dy: Array, x: Array) -> Array:
    """Wrong in the last number, which is too large; the others are right."""
    return _spoiled(softmax_right(dy, x), -1, 3)


def softmax_first(dy: Array, x: Array) -> Array:
    """Wrong in the first number, which is too small; the others are right."""
    return _spoiled(softmax_right(dy, x), 0, -3)


def softmax_middle(dy: Array, x: Array) -> Array:
    """Wrong in a number in the middle, which is too large; the others are right."""
    return _spoiled(softmax_right(dy, x), x.size // 2, 3)


def huge_almost(dy: Array, x: Array) -> Array:
    """Wrong: three thousandths too large."""
    return 1.003 * huge_right(dy, x)


def layernorm_unprojected(dy: Array, x: Array) -> Array:
    """Wrong: the part along xhat is not taken out."""
    d = dy * GAMMA
    return (d - d.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + EPS)
