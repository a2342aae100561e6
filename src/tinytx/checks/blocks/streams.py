"""The wrong answers to ``pre_norm(x, parts, norms, ln_f)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``prenorm.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Map = Callable[[Array], Array]
Step = Callable[[Array, Map, Map], Array]
Stream = Callable[[Array, list[Map], list[Map], Map], Array]


def going(step: Step, ends: bool = True) -> Stream:
    """Return a stream with ``step(x, part, norm)`` for each part, and ``ln_f`` if it ``ends``."""

    def stream(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
        for part, norm in zip(parts, norms, strict=True):
            x = step(x, part, norm)
        return ln_f(x) if ends else x

    return stream


def right(x: Array, part: Map, norm: Map) -> Array:
    return x + part(norm(x))


def post(x: Array, part: Map, norm: Map) -> Array:
    return norm(x + part(x))


def bare(x: Array, part: Map, norm: Map) -> Array:
    return part(norm(x))


def from_normal(x: Array, part: Map, norm: Map) -> Array:
    return norm(x) + part(norm(x))


def unnormed(x: Array, part: Map, norm: Map) -> Array:
    return x + part(x)


def behind(x: Array, part: Map, norm: Map) -> Array:
    return x + norm(part(x))


def both_sides(x: Array, part: Map, norm: Map) -> Array:
    return norm(x + part(norm(x)))


def by_turns(*steps: Step) -> Stream:
    """Return a stream that takes one of ``steps`` after the other, and begins anew."""

    def stream(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
        for number, (part, norm) in enumerate(zip(parts, norms, strict=True)):
            x = steps[number % len(steps)](x, part, norm)
        return ln_f(x)

    return stream


def numbered(pick: Callable[[int, int], tuple[int, int]]) -> Stream:
    """Return a stream that takes part and norm of the numbers ``pick(i, n)`` at step i of n."""

    def stream(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
        for number in range(len(parts)):
            p, n = pick(number, len(parts))
            x = right(x, parts[p], norms[n])
        return ln_f(x)

    return stream


def side_by_side(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    return ln_f(x + sum(part(norm(x)) for part, norm in zip(parts, norms, strict=True)))


def pairs_side_by_side(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    for i in range(0, len(parts), 2):
        x = x + sum(parts[j](norms[j](x)) for j in range(i, min(i + 2, len(parts))))
    return ln_f(x)


def only_the_last(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    out = x
    for part, norm in zip(parts, norms, strict=True):
        out = x + part(norm(x))
    return ln_f(out)


def only_the_first(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array | None:
    for part, norm in zip(parts, norms, strict=True):
        x = x + part(norm(x))
        return ln_f(x)
    return None


def ended_each_time(every: int) -> Stream:
    """Return a stream that goes through ``ln_f`` after each ``every`` parts."""

    def stream(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
        for number, (part, norm) in enumerate(zip(parts, norms, strict=True), 1):
            x = right(x, part, norm)
            x = x if number % every else ln_f(x)
        return x

    return stream


def ended_and_ended(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    return ln_f(ended_each_time(1)(x, parts, norms, ln_f))


def from_the_start(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    start = x
    for part, norm in zip(parts, norms, strict=True):
        x = start + part(norm(x))
    return ln_f(x)


def one_sum(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    out = x
    for part, norm in zip(parts, norms, strict=True):
        out = part(norm(out))
    return ln_f(x + out) if parts else ln_f(x)


def sum_in_pairs(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    for i in range(0, len(parts), 2):
        out = x
        for part, norm in zip(parts[i : i + 2], norms[i : i + 2], strict=True):
            out = part(norm(out))
        x = x + out
    return ln_f(x)


def without_start(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    added = np.zeros_like(x)
    for part, norm in zip(parts, norms, strict=True):
        new = part(norm(x))
        added, x = added + new, x + new
    return ln_f(added)


def into_its_input(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    for part, norm in zip(parts, norms, strict=True):
        x += part(norm(x))
    return ln_f(x)


def empties_its_lists(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    while parts:
        x = right(x, parts.pop(0), norms.pop(0))
    return ln_f(x)


def before_and_after(x: Array, part: Map, norm: Map) -> Array:
    return x + norm(part(norm(x)))
