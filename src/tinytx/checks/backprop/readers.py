"""The wrong answers to ``attention_gradients(dout, q, k, v, mask)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``attention.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Gradients = Callable[[Array, Array, Array, Array, Array], tuple[Array, ...]]


def softmax(a: Array) -> Array:
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def turned(a: Array) -> Array:
    return a.swapaxes(-1, -2)


def reshaped(a: Array) -> Array:
    return a.reshape(*a.shape[:-2], a.shape[-1], a.shape[-2])


def root(Dh: int) -> float:
    return Dh**-0.5


def hidden(a: Array, mask: Array) -> Array:
    return softmax(np.where(mask, a, -np.inf))


def naive(a: Array, mask: Array) -> Array:
    e = np.exp(a) * mask
    return e / e.sum(axis=-1, keepdims=True)


def through(dp: Array, p: Array) -> Array:
    return p * (dp - (p * dp).sum(-1, keepdims=True))


def transposed_sum(p: Array, a: Array, dout: Array) -> Array:
    return turned(p) @ dout


def summed(p: Array, a: Array, dout: Array) -> Array:
    """Give each value the whole gradient, read or not."""
    return turned(np.ones_like(a)) @ dout


def crossed(ds: Array, q: Array, k: Array) -> tuple[Array, Array]:
    return ds @ k, turned(ds) @ q


def the_values(q: Array, k: Array, v: Array, n: int) -> Array:
    return v


def right(
    share: Callable[[int], float] = root,
    back: Callable[[int], tuple[float, float]] = lambda Dh: (root(Dh), root(Dh)),
    weights: Callable[[Array, Array], Array] = hidden,
    slope: Callable[[Array, Array], Array] = through,
    values: Callable[[Array, Array, Array], Array] = transposed_sum,
    last: Callable[[Array, Array, Array], tuple[Array, Array]] = crossed,
    read: Callable[..., Array] = the_values,
) -> Gradients:
    """Return the gradients; each of the steps may be another.

    ``share`` is what the scores are multiplied by, ``back`` what dq and dk are.
    """

    def attention_gradients(
        dout: Array, q: Array, k: Array, v: Array, mask: Array
    ) -> tuple[Array, ...]:
        Dh = q.shape[-1]
        a = q @ turned(k) * share(Dh)
        p = weights(a, mask)
        dv = values(p, a, dout)
        ds = slope(dout @ turned(read(q, k, v, Dh)), p)
        dq, dk = last(ds, q, k)
        for_q, for_k = back(Dh)
        return dq * for_q, dk * for_k, dv

    return attention_gradients


def scaling(for_q: float, for_k: float, power: float = 0.0) -> Gradients:
    """Return gradients with dq and dk multiplied by powers of Dh.

    A factor of 1 stands for ``Dh**power``, one of 0.5 for the right one.
    """

    def back(Dh: int) -> tuple[float, float]:
        return tuple(Dh**power if f == 1 else root(Dh) for f in (for_q, for_k))

    return right(back=back)


unscaled = right(share=lambda Dh: 1.0, back=lambda Dh: (1.0, 1.0))


def ending(last: Callable[[Array, Array, Array], tuple[Array, Array]]) -> Gradients:
    return right(last=last)


def values(make: Callable[[Array, Array, Array], Array]) -> Gradients:
    return right(values=make)


def values_from(step: int) -> Gradients:
    """Return gradients whose dv is made with the gradient of the weights (0) or scores (1)."""

    def attention_gradients(
        dout: Array, q: Array, k: Array, v: Array, mask: Array
    ) -> tuple[Array, ...]:
        dq, dk, _ = right()(dout, q, k, v, mask)
        dp = dout @ turned(v)
        p = hidden(q @ turned(k) * root(q.shape[-1]), mask)
        return dq, dk, turned((dp, through(dp, p))[step]) @ dout

    return attention_gradients


def slope(make: Callable[[Array, Array], Array]) -> Gradients:
    return right(slope=make)


def masked(make: Callable[[Array, Array], Array]) -> Gradients:
    return right(weights=make)


def reading(make: Callable[..., Array]) -> Gradients:
    return right(read=make)


swapped = right(last=lambda ds, q, k: (ds @ q, turned(ds) @ k))


def ordered(*places: int) -> Gradients:
    """Return the gradients in this order."""
    gradients = right()

    def attention_gradients(*given: Array) -> tuple[Array, ...]:
        all_three = gradients(*given)
        return tuple(all_three[place] for place in places)

    return attention_gradients


def _with_mask(finish: Callable[[Array, Array, Array], Array], plain: bool) -> Gradients:
    """Return gradients whose dscores are ``finish(dweights, weights, mask)``."""

    def attention_gradients(
        dout: Array, q: Array, k: Array, v: Array, mask: Array
    ) -> tuple[Array, ...]:
        weights = (lambda a, _: softmax(a)) if plain else hidden
        return right(weights=weights, slope=lambda dp, p: finish(dp, p, mask))(dout, q, k, v, mask)

    return attention_gradients


masked_behind = _with_mask(lambda dp, p, mask: through(dp, p) * mask, plain=True)
infinite = _with_mask(lambda dp, p, mask: through(np.where(mask, dp, -np.inf), p), plain=False)
infinite_behind = _with_mask(
    lambda dp, p, mask: np.where(mask, through(dp, p), -np.inf), plain=False
)
