"""Wrong answers to the exercises of chapter 05, as people type them, with the names they deserve.

They are written in other styles than the right answers that the catalogue edits.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional

C = math.sqrt(2 / math.pi)
SLIPS = []


def slip(*names):
    """Keep a function, called after its exercise, with the names that it should get."""

    def keep(fn):
        SLIPS.append((fn, names))
        return fn

    return keep


# layernorm


@slip("the variance divides by D - 1")
def layernorm_torch_var(x, weight, bias, eps=1e-5):
    x, weight, bias = map(torch.tensor, (x, weight, bias))
    centred = x - x.mean(-1, keepdim=True)
    return centred * torch.rsqrt(x.var(-1, keepdim=True) + eps) * weight + bias


@slip("epsilon is added outside the root")
def layernorm_std(x, weight, bias, eps=1e-5):
    return weight * ((x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps)) + bias


@slip("epsilon is missing")
def layernorm_nan_to_num(x, weight, bias, eps=1e-5):
    rows = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
    return np.nan_to_num(rows) * weight + bias


@slip("a row of large numbers is taken for a constant one")
def layernorm_float32(x, weight, bias, eps=1e-5):
    x, weight, bias = (torch.tensor(a, dtype=torch.float32) for a in (x, weight, bias))
    return functional.layer_norm(x, x.shape[-1:], weight, bias, eps)


@slip("the rows are taken along the first axis")
def layernorm_rows(x, weight, bias, eps=1e-5):
    return np.array([(r - r.mean()) / np.sqrt(r.var() + eps) * weight + bias for r in x])


@slip("the mean or the variance loses its axis")
def layernorm_without_keepdims(x, weight, bias, eps=1e-5):
    return weight * (x - np.mean(x, -1)) / np.sqrt(np.var(x, -1) + eps) + bias


@slip("the variance is a difference of two large numbers")
def layernorm_moments(x, weight, bias, eps=1e-5):
    mean = np.einsum("...d->...", x)[..., None] / x.shape[-1]
    square = np.einsum("...d,...d->...", x, x)[..., None] / x.shape[-1]
    return (x - mean) * (square - mean * mean + eps) ** -0.5 * weight + bias


@slip("a bracket is missing around the centred row")
def layernorm_bracket(x, weight, bias, eps=1e-5):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return x - mean / np.sqrt(variance + eps) * weight + bias


@slip("the weight divides")
def layernorm_below(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / (
        np.sqrt(x.var(-1, keepdims=True) + eps) * weight
    ) + bias


@slip("weight and bias are set against the rows")
def layernorm_columns(x, weight, bias, eps=1e-5):
    rows = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
    return rows * weight.reshape(-1, 1) + bias.reshape(-1, 1)


@slip("the variance divides by D - 1", "epsilon is missing")
def layernorm_sample_std(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, ddof=1, keepdims=True) * weight + bias


@slip("the mean is not subtracted", "the bias is added before the weight multiplies")
def layernorm_rms(x, weight, bias, eps=1e-5):
    return weight * (x / np.sqrt(np.mean(x * x, -1, keepdims=True) + eps) + bias)


@slip("the mean does not run over the numbers of one position", "epsilon is missing")
def layernorm_batch(x, weight, bias, eps=1e-5):
    return (x - x.mean(0)) / x.std(0) * weight + bias


@slip("epsilon is added outside the root", "weight or bias is missing")
def layernorm_unweighted(x, weight, bias, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps) + bias


@slip("the variance divides by D - 1", "the argument eps is not used")
def layernorm_fixed(x, weight, bias, eps=1e-5):
    variance = ((x - x.mean(-1, keepdims=True)) ** 2).sum(-1, keepdims=True) / (x.shape[-1] - 1)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(variance + 1e-5) * weight + bias


# gelu


@slip("it is the exact GELU")
def gelu_torch(x):
    return functional.gelu(torch.tensor(x))


@slip("it is SiLU, x times its sigmoid")
def gelu_silu(x):
    return functional.silu(torch.tensor(x))


@slip("it is another activation")
def gelu_elu(x):
    return functional.elu(torch.tensor(x))


@slip("it is the approximation by a sigmoid")
def gelu_quick(x):
    return x * torch.sigmoid(torch.tensor(1.702 * x)).numpy()


@slip("more than the last x is cubed")
def gelu_power(x):
    return x / 2 * (1 + np.tanh(C * np.power(x + 0.044715 * x, 3)))


@slip("the factor does not stand before the whole bracket")
def gelu_factor(x):
    return x * (1 + np.tanh(C * x + 0.044715 * x * x * x)) / 2


@slip("the tanh gets half of what it should")
def gelu_one_sigmoid(x):
    return x / (1 + np.exp(-C * (x + 0.044715 * x**3)))


@slip("the tanh overflows")
def gelu_exponentials(x):
    e = np.exp(2 * C * (x + 0.044715 * x**3))
    return x * e / (1 + e)


@slip("the inner number takes the place of x")
def gelu_renamed(x):
    x = x + 0.044715 * x**3
    x = C * x
    return 0.5 * x * (1 + np.tanh(x))


@slip("the factor is rounded")
def gelu_rounded(x):
    return 0.5 * x * (1 + np.tanh(0.798 * x * (1 + 0.044715 * x**2)))


@slip("the input is overwritten")
def gelu_in_place(x):
    tanh = np.tanh(C * (x + 0.044715 * x**3))
    x *= tanh + 1
    x /= 2
    return x


@slip("it is the exact GELU", "the half in front is missing")
def gelu_exact_twice(x):
    return x * (1 + torch.erf(torch.tensor(x) / math.sqrt(2)).numpy())


@slip("the root is not taken of 2 / π", "the constant before the cube is mistyped")
def gelu_digits(x):
    return 0.5 * x * (1 + np.tanh(2 / np.pi * (x + 0.44715 * x**3)))


@slip("the root is not taken of 2 / π", "the tanh overflows")
def gelu_exponentials_without_root(x):
    z = 2 / np.pi * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))


@slip("the half in front is missing", "the term with the cube is missing")
def gelu_short(x):
    return x * (1 + np.tanh(C * x))


@slip("the half in front is missing", "the power of the last x is wrong")
def gelu_square(x):
    return x * (1 + np.tanh(C * (x + 0.044715 * np.square(x))))


# mlp


def linear(x, weight, bias):
    return np.einsum("...i,oi->...o", x, weight) + bias


def relu(z):
    return z * (z > 0)


@slip("there is no activation")
def mlp_linear(x, w1, b1, w2, b2):
    return linear(linear(x, w1, b1), w2, b2)


@slip("there is a second activation")
def mlp_torch_twice(x, w1, b1, w2, b2):
    x, w1, b1, w2, b2 = map(torch.tensor, (x, w1, b1, w2, b2))
    hidden = torch.relu(functional.linear(x, w1, b1))
    return torch.relu(functional.linear(hidden, w2, b2))


@slip("the activation is GELU")
def mlp_gelu(x, w1, b1, w2, b2):
    hidden = functional.gelu(torch.tensor(linear(x, w1, b1)))
    return linear(hidden.numpy(), w2, b2)


@slip("the activation is not ReLU")
def mlp_steps(x, w1, b1, w2, b2):
    return linear(np.heaviside(linear(x, w1, b1), 0), w2, b2)


@slip("a weight is not transposed")
def mlp_dot(x, w1, b1, w2, b2):
    return np.dot(relu(np.dot(x, w1) + b1), w2) + b2


@slip("the two weights have changed places")
def mlp_fitting(x, w1, b1, w2, b2):
    return relu(x @ w2 + b1) @ w1 + b2


@slip("only an x of one or two axes works")
def mlp_turned(x, w1, b1, w2, b2):
    return (w2 @ relu((w1 @ x.T).T + b1).T).T + b2


@slip("only an x of two axes works")
def mlp_rows(x, w1, b1, w2, b2):
    T, _ = x.shape
    return np.stack([w2 @ relu(w1 @ x[t] + b1) + b2 for t in range(T)])


@slip("a bias is added to the weight")
def mlp_bracket(x, w1, b1, w2, b2):
    return relu(linear(x, w1, b1)) @ (w2.T + b2)


@slip("each position starts from what the one before has left")
def mlp_running(x, w1, b1, w2, b2):
    out, total = np.empty_like(x), b1.copy()
    for at in np.ndindex(x.shape[:-1]):
        total = total + w1 @ x[at]
        out[at] = w2 @ relu(total) + b2
    return out


@slip("the bias is overwritten")
def mlp_into_bias(x, w1, b1, w2, b2):
    out = np.empty_like(x)
    for at in np.ndindex(x.shape[:-1]):
        total = b1
        for d, number in enumerate(x[at]):
            total += number * w1[:, d]
        out[at] = w2 @ relu(total) + b2
    return out


@slip("there is no activation", "the input is added to the result")
def mlp_residual(x, w1, b1, w2, b2):
    return x + linear(linear(x, w1, b1), w2, b2)


@slip("the input is added to the result", "the input is normalized first")
def mlp_block(x, w1, b1, w2, b2):
    normal = functional.layer_norm(torch.tensor(x), x.shape[-1:]).numpy()
    return x + linear(relu(linear(normal, w1, b1)), w2, b2)


@slip("a weight is not transposed", "a bias is missing")
def mlp_half(x, w1, b1, w2, b2):
    return relu(x @ w1.T) @ w2 + b2


@slip("the activation is GELU", "a bias is missing")
def mlp_gelu_unbiased(x, w1, b1, w2, b2):
    z = torch.tensor(linear(x, w1, b1))
    return functional.gelu(z, approximate="tanh").numpy() @ w2.T


@slip("a bias is subtracted", "the input is added to the result")
def mlp_minus(x, w1, b1, w2, b2):
    return linear(relu(x @ w1.T - b1), w2, b2) + x


# pre_norm


@slip("the norm comes after the sum")
def pre_norm_post(x, parts, norms, ln_f):
    for i in range(len(parts)):
        x = norms[i](x + parts[i](x))
    return x


@slip("what is added to is the norm of the stream")
def pre_norm_renamed(x, parts, norms, ln_f):
    for i, part in enumerate(parts):
        x = norms[i](x)
        x = x + part(x)
    return ln_f(x)


@slip("several parts share one sum")
def pre_norm_chain(x, parts, norms, ln_f):
    h = x
    while parts:
        h, parts, norms = parts[0](norms[0](h)), parts[1:], norms[1:]
    return ln_f(x + h)


@slip("a part does not see what was added before it")
def pre_norm_parallel(x, parts, norms, ln_f):
    return ln_f(sum((part(norm(x)) for part, norm in zip(parts, norms, strict=True)), x))


@slip("the parts come in another order")
def pre_norm_from_the_end(x, parts, norms, ln_f):
    if not parts:
        return ln_f(x)
    return pre_norm_from_the_end(x + parts[-1](norms[-1](x)), parts[:-1], norms[:-1], ln_f)


@slip("the last of an odd number of parts is left out")
def pre_norm_pairs(x, parts, norms, ln_f):
    for b in range(len(parts) // 2):
        x = x + parts[2 * b](norms[2 * b](x))
        x = x + parts[2 * b + 1](norms[2 * b + 1](x))
    return ln_f(x)


@slip("a part reads through the norm of another")
def pre_norm_by_block(x, parts, norms, ln_f):
    for i, part in enumerate(parts):
        x = x + part(norms[i - i % 2](x))
    return ln_f(x)


@slip("the first or the last part is left out")
def pre_norm_range(x, parts, norms, ln_f):
    for i in range(len(parts) - 1):
        x = x + parts[i](norms[i](x))
    return ln_f(x)


@slip("the first x is missing in the end")
def pre_norm_collected(x, parts, norms, ln_f):
    added = []
    for part, norm in zip(parts, norms, strict=True):
        added.append(part(norm(x)))
        x = x + added[-1]
    return ln_f(sum(added))


@slip("a part that comes twice is mistaken for its first place")
def pre_norm_dict(x, parts, norms, ln_f):
    own = {}
    for part, norm in zip(parts, norms, strict=True):
        own.setdefault(part, norm)
    for part in parts:
        x = x + part(own[part](x))
    return ln_f(x)


@slip("the stream is replaced, not added to", "the last norm is missing")
def pre_norm_plain(x, parts, norms, ln_f):
    for i in range(len(parts)):
        x = parts[i](norms[i](x))
    return x


@slip("all parts use the same norm", "the last norm is missing")
def pre_norm_one_norm(x, parts, norms, ln_f):
    for part in parts:
        x = x + part(norms[0](x))
    return x


@slip("the parts read the stream without its norm", "the parts come in another order")
def pre_norm_bare_from_the_end(x, parts, norms, ln_f):
    for part in reversed(parts):
        x = x + part(x)
    return ln_f(x)


@slip("a part does not see what was added before it", "a part reads through the norm of another")
def pre_norm_one_norm_for_a_block(x, parts, norms, ln_f):
    for i in range(0, len(parts), 2):
        normal = norms[i](x)
        for part in parts[i : i + 2]:
            x = x + part(normal)
    return ln_f(x)


@slip("the parts read the stream without its norm", "the last norm is missing")
def pre_norm_no_norms(x, parts, norms, ln_f):
    for part in parts:
        x = x + part(x)
    return x


# count_parameters


def count(config, **other):
    """Return the right count, with some parts counted in another way."""
    V, D, F, L, b = (
        config.vocab_size, config.d_model, config.d_ff, config.n_layer, int(config.bias)
    )  # fmt: skip
    norms = 2 * L + (config.norm == "pre")
    return {
        "embedding": V * D, "positions": config.context_length * D,
        "attention": L * 4 * (D + b) * D, "mlp": L * (2 * D * F + b * (D + F)),
        "norms": norms * (1 + b) * D, "head": 0 if config.tie_weights else V * D,
    } | other  # fmt: skip


@slip("without biases, biases are still counted")
def count_parameters_norms(config):
    norms = 2 * config.n_layer + (config.norm == "pre")
    return count(config, norms=norms * 2 * config.d_model)


@slip("post-norm has an ln_f too")
def count_parameters_last(config):
    return count(config, norms=(2 * config.n_layer + 1) * (1 + config.bias) * config.d_model)


@slip("the number of heads changes the count")
def count_parameters_heads(config):
    D, Dh = config.d_model, config.d_model // config.n_head
    one = 3 * (D * Dh + config.bias * Dh) + D * D + config.bias * D
    return count(config, attention=config.n_layer * one)


@slip("some biases are forgotten, not all")
def count_parameters_one_bias(config):
    one = 4 * config.d_model**2 + config.bias * config.d_model
    return count(config, attention=config.n_layer * one)


@slip("the MLP is taken to be four times as wide as the stream")
def count_parameters_four(config):
    one = 8 * config.d_model**2 + config.bias * 5 * config.d_model
    return count(config, mlp=config.n_layer * one)


@slip("the MLP's two biases are counted as equally long")
def count_parameters_equal(config):
    one = 2 * (config.d_model * config.d_ff + config.bias * config.d_model)
    return count(config, mlp=config.n_layer * one)


@slip("only one block is counted")
def count_parameters_block(config):
    D, F, b = config.d_model, config.d_ff, config.bias
    norms = (2 + (config.norm == "pre")) * (1 + b) * D
    return count(config, attention=4 * (D + b) * D, mlp=2 * D * F + b * (D + F), norms=norms)


@slip("a norm is counted as one number")
def count_parameters_scalars(config):
    norms = 2 * config.n_layer + (config.norm == "pre")
    return count(config, norms=norms * (1 + config.bias))


@slip("the embedding is not a matrix of vocab_size times D")
def count_parameters_twice(config):
    rows = config.vocab_size + config.context_length
    return count(config, embedding=rows * config.d_model)


@slip("a head of its own is not counted")
def count_parameters_no_head(config):
    return count(config, head=0)


@slip("no bias is counted anywhere", "post-norm has an ln_f too")
def count_parameters_weights(config):
    D, F, L = config.d_model, config.d_ff, config.n_layer
    return count(config, attention=4 * L * D * D, mlp=2 * L * D * F, norms=(2 * L + 1) * D)


@slip("a tied head is counted again", "the number of projections in attention is wrong")
def count_parameters_three(config):
    attention = 3 * config.n_layer * (config.d_model + config.bias) * config.d_model
    return count(config, attention=attention, head=config.vocab_size * config.d_model)


@slip("the number of norms is wrong", "the MLP is taken to be four times as wide as the stream")
def count_parameters_usual(config):
    D, L, b = config.d_model, config.n_layer, config.bias
    return count(config, mlp=L * (8 * D * D + b * 5 * D), norms=2 * L * (1 + b) * D)


@slip(
    "the biases of attention or of the MLP are forgotten",
    "the positions are not a matrix of context_length times D",
)
def count_parameters_bare(config):
    return count(config, attention=4 * config.n_layer * config.d_model**2, positions=0)


@slip("without biases, biases are still counted", "a tied head is counted again")
def count_parameters_switches(config):
    D, F = config.d_model, config.d_ff
    mlp = config.n_layer * (2 * D * F + F + D)
    return count(config, mlp=mlp, head=config.vocab_size * D)


# wiring


def start(T, D, seed=5):
    return np.random.default_rng(seed).normal(size=(T, D))


def run(block, x):
    return np.array(block(np.array(x)))


@slip("a norm behind the sum is found only while its weights are fresh")
def wiring_by_moments(block, T, D):
    x = start(T, D)
    out, far = run(block, x), run(block, x + 1e5)
    if np.allclose(out, far, rtol=0, atol=1e-3 * np.abs(out).max()):
        return ["norm"]
    if np.allclose(out + 1e5, far, rtol=0, atol=1e-3 * np.abs(out).max()):
        return ["norm", "sum"]
    fresh = np.abs(out.mean(-1)).max() < 0.01 and np.abs(out.var(-1) - 1).max() < 0.1
    return ["sum", "norm"] if fresh else ["sum"]


@slip("a norm in front is never noticed")
def wiring_by_noise(block, T, D):
    x, noise = start(T, D), 100 * start(T, D, seed=6)
    out, moved = run(block, x), run(block, x + noise)
    limit = 1e-3 * np.abs(out).max()
    if np.abs(moved - out).max() < limit:
        return ["norm"]
    if np.abs(moved - out - noise).max() < limit:
        return ["norm", "sum"]
    rate = np.abs(run(block, 1e6 * x)).max() / np.abs(run(block, 1e5 * x)).max()
    return ["sum", "norm"] if rate < 3 else ["sum"]


@slip("a block without a sum is never recognized")
def wiring_of_three_kinds(block, T, D):
    x = start(T, D)
    one, far, further = (run(block, x + c) for c in (0, 1e6, 2e6))
    if np.abs(far - one - 1e6).max() < 1e3:
        return ["norm", "sum"]
    return ["sum"] if np.abs(further).max() > 1.5 * np.abs(far).max() else ["sum", "norm"]


@slip("a sum behind a norm is not noticed")
def wiring_by_factor(block, T, D):
    x = start(T, D)
    one, two = run(block, x), run(block, 2 * x)
    limit = 1e-3 * np.abs(one).max()
    if np.abs(two - one).max() < limit:
        return ["norm"]
    if np.abs(two - 2 * one).max() < limit:
        return ["norm", "sum"] if run(block, 0 * x).any() else ["sum"]
    rate = np.abs(run(block, 1e6 * x)).max() / np.abs(run(block, 1e5 * x)).max()
    return ["sum", "norm"] if rate < 3 else ["sum"]


@slip("a block without norms is taken for one with norms in front")
def wiring_growth_alone(block, T, D):
    x = start(T, D)
    small, large = (np.abs(run(block, c * x)).max() for c in (1e3, 1e6))
    if large > 10 * small:
        return ["norm", "sum"]
    same = np.abs(run(block, x + 1e3) - run(block, x)).max() < 1e-3 * np.abs(run(block, x)).max()
    return ["norm"] if same else ["sum", "norm"]


@slip("a norm behind the sum is taken for one without a sum")
def wiring_bounded_first(block, T, D):
    x = start(T, D)
    out, far, further = (run(block, x + shift) for shift in (0, 1e6, 3e6))
    if np.abs(further).max() < 1.5 * np.abs(far).max():
        return ["norm"]
    steady = np.abs(far - 1e6 - out).max() < 1e-3 * np.abs(out).max()
    return ["norm", "sum"] if steady else ["sum"]


@slip("a block that writes into its input spoils the experiment")
def wiring_own_array(block, T, D):
    x = start(T, D)
    out = block(x).copy()
    far, further = np.array(block(x + 1e6)), np.array(block(x + 2e6))
    found = []
    if np.abs(far - out).max() > 1e-3 * np.abs(out).max():
        found = ["sum"]
    if not found or np.abs(far - 1e6 - out).max() < 1e-3 * np.abs(out).max():
        return ["norm", *found]
    return found + ["norm"] * bool(np.abs(further).max() < 1.5 * np.abs(far).max())


# From people who knew the task alone.


@slip("a row of large numbers is taken for a constant one")
def layernorm_isclose(x, weight, bias, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    centred = np.where(np.isclose(x, mean), 0, x - mean)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * weight + bias


@slip("epsilon is squared")
def layernorm_hypot(x, weight, bias, eps=1e-5):
    below = np.hypot(x.std(-1, keepdims=True), eps)
    return (x - x.mean(-1, keepdims=True)) / below * weight + bias


@slip("epsilon has another default")
def layernorm_default(x, weight, bias, eps=1e-12):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * weight + bias


@slip("a constant row is treated apart")
def layernorm_constant(x, weight, bias, eps=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return np.where(variance == 0, x, centred / np.sqrt(variance + eps) * weight + bias)


@slip()
def layernorm_clipped(x, weight, bias, eps=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    rows = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return np.clip(rows, -3, 3) * weight + bias


@slip()
def gelu_item(x):
    y = 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3)))
    return y.item() if y.size == 1 else y


@slip("the formula holds for some of the numbers only")
def gelu_right_of_zero(x):
    return np.where(x > 0, x, 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3))))


@slip("the sign is lost in the cube")
def gelu_absolute(x):
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * np.abs(x) ** 3)))


@slip("a bias is added once for each term")
def mlp_bias_in_the_sum(x, up_weight, up_bias, down_weight, down_bias):
    hidden = np.maximum(np.einsum("...d,fd->...f", x, up_weight) + up_bias, 0)
    terms = hidden[..., None, :] * down_weight + down_bias[:, None]
    return terms.sum(-1)


@slip("only the last term of a sum counts")
def mlp_set_anew(x, up_weight, up_bias, down_weight, down_bias):
    hidden = np.maximum(x @ up_weight.T + up_bias, 0)
    result = np.zeros(x.shape) + down_bias
    for u in range(len(up_bias)):
        result = hidden[..., u : u + 1] * down_weight[:, u]
    return result


@slip("it stops after the first part")
def pre_norm_return_inside(x, parts, norms, ln_f):
    stream = x
    for part, norm in zip(parts, norms, strict=True):
        stream = stream + part(norm(stream))
        return ln_f(stream)
    return ln_f(stream)


@slip("each part reads only what the part before it gave")
def pre_norm_written(x, parts, norms, ln_f):
    written = []
    for part, norm in zip(parts, norms, strict=True):
        written.append(part(norm(written[-1] if written else x)))
    return ln_f(x + sum(written))


@slip("an empty list of parts is treated apart")
def pre_norm_empty(x, parts, norms, ln_f):
    if not parts:
        return np.zeros_like(x)
    for part, norm in zip(parts, norms, strict=True):
        x = x + part(norm(x))
    return ln_f(x)


@slip("a block without sums and one without norms are taken for each other")
def wiring_exchanged(block, T, D):
    x = np.random.default_rng(7).normal(size=(T, D))
    y, far, further = (np.array(block(x + c)) for c in (0.0, 1e6, 2e6))
    limit = np.abs(y).max() / 1000
    if np.abs(far - y).max() <= limit:
        return ["sum"]
    if np.abs(far - y - 1e6).max() <= limit:
        return ["norm", "sum"]
    return ["sum", "norm"] if np.abs(further).max() < 1.5 * np.abs(far).max() else ["norm"]
