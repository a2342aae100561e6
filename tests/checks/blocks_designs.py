"""Right answers to the exercises of chapter 05, designed in other ways than the package's."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from torch.nn import functional

from tinytx.pytorch import GPT


def norm_loop(x, weight, bias, eps=1e-5):
    out = np.empty_like(x)
    D = x.shape[-1]
    for at in np.ndindex(x.shape[:-1]):
        mean = sum(x[at]) / D
        variance = sum((number - mean) ** 2 for number in x[at]) / D
        for d in range(D):
            out[at][d] = (x[at][d] - mean) / math.sqrt(variance + eps) * weight[d] + bias[d]
    return out


def norm_torch(x, weight, bias, eps=1e-5):
    x, weight, bias = map(torch.from_numpy, (x, weight, bias))
    return functional.layer_norm(x, (x.shape[-1],), weight, bias, eps)


def norm_var(x, weight, bias, eps=1e-5):
    rstd = (x.var(-1, keepdims=True) + eps) ** -0.5
    return weight * rstd * (x - x.mean(-1, keepdims=True)) + bias


def norm_einsum(x, weight, bias, eps=1e-5):
    centred = x - np.einsum("...d->...", x)[..., None] / x.shape[-1]
    variance = np.einsum("...d,...d->...", centred, centred)[..., None] / x.shape[-1]
    return np.einsum("...d,d->...d", centred / np.sqrt(variance + eps), weight) + bias


def norm_moved(x, weight, bias, eps=1e-5):
    """The axis of the numbers goes to the front, so that no `keepdims` is needed."""
    columns = np.moveaxis(x, -1, 0)
    rows = (columns - columns.mean(0)) / np.sqrt(columns.var(0) + eps)
    return np.moveaxis(rows, 0, -1) * weight + bias


def gelu_torch(x):
    return functional.gelu(torch.from_numpy(x), approximate="tanh")


def gelu_loop(x):
    c = (2 / math.pi) ** 0.5
    numbers = [0.5 * z * (1 + math.tanh(c * (z + 0.044715 * z**3))) for z in x.flat]
    return np.array(numbers).reshape(x.shape)


def gelu_factored(x):
    inner = 0.7978845608028654 * x * (1 + 0.044715 * np.square(x))
    return (x + x * np.tanh(inner)) / 2


def gelu_sigmoid(x):
    """(1 + tanh z) / 2 is the sigmoid of 2 z; exp may overflow to infinity, and 1 / inf is 0."""
    z = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return x / (1 + np.exp(-2 * z))


def mlp_torch(x, w1, b1, w2, b2):
    x, w1, b1, w2, b2 = map(torch.from_numpy, (x, w1, b1, w2, b2))
    linear = functional.linear
    return linear(functional.relu(linear(x, w1, b1)), w2, b2)


def mlp_einsum(x, w1, b1, w2, b2):
    z = np.einsum("...d,fd->...f", x, w1) + b1
    return np.einsum("...f,df->...d", z * (z > 0), w2) + b2


def mlp_units(x, w1, b1, w2, b2):
    """One unit after the other: how strongly it fires, times the vector that it adds."""
    out = np.zeros_like(x) + b2
    for unit in range(len(b1)):
        fires = np.maximum((x * w1[unit]).sum(-1) + b1[unit], 0)
        out += fires[..., None] * w2[:, unit]
    return out


def mlp_positions(x, w1, b1, w2, b2):
    out = np.empty_like(x)
    for at in np.ndindex(x.shape[:-1]):
        hidden = (w1 @ x[at] + b1).clip(min=0)
        out[at] = w2 @ hidden + b2
    return out


def stream_index(x, parts, norms, ln_f):
    for i in range(len(parts)):
        x = parts[i](norms[i](x)) + x
    return ln_f(x)


def stream_recursive(x, parts, norms, ln_f):
    if not parts:
        return ln_f(x)
    return stream_recursive(x + parts[0](norms[0](x)), parts[1:], norms[1:], ln_f)


def stream_copied(x, parts, norms, ln_f):
    stream = x.copy()
    i = 0
    while i < len(parts):
        stream += parts[i](norms[i](stream))
        i += 1
    return ln_f(stream)


def stream_added(x, parts, norms, ln_f):
    """Keep what each part added, and add it all up whenever the stream is read."""
    added = [x]
    for part, norm in zip(parts, norms, strict=True):
        added.append(part(norm(sum(added))))
    return ln_f(sum(added))


def stream_reduce(x, parts, norms, ln_f):
    step = lambda stream, both: stream + both[0](both[1](stream))  # noqa: E731
    return ln_f(functools.reduce(step, zip(parts, norms, strict=True), x))


def count_built(config):
    """Make the model without its numbers, and sort its parameters by name."""
    places = {
        "embedding": "tok_emb", "positions": "pos_emb", "attention": ".attn.", "mlp": ".mlp.",
        "norms": "ln_", "head": "lm_head",
    }  # fmt: skip
    model = GPT(config, device="meta")
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    return {
        part: sum(n for name, n in sizes.items() if sign in name) for part, sign in places.items()
    }


def count_shapes(config):
    D, width, L = config.d_model, config.d_ff, config.n_layer
    biased = bool(config.bias)
    linear = lambda a, b: a * b + biased * b  # noqa: E731
    norm = D + biased * D
    return {
        "head": (not config.tie_weights) * config.vocab_size * D,
        "norms": 2 * L * norm + (norm if config.norm == "pre" else 0),
        "mlp": L * (linear(D, width) + linear(width, D)),
        "attention": L * 4 * linear(D, D),
        "positions": np.int64(config.context_length * D),
        "embedding": config.vocab_size * D,
    }


def count_blocks(config):
    D, Dh, parts = config.d_model, config.d_model // config.n_head, {}
    parts["embedding"], parts["positions"] = config.vocab_size * D, config.context_length * D
    parts["attention"] = parts["mlp"] = parts["norms"] = 0
    for _ in range(config.n_layer):
        for _ in range(config.n_head):
            parts["attention"] += 3 * (D * Dh + config.bias * Dh) + Dh * D
        parts["attention"] += config.bias * D
        parts["mlp"] += 2 * D * config.d_ff + config.bias * (D + config.d_ff)
        parts["norms"] += 2 * (1 + config.bias) * D
    parts["norms"] += (1 + config.bias) * D * (config.norm == "pre")
    return parts | {"head": 0 if config.tie_weights else config.vocab_size * D}


def wiring_by_scale(block, T, D):
    """Multiply, where the reference adds."""
    x = np.random.default_rng(3).normal(size=(T, D))
    one, three = np.array(block(x.copy())), np.array(block(3 * x))
    if np.allclose(three, one, rtol=0, atol=5e-3 * np.abs(one).max()):
        return ["norm"]
    a, b = np.array(block(1e5 * x)), np.array(block(2e5 * x))
    if np.abs(b).max() < 1.5 * np.abs(a).max():
        return ["sum", "norm"]
    return ["norm", "sum"] if np.abs(b - a - 1e5 * x).max() < 1 else ["sum"]


def wiring_small_shift(block, T, D):
    x = np.random.default_rng(4).normal(size=(T, D))
    before, after = np.array(block(x.copy())), np.array(block(x + 10))
    limit = 1e-3 * np.abs(before).max()
    if (np.abs(after - before) < limit).all():
        return ["norm"]
    if (np.abs(after - before - 10) < limit).all():
        return ["norm", "sum"]
    ratio = np.abs(np.array(block(1e6 * x))).max() / np.abs(np.array(block(1e3 * x))).max()
    return ["sum"] if ratio > 10 else ["sum", "norm"]


def wiring_unseeded(block, T, D):
    rng = np.random.default_rng()
    x, shift = rng.normal(size=(T, D)), rng.uniform(1e4, 1e5)
    before, after = np.array(block(x.copy())), np.array(block(x + shift))
    moved = np.abs(after - before).max() > 1e-3 * np.abs(before).max()
    exactly = np.abs(after - before - shift).max() <= 1e-3 * np.abs(before).max()
    far, further = (np.abs(np.array(block(c * x))).max() for c in (1e5, 1e6))
    found = ["norm"] if not moved or exactly else []
    if moved:
        found.append("sum")
    return [*found, "norm"] if moved and not exactly and further < 5 * far else found


def wiring_torch(block, T, D):
    """First whether it is bounded, then what it does with a shift."""
    x = torch.randn(T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def run(x):
        return torch.tensor(block(x.numpy().copy()))

    here, there = run(x), run(x + 1e4)
    near = functools.partial(torch.allclose, rtol=0, atol=1e-3 * here.abs().max().item())
    if run(2e6 * x).abs().max() > 1.5 * run(1e6 * x).abs().max():
        return ["norm", "sum"] if near(there - 1e4, here) else ["sum"]
    return ["norm"] if near(there, here) else ["sum", "norm"]


RIGHT = {
    "layernorm": [norm_loop, norm_torch, norm_var, norm_einsum, norm_moved],
    "gelu": [gelu_torch, gelu_loop, gelu_factored, gelu_sigmoid],
    "mlp": [mlp_torch, mlp_einsum, mlp_units, mlp_positions],
    "pre_norm": [stream_index, stream_recursive, stream_copied, stream_added, stream_reduce],
    "count_parameters": [count_built, count_shapes, count_blocks],
    "wiring": [wiring_by_scale, wiring_small_shift, wiring_unseeded, wiring_torch],
}
