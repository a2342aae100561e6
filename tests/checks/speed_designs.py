"""Right answers to the exercises of chapter 12, designed in other ways than the package's."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction
from functools import reduce

import numpy as np
import torch

from tinytx.speed.machine import Machine
from tinytx.speed.work import Work

# intensity


def intensity_by_rows(N, D, F, size, weight_size):
    """What one row takes, and its part of the weight."""
    return 2 * D * F / (size * (D + F) + weight_size * D * F / N)


def intensity_by_shapes(N, D, F, size, weight_size):
    arrays = [((N, D), size), ((D, F), weight_size), ((N, F), size)]
    moved = sum(math.prod(shape) * each for shape, each in arrays)
    return 2 * math.prod((N, D, F)) / moved


def intensity_by_reciprocals(N, D, F, size, weight_size):
    """Bytes for each operation add up: each array's are two sizes upside down."""
    return 2 / (size / F + weight_size / N + size / D)


def intensity_in_bits(N, D, F, size, weight_size):
    bits = 8 * size * N * (D + F) + int(8 * weight_size) * D * F
    return 16 * N * D * F / bits


def intensity_counted(N, D, F, size, weight_size):
    """Multiplications and additions apart."""
    multiplications = additions = N * F * D
    read = N * D * size + D * F * weight_size
    wrote = N * F * size
    return (multiplications + additions) / (read + wrote)


def intensity_numpy(N, D, F, size, weight_size):
    sizes = np.array([N * D, D * F, N * F], dtype=np.float64)
    return 2.0 * N * D * F / np.dot(sizes, [size, weight_size, size])


def intensity_float32(N, D, F, size, weight_size):
    return np.float32(2 * N * D * F) / np.float32(size * N * (D + F) + weight_size * D * F)


def intensity_exact(N, D, F, size, weight_size):
    return float(Fraction(2 * N * D * F) / (size * N * (D + F) + Fraction(weight_size) * D * F))


def intensity_torch(N, D, F, size, weight_size):
    parts = torch.tensor([size * N * D, weight_size * D * F, size * N * F], dtype=torch.float64)
    return (2 * N * D * F / parts.sum()).item()


def intensity_by_package(N, D, F, size, weight_size):
    n_bytes = size * N * D + weight_size * D * F + size * N * F
    return Work("x", "mlp", "forward", 2 * N * D * F, n_bytes).intensity


# least_time


def least_looped(flops, traffic, peak, bandwidth, overhead):
    total = 0.0
    for one, moved in zip(flops, traffic, strict=True):
        total += overhead + max(one / peak, moved / bandwidth) / 1000
    return float(total)


def least_in_seconds(flops, traffic, peak, bandwidth, overhead):
    """Everything in seconds, operations and bytes, until the end."""
    seconds = np.maximum(flops / (peak * 1e9), traffic / (bandwidth * 1e9))
    return float(1e6 * (seconds.sum() + len(flops) * overhead * 1e-6))


def least_by_ridge(flops, traffic, peak, bandwidth, overhead):
    """From the ridge on arithmetic is the limit, below it memory."""
    high = flops >= traffic * (peak / bandwidth)
    work = flops[high].sum() / peak + traffic[~high].sum() / bandwidth
    return float(work / 1e3 + overhead * flops.size)


def least_stacked(flops, traffic, peak, bandwidth, overhead):
    both = np.stack([flops, traffic]) / np.array([[peak], [bandwidth]]) * 1e-3
    return (both.max(axis=0) + overhead).sum()


def least_torch(flops, traffic, peak, bandwidth, overhead):
    a, b = torch.from_numpy(flops) / peak, torch.from_numpy(traffic) / bandwidth
    return (torch.maximum(a, b) / 1e3 + overhead).sum().item()


def least_by_attainable(flops, traffic, peak, bandwidth, overhead):
    """What the roofline allows at an operation's intensity."""
    total = 0.0
    for one, moved in zip(flops.tolist(), traffic.tolist(), strict=True):
        if one == 0:
            total += moved / (bandwidth * 1e3)
        elif moved == 0:
            total += one / (peak * 1e3)
        else:
            total += one / (min(peak, one / moved * bandwidth) * 1e3)
    return total + overhead * len(flops)


