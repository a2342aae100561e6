"""The wrong answers to ``wiring(block, T, D)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``wiring.py`` says. Three questions lead to an
answer: does the block not see a change that a norm takes away (then it has norms in front and no
sums), does the change come out as it went in (norms in front, and sums), and do the outputs stay
bounded (a norm behind). Each mistake asks one of them in a wrong way.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import ALIKE, FAR

Array = np.ndarray
Block = Callable[[Array], Array]
Question = Callable[[Block, Array], bool]


def start(T: int, D: int) -> Array:
    return np.random.default_rng(0).standard_normal((T, D))


def safely(block: Block, x: Array) -> Array:
    """Return what ``block`` makes of a copy of ``x``."""
    return np.array(block(x.copy()))


def near(a: Array, b: Array, share: float = ALIKE) -> bool:
    """Return whether two arrays differ by no more than a share of the second."""
    return bool(np.abs(a - b).max() <= share * np.abs(b).max())


def moved(block: Block, x: Array, by: float | Array) -> tuple[Array, Array]:
    """Return what the block gives for ``x``, and for ``x`` moved ``by`` something."""
    return safely(block, x), safely(block, x + by)


def unseen(by: float | Array = FAR, share: float = ALIKE) -> Question:
    """Return the question whether a shift leaves the output as it is."""

    def question(block: Block, x: Array) -> bool:
        here, there = moved(block, x, by)
        return near(there, here, share)

    return question


def passed_on(by: float | Array = FAR, share: float = ALIKE) -> Question:
    """Return the question whether a shift comes out as it went in."""

    def question(block: Block, x: Array) -> bool:
        here, there = moved(block, x, by)
        return near(there - by, here, share)

    return question


def bounded(block: Block, x: Array) -> bool:
    one, two = (np.abs(safely(block, c * FAR * x)).max() for c in (1, 2))
    return bool(two < 1.5 * one)


def asking(
    bare: Question = unseen(),  # noqa: B008
    pre: Question = passed_on(),  # noqa: B008
    post: Question = bounded,
) -> Callable[[Block, int, int], list[str]]:
    """Return a function that asks three questions, one after the other."""

    def wiring(block: Block, T: int, D: int) -> list[str]:
        x = start(T, D)
        if bare(block, x):
            return ["norm"]
        if pre(block, x):
            return ["norm", "sum"]
        return ["sum", "norm"] if post(block, x) else ["sum"]

    return wiring


right = asking()


def spread_out(T: int, D: int) -> Array:
    """Return a shift that differs from number to number."""
    return 1000 * np.random.default_rng(1).standard_normal((T, D))


def unlike(block: Block, x: Array) -> bool:
    return unseen(spread_out(*x.shape))(block, x)


def unlike_passed_on(block: Block, x: Array) -> bool:
    by = spread_out(*x.shape)
    return passed_on(by)(block, x)


def standard_rows(block: Block, x: Array) -> bool:
    out = safely(block, x)
    return bool(np.allclose(out.mean(-1), 0, atol=1e-3) and np.allclose(out.std(-1), 1, atol=0.01))


def small(block: Block, x: Array) -> bool:
    return bool(np.abs(safely(block, x)).max() < 10)


def never(block: Block, x: Array) -> bool:
    return False


def close_to_input(block: Block, x: Array) -> bool:
    return near(safely(block, x), x, 0.5)


def grows(block: Block, x: Array) -> bool:
    return not bounded(block, x)


def roughly(block: Block, x: Array) -> bool:
    """Ask whether a very large input comes out nearly as it is."""
    return near(safely(block, FAR * x), FAR * x, 0.1)


def in_other_order(block: Block, T: int, D: int) -> list[str]:
    return right(block, T, D)[::-1]


def hands_out_its_own(block: Block, T: int, D: int) -> list[str]:
    """Give the block the array from which the later inputs are made."""
    x = start(T, D)
    here = np.array(block(x))
    there = np.array(block(x + FAR))
    if near(there, here):
        return ["norm"]
    if near(there - FAR, here):
        return ["norm", "sum"]
    return ["sum", "norm"] if bounded(block, x) else ["sum"]


def keeps_what_it_handed_out(block: Block, T: int, D: int) -> list[str]:
    """Compare the output with the input that was handed out."""
    x = start(T, D)
    here = block(x) - x
    y = x + FAR
    there = block(y) - y
    if near(there + FAR, here):
        return ["norm"]
    if near(there, here):
        return ["norm", "sum"]
    return ["sum", "norm"] if bounded(block, x) else ["sum"]
