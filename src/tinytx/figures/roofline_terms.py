"""Counts of a step as polynomials, so that a page can move the sizes and counts nothing itself.

What an operation of :func:`tinytx.speed.training_step` has to do is a polynomial with whole powers:
at most B, T² and D², when everything that has a width grows with it. Eighteen steps at small sizes
therefore say all that there is to know, exactly: no count is written down a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product
from math import lcm

from tinytx.config import GPTConfig
from tinytx.speed import Work

NODES = ((1, 2), (1, 2, 3), (1, 2, 3))  # of B, T, and D in units
Count = Callable[[GPTConfig, int, int], list[Work]]  # of a model, B and T
Term = list[float]  # powers of B, T and D, and what they are multiplied by


def unit_of(config: GPTConfig) -> int:
    """Return the smallest width at which heads and MLP keep their share of ``d_model``.

    >>> unit_of(GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=12, d_model=768))
    12
    """
    even = 2 if config.positions == "rotary" else 1
    head = Fraction(config.d_head, even * config.d_model)
    return lcm(head.denominator, Fraction(config.d_ff, config.d_model).denominator)


def at_width(config: GPTConfig, d_model: int) -> GPTConfig:
    """Return ``config`` with another width; heads and MLP keep their share of it."""
    d_head, d_ff = (n * d_model // config.d_model for n in (config.d_head, config.d_ff))
    return replace(config, d_model=d_model, d_head=d_head, d_ff=d_ff)


def terms(config: GPTConfig, count: Count) -> list[dict[str, object]]:
    """Return each operation with its ``flops`` and ``bytes`` as terms.

    Parameters
    ----------
    config
        Where widths take their shares from.
    count
        What gives the operations, always the same ones.
    """
    unit = unit_of(config)
    steps = {(b, t, d): count(at_width(config, d * unit), b, t) for b, t, d in product(*NODES)}
    first = steps[1, 1, 1]
    return [
        {
            "name": one.name,
            "part": one.part,
            "direction": one.direction,
            "product": one.product,
            **{
                kind: list(_terms({at: getattr(all_[i], kind) for at, all_ in steps.items()}, unit))
                for kind in ("flops", "bytes")
            },
        }
        for i, one in enumerate(first)
    ]


def value(found: list[Term], B: int, T: int, D: int) -> float:
    """Return what terms come to; the page does the same."""
    return sum(factor * B**b * T**t * D**d for b, t, d, factor in found)


def _terms(values: dict[tuple[int, ...], int], unit: int) -> Iterator[Term]:
    """Yield the terms of the polynomial that has these values at the nodes."""
    left = {at: Fraction(n) for at, n in values.items()}
    for axis, nodes in enumerate(NODES):
        left = _along(left, axis, _powers(nodes))
    for (b, t, d), factor in left.items():
        if factor:
            exact = factor / unit**d
            yield [b, t, d, exact.numerator if exact.denominator == 1 else float(exact)]


def _along(
    values: dict[tuple[int, ...], Fraction], axis: int, rows: dict[int, dict[int, Fraction]]
) -> dict[tuple[int, ...], Fraction]:
    """Replace, along one axis, values at nodes by the factors of powers."""
    found: dict[tuple[int, ...], Fraction] = {}
    for at, n in values.items():
        for power, factor in rows[at[axis]].items():
            to = (*at[:axis], power, *at[axis + 1 :])
            found[to] = found.get(to, Fraction(0)) + factor * n
    return found


@cache
def _powers(nodes: tuple[int, ...]) -> dict[int, dict[int, Fraction]]:
    """Return, for each node, the polynomial that is 1 there and 0 at the others (Lagrange)."""
    found = {}
    for node in nodes:
        factors = [Fraction(1)]
        for other in nodes:
            if other != node:  # times (x - other) / (node - other)
                scale = Fraction(1, node - other)
                shifted = [Fraction(0), *factors]
                kept = [*(-other * f for f in factors), Fraction(0)]
                factors = [scale * (a + b) for a, b in zip(shifted, kept, strict=True)]
        found[node] = dict(enumerate(factors))
    return found
