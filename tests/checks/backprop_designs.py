"""Right answers to the exercises of chapter 06, designed in other ways than the package's."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional


def _tensors(*arrays):
    """Return float arrays as tensors that collect gradients."""
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def _sigmoid(x):
    """Return the sigmoid of each number, by whichever exponential does not overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def silu_plain(dy, x):
    s = _sigmoid(x)
    return dy * (s + x * s * (1 - s))


def silu_by_y(dy, x):
    """With the output in the formula."""
    s = _sigmoid(x)
    y = x * s
    return (y + s * (1 - y)) * dy


def silu_exponential(dy, x):
    with np.errstate(over="ignore"):
        s = 1 / (1 + np.exp(-x))
    return s * (1 + x * (1 - s)) * dy


def silu_loop(dy, x):
    out = np.empty_like(dy)
    for at in np.ndindex(x.shape):
        s = 0.5 + 0.5 * math.tanh(0.5 * x[at])
        out[at] = dy[at] * s + dy[at] * x[at] * s * (1 - s)
    return out


def silu_torch(dy, x):
    (z,) = _tensors(x)
    functional.silu(z).backward(torch.tensor(dy))
    return z.grad


def silu_cosh(dy, x):
    """The slope of the sigmoid is that of a tanh: 1 / (4 cosh²(x / 2)), nothing beyond 700."""
    bell = 1 / (4 * np.cosh(np.clip(x, -700, 700) / 2) ** 2)
    return np.multiply(_sigmoid(x) + x * bell, dy)


def silu_mirrored(dy, x):
    """The slopes at x and at -x add up to one."""
    far = np.abs(x)
    right = _sigmoid(far) * (1 + far * _sigmoid(-far))
    return dy * np.where(x < 0, 1 - right, right)


def silu_vectorized(dy, x):
    def slope(z):
        if z < -700:
            return 0.0
        s = 1 / (1 + math.exp(-z))
        return s + z * s * (1 - s)

    return dy * np.vectorize(slope)(x)


def silu_flat(dy, x):
    def slope(z):
        s = torch.sigmoid(torch.tensor(z, dtype=torch.float64))
        return float(s * (1 + z * (1 - s)))

    flat = [d * slope(z) for d, z in zip(dy.ravel().tolist(), x.ravel().tolist(), strict=True)]
    return np.array(flat).reshape(x.shape)


def linear_tensordot(dy, x, weight):
    both = ([0, 1], [0, 1])
    return np.tensordot(dy, weight, 1), np.tensordot(dy, x, both), dy.sum(axis=(0, 1))


def linear_one_column_more(dy, x, weight):
    """The bias is the weight of an input that is always one."""
    wide = np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=-1)
    both = sum(d.T @ w for d, w in zip(dy, wide, strict=True))
    return np.matmul(dy, weight), both[:, :-1].copy(), both[:, -1].copy()


def linear_float32(dy, x, weight):
    dy, x, weight = (a.astype(np.float32) for a in (dy, x, weight))
    return linear_summed(dy, x, weight)


def linear_einsum(dy, x, weight):
    dweight = np.einsum("bto,bti->oi", dy, x)
    return np.einsum("bto,oi->bti", dy, weight), dweight, np.einsum("bto->o", dy)


def linear_summed(dy, x, weight):
    return dy @ weight, (dy.swapaxes(1, 2) @ x).sum(0), dy.sum(axis=1).sum(axis=0)


def linear_loop(dy, x, weight):
    dx, dweight, dbias = np.zeros_like(x), np.zeros_like(weight), np.zeros(len(weight))
    for b, t in np.ndindex(dy.shape[:2]):
        dx[b, t] = weight.T @ dy[b, t]
        dweight += np.outer(dy[b, t], x[b, t])
        dbias += dy[b, t]
    return dx, dweight, dbias


def linear_torch(dy, x, weight):
    x, weight, bias = _tensors(x, weight, np.zeros(len(weight)))
    functional.linear(x, weight, bias).backward(torch.tensor(dy))
    return x.grad, weight.grad, bias.grad


def entropy_eye(logits, targets):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return (p - np.eye(logits.shape[-1])[targets]) / targets.size


def entropy_loop(logits, targets):
    out, N = np.empty_like(logits), logits.shape[0] * logits.shape[1]
    for at in np.ndindex(targets.shape):
        top = max(logits[at])
        e = [math.exp(z - top) for z in logits[at]]
        for v, number in enumerate(e):
            out[at][v] = (number / sum(e) - (v == targets[at])) / N
    return out


