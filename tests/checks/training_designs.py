"""Right answers to the exercises of chapter 07, designed in other ways than the package's."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view


def batch_loop(ids, T, draw):
    rows = [ids[s : s + T + 1] for s in draw(len(ids) - T)]
    return np.array([row[:-1] for row in rows]), np.array([row[1:] for row in rows])


def batch_view(ids, T, draw):
    windows = sliding_window_view(ids, T + 1)
    chosen = windows[draw(len(windows))]
    return np.ascontiguousarray(chosen[:, :T]), np.ascontiguousarray(chosen[:, -T:])


def batch_torch(ids, T, draw):
    ids = torch.from_numpy(ids)
    starts = draw(len(ids) - T).tolist()
    x = torch.stack([ids[s : s + T] for s in starts])
    y = torch.stack([ids[s + 1 : s + 1 + T] for s in starts])
    return x, y


def batch_take(ids, T, draw):
    starts = np.asarray(draw(ids.size - T)).reshape(-1, 1)
    places = starts + np.arange(T)
    return np.take(ids, places), np.take(ids, places + 1)


def clip_torch(gradients, max_norm):
    tensors = [torch.from_numpy(g.copy()) for g in gradients]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t) for t in tensors]))
    return [t * (max_norm / norm).nan_to_num(nan=1.0).clamp(max=1.0) for t in tensors]


def clip_flat(gradients, max_norm):
    flat = np.concatenate([g.ravel() for g in gradients])
    norm = np.linalg.norm(flat)
    if norm > max_norm:
        flat = flat * (max_norm / norm)
    ends = np.cumsum([g.size for g in gradients])[:-1]
    parts = np.split(flat, ends)
    return [part.reshape(g.shape).copy() for part, g in zip(parts, gradients, strict=True)]


def clip_hypot(gradients, max_norm):
    norm = functools.reduce(math.hypot, (float(n) for g in gradients for n in g.flat), 0.0)
    if norm <= max_norm:
        return [np.array(g) for g in gradients]
    return [np.divide(g, norm / max_norm) for g in gradients]


def shares_loop(t, beta):
    weights = []
    for _ in range(t):
        weights = [1 - beta] + [beta * w for w in weights]
    return np.array(weights) / sum(weights)


def shares_impulse(t, beta):
    """Send a single gradient of 1 through the recursion, at each age in turn."""
    found = np.empty(t)
    for age in range(t):
        m = 0.0
        for step in range(1, t + 1):
            m = beta * m + (1 - beta) * (step == t - age)
        found[age] = m / (1 - beta**t)
    return found


def shares_normal(t, beta):
    powers = np.power(float(beta), np.arange(t))
    return powers / powers.sum()


def shares_torch(t, beta):
    powers = torch.tensor([beta**a for a in range(t)], dtype=torch.float64)
    return powers * (1 - beta) / (1 - beta**t)


def accumulated_average(gradients, counts):
    kept = [(g, n) for g, n in zip(gradients, counts, strict=True) if n]
    return np.average([g for g, _ in kept], axis=0, weights=[n for _, n in kept])


def accumulated_sums(gradients, counts):
    total = sum(n * np.nan_to_num(g) for g, n in zip(gradients, counts, strict=True))
    return total / sum(counts)


def accumulated_running(gradients, counts):
    """A mean that is moved towards each part in turn."""
    mean, seen = np.zeros(gradients[0].shape), 0
    for gradient, count in zip(gradients, counts, strict=True):
        if count == 0:
            continue
        seen += count
        mean = mean + (gradient - mean) * (count / seen)
    return mean


def accumulated_torch(gradients, counts):
    total = torch.zeros(gradients[0].shape, dtype=torch.float64)
    for gradient, count in zip(gradients, counts, strict=True):
        if count:
            total.add_(torch.from_numpy(gradient), alpha=count)
    return total / sum(counts)


def lr_minimum(step, lr, steps, warmup, fall):
    up = (step + 1) / warmup if warmup else 1.0
    down = (steps - step) / fall if fall else float(step < steps)
    return lr * max(0.0, min(1.0, up, down))


def lr_list(step, lr, steps, warmup, fall):
    rates = [lr * (i + 1) / warmup for i in range(warmup)]
    rates += [lr] * (steps - warmup - fall)
    rates += [lr * (fall - i) / fall for i in range(fall)]
    return float([*rates, 0.0][min(step, steps)])


def lr_interp(step, lr, steps, warmup, fall):
    if step >= steps:
        return 0.0
    at = np.array([-1, warmup - 1, steps - fall, steps], dtype=float)
    rates = np.array([0.0, lr, lr, 0.0])
    if warmup == 0:
        at, rates = at[1:], rates[1:]
    if fall == 0:
        at, rates = at[:-1], rates[:-1]
    return np.interp(step, at, rates)


def lr_pieces(step, lr, steps, warmup, fall):
    lengths = [warmup, steps - warmup - fall, fall]
    for piece, (begin, length) in enumerate(
        zip(itertools.accumulate([0, *lengths]), lengths, strict=False)
    ):
        if begin <= step < begin + length:
            done = step - begin
            return (lr * (done + 1) / length, lr, lr - lr * done / length)[piece]
    return 0.0


def adamw_torch(w, g, m, v, t, lr, beta1, beta2, eps, decay):
    p = torch.nn.Parameter(torch.from_numpy(w.copy()))
    p.grad = torch.from_numpy(g.copy())
    optimizer = torch.optim.AdamW([p], lr, (beta1, beta2), eps, decay)
    optimizer.state[p] = {
        "step": torch.tensor(float(t - 1)),
        "exp_avg": torch.from_numpy(m.copy()),
        "exp_avg_sq": torch.from_numpy(v.copy()),
    }
    optimizer.step()
    state = optimizer.state[p]
    return p.detach(), state["exp_avg"], state["exp_avg_sq"]


def adamw_step_size(w, g, m, v, t, lr, beta1, beta2, eps, decay):
    """The corrections moved into the size of the step, as Kingma and Ba note."""
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    root = math.sqrt(1 - beta2**t)
    size = lr * root / (1 - beta1**t)
    return w * (1 - lr * decay) - size * m / (np.sqrt(v) + eps * root), m, v


def adamw_loop(w, g, m, v, t, lr, beta1, beta2, eps, decay):
    new_w, new_m, new_v = (np.empty_like(w) for _ in range(3))
    for at in np.ndindex(w.shape):
        new_m[at] = beta1 * m[at] + (1 - beta1) * g[at]
        new_v[at] = beta2 * v[at] + (1 - beta2) * g[at] ** 2
        up, down = new_m[at] / (1 - beta1**t), math.sqrt(new_v[at] / (1 - beta2**t)) + eps
        new_w[at] = w[at] - lr * (decay * w[at] + up / down)
    return new_w, new_m, new_v


def overfit_weighted(make, examples, size, lrs):
    """The factors are counted, and the first rate is set before the loop."""
    model, optimizer = make()
    found = []
    for step in range(len(lrs)):
        optimizer.zero_grad()
        model.train()
        begin = 0
        while begin < len(examples):
            end = min(begin + size, len(examples))
            model.loss(examples[begin:end])
            model.backward((end - begin) / len(examples))
            begin = end
        optimizer.lr = lrs[step]
        optimizer.step()
        model.eval()
        found.append(model.loss(examples))
        model.train()
    return found


def overfit_split(make, examples, size, lrs):
    model, optimizer = make()
    parts = np.split(examples, range(size, len(examples), size))

    def read(part):
        model.loss(part)
        model.backward(len(part) / len(examples))

    def used():
        model.eval()
        return model.loss(examples)

    def step(lr):
        model.train()
        optimizer.lr = lr
        optimizer.zero_grad()
        for part in parts:
            read(part)
        optimizer.step()
        return used()

    return [step(lr) for lr in lrs]


def overfit_cleared(make, examples, size, lrs):
    """Set to zero before the first step and after each."""
    model, optimizer = make()
    optimizer.zero_grad()
    losses = []
    for lr in lrs:
        optimizer.lr = lr
        model.train()
        for start in range(0, len(examples), size):
            part = np.array(examples[start : start + size])
            model.loss(part)
            model.backward(part.shape[0] / examples.shape[0])
        optimizer.step()
        optimizer.zero_grad()
        model.eval()
        losses += [model.loss(examples)]
    return losses


RIGHT = {
    "get_batch": [batch_loop, batch_view, batch_torch, batch_take],
    "clip": [clip_torch, clip_flat, clip_hypot],
    "shares": [shares_loop, shares_impulse, shares_normal, shares_torch],
    "accumulated": [
        accumulated_average,
        accumulated_sums,
        accumulated_running,
        accumulated_torch,
    ],
    "get_lr": [lr_minimum, lr_list, lr_interp, lr_pieces],
    "adamw_step": [adamw_torch, adamw_step_size, adamw_loop],
    "overfit": [overfit_weighted, overfit_split, overfit_cleared],
}
