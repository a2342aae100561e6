"""What the tasks of chapter 11 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import experiments
from tinytx.checks.experiments import answers

from .experiments_designs import (
    bootstrap_counted,
    curves_weighted,
    error_by_squares,
    floor_sorted,
    needed_polyfit,
    paired_sorted,
    tuned_looped,
)
from .made import with_changed

changed = partial(with_changed, experiments.chapter.checks)


def in_place(losses, tuning):
    losses[np.isnan(losses)] = np.inf
    return tuned_looped(losses, tuning)


def sorting(curves, last):
    curves.sort(axis=1)
    return curves_weighted(curves, last)


def popping(a, b, quantile):
    """Takes out of b what a lacks."""
    for seed in list(b):
        if seed not in a:
            b.pop(seed)
    return paired_sorted(a, b, quantile)


def among(limit):
    """Take only seeds below a limit for seeds."""

    def answer(a, b, quantile):
        a, b = ({s: v for s, v in arm.items() if 0 <= s < limit} for arm in (a, b))
        return paired_sorted(a, b, quantile)

    return answer


def listed(a, b, quantile):
    """Takes seeds for the places of a list."""
    places = range(max(*a, *b) + 1)
    return paired_sorted(*({s: arm[s] for s in places if s in arm} for arm in (a, b)), quantile)


def whole(a, b, indices, level):
    return bootstrap_counted(a, b, indices[: len(a)], level)


def no_repeats(a, b, indices, level):
    rows = [row for row in indices if len(set(row.tolist())) == len(row)]
    return bootstrap_counted(a, b, np.array(rows or indices), level)


IGNORED = [
    ("arms may be several", "standard_error",
        lambda x, n: error_by_squares(x[:1].repeat(len(x), 0), n)),
    ("two seeds are enough", "standard_error",
        lambda x, n: error_by_squares(x if x.shape[1] > 2 else np.hstack([x, x]), n)),
    ("n may be less than S", "standard_error",
        lambda x, n: error_by_squares(x, max(n, x.shape[1]))),
    ("n may be more than S", "standard_error",
        lambda x, n: error_by_squares(x, min(n, x.shape[1]))),
    ("n may be 1", "standard_error", changed("standard_error", 1, lambda n: max(n, 2))),
    ("seeds may be in any order", "paired", lambda a, b, q: paired_sorted(
        a, dict(zip(a, b.values(), strict=False)), q)),
    ("seeds may be negative or large", "paired", among(100)),
    ("seeds may be negative", "paired", listed),
    ("only a may have a seed", "paired", lambda a, b, q: paired_sorted(
        a, {**dict.fromkeys(a, 1.0), **b}, q)),
    ("only b may have a seed", "paired", lambda a, b, q: paired_sorted(
        {**dict.fromkeys(b, 1.0), **a}, b, q)),
    ("the quantile is a function of freedom", "paired",
        changed("paired", 2, lambda quantile: lambda freedom: quantile(4))),
    ("the records stay", "paired", popping),
    ("last may be 1", "from_curves", lambda curves, last: curves_weighted(
        curves, min(max(last, 2), curves.shape[2]))),
    ("last may be K", "from_curves", lambda curves, last: curves_weighted(
        curves, min(last, max(curves.shape[2] - 1, 1)))),
    ("a seed goes with its own", "from_curves", lambda curves, last: curves_weighted(
        np.stack([curves[0], np.roll(curves[1], 1, axis=0)]), last)),
    ("seeds may be many", "from_curves",
        lambda curves, last: curves_weighted(curves[:, :3], last)),
    ("the curves stay", "from_curves", sorting),
    ("a seed goes with its own", "bootstrap", changed("bootstrap", 1, lambda b: np.roll(b, 1))),
    ("draws may be many", "bootstrap", whole),
    ("a draw may repeat a seed", "bootstrap", no_repeats),
    ("one draw is enough", "bootstrap", lambda a, b, rows, level: bootstrap_counted(
        a, b, rows if len(rows) > 1 else np.vstack([rows, 0 * rows]), level)),
    ("the level may be any", "bootstrap", changed("bootstrap", 3, lambda level: max(level, 0.9))),
    ("the level may be high", "bootstrap", changed("bootstrap", 3, lambda level: min(level, 0.9))),
    ("quantiles are interpolated", "bootstrap",
        lambda a, b, rows, level: np.quantile(b[rows].mean(1) / a[rows].mean(1) - 1,
            [(1 - level) / 2, (1 + level) / 2], method="median_unbiased")),
    ("tuning may be in any order", "tuned", lambda x, tuning: tuned_looped(
        x, [s for s in tuning if s >= tuning[0]])),
    ("tuning seeds may be several", "tuned", lambda x, tuning: answers.tuned(x, tuning[:1])),
    ("tuning seeds may be last", "tuned", lambda x, tuning: answers.tuned(
        x[:, :, ::-1], tuning)),
    ("a rate at which all diverged is never chosen", "tuned",
        lambda x, tuning: answers.tuned(np.nan_to_num(x, nan=1.5), tuning)),
    ("arms may be several", "tuned", lambda x, tuning: tuned_looped(
        x[:1].repeat(len(x), 0), tuning)),
    ("rates may be many", "tuned", lambda x, tuning: tuned_looped(x[:, :3], tuning)),
    ("the losses stay", "tuned", in_place),
    ("the floor may be 0", "compute_needed", changed("compute_needed", 2, lambda E: E or 0.1)),
    ("the floor may be near the losses", "compute_needed", lambda C, L, E, target: needed_polyfit(
        C, L, min(E, L.min() / 2), target)),
    ("any unit", "compute_needed", changed("compute_needed", 0, lambda C: np.maximum(C, 1))),
    ("any order", "compute_needed", changed("compute_needed", 0, np.sort)),
    ("out of reach", "compute_needed", lambda C, L, E, target: needed_polyfit(
        C, L, E, np.clip(target, L.min(), L.max()))),
    ("the same compute may come twice", "compute_needed", lambda C, L, E, target: needed_polyfit(
        *(v[np.unique(C, return_index=True)[1]] for v in (C, L)), E, target)),
    ("the loss may rise", "compute_needed",
        lambda *given: np.abs(needed_polyfit(*given))),
    ("any order", "best_floor", lambda C, L, floors: floor_sorted(np.sort(C), L, floors)),
    ("floors in any order", "best_floor", lambda C, L, floors: floor_sorted(
        C, L, floors[: int(floors.argmax()) + 1])),
    ("a floor may be 0", "best_floor", lambda C, L, floors: floor_sorted(
        C, L, floors[floors > 0] if (floors > 0).any() else floors)),
    ("one floor is enough", "best_floor", lambda C, L, floors: floor_sorted(
        C, L, floors if len(floors) > 1 else np.append(floors, 0.0))),
    ("three runs are enough", "best_floor", lambda C, L, floors: floor_sorted(
        C, L, floors) if len(C) > 3 else np.array([floors[0], L.min()])),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert experiments.chapter.checks[name].run(fn).status == "wrong"
