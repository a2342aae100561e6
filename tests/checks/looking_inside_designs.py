"""Right answers to the exercises of chapter 10, designed in other ways than the package's."""

from __future__ import annotations

import copy

import numpy as np
import torch


def share_looped(weights, where):
    """One question after the other."""
    total = np.zeros(weights.shape[1])
    for its, place in zip(weights, where, strict=True):
        total += its[:, -1, place]
    return total / len(weights)


def share_one_hot(weights, where):
    picked = np.eye(weights.shape[-1])[where]  # (N, T)
    return np.einsum("nht,nt->h", weights[:, :, -1, :], picked) / len(where)


def share_along(weights, where):
    last = weights[:, :, weights.shape[2] - 1]
    return np.take_along_axis(last, where[:, None, None], axis=-1)[..., 0].mean(0)


def share_torch(weights, where):
    last = torch.from_numpy(weights)[:, :, -1].float()
    index = torch.from_numpy(where)[:, None, None].expand(-1, last.shape[1], 1)
    return last.gather(-1, index).squeeze(-1).mean(dim=0)


def score_looped(weights, n):
    B, H, T, _ = weights.shape
    out = np.zeros(H)
    for h in range(H):
        out[h] = np.mean([weights[b, h, i, i - n + 1] for b in range(B) for i in range(n, T)])
    return out


def score_diagonal(weights, n):
    """The diagonal has one entry too many, which is the first."""
    return np.diagonal(weights, offset=1 - n, axis1=-2, axis2=-1)[..., 1:].mean(axis=(0, -1))


def score_masked(weights, n):
    T = weights.shape[-1]
    i, j = np.indices((T, T))
    wanted = (j == i - n + 1) & (i >= n)
    return (weights * wanted).sum(axis=(0, 2, 3)) / (len(weights) * wanted.sum())


def score_cut(weights, n):
    """Without the first n rows the diagonal begins in column 1."""
    lower = torch.from_numpy(weights[:, :, n:, 1:])
    return lower.diagonal(dim1=-2, dim2=-1).mean(dim=(0, 2))


def ablated_sums(out, w_o, b_o, heads, how):
    """Each head adds what it makes of its own columns; nothing is merged."""
    B, H, T, Dh = out.shape
    total = np.tile(b_o, (B, T, 1))
    for h in range(H):
        its = out[:, h]
        if h in heads:
            its = np.zeros_like(its) if how == "zero" else its.mean(axis=0)[None]
        total = total + its @ w_o[:, h * Dh : (h + 1) * Dh].T
    return total


def ablated_masked(out, w_o, b_o, heads, how):
    H, Dh = out.shape[1], out.shape[3]
    off = np.isin(np.arange(H), heads)[None, :, None, None]
    instead = 0 * out if how == "zero" else out.mean(axis=0, keepdims=True)
    x = np.where(off, instead, out)
    return np.einsum("bhtk,dhk->btd", x, w_o.reshape(-1, H, Dh)) + b_o


def ablated_subtracted(out, w_o, b_o, heads, how):
    """Take away what the heads add, from what the whole layer puts out."""
    B, H, T, _ = out.shape
    whole = np.moveaxis(out, 1, 2).reshape(B * T, -1) @ w_o.T + b_o
    gone = out.copy() if how == "zero" else out - out.mean(axis=0)
    gone[:, [h for h in range(H) if h not in heads]] = 0
    return (whole - np.moveaxis(gone, 1, 2).reshape(B * T, -1) @ w_o.T).reshape(B, T, -1)


def ablated_torch(out, w_o, b_o, heads, how):
    x = torch.from_numpy(out).clone()
    if heads:
        x[:, heads] = 0.0 if how == "zero" else x[:, heads].mean(dim=0, keepdim=True)
    merged = x.transpose(1, 2).flatten(2)
    return torch.nn.functional.linear(merged, torch.from_numpy(w_o), torch.from_numpy(b_o))


def ablated_columns(out, w_o, b_o, heads, how):
    """With zeros in columns of the matrix, and the means through what stood there."""
    H, Dh = out.shape[1], out.shape[3]
    off = np.repeat(np.isin(range(H), heads), Dh)
    merged = np.concatenate(list(out.swapaxes(0, 1)), axis=-1)
    result = merged @ np.where(off, 0, w_o).T + b_o
    if how == "mean":
        result += merged.mean(axis=0) @ np.where(off, w_o, 0).T
    return result


def lens_looped(stream, weight, bias, eps, head):
    rows = []
    for x in stream:
        mean = x.mean(-1)[..., None]
        var = ((x - mean) ** 2).mean(-1)[..., None]
        rows.append(((x - mean) * (var + eps) ** -0.5 * weight + bias) @ head.T)
    return np.stack(rows)


def lens_torch(stream, weight, bias, eps, head):
    x, weight, bias, head = map(torch.from_numpy, (stream, weight, bias, head))
    return torch.nn.functional.layer_norm(x, weight.shape, weight, bias, eps) @ head.T


def lens_folded(stream, weight, bias, eps, head):
    """Weight and bias are folded into the head, as one would to save time."""
    folded, constant = head * weight, head @ bias
    folded = folded - folded.mean(axis=1, keepdims=True)
    rstd = 1 / np.sqrt(stream.var(axis=-1) + eps)
    return np.einsum("lbtd,vd,lbt->lbtv", stream, folded, rstd) + constant