def entropy_placed(logits, targets):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    b, t = np.indices(targets.shape)
    p[b, t, targets] -= 1
    return p / np.prod(targets.shape)


def entropy_torch(logits, targets):
    (z,) = _tensors(logits)
    functional.cross_entropy(z.flatten(0, 1), torch.tensor(targets).flatten()).backward()
    return z.grad


def entropy_rows(logits, targets):
    rows, N = logits.reshape(-1, logits.shape[-1]), targets.size
    log_p = rows - np.logaddexp.reduce(rows, axis=1)[:, None]
    d = np.exp(log_p)
    d[np.arange(N), targets.ravel()] -= 1
    return (d / N).reshape(logits.shape)


def entropy_where(logits, targets):
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
    right = np.arange(logits.shape[-1]) == targets[..., None]
    return np.where(right, p - 1, p) / (targets.shape[0] * targets.shape[1])


def entropy_by_pairs(logits, targets):
    """A probability is one over the sum of all exp(other - own): nothing large, nothing lost."""
    gaps = np.clip(logits[..., None, :] - logits[..., :, None], -700, 700)
    p = 1 / np.exp(gaps).sum(axis=-1)
    np.put_along_axis(p, targets[..., None], np.take_along_axis(p, targets[..., None], -1) - 1, -1)
    return p / targets.size


def softmax_recursive(dp, p, temperature=1.0):
    """Axis after axis, until a single row is left."""
    if dp.ndim > 1:
        rows = zip(dp, p, strict=True)
        return np.stack([softmax_recursive(a, b, temperature) for a, b in rows])
    return (p * dp - p * (p @ dp)) / temperature


def softmax_matrices(dp, p, temperature=1.0):
    dp = dp / temperature
    return p * (dp - (p[..., None, :] @ dp[..., :, None])[..., 0])


def softmax_differences(dp, p, temperature=1.0):
    """Each weight against each other weight of its row."""
    gaps = dp[..., :, None] - dp[..., None, :]
    return (p[..., :, None] * p[..., None, :] * gaps).sum(axis=-1) / temperature


def softmax_formula(dp, p, temperature=1.0):
    return p / temperature * (dp - (p * dp).sum(-1, keepdims=True))


def softmax_jacobian(dp, p, temperature=1.0):
    out = np.empty_like(dp)
    for at in np.ndindex(dp.shape[:-1]):
        out[at] = (np.diag(p[at]) - np.outer(p[at], p[at])) / temperature @ dp[at]
    return out


def softmax_expanded(dp, p, temperature=1.0):
    g = p * dp / temperature
    return g - p * np.einsum("...s->...", g)[..., None]


def softmax_torch(dp, p, temperature=1.0):
    """A row of weights is the softmax of its own logarithm; of zero that is minus infinity."""
    with np.errstate(divide="ignore"):
        (z,) = _tensors(temperature * np.log(p))
    torch.softmax(z / temperature, -1).backward(torch.tensor(dp))
    return z.grad


def softmax_loop(dp, p, temperature=1.0):
    out = np.zeros_like(dp)
    for at in np.ndindex(dp.shape):
        for j in range(dp.shape[-1]):
            out[at] += dp[at[:-1]][j] * p[at[:-1]][j] * ((j == at[-1]) - p[at]) / temperature
    return out


def norm_formula(dy, x, gamma, eps):
    rstd = (x.var(-1, keepdims=True) + eps) ** -0.5
    xhat, d = (x - x.mean(-1, keepdims=True)) * rstd, dy * gamma
    along = (d * xhat).mean(-1, keepdims=True)
    dx = rstd * (d - d.mean(-1, keepdims=True) - xhat * along)
    return dx, np.einsum("btd,btd->d", dy, xhat), np.einsum("btd->d", dy)


def norm_torch(dy, x, gamma, eps):
    x, gamma, beta = _tensors(x, gamma, np.zeros_like(gamma))
    functional.layer_norm(x, (len(gamma),), gamma, beta, eps).backward(torch.tensor(dy))
    return x.grad, gamma.grad, beta.grad


def norm_jacobian(dy, x, gamma, eps):
    D, dx = len(gamma), np.empty_like(x)
    dgamma, dbeta = np.zeros(D), np.zeros(D)
    for at in np.ndindex(x.shape[:2]):
        c = x[at] - x[at].mean()
        s = math.sqrt((c**2).mean() + eps)
        slopes = (np.eye(D) - 1 / D) / s - np.outer(c, c) / (D * s**3)
        dx[at] = slopes @ (gamma * dy[at])
        dgamma += dy[at] * c / s
        dbeta += dy[at]
    return dx, dgamma, dbeta