def least_by_package(flops, traffic, peak, bandwidth, overhead):
    machine = Machine("one", gflops=peak, gbytes=bandwidth)
    return sum(1e6 * machine.seconds(*each) + overhead for each in zip(flops, traffic, strict=True))


def least_by_mean(flops, traffic, peak, bandwidth, overhead):
    """The larger of two is their mean and half of the distance between them."""
    a, b = flops / peak / 1e3, traffic / bandwidth / 1e3
    return float(np.sum((a + b + np.abs(a - b)) / 2 + overhead))


def least_where(flops, traffic, peak, bandwidth, overhead):
    a, b = 1e-3 * flops / peak, 1e-3 * traffic / bandwidth
    return float(np.where(a > b, a, b).sum() + np.full(len(a), overhead).sum())


def least_reduced(flops, traffic, peak, bandwidth, overhead):
    return reduce(
        lambda past, each: past + overhead + max(each[0] / peak, each[1] / bandwidth) / 1e3,
        zip(flops.tolist(), traffic.tolist(), strict=True),
        0.0,
    )


def least_float32(flops, traffic, peak, bandwidth, overhead):
    a, b = (part.astype(np.float32) for part in (flops / peak, traffic / bandwidth))
    return (np.maximum(a, b) / np.float32(1e3) + np.float32(overhead)).sum()


# ratio


def ratio_looped(old, new):
    each = [min(a) / min(b) for a, b in zip(old.tolist(), new.tolist(), strict=True)]
    return np.array(statistics.quantiles(each, n=4, method="inclusive"))


def ratio_by_places(old, new):
    """Places in the sorted ratios, a part of the way to the next."""
    each = sorted(a.min() / b.min() for a, b in zip(old, new, strict=True))
    found = []
    for part in (0.25, 0.5, 0.75):
        place = part * (len(each) - 1)
        below = int(place)
        above = min(below + 1, len(each) - 1)
        found.append(each[below] + (place - below) * (each[above] - each[below]))
    return np.array(found)


def ratio_percentile(old, new):
    return np.percentile(np.amin(old, 1) / np.amin(new, 1), (25, 50, 75))


def ratio_torch(old, new):
    each = torch.from_numpy(old).min(dim=1).values / torch.from_numpy(new).amin(1)
    return torch.quantile(each, torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64))


def ratio_by_inverse(old, new):
    """The quartiles of new over old, without dividing before the ratio is turned round."""
    inverse = 1 / (new.min(axis=1) / old.min(axis=1))
    low, high = np.quantile(inverse, [0.25, 0.75])
    return np.array([low, np.median(inverse), high])


def ratio_sorted_calls(old, new):
    each = np.sort(old, axis=1)[:, 0] / np.sort(new, axis=1)[:, 0]
    return np.interp(np.array([0.25, 0.5, 0.75]) * (len(each) - 1), range(len(each)), np.sort(each))


def ratio_by_best_rates(old, new):
    """Calls a second: the largest of each round."""
    each = (1 / new).max(axis=1) / (1 / old).max(axis=1)
    return np.quantile(each, np.arange(1, 4) / 4)


def ratio_of_all_pairs(old, new):
    """The largest over the old calls' least, by all pairs of a round."""
    pairs = old[:, :, None] / new[:, None, :]
    return np.quantile(pairs.min(axis=1).max(axis=1), [0.25, 0.5, 0.75])


def ratio_nan(old, new):
    each = np.divide(np.nanmin(old, axis=-1), np.nanmin(new, axis=-1))
    return np.stack([np.nanquantile(each, part / 4) for part in (1, 2, 3)])


def ratio_reduced(old, new):
    a, b = np.minimum.reduce(old, axis=1), np.minimum.reduce(new, axis=1)
    q = np.quantile(a / b, np.linspace(0, 1, 5))
    return q[1:-1]


# weighted_sum


def sum_with_shapes(pieces):
    """All three are made when the first piece tells how large they are."""
    top = total = out = None
    for scores, values in pieces:
        if out is None:
            N, D = len(scores), values.shape[1]
            top, total, out = np.full(N, -np.inf), np.zeros(N), np.zeros((N, D))
        largest = np.maximum(top, scores.max(axis=1))
        safe = np.where(np.isinf(largest), 0, largest)
        shrink, weights = np.exp(top - safe), np.exp(scores - safe[:, None])
        total = total * shrink + weights.sum(axis=1)
        out = out * shrink[:, None] + weights @ values
        top = largest
    return out / np.maximum(total, 1e-300)[:, None]


