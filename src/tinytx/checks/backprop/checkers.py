"""The wrong answers to ``gradient_is_right(forward, backward, x)`` that the check knows.

What each does, and why it is wrong, the catalogues in ``questions.py`` and ``limits.py`` say.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Map = Callable[[Array], Array]
Pullback = Callable[[Array, Array], Array]
Checker = Callable[[Map, Pullback, Array], bool]
Places = Callable[[Array], list[tuple[int, ...]]]
Judge = Callable[[Array, Array, Array], bool]  # of dx, the slopes, and the output


def random(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(1).standard_normal(shape)


def ones(shape: tuple[int, ...]) -> Array:
    return np.ones(shape)


def one_output(place: int) -> Callable[[tuple[int, ...]], Array]:
    """Return a question that asks for one output only."""

    def ask(shape: tuple[int, ...]) -> Array:
        dy = np.zeros(shape)
        dy.flat[place] = 1
        return dy

    return ask


def everywhere(x: Array) -> list[tuple[int, ...]]:
    return list(np.ndindex(x.shape))


def two_sided(forward: Map, x: Array, at: tuple[int, ...], h: float) -> Array:
    plus, minus = x.copy(), x.copy()
    plus[at] += h
    minus[at] -= h
    return (forward(plus) - forward(minus)) / (2 * h)


def one_sided(forward: Map, x: Array, at: tuple[int, ...], h: float) -> Array:
    plus = x.copy()
    plus[at] += h
    return (forward(plus) - forward(x.copy())) / h


def in_proportion(forward: Map, x: Array, at: tuple[int, ...], h: float) -> Array:
    return two_sided(forward, x, at, h * abs(x[at]))


def half_as_long(forward: Map, x: Array, at: tuple[int, ...], h: float) -> Array:
    return 2 * two_sided(forward, x, at, h)


def gap(dx: Array, slopes: Array) -> Array:
    return np.abs(dx - slopes)


def within(share: float, floor: float = 1e-9) -> Judge:
    """Return the judge whose limit is a share of the largest slope, plus what rounding does."""

    def judge(dx: Array, slopes: Array, y: Array) -> bool:
        limit = share * np.abs(slopes).max() + floor * np.abs(y).max()
        return bool((gap(dx, slopes) <= limit).all())

    return judge


def checking(
    ask: Callable[[tuple[int, ...]], Array] = random,
    places: Places = everywhere,
    difference: Callable[..., Array] = two_sided,
    h: float = 1e-5,
    judge: Judge = within(1e-4),  # noqa: B008
    at: Callable[[Array], Array] = np.array,
    weigh: Callable[[Array, Array], Array] = np.multiply,
) -> Checker:
    """Return a check of a backward pass; each of its steps may be another."""

    def gradient_is_right(forward: Map, backward: Pullback, x: Array) -> bool:
        x = at(x)
        y = np.array(forward(x.copy()))
        dy = ask(y.shape)
        dx = np.array(backward(dy.copy(), x.copy()))
        found = [(i, weigh(dy, difference(forward, x, i, h)).sum()) for i in places(x)]
        mine = np.array([dx[i] for i, _ in found])
        return bool(judge(mine, np.array([slope for _, slope in found]), y))

    return gradient_is_right


def first_place(x: Array) -> list[tuple[int, ...]]:
    return everywhere(x)[:1]


def last_place(x: Array) -> list[tuple[int, ...]]:
    return everywhere(x)[-1:]


def first_row(x: Array) -> list[tuple[int, ...]]:
    return [at for at in everywhere(x) if at[0] == 0]


def fixed(limit: float) -> Judge:
    return lambda dx, slopes, y: bool((gap(dx, slopes) <= limit).all())


def allclose(dx: Array, slopes: Array, y: Array) -> bool:
    return bool(np.allclose(dx, slopes))


def each_relative(dx: Array, slopes: Array, y: Array) -> bool:
    return bool((gap(dx, slopes) / np.abs(slopes) <= 1e-4).all())


def relative(dx: Array, slopes: Array, y: Array) -> bool:
    return bool(np.linalg.norm(dx - slopes) <= 1e-4 * np.linalg.norm(slopes))


def by_norm(dx: Array, slopes: Array, y: Array) -> bool:
    one, two = np.linalg.norm(dx), np.linalg.norm(slopes)
    return bool(abs(one - two) <= 1e-4 * two + 1e-9 * np.abs(y).max())


def by_size(dx: Array, slopes: Array, y: Array) -> bool:
    return within(1e-4)(np.abs(dx), np.abs(slopes), y)


def by_sum(dx: Array, slopes: Array, y: Array) -> bool:
    scale = 1e-4 * np.abs(slopes).max() + 1e-9 * np.abs(y).max()
    return bool(abs(dx.sum() - slopes.sum()) <= scale)


def by_sorted(dx: Array, slopes: Array, y: Array) -> bool:
    return within(1e-4)(np.sort(dx), np.sort(slopes), y)


def unless_above(dx: Array, slopes: Array, y: Array) -> bool:
    limit = 1e-4 * np.abs(slopes).max() + 1e-9 * np.abs(y).max()
    return not (gap(dx, slopes) > limit).any()


def somewhere(dx: Array, slopes: Array, y: Array) -> bool:
    limit = 1e-4 * np.abs(slopes).max() + 1e-9 * np.abs(y).max()
    return bool((gap(dx, slopes) <= limit).any())


def shaped_like_x(forward: Map, backward: Pullback, x: Array) -> bool:
    """Ask with an array of the shape of the input."""
    return checking(ask=lambda shape: random(x.shape))(forward, backward, x)


def in_float32(forward: Map, x: Array, at: tuple[int, ...], h: float) -> Array:
    return two_sided(forward, x.astype(np.float32), at, h)


def always(forward: Map, backward: Pullback, x: Array) -> bool:
    """Compare the backward pass with itself."""
    dy = random(forward(x.copy()).shape)
    return bool(np.array_equal(backward(dy.copy(), x.copy()), backward(dy.copy(), x.copy()), True))


def never(forward: Map, backward: Pullback, x: Array) -> bool:
    return False


def leaves_moved(forward: Map, backward: Pullback, x: Array) -> bool:
    """Move the caller's array, and never move it back."""
    y = np.array(forward(x.copy()))
    dy = random(y.shape)
    dx = np.array(backward(dy.copy(), x.copy()))
    slopes = np.empty_like(x)
    for at in everywhere(x):
        x[at] += 1e-5
        high = forward(x.copy())
        x[at] -= 2e-5
        slopes[at] = (dy * (high - forward(x.copy()))).sum() / 2e-5
    return within(1e-4, 2e-9)(dx, slopes, y)


def hands_out(forward: Map, backward: Pullback, x: Array) -> bool:
    """Give the functions the very arrays that are still needed."""
    y = forward(x)
    dy = random(y.shape)
    dx = backward(dy, x)
    slopes = np.empty_like(x)
    for at in everywhere(x):
        slopes[at] = (dy * two_sided(forward, x, at, 1e-5)).sum()
    return within(1e-4)(np.array(dx), slopes, np.array(y))


def keeps_dy(forward: Map, backward: Pullback, x: Array) -> bool:
    """Give the backward pass the very dy with which the differences are weighted."""
    y = np.array(forward(x.copy()))
    dy = random(y.shape)
    dx = np.array(backward(dy, x.copy()))
    slopes = np.empty_like(x)
    for at in everywhere(x):
        slopes[at] = (dy * two_sided(forward, x, at, 1e-5)).sum()
    return within(1e-4)(dx, slopes, y)


def hands_x_to_forward(forward: Map, backward: Pullback, x: Array) -> bool:
    """Move a copy, but ask for the output of the caller's own array."""
    moved = x.copy()
    dy = random(forward(x).shape)
    return checking(ask=lambda shape: dy)(forward, backward, moved)