def norm_steps(dy, x, gamma, eps):
    """One step back after the other, by the chain rule alone."""
    D = x.shape[-1]
    c = x - x.mean(-1, keepdims=True)
    variance = (c * c).mean(-1, keepdims=True) + eps
    r = variance**-0.5
    d = dy * gamma
    dr = (d * c).sum(-1, keepdims=True)
    dvariance = -0.5 * variance**-1.5 * dr
    dc = d * r + dvariance * 2 * c / D
    return dc - dc.mean(-1, keepdims=True), (dy * c * r).sum((0, 1)), dy.sum((0, 1))


def norm_comprehension(dy, x, gamma, eps):
    """Row by row, with the projection written as one matrix."""
    D = len(gamma)
    norm = [
        (r - r.mean()) / math.sqrt(((r - r.mean()) ** 2).sum() / D + eps) for r in x.reshape(-1, D)
    ]
    rows = [
        (np.eye(D) - 1 / D - np.outer(n, n) / D) @ (g * gamma) / math.sqrt(r.var() + eps)
        for n, g, r in zip(norm, dy.reshape(-1, D), x.reshape(-1, D), strict=True)
    ]
    dgamma = sum(g * n for g, n in zip(dy.reshape(-1, D), norm, strict=True))
    return np.array(rows).reshape(x.shape), dgamma, dy.reshape(-1, D).sum(axis=0)


def norm_float32(dy, x, gamma, eps):
    dy, x, gamma = (a.astype(np.float32) for a in (dy, x, gamma))
    return norm_formula(dy, x, gamma, np.float32(eps))


def _weights(q, k, mask):
    a = np.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]), -np.inf)
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention_matrices(dout, q, k, v, mask):
    p = _weights(q, k, mask)
    dp = dout @ v.swapaxes(-1, -2)
    ds = p * (dp - (p * dp).sum(-1, keepdims=True)) / math.sqrt(q.shape[-1])
    return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ dout


def attention_einsum(dout, q, k, v, mask):
    p = _weights(q, k, mask)
    dp = np.einsum("bhtd,bhsd->bhts", dout, v)
    row = np.einsum("bhts,bhts->bht", p, dp)
    ds = p * (dp - row[..., None]) * q.shape[-1] ** -0.5
    dq = np.einsum("bhts,bhsd->bhtd", ds, k)
    return dq, np.einsum("bhts,bhtd->bhsd", ds, q), np.einsum("bhts,bhtd->bhsd", p, dout)


def attention_torch(dout, q, k, v, mask):
    q, k, v = _tensors(q, k, v)
    out = functional.scaled_dot_product_attention(q, k, v, attn_mask=torch.tensor(mask))
    out.backward(torch.tensor(dout))
    return q.grad, k.grad, v.grad


def attention_flash(dout, q, k, v, mask):
    """The row sums of weights times their gradient are those of out times its own."""
    p = _weights(q, k, mask)
    row = (dout * (p @ v)).sum(-1, keepdims=True)
    ds = p * (dout @ v.swapaxes(-1, -2) - row) / math.sqrt(q.shape[-1])
    return ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ dout


def attention_loop(dout, q, k, v, mask):
    p, share = _weights(q, k, mask), q.shape[-1] ** -0.5
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for at in np.ndindex(q.shape[:2]):
        for t in range(q.shape[2]):
            w, above = p[at][t], dout[at][t]
            dw = v[at] @ above
            ds = w * (dw - w @ dw) * share
            dq[at][t] = ds @ k[at]
            dk[at] += np.outer(ds, q[at][t])
            dv[at] += np.outer(w, above)
    return dq, dk, dv


def attention_streamed(dout, q, k, v, mask):
    """One key after the other, with a running maximum and a running sum."""
    share = q.shape[-1] ** -0.5
    top = np.full(q.shape[:3], -np.inf)
    total = np.zeros(q.shape[:3])
    for s in range(k.shape[2]):
        score = np.where(mask[:, s], (q * k[:, :, s : s + 1]).sum(-1) * share, -np.inf)
        new = np.maximum(top, score)
        old = np.where(np.isfinite(top), np.exp(top - np.where(np.isfinite(new), new, 0)), 0)
        total = total * old + np.where(
            np.isfinite(score), np.exp(score - np.where(np.isfinite(new), new, 0)), 0
        )
        top = new
    p = np.exp(np.where(mask, q @ k.swapaxes(2, 3) * share, -np.inf) - top[..., None])
    p = p / total[..., None]
    dp = dout @ v.swapaxes(2, 3)
    ds = p * (dp - np.einsum("bhts,bhts->bht", p, dp)[..., None]) * share
    return ds @ k, ds.swapaxes(2, 3) @ q, p.swapaxes(2, 3) @ dout