def sum_row_by_row(pieces):
    """Row by row and score by score."""
    rows = {}
    for scores, values in pieces:
        for n, row in enumerate(scores):
            top, total, out = rows.get(n, (-math.inf, 0.0, np.zeros(values.shape[1])))
            for score, value in zip(row.tolist(), values, strict=True):
                if score == -math.inf:
                    continue
                new = max(top, score)
                shrink, weight = math.exp(top - new), math.exp(score - new)
                top, total, out = new, total * shrink + weight, out * shrink + weight * value
            rows[n] = top, total, out
    return np.stack([out / (total or 1.0) for _, total, out in rows.values()])


def sum_normalized(pieces):
    """Carries a mean of what was seen, divided already, and the logarithm of its total."""
    lse, out = None, 0.0
    for scores, values in pieces:
        if lse is None:
            lse = np.full((len(scores), 1), -np.inf)
        top = scores.max(axis=1, keepdims=True)
        safe = np.where(np.isinf(top), 0.0, top)
        weights = np.exp(scores - safe)
        total = weights.sum(axis=1, keepdims=True)
        here = safe + np.log(total)
        both = np.logaddexp(lse, here)
        seen = np.where(np.isinf(both), 0.0, both)
        out = np.exp(lse - seen) * out + np.exp(here - seen) * (
            weights @ values / np.where(total == 0, 1, total)
        )
        lse = both
    return out


def sum_with_ones(pieces):
    """The total is one more column of the values, all of it 1."""
    top, both = -1e30, 0.0
    for scores, values in pieces:
        more = np.hstack([values, np.ones((len(values), 1))])
        largest = np.maximum(top, scores.max(axis=1, keepdims=True))
        both = both * np.exp(top - largest) + np.exp(scores - largest) @ more
        top = largest
    return both[:, :-1] / np.maximum(both[:, -1:], 1e-12)


def sum_torch(pieces):
    top = total = out = None
    for scores, values in pieces:
        s, v = torch.from_numpy(scores), torch.from_numpy(values)
        if out is None:
            top = torch.full((len(s), 1), torch.finfo(s.dtype).min, dtype=s.dtype)
            total, out = torch.zeros_like(top), torch.zeros(len(s), v.shape[1], dtype=s.dtype)
        largest = torch.maximum(top, s.amax(dim=1, keepdim=True))
        shrink, weights = (top - largest).exp(), (s - largest).exp()
        total, out = total * shrink + weights.sum(1, keepdim=True), out * shrink + weights @ v
        top = largest
    return torch.where(total > 0, out / total, 0.0)


def sum_when_it_grows(pieces):
    """Shrinks those rows alone whose largest score has grown, in place."""
    top = None
    for scores, values in pieces:
        here = scores.max(axis=1)
        if top is None:
            top, total, out = (
                here.copy(),
                np.zeros(len(here)),
                np.zeros((len(here), values.shape[1])),
            )
        grown = here > top
        factor = np.exp(top[grown] - here[grown])
        total[grown] *= factor
        out[grown] *= factor[:, None]
        top[grown] = here[grown]
        seen = np.isfinite(here)
        weights = np.exp(scores[seen] - top[seen, None])
        total[seen] += weights.sum(axis=1)
        out[seen] += weights @ values
    total[total == 0] = 1
    return out / total[:, None]


def sum_masked_by_number(pieces):
    """-∞ becomes a number below all others, and its weights become 0."""
    top, total, out = -20_000.0, 0.0, 0.0
    for scores, values in pieces:
        open_ = np.isfinite(scores)
        s = np.where(open_, scores, -20_000.0)
        largest = np.maximum(top, s.max(axis=1, keepdims=True))
        weights = np.exp(s - largest) * open_
        shrink = np.exp(top - largest)
        total, out = total * shrink + weights.sum(1)[:, None], out * shrink + weights @ values
        top = largest
    return np.divide(out, total, out=np.zeros_like(out), where=total > 0)


