"""Right answers to the exercises of chapter 11, designed in other ways than the package's."""

from __future__ import annotations

import math
import statistics

import numpy as np
import torch


def error_looped(losses, n):
    """One arm after the other, with the standard library."""
    rows = []
    for arm in losses.tolist():
        deviation = statistics.stdev(arm)
        errors = deviation / math.sqrt(len(arm)), deviation / math.sqrt(n)
        rows.append([statistics.fmean(arm), *errors])
    return np.array(rows)


def error_by_squares(losses, n):
    S = losses.shape[-1]
    mean = losses.sum(axis=-1, keepdims=True) / S
    variance = ((losses - mean) ** 2).sum(axis=-1, keepdims=True) / (S - 1)
    return np.concatenate([mean, (variance / S) ** 0.5, (variance / n) ** 0.5], axis=-1)


def error_scaled(losses, n):
    """The error of now, times the root of the ratio."""
    S = losses.shape[1]
    now = np.std(losses, axis=1) / np.sqrt(S - 1)
    return np.array([np.average(losses, axis=1), now, now * np.sqrt(S / n)]).T


def error_torch(losses, n):
    x = torch.from_numpy(losses)
    std = x.std(dim=1)
    return torch.stack([x.mean(1), std / x.shape[1] ** 0.5, std / n**0.5], dim=1)


def error_of_squares(losses, n):
    """Half the mean square of the differences between all pairs is the variance."""
    S = losses.shape[1]
    gaps = losses[:, :, None] - losses[:, None, :]
    variance = (gaps**2).sum(axis=(1, 2)) / (2 * S * (S - 1))
    return np.column_stack([losses.mean(axis=1), np.sqrt(variance / S), np.sqrt(variance / n)])