def attention_merged(dout, q, k, v, mask):
    """Texts and heads as one axis; q divided once, before the product."""
    B, H, T, Dh = q.shape
    S = k.shape[2]
    dout, q = dout.reshape(-1, T, Dh), q.reshape(-1, T, Dh) / math.sqrt(Dh)
    k, v = k.reshape(-1, S, Dh), v.reshape(-1, S, Dh)
    a = np.where(mask[None], q @ k.transpose(0, 2, 1), -1e9)
    p = np.exp(a - a.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    dp = dout @ v.transpose(0, 2, 1)
    ds = p * (dp - (p * dp).sum(axis=2, keepdims=True))
    dq, dk, dv = ds @ k / math.sqrt(Dh), ds.transpose(0, 2, 1) @ q, p.transpose(0, 2, 1) @ dout
    return dq.reshape(B, H, T, Dh), dk.reshape(B, H, S, Dh), dv.reshape(B, H, S, Dh)


def attention_float32(dout, q, k, v, mask):
    return attention_merged(*(a.astype(np.float32) for a in (dout, q, k, v)), mask)


def right_in_place(forward, backward, x):
    """One array is moved and moved back, number by number, and only copies are handed out."""
    mine, rng = np.array(x, dtype=np.float64), np.random.default_rng(11)
    value = lambda: np.array(forward(mine.copy()), dtype=np.float64)  # noqa: E731
    y = value()
    dy = rng.normal(size=y.shape)
    dx = np.array(backward(np.array(dy), mine.copy()), dtype=np.float64)
    if dx.shape != x.shape or not np.isfinite(dx).all():
        return False
    slopes = np.zeros(x.shape)
    with np.nditer(mine, flags=["multi_index"]) as places:
        for _ in places:
            at, old = places.multi_index, mine[places.multi_index]
            mine[at] = old + 1e-5
            high = value()
            mine[at] = old - 1e-5
            slopes[at] = np.vdot(dy, high - value()) / 2e-5
            mine[at] = old
    room = 1e-4 * max(np.abs(slopes).max(), np.abs(dx).max()) + 1e-9 * np.abs(y).max()
    return bool(np.abs(dx - slopes).max() <= room)


def right_relative_to_all(forward, backward, x):
    """The size of the whole error, over the size of the whole gradient."""
    y = np.array(forward(x.copy()))
    dy = np.random.default_rng(2).standard_normal(y.shape)
    dx = np.array(backward(dy.copy(), x.copy()))
    at = np.arange(x.size).reshape(x.shape)
    slope = lambda i: (  # noqa: E731
        np.sum(dy * (forward(x + 1e-5 * (at == i)) - forward(x - 1e-5 * (at == i)))) / 2e-5
    )
    error = np.array([slope(i) for i in range(x.size)]) - dx.ravel()
    rounding = 1e-9 * np.abs(y).max() * math.sqrt(x.size)
    limit = 3e-4 * np.linalg.norm(dx) + rounding
    return bool(np.linalg.norm(error) <= limit < np.inf)


def right_wider_step(forward, backward, x):
    """A larger step, other limits, and a question that is drawn anew each time."""
    y = np.array(forward(x.copy()))
    dy = np.random.default_rng().uniform(0.5, 2, y.shape)
    dy *= np.random.default_rng().choice([-1, 1], y.shape)
    dx, slopes = np.array(backward(dy.copy(), x.copy())), np.zeros(x.shape)
    for i in range(x.size):
        high, low = x.copy(), x.copy()
        high.flat[i] += 1e-4
        low.flat[i] -= 1e-4
        slopes.flat[i] = np.sum(dy * forward(high) - dy * forward(low)) / 2e-4
    error = np.max(np.abs(dx - slopes))
    return bool(error <= 1e-3 * np.max(np.abs(slopes)) + 1e-10 * np.max(np.abs(y)))


def right_smaller_step(forward, backward, x):
    """The two sums are taken first, and only then subtracted."""
    dy = np.random.default_rng(5).standard_normal(np.shape(forward(x.copy())))
    dx, h = np.array(backward(dy.copy(), x.copy())), 1e-6
    loss = lambda moved: np.sum(dy * forward(moved))  # noqa: E731
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    slopes = np.array([(loss(x + s) - loss(x - s)) / (2 * h) for s in steps]).reshape(x.shape)
    scale = np.abs(slopes).max() + np.abs(dx).max()
    return np.isfinite(scale) and np.all(
        np.abs(dx - slopes) <= 5e-4 * scale + 1e-9 * np.abs(forward(x.copy())).max()
    )


def right_by_direction(forward, backward, x):
    """All numbers move at once, along five random directions."""
    rng, h = np.random.default_rng(7), 1e-5
    y = np.array(forward(x.copy()))
    dy = rng.standard_normal(y.shape)
    dx = np.array(backward(dy.copy(), x.copy()))
    if not np.isfinite(dx).all():
        return False
    for _ in range(5):
        way = rng.standard_normal(x.shape)
        slope = (dy * (forward(x + h * way) - forward(x - h * way))).sum() / (2 * h)
        limit = 1e-4 * np.abs(dx).max() + 1e-9 * np.abs(y).max()
        if not abs((dx * way).sum() - slope) <= limit:
            return False
    return True


def right_by_table(forward, backward, x):
    """Every output is asked about by itself, with a number of its own, and all slopes compared."""
    h, y = 1e-5, np.array(forward(x.copy()))
    moves = h * np.eye(x.size).reshape(x.size, *x.shape)
    table = np.array([(forward(x + m) - forward(x - m)).ravel() / (2 * h) for m in moves])
    sizes = np.random.default_rng(4).uniform(0.6, 1.4, y.size)
    asked = np.diag(sizes).reshape(y.size, *y.shape)
    said = np.array([np.array(backward(dy.copy(), x.copy())).ravel() for dy in asked]).T / sizes
    limit = 1e-4 * np.abs(table).max() + 1e-9 * np.abs(y).max()
    return bool(np.all(np.abs(table - said) <= limit))


def right_four_points(forward, backward, x):
    """Two differences, with the error of the larger step taken out."""
    y = np.array(forward(x.copy()))
    dy = np.random.default_rng(3).standard_normal(y.shape)
    dx, worst, largest = np.array(backward(dy.copy(), x.copy())), 0.0, 0.0
    for at in np.ndindex(x.shape):
        found = []
        for h in (1e-4, 2e-4):
            high, low = x.copy(), x.copy()
            high[at] += h
            low[at] -= h
            found.append((dy * (forward(high) - forward(low))).sum() / (2 * h))
        slope = (4 * found[0] - found[1]) / 3
        worst = max(worst, abs(slope - dx[at])) if dx[at] == dx[at] else math.inf
        largest = max(largest, abs(slope))
    return worst <= 1e-4 * largest + 1e-9 * np.abs(y).max()


RIGHT = {
    "silu_gradient": [
        silu_plain,
        silu_by_y,
        silu_exponential,
        silu_loop,
        silu_torch,
        silu_cosh,
        silu_mirrored,
        silu_vectorized,
        silu_flat,
    ],
    "linear_gradients": [
        linear_einsum,
        linear_summed,
        linear_loop,
        linear_torch,
        linear_tensordot,
        linear_one_column_more,
        linear_float32,
    ],
    "cross_entropy_gradient": [
        entropy_eye,
        entropy_loop,
        entropy_placed,
        entropy_torch,
        entropy_rows,
        entropy_where,
        entropy_by_pairs,
    ],
    "softmax_gradient": [
        softmax_formula,
        softmax_jacobian,
        softmax_expanded,
        softmax_torch,
        softmax_loop,
        softmax_recursive,
        softmax_matrices,
        softmax_differences,
    ],
    "layernorm_gradient": [
        norm_formula,
        norm_torch,
        norm_jacobian,
        norm_steps,
        norm_comprehension,
        norm_float32,
    ],
    "attention_gradients": [
        attention_matrices,
        attention_einsum,
        attention_torch,
        attention_flash,
        attention_loop,
        attention_streamed,
        attention_merged,
        attention_float32,
    ],
    "gradient_is_right": [
        right_wider_step,
        right_smaller_step,
        right_by_direction,
        right_by_table,
        right_four_points,
        right_in_place,
        right_relative_to_all,
    ],
}
