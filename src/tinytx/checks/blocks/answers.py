"""The right answers of 05_blocks, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinytx.config import GPTConfig


def layernorm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Return each row of ``x`` at mean 0 and variance 1, times ``weight``, plus ``bias``."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + eps) * weight + bias


def gelu(x: np.ndarray) -> np.ndarray:
    """Return GELU of each number, in the form with a tanh."""
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(inner))


def mlp(
    x: np.ndarray,
    up_weight: np.ndarray,
    up_bias: np.ndarray,
    down_weight: np.ndarray,
    down_bias: np.ndarray,
) -> np.ndarray:
    """Return what the MLP adds to each position: two linear layers with ReLU between them."""
    hidden = np.maximum(x @ up_weight.T + up_bias, 0)  # (..., F)
    return hidden @ down_weight.T + down_bias


def pre_norm(
    x: np.ndarray,
    parts: list[Callable[[np.ndarray], np.ndarray]],
    norms: list[Callable[[np.ndarray], np.ndarray]],
    ln_f: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return what leaves the stream, after each part has read it and added its result."""
    for part, norm in zip(parts, norms, strict=True):
        x = x + part(norm(x))
    return ln_f(x)


def count_parameters(config: GPTConfig) -> dict[str, int]:
    """Return how many parameters each part of the model has."""
    V, D, F, L = config.vocab_size, config.d_model, config.d_ff, config.n_layer
    with_bias = 1 if config.bias else 0
    norms = 2 * L + (1 if config.norm == "pre" else 0)
    return {
        "embedding": V * D,
        "positions": config.context_length * D,
        "attention": L * 4 * (D * D + with_bias * D),
        "mlp": L * (2 * D * F + with_bias * (F + D)),
        "norms": norms * (D + with_bias * D),
        "head": 0 if config.tie_weights else V * D,
    }


def wiring(block: Callable[[np.ndarray], np.ndarray], T: int, D: int) -> list[str]:
    """Return what each step of ``block`` does, in order: "norm", "sum" or both."""
    x = np.random.default_rng(0).standard_normal((T, D))
    shift = 1e6
    here = np.array(block(x.copy()))
    there = np.array(block(x + shift))
    enough = 1e-3 * np.abs(here).max()
    if np.abs(there - here).max() < enough:  # the norm took the shift away, and nothing is added
        return ["norm"]
    if np.abs(there - shift - here).max() < enough:  # the parts did not see it, the sum did
        return ["norm", "sum"]
    further = np.array(block(x + 2 * shift))
    bounded = np.abs(further).max() < 1.5 * np.abs(there).max()
    return ["sum", "norm"] if bounded else ["sum"]
