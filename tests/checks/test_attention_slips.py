"""Wrong answers as learners type them, each with what the check of chapter 03 has to say to it.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinytx.checks import attention

from .attention_parts import check_of


def softmax_axis(x):
    m = x.max(axis=1, keepdims=True)
    e = np.exp(x - m)
    return e / e.sum(axis=1, keepdims=True)


def softmax_top(x):
    x = x - np.max(x)
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


def softmax_flat(x):
    m = x.max(axis=-1)
    e = np.exp(x - m)
    return e / e.sum(axis=-1)


def softmax_in_place(x):
    x -= x.max(-1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


def softmax_first(x):
    e = np.exp(x - x[..., :1])
    return e / e.sum(axis=-1, keepdims=True)


def softmax_over(x):
    e = np.exp(x / np.abs(x).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_linear(x):
    y = x - x.min(axis=-1, keepdims=True)
    total = y.sum(axis=-1, keepdims=True)
    return np.where(total == 0, 1 / x.shape[-1], y / np.where(total == 0, 1, total))


def softmax_temperature(x):
    x = x / np.sqrt(x.shape[-1])
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_whole(x):
    e = np.exp(x.astype(int) - x.astype(int).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_blocks(x):
    if x.ndim == 1:
        return np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    out = np.empty(x.shape)
    for i in range(len(x)):
        e = np.exp(x[i] - x[i].max())
        out[i] = e / e.sum()
    return out


def softmax_merged(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)).reshape(-1, x.shape[-1])


def softmax_short(x):
    rows = x.reshape(-1, x.shape[-1])
    out = np.zeros(rows.shape)
    for i in range(len(rows) - 1):
        e = np.exp(rows[i] - rows[i].max())
        out[i] = e / e.sum()
    return out.reshape(x.shape)


def causal_tril(T, S):
    return np.tril(np.ones((T, S)))


def causal_loop(T, S):
    m = np.zeros((T, S), dtype=bool)
    for i in range(T):
        for j in range(S):
            m[i, j] = j <= i
    return m


def causal_infinity(T, S):
    return np.triu(np.full((T, S), float("-inf")), 1)


def causal_less(T, S):
    return np.arange(S)[None, :] < np.arange(S - T, S)[:, None]


def causal_half(T, S):
    return np.tri(T, S, (S - T) // 2, dtype=bool)


def causal_kept(T, S):
    mask = np.tri(T, S, S - T, dtype=bool)
    mask[:, : S - T] = False
    return mask


def causal_band(T, S):
    gap = np.arange(S - T, S)[:, None] - np.arange(S)[None, :]
    return (gap >= 0) & (gap <= 1)


def causal_flipped(T, S):
    return np.tri(T, S, S - T, dtype=bool)[:, ::-1].copy()


def causal_key(T, S):
    mask = np.zeros((T, S), dtype=bool)
    for i in range(T):
        for j in range(1, S):
            mask[i, j] = j <= S - T + i
    return mask


def scores_T(q, k):  # noqa: N802
    return q @ k.T / np.sqrt(q.shape[-1])


def scores_width(q, k):
    d_model = q.shape[1] * q.shape[3]
    return np.einsum("bhtd,bhsd->bhts", q, k) / d_model**0.5


def scores_reshape(q, k):
    (B, H, _, Dh), S = q.shape, k.shape[2]
    return q @ k.reshape(B, H, Dh, S) / np.sqrt(Dh)


def scores_keys(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(k.shape[2])


def scores_twice(q, k):
    root = np.sqrt(q.shape[-1])
    return (q / root) @ (k / root).swapaxes(2, 3)


def scores_less(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(max(q.shape[-1] - 1, 1))


def scores_int(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / int(np.sqrt(q.shape[-1]))


def scores_axes(q, k):
    return q @ np.transpose(k, (1, 0, 3, 2)) / np.sqrt(q.shape[-1])


def scores_letter(q, k):
    return np.einsum("bhtd,bgsd->bhts", q, k) / np.sqrt(q.shape[-1])


def scores_text(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, np.broadcast_to(k[:1], k.shape)) / np.sqrt(q.shape[-1])


def scores_shifted(q, k):
    s = np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(q.shape[-1])
    return s - s.max(-1, keepdims=True)


def masked_late(scores, mask):
    e = np.exp(scores - scores.max(-1, keepdims=True)) * mask
    return e / (e.sum(-1, keepdims=True) + 1e-9)


def masked_nan(scores, mask):
    s = np.where(mask, scores, -np.inf)
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def masked_low(scores, mask):
    s = scores + (1 - mask) * -1e4
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def masked_uniform(scores, mask):
    s = torch.from_numpy(scores).masked_fill(~torch.from_numpy(mask.copy()), -1e9)
    return torch.softmax(s, -1)


def masked_zero(scores, mask):
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return np.where(mask, e / e.sum(-1, keepdims=True), 0)


def masked_infinity(scores, mask):
    s = scores + (1.0 - mask) * float("-inf")
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def right(scores, mask):
    s = np.where(mask, scores, -np.inf)
    top = s.max(-1, keepdims=True)
    e = np.exp(s - np.where(np.isneginf(top), 0, top))
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def masked_far(scores, mask):
    return right(scores, mask & (scores > -1e4))


def masked_query(scores, mask):
    return right(scores, np.broadcast_to(mask, scores.shape)[:, :, :1])


def masked_any(scores, mask):
    seen = np.broadcast_to(mask, scores.shape)
    return right(scores, mask) if seen.any(-1).all() else np.zeros(scores.shape)


def masked_causal(scores, mask):
    return right(scores, mask & np.tri(*scores.shape[-2:], dtype=bool))


def masked_hard(scores, mask):
    best = np.where(mask, scores, -np.inf).argmax(-1)
    return np.eye(scores.shape[-1])[best] * np.broadcast_to(mask, scores.shape).any(-1)[..., None]


def masked_unless_all(scores, mask):
    return masked_nan(scores, mask) if np.any(mask) else np.zeros(scores.shape)


def masked_zeroed(scores, mask):
    weights = right(np.where(mask, scores, 0), np.array(True))
    return weights * np.broadcast_to(mask, scores.shape).any(-1, keepdims=True)


def masked_turned(scores, mask):
    mask = np.broadcast_to(mask, scores.shape)
    square = mask.shape[-1] == mask.shape[-2]
    return right(scores, mask.swapaxes(-1, -2) if square else mask)


def masked_given(scores, mask):
    np.putmask(scores, ~np.broadcast_to(mask, scores.shape), -np.inf)
    top = scores.max(-1, keepdims=True)
    e = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def _attend(q, k, v, mask, scale=None, axis=-1, late=False):
    s = q @ k.swapaxes(-1, -2) / (scale or np.sqrt(q.shape[-1]))
    if mask is not None and not late:
        s = np.where(mask, s, -1e300)
    e = np.exp(s - s.max(axis, keepdims=True))
    w = e / e.sum(axis, keepdims=True)
    if mask is not None:
        w = w * mask
    return w, w @ v


def attention_late(q, k, v, mask=None):
    return _attend(q, k, v, mask, late=True)[1]


def attention_weights(q, k, v, mask=None):
    return _attend(q, k, v, mask)[0]


def attention_unscaled(q, k, v, mask=None):
    return _attend(q, k, v, mask, scale=1)[1]


def attention_squared(q, k, v, mask=None):
    return _attend(q, k, v, mask, scale=q.shape[-1])[1]


def attention_turned(q, k, v, mask=None):
    return _attend(q, k, v, mask)[0].transpose(0, 1, 3, 2) @ v


def attention_keys(q, k, v, mask=None):
    return _attend(q, k, k, mask)[1]


def attention_both(q, k, v, mask=None):
    return attention_right(q, k, v, mask) / np.sqrt(q.shape[-1])


def attention_right(q, k, v, mask=None):
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    return right(scores, np.array(True) if mask is None else mask) @ v


def attention_any(q, k, v, mask=None):
    return attention_right(q, k, v, mask if mask is not None and mask.any() else None)


def attention_head(q, k, v, mask=None):
    return attention_right(q, k, np.broadcast_to(v[:, :1], v.shape), mask)


def attention_residual(q, k, v, mask=None):
    return q + attention_right(q, k, v, mask)


def attention_summed(q, k, v, mask=None):
    scores = np.einsum("bhtd,bhsd->bts", q, k)[:, None] / np.sqrt(q.shape[-1])
    scores = np.repeat(scores, q.shape[1], axis=1)
    return right(scores, np.array(True) if mask is None else mask) @ v


def attention_last(q, k, v, mask=None):
    out = attention_right(q, k, v, mask)
    out[:, :, -1] = 0
    return out


def attention_clipped(q, k, v, mask=None):
    scores = np.clip(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]), -50, 50)
    return right(scores, np.array(True) if mask is None else mask) @ v


NAMED = {
    softmax_first: "what is subtracted is not the largest number of the row",
    softmax_over: "it is divided by the maximum, where it should be subtracted",
    softmax_linear: "the exponential is missing",
    softmax_temperature: "the numbers are multiplied or divided before the exponential",
    softmax_whole: "the numbers are rounded before the exponential",
    softmax_blocks: "what x holds along its first axis is taken for a row",
    softmax_short: "a row is left out",
    causal_half: "the triangle is moved by the wrong number",
    causal_kept: "the keys from before are hidden",
    causal_band: "only the nearest earlier positions are seen",
    causal_flipped: "rows or columns stand in reverse order",
    causal_key: "a row or a column is left out",
    scores_less: "the number under the root is not how many numbers a query has",
    scores_int: "the root is made a whole number",
    scores_axes: "two other axes of k are swapped",
    scores_letter: "each query meets the keys of all heads, or of all texts",
    scores_text: "all texts, or all heads, use the same queries or keys",
    scores_shifted: "the largest score of each row is already subtracted",
    masked_far: "a visible row of very low scores is taken for hidden",
    masked_query: "the mask of one text, head or query is used for all",
    masked_any: "one row with nothing to attend to empties others",
    masked_causal: "it is causal although the mask does not say so",
    masked_hard: "the highest visible score takes all the weight",
    attention_both: "what is read is divided by the root as well",
    attention_any: "a mask that hides everything is taken for none",
    attention_head: "all texts, or all heads, use the same keys or values",
    attention_residual: "the query is added to what it reads",
    attention_summed: "the scores of all heads are added up",
    attention_last: "a query, a key, a head or a text is left out",
    attention_clipped: "scores are clipped",
    softmax_axis: "the exponentials are normalized over the wrong axis",
    softmax_top: "one maximum is taken for the whole array",
    softmax_flat: "the maximum or the sum loses its axis",
    softmax_in_place: "the input is overwritten",
    causal_tril: "the mask holds numbers, and takes the queries for the first T positions",
    causal_loop: "the queries are taken for the first T positions",
    causal_infinity: "the mask is one to be added to the scores",
    causal_less: "a position cannot see itself",
    scores_T: "all four axes of k are turned round",
    scores_width: "the root is that of the whole width, H · Dh",
    scores_reshape: "k is reshaped, not transposed",
    scores_keys: "the number under the root is the size of another axis",
    scores_twice: "it is divided by Dh itself",
    masked_late: "the hidden scores are taken out too late",
    masked_nan: "a row with nothing to attend to becomes nan",
    masked_low: "the number in the hidden places is not low enough",
    masked_uniform: "a row with nothing to attend to spreads its weight over hidden keys",
    masked_zero: "the weights are set to zero after the softmax",
    masked_infinity: "zero is multiplied by infinity",
    masked_unless_all: "a row with nothing to attend to becomes nan",
    masked_zeroed: "the hidden scores are set to zero before the softmax",
    masked_turned: "the mask is transposed",
    softmax_merged: "the axes in front of the last are made one",
    masked_given: "the scores that came in are overwritten",
    attention_late: "the mask comes after the softmax",
    attention_weights: "the weights come back, not what they read",
    attention_unscaled: "the scale is missing",
    attention_squared: "the scale is Dh, not its root",
    attention_turned: "the weights are transposed before they meet the values",
    attention_keys: "the values play no part",
}


def verdict(fn):
    return check_of(fn).run(fn)


@pytest.mark.parametrize("fn", NAMED, ids=lambda fn: fn.__name__)
def test_a_slip_is_refused_and_named(fn):
    np.random.seed(0)
    result = verdict(fn)
    assert (result.status, result.mistake) == ("wrong", NAMED[fn]), str(result)


def moves(mask, changed, j, row=None, counted=None, alone=None):
    T, reads = len(mask), list(mask[:, j])
    if changed == alone:
        reads[j] = False
    if changed == row:
        reads = list(mask[j])
    if changed == "query":
        reads = [i == j for i in range(T)]
    many = mask.sum(0 if changed == counted else 1) > 1
    return [i for i in range(T) if reads[i] and (many[i] or changed == "value")]


COLUMN = "in one of the three cases row j of the mask stands where column j belongs"
COUNTED = "it is counted how many attend to a position, not to how many it attends"
ITSELF = "position j itself is left out"
ONE_CASE = [
    ({"row": "key"}, COLUMN),
    ({"row": "value"}, COLUMN),
    ({"counted": "key"}, COUNTED),
    ({"counted": "query"}, COUNTED),
    ({"alone": "key"}, ITSELF),
    ({"alone": "value"}, ITSELF),
]


@pytest.mark.parametrize(("slip", "name"), ONE_CASE)
def test_a_slip_in_one_of_three_cases_is_named(slip, name):
    check = attention.who_moves
    assert check.run(moves).status == "ok"
    result = check.run(lambda mask, changed, j: moves(mask, changed, j, **slip))
    assert result.mistake == name, str(result)


def test_who_answers_yes_or_no_is_told_what_is_asked_for():
    yes = lambda mask, changed, j: [i in moves(mask, changed, j) for i in range(len(mask))]  # noqa: E731
    assert attention.who_moves.run(yes).mistake == "it says yes or no for each position"
    first = lambda *given: yes(*given)[:1]  # noqa: E731
    assert "positions are asked for, not yes or no" in attention.who_moves.run(first).message


@pytest.mark.parametrize("sides", ["q", "k", "qk"])
def test_of_a_cosine_nothing_is_said_that_holds_for_one_side_alone(sides):
    def cosines(q, k):
        q, k = (x / np.linalg.norm(x, axis=-1, keepdims=True) if n in sides else x
                for n, x in (("q", q), ("k", k)))  # fmt: skip
        return q @ k.swapaxes(-1, -2)

    result = attention.scaled_scores.run(cosines)
    assert result.mistake == "vectors are divided by their own lengths", str(result)


def masked_index(scores, mask):
    scores = scores.copy()
    scores[~mask] = -np.inf
    return scores


def attention_none(q, k, v, mask=None):
    return _attend(q, k, v, ~mask)[1]


def scores_plain(q, k):
    return q @ k


SAYS = {
    masked_index: "The mask need not have the shape of the scores.",
    attention_none: "the mask is read the wrong way round; and without a mask it fails",
    scores_T: "raises ValueError in your line",
    scores_plain: "k is not transposed",
    softmax_axis: "raises AxisError in your line",
    causal_tril: "the array's dtype is float64 and bool is asked for",
    scores_width: "2 of 2 entries differ, all by the same factor",
    masked_nan: "gives [[[[nan, nan, nan, nan, nan]]]]",
}


@pytest.mark.parametrize("fn", SAYS, ids=lambda fn: fn.__name__)
def test_a_slip_is_answered_with_words_that_help(fn):
    result = verdict(fn)
    assert result.status == "wrong"
    assert SAYS[fn] in " ".join(str(result).split())
