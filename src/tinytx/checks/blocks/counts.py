"""The wrong answers to ``count_parameters(config)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``counting.py`` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...config import GPTConfig
from .reference import count_parameters as reference

Count = Callable[[GPTConfig], dict[str, int]]


def but(**parts: Callable[[GPTConfig], int]) -> Count:
    """Return a count in which some parts are counted in another way."""
    return lambda config: reference(config) | {k: count(config) for k, count in parts.items()}


def plus(**parts: Callable[[GPTConfig], int]) -> Count:
    """Return a count in which some parts have more, or less."""

    def count(config: GPTConfig) -> dict[str, int]:
        right = reference(config)
        return right | {name: right[name] + more(config) for name, more in parts.items()}

    return count


def reading(**fields: object) -> Count:
    """Return a count that takes some fields of the configuration to be other than they are."""
    return lambda config: reference(replace(config, **fields))


def unbiased(*names: str) -> Count:
    """Return a count without the biases of the parts of these names."""
    return but(**{name: _with_bias(name, False) for name in names})


def biased(*names: str) -> Count:
    """Return a count with biases in the parts of these names, whatever the configuration says."""
    return but(**{name: _with_bias(name, True) for name in names})


def _with_bias(name: str, bias: bool) -> Callable[[GPTConfig], int]:
    return lambda config: reference(replace(config, bias=bias))[name]


def norm(config: GPTConfig) -> int:
    """Return the parameters of one LayerNorm."""
    return (1 + config.bias) * config.d_model


def squares(config: GPTConfig) -> int:
    """Return the weights of all projections of the same name."""
    return config.n_layer * config.d_model**2


def units(config: GPTConfig) -> int:
    """Return the weights of the first matrices of all MLPs."""
    return config.n_layer * config.d_model * config.d_ff
