"""Right answers to the exercises of chapter 09, designed in other ways than the package's."""

from __future__ import annotations

import bisect
import itertools
import math
from fractions import Fraction

import numpy as np
import torch


def bytes_listed(n_layer, d_model, n_head, n_kv_head, T, B, bits):
    """Make the shape of the cache, and multiply."""
    shape = (n_layer, 2, B, n_kv_head, T, d_model // n_head)
    return math.prod(shape) * bits // 8


def bytes_of_a_token(n_layer, d_model, n_head, n_kv_head, T, B, bits):
    width = d_model * n_kv_head // n_head
    a_token = Fraction(2 * width * bits, 8)
    return int(a_token * n_layer * T * B)


def bytes_counted(n_layer, d_model, n_head, n_kv_head, T, B, bits):
    total = 0
    for _ in range(n_layer):
        for _ in ("key", "value"):
            total += n_kv_head * (d_model // n_head) * bits
    return np.int64(total * T * B // 8)


def tempered_scipy(logits, temperature):
    """By logarithms, as `logsumexp` would do it."""
    if temperature == 0.0:
        rows = np.zeros_like(logits)
        np.put_along_axis(rows, np.argmax(logits, axis=1)[:, None], 1.0, axis=1)
        return rows
    x = (logits - logits.max(axis=1, keepdims=True)) / temperature
    return np.exp(x - np.logaddexp.reduce(x, axis=1, keepdims=True))


def tempered_torch(logits, temperature):
    x = torch.from_numpy(logits)
    if temperature == 0:
        return torch.nn.functional.one_hot(x.argmax(dim=-1), x.shape[-1]).double()
    return torch.softmax(x / temperature, dim=-1)


def tempered_loop(logits, temperature):
    rows = []
    for row in logits.tolist():
        top = max(row)
        if temperature == 0:
            rows.append([float(i == row.index(top)) for i in range(len(row))])
            continue
        exps = [math.exp((x - top) / temperature) for x in row]
        rows.append([e / math.fsum(exps) for e in exps])
    return np.array(rows)


def tempered_divided_first(logits, temperature):
    """Divide first; the limits of the task leave room for that."""
    out = np.zeros(logits.shape)
    if not temperature:
        out[range(len(logits)), logits.argmax(-1)] = 1
        return out
    x = logits / temperature
    np.exp(x - x.max(axis=-1, keepdims=True), out=out)
    return out / np.einsum("bv->b", out)[:, None]


def tempered_float32(logits, temperature):
    return tempered_divided_first(logits, temperature).astype(np.float32)


def log_prob_prefixes(model, prompt, continuation):
    """Read one beginning after the other."""
    text, total = prompt.tolist(), 0.0
    for token in continuation.tolist():
        row = model(np.array([text]))[0, -1]
        total += row[token] - np.logaddexp.reduce(row)
        text.append(token)
    return total


def log_prob_torch(model, prompt, continuation):
    ids = torch.from_numpy(np.concatenate([prompt, continuation]))
    logits = torch.as_tensor(model(ids[None].numpy()))[0, :-1]
    losses = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
    return -losses[len(prompt) - 1 :].sum().item()


def log_prob_all_and_prompt(model, prompt, continuation):
    """Take from the whole text's what the prompt's has."""

    def of(ids):
        logits = model(ids[None])[0]
        rows = np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1)) + logits.max(-1)
        return sum(logits[i, ids[i + 1]] - rows[i] for i in range(len(ids) - 1))

    return float(of(np.append(prompt, continuation)) - of(prompt))


def log_prob_gathered(model, prompt, continuation):
    N, M = len(prompt), len(continuation)
    rows = model(np.hstack([prompt, continuation[:-1]]).reshape(1, -1))[0, N - 1 : N - 1 + M]
    chosen = np.take_along_axis(rows, continuation[:, None], axis=-1)[:, 0]
    top = rows.max(axis=-1)
    return np.sum(chosen - top - np.log(np.exp(rows - top[:, None]).sum(axis=-1)))


def log_prob_float32(model, prompt, continuation):
    ids = np.concatenate([prompt, continuation])
    logits = torch.from_numpy(model(ids[None])[0]).float()
    chosen = torch.log_softmax(logits, dim=-1)[:-1].gather(1, torch.from_numpy(ids[1:, None]))
    return chosen[len(prompt) - 1 :].sum().item()


def filtered_masks(logits, top_k, top_p):
    """With minus infinity for what is cut, for all rows at once."""
    order = np.argsort(-logits, axis=-1, kind="stable")
    x = np.take_along_axis(logits, order, axis=-1)
    if top_k is not None:
        x[:, top_k:] = -np.inf
    probs = np.exp(x - x[:, :1])
    probs /= probs.sum(axis=-1, keepdims=True)
    if top_p is not None:
        probs[probs.cumsum(axis=-1) - probs >= top_p] = 0
        probs /= probs.sum(axis=-1, keepdims=True)
    out = np.empty_like(probs)
    np.put_along_axis(out, order, probs, axis=-1)
    return out


def filtered_ranks(logits, top_k, top_p):
    """Bring the result back by the inverse order."""
    order = np.argsort(-logits, axis=-1, kind="stable")
    rank = np.argsort(order, axis=-1)
    probs = np.exp(logits - logits.max(axis=-1, keepdims=True))
    if top_k is not None:
        probs = np.where(rank < top_k, probs, 0)
    probs = probs / probs.sum(axis=-1, keepdims=True)
    if top_p is not None:
        inside = np.take_along_axis(probs, order, axis=-1)
        before = np.pad(inside.cumsum(axis=-1), ((0, 0), (1, 0)))[:, :-1]
        probs = probs * (np.take_along_axis(before, rank, axis=-1) < top_p)
    return probs / probs.sum(axis=-1, keepdims=True)


def filtered_torch(logits, top_k, top_p):
    x, order = torch.sort(torch.from_numpy(logits), dim=-1, descending=True, stable=True)
    if top_k is not None:
        x[:, top_k:] = float("-inf")
    probs = torch.softmax(x, dim=-1)
    if top_p is not None:
        cut = probs.cumsum(dim=-1) - probs >= top_p
        probs = torch.softmax(x.masked_fill(cut, float("-inf")), dim=-1)
    return torch.zeros_like(probs).scatter(-1, order, probs)


def filtered_one_by_one(logits, top_k, top_p):
    """Take the likeliest that is left until there are enough."""
    rows = []
    for row in logits.tolist():
        left, kept = list(range(len(row))), []
        while left and (top_k is None or len(kept) < top_k):
            best = max(left, key=lambda i: (row[i], -i))
            kept.append(best)
            left.remove(best)
        weights = {i: math.exp(row[i] - row[kept[0]]) for i in kept}
        whole, share, last = sum(weights.values()), 0.0, {}
        for i in kept:
            last[i] = weights[i]
            share += weights[i] / whole
            if top_p is not None and share >= top_p:
                break
        rows.append([last.get(i, 0.0) / sum(last.values()) for i in range(len(row))])
    return np.array(rows)


def filtered_float32(logits, top_k, top_p):
    return filtered_masks(logits.astype(np.float32), top_k, top_p)


def padded_lists(prompts, pad_id):
    T = max(map(len, prompts))
    pads = [T - len(prompt) for prompt in prompts]
    ids = [[pad_id] * n + prompt for n, prompt in zip(pads, prompts, strict=True)]
    places = [[0] * n + list(range(T - n)) for n in pads]
    mask = [[[n <= j <= i for j in range(T)] for i in range(T)] for n in pads]
    return np.array(ids), np.array(places), np.array(mask)


def padded_turned(prompts, pad_id):
    """Padded on the right, with all turned round before and afterwards."""
    rows = list(itertools.zip_longest(*[prompt[::-1] for prompt in prompts], fillvalue=pad_id))
    ids = np.array(rows).T[:, ::-1].copy()
    T = ids.shape[1]
    starts = T - np.array([len(prompt) for prompt in prompts])[:, None]
    places = np.clip(np.arange(T) - starts, 0, None)
    i, j = np.arange(T)[:, None], np.arange(T)
    return ids, places, (j <= i) & (j >= starts[:, None])


def padded_torch(prompts, pad_id):
    rows = [torch.tensor(prompt[::-1]) for prompt in prompts]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id).flip(1)
    ones = [torch.ones(len(prompt), dtype=torch.long) for prompt in prompts]
    real = torch.nn.utils.rnn.pad_sequence(ones, batch_first=True).flip(1)
    places = (real.cumsum(dim=1) - 1).clamp(min=0)
    T = ids.shape[1]
    causal = torch.tril(torch.ones(T, T, dtype=torch.bool))
    return ids, places, causal[None] & real.bool()[:, None]


