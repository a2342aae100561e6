"""Right answers to the exercises of chapter 08, designed in other ways than the package's."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from torch.nn import functional


def prefix_torch(model, ids):
    losses = [
        functional.cross_entropy(
            torch.as_tensor(np.asarray(model(ids[None, :i]), dtype=float)[:, -1]),
            torch.as_tensor(ids[i : i + 1]),
        )
        for i in range(1, len(ids))
    ]
    return torch.stack(losses).mean().item()


def prefix_list(model, ids):
    total = 0.0
    for i in range(1, len(ids)):
        last = [float(n) for n in model(np.array([list(ids[:i])]))[0][-1]]
        top = max(last)
        total += math.log(math.fsum(math.exp(n - top) for n in last)) + top - last[ids[i]]
    return total / (len(ids) - 1)


def prefix_padded(model, ids):
    """All prefixes of one length at a time, although there is only one of each."""
    found = np.empty(len(ids) - 1)
    for length in range(1, len(ids)):
        logits = np.array(model(np.stack([ids[:length]])))[0, length - 1]
        logs = logits - np.logaddexp.reduce(logits)
        found[length - 1] = -logs[ids[length]]
    return found.mean()


def difference_all(whole, start, ids):
    step = start()
    steps = np.stack([step(int(token)) for token in ids])
    wrong = (np.abs(steps - whole(ids)) > 1e-4).any(axis=-1)
    return int(np.argmax(wrong)) if wrong.any() else -1


def difference_next(whole, start, ids):
    step, expected = start(), whole(ids)
    places = (
        i for i, row in enumerate(expected) if not np.allclose(step(ids[i]), row, rtol=0, atol=1e-4)
    )
    return next(places, -1)


def difference_prefixes(whole, start, ids):
    """A new text for each prefix: slow, and the same."""
    for end in range(1, len(ids) + 1):
        step = start()
        for token in ids[:end]:
            last = step(token)
        if max(abs(a - b) for a, b in zip(last, whole(ids[:end])[-1], strict=True)) > 1e-3:
            return end - 1
    return -1


def evaluate_torch(model, batches, padding):
    model.eval()
    total, count = 0.0, 0
    for ids, targets in batches:
        logits = torch.as_tensor(model(ids)).flatten(0, 1)
        labels = torch.as_tensor(targets).flatten()
        total += functional.cross_entropy(
            logits, labels, ignore_index=padding, reduction="sum"
        ).item()
        count += (labels != padding).sum().item()
    return total / count


def evaluate_flat(model, batches, padding):
    losses = []
    model.eval()
    for ids, targets in batches:
        logits = model(ids)
        logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
        for place in np.ndindex(targets.shape):
            if targets[place] != padding:
                losses.append(-logs[place][targets[place]])
    return float(np.mean(losses))


def evaluate_weighted(model, batches, padding):
    """Means of the batches, weighted by how many tokens count; put back to training mode."""
    model.eval()
    means, weights = [], []
    for ids, targets in batches:
        kept = targets != padding
        if kept.any():
            logits = model(ids)
            logits = logits - logits.max(-1, keepdims=True)
            logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            means.append(-np.take_along_axis(logs, targets[..., None], -1)[..., 0][kept].mean())
            weights.append(kept.sum())
    model.train()
    return np.average(means, weights=weights)


def log_table(loss, validation, V, entropy):
    low = min(validation)
    found = {
        "blows up": not np.isfinite(loss).all() or loss[-1] - loss[0] > 1,
        "starts too high": loss[0] - math.log(V) > 1,
        "too good": entropy - low > 0.1,
        "memorises": validation[-1] - low > 0.1 and loss[-1] < loss[0],
    }
    return next((name for name, so in found.items() if so), "fine")


def log_elif(loss, validation, V, entropy):
    if any(one != one or abs(one) == math.inf for one in loss) or loss[-1] > 1 + loss[0]:
        found = "blows up"
    elif math.exp(loss[0] - 1) > V:
        found = "starts too high"
    elif any(one + 0.1 < entropy for one in validation):
        found = "too good"
    elif loss[0] > loss[-1] and any(validation[-1] > one + 0.1 for one in validation):
        found = "memorises"
    else:
        found = "fine"
    return found


def log_arrays(loss, validation, V, entropy):
    loss, validation = np.array(loss), np.array(validation)
    if np.isnan(loss).any() or np.isinf(loss).any() or loss[-1] > loss[0] + 1:
        return "blows up"
    if loss[0] > np.log(V) + 1:
        return "starts too high"
    if (validation < entropy - 0.1).any():
        return "too good"
    fallen = len(loss) > 1 and loss[-1] < loss[0]
    return "memorises" if fallen and (validation[-1] - validation > 0.1).any() else "fine"


def _differ(a, b):
    return bool(np.abs(a - b).max() > 1e-5)


def diagnose_one_change(model, V, T):
    """Change one token at a time, in batches of three, with random numbers of its own."""
    rng = np.random.default_rng()
    texts = [rng.integers(V, size=(1, T)) for _ in range(40)]
    alone = [model(ids) for ids in texts]
    if any(_differ(model(ids), out) for ids, out in zip(texts, alone, strict=True)):
        return "random"
    for a in range(38):
        together = model(np.concatenate(texts[a : a + 3]))
        if _differ(together, np.concatenate(alone[a : a + 3])):
            return "batch"
    for ids, out in zip(texts, alone, strict=True):
        for place in range(1, T):
            other = ids.copy()
            other[0, place] = (other[0, place] + 1 + rng.integers(V - 1)) % V
            if _differ(model(other)[0, :place], out[0, :place]):
                return "future"
    for ids, out in zip(texts, alone, strict=True):
        for i, j in itertools.combinations(range(T - 1), 2):
            other = ids.copy()
            other[0, [i, j]] = other[0, [j, i]]
            if _differ(model(other)[0, -1], out[0, -1]):
                return "right"
    return "order"


def diagnose_prefixes(model, V, T):
    """What follows is cut off, not changed; the earlier tokens are turned round."""
    rng = np.random.default_rng(7)
    known = False
    for _ in range(30):
        ids = rng.integers(V, size=(4, T))
        out = np.array(model(ids))
        if _differ(np.array(model(ids)), out):
            return "random"
        for b in range(4):
            if _differ(np.array(model(ids[[b]]))[0], out[b]):
                return "batch"
        for end in range(1, T):
            if _differ(np.array(model(ids[:, :end])), out[:, :end]):
                return "future"
        turned = np.concatenate([ids[:, -2::-1], ids[:, -1:]], axis=1)
        known |= _differ(np.array(model(turned))[:, -1], out[:, -1])
    return ("order", "right")[known]


def diagnose_table(model, V, T):
    """All experiments first, the verdict afterwards."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(25):
        ids = rng.integers(V, size=(3, T))
        out = model(ids)
        seen |= {"random"} if _differ(model(ids), out) else set()
        for b in range(3):
            company = rng.integers(V, size=(3, T))
            company[b] = ids[b]
            seen |= {"batch"} if _differ(model(company)[b], out[b]) else set()
        for i in range(T - 1):
            other = np.concatenate([ids[:, : i + 1], rng.integers(V, size=(3, T - i - 1))], axis=1)
            seen |= {"future"} if _differ(model(other)[:, i], out[:, i]) else set()
        turned = ids[:, [*rng.permutation(T - 1), T - 1]]
        seen |= {"ordered"} if _differ(model(turned)[:, -1], out[:, -1]) else set()
    for name in ("random", "batch", "future"):
        if name in seen:
            return name
    return "right" if "ordered" in seen else "order"


RIGHT = {
    "prefix_loss": [prefix_torch, prefix_list, prefix_padded],
    "first_difference": [difference_all, difference_next, difference_prefixes],
    "evaluate": [evaluate_torch, evaluate_flat, evaluate_weighted],
    "read_log": [log_table, log_elif, log_arrays],
    "diagnose": [diagnose_one_change, diagnose_prefixes, diagnose_table],
}