def sum_at_the_end(pieces):
    """Each piece is summed up by itself; the few sums are put in proportion at the end."""
    tops, totals, sums = [], [], []
    for scores, values in pieces:
        top = scores.max(axis=1)
        weights = np.exp(scores - np.where(np.isinf(top), 0, top)[:, None])
        tops.append(top)
        totals.append(weights.sum(axis=1))
        sums.append(weights @ values)
    tops, totals, sums = np.stack(tops), np.stack(totals), np.stack(sums)
    largest = tops.max(axis=0)
    share = np.exp(tops - np.where(np.isinf(largest), 0, largest))
    total = (share * totals).sum(axis=0)
    return (share[:, :, None] * sums).sum(axis=0) / np.where(total == 0, 1, total)[:, None]


def sum_copied(pieces):
    """Copies scores and values before the next piece is taken: more memory, the same numbers."""
    parts = [(scores.copy(), values.copy()) for scores, values in pieces]
    scores = np.concatenate([part for part, _ in parts], axis=1)
    values = np.concatenate([part for _, part in parts])
    e = np.exp(scores - np.maximum(scores.max(axis=1, keepdims=True), -1e30))
    return e @ values / np.maximum(e.sum(axis=1, keepdims=True), 1e-9)


def sum_in_place(pieces):
    """Writes the weights over the scores, as the task allows."""
    top, total, out = -np.inf, 0.0, 0.0
    for scores, values in pieces:
        largest = np.maximum(top, scores.max(axis=1, keepdims=True))
        origin = np.where(np.isinf(largest), 0.0, largest)
        scores -= origin
        np.exp(scores, out=scores)
        shrink, top = np.exp(top - origin), largest
        total = total * shrink + scores.sum(axis=1, keepdims=True)
        out = out * shrink + scores @ values
    return out / np.where(total == 0, 1.0, total)


def sum_float32(pieces):
    top, total, out = np.float32(-1e30), np.float32(0), np.float32(0)
    for scores, values in pieces:
        s, v = scores.astype(np.float32), values.astype(np.float32)
        largest = np.maximum(top, s.max(axis=1, keepdims=True))
        shrink, weights = np.exp(top - largest), np.exp(s - largest)
        total, out = total * shrink + weights.sum(1, keepdims=True), out * shrink + weights @ v
        top = largest
    return out / np.where(total == 0, np.float32(1), total)


# merged


def merged_logaddexp(out1, lse1, out2, lse2):
    lse = np.logaddexp(lse1, lse2)
    return np.exp(lse1 - lse)[:, None] * out1 + np.exp(lse2 - lse)[:, None] * out2, lse


def merged_sigmoid(out1, lse1, out2, lse2):
    """Of two shares, one is a sigmoid of the difference."""
    share = 1 / (1 + np.exp(np.clip(lse2 - lse1, -700, 700)))[:, None]
    low, high = np.minimum(lse1, lse2), np.maximum(lse1, lse2)
    return share * out1 + (1 - share) * out2, high + np.log1p(np.exp(low - high))


def merged_looped(out1, lse1, out2, lse2):
    out, lse = np.zeros(out1.shape), np.zeros(len(lse1))
    for n, (a, b) in enumerate(zip(lse1.tolist(), lse2.tolist(), strict=True)):
        top = max(a, b)
        x, y = math.exp(a - top), math.exp(b - top)
        out[n] = (x * out1[n] + y * out2[n]) / (x + y)
        lse[n] = top + math.log(x + y)
    return out, lse


def merged_stacked(out1, lse1, out2, lse2):
    outs, lses = np.stack([out1, out2]), np.stack([lse1, lse2])
    top = lses.max(axis=0)
    totals = np.exp(lses - top)
    total = totals.sum(axis=0)
    return np.einsum("pnd,pn->nd", outs, totals / total), top + np.log(total)


def merged_torch(out1, lse1, out2, lse2):
    outs = torch.stack([torch.from_numpy(out1), torch.from_numpy(out2)])
    lses = torch.stack([torch.from_numpy(lse1), torch.from_numpy(lse2)])
    return (lses.softmax(dim=0)[..., None] * outs).sum(0), lses.logsumexp(dim=0)


def merged_moved(out1, lse1, out2, lse2):
    """From the first output a part of the way to the second."""
    lse = np.logaddexp(lse1, lse2)
    return out1 + np.exp(lse2 - lse)[:, None] * (out2 - out1), lse


