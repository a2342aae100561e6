"""Chapter 06: what people type gets the name that it deserves, or is refused without one."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import backprop

SLIPS = []


def slip(*names):
    """Keep a function, called after its exercise, with the names that it should get."""

    def keep(fn):
        SLIPS.append((fn, names))
        return fn

    return keep


@slip("the factor x is not differentiated")
def silu_gradient_one_term(dy, x):
    s = 1 / (1 + np.exp(-x))
    return dy * x * s * (1 - s)


@slip("exp overflows")
def silu_gradient_quotient(dy, x):
    e = np.exp(x)
    return dy * e * (1 + e + x) / (1 + e) ** 2


@slip("the slope of the sigmoid is negative")
def silu_gradient_minus(dy, x):
    s = 1 / (1 + np.exp(-x))
    return dy * (s - x * s * (1 - s))


@slip("the factor x is not differentiated", "what comes from above is left out")
def silu_gradient_two(dy, x):
    s = 1 / (1 + np.exp(-x))
    return x * s * (1 - s)


@slip()
def silu_gradient_far_is_zero(dy, x):
    s = np.where(x > 10, 1, 1 / (1 + np.exp(-np.maximum(x, -700))))
    return dy * np.where(np.abs(x) > 2, s, s + x * s * (1 - s))


@slip("dx does not come from all outputs")
def linear_gradients_set_anew(dy, x, weight):
    for o in range(len(weight)):
        dx = dy[..., o : o + 1] * weight[o]
    return dx, np.einsum("bto,bti->oi", dy, x), dy.sum((0, 1))


@slip("dweight multiplies sums over the positions")
def linear_gradients_two_letters(dy, x, weight):
    return dy @ weight, np.einsum("bto,bsi->oi", dy, x), np.einsum("bto->o", dy)


@slip("it stops at the probabilities")
def cross_entropy_gradient_of_the_probabilities(logits, targets):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    right = targets[..., None] == np.arange(logits.shape[-1])
    return np.where(right, -1 / np.maximum(p, 1e-300), 0) / targets.size


@slip("only one of the two terms is divided")
def cross_entropy_gradient_bracket(logits, targets):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    onehot = np.eye(logits.shape[-1])[targets]
    return e / e.sum(-1, keepdims=True) - onehot / targets.size


@slip()
def softmax_gradient_squeezed(dp, p, temperature=1.0):
    return np.squeeze(p * (dp - (p * dp).sum(-1, keepdims=True))) / temperature


@slip("what comes back is the input itself or shares its memory")
def softmax_gradient_nothing_to_do(dp, p, temperature=1.0):
    return p * (dp - (p * dp).sum(-1, keepdims=True)) / temperature if dp.any() else dp


@slip("the average is divided by the number of weights")
def softmax_gradient_mean(dp, p, temperature=1.0):
    return p * (dp - np.mean(p * dp, axis=-1, keepdims=True)) / temperature


@slip("the temperature is left out")
def softmax_gradient_of_the_chapter(dp, p, temperature=1.0):
    return p * (dp - (p * dp).sum(-1, keepdims=True))


@slip("the average is not weighted", "the temperature is left out")
def softmax_gradient_plain_mean(dp, p, temperature=1.0):
    return p * (dp - dp.mean(-1, keepdims=True))


@slip("the part along xhat is measured with another vector")
def layernorm_gradient_of_x(dy, x, gamma, eps):
    D = x.shape[-1]
    c = x - x.mean(-1, keepdims=True)
    v = (c**2).mean(-1, keepdims=True) + eps
    d = dy * gamma
    dv = (d * x).sum(-1, keepdims=True) * -0.5 * v**-1.5
    dc = d * v**-0.5 + dv * 2 * c / D
    dx = dc - dc.mean(-1, keepdims=True)
    return dx, (dy * c * v**-0.5).sum((0, 1)), dy.sum((0, 1))


@slip("dx is multiplied by D")
def layernorm_gradient_without_the_divisor(dy, x, gamma, eps):
    root = np.sqrt(x.var(-1, keepdims=True) + eps)
    h, w = (x - x.mean(-1, keepdims=True)) / root, dy * gamma
    dx = x.shape[-1] * w - w.sum(-1, keepdims=True) - h * (w * h).sum(-1, keepdims=True)
    return dx / root, (dy * h).sum((0, 1)), dy.sum((0, 1))


def asked(dy_of, compare=None):
    """Return a test of backward passes that asks with ``dy_of(y)``."""
    compare = compare or (lambda error, limit: bool((error <= limit).all()))

    def answer(forward, backward, x):
        y = np.array(forward(x.copy()))
        dy = dy_of(y)
        dx, slopes = np.array(backward(dy.copy(), x.copy())), np.zeros(x.shape)
        for at in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[at] += 1e-5
            down[at] -= 1e-5
            slopes[at] = (dy * (np.array(forward(up)) - forward(down))).sum() / 2e-5
        limit = 1e-4 * np.abs(slopes).max() + 5e-11 * np.abs(dy * y).sum()
        return compare(np.abs(dx - slopes), limit)

    return answer


def drawn(y):
    return np.random.default_rng(5).standard_normal(y.shape)


@slip("the question is asked with a special dy")
def gradient_is_right_positive(forward, backward, x):
    return asked(lambda y: np.random.default_rng(0).uniform(0, 1, y.shape))(forward, backward, x)


@slip("the question is asked with a special dy")
def gradient_is_right_output(forward, backward, x):
    return asked(np.copy)(forward, backward, x)


@slip("not every number of x is moved")
def gradient_is_right_but_the_first(forward, backward, x):
    rest = lambda error, limit: bool((error.ravel()[1:] <= limit).all())  # noqa: E731
    return asked(drawn, rest)(forward, backward, x)


@pytest.mark.parametrize("number", range(len(SLIPS)), ids=[fn.__name__ for fn, _ in SLIPS])
def test_a_slip_is_named(number):
    fn, names = SLIPS[number]
    check = next(c for n, c in backprop.chapter.checks.items() if fn.__name__.startswith(n))
    result = check.run(fn)
    assert result.status == "wrong"
    assert set(result.mistakes) == set(names), str(result)


def test_a_result_too_many_is_told():
    check = backprop.attention_gradients
    said = check.run(lambda *given: (*check.reference(*given), given[0] * 2)).message
    assert "it is 1 entry too long" in said