def paired_sorted(a, b, quantile):
    """In the order of the seeds."""
    common = sorted(a.keys() & b.keys())
    x, y = np.array([a[s] for s in common]), np.array([b[s] for s in common])
    d = y - x
    half = quantile(len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5
    return d.mean() + half * np.array([0, -1, 1])


def paired_by_library(a, b, quantile):
    d = [loss - a[seed] for seed, loss in b.items() if seed in a]
    error = statistics.stdev(d) / math.sqrt(len(d))
    middle = statistics.fmean(d)
    reach = quantile(len(d) - 1) * error
    return np.array([middle, middle - reach, middle + reach])


def paired_by_covariance(a, b, quantile):
    """The variance of a difference is that of both, less twice what they share."""
    seeds = [s for s in b if s in a]
    x, y = (np.array([arm[s] for s in seeds]) for arm in (a, b))
    (xx, xy), (_, yy) = np.cov(x, y)
    n = len(seeds)
    half = quantile(n - 1) * np.sqrt(max(xx + yy - 2 * xy, 0.0) / n)
    mean = y.mean() - x.mean()
    return np.array([mean, mean - half, mean + half])


def paired_torch(a, b, quantile):
    seeds = set(a).intersection(b)
    d = torch.tensor([b[s] - a[s] for s in seeds], dtype=torch.float64)
    half = quantile(len(d) - 1) * d.std() / len(d) ** 0.5
    return torch.stack([d.mean(), d.mean() - half, d.mean() + half])


def curves_looped(curves, last):
    differences = []
    for one, other in zip(*curves.tolist(), strict=True):
        differences.append(sum(other[-last:]) / last - sum(one[-last:]) / last)
    error = statistics.stdev(differences) / len(differences) ** 0.5
    return np.array([statistics.fmean(differences), error])


def curves_of_differences(curves, last):
    """First the difference, then the mean over time."""
    K = curves.shape[-1]
    gaps = (curves[1] - curves[0])[:, K - last :].mean(axis=-1)
    S = gaps.size
    return np.array([gaps.mean(), np.sqrt(gaps.var() / (S - 1))])


def curves_torch(curves, last):
    ends = torch.from_numpy(curves)[..., -last:].mean(-1)
    gap = ends[1] - ends[0]
    return torch.stack([gap.mean(), gap.std() / len(gap) ** 0.5])


def curves_weighted(curves, last):
    K = curves.shape[2]
    weights = (np.arange(K) >= K - last) / last
    d = np.einsum("ask,k,a->s", curves, weights, np.array([-1.0, 1.0]))
    return np.array(
        [d.sum() / len(d), ((d - d.mean()) ** 2).sum() ** 0.5 / math.sqrt(len(d) * (len(d) - 1))]
    )


def bootstrap_looped(a, b, indices, level):
    changes = []
    for row in indices:
        changes.append((sum(b[i] for i in row) - sum(a[i] for i in row)) / sum(a[i] for i in row))
    return np.percentile(changes, [50 - 50 * level, 50 + 50 * level])


def bootstrap_counted(a, b, indices, level):
    """How often each seed is drawn says all about a draw."""
    n = len(a)
    counts = np.stack([np.bincount(row, minlength=n) for row in indices])
    changes = counts @ b / (counts @ a) - 1.0
    return np.array([np.quantile(changes, q) for q in ((1 - level) / 2, (1 + level) / 2)])


def bootstrap_torch(a, b, indices, level):
    x, y, rows = map(torch.from_numpy, (a, b, indices))
    changes = y[rows].mean(1) / x[rows].mean(1) - 1
    ends = torch.tensor([0.5 - level / 2, 0.5 + level / 2], dtype=changes.dtype)
    return torch.quantile(changes, ends)


def bootstrap_by_hand(a, b, indices, level):
    """The quantiles from the sorted changes: quotients keep their order when 1 is taken off."""
    pairs = np.stack([a, b])[:, indices].sum(axis=-1)
    found = np.sort(pairs[1] / pairs[0])
    ends = []
    for share in ((1 - level) / 2, 1 - (1 - level) / 2):
        at = share * (len(found) - 1)
        low = min(int(at), len(found) - 1)
        high = min(low + 1, len(found) - 1)
        ends.append(found[low] + (at - low) * (found[high] - found[low]))
    return np.array(ends) - 1


def tuned_looped(losses, tuning):
    rows = []
    for arm in losses:
        best, least = None, math.inf
        for rate in range(len(arm)):
            mean = sum(arm[rate, seed] for seed in tuning) / len(tuning)
            if mean < least:  # never true of nan
                best, least = rate, mean
        rows.append([arm[best, s] for s in range(len(arm[best])) if s not in tuning])
    return np.array(rows)


def tuned_by_masks(losses, tuning):
    chooses = np.zeros(losses.shape[-1], dtype=bool)
    chooses[tuning] = True
    sums = np.nan_to_num(losses[..., chooses].sum(axis=-1), nan=np.inf)
    at = sums.argmin(axis=-1)[:, None, None]
    return np.take_along_axis(losses, at, axis=1)[:, 0, ~chooses]


def tuned_nanargmin(losses, tuning):
    best = np.nanargmin(np.mean(losses[:, :, tuning], axis=2), axis=1)
    rest = np.delete(losses, tuning, axis=2)
    return np.stack([arm[rate] for arm, rate in zip(rest, best, strict=True)])


def tuned_torch(losses, tuning):
    x = torch.from_numpy(losses)
    means = x[:, :, tuning].mean(-1)
    best = means.masked_fill(means.isnan(), torch.inf).argmin(-1)
    rest = sorted(set(range(x.shape[-1])) - set(tuning))
    return x[torch.arange(len(x)), best][:, rest]


def tuned_sorted(losses, tuning):
    """nan is sorted behind every number."""
    order = np.argsort(losses[:, :, tuning].mean(axis=2), axis=1)
    rest = np.setdiff1d(np.arange(losses.shape[2]), tuning)
    return losses[np.arange(len(losses))[:, None], order[:, :1], rest]


def needed_polyfit(compute, losses, floor, target):
    slope, start = np.polyfit(np.log(compute), np.log(losses - floor), 1)
    k = np.exp(start)
    return np.array([-slope, (k / (target - floor)) ** (-1 / slope)])


def needed_base_ten(compute, losses, floor, target):
    X = np.stack([np.log10(compute), np.ones(len(compute))], axis=1)
    (slope, start), *_ = np.linalg.lstsq(X, np.log10(losses - floor), rcond=None)
    return np.array([-slope, 10 ** ((np.log10(target - floor) - start) / slope)])


def needed_covariance(compute, losses, floor, target):
    x, y = [np.log(v) for v in (compute, losses - floor)]
    moments = np.cov(x, y)
    gamma = -moments[0, 1] / moments[0, 0]
    return np.array([gamma, np.exp(x.mean() + (y.mean() - np.log(target - floor)) / gamma)])


def needed_normal_equations(compute, losses, floor, target):
    x, y = torch.from_numpy(np.log(compute)), torch.from_numpy(np.log(losses - floor))
    n, sx, sy = len(x), x.sum(), y.sum()
    slope = (n * (x * y).sum() - sx * sy) / (n * (x * x).sum() - sx**2)
    start = (sy - slope * sx) / n
    return torch.stack([-slope, torch.exp((math.log(target - floor) - start) / slope)])


def floor_sorted(compute, losses, floors):
    """In the order of compute the run that is held out is the last."""
    order = np.argsort(compute)
    x, L = np.log2(compute[order]), losses[order]
    found = []
    for floor in floors:
        slope, start = np.polyfit(x[:-1], np.log2(L[:-1] - floor), 1)
        says = 2 ** (start + slope * x[-1]) + floor
        found.append((abs(says - L[-1]), floor, says))
    return np.array(min(found)[1:])


def floor_at_once(compute, losses, floors):
    """All floors in one product of matrices."""
    held = int(np.argmax(compute))
    X = np.vander(np.log(compute), 2)
    Y = np.log(np.delete(losses, held)[:, None] - floors)
    weights = np.linalg.pinv(np.delete(X, held, axis=0)) @ Y
    says = floors + np.exp(X[held] @ weights)
    best = int(np.argmin((says - losses[held]) ** 2))
    return np.array([floors[best], says[best]])


def floor_by_quotients(compute, losses, floors):
    """Measured from the run that is held out: there x is 0, and the start of the line is all."""
    held = np.argmax(compute)
    x = np.delete(np.log(compute / compute[held]), held)
    best = (np.inf, 0.0, 0.0)
    for floor in floors:
        y = np.log(np.delete(losses, held) - floor)
        centred = x - x.mean()
        slope = centred @ y / (centred @ centred)
        above = np.exp(y.mean() - slope * x.mean())
        best = min(best, (abs(above - (losses[held] - floor)), floor, floor + above))
    return np.array(best[1:])


def floor_torch(compute, losses, floors):
    C, L, E = map(torch.from_numpy, (compute, losses, floors))
    held = C.argmax()
    seen = torch.arange(len(C)) != held
    X = torch.stack([C[seen].log(), torch.ones_like(C[seen])], dim=1)
    Y = (L[seen][:, None] - E).log()
    slope, start = torch.linalg.lstsq(X, Y).solution
    says = E + (start + slope * C[held].log()).exp()
    best = (says - L[held]).abs().argmin()
    return torch.stack([E[best], says[best]])


def in_float32(fn):
    """Return ``fn`` with a result of 32 bits."""

    def answer(*given):
        return np.float32(fn(*given))

    answer.__name__ = f"{fn.__name__}_float32"
    return answer


RIGHT = {
    "standard_error": [
        error_looped,
        error_by_squares,
        error_scaled,
        error_torch,
        error_of_squares,
        in_float32(error_looped),
    ],
    "paired": [
        paired_sorted,
        paired_by_library,
        paired_by_covariance,
        paired_torch,
        in_float32(paired_sorted),
    ],
    "from_curves": [
        curves_looped,
        curves_of_differences,
        curves_torch,
        curves_weighted,
        in_float32(curves_looped),
    ],
    "bootstrap": [
        bootstrap_looped,
        bootstrap_counted,
        bootstrap_torch,
        bootstrap_by_hand,
        in_float32(bootstrap_counted),
    ],
    "tuned": [
        tuned_looped,
        tuned_by_masks,
        tuned_nanargmin,
        tuned_torch,
        tuned_sorted,
        in_float32(tuned_by_masks),
    ],
    "compute_needed": [
        needed_polyfit,
        needed_base_ten,
        needed_covariance,
        needed_normal_equations,
        in_float32(needed_polyfit),
    ],
    "best_floor": [
        floor_sorted,
        floor_at_once,
        floor_by_quotients,
        floor_torch,
        in_float32(floor_at_once),
    ],
}
