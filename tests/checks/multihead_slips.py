"""Wrong answers to the exercises of chapter 04, as learners type them.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from .multihead_designs import merge_concatenate as side_by_side


def split_reshape(x, n_head):
    Dh = x.shape[-1] // n_head
    return np.reshape(x, (*x.shape[:-2], n_head, x.shape[-2], Dh))


def split_view(x, n_head):
    B, T, D = x.shape
    return torch.tensor(x).view(B, T, n_head, D // n_head).transpose(1, 2)


def split_transpose(x, n_head):
    return x.reshape(*x.shape[:-1], n_head, -1).transpose(0, 2, 1, 3)


def split_torch_12(x, n_head):
    return torch.from_numpy(x).reshape(*x.shape[:-1], n_head, -1).transpose(1, 2)


def split_strides(x, n_head):
    return np.stack([x[..., h::n_head] for h in range(n_head)], axis=-3)


def split_array(x, n_head):
    return np.array(np.split(x, n_head, axis=-1))


def split_stack_1(x, n_head):
    return np.stack(np.split(x, n_head, axis=-1), axis=1)


def split_short(x, n_head):
    Dh = x.shape[-1] // n_head
    out = np.zeros((*x.shape[:-2], n_head, x.shape[-2], Dh))
    for h in range(n_head - 1):
        out[..., h, :, :] = x[..., h * Dh : (h + 1) * Dh]
    return out


def split_returns_early(x, n_head):
    heads = np.zeros((*x.shape[:-2], n_head, x.shape[-2], x.shape[-1] // n_head))
    for h, part in enumerate(np.split(x, n_head, -1)):
        heads[..., h, :, :] = part
        return heads


def split_steps_of_one(x, n_head):
    Dh = x.shape[-1] // n_head
    return np.stack([x[..., h : h + Dh] for h in range(n_head)], axis=-3)


def split_same_slice(x, n_head):
    Dh = x.shape[-1] // n_head
    return np.stack([x[..., :Dh] for h in range(n_head)], axis=-3)


def split_minus_one(x, n_head):
    return x.reshape(*x.shape[:-1], -1, n_head).swapaxes(-2, -3)


def split_moved(x, n_head):
    return np.moveaxis(x.reshape(*x.shape[:-1], n_head, -1), -1, -3)


def split_two_width(x, n_head):
    return x.reshape(*x.shape[:-1], -1, n_head)


def split_two_axes(x, n_head):
    B, T, D = x.shape
    return x.reshape(B, T, n_head, D // n_head)


def split_two_plain(x, n_head):
    B, T, D = x.shape
    return x.reshape(B, n_head, T, D // n_head)


def split_two_list(x, n_head):
    Dh = x.shape[-1] // n_head
    return [x[..., h : h + Dh] for h in range(n_head)]


def split_last_head_first(x, n_head):
    B, T, _ = x.shape
    return x.reshape(B, T, n_head, -1).swapaxes(1, 2)[:, ::-1]


def split_numpy_12(x, n_head):
    return x.reshape(*x.shape[:-1], n_head, -1).transpose(1, 2)


def split_first_axis(x, n_head):
    return np.array(np.split(x, n_head))


def split_divided(x, n_head):
    return x.reshape(*x.shape[:-1], n_head, x.shape[-1] / n_head).swapaxes(-2, -3)


def split_sizes(x, n_head):
    return x.reshape(*x.shape[:-1], n_head, n_head).swapaxes(-2, -3)


def split_float(x, n_head):
    x = torch.tensor(x, dtype=torch.float32)
    return x.unflatten(-1, (n_head, -1)).transpose(-2, -3)


def split_positions_short(x, n_head):
    *before, T, D = x.shape
    Dh = D // n_head
    out = np.zeros((*before, n_head, T, Dh))
    for h in range(n_head):
        for t in range(T - 1):
            out[..., h, t, :] = x[..., t, h * Dh : (h + 1) * Dh]
    return out


def split_first_text(x, n_head):
    heads = np.stack(np.split(x, n_head, axis=-1), axis=-3)
    return np.broadcast_to(heads[0], heads.shape).copy() if heads.ndim > 3 else heads


def split_steps_of_n_head(x, n_head):
    Dh = x.shape[-1] // n_head
    out = np.zeros((*x.shape[:-2], n_head, x.shape[-2], Dh))
    for h in range(n_head):
        out[..., h, :, :] = x[..., h * n_head : h * n_head + Dh]
    return out


def split_rounded(x, n_head):
    return np.stack(np.split(x.round(2), n_head, axis=-1), axis=-3)


def merge_reshape(heads):
    return np.reshape(heads, (*heads.shape[:-3], heads.shape[-2], -1))


def merge_flat(heads):
    return torch.tensor(heads).flatten(-2)


def merge_turned(heads):
    return heads.T.reshape(*heads.shape[:-3], heads.shape[-2], -1)


def merge_batch(heads):
    B, H, T, Dh = heads.shape
    return torch.tensor(heads).transpose(1, 2).reshape(B, T, H * Dh)


def merge_flatten(heads):
    return torch.tensor(heads).transpose(1, 2).flatten(-2)


def merge_list(heads):
    return np.concatenate(heads, axis=-1)


def merge_hstack(heads):
    return np.hstack(heads)


def merge_index(heads):
    return np.concatenate([heads[:, h] for h in range(heads.shape[1])], axis=-1)


def merge_axis_1(heads):
    return np.concatenate([heads[..., h, :, :] for h in range(heads.shape[-3])], axis=1)


def merge_axis_0(heads):
    return np.concatenate([heads[..., h, :, :] for h in range(heads.shape[-3])])


def merge_below(heads):
    return np.concatenate([heads[..., h, :, :] for h in range(heads.shape[-3])], axis=-2)


def merge_stacked_last(heads):
    *before, H, T, Dh = heads.shape
    return np.stack([heads[..., h, :, :] for h in range(H)], axis=-1).reshape(*before, T, H * Dh)


def merge_sum(heads):
    return sum(heads[..., h, :, :] for h in range(heads.shape[-3]))


def merge_steps_of_one(heads):
    *before, H, T, Dh = heads.shape
    out = np.zeros((*before, T, H * Dh))
    for h in range(H):
        out[..., h : h + Dh] = heads[..., h, :, :]
    return out


def merge_short(heads):
    *before, H, T, Dh = heads.shape
    out = np.zeros((*before, T, H * Dh))
    for h in range(H - 1):
        out[..., h * Dh : (h + 1) * Dh] = heads[..., h, :, :]
    return out


def merge_names(heads):
    *before, T, H, Dh = heads.shape
    return heads.swapaxes(-2, -3).reshape(*before, T, H * Dh)


def merge_two_plain(heads):
    B, H, T, Dh = heads.shape
    return heads.reshape(B, T, H * Dh)


def merge_two_three(heads):
    H, T, Dh = heads.shape
    return heads.reshape(T, H * Dh)


def merge_two_sizes(heads):
    *before, H, T, Dh = heads.shape
    return heads.reshape(*before, H * Dh, T)


def merge_view(heads):
    *before, H, T, Dh = heads.shape
    return torch.tensor(heads).transpose(-2, -3).view(*before, T, H * Dh)


def merge_last_first(heads):
    B, H, T, Dh = heads.shape
    return heads[:, ::-1].swapaxes(1, 2).reshape(B, T, H * Dh)


def merge_numpy_12(heads):
    *before, H, T, Dh = heads.shape
    return heads.transpose(1, 2).reshape(*before, T, H * Dh)


def merge_wrong_size(heads):
    *before, _, T, Dh = heads.shape
    return heads.swapaxes(-2, -3).reshape(*before, T, T * Dh)


def merge_same_columns(heads):
    *before, H, T, Dh = heads.shape
    out = np.zeros((*before, T, H * Dh))
    for h in range(H):
        out[..., :Dh] = heads[..., h, :, :]
    return out


def merge_from_1(heads):
    *before, H, T, Dh = heads.shape
    out = np.zeros((*before, T, H * Dh))
    for h in range(1, H):
        out[..., h * Dh : (h + 1) * Dh] = heads[..., h, :, :]
    return out


def merge_memory(heads):
    *before, H, T, Dh = heads.shape
    in_order = heads.ravel(order="K").reshape(heads.shape)
    return in_order.swapaxes(-3, -2).reshape(*before, T, H * Dh)


def strides_of_batch(B, T, H, Dh):
    return B * H * Dh, Dh, H * Dh, 1


def strides_no_numbers(B, T, H, Dh):
    return T * H, Dh, H * Dh, 1


def strides_sum(B, T, H, Dh):
    return T + H * Dh, Dh, H * Dh, 1


def strides_and_itself(B, T, H, Dh):
    return T * H * Dh + 1, Dh + 1, H * Dh + 1, 1


def strides_numpy(B, T, H, Dh):
    return np.zeros((B, T, H * Dh)).reshape(B, T, H, Dh).swapaxes(1, 2).strides


def strides_float(B, T, H, Dh):
    return np.zeros((B, T, H * Dh), "f4").reshape(B, T, H, Dh).swapaxes(1, 2).strides


def strides_view(B, T, H, Dh):
    return torch.zeros(B, T, H * Dh).view(B, H, T, Dh).stride()


def strides_contiguous(B, T, H, Dh):
    return torch.zeros(B, T, H, Dh).transpose(1, 2).contiguous().stride()


def strides_before(B, T, H, Dh):
    return torch.zeros(B, T, H * Dh).view(B, T, H, Dh).stride()


def strides_no_T(B, T, H, Dh):  # noqa: N802
    return H * Dh, Dh, H * Dh, 1


def strides_whole(B, T, H, Dh):
    return B * T * H * Dh, Dh, H * Dh, 1


def strides_zero(B, T, H, Dh):
    return T * H * Dh, Dh, H * Dh, 0


def strides_heads(B, T, H, Dh):
    return T * H * Dh, Dh, H, 1


def strides_one(B, T, H, Dh):
    return T * H * Dh, 1, H * Dh, 1


def strides_shape(B, T, H, Dh):
    return np.zeros((B, H, T, Dh)).shape


def strides_two_bytes(B, T, H, Dh):
    return np.zeros((B, T, H * Dh)).reshape(B, T, H, Dh).strides


def strides_two_fresh(B, T, H, Dh):
    return np.zeros((B, H, T, Dh)).strides


def strides_two_order(B, T, H, Dh):
    return 1, Dh, H * Dh, T * H * Dh


def strides_two_short(B, T, H, Dh):
    return H * Dh, Dh, 1


def strides_of_sizes(B, T, H, Dh):
    return (B, H, T, Dh).strides


def outputs_whole(out, w_o):
    return side_by_side(out) @ w_o.T


def outputs_reshape(out, w_o):
    _, H, _, Dh = out.shape
    return out @ w_o.reshape(H, Dh, -1)


def outputs_dealt(out, w_o):
    _, H, _, Dh = out.shape
    return np.einsum("bhtd,odh->bhto", out, w_o.reshape(-1, Dh, H))


def outputs_btho(out, w_o):
    _, H, _, Dh = out.shape
    return np.einsum("bhtd,ohd->btho", out, w_o.reshape(-1, H, Dh))


def outputs_list(out, w_o):
    parts = zip(out.swapaxes(0, 1), np.hsplit(w_o, out.shape[1]), strict=True)
    return [head @ columns.T for head, columns in parts]


def outputs_array(out, w_o):
    return np.array(outputs_list(out, w_o))


def outputs_straight(out, w_o):
    B, H, T, Dh = out.shape
    parts = np.zeros((B, H, T, len(w_o)))
    for h in range(H):
        parts[:, h] = out[:, h] @ w_o[:, h * Dh : (h + 1) * Dh]
    return parts


def outputs_first_columns(out, w_o):
    return out @ w_o[:, : out.shape[-1]].T


def outputs_short(out, w_o):
    B, H, T, Dh = out.shape
    parts = np.zeros((B, H, T, len(w_o)))
    for h in range(H - 1):
        parts[:, h] = out[:, h] @ w_o[:, h * Dh : (h + 1) * Dh].T
    return parts


def outputs_square(out, w_o):
    parts = np.zeros((*out.shape[:3], w_o.shape[1]))
    for h, columns in enumerate(np.hsplit(w_o, out.shape[1])):
        parts[:, h] = out[:, h] @ columns.T
    return parts


def outputs_plain_merge(out, w_o):
    B, H, T, Dh = out.shape
    parts = []
    for h in range(H):
        alone = np.zeros_like(out)
        alone[:, h] = out[:, h]
        parts.append(alone.reshape(B, T, H * Dh) @ w_o.T)
    return np.stack(parts, 1)


def outputs_zeroes(out, w_o):
    parts = []
    for h in range(out.shape[1]):
        alone = out
        for g in range(out.shape[1]):
            if g != h:
                alone[:, g] = 0
        parts.append(outputs_whole(alone, w_o))
    return np.stack(parts, 1)


def outputs_view(out, w_o):
    parts, whole = [], outputs_whole(out, w_o)
    for h in range(out.shape[1]):
        without = out.view()
        without[:, h] = 0
        parts.append(whole - outputs_whole(without, w_o))
    return np.stack(parts, 1)


def outputs_growing(out, w_o):
    total, parts = 0, []
    for part in outputs_list(out, w_o):
        total = total + part
        parts.append(total)
    return np.stack(parts, 1)


def outputs_same_total(out, w_o):
    total, parts = np.zeros((len(out), out.shape[2], len(w_o))), []
    for part in outputs_list(out, w_o):
        total += part
        parts.append(total)
    return np.stack(parts, 1)


def outputs_without(out, w_o):
    parts = []
    for h in range(out.shape[1]):
        less = out.copy()
        less[:, h] = 0
        parts.append(outputs_whole(less, w_o))
    return np.stack(parts, 1)


def outputs_two_first(out, w_o):
    return np.array([head @ w_o[:, : out.shape[-1]].T for head in out.swapaxes(0, 1)])


def outputs_two_dealt(out, w_o):
    H = out.shape[1]
    return sum(out[:, h] @ w_o[:, h::H].T for h in range(H))


def outputs_two_straight(out, w_o):
    heads = zip(out.swapaxes(0, 1), np.hsplit(w_o, out.shape[1]), strict=True)
    return np.mean([head @ columns for head, columns in heads], axis=0)


def outputs_rows(out, w_o):
    _, H, _, Dh = out.shape
    return np.stack([out[:, h] @ w_o[h * Dh : (h + 1) * Dh].T for h in range(H)], 1)


def outputs_cut(out, w_o):
    _, H, _, Dh = out.shape
    return out @ w_o.T.reshape(H, H, Dh)


def outputs_turned_round(out, w_o):
    columns = np.split(w_o, out.shape[1], axis=1)[::-1]
    return np.stack([out[:, h] @ c.T for h, c in enumerate(columns)], 1)


def outputs_no_head_letter(out, w_o):
    D, H, Dh = len(w_o), out.shape[1], out.shape[3]
    return np.einsum("bhtd,ohd->bhto", out, np.stack([w_o.reshape(D, H, Dh).sum(1)] * H, 1))


def outputs_last_number(out, w_o):
    B, H, T, Dh = out.shape
    parts = np.zeros((B, H, T, len(w_o)))
    for h in range(H):
        for d in range(Dh):
            parts[:, h] = out[:, h, :, d, None] * w_o[:, h * Dh + d]
    return parts


def outputs_root(out, w_o):
    _, H, _, Dh = out.shape
    return np.einsum("bhtd,ohd->bhto", out, w_o.reshape(-1, H, Dh)) / np.sqrt(Dh)


def outputs_first_text(out, w_o):
    parts = np.zeros((*out.shape[:3], len(w_o)))
    for b, text in enumerate(out):
        for h, columns in enumerate(np.hsplit(w_o, out.shape[1])):
            parts[b, h] = text[h] @ columns.T
        return parts


def soft(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def cut(x, w_qkv, n_head):
    B, T, _ = x.shape
    parts = np.split(x @ w_qkv.T, 3, -1)
    return [part.reshape(B, T, n_head, -1).swapaxes(1, 2) for part in parts]


def causal(s):
    return np.where(np.tri(s.shape[-1]), s, -np.inf)


def scored(q, k):
    return q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def layer_all(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(scored(q, k)) @ v) @ w_o.T


def layer_fused(x, w_qkv, w_o, n_head):
    x, w_qkv, w_o = map(torch.from_numpy, (x, w_qkv, w_o))
    q, k, v = (x @ w_qkv.T).unflatten(-1, (3, n_head, -1)).permute(2, 0, 3, 1, 4)
    return scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2) @ w_o.T


def layer_of_D(x, w_qkv, w_o, n_head):  # noqa: N802
    B, T, D = x.shape
    qkv = x @ w_qkv.T
    q, k, v = (qkv[..., i * D : (i + 1) * D] for i in range(3))
    q, k, v = (a.reshape(B, T, n_head, D // n_head).transpose(0, 2, 1, 3) for a in (q, k, v))
    return (soft(causal(scored(q, k))) @ v).transpose(0, 2, 1, 3).reshape(B, T, D) @ w_o.T


def layer_infinite(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = scored(q, k) + (1 - np.tri(x.shape[1])) * -np.inf
    return side_by_side(soft(s) @ v) @ w_o.T


def layer_triu(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = scored(q, k)
    s[..., np.triu(np.ones(s.shape[-2:], dtype=bool))] = -np.inf
    return side_by_side(soft(s) @ v) @ w_o.T


def layer_tril(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = scored(q, k)
    s[..., np.tril(np.ones(s.shape[-2:], dtype=bool))] = -np.inf
    return side_by_side(soft(s) @ v) @ w_o.T


def layer_width(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = q @ k.swapaxes(-1, -2) / math.sqrt(x.shape[-1])
    return side_by_side(soft(causal(s)) @ v) @ w_o.T


def layer_both_scaled(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    root = math.sqrt(q.shape[-1])
    return side_by_side(soft(causal(q / root @ (k / root).swapaxes(-1, -2))) @ v) @ w_o.T


def layer_exp(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    e = np.exp(causal(scored(q, k)))
    return side_by_side(e / e.sum(-1, keepdims=True) @ v) @ w_o.T


def layer_one_top(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = causal(scored(q, k))
    e = np.exp(s - np.max(s))
    return side_by_side(e / e.sum(-1, keepdims=True) @ v) @ w_o.T


def layer_late(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = scored(q, k)
    e = np.exp(s - s.max(-1, keepdims=True)) * np.tri(x.shape[1])
    return side_by_side(e / e.sum(-1, keepdims=True) @ v) @ w_o.T


def layer_later(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    weights = soft(scored(q, k)) * np.tri(x.shape[1])
    weights /= weights.sum(-1, keepdims=True) + 1e-9
    return side_by_side(weights @ v) @ w_o.T


def layer_last_head(x, w_qkv, w_o, n_head):
    (T, Dh), result = (x.shape[1], len(w_qkv) // 3 // n_head), None
    for h in range(n_head):
        rows = slice(h * Dh, (h + 1) * Dh)
        q, k, v = (x @ w[rows].T for w in np.split(w_qkv, 3))
        weights = soft(np.where(np.tri(T), q @ k.swapaxes(1, 2) / Dh**0.5, -np.inf))
        result = weights @ v @ w_o[:, rows].T
    return result


def layer_heads_first(x, w_qkv, w_o, n_head):
    D, result = x.shape[-1], 0
    w = w_qkv.reshape(n_head, 3, -1, D)
    for (w_q, w_k, w_v), columns in zip(w, np.hsplit(w_o, n_head), strict=True):
        result = result + soft(causal(scored(x @ w_q.T, x @ w_k.T))) @ (x @ w_v.T) @ columns.T
    return result


def layer_dim_1(x, w_qkv, w_o, n_head):
    q, k, v = map(torch.from_numpy, cut(x, w_qkv, n_head))
    later = torch.ones(x.shape[1], x.shape[1]).triu(1).bool()
    s = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(later, -torch.inf)
    return side_by_side((torch.softmax(s, dim=1) @ v).numpy()) @ w_o.T


def layer_shuffled(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    out = soft(causal(scored(q, k))) @ v
    return np.moveaxis(out, 1, -1).reshape(*x.shape[:2], -1) @ w_o.T


def layer_residual(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return x + side_by_side(soft(causal(scored(q, k))) @ v) @ w_o.T


def layer_scaled_late(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    weights = soft(causal(q @ k.swapaxes(-1, -2))) / math.sqrt(q.shape[-1])
    return side_by_side(weights @ v) @ w_o.T


def layer_reshaped(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv.reshape(x.shape[-1], -1).T, n_head)
    return side_by_side(soft(causal(scored(q, k))) @ v) @ w_o.T


def layer_twice(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(causal(soft(causal(scored(q, k))))) @ v) @ w_o.T


def layer_keys_of_head_0(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    k, v = k[:, :1], np.repeat(v[:, :1], n_head, 1)
    return side_by_side(soft(causal(scored(q, k))) @ v) @ w_o.T


def layer_mean(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    heads = (soft(causal(scored(q, k))) @ v).swapaxes(0, 1)
    parts = [head @ w.T for head, w in zip(heads, np.hsplit(w_o, n_head), strict=True)]
    return np.mean(parts, axis=0)


def layer_guard(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = causal(scored(q, k))
    e = np.exp(s - s.max(-1, keepdims=True))
    return side_by_side(e / (e.sum(-1, keepdims=True) + 1e-3) @ v) @ w_o.T


def layer_window(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    s = causal(scored(q, k))
    s = np.where(np.tri(x.shape[1], k=-64), -np.inf, s)
    return side_by_side(soft(s) @ v) @ w_o.T


def layer_two_bare(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(q @ k.swapaxes(-1, -2)) @ v) @ w_o.T


def layer_two_merge(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    weights = soft(causal(q @ k.swapaxes(-1, -2) / math.sqrt(x.shape[-1])))
    return (weights @ v).reshape(*x.shape[:2], -1) @ w_o.T


def layer_two_residual(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return x + side_by_side(soft(causal(q @ k.swapaxes(-1, -2))) @ v) @ w_o.T


def layer_two_split(x, w_qkv, w_o, n_head):
    B, T, _ = x.shape
    q, k, v = (part.reshape(B, n_head, T, -1) for part in np.split(x @ w_qkv.T, 3, -1))
    weights = soft(np.where(np.tri(T, k=1), scored(q, k), -np.inf))
    return side_by_side(weights @ v) @ w_o.T


def layer_two_order(x, w_qkv, w_o, n_head):
    k, q, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(causal(scored(q, k))) @ v)


def layer_joined_below(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return np.concatenate([*(soft(causal(scored(q, k))) @ v).swapaxes(0, 1)], axis=1) @ w_o.T


def layer_cuts_x(x, w_qkv, w_o, n_head):
    B, T, _ = x.shape
    pieces = x.reshape(B, T, n_head, -1).swapaxes(1, 2)
    q, k, v = (pieces @ w.T for w in np.split(w_qkv, 3))
    return side_by_side(soft(causal(scored(q, k))) @ v) @ w_o.T


def layer_turned(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(causal(q @ k.T / math.sqrt(q.shape[-1]))) @ v) @ w_o.T


def layer_numpy_12(x, w_qkv, w_o, n_head):
    q, k, v = cut(x, w_qkv, n_head)
    return side_by_side(soft(causal(q @ k.transpose(-2, -1))) @ v) @ w_o.T


def layer_merged_to_D(x, w_qkv, w_o, n_head):  # noqa: N802
    q, k, v = cut(x, w_qkv, n_head)
    return (soft(causal(scored(q, k))) @ v).swapaxes(1, 2).reshape(x.shape) @ w_o.T


X = np.arange(2.0 * 5 * 12).reshape(2, 5, 12)
WANTED = X.reshape(2, 5, 3, 4).swapaxes(1, 2)


def proof_in_front(split):
    x = np.arange(48.0).reshape(2, 3, 8)
    return np.array_equal(split(x, 4), np.stack(np.split(x, 4, -1)))


def proof_shape(split):
    return split(np.random.default_rng(0).random((2, 5, 12)), 3).shape == (2, 3, 5, 4)


def proof_zeros(split):
    return np.array_equal(split(np.zeros((2, 5, 12)), 3), np.zeros((2, 3, 5, 4)))


def proof_ones(split):
    return np.array_equal(split(np.ones((2, 5, 12)), 3), np.ones((2, 3, 5, 4)))


def proof_back(split):
    return np.array_equal(split(X, 3).reshape(-1), X.reshape(-1))


def proof_positions(split):
    x = np.broadcast_to(np.arange(5.0)[:, None], (2, 5, 12)).copy()
    return np.array_equal(split(x, 3), np.broadcast_to(np.arange(5.0)[:, None], (2, 3, 5, 4)))


def proof_one_entry(split):
    heads = split(X, 3)
    return heads.shape == (2, 3, 5, 4) and heads[0, 1, 0, 0] == 4


def proof_first_loop(split):
    heads = split(X, 3)
    if heads.shape != WANTED.shape:
        return False
    for at in np.ndindex(WANTED.shape):
        return heads[at] == WANTED[at]


def proof_last_loop(split):
    heads = split(X, 3)
    if heads.shape != WANTED.shape:
        return False
    for at in np.ndindex(WANTED.shape):
        same = heads[at] == WANTED[at]
    return same


def proof_two_heads(split):
    heads = split(X, 3)
    return heads.shape == WANTED.shape and all(
        np.array_equal(heads[:, h], X[..., 4 * h : 4 * h + 4]) for h in range(2)
    )


def proof_second_head(split):
    heads = split(X, 3)
    return heads.ndim == 4 and np.array_equal(heads[:, 1], X[..., 4:8])


def proof_sequence(split):
    x = np.arange(8).reshape(1, 2, 4)
    return np.array_equal(split(x, 2), [[[[0, 1], [4, 5]], [[2, 3], [6, 7]]]])


def proof_tiny(split):
    x = np.array([[[1, 2], [3, 4]]])
    return np.array_equal(split(x, 2), [[[[1], [3]], [[2], [4]]]])


def proof_sum(split):
    return split(X, 3).sum() == X.sum()


def proof_any(split):
    heads = split(X, 3)
    return heads.shape == WANTED.shape and bool((heads == WANTED).any())


def proof_sums(split):
    heads = split(X, 3)
    return heads.shape == WANTED.shape and np.array_equal(heads.sum(-1), WANTED.sum(-1))


def proof_digits(split):
    b, h, _, d = np.indices((2, 3, 4, 5))
    address = 1000 * b + 100 * h + d
    x = np.concatenate([address[:, i] for i in range(3)], -1)
    return np.array_equal(split(x, 3), address)


def proof_view(split):
    x = X.copy()
    heads = split(x, 3)
    return np.array_equal(heads, WANTED) and np.shares_memory(heads, x)


def proof_any_other(split):
    heads = np.random.default_rng(0).permutation(120).reshape(3, 5, 4, 2)
    found = split(np.concatenate([heads[:, h] for h in range(5)], -1), 5)
    return found.shape == heads.shape and bool((found == heads).any())


def proof_fault(split):
    return not np.array_equal(split(X, 3), WANTED)


def proof_undone(split):
    return np.array_equal(split(X, 3).swapaxes(1, 2).reshape(X.shape), X)


def proof_no_shape(split):
    heads = split(X, 3)
    return all(heads[at] == WANTED[at] for at in np.ndindex(WANTED.shape))


def proof_all(split):
    return (split(X, 3) == WANTED).all()


def proof_ambiguous(split):
    return bool(split(X[:1], 3) == WANTED[:1])


def proof_two_axes(split):
    return np.array_equal(split(X[0], 3), WANTED[0])


def proof_odd(split):
    return split(np.zeros((2, 2, 5)), 2).shape == (2, 2, 2, 2)


def proof_no_sizes(split):
    return np.array_equal(split(X), WANTED)