def padded_by_numbers(prompts, pad_id):
    """Real is what has a number from 1 on; a place reads numbers not above its own, but 0."""
    T = len(max(prompts, key=len))
    ids = np.empty((len(prompts), T), dtype=np.int64)
    number = np.zeros_like(ids)
    ids.fill(pad_id)
    for row, numbers, prompt in zip(ids, number, prompts, strict=True):
        row[-len(prompt) :] = prompt
        numbers[-len(prompt) :] = np.arange(1, len(prompt) + 1)
    reads = (number[:, None, :] <= number[:, :, None]) & (number[:, None, :] > 0)
    return ids, np.where(number > 0, number - 1, 0), reads


def text_recursive(model, prompts, n):
    def go_on(new, start, cache, left):
        if not left:
            return []
        token = int(np.argmax(model(new, start, cache)[-1]))
        return [token, *go_on([token], start + len(new), cache, left - 1)]

    return [prompt + go_on(prompt, 0, [], n) for prompt in prompts]


def text_one_by_one(model, prompts, n):
    """The prompt, too, is read one id at a time, and the cache itself says where it stands."""
    texts = []
    for prompt in prompts:
        text, cache, i = prompt.copy(), [], 0
        while len(text) < len(prompt) + n:
            logits = model([text[i]], len(cache), cache)
            i += 1
            if i == len(text):
                text.append(int(logits[0].argmax()))
        texts.append(text)
    return texts


