"""Blocks that ``wiring`` is tried on: real ones, with weights of their own that nobody sees.

They take and give (T, D). Their names and the first lines of their docstrings are shown to
learners.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ...manual.attention import attention_forward
from ...manual.masks import causal_mask
from .answers import gelu, layernorm

Array = np.ndarray
Map = Callable[[Array], Array]


@lru_cache(maxsize=64)
def _weights(D: int, seed: int) -> tuple[Array, ...]:
    rng = np.random.default_rng(seed)
    shapes = [(D, D)] * 4 + [(2 * D, D), (D, 2 * D)]
    matrices = tuple(rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in shapes)
    return (*matrices, *rng.standard_normal((3, 2 * D)))


def _parts(D: int, seed: int, size: float, later: float, offset: float) -> tuple[Map, Map]:
    """Return an attention and an MLP, both with biases, whose results are about ``size``.

    Those of the MLP, which comes later, are ``later`` times as large. The biases of the last layers
    are ``offset`` times as large as usual.
    """
    q, k, v, o, up, down, b_attn, b_up, b_down = _weights(D, seed)

    def attend(x: Array) -> Array:
        asked, keys, values = ((x @ w.T)[None, None] for w in (q, k, v))
        read = attention_forward(asked, keys, values, causal_mask(len(x)))[0][0, 0]
        return size * (read @ o.T + offset * b_attn[:D])

    def think(x: Array) -> Array:
        return later * size * (gelu(x @ up.T + b_up) @ down.T + offset * b_down[:D])

    return attend, think


def _norms(D: int, seed: int, weight: float, bias: float) -> tuple[Map, Map]:
    """Return two norms with weights around ``weight`` and biases around ``bias``."""
    spread = np.random.default_rng([seed, 1]).uniform(0.8, 1.2, (4, D))
    if (weight, bias) == (1, 0):
        spread[:] = 1
    w_1, b_1, w_2, b_2 = spread
    return (
        lambda x: layernorm(x, weight * w_1, bias * b_1),
        lambda x: layernorm(x, weight * w_2, bias * b_2),
    )


def _make(
    form: str,
    x: Array,
    seed: int,
    size: float = 1,
    weight: float = 1,
    bias: float = 0,
    later: float = 1,
    offset: float = 1,
) -> Array:
    ln_1, ln_2 = _norms(x.shape[1], seed, weight, bias)
    attend, think = _parts(x.shape[1], seed, size, later, offset)
    if form == "post":
        x = ln_1(x + attend(x))
        return ln_2(x + think(x))
    if form == "unnormed":
        x = x + attend(x)
        return x + think(x)
    if form == "bare":
        return think(ln_2(attend(ln_1(x))))
    x = x + attend(ln_1(x))
    return x + think(ln_2(x))


def pre(x: Array) -> Array:
    """A pre-norm block."""
    return _make("pre", x, 1)


def post(x: Array) -> Array:
    """A post-norm block, fresh: the weights of its norms are 1, their biases 0."""
    return _make("post", x, 2)


def unnormed(x: Array) -> Array:
    """A block with both sums and no norm."""
    return _make("unnormed", x, 3)


def bare(x: Array) -> Array:
    """A pre-norm block without its sums."""
    return _make("bare", x, 4)


def trained_pre(x: Array) -> Array:
    """A pre-norm block whose norms have weights around 2 and biases around 3."""
    return _make("pre", x, 5, weight=2, bias=3)


def trained_post(x: Array) -> Array:
    """A post-norm block whose norms have weights around 4 and biases around 20."""
    return _make("post", x, 6, weight=4, bias=20)


def trained_bare(x: Array) -> Array:
    """A pre-norm block without its sums, whose norms have weights around 2, biases around 3."""
    return _make("bare", x, 7, weight=2, bias=3)


def quiet_pre(x: Array) -> Array:
    """A pre-norm block whose parts add little: a hundredth of the usual."""
    return _make("pre", x, 8, size=0.01)


def quiet_unnormed(x: Array) -> Array:
    """A block without norms, whose parts add little: a hundredth of the usual."""
    return _make("unnormed", x, 9, size=0.01)


def faint_unnormed(x: Array) -> Array:
    """A block without norms, whose parts add very little: a thousandth of x."""
    return _make("unnormed", x, 48, size=0.0015)


def biased_unnormed(x: Array) -> Array:
    """A block without norms, whose parts have biases 300 times as large as usual."""
    return _make("unnormed", x, 21, offset=300)


def quiet_post(x: Array) -> Array:
    """A post-norm block whose parts give little: a hundredth of the usual."""
    return _make("post", x, 16, size=0.01)


def quiet_bare(x: Array) -> Array:
    """A pre-norm block without its sums, whose parts give little: a hundredth of the usual."""
    return _make("bare", x, 20, size=0.01)


def small_post(x: Array) -> Array:
    """A post-norm block whose norms have weights around 0.05."""
    return _make("post", x, 17, weight=0.05)


def loud_pre(x: Array) -> Array:
    """A pre-norm block whose parts add a hundred times as much as usual."""
    return _make("pre", x, 10, size=100)


def loud_trained_pre(x: Array) -> Array:
    """A pre-norm block whose norms have weights around 2, and whose parts add a hundredfold."""
    return _make("pre", x, 35, size=100, weight=2, bias=3)


def growing_pre(x: Array) -> Array:
    """A pre-norm block: attention adds a hundredfold, the MLP ten times as much as that again."""
    return _make("pre", x, 36, size=100, later=10)


def loud_unnormed(x: Array) -> Array:
    """A block without norms, whose parts add a hundred times as much as usual."""
    return _make("unnormed", x, 11, size=100)


def loud_post(x: Array) -> Array:
    """A post-norm block whose parts give a hundred times as much as usual."""
    return _make("post", x, 18, size=100)


def loud_bare(x: Array) -> Array:
    """A pre-norm block without its sums, whose parts give a hundred times as much as usual."""
    return _make("bare", x, 12, size=100)


def overwriting_pre(x: Array) -> Array:
    """A pre-norm block that writes its result into x."""
    x[...] = _make("pre", x, 13)
    return x


def overwriting_post(x: Array) -> Array:
    """A post-norm block that writes its result into x."""
    x[...] = _make("post", x, 14, weight=2, bias=3)
    return x


def overwriting_unnormed(x: Array) -> Array:
    """A block with both sums and no norm, that writes its result into x."""
    x[...] = _make("unnormed", x, 19)
    return x


def overwriting_bare(x: Array) -> Array:
    """A pre-norm block without its sums, that writes its result into x."""
    x[...] = _make("bare", x, 15)
    return x
