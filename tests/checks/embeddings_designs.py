"""Right answers to the exercises of chapter 02, designed in other ways than the package's."""

from __future__ import annotations

import math

import numpy as np
import torch


def input_plain(ids, tok_emb, pos_emb, scale):
    return scale * tok_emb[ids] + pos_emb[: ids.shape[1]]


def input_onehot(ids, tok_emb, pos_emb, scale):
    T = ids.shape[1]
    return scale * np.eye(len(tok_emb))[ids] @ tok_emb + np.eye(len(pos_emb))[:T] @ pos_emb


def input_loop(ids, tok_emb, pos_emb, scale):
    out = np.empty((*ids.shape, tok_emb.shape[1]))
    for b, t in np.ndindex(ids.shape):
        for d in range(tok_emb.shape[1]):
            out[b, t, d] = scale * tok_emb[ids[b, t], d] + pos_emb[t, d]
    return out


def input_torch(ids, tok_emb, pos_emb, scale):
    ids, tok_emb, pos_emb = map(torch.from_numpy, (ids, tok_emb, pos_emb))
    tokens = torch.nn.functional.embedding(ids, tok_emb)
    return scale * tokens + pos_emb[torch.arange(ids.shape[1])]


def input_in_place(ids, tok_emb, pos_emb, scale):
    x = np.take(tok_emb, ids, axis=0)
    x *= scale
    x += np.expand_dims(pos_emb[: x.shape[1]], 0)
    return x


def near_chapter(weight, id, n):
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    order = np.argsort(-unit @ unit[id])
    return order[order != id][:n].tolist()


def near_one_side(weight, id, n):
    """The length of the row that is asked about is the same for all: it need not be divided."""
    alike = weight @ weight[id] / np.sqrt((weight**2).sum(1))
    alike[id] = -np.inf
    return list(np.argsort(alike)[::-1][:n])


def near_below(weight, id, n):
    unit = weight / np.sqrt(np.sum(weight**2, axis=-1))[:, None]
    cos = unit @ unit.T
    np.fill_diagonal(cos, -2)
    return [int(i) for i in reversed(cos[id].argsort()[-n:])]


def near_sorted(weight, id, n):
    def cosine(a, b):
        return sum(a * b) / math.hypot(*a) / math.hypot(*b)

    others = [i for i in range(len(weight)) if i != id]
    return sorted(others, key=lambda i: -cosine(weight[i], weight[id]))[:n]


def near_torch(weight, id, n):
    weight = torch.from_numpy(weight)
    alike = torch.cosine_similarity(weight, weight[id : id + 1], dim=1)
    alike[id] = -3
    return alike.topk(n).indices.tolist()


def near_chord(weight, id, n):
    """Between unit rows, a short distance is a large cosine."""
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    far = np.linalg.norm(unit - unit[id], axis=1)
    far[id] = np.inf
    return far.argsort()[:n].tolist()