def text_read_first(model, prompts, n):
    """Reads the last token as well, once, for nothing."""
    texts = []
    for prompt in prompts:
        cache, text = [], list(prompt)
        logits = model(np.array(prompt), 0, cache)
        for _ in range(n):
            token = max(range(len(logits[-1])), key=lambda i: logits[-1][i])
            logits = model([token], len(text), cache)
            text.append(token)
        texts.append(text)
    return texts


def text_columns(model, prompts, n):
    """All prompts side by side, a token of each in turn."""
    caches = [[] for _ in prompts]
    texts = [[*prompt] for prompt in prompts]
    for _ in range(n):
        for text, cache in zip(texts, caches, strict=True):
            done = len(cache)
            text += [np.argmax(model(text[done:], done, cache)[-1]).item()]
    return texts


def draw(probs, u):
    return bisect.bisect_right(np.cumsum(probs).tolist(), u)


def step_early(p, q, drafted, u):
    for i, token in enumerate(drafted):
        if u[i] < min(1, p[i, token] / q[i, token]):
            continue
        rest = (p[i] - q[i]).clip(min=0)
        return [*drafted[:i], draw(rest / rest.sum(), u[-1])]
    return [*drafted, draw(p[-1], u[-1])]


def step_at_once(p, q, drafted, u):
    """All decisions at once; a row of zeros below q stands for what comes after the draft."""
    n = len(drafted)
    stays = u[:n] * q[np.arange(n), drafted] < p[np.arange(n), drafted]
    kept = n if stays.all() else int(stays.argmin())
    below = np.vstack([q, np.zeros(q.shape[1])])[kept]
    missing = np.maximum(p[kept] - below, 0)
    sums = missing.cumsum() / missing.sum()
    return [*drafted[:kept], int(np.searchsorted(sums, u[n], side="right"))]


def step_torch(p, q, drafted, u):
    p, q = torch.from_numpy(p), torch.from_numpy(q)
    out = []
    for i, token in enumerate(drafted):
        if u[i] < (p[i, token] / q[i, token]).clamp(max=1):
            out.append(token)
        else:
            probs = torch.relu(p[i] - q[i])
            break
    else:
        probs = p[len(drafted)]
    sums = torch.cumsum(probs / probs.sum(), dim=0)
    return [*out, int(torch.searchsorted(sums, torch.tensor(u[-1]).to(sums.dtype), right=True))]


def step_recursive(p, q, drafted, u):
    def drawn(weights, u):
        total = sum(weights)
        for token, weight in enumerate(weights):
            u -= weight / total
            if u < 0:
                return token
        raise AssertionError("a running sum ends at one")

    if not drafted:
        return [drawn(p[0], u[0])]
    first, *others = drafted
    if p[0, first] > u[0] * q[0, first]:
        return [first, *step_recursive(p[1:], q[1:], others, u[1:])]
    return [drawn([max(0.0, a - b) for a, b in zip(p[0], q[0], strict=True)], u[-1])]


RIGHT = {
    "cache_bytes": [bytes_listed, bytes_of_a_token, bytes_counted],
    "tempered": [
        tempered_scipy,
        tempered_torch,
        tempered_loop,
        tempered_divided_first,
        tempered_float32,
    ],
    "continuation_log_prob": [
        log_prob_prefixes,
        log_prob_torch,
        log_prob_all_and_prompt,
        log_prob_gathered,
        log_prob_float32,
    ],
    "filtered": [
        filtered_masks,
        filtered_ranks,
        filtered_torch,
        filtered_one_by_one,
        filtered_float32,
    ],
    "left_padded": [padded_lists, padded_turned, padded_torch, padded_by_numbers],
    "cached_text": [text_recursive, text_one_by_one, text_read_first, text_columns],
    "speculative_step": [step_early, step_at_once, step_torch, step_recursive],
}
