"""Right answers to the exercises of chapter 13, designed in other ways than the package's."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import torch

from tinytx.manual.activation import gelu_backward, gelu_forward
from tinytx.manual.experts import balance_forward, choose, gates_forward
from tinytx.manual.masks import window_mask
from tinytx.manual.rotary import Turns, rotate_forward

C, A = math.sqrt(2 / math.pi), 0.044715


# cache_bytes


def bytes_looped(windows, sinks, n_head, n_kv_head, d_head, T, size):
    total = 0
    for window in windows:
        kept = T
        if window is not None and window + sinks < T:
            kept = window + sinks
        for _ in ("keys", "values"):
            total += kept * n_kv_head * d_head * size
    return total


def bytes_by_infinity(windows, sinks, n_head, n_kv_head, d_head, T, size):
    """A block that sees everything has a window without an end."""
    widths = [math.inf if window is None else window for window in windows]
    return sum(int(min(T, width + sinks)) for width in widths) * 2 * size * d_head * n_kv_head


def bytes_by_numpy(windows, sinks, n_head, n_kv_head, d_head, T, size):
    limits = np.array([T if w is None else w + sinks for w in windows], dtype=np.int64)
    return np.minimum(limits, T).sum() * (2 * n_kv_head * d_head * size)


def bytes_by_masks(windows, sinks, n_head, n_kv_head, d_head, T, size):
    """What the last row of each mask sees."""
    seen = [window_mask(1, T if w is None else w, sinks, S=T).sum() for w in windows]
    return int(sum(seen)) * 2 * n_kv_head * d_head * size


def bytes_by_kinds(windows, sinks, n_head, n_kv_head, d_head, T, size):
    whole = windows.count(None) * T
    rest = sum(min(T, w + sinks) for w in windows if w)
    vector = d_head * size
    return (whole + rest) * n_kv_head * (vector + vector)


def bytes_recursive(windows, sinks, *rest):
    if not windows:
        return 0
    _, n_kv_head, d_head, T, size = rest
    first = T if windows[0] is None else T - max(0, T - windows[0] - sinks)
    return 2 * first * n_kv_head * d_head * size + bytes_recursive(windows[1:], sinks, *rest)


def bytes_by_positions(windows, sinks, n_head, n_kv_head, d_head, T, size):
    """The union of the places of a window and of the sinks."""
    kept = 0
    for window in windows:
        if window is None:
            kept += T
        else:
            kept += len({*range(max(0, T - window), T), *range(min(sinks, T))})
    return kept * n_kv_head * 2 * d_head * size


def bytes_reduced(windows, sinks, n_head, n_kv_head, d_head, T, size):
    return reduce(
        lambda total, w: (
            total + n_kv_head * 2 * d_head * size * min(T, (T if w is None else w) + sinks)
        ),
        windows,
        0,
    )


# group_rmsnorm


def group_looped(x, weight, n_group, eps, dy):
    """Row by row and group by group."""
    N, D = x.shape
    size = D // n_group
    y, dx, dweight = np.zeros((N, D)), np.zeros((N, D)), np.zeros(D)
    for n in range(N):
        for g in range(n_group):
            part = slice(g * size, (g + 1) * size)
            own = x[n, part]
            rms = math.sqrt((own @ own) / size + eps)
            y[n, part] = own / rms * weight[part]
            d = dy[n, part] * weight[part]
            dx[n, part] = d / rms - own * (d @ own) / (size * rms**3)
            dweight[part] += dy[n, part] * own / rms
    return y, dx, dweight


def group_torch(x, weight, n_group, eps, dy):
    """Autograd does the backward."""
    x, weight = torch.from_numpy(x).requires_grad_(), torch.from_numpy(weight).requires_grad_()
    groups = x.unflatten(1, (n_group, -1))
    y = (groups * torch.rsqrt(groups.pow(2).mean(-1, keepdim=True) + eps)).flatten(1) * weight
    y.backward(torch.from_numpy(dy))
    return y.detach(), x.grad, weight.grad


def group_split(x, weight, n_group, eps, dy):
    """Each group is an array of its own, for all rows."""
    found = []
    parts = (np.split(a, n_group, axis=-1) for a in (x, weight, dy))
    for own, w, d in zip(*parts, strict=True):
        rms = np.sqrt(np.mean(own * own, axis=1, keepdims=True) + eps)
        xhat = own / rms
        back = d * w
        along = np.mean(back * xhat, axis=1, keepdims=True)
        found.append((xhat * w, (back - xhat * along) / rms, np.sum(d * xhat, axis=0)))
    ys, dxs, dweights = zip(*found, strict=True)
    return np.hstack(ys), np.hstack(dxs), np.concatenate(dweights)


def group_einsum(x, weight, n_group, eps, dy):
    N, D = x.shape
    size = D // n_group
    g, w, d = (a.reshape(-1, n_group, size) for a in (x, weight, dy))
    scale = (np.einsum("ngi,ngi->ng", g, g) / size + eps) ** -0.5
    y = np.einsum("ngi,ng,gi->ngi", g, scale, w[0])
    dot = np.einsum("ngi,ngi,gi->ng", g, d, w[0])
    dx = np.einsum("ng,ngi,gi->ngi", scale, d, w[0]) - np.einsum(
        "ng,ngi->ngi", scale**3 * dot / size, g
    )
    dweight = np.einsum("ngi,ng,ngi->gi", d, scale, g)
    return y.reshape(N, D), dx.reshape(N, D), dweight.reshape(D)


def group_jacobian(x, weight, n_group, eps, dy):
    """The whole matrix of slopes of each group."""
    D = x.shape[1]
    size = D // n_group
    y, dx, dweight = [], [], np.zeros(D)
    for row, d in zip(x, dy, strict=True):
        groups = row.reshape(n_group, size)
        rms = np.sqrt((groups**2).mean(axis=1) + eps)
        slopes = [
            np.eye(size) / r - np.outer(own, own) / (size * r**3)
            for own, r in zip(groups, rms, strict=True)
        ]
        back = (d * weight).reshape(n_group, size)
        xhat = (groups / rms[:, None]).reshape(-1)
        y.append(xhat * weight)
        dx.append(np.concatenate([J @ b for J, b in zip(slopes, back, strict=True)]))
        dweight += d * xhat
    return np.array(y), np.array(dx), dweight


def group_by_matrix(x, weight, n_group, eps, dy):
    """A matrix of blocks averages within each group, and spreads the mean over it."""
    D = x.shape[1]
    mean = np.kron(np.eye(n_group), np.full((D // n_group, D // n_group), n_group / D))
    rrms = (x**2 @ mean + eps) ** -0.5
    xhat = x * rrms
    back = dy * weight
    return xhat * weight, rrms * (back - xhat * ((back * xhat) @ mean)), np.diag(dy.T @ xhat).copy()


def group_repeated(x, weight, n_group, eps, dy):
    """A root for each number, the same within a group."""
    size = x.shape[1] // n_group
    starts = np.arange(0, x.shape[1], size)
    spread = lambda sums: np.repeat(sums / size, size, axis=1)  # noqa: E731
    rms = np.sqrt(spread(np.add.reduceat(x * x, starts, axis=1)) + eps)
    d = dy * weight
    dx = d / rms - x * spread(np.add.reduceat(d * x, starts, axis=1)) / rms**3
    return x / rms * weight, dx, (dy * x / rms).sum(0)


def group_rows_first(x, weight, n_group, eps, dy):
    """All groups of all rows in one matrix, the weight repeated for each row."""
    N, D = x.shape
    rows, w, d = (a.reshape(N * n_group, -1) for a in (x, np.tile(weight, (N, 1)), dy))
    rms = np.sqrt(np.square(rows).mean(1, keepdims=True) + eps)
    unit = rows / rms
    back = (d * w - unit * (d * w * unit).mean(1, keepdims=True)) / rms
    return (unit * w).reshape(N, D), back.reshape(N, D), (d * unit).reshape(N, D).sum(axis=0)


# rotate_pairs


def pairs_looped(x, start, base):
    y = np.zeros(x.shape)
    T, Dh = x.shape[2:]
    for t in range(T):
        for i in range(Dh // 2):
            angle = (start + t) * base ** (-2 * i / Dh)
            a, b = x[:, :, t, 2 * i], x[:, :, t, 2 * i + 1]
            y[:, :, t, 2 * i] = a * math.cos(angle) - b * math.sin(angle)
            y[:, :, t, 2 * i + 1] = a * math.sin(angle) + b * math.cos(angle)
    return y


def pairs_complex(x, start, base):
    """A turn is a product of complex numbers."""
    T, Dh = x.shape[2:]
    z = x[..., ::2] + 1j * x[..., 1::2]
    t, i = np.arange(start, start + T), np.arange(Dh // 2)
    z = z * np.exp(1j * np.outer(t, base ** (-2 * i / Dh)))
    return np.stack([z.real, z.imag], axis=-1).reshape(x.shape)


def pairs_viewed(x, start, base):
    """Two floats in a row are a complex number, without copying."""
    T, Dh = x.shape[2:]
    angle = np.multiply.outer(np.arange(T) + start, float(base) ** (np.arange(0, -Dh, -2) / Dh))
    z = np.ascontiguousarray(x).view(np.complex128)
    return (z * (np.cos(angle) + 1j * np.sin(angle))).view(np.float64)


def pairs_repeated(x, start, base):
    """Each angle twice in a row, and each number beside its partner."""
    T, Dh = x.shape[-2:]
    rate = np.repeat(1.0 / base ** (np.arange(0, Dh, 2) / Dh), 2)
    angle = np.arange(start, start + T)[:, None] * rate
    partner = np.stack([-x[..., 1::2], x[..., ::2]], axis=-1).reshape(x.shape)
    return x * np.cos(angle) + partner * np.sin(angle)


def pairs_matrices(x, start, base):
    """A matrix of two by two for each position and pair."""
    B, H, T, Dh = x.shape
    angle = (start + np.arange(T)[:, None]) / base ** (2 * np.arange(Dh // 2) / Dh)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])  # (2, 2, T, Dh / 2)
    points = x.reshape(B, H, T, Dh // 2, 2)
    return np.einsum("ijtp,bhtpj->bhtpi", turn, points).reshape(x.shape)


def pairs_torch(x, start, base):
    q = torch.from_numpy(x)
    T, Dh = q.shape[-2:]
    inverse = 1.0 / (base ** (torch.arange(0, Dh, 2).double() / Dh))
    angle = torch.outer(torch.arange(start, start + T).double(), inverse)
    z = torch.view_as_complex(q.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(z * torch.polar(torch.ones_like(angle), angle)).flatten(-2)


def pairs_torch_float32_angles(x, start, base):
    q = torch.from_numpy(x)
    T, Dh = q.shape[-2:]
    rate = base ** (-torch.arange(0, Dh, 2) / Dh)
    angle = torch.arange(start, start + T)[:, None] * rate
    a, b = q[..., ::2], q[..., 1::2]
    turned = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.stack(turned, dim=-1).flatten(-2)


def pairs_float32_table_alone(x, start, base):
    x = torch.tensor(x)
    T, Dh = x.shape[-2:]
    inverse = 1.0 / (base ** (torch.arange(0, Dh, 2).float() / Dh))
    angle = torch.outer(torch.arange(start, start + T).float(), inverse)
    y = torch.empty_like(x)
    y[..., 0::2] = x[..., 0::2] * angle.cos() - x[..., 1::2] * angle.sin()
    y[..., 1::2] = x[..., 0::2] * angle.sin() + x[..., 1::2] * angle.cos()
    return y


def pairs_torch_float32(x, start, base):
    return pairs_torch_float32_angles(x.astype(np.float32), start, base)


def pairs_through_halves(x, start, base):
    """The package turns halves: the numbers move there, and back."""
    T, Dh = x.shape[-2:]
    order = np.r_[0:Dh:2, 1:Dh:2]
    angle = (start + np.arange(T))[:, None] * np.exp(-np.arange(0, Dh, 2) / Dh * np.log(base))
    turned, _ = rotate_forward(x[..., order], Turns(np.cos(angle), np.sin(angle)))
    return turned[..., np.argsort(order)]


def pairs_by_table(x, start, base):
    """A table of all positions from zero on, of which the last T are used."""
    T, Dh = x.shape[-2:]
    table = np.outer(np.arange(start + T), np.logspace(0, 2 / Dh - 1, Dh // 2, base=base))[start:]
    y = x.copy()
    even, odd = slice(0, None, 2), slice(1, None, 2)
    y[..., even] = np.cos(table) * x[..., even] - np.sin(table) * x[..., odd]
    y[..., odd] = np.sin(table) * x[..., even] + np.cos(table) * x[..., odd]
    return y


def pairs_step_by_step(x, start, base):
    """One position at a time, in one product with a large matrix."""
    T, Dh = x.shape[2:]
    rows = []
    for t in range(T):
        turn = np.zeros((Dh, Dh))
        for i in range(0, Dh, 2):
            a = (start + t) * base ** (-i / Dh)
            turn[i : i + 2, i : i + 2] = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
        rows.append(x[:, :, t] @ turn.T)
    return np.stack(rows, axis=2)


# geglu_backward


def geglu_by_package(dy, gate, up):
    on, saved = gelu_forward(gate)
    return gelu_backward(dy * up, saved), dy * on


def geglu_torch(dy, gate, up):
    """Autograd does it."""
    g, u = torch.from_numpy(gate).requires_grad_(), torch.from_numpy(up).requires_grad_()
    (torch.nn.functional.gelu(g, approximate="tanh") * u).backward(torch.from_numpy(dy))
    return g.grad, u.grad


def geglu_sigmoid(dy, gate, up):
    """½ (1 + tanh z) is a sigmoid of 2 z, whose slope is s (1 - s)."""
    z = C * (gate + A * gate**3)
    s = np.where(z < 0, np.exp(-2 * abs(z)), 1) / (1 + np.exp(-2 * abs(z)))
    slope = s + gate * 2 * s * (1 - s) * C * (1 + 3 * A * gate * gate)
    return dy * up * slope, dy * gate * s


def geglu_looped(dy, gate, up):
    dgate, dup = np.zeros(gate.shape), np.zeros(gate.shape)
    for at in np.ndindex(gate.shape):
        x = float(gate[at])
        t = math.tanh(C * (x + A * x**3))
        dup[at] = dy[at] * 0.5 * x * (1 + t)
        dgate[at] = dy[at] * up[at] * 0.5 * ((1 + t) + x * (1 - t * t) * C * (1 + 3 * A * x * x))
    return dgate, dup


def geglu_chained(dy, gate, up):
    """Every step of the forward pass, turned round."""
    cube = gate**3
    inner = np.sqrt(2 / np.pi) * (gate + A * cube)
    t = np.tanh(inner)
    half = 0.5 * gate
    opened = half * (1 + t)
    dopened, dup = dy * up, dy * opened
    dhalf, dt = dopened * (1 + t), dopened * half
    dinner = dt * (1 - t**2)
    dgate = 0.5 * dhalf + np.sqrt(2 / np.pi) * dinner
    dcube = np.sqrt(2 / np.pi) * A * dinner
    return dgate + 3 * gate**2 * dcube, dup


def geglu_cosh(dy, gate, up):
    """The slope of tanh is one over the square of cosh."""
    inner = C * gate * (1 + A * np.square(gate))
    opened = gate * (np.tanh(inner) + 1) / 2
    bell = 1 / np.cosh(np.clip(inner, -300, 300)) ** 2
    slope = (1 + np.tanh(inner)) / 2 + gate / 2 * bell * (C + 3 * C * A * gate**2)
    return slope * (dy * up), opened * dy


def geglu_torch_by_hand(dy, gate, up):
    d, x, u = map(torch.from_numpy, (dy, gate, up))
    t = torch.tanh(C * (x + A * x.pow(3)))
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t.pow(2)) * C * (1 + 3 * A * x.pow(2))
    return d * u * slope, d * 0.5 * x * (1 + t)


def geglu_complex_step(dy, gate, up):
    """The imaginary part of a tiny step is the slope."""
    step = 1e-30
    z = gate + 1j * step
    bent = 0.5 * z * (1 + np.tanh(C * (z + A * z**3)))
    return dy * up * bent.imag / step, dy * bent.real


# halves_from_pairs


def halves_stacked(weight, n_head):
    heads = np.split(weight, n_head)
    return np.concatenate([part for head in heads for part in (head[0::2], head[1::2])])


def halves_looped(weight, n_head):
    new = np.zeros_like(weight)
    Dh = weight.shape[0] // n_head
    for h in range(n_head):
        for i in range(Dh // 2):
            new[h * Dh + i] = weight[h * Dh + 2 * i]
            new[h * Dh + Dh // 2 + i] = weight[h * Dh + 2 * i + 1]
    return new


def halves_indexed(weight, n_head):
    return weight[np.arange(len(weight)).reshape(n_head, -1, 2).swapaxes(1, 2).ravel()]


def halves_sorted(weight, n_head):
    """A stable order by head and then by whether the number is odd."""
    r, Dh = np.arange(len(weight)), len(weight) // n_head
    return weight[np.lexsort((r, r % Dh % 2, r // Dh))]


def halves_torch(weight, n_head):
    w = torch.from_numpy(weight)
    rows, D = w.shape
    return w.view(n_head, rows // n_head // 2, 2, D).transpose(1, 2).reshape(rows, D)


def halves_fortran(weight, n_head):
    D = weight.shape[1]
    flat = [
        head.reshape(-1, 2, D).transpose(1, 0, 2).reshape(-1, D)
        for head in np.split(weight, n_head)
    ]
    return np.vstack(flat)


def halves_by_matrix(weight, n_head):
    """A permutation is a matrix of zeros and ones."""
    Dh = len(weight) // n_head
    one = np.eye(Dh)[[*range(0, Dh, 2), *range(1, Dh, 2)]]
    return np.kron(np.eye(n_head), one) @ weight


def halves_einsum(weight, n_head):
    rows, D = weight.shape
    return np.einsum("hptd->htpd", weight.reshape(n_head, -1, 2, D)).reshape(rows, D)


def halves_scattered(weight, n_head):
    """Each row is told where it goes."""
    Dh = len(weight) // n_head
    h, i = np.divmod(np.arange(len(weight)), Dh)
    out = np.empty(weight.shape)
    out[h * Dh + i // 2 + i % 2 * (Dh // 2)] = weight
    return out


# decoded


def _turn(x, t, base):
    """Turn (..., Dh) by halves."""
    half = x.shape[-1] // 2
    angle = t * base ** (-2 * np.arange(half) / x.shape[-1])
    c, s = np.cos(angle), np.sin(angle)
    first, second = x[..., :half], x[..., half:]
    return np.concatenate([first * c - second * s, second * c + first * s], axis=-1)


def decoded_looped(q, k, v, keys, values, base):
    """One query head after the other."""
    H, Dh = q.shape
    n_kv, P = keys.shape[:2]
    out = []
    for h in range(H):
        g = h // (H // n_kv)
        own = np.vstack([keys[g], _turn(k[g], P, base)])
        scores = own @ _turn(q[h], P, base) / math.sqrt(Dh)
        e = np.exp(scores - max(scores))
        out.append(e @ np.vstack([values[g], v[g]]) / sum(e))
    return np.array(out)


def decoded_grouped(q, k, v, keys, values, base):
    """Nothing is repeated: the queries are put into groups."""
    H, Dh = q.shape
    n_kv, P, _ = keys.shape
    groups = _turn(q, P, base).reshape(n_kv, H // n_kv, Dh)
    all_keys = np.append(keys, _turn(k, P, base)[:, None], axis=1)
    scores = np.einsum("gqd,gsd->gqs", groups, all_keys) * Dh**-0.5
    scores -= scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return np.einsum("gqs,gsd->gqd", weights, np.append(values, v[:, None], 1)).reshape(H, Dh)


def decoded_relative(q, k, v, keys, values, base):
    """All are turned back by P: the new token is not turned at all."""
    H, Dh = q.shape
    P = keys.shape[1]
    keys = np.concatenate([_turn(keys, -P, base), k[:, None]], axis=1)
    values = np.concatenate([values, v[:, None]], axis=1)
    which = np.arange(H) * len(k) // H
    scores = np.einsum("hd,hsd->hs", q, keys[which]) / np.sqrt(Dh)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("hs,hsd->hd", e, values[which]) / e.sum(axis=1, keepdims=True)


def decoded_torch(q, k, v, keys, values, base):
    P = keys.shape[1]
    q, k = _turn(q, P, base), _turn(k, P, base)
    tensors = (
        q[:, None],
        np.concatenate([keys, k[:, None]], 1),
        np.concatenate([values, v[:, None]], 1),
    )
    q, keys, values = map(torch.from_numpy, tensors)
    keys, values = (t.repeat_interleave(len(q) // len(t), dim=0) for t in (keys, values))
    return torch.nn.functional.scaled_dot_product_attention(q, keys, values)[:, 0]


def decoded_online(q, k, v, keys, values, base):
    """One position after the other, with the largest score so far."""
    H, Dh = q.shape
    P, each = keys.shape[1], H // len(k)
    q = _turn(q, P, base)
    best, total, out = np.full(H, -np.inf), np.zeros(H), np.zeros((H, Dh))
    for s in range(P + 1):
        key, value = (keys[:, s], values[:, s]) if s < P else (_turn(k, P, base), v)
        score = (q * key.repeat(each, axis=0)).sum(axis=1) / Dh**0.5
        now = np.maximum(best, score)
        old, new = np.exp(best - now), np.exp(score - now)
        total = total * old + new
        out = out * old[:, None] + new[:, None] * value.repeat(each, axis=0)
        best = now
    return out / total[:, None]


def decoded_apart(q, k, v, keys, values, base):
    """The token's own score is never turned: its distance is 0."""
    (H, Dh), (n_kv, P, _) = q.shape, keys.shape
    g = np.repeat(np.arange(n_kv), H // n_kv)
    old = (keys[g] @ _turn(q, P, base)[..., None])[..., 0]
    scores = np.hstack([old, (q * k[g]).sum(-1, keepdims=True)]) / Dh**0.5
    e = np.exp(scores - scores.max(1)[:, None])
    w = e / e.sum(1)[:, None]
    return (w[:, :-1, None] * values[g]).sum(1) + w[:, -1:] * v[g]


def decoded_complex(q, k, v, keys, values, base):
    """Halves as real and imaginary part; a dot product is the real part of z times w conjugate."""
    (H, Dh), P = q.shape, keys.shape[1]
    z = lambda x: x[..., : Dh // 2] + 1j * x[..., Dh // 2 :]  # noqa: E731
    turn = np.exp(1j * P * base ** (-2 * np.arange(Dh // 2) / Dh))
    K = np.concatenate([z(keys), (z(k) * turn)[:, None]], axis=1)
    V = np.concatenate([values, v[:, None]], axis=1)
    rows = []
    for h, query in enumerate(z(q) * turn):
        scores = (K[h * len(k) // H] @ query.conj()).real / Dh**0.5
        e = np.exp(scores - scores.max())
        rows.append(e / e.sum() @ V[h * len(k) // H])
    return np.stack(rows)


def decoded_kron(q, k, v, keys, values, base):
    """Heads are shared by a matrix of zeros and ones."""
    (H, Dh), P = q.shape, keys.shape[1]
    share = np.kron(np.eye(len(k)), np.ones((H // len(k), 1)))  # (H, Hkv)
    K = np.einsum("hg,gsd->hsd", share, np.concatenate([keys, _turn(k, P, base)[:, None]], 1))
    V = np.tensordot(share, np.concatenate([values, v[:, None]], 1), axes=1)
    scores = np.matmul(K, _turn(q, P, base)[:, :, None]) / np.sqrt(Dh)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return (weights * V).sum(axis=1)


# routed


def _soft(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def routed_by_tokens(x, router, experts, k):
    """One token after the other, an expert is handed one of them."""
    N, E = len(x), len(router)
    out, counts, P = np.zeros(x.shape), np.zeros(E), np.zeros(E)
    for n, token in enumerate(x):
        p = _soft(router @ token)
        best = sorted(range(E), key=lambda i: (-p[i], i))[:k]
        for i in best:
            out[n] += p[i] / sum(p[best]) * experts[i](token)
            counts[i] += 1
        P += p / N
    return out, float(E * (counts / (N * k)) @ P)


def routed_by_masks(x, router, experts, k):
    N, E = len(x), len(experts)
    probs = _soft(x @ router.T)
    order = np.argsort(-probs, axis=-1, kind="stable")
    sent = np.zeros((N, E), dtype=bool)
    np.put_along_axis(sent, order[:, :k], True, axis=-1)
    gates = np.where(sent, probs, 0)
    gates = gates / gates.sum(-1, keepdims=True)
    out = np.zeros_like(x)
    for i in range(E):
        if sent[:, i].any():
            out[sent[:, i]] += gates[sent[:, i], i][:, None] * experts[i](x[sent[:, i]])
    return out, float(E * np.dot(sent.mean(axis=0) / k, probs.mean(axis=0)))


def routed_by_package(x, router, experts, k):
    scores = x @ router.T
    probs, chosen = _soft(scores), choose(scores, k)
    gates, _ = gates_forward(probs, chosen)
    balance, _ = balance_forward(probs, chosen)
    out = np.zeros(x.shape)
    for expert, who, gate in zip(experts, chosen.T, gates.T, strict=True):
        out[who] += gate[who, None] * expert(x[who])
    return out, float(balance)


def routed_softmax_last(x, router, experts, k):
    """The softmax of the chosen scores alone is the same as probabilities divided by their sum."""
    E = len(experts)
    scores = np.einsum("nd,ed->ne", x, router)
    chosen = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    gates = _soft(np.take_along_axis(scores, chosen, axis=1))
    out = np.zeros(x.shape)
    for i in np.unique(chosen):
        n, j = np.where(chosen == i)
        out[n] += gates[n, j].reshape(-1, 1) * experts[i](x[n])
    f = np.array([(chosen == i).sum() for i in range(E)]) / chosen.size
    return out, float(E * sum(f * _soft(scores).mean(0)))


def routed_torch(x, router, experts, k):
    tokens, rows = torch.from_numpy(x), torch.from_numpy(router)
    probs = (tokens @ rows.T).softmax(dim=-1)
    top = torch.sort(probs, dim=-1, descending=True, stable=True)
    gates, chosen = top.values[:, :k], top.indices[:, :k]
    gates = gates / gates.sum(-1, keepdim=True)
    out = torch.zeros_like(tokens)
    for i, expert in enumerate(experts):
        n, j = torch.where(chosen == i)
        if len(n):
            out.index_add_(0, n, gates[n, j, None] * torch.as_tensor(expert(tokens[n].numpy())))
    f = torch.nn.functional.one_hot(chosen, len(experts)).double().mean(dim=(0, 1))
    return out, (len(experts) * (f * probs.mean(0)).sum()).item()


def routed_dispatched(x, router, experts, k):
    """All copies of tokens in the order of the experts, as a fast one does it."""
    E = len(experts)
    probs = _soft(x @ router.T)
    chosen = np.argsort(-probs, axis=1, kind="stable")[:, :k]
    flat = chosen.reshape(-1)
    order = np.argsort(flat, kind="stable")
    counts = np.bincount(flat, minlength=E)
    parts = np.split(x[order // k], np.cumsum(counts)[:-1])
    answers = np.concatenate([e(p) if len(p) else p for e, p in zip(experts, parts, strict=True)])
    gates = np.take_along_axis(probs, chosen, axis=1)
    gates = (gates / gates.sum(axis=1, keepdims=True)).reshape(-1)
    out = np.zeros(x.shape)
    np.add.at(out, order // k, gates[order, None] * answers)
    return out, float(E * (counts / counts.sum() * probs.mean(axis=0)).sum())


def routed_taking_the_best(x, router, experts, k):
    """The likeliest is found k times, and struck off."""
    N, E = len(x), len(experts)
    probs = _soft(x @ router.T)
    left, picks = probs.copy(), []
    for _ in range(k):
        picks.append(left.argmax(axis=1))
        left[np.arange(N), picks[-1]] = -1
    total = sum(probs[np.arange(N), pick] for pick in picks)
    out, counts = np.zeros(x.shape), np.zeros(E)
    for pick in picks:
        for i in set(pick.tolist()):
            n = np.flatnonzero(pick == i)
            out[n] += (probs[n, i] / total[n])[:, None] * experts[i](x[n])
            counts[i] += len(n)
    return out, float((counts @ probs.sum(axis=0)) * E / (N * N * k))


def routed_ranked(x, router, experts, k):
    """An expert is asked if fewer than k are before it."""
    E = len(experts)
    s = x @ router.T
    earlier = np.tri(E, k=-1, dtype=bool)  # [i, j]: j stands before i
    ahead = (s[:, None] > s[:, :, None]) | ((s[:, None] == s[:, :, None]) & earlier)
    sent = ahead.sum(axis=2) < k
    p = _soft(s)
    gates = p * sent / (p * sent).sum(axis=1, keepdims=True)
    out = np.zeros(x.shape)
    for i in range(E):
        (n,) = sent[:, i].nonzero()
        if n.size:
            out[n] += gates[n, i : i + 1] * experts[i](x[n])
    return out, float((E * sent.sum(0) / sent.sum() * p.mean(0)).sum())


def in_float32(fn):
    """Return ``fn`` with arrays of 32 bits, and numbers of 32 bits."""

    def answer(*given):
        found = fn(*given)
        return tuple(map(np.float32, found)) if isinstance(found, tuple) else np.float32(found)

    answer.__name__ = f"{fn.__name__}_float32"
    return answer


def from_float32(fn):
    """Return ``fn`` on arrays of 32 bits, so that all its work is done with them."""

    def answer(*given):
        return fn(*(a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in given))

    answer.__name__ = f"{fn.__name__}_from_float32"
    return answer


RIGHT = {
    "cache_bytes": [
        bytes_looped,
        bytes_by_infinity,
        bytes_by_numpy,
        bytes_by_masks,
        bytes_by_kinds,
        bytes_recursive,
        bytes_by_positions,
        bytes_reduced,
    ],
    "group_rmsnorm": [
        group_looped,
        group_torch,
        group_split,
        group_einsum,
        group_jacobian,
        group_by_matrix,
        group_repeated,
        group_rows_first,
        in_float32(group_looped),
        from_float32(group_looped),
    ],
    "rotate_pairs": [
        pairs_looped,
        pairs_complex,
        pairs_viewed,
        pairs_repeated,
        pairs_matrices,
        pairs_torch,
        pairs_torch_float32_angles,
        pairs_float32_table_alone,
        pairs_torch_float32,
        pairs_through_halves,
        pairs_by_table,
        pairs_step_by_step,
        in_float32(pairs_looped),
        from_float32(pairs_looped),
    ],
    "geglu_backward": [
        geglu_by_package,
        geglu_torch,
        geglu_sigmoid,
        geglu_looped,
        geglu_chained,
        geglu_cosh,
        geglu_torch_by_hand,
        geglu_complex_step,
        in_float32(geglu_looped),
        from_float32(geglu_looped),
    ],
    "halves_from_pairs": [
        halves_stacked,
        halves_looped,
        halves_indexed,
        halves_sorted,
        halves_torch,
        halves_fortran,
        halves_by_matrix,
        halves_einsum,
        halves_scattered,
        in_float32(halves_looped),
        from_float32(halves_looped),
    ],
    "decoded": [
        decoded_looped,
        decoded_grouped,
        decoded_relative,
        decoded_torch,
        decoded_online,
        decoded_apart,
        decoded_complex,
        decoded_kron,
        in_float32(decoded_looped),
        from_float32(decoded_looped),
    ],
    "routed": [
        routed_by_tokens,
        routed_by_masks,
        routed_by_package,
        routed_softmax_last,
        routed_torch,
        routed_dispatched,
        routed_taking_the_best,
        routed_ranked,
        in_float32(routed_by_masks),
        from_float32(routed_by_masks),
    ],
}