def merged_ordered(out1, lse1, out2, lse2):
    """The one with the larger total first: then one total is 1."""
    first = lse1 >= lse2
    big, small = np.where(first, lse1, lse2), np.where(first, lse2, lse1)
    a, b = np.where(first[:, None], out1, out2), np.where(first[:, None], out2, out1)
    extra = np.exp(small - big)
    return (a + extra[:, None] * b) / (1 + extra[:, None]), big + np.log(1 + extra)


def merged_as_columns(out1, lse1, out2, lse2):
    """The total is one more column, of ones."""
    top = np.maximum(lse1, lse2)
    both = sum(
        np.exp(lse - top)[:, None] * np.column_stack([out, np.ones(len(out))])
        for out, lse in ((out1, lse1), (out2, lse2))
    )
    return both[:, :-1] / both[:, -1:], np.log(both[:, -1]) + top


def merged_scipy(out1, lse1, out2, lse2):
    from scipy.special import expit, logsumexp

    share = expit(lse1 - lse2)[:, None]
    return out1 * share + out2 * expit(lse2 - lse1)[:, None], logsumexp([lse1, lse2], axis=0)


def merged_by_attention(out1, lse1, out2, lse2):
    """Two scores, two values: an attention over processors."""
    scores = np.column_stack([lse1, lse2])
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    out = (weights[:, None] @ np.stack([out1, out2], axis=1))[:, 0]
    return out, scores.max(axis=1) + np.log(e.sum(axis=1))


# quantized


def quantized_looped(x, bits):
    codes, scales, zeros = np.zeros(x.shape, np.uint8), [], []
    for r, row in enumerate(x.tolist()):
        low, high = min([0.0, *row]), max([0.0, *row])
        scale = (high - low) / (2**bits - 1) or 1.0
        zero = round(-low / scale)
        codes[r] = [min(max(round(v / scale) + zero, 0), 2**bits - 1) for v in row]
        scales.append(scale)
        zeros.append(zero)
    return codes, np.array(scales), np.array(zeros, dtype=np.uint8)


def quantized_padded(x, bits):
    """A column of zeros takes part in finding the range."""
    padded = np.column_stack([x, np.zeros(len(x))])
    width = np.ptp(padded, axis=1)
    scale = np.where(width > 0, width / (2**bits - 1), 1)
    zero = np.round(-padded.min(axis=1) / scale)
    codes = np.round(x / scale[:, None] + zero[:, None])
    return codes.astype(np.uint8), scale, zero.astype(np.uint8)


def quantized_nearest(x, bits):
    """Of all numbers that a code can stand for, the nearest."""
    low, high = x.clip(max=0).min(axis=1), x.clip(min=0).max(axis=1)
    scale = (high - low) / (2**bits - 1)
    scale += scale == 0
    zero = np.rint(-low / scale)
    codes = np.arange(2**bits)
    stands_for = (codes - zero[:, None]) * scale[:, None]
    nearest = np.abs(x[:, :, None] - stands_for[:, None, :]).argmin(axis=2)
    return nearest.astype(np.uint8), scale, zero.astype(np.uint8)


def quantized_from_above(x, bits):
    """The zero point is counted from the last code down."""
    most = 2**bits - 1
    low, high = np.minimum(0, x.min(1)), np.maximum(0, x.max(1))
    scale = np.where(high > low, (high - low) / most, 1.0)
    zero = np.where(high > low, most - np.floor(high / scale + 0.5), 0)
    codes = np.floor(x / scale[:, None] + 0.5) + zero[:, None]
    return np.clip(codes, 0, most).astype(np.uint8), scale, zero.astype(np.uint8)


def quantized_torch(x, bits):
    t = torch.from_numpy(x)
    low, high = t.amin(1).clamp(max=0), t.amax(1).clamp(min=0)
    scale = (high - low) / (2**bits - 1)
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    zero = torch.round(-low / scale)
    codes = (torch.round(t / scale[:, None]) + zero[:, None]).clamp(0, 2**bits - 1)
    return codes.to(torch.uint8), scale, zero.to(torch.uint8)


