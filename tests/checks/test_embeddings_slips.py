"""Wrong answers as learners type them, each with what the check of chapter 02 has to say to it.

The catalogues hold the same mistakes as edits of the solution; here nothing is shared with them.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from tinytx.checks import embeddings

SLIPS = []


def slip(*names):
    """Note a wrong answer, and the names that its check has to give it; none: not named."""

    def noted(fn):
        SLIPS.append((fn, names))
        return fn

    return noted


def exercise(fn):
    """Return the check of a function that is called ``model_input_...`` and so on."""
    return next(c for n, c in embeddings.chapter.checks.items() if fn.__name__.startswith(n))


# --- model_input


@slip("one row of the position table is added everywhere")
def model_input_row(ids, tok_emb, pos_emb, scale):
    T = ids.shape[1]
    return tok_emb[ids] * scale + pos_emb[T - 1]


@slip("the number of sequences is taken for the number of positions")
def model_input_len(ids, tok_emb, pos_emb, scale):
    x = tok_emb[ids] * scale
    return x + pos_emb[: len(x)]


@slip("the row of the position table is chosen by the sequence")
def model_input_b(ids, tok_emb, pos_emb, scale):
    B, T = ids.shape
    x = np.zeros((B, T, tok_emb.shape[1]))
    for b in range(B):
        for t in range(T):
            x[b, t] = scale * tok_emb[ids[b][t]] + pos_emb[b]
    return x


@slip("the row of the position table is chosen by the token")
def model_input_list(ids, tok_emb, pos_emb, scale):
    return np.array([[scale * tok_emb[i] + pos_emb[i] for i in row] for row in ids])


@slip("the scale multiplies the positions too")
def model_input_brackets(ids, tok_emb, pos_emb, scale):
    return (np.take(tok_emb, ids, axis=0) + pos_emb[np.arange(ids.shape[1])]) * scale


@slip("the scale is forgotten")
def model_input_torch(ids, tok_emb, pos_emb, scale):
    x = torch.nn.functional.embedding(torch.tensor(ids), torch.tensor(tok_emb))
    return x + torch.tensor(pos_emb)[: ids.shape[1]]


@slip("the positions are counted from 1")
def model_input_enumerate(ids, tok_emb, pos_emb, scale):
    out = np.empty(ids.shape + tok_emb.shape[1:])
    for b, row in enumerate(ids):
        for t, i in enumerate(row, 1):
            out[b, t - 1] = tok_emb[i] * scale + pos_emb[t]
    return out


@slip("the positions run on from one sequence to the next")
def model_input_flat(ids, tok_emb, pos_emb, scale):
    x = scale * tok_emb[ids.ravel()] + pos_emb[: ids.size]
    return x.reshape(*ids.shape, -1)


@slip("columns are looked up instead of rows")
def model_input_columns(ids, tok_emb, pos_emb, scale):
    return scale * tok_emb[:, ids] + pos_emb[: ids.shape[1]]


@slip("a table is overwritten")
def model_input_place(ids, tok_emb, pos_emb, scale):
    tok_emb *= scale
    return tok_emb[ids] + pos_emb[: ids.shape[1]]


@slip("the positions are never added")
def model_input_half(ids, tok_emb, pos_emb, scale):
    x = tok_emb[ids] * scale
    pos_emb[: ids.shape[1]]
    return x


@slip("the scale is computed, and not taken as it is given")
def model_input_vaswani(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids] * math.sqrt(tok_emb.shape[-1]) + pos_emb[: ids.shape[1]]


@slip("the scale is forgotten", "the positions are counted from 1")
def model_input_two_a(ids, tok_emb, pos_emb, scale):
    T = ids.shape[1]
    return tok_emb[ids] + pos_emb[1 : T + 1]


@slip("the scale multiplies the positions too", "the positions are subtracted")
def model_input_two_b(ids, tok_emb, pos_emb, scale):
    return scale * (tok_emb[ids] - pos_emb[: ids.shape[1]])


@slip("the scale is forgotten", "the row of the position table is chosen by the token")
def model_input_two_c(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids] + pos_emb[ids]


@slip("only the first sequence is looked up", "the scale is forgotten")
def model_input_two_d(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids[0]] + pos_emb[: ids.shape[1]]


@slip("the scale divides", "the last rows of the position table are used")
def model_input_two_e(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids] / scale + pos_emb[-ids.shape[1] :]


@slip("the digits of the scale after the point are lost")
def model_input_int(ids, tok_emb, pos_emb, scale):
    return int(scale) * tok_emb[ids] + pos_emb[: ids.shape[1]]


@slip()
def model_input_or(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids] * (scale or 1) + pos_emb[: ids.shape[1]]


@slip()
def model_input_bytes(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids.astype(np.uint8)] * scale + pos_emb[: ids.shape[1]]


@slip("id 0 is taken for padding")
def model_input_padding(ids, tok_emb, pos_emb, scale):
    x = tok_emb[ids] * scale
    x[ids == 0] = 0
    return x + pos_emb[: ids.shape[1]]


@slip("ids are counted from 1")
def model_input_less(ids, tok_emb, pos_emb, scale):
    return tok_emb[ids - 1] * scale + pos_emb[: ids.shape[1]]


@slip("only one sequence gets positions")
def model_input_first(ids, tok_emb, pos_emb, scale):
    x = tok_emb[ids] * scale
    x[0] += pos_emb[: ids.shape[1]]
    return x


# --- nearest


@slip("the lengths of the rows are not divided out")
def nearest_dots(weight, id, n):
    return [int(i) for i in np.argsort(-weight @ weight[id]) if i != id][:n]


@slip("the lengths of the rows are not divided out")
def nearest_dots_below_every_cosine(weight, id, n):
    dots = weight @ weight[id]
    dots[id] = -2  # many a product is lower
    return np.argsort(-dots)[:n].tolist()


@slip("the lengths of the rows are not divided out")
def nearest_norm(weight, id, n):
    unit = weight / np.linalg.norm(weight)
    order = np.argsort(unit @ unit[id])[::-1].tolist()
    order.remove(id)
    return order[:n]


@slip("the distance is measured, and not the angle")
def nearest_far(weight, id, n):
    far = ((weight - weight[id]) ** 2).sum(1)
    return sorted(set(range(len(weight))) - {id}, key=far.__getitem__)[:n]


@slip("the first of the list is taken for the token itself")
def nearest_first(weight, id, n):
    lengths = np.sqrt((weight**2).sum(axis=1))
    cos = weight @ weight[id] / (lengths * lengths[id])
    return list(np.argsort(-cos)[1 : n + 1])


@slip("the token is its own neighbour")
def nearest_itself(weight, id, n):
    unit = torch.nn.functional.normalize(torch.tensor(weight), dim=1)
    return torch.argsort(-(unit @ unit[id]), stable=True)[:n].tolist()


@slip("the least alike come out")
def nearest_least(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1)[:, None]
    order = [i for i in np.argsort(unit @ unit[id]) if i != id]
    return [int(i) for i in order[:n]]


@slip("the nearest comes last")
def nearest_last(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1)[:, None]
    cos = unit @ unit[id]
    cos[id] = -9
    return cos.argsort()[-n:].tolist()


@slip("its own similarity is set to 0")
def nearest_zero(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1)[:, None]
    cos = unit @ unit.T
    np.fill_diagonal(cos, 0)
    return np.argsort(cos[id])[::-1][:n].tolist()


@slip("the ids have moved with a deleted row")
def nearest_deleted(weight, id, n):
    others = np.delete(weight, id, axis=0)
    cos = others @ weight[id] / np.linalg.norm(others, axis=1)
    return np.argsort(-cos)[:n].tolist()


@slip("opposite rows count as alike")
def nearest_square(weight, id, n):
    cos = (weight @ weight[id]) ** 2 / (weight**2).sum(1)
    return [int(i) for i in np.argsort(-cos, kind="stable") if i != id][:n]


@slip("all rows of its direction are left out with it")
def nearest_less(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    cos = unit @ unit[id]
    return [int(i) for i in np.argsort(-cos) if cos[i] < 1 - 1e-9][:n]


@slip("it is divided by the square of the length")
def nearest_squares(weight, id, n):
    cos = weight @ weight[id] / (np.sum(weight**2, 1) * np.sum(weight[id] ** 2))
    cos[id] = -np.inf
    return np.argsort(cos)[::-1][:n].tolist()


@slip()
def nearest_is(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    return [i for i in np.argsort(-(unit @ unit[id])).tolist() if i is not id][:n]


@slip("the lengths of the rows are not divided out", "the token is its own neighbour")
def nearest_two_a(weight, id, n):
    return np.argsort(weight @ weight[id])[::-1][:n].tolist()


@slip("the lengths of the rows are not divided out", "the least alike come out")
def nearest_two_b(weight, id, n):
    return [int(i) for i in np.argsort(weight @ weight[id]) if i != id][:n]


@slip("the distance is measured, and not the angle", "the ids are sorted by their number")
def nearest_two_c(weight, id, n):
    far = np.abs(np.linalg.norm(weight - weight[id], axis=1))
    far[id] = np.inf
    return sorted(np.argsort(far)[:n].tolist())


@slip("the columns are brought to length one, and not the rows", "the token is its own neighbour")
def nearest_two_d(weight, id, n):
    unit = weight / np.sqrt((weight**2).sum(axis=0, keepdims=True))
    return np.argsort(-(unit @ unit[id]), kind="stable")[:n].tolist()


@slip("opposite rows count as alike", "one neighbour too few comes out")
def nearest_two_e(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1)[:, None]
    order = np.argsort(-np.abs(unit @ unit[id]))[:n]
    return [int(i) for i in order if i != id]


@slip("equal rows are left out with the token")
def nearest_equal_rows(weight, id, n):
    cos = weight @ weight[id] / np.linalg.norm(weight, axis=1)
    order = np.argsort(-cos).tolist()
    return [i for i in order if not np.array_equal(weight[i], weight[id])][:n]


@slip("short rows are not brought to length one")
def nearest_at_least_one(weight, id, n):
    cos = weight @ weight[id] / np.maximum(np.linalg.norm(weight, axis=1), 1)
    cos[id] = -np.inf
    return np.argsort(-cos)[:n].tolist()


@slip("the ids have moved with a deleted row")
def nearest_plus_one(weight, id, n):
    cos = weight @ weight[id] / np.linalg.norm(weight, axis=1)
    return (np.argsort(-np.delete(cos, id))[:n] + 1).tolist()


@slip("the ranks come out, and not the ids")
def nearest_ranks(weight, id, n):
    cos = weight @ weight[id] / np.linalg.norm(weight, axis=1)
    cos[id] = -np.inf
    return (-cos).argsort().argsort()[:n].tolist()


@slip("negative cosines are cut to 0")
def nearest_relu(weight, id, n):
    cos = weight @ weight[id] / np.linalg.norm(weight, axis=1)
    others = [i for i in range(len(weight)) if i != id]
    return sorted(others, key=lambda i: -max(cos[i], 0))[:n]


# --- sinusoids


@slip("all sines come first, and then all cosines")
def sinusoids_halves(positions, d_model):
    w = 10000.0 ** (-2 * np.arange(d_model // 2) / d_model)
    a = positions[:, :, None] * w
    return np.concatenate([np.sin(a), np.cos(a)], axis=-1)


@slip("sine and cosine are swapped")
def sinusoids_swapped(positions, d_model):
    a = positions[:, :, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.cos(a), np.sin(a)], -1).reshape(*positions.shape, -1)


@slip("the exponent is i / D")
def sinusoids_i(positions, d_model):
    out = np.zeros((*positions.shape, d_model))
    for i in range(d_model // 2):
        out[:, :, 2 * i] = np.sin(positions / 10000 ** (i / d_model))
        out[:, :, 2 * i + 1] = np.cos(positions / 10000 ** (i / d_model))
    return out


@slip("the exponent counts the 2 twice")
def sinusoids_twice(positions, d_model):
    out = np.zeros((*positions.shape, d_model))
    for i in range(0, d_model, 2):
        out[..., i] = np.sin(positions / 10000 ** (2 * i / d_model))
        out[..., i + 1] = np.cos(positions / 10000 ** (2 * i / d_model))
    return out


@slip("sine and cosine of a pair turn at different speeds")
def sinusoids_columns(positions, d_model):
    i = np.arange(d_model)
    angle = positions[..., None] / np.power(10000, i / d_model)
    return np.where(i % 2 == 0, np.sin(angle), np.cos(angle))


@slip("the hands turn ever faster")
def sinusoids_times(positions, d_model):
    a = positions[..., None] * 10000 ** (np.arange(0, d_model, 2) / d_model)
    out = np.empty((*positions.shape, d_model))
    out[..., ::2], out[..., 1::2] = np.sin(a), np.cos(a)
    return out


@slip("the positions are counted anew from 0")
def sinusoids_arange(positions, d_model):
    B, T = positions.shape
    w = np.exp(-np.log(10000.0) * np.arange(0, d_model, 2) / d_model)
    out = np.zeros((B, T, d_model))
    for t in range(T):
        out[:, t, 0::2] = np.sin(t * w)
        out[:, t, 1::2] = np.cos(t * w)
    return out


@slip("a table of all positions comes out")
def sinusoids_table(positions, d_model):
    p = np.arange(positions.max() + 1)[:, None]
    a = p / 10000.0 ** (np.arange(0, d_model, 2) / d_model)
    table = np.zeros((len(p), d_model))
    table[:, 0::2], table[:, 1::2] = np.sin(a), np.cos(a)
    return table


@slip("the pairs have an axis of their own")
def sinusoids_stack(positions, d_model):
    a = positions[..., None] * 10000.0 ** (-np.arange(0, d_model, 2) / d_model)
    return np.stack((np.sin(a), np.cos(a)), axis=-1)


@slip("the base is another one")
def sinusoids_exp(positions, d_model):
    a = positions[..., None] * np.exp(-np.arange(0, d_model, 2) / d_model)
    out = np.empty((*positions.shape, d_model))
    out[..., ::2], out[..., 1::2] = np.sin(a), np.cos(a)
    return out


@slip("the slowest hand gets exactly the speed 1/10000")
def sinusoids_linspace(positions, d_model):
    half = d_model // 2
    w = 10000.0 ** (-np.arange(half) / np.float64(half - 1))
    a = positions[..., None] * w
    return np.stack([np.sin(a), np.cos(a)], -1).reshape(*positions.shape, d_model)


@slip("the exponent is rounded to a whole number")
def sinusoids_floor(positions, d_model):
    a = positions[..., None] * 10000.0 ** (-np.arange(0, d_model, 2) // d_model)
    return np.stack([np.sin(a), np.cos(a)], -1).reshape(*positions.shape, d_model)


@slip("the pairs are counted from 1")
def sinusoids_from_one(positions, d_model):
    a = [positions / 10000 ** (2 * i / d_model) for i in range(1, d_model // 2 + 1)]
    return np.stack([f(x) for x in a for f in (np.sin, np.cos)], axis=-1)


@slip("sine and cosine are swapped", "all sines come first, and then all cosines")
def sinusoids_two_a(positions, d_model):
    a = positions[..., None] * 10000.0 ** (-np.arange(0, d_model, 2) / d_model)
    return np.concatenate([np.cos(a), np.sin(a)], axis=-1)


@slip("the exponent is i / D", "all sines come first, and then all cosines")
def sinusoids_two_b(positions, d_model):
    a = positions[..., None] * 10000.0 ** (-np.arange(d_model // 2) / d_model)
    return np.concatenate([np.sin(a), np.cos(a)], axis=-1)


@slip("the positions are counted from 1", "the exponent counts the 2 twice")
def sinusoids_two_c(positions, d_model):
    out = np.zeros((*positions.shape, d_model))
    for i in range(0, d_model, 2):
        a = (positions + 1) / 10000 ** (2 * i / d_model)
        out[..., i], out[..., i + 1] = np.sin(a), np.cos(a)
    return out


@slip("sine and cosine are swapped", "the hands turn ever faster")
def sinusoids_two_d(positions, d_model):
    i = torch.arange(0, d_model, 2).double()
    a = torch.tensor(positions)[..., None] * 10000 ** (i / d_model)
    return torch.stack([a.cos(), a.sin()], -1).flatten(2)


@slip("the base is another one", "the positions are counted anew from 0")
def sinusoids_two_e(positions, d_model):
    a = np.arange(positions.shape[1])[:, None] / 1000 ** (np.arange(0, d_model, 2) / d_model)
    one = np.stack([np.sin(a), np.cos(a)], -1).reshape(-1, d_model)
    return np.array([one] * len(positions))


@slip("the sign of the cosine is lost")
def sinusoids_root(positions, d_model):
    angle = positions[..., None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    s = np.sin(angle)
    return np.stack([s, np.sqrt(1 - s * s)], axis=-1).reshape(*positions.shape, d_model)


@slip("large positions are treated as smaller ones")
def sinusoids_bytes(positions, d_model):
    angle = positions.astype(np.uint8)[..., None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(*positions.shape, d_model)


@slip("the positions are counted anew from 0")
def sinusoids_from_first(positions, d_model):
    angle = (positions - positions[:, :1])[..., None]
    angle = angle / 10000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(*positions.shape, d_model)


# --- shift


def turns(D, k):
    return k * 10000.0 ** (-np.arange(0, D, 2) / D)


@slip("the hands turn backwards")
def shift_textbook(x, k):
    D = x.shape[1]
    R = np.zeros((D, D))
    for i, a in enumerate(turns(D, k)):
        c, s = np.cos(a), np.sin(a)
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, -s], [s, c]]
    return x @ R.T


@slip("a minus is missing")
def shift_plus(x, k):
    y = np.zeros(x.shape)
    for i, a in enumerate(turns(x.shape[1], k)):
        y[:, 2 * i] = x[:, 2 * i] * np.cos(a) + x[:, 2 * i + 1] * np.sin(a)
        y[:, 2 * i + 1] = x[:, 2 * i] * np.sin(a) + x[:, 2 * i + 1] * np.cos(a)
    return y


@slip("the second number of a pair is made from the new first one")
def shift_in_place(x, k):
    a = turns(x.shape[1], k)
    x[:, ::2] = x[:, ::2] * np.cos(a) + x[:, 1::2] * np.sin(a)
    x[:, 1::2] = x[:, 1::2] * np.cos(a) - x[:, ::2] * np.sin(a)
    return x


@slip("the second number of a pair is made from the new first one")
def shift_copied(x, k):
    y = x.copy()
    for i, a in enumerate(turns(x.shape[1], k)):
        y[:, 2 * i] = y[:, 2 * i] * np.cos(a) + y[:, 2 * i + 1] * np.sin(a)
        y[:, 2 * i + 1] = y[:, 2 * i + 1] * np.cos(a) - y[:, 2 * i] * np.sin(a)
    return y


@slip("the columns are paired across two halves")
def shift_halves(x, k):
    half = x.shape[1] // 2
    a, b, t = x[:, :half], x[:, half:], turns(x.shape[1], k)
    return np.concatenate([a * np.cos(t) + b * np.sin(t), b * np.cos(t) - a * np.sin(t)], 1)


@slip("all pairs turn by the same angle")
def shift_one(x, k):
    z = (x[:, 1::2] + 1j * x[:, 0::2]) * np.exp(1j * k)
    return np.stack([z.imag, z.real], -1).reshape(x.shape)


@slip("the rows move, and not the hands")
def shift_roll(x, k):
    return np.roll(x, k, 0)


@slip("a negative k is taken for another")
def shift_range(x, k):
    z = x[:, 1::2] + 1j * x[:, 0::2]
    for _ in range(k):
        z = z * np.exp(1j * turns(x.shape[1], 1))
    return np.stack([z.imag, z.real], -1).reshape(x.shape)


@slip("the length of the pairs is lost")
def shift_angles(x, k):
    p = np.arctan2(x[:, 0::2], x[:, 1::2]) + turns(x.shape[1], k)
    return np.stack([np.sin(p), np.cos(p)], -1).reshape(x.shape)


@slip("the rows are taken for positions 0, 1, 2")
def shift_rows(x, k):
    D = x.shape[1]
    a = (np.arange(len(x)) + k)[:, None] * turns(D, 1)
    return np.stack([np.sin(a), np.cos(a)], -1).reshape(x.shape)


@slip("the two numbers of a pair are not mixed")
def shift_product(x, k):
    row = np.stack([np.sin(turns(x.shape[1], k)), np.cos(turns(x.shape[1], k))], -1)
    return x * row.reshape(-1)


@slip("the row of position k is added")
def shift_sum(x, k):
    row = np.stack([np.sin(turns(x.shape[1], k)), np.cos(turns(x.shape[1], k))], -1)
    return x + row.reshape(-1)


@slip("the matrix meets the columns of x, and not its rows")
def shift_left(x, k):
    D = x.shape[1]
    R = np.zeros((D, D))
    for i, a in enumerate(turns(D, k)):
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]
    return R @ x


@slip("the input is overwritten")
def shift_spoils(x, k):
    a, b, t = x[:, ::2].copy(), x[:, 1::2].copy(), turns(x.shape[1], k)
    x[:, ::2] = a * np.cos(t) + b * np.sin(t)
    x[:, 1::2] = b * np.cos(t) - a * np.sin(t)
    return x


@slip("the hands turn backwards", "the columns are paired across two halves")
def shift_two_a(x, k):
    half = x.shape[1] // 2
    a, b, t = x[:, :half], x[:, half:], turns(x.shape[1], k)
    return np.concatenate([a * np.cos(t) - b * np.sin(t), b * np.cos(t) + a * np.sin(t)], 1)


@slip("a minus is missing", "all pairs turn by the same angle")
def shift_two_b(x, k):
    c, s = math.cos(k), math.sin(k)
    y = np.empty_like(x)
    y[:, ::2] = c * x[:, ::2] + s * x[:, 1::2]
    y[:, 1::2] = s * x[:, ::2] + c * x[:, 1::2]
    return y


@slip("the hands turn backwards", "the pairs turn at other speeds")
def shift_two_c(x, k):
    y = np.empty_like(x)
    for i in range(0, x.shape[1], 2):
        a = k / 10000 ** (2 * i / x.shape[1])
        y[:, i] = np.cos(a) * x[:, i] - np.sin(a) * x[:, i + 1]
        y[:, i + 1] = np.sin(a) * x[:, i] + np.cos(a) * x[:, i + 1]
    return y


@slip("the shift is always by one position", "the hands turn backwards")
def shift_two_d(x, k):
    z = (x[:, 1::2] + 1j * x[:, 0::2]) * np.exp(-1j * turns(x.shape[1], 1))
    return np.stack([z.imag, z.real], -1).reshape(x.shape)


@slip("the base is another one", "the second number of a pair is made from the new first one")
def shift_two_e(x, k):
    y = x.copy()
    a = k / 1000.0 ** (np.arange(0, x.shape[1], 2) / x.shape[1])
    y[:, ::2] = y[:, ::2] * np.cos(a) + y[:, 1::2] * np.sin(a)
    y[:, 1::2] = y[:, 1::2] * np.cos(a) - y[:, ::2] * np.sin(a)
    return y


@slip("not all pairs are turned")
def shift_first_pair(x, k):
    out = x.copy()
    a, b = x[:, 0], x[:, 1]
    out[:, 0] = a * np.cos(k) + b * np.sin(k)
    out[:, 1] = b * np.cos(k) - a * np.sin(k)
    return out


@slip("the length of the pairs is lost")
def shift_unit(x, k):
    T, D = x.shape
    w = k / 10000 ** (np.arange(0, D, 2) / D)
    a, b = x[:, ::2], x[:, 1::2]
    pairs = np.stack([a * np.cos(w) + b * np.sin(w), b * np.cos(w) - a * np.sin(w)], axis=-1)
    return (pairs / np.maximum(np.linalg.norm(pairs, axis=-1, keepdims=True), 1e-9)).reshape(T, D)


@slip("the angle of a pair is read off one of its numbers alone")
def shift_arcsin(x, k):
    a, r = x[:, 0::2], np.hypot(x[:, 0::2], x[:, 1::2])
    p = np.arcsin(np.divide(a, r, out=np.zeros_like(r), where=r > 0)) + turns(x.shape[1], k)
    return np.stack([r * np.sin(p), r * np.cos(p)], -1).reshape(x.shape)


@slip("the angle of a pair is read off one of its numbers alone")
def shift_arccos(x, k):
    r = np.hypot(x[:, 0::2], x[:, 1::2])
    p = np.arccos(x[:, 1::2] / r) + turns(x.shape[1], k)
    return np.stack([r * np.sin(p), r * np.cos(p)], -1).reshape(x.shape)


# --- table_gradients


@slip("a token that comes twice counts once")
def table_gradients_assigned(ids, dx, h, dlogits, context_length):
    dE, dP = np.zeros((dlogits.shape[2], dx.shape[2])), np.zeros((context_length, dx.shape[2]))
    for b, t in np.ndindex(ids.shape):
        dE[ids[b, t]] = dx[b, t]
        dP[t] += dx[b, t]
    return dE + np.einsum("btv,btd->vd", dlogits, h), dP


@slip("a token that comes twice counts once")
def table_gradients_once(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h)
    dE[ids] += dx
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("one part overwrites the other")
def table_gradients_set(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h)
    for b, t in np.ndindex(ids.shape):
        dE[ids[b, t]] = dx[b, t]
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] += dx.sum(0)
    return dE, dP


@slip("the head's part is missing")
def table_gradients_below(ids, dx, h, dlogits, context_length):
    dE, dP = np.zeros((dlogits.shape[2], dx.shape[2])), np.zeros((context_length, dx.shape[2]))
    for b, t in np.ndindex(ids.shape):
        dE[ids[b, t]] += dx[b, t]
        dP[t] += dx[b, t]
    return dE, dP


@slip("the lookup's part is missing")
def table_gradients_above(ids, dx, h, dlogits, context_length):
    dE = np.tensordot(dlogits, h, axes=([0, 1], [0, 1]))
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] = dx.sum(axis=0)
    return dE, dP


@slip("the position's gradient comes from one sequence only")
def table_gradients_last(ids, dx, h, dlogits, context_length):
    dE, dP = np.zeros((dlogits.shape[2], dx.shape[2])), np.zeros((context_length, dx.shape[2]))
    for b in range(len(ids)):
        for t in range(ids.shape[1]):
            dE[ids[b, t]] += dx[b, t]
            dE += np.outer(dlogits[b, t], h[b, t])
            dP[t] = dx[b, t]
    return dE, dP


@slip("the position's gradient has a row for each position of the text only")
def table_gradients_short(ids, dx, h, dlogits, context_length):
    dE = sum(y.T @ z for y, z in zip(dlogits, h, strict=True))
    np.add.at(dE, ids, dx)
    return dE, dx.sum(0)


@slip("the position's gradient is averaged over the batch")
def table_gradients_mean(ids, dx, h, dlogits, context_length):
    dE = (dlogits.swapaxes(1, 2) @ h).sum(0)
    np.add.at(dE, ids, dx)
    return dE, np.pad(dx.mean(0), ((0, context_length - dx.shape[1]), (0, 0)))


@slip("the two results are swapped")
def table_gradients_order(ids, dx, h, dlogits, context_length):
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] = dx.sum(0)
    dE = np.einsum("btv,btd->vd", dlogits, h)
    np.add.at(dE, ids, dx)
    return dP, dE


@slip("the token table's gradient is transposed")
def table_gradients_turned(ids, dx, h, dlogits, context_length):
    onehot = np.eye(dlogits.shape[2])[ids]
    dE = np.einsum("btd,btv->dv", h, dlogits) + np.einsum("btd,btv->dv", dx, onehot)
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("the head's part is made with dx")
def table_gradients_dx(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, dx)
    np.add.at(dE, ids, dx)
    dP = np.zeros((context_length, dx.shape[2]))
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("the head's part comes from some positions only")
def table_gradients_batch(ids, dx, h, dlogits, context_length):
    dE, dP = np.zeros((dlogits.shape[2], dx.shape[2])), np.zeros((context_length, dx.shape[2]))
    for b in range(len(ids)):
        dE = dlogits[b].T @ h[b]
    np.add.at(dE, ids, dx)
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("dlogits is reshaped, not transposed")
def table_gradients_reshaped(ids, dx, h, dlogits, context_length):
    B, T, V = dlogits.shape
    dE = dlogits.reshape(V, B * T) @ h.reshape(B * T, -1)
    np.add.at(dE, ids, dx)
    dP = np.zeros((context_length, dx.shape[2]))
    dP[:T] = dx.sum(0)
    return dE, dP


@slip("the head's part is missing, and a token that comes twice counts once")
def table_gradients_two_a(ids, dx, h, dlogits, context_length):
    dE = np.zeros((dlogits.shape[-1], dx.shape[-1]))
    dE[ids] += dx
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[: ids.shape[1]] = dx.sum(0)
    return dE, dP


@slip("the lookup's part is missing", "the position's gradient is averaged over the batch")
def table_gradients_two_b(ids, dx, h, dlogits, context_length):
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[: ids.shape[1]] = dx.mean(0)
    return np.einsum("btv,btd->vd", dlogits, h), dP


@slip(
    "a token that comes twice counts once", "the position's gradient comes from one sequence only"
)
def table_gradients_two_c(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h)
    dE[ids] += dx
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[np.broadcast_to(np.arange(ids.shape[1]), ids.shape)] += dx
    return dE, dP


@slip("the head's part is made with dx", "all positions are summed into one row")
def table_gradients_two_d(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, dx)
    np.add.at(dE, ids, dx)
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[: ids.shape[1]] = dx.sum((0, 1))
    return dE, dP


@slip("the two results are swapped", "the head's part is missing")
def table_gradients_two_e(ids, dx, h, dlogits, context_length):
    dE, dP = np.zeros((dlogits.shape[2], dx.shape[2])), np.zeros((context_length, dx.shape[2]))
    np.add.at(dE, ids, dx)
    dP[: ids.shape[1]] = dx.sum(0)
    return dP, dE


@slip("a part is counted twice")
def table_gradients_twice(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h)
    np.add.at(dE, ids, dx)
    np.add.at(dE, ids, dx)
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("one of the two parts is divided")
def table_gradients_mean_of_one(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h) / ids.size
    np.add.at(dE, ids, dx)
    dP = np.zeros((context_length, dx.shape[-1]))
    dP[: dx.shape[1]] = dx.sum(0)
    return dE, dP


@slip("a token that comes twice counts once")
def table_gradients_by_position(ids, dx, h, dlogits, context_length):
    dE = np.einsum("btv,btd->vd", dlogits, h)
    dP = np.zeros((context_length, dx.shape[-1]))
    for t in range(ids.shape[1]):
        dE[ids[:, t]] += dx[:, t]
        dP[t] += dx[:, t].sum(0)
    return dE, dP


# --- blind_spots: two mistakes at once are not looked for


def swapped(ids, i, j):
    other = ids.copy()
    other[[i, j]] = other[[j, i]]
    return other


def texts(vocab_size, T, i, seed=5):
    """Return a text for each pair of tokens at i and i + 1."""
    rng = np.random.default_rng(seed)
    for a, b in itertools.combinations(range(vocab_size), 2):
        ids = rng.integers(vocab_size, size=T)
        ids[i], ids[i + 1] = a, b
        yield ids


@slip("the whole output is compared, and not its last row")
def blind_spots_whole(model, vocab_size, T):
    def same(ids, i):
        return np.allclose(model(ids.copy()), model(swapped(ids, i, i + 1)), rtol=0, atol=1e-9)

    return [i for i in range(T - 2) if all(same(ids, i) for ids in texts(vocab_size, T, i))]


@slip("nothing changes between the two runs")
def blind_spots_alias(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        seen = False
        for ids in texts(vocab_size, T, i):
            other = ids[:]
            other[i], other[i + 1] = ids[i + 1], ids[i]
            seen |= np.abs(model(ids)[-1] - model(other)[-1]).max() > 1e-9
        if not seen:
            found.append(i)
    return found


@slip("the two texts do not hold the same tokens")
def blind_spots_lost(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        worst = 0
        for ids in texts(vocab_size, T, i):
            other = ids.copy()
            other[i] = other[i + 1]
            other[i + 1] = other[i]
            worst = max(worst, np.abs(model(ids.copy())[-1] - model(other)[-1]).max())
        if worst <= 1e-9:
            found += [i]
    return found


@slip("the places where a swap is noticed are listed")
def blind_spots_noticed(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        for ids in texts(vocab_size, T, i):
            if np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9:
                found.append(i)
                break
    return found


@slip("one swap that goes unnoticed is enough")
def blind_spots_any(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        for ids in texts(vocab_size, T, i):
            if np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() <= 1e-9:
                found.append(i)
                break
    return found


@slip("rounding is taken for noticing")
def blind_spots_equal(model, vocab_size, T):
    def same(ids, i):
        return (model(ids.copy())[-1] == model(swapped(ids, i, i + 1))[-1]).all()

    return [i for i in range(T - 2) if all(same(ids, i) for ids in texts(vocab_size, T, i))]


@slip("small changes are overlooked")
def blind_spots_close(model, vocab_size, T):
    def same(ids, i):
        return np.allclose(model(ids.copy())[-1], model(swapped(ids, i, i + 1))[-1])

    return [i for i in range(T - 2) if all(same(ids, i) for ids in texts(vocab_size, T, i))]


@slip("a `model` that writes into its input spoils the experiment")
def blind_spots_written(model, vocab_size, T):
    def moved(ids, i):
        before = model(ids)[-1]
        return np.abs(before - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9

    return [i for i in range(T - 2) if not any(moved(ids, i) for ids in texts(vocab_size, T, i))]


@slip("the last token moves too")
def blind_spots_end(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        seen = False
        for a, b in itertools.permutations(range(vocab_size), 2):
            ids = np.zeros(T, int)
            ids[i], ids[-1] = a, b
            seen |= np.abs(model(ids.copy())[-1] - model(swapped(ids, i, T - 1))[-1]).max() > 1e-9
        if not seen:
            found.append(i)
    return found


@slip("the last place is asked about too")
def blind_spots_one_more(model, vocab_size, T):
    def moved(ids, i):
        return np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9

    return [i for i in range(T - 1) if not any(moved(ids, i) for ids in texts(vocab_size, T, i))]


@slip("the second of the two places is listed")
def blind_spots_second(model, vocab_size, T):
    def moved(ids, i):
        return np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9

    return [
        i for i in range(1, T - 1)
        if not any(moved(ids, i - 1) for ids in texts(vocab_size, T, i - 1))
    ]  # fmt: skip


@slip("only changes upwards are seen")
def blind_spots_sign(model, vocab_size, T):
    def moved(ids, i):
        return (model(swapped(ids, i, i + 1))[-1] - model(ids.copy())[-1]).max() > 1e-9

    return [i for i in range(T - 2) if not any(moved(ids, i) for ids in texts(vocab_size, T, i))]


@slip("only one text is tried")
def blind_spots_counted(model, vocab_size, T):
    ids = np.arange(T) % vocab_size
    last = model(ids.copy())[-1]
    return [
        i for i in range(T - 2)
        if np.abs(last - model(swapped(ids, i, i + 1))[-1]).max() <= 1e-9
    ]  # fmt: skip


@slip("not all pairs of tokens are tried")
def blind_spots_zero_one(model, vocab_size, T):
    found = []
    for i in range(T - 2):
        ids = np.zeros(T, dtype=int)
        ids[i + 1] = 1
        if np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() <= 1e-9:
            found.append(i)
    return found


@slip("the list is in descending order")
def blind_spots_down(model, vocab_size, T):
    def moved(ids, i):
        return np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9

    places = range(T - 3, -1, -1)
    return [i for i in places if not any(moved(ids, i) for ids in texts(vocab_size, T, i))]


@slip("all other tokens of your texts are 0")
def blind_spots_zeros(model, vocab_size, T):
    def moved(i, a, b):
        ids = np.zeros(T, int)
        ids[i], ids[i + 1] = a, b
        return np.abs(model(ids.copy())[-1] - model(swapped(ids, i, i + 1))[-1]).max() > 1e-9

    pairs = list(itertools.combinations(range(vocab_size), 2))
    return [i for i in range(T - 2) if not any(moved(i, *pair) for pair in pairs)]


@slip("small changes are overlooked")
def blind_spots_float32(model, vocab_size, T):
    def row(ids):
        return torch.tensor(model(ids.copy())[-1]).float()

    def moved(ids, i):
        return (row(ids) - row(swapped(ids, i, i + 1))).abs().max() > 1e-9

    return [i for i in range(T - 2) if not any(moved(ids, i) for ids in texts(vocab_size, T, i))]


@pytest.mark.parametrize(("fn", "names"), SLIPS, ids=[fn.__name__ for fn, _ in SLIPS])
def test_a_slip_is_refused_by_its_name(fn, names):
    result = exercise(fn).run(fn)
    assert result.status == "wrong"
    assert set(result.mistakes) == set(names), str(result)