def lens_one_by_one(stream, weight, bias, eps, head):
    out = np.empty((*stream.shape[:-1], len(head)))
    for at in np.ndindex(stream.shape[:-1]):
        x = stream[at] - np.average(stream[at])
        out[at] = head @ (weight * x / np.sqrt(x @ x / len(x) + eps) + bias)
    return out


def attributed_by_what_reads(parts, weight, bias, eps, u):
    """Centre what reads, not what is read."""
    x = parts.sum(axis=0)
    reads = u * weight
    reads = (reads - reads.mean()) / np.sqrt(x.var() + eps)
    return np.concatenate([parts @ reads, [u @ bias]])


def attributed_looped(parts, weight, bias, eps, u):
    total = np.add.reduce(parts)
    D = len(total)
    std = (((total - total.sum() / D) ** 2).sum() / D + eps) ** 0.5
    shares = [sum(u * weight * (part - part.mean())) / std for part in parts]
    return np.array([*shares, float(np.dot(u, bias))])


def attributed_by_derivative(parts, weight, bias, eps, u):
    """With the deviation held, the logit is linear: its derivative times each part."""
    x = torch.from_numpy(parts).sum(0).requires_grad_()
    std = (x.var(unbiased=False) + eps).sqrt().detach()
    normed = (x - x.mean()) / std
    (slope,) = torch.autograd.grad((normed * torch.from_numpy(weight * u)).sum(), x)
    return torch.cat([torch.from_numpy(parts) @ slope, torch.tensor([float(bias @ u)])])


def attributed_matrix(parts, weight, bias, eps, u):
    D = parts.shape[1]
    centre = np.eye(D) - 1 / D
    x = np.ones(len(parts)) @ parts @ centre
    diagonal = np.diag(weight) / np.sqrt(x @ x / D + eps)
    return np.r_[parts @ centre @ diagonal @ u, bias @ u]


def restored_from_the_start(layers, read, clean, corrupted):
    """Run everything again for each site."""

    def run(x, at=None, value=None):
        for i, layer in enumerate(layers):
            x = layer(x)
            if at is not None and i == at[0]:
                x = x.copy()
                x[at[1]] = value
        return read(x)

    goods, x = [], clean
    for layer in layers:
        goods.append(x := layer(x))
    low, high = run(corrupted), run(clean)
    T = len(clean)
    return np.array(
        [
            [(run(corrupted, (i, t), goods[i][t]) - low) / (high - low) for t in range(T)]
            for i in range(len(layers))
        ]
    )


def restored_recursive(layers, read, clean, corrupted):
    """The grid of the layers behind, below the row of the first."""

    def rest(x, behind):
        for layer in behind:
            x = layer(x)
        return read(x)

    def rows(good, bad, behind):
        if not behind:
            return []
        first, *others = behind
        good, bad = first(good), first(bad)
        row = []
        for t in range(len(good)):
            mixed = np.where((np.arange(len(good)) == t)[:, None], good, bad)
            row.append(rest(mixed, others))
        return [row, *rows(good, bad, others)]

    low, high = rest(corrupted, layers), rest(clean, layers)
    return (np.array(rows(clean, corrupted, layers)) - low) / (high - low)


def restored_put_back(layers, read, clean, corrupted):
    """Write into what is kept, and put back what was there."""
    good, bad = [clean], [corrupted]
    for layer in layers:
        good.append(layer(good[-1]))
        bad.append(np.array(layer(bad[-1])))
    high, low = read(good[-1]), read(bad[-1])
    out = np.full((len(layers), len(clean)), -low, dtype=float)
    for (i, t), _ in np.ndenumerate(out.copy()):
        was = bad[i + 1][t].copy()
        bad[i + 1][t] = good[i + 1][t]
        x = copy.copy(bad[i + 1])
        for layer in layers[i + 1 :]:
            x = layer(x)
        out[i, t] += read(x)
        bad[i + 1][t] = was
    return out / (high - low)


def in_float32(fn):
    """Return ``fn`` on arrays of 32 bits, with functions that give and take such."""

    def answer(*given):
        return np.float32(fn(*map(_halved, given)))

    answer.__name__ = f"{fn.__name__}_float32"
    return answer


def _halved(value):
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32)
    return value


RIGHT = {
    "share_at": [
        share_looped,
        share_one_hot,
        share_along,
        share_torch,
        in_float32(share_along),
    ],
    "induction_score": [
        score_looped,
        score_diagonal,
        score_masked,
        score_cut,
        in_float32(score_diagonal),
    ],
    "ablated": [
        ablated_sums,
        ablated_masked,
        ablated_subtracted,
        ablated_torch,
        ablated_columns,
        in_float32(ablated_sums),
    ],
    "lens": [
        lens_looped,
        lens_torch,
        lens_folded,
        lens_one_by_one,
        in_float32(lens_looped),
    ],
    "attributed": [
        attributed_by_what_reads,
        attributed_looped,
        attributed_by_derivative,
        attributed_matrix,
        in_float32(attributed_by_what_reads),
    ],
    "restored": [
        restored_from_the_start,
        restored_recursive,
        restored_put_back,
        in_float32(restored_recursive),
    ],
}