def quantized_torch_by_channel(x, bits):
    """PyTorch's own rounding, with scale and zero point by hand."""
    most = 2**bits - 1
    low, high = x.min(axis=1).clip(max=0), x.max(axis=1).clip(min=0)
    scale = np.where(high == low, 1.0, (high - low) / most)
    zero = np.rint(-low / scale).astype(np.int64)
    rounded = torch.fake_quantize_per_channel_affine(
        torch.tensor(x, dtype=torch.float32), torch.tensor(scale, dtype=torch.float32),
        torch.tensor(zero, dtype=torch.int32), 0, 0, most,
    )  # fmt: skip
    codes = np.rint(rounded.numpy() / scale[:, None]).astype(np.int64) + zero[:, None]
    return codes.astype(np.uint8), scale, zero.astype(np.uint8)


def quantized_whole_numbers(x, bits):
    """Integers from the start, bytes at the end."""
    low, high = np.minimum(x.min(-1, keepdims=True), 0), np.maximum(x.max(-1, keepdims=True), 0)
    step = np.where(low == high, 1, (high - low) / ((1 << bits) - 1))
    zero = np.rint(-low / step).astype(int)
    codes = np.rint(x / step).astype(int) + zero
    return codes.astype("u1"), step[:, 0], zero[:, 0].astype("u1")


def quantized_row_by_row(x, bits):
    parts = [quantized_whole_numbers(row[None], bits) for row in x]
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def quantized_searched(x, bits):
    """How many borders between two codes lie below a number."""
    most = 2**bits - 1
    codes = np.empty(x.shape, np.uint8)
    low, high = np.minimum(x.min(axis=1), 0), np.maximum(x.max(axis=1), 0)
    scale = (high - low) / most
    scale[scale == 0] = 1
    zero = np.rint(-low / scale)
    for r in range(len(x)):
        codes[r] = np.searchsorted((np.arange(most) + 0.5 - zero[r]) * scale[r], x[r])
    return codes, scale, zero.astype(np.uint8)


def quantized_float32(x, bits):
    x = x.astype(np.float32)
    most = np.float32(2**bits - 1)
    low, high = np.minimum(x.min(axis=1), 0), np.maximum(x.max(axis=1), 0)
    scale = np.where(high == low, np.float32(1), (high - low) / most)
    zero = np.rint(-low / scale)
    codes = np.rint(x / scale[:, None]) + zero[:, None]
    return codes.clip(0, most).astype(np.uint8), scale, zero.astype(np.uint8)


# recomputed


def _masks(x, weights, p, seed):
    rng = np.random.default_rng(seed)
    return [(rng.random(x.shape) >= p) / (1 - p) for _ in weights]


def recomputed_all_masks(x, weights, k, p, seed, dy):
    """All masks are drawn first, and all is kept."""
    masks = _masks(x, weights, p, seed)
    hs, ys = [x], []
    for weight, mask in zip(weights, masks, strict=True):
        ys.append(np.tanh(hs[-1] @ weight.T))
        hs.append(ys[-1] * mask)
    dweights = np.empty_like(weights)
    for i in range(len(weights) - 1, -1, -1):
        dz = dy * masks[i] * (1 - ys[i] ** 2)
        dweights[i] = dz.T @ hs[i]
        dy = dz @ weights[i]
    return dy, dweights


def recomputed_torch(x, weights, k, p, seed, dy):
    """Autograd does the backward."""
    h = first = torch.tensor(x, requires_grad=True)
    w = torch.tensor(weights, requires_grad=True)
    for one, mask in zip(w, _masks(x, weights, p, seed), strict=True):
        h = torch.tanh(h @ one.T) * torch.from_numpy(mask)
    h.backward(torch.from_numpy(dy))
    return first.grad, w.grad


def recomputed_torch_checkpoint(x, weights, k, p, seed, dy):
    """PyTorch's own checkpointing, over segments whose masks are at hand."""
    from torch.utils.checkpoint import checkpoint

    h = first = torch.tensor(x, requires_grad=True)
    w = torch.tensor(weights, requires_grad=True)
    masks = [torch.from_numpy(mask) for mask in _masks(x, weights, p, seed)]

    def segment(h, start):
        for i in range(start, min(start + k, len(w))):
            h = torch.tanh(h @ w[i].T) * masks[i]
        return h

    for start in range(0, len(w), k):
        h = checkpoint(segment, h, start, use_reentrant=False)
    h.backward(torch.from_numpy(dy))
    return first.grad, w.grad