def clocks_stack(positions, d_model):
    angle = positions[..., None] * 10_000.0 ** (-np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(*positions.shape, d_model)


def clocks_loop(positions, d_model):
    out = np.zeros((*positions.shape, d_model))
    for b, t in np.ndindex(positions.shape):
        for i in range(d_model // 2):
            angle = positions[b, t] / 10_000 ** (2 * i / d_model)
            out[b, t, 2 * i], out[b, t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return out


def clocks_torch(positions, d_model):
    i = torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = torch.from_numpy(positions)[:, :, None] * torch.exp(-math.log(1e4) * i / d_model)
    out = torch.zeros(*positions.shape, d_model, dtype=torch.float64)
    out[..., 0::2], out[..., 1::2] = angle.sin(), angle.cos()
    return out


def clocks_powers(positions, d_model):
    """A hand as a complex number; position p is its p-th power."""
    hand = np.exp(1j * 10_000.0 ** (-np.arange(0, d_model, 2) / d_model))
    powers = hand ** positions[:, :, None]
    out = np.repeat(powers, 2, axis=2)
    return np.where(np.arange(d_model) % 2, out.real, out.imag)


def clocks_quarter(positions, d_model):
    """A cosine is a sine a quarter of a turn ahead."""
    column = np.arange(d_model)
    angle = positions[:, :, None] / 1e4 ** ((column - column % 2) / d_model)
    return np.sin(angle + column % 2 * np.pi / 2)


def shift_matrix(x, k):
    D = x.shape[1]
    rotate = np.zeros((D, D))
    for i, w in enumerate(10_000.0 ** (-np.arange(0, D, 2) / D)):
        c, s = np.cos(w * k), np.sin(w * k)
        rotate[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return x @ rotate.T


def shift_complex(x, k):
    D = x.shape[1]
    hands = x[:, 1::2] + 1j * x[:, 0::2]
    hands = hands * np.exp(1j * k * 10_000.0 ** (-np.arange(0, D, 2) / D))
    return np.stack([hands.imag, hands.real], axis=-1).reshape(x.shape)


def shift_angles(x, k):
    out = np.empty_like(x)
    for t, i in np.ndindex(len(x), x.shape[1] // 2):
        a, b = x[t, 2 * i], x[t, 2 * i + 1]
        length, angle = math.hypot(a, b), math.atan2(a, b) + k * 10_000 ** (-2 * i / x.shape[1])
        out[t, 2 * i], out[t, 2 * i + 1] = length * math.sin(angle), length * math.cos(angle)
    return out


def shift_torch(x, k):
    x = torch.from_numpy(x)
    w = k * 10_000.0 ** (-torch.arange(0, x.shape[1], 2, dtype=torch.float64) / x.shape[1])
    w = w.repeat_interleave(2)
    partner = torch.stack([x[:, 1::2], -x[:, 0::2]], -1).flatten(1)
    return x * w.cos() + partner * w.sin()


def shift_step_by_step(x, k):
    for _ in range(abs(k)):
        x = shift_matrix(x, 1 if k > 0 else -1)
    return x.copy()


def gradients_at(ids, dx, h, dlogits, context_length):
    V, D = dlogits.shape[-1], dx.shape[-1]
    tokens, places = np.zeros((V, D)), np.zeros((context_length, D))
    np.add.at(tokens, ids, dx)
    tokens += np.tensordot(dlogits, h, axes=([0, 1], [0, 1]))
    places[: ids.shape[1]] = dx.sum(0)
    return tokens, places


def gradients_onehot(ids, dx, h, dlogits, context_length):
    B, T = ids.shape
    rows = np.eye(dlogits.shape[-1])[ids]  # (B, T, V)
    tokens = (rows.swapaxes(1, 2) @ dx + dlogits.swapaxes(1, 2) @ h).sum(0)
    return tokens, np.eye(context_length)[np.tile(np.arange(T), B)].T @ dx.reshape(B * T, -1)


def gradients_loop(ids, dx, h, dlogits, context_length):
    tokens = np.zeros((dlogits.shape[-1], dx.shape[-1]))
    places = np.zeros((context_length, dx.shape[-1]))
    for b, t in np.ndindex(ids.shape):
        tokens[ids[b, t]] += dx[b, t]
        places[t] += dx[b, t]
        for v in range(len(tokens)):
            tokens[v] += dlogits[b, t, v] * h[b, t]
    return tokens, places


def gradients_torch(ids, dx, h, dlogits, context_length):
    """Autograd, on a model of nothing but its two ends."""
    ids, dx, h, dlogits = map(torch.from_numpy, (ids, dx, h, dlogits))
    E = torch.zeros(dlogits.shape[-1], dx.shape[-1], dtype=torch.float64, requires_grad=True)
    P = torch.zeros(context_length, dx.shape[-1], dtype=torch.float64, requires_grad=True)
    below = ((E[ids] + P[: ids.shape[1]]) * dx).sum()
    (below + (h @ E.T * dlogits).sum()).backward()
    return E.grad, P.grad


def gradients_index(ids, dx, h, dlogits, context_length):
    D = dx.shape[-1]
    flat = torch.from_numpy(dx).reshape(-1, D)
    tokens = torch.zeros(dlogits.shape[-1], D, dtype=torch.float64)
    tokens.index_add_(0, torch.from_numpy(ids).flatten(), flat)
    tokens += torch.from_numpy(dlogits).flatten(0, 1).T @ torch.from_numpy(h).flatten(0, 1)
    places = np.concatenate([dx, np.zeros((len(dx), context_length - dx.shape[1], D))], 1)
    return tokens, places.sum(0)


def spots_random(model, vocab_size, T):
    """Many random texts, and none of them seeded."""
    rng, found = np.random.default_rng(), []
    for i in range(T - 2):
        moved = 0.0
        for _ in range(60):
            ids = rng.integers(0, vocab_size, T)
            other = ids.copy()
            other[[i, i + 1]] = other[[i + 1, i]]
            moved = max(moved, np.abs(model(ids.copy())[-1] - model(other)[-1]).max())
        if moved <= 1e-9:
            found.append(i)
    return found


def spots_lists(model, vocab_size, T):
    def notices(i):
        for a in range(vocab_size):
            for b in range(vocab_size):
                one = [(t * t + a) % vocab_size for t in range(T)]
                one[i], one[i + 1] = a, b
                two = [*one[:i], b, a, *one[i + 2 :]]
                rows = [np.array(model(np.array(ids)))[-1] for ids in (one, two)]
                if not np.allclose(*rows, rtol=0, atol=1e-9):
                    return True
        return False

    return [i for i in range(T - 2) if not notices(i)]


def spots_set(model, vocab_size, T):
    rng = np.random.default_rng(3)
    blind = set(range(T - 2))
    for _ in range(50):
        ids = rng.integers(vocab_size, size=T)
        before = model(np.array(ids)).copy()[-1]
        for i in list(blind):
            order = np.arange(T)
            order[i], order[i + 1] = i + 1, i
            if np.max(np.abs(before - model(ids[order])[-1])) > 1e-9:
                blind.remove(i)
    return sorted(blind)


RIGHT = {
    "model_input": [input_plain, input_onehot, input_loop, input_torch, input_in_place],
    "nearest": [
        near_chapter, near_one_side, near_below, near_sorted, near_torch, near_chord,
    ],
    "sinusoids": [clocks_stack, clocks_loop, clocks_torch, clocks_powers, clocks_quarter],
    "shift": [shift_matrix, shift_complex, shift_angles, shift_torch, shift_step_by_step],
    "table_gradients": [
        gradients_at, gradients_onehot, gradients_loop, gradients_torch, gradients_index,
    ],
    "blind_spots": [spots_random, spots_lists, spots_set],
}  # fmt: skip
