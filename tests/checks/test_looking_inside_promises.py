"""What the tasks of chapter 10 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import looking_inside
from tinytx.checks.looking_inside import answers

from .looking_inside_designs import (
    ablated_sums,
    attributed_looped,
    lens_looped,
    restored_recursive,
    score_looped,
    share_looped,
)
from .made import with_changed

changed = partial(with_changed, looking_inside.chapter.checks)


def subtracted(out, w_o, b_o, heads, how):
    """Takes away what a head adds, once for each time that it is named."""
    x = ablated_sums(out, w_o, b_o, [], how)
    for h in heads:
        x = x - (ablated_sums(out, w_o, b_o, [], how) - ablated_sums(out, w_o, b_o, [h], how))
    return x


def in_place(out, w_o, b_o, heads, how):
    for h in heads:
        out[:, h] = 0 if how == "zero" else out[:, h].mean(axis=0)
    return answers.ablated(out, w_o, b_o, [], how)


def one_width(layers, read, clean, corrupted):
    """Keeps both runs in one array, as if no layer could change the width."""
    kept = np.zeros((2, len(layers), *clean.shape))
    for i, layer in enumerate(layers):
        clean, corrupted = layer(clean), layer(corrupted)
        kept[:, i] = clean, corrupted
    return restored_recursive(layers, read, *kept[:, 0])


def cut_off(layers, read, clean, corrupted):
    return restored_recursive(layers, read, clean, corrupted).clip(0, 1)


def of_the_first_two(weights, n):
    return score_looped(weights[:, :, : 2 * n, : 2 * n], n)


IGNORED = [
    ("questions may be many", "share_at", lambda w, where: share_looped(w[:5], where[:5])),
    ("heads may be several", "share_at",
        lambda w, where: share_looped(w, where)[:1].repeat(w.shape[1])),
    ("each question has its place", "share_at",
        changed("share_at", 1, lambda p: p[:1].repeat(len(p)))),
    ("the place may be the last", "share_at",
        lambda w, where: share_looped(w, np.minimum(where, max(w.shape[-1] - 2, 0)))),
    ("the place may be the first", "share_at",
        lambda w, where: share_looped(w, np.maximum(where, min(1, w.shape[-1] - 1)))),
    ("rounds may be more than two", "induction_score", of_the_first_two),
    ("the last round may break off", "induction_score",
        lambda w, n: score_looped(w[:, :, : max(n + 1, len(w[0, 0]) // n * n)], n)
        if len(w[0, 0]) >= 2 * n else score_looped(w, n)),
    ("a round may have two tokens", "induction_score", changed("induction_score", 1,
        lambda n: max(n, 3))),
    ("rows may be many", "induction_score", changed("induction_score", 0, lambda w: w[:1])),
    ("none may be off", "ablated", changed("ablated", 3, lambda heads: heads or [0])),
    ("all may be off", "ablated", lambda out, w, b, heads, how: ablated_sums(
        out, w, b, heads if len(set(heads)) < out.shape[1] else [], how)),
    ("in any order", "ablated", lambda out, w, b, heads, how: ablated_sums(
        out, w, b, range(min(heads), max(heads) + 1) if heads else [], how)),
    ("a head may stand in it twice", "ablated", subtracted),
    ("the input stays", "ablated", in_place),
    ("each position has its own mean", "ablated", lambda out, w, b, heads, how: ablated_sums(
        out, w, b, [], how) if how == "mean" and out.shape[2] > 1 else ablated_sums(
        out, w, b, heads, how)),
    ("the bias stays", "ablated", changed("ablated", 2, lambda b: 0 * b)),
    ("all depths", "lens", lambda x, *rest: np.stack([lens_looped(x[-1:], *rest)[0]] * len(x))),
    ("all texts", "lens", lambda x, *rest: lens_looped(x[:, :1].repeat(x.shape[1], 1), *rest)),
    ("all positions", "lens",
        lambda x, *rest: lens_looped(x[:, :, :1].repeat(x.shape[2], 2), *rest)),
    ("eps is given", "lens", changed("lens", 3, lambda eps: 1e-5)),
    ("the weight is given", "lens", changed("lens", 1, np.ones_like)),
    ("the bias is given", "lens", changed("lens", 2, np.zeros_like)),
    ("the stream may be small", "lens", changed("lens", 3, lambda eps: eps if eps > 1e-4 else 0.0)),
    ("parts may be many", "attributed", lambda parts, *rest: attributed_looped(parts[:3], *rest)),
    ("eps may be 0", "attributed", changed("attributed", 3, lambda eps: eps or 0.01)),
    ("eps is given", "attributed", changed("attributed", 3, lambda eps: 1e-5)),
    ("the bias has a share of its own", "attributed", changed("attributed", 2, np.zeros_like)),
    ("the deviation is that of the stream", "attributed",
        lambda parts, *rest: np.append(np.concatenate(
            [attributed_looped(part[None], *rest)[:1] for part in parts]), rest[1] @ rest[3])),
    ("the width may change", "restored", one_width),
    ("it may be below 0 and above 1", "restored", cut_off),
    ("layers may be several", "restored", lambda layers, *rest: restored_recursive(
        layers[:1], *rest)),
    ("positions may be several", "restored", lambda *given: restored_recursive(*given)[:, :1]),
    ("this site alone", "restored", lambda *given: np.add.accumulate(
        restored_recursive(*given), axis=1)),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert looking_inside.chapter.checks[name].run(fn).status == "wrong"


def test_the_streams_that_are_given_may_not_be_written_to():
    def answer(layers, read, clean, corrupted):
        grid = restored_recursive(layers, read, clean, corrupted)
        corrupted[:] = clean
        return grid

    result = looking_inside.restored.run(answer)
    assert (result.status, result.stage) == ("wrong", "input")