def recomputed_copied(x, weights, k, p, seed, dy):
    """A copy of the generator is kept with each input."""
    import copy

    rng, kept, h = np.random.default_rng(seed), {}, x

    def run(h, weight, rng):
        y = np.tanh(np.einsum("nd,ed->ne", h, weight))
        mask = np.where(rng.random(y.shape) < p, 0.0, 1 / (1 - p))
        return y * mask, (h, y, mask)

    for i, weight in enumerate(weights):
        if i % k == 0:
            kept[i] = h, copy.deepcopy(rng)
        h = run(h, weight, rng)[0]
    grads = {}
    for start in sorted(kept, reverse=True):
        (h, again), saved = kept[start], {}
        for i in range(start, min(start + k, len(weights))):
            h, saved[i] = run(h, weights[i], again)
        for i in sorted(saved, reverse=True):
            h, y, mask = saved[i]
            dz = dy * mask * (1 + y) * (1 - y)
            grads[i] = np.einsum("ne,nd->ed", dz, h)
            dy = np.einsum("ne,ed->nd", dz, weights[i])
    return dy, np.stack([grads[i] for i in range(len(weights))])


def recomputed_from_the_start(x, weights, k, p, seed, dy):
    """Keeps nothing: runs from the first layer for each layer."""
    dweights = np.zeros(weights.shape)
    for i in reversed(range(len(weights))):
        rng, h = np.random.default_rng(seed), x
        for weight in weights[: i + 1]:
            before, y = h, np.tanh(h @ weight.T)
            mask = (rng.random(y.shape) >= p) / (1 - p)
            h = y * mask
        dz = dy * mask * (1 - y * y)
        dweights[i], dy = dz.T @ before, dz @ weights[i]
    return dy, dweights


def recomputed_skipping(x, weights, k, p, seed, dy):
    """The generator begins at the seed again, and skips what earlier segments drew."""
    L, kept, h = len(weights), [], x
    rng = np.random.default_rng(seed)
    for i in range(L):
        if i % k == 0:
            kept.append(h)
        y = np.tanh(h @ weights[i].T)
        h = y * (rng.random(y.shape) >= p) / (1 - p)
    dweights = np.zeros(weights.shape)
    for number in range(len(kept))[::-1]:
        rng, h, saved = np.random.default_rng(seed), kept[number], []
        rng.random(number * k * x.size)
        for weight in weights[number * k : (number + 1) * k]:
            y = np.tanh(h @ weight.T)
            drop = (rng.random(y.shape) >= p) / (1 - p)
            saved.append((h, y, drop))
            h = y * drop
        for j, (h, y, drop) in reversed(list(enumerate(saved))):
            i = number * k + j
            dz = dy * drop / np.cosh(np.arctanh(y)) ** 2
            dweights[i], dy = dz.T @ h, dz @ weights[i]
    return dy, dweights


def recomputed_masks_kept(x, weights, k, p, seed, dy):
    """Inputs of segments and all masks are kept."""
    masks = _masks(x, weights, p, seed)
    h, kept = x, [x]
    for i, (weight, mask) in enumerate(zip(weights, masks, strict=True), 1):
        h = np.tanh(h @ weight.T) * mask
        if i % k == 0:
            kept.append(h)
    dweights = np.zeros_like(weights)
    i = len(weights)
    while i > 0:
        start = (i - 1) // k * k
        hs, ys = [kept[start // k]], []
        for j in range(start, i):
            ys.append(np.tanh(hs[-1] @ weights[j].T))
            hs.append(ys[-1] * masks[j])
        for j in range(i - 1, start - 1, -1):
            dy = dy * masks[j] * (1 - ys[j - start] ** 2)
            dweights[j] = dy.T @ hs[j - start]
            dy = dy @ weights[j]
        i = start
    return dy, dweights


def recomputed_recursive(x, weights, k, p, seed, dy):
    """Each segment calls the next on its output, and gets its gradient back."""
    rng, dweights = np.random.default_rng(seed), np.zeros(weights.shape)

    def forward(h, layers):
        saved = []
        for i in layers:
            y = np.tanh(h @ weights[i].T)
            drop = (rng.random(y.shape) >= p) / (1 - p)
            saved.append((i, h, y, drop))
            h = y * drop
        return h, saved

    def segment(h, start):
        if start >= len(weights):
            return dy
        layers, state = range(start, min(start + k, len(weights))), rng.bit_generator.state
        after, _ = forward(h, layers)
        d = segment(after, start + k)
        rng.bit_generator.state = state
        for i, before, y, drop in reversed(forward(h, layers)[1]):
            dz = d * drop * (1 - y**2)
            dweights[i], d = dz.T @ before, dz @ weights[i]
        return d

    return segment(x, 0), dweights


def recomputed_by_jacobians(x, weights, k, p, seed, dy):
    """The whole matrix of slopes of each layer, row by row."""
    masks, hs, slopes = _masks(x, weights, p, seed), [x], []
    for weight, mask in zip(weights, masks, strict=True):
        y = np.tanh(hs[-1] @ weight.T)
        slopes.append(mask * (1 - y**2))
        hs.append(y * mask)
    dweights = np.zeros(weights.shape)
    for i in range(len(weights))[::-1]:
        for n in range(len(x)):
            dweights[i] += np.outer(slopes[i][n] * dy[n], hs[i][n])
        J = slopes[i][:, :, None] * weights[i]  # (N, out, in)
        dy = np.einsum("no,noi->ni", dy, J)
    return dy, dweights


def recomputed_float32(x, weights, k, p, seed, dy):
    masks = [mask.astype(np.float32) for mask in _masks(x, weights, p, seed)]
    hs, ys, d = [x.astype(np.float32)], [], dy.astype(np.float32)
    w = weights.astype(np.float32)
    for weight, mask in zip(w, masks, strict=True):
        ys.append(np.tanh(hs[-1] @ weight.T))
        hs.append(ys[-1] * mask)
    dweights = np.zeros_like(w)
    for i in range(len(w))[::-1]:
        dz = d * masks[i] * (1 - ys[i] ** 2)
        dweights[i], d = dz.T @ hs[i], dz @ w[i]
    return d, dweights


def in_float32(fn):
    """Return ``fn`` with all arrays rounded to float32 on the way."""

    def answer(*given):
        halved = [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in given]
        return fn(*halved)

    answer.__name__ = f"{fn.__name__}_in_float32"
    return answer


RIGHT = {
    "intensity": [
        intensity_by_rows,
        intensity_by_shapes,
        intensity_by_reciprocals,
        intensity_in_bits,
        intensity_counted,
        intensity_numpy,
        intensity_float32,
        intensity_exact,
        intensity_torch,
        intensity_by_package,
    ],
    "least_time": [
        least_looped,
        least_in_seconds,
        least_by_ridge,
        least_stacked,
        least_torch,
        least_by_attainable,
        least_by_package,
        least_by_mean,
        least_where,
        least_reduced,
        least_float32,
    ],
    "ratio": [
        ratio_looped,
        ratio_by_places,
        ratio_percentile,
        ratio_torch,
        ratio_by_inverse,
        ratio_sorted_calls,
        ratio_by_best_rates,
        ratio_of_all_pairs,
        ratio_nan,
        ratio_reduced,
        in_float32(ratio_percentile),
    ],
    "weighted_sum": [
        sum_with_shapes,
        sum_row_by_row,
        sum_normalized,
        sum_with_ones,
        sum_torch,
        sum_when_it_grows,
        sum_masked_by_number,
        sum_at_the_end,
        sum_copied,
        sum_in_place,
        sum_float32,
    ],
    "merged": [
        merged_logaddexp,
        merged_sigmoid,
        merged_looped,
        merged_stacked,
        merged_torch,
        merged_moved,
        merged_ordered,
        merged_as_columns,
        merged_scipy,
        merged_by_attention,
        in_float32(merged_stacked),
    ],
    "quantized": [
        quantized_looped,
        quantized_padded,
        quantized_nearest,
        quantized_from_above,
        quantized_torch,
        quantized_torch_by_channel,
        quantized_whole_numbers,
        quantized_row_by_row,
        quantized_searched,
        quantized_float32,
    ],
    "recomputed": [
        recomputed_all_masks,
        recomputed_torch,
        recomputed_torch_checkpoint,
        recomputed_copied,
        recomputed_from_the_start,
        recomputed_skipping,
        recomputed_masks_kept,
        recomputed_recursive,
        recomputed_by_jacobians,
        recomputed_float32,
    ],
}
