"""What the tasks of chapter 12 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import speed

from .made import overwriting, with_changed
from .speed_designs import (
    intensity_by_rows,
    least_looped,
    merged_logaddexp,
    quantized_looped,
    ratio_percentile,
    recomputed_copied,
    sum_at_the_end,
    sum_with_shapes,
)

changed = partial(with_changed, speed.chapter.checks)


def pieces_changed(change, right=sum_with_shapes):
    """The right answer to pieces of which each is changed."""
    return lambda pieces: right(change(s, v) for s, v in pieces)


def first_piece_only(pieces):
    return sum_with_shapes([next(iter(pieces))])


def of_equal_widths(pieces):
    """Takes all pieces to be as wide as the first."""
    width = None

    def cut():
        nonlocal width
        for scores, values in pieces:
            width = width or scores.shape[1]
            yield scores[:, :width], values[:width]

    return sum_with_shapes(cut())


def without_guard(pieces):
    """Takes a row for granted to see something, in the end."""
    top = total = out = None
    for scores, values in pieces:
        if top is None:
            top, total, out = -1e30, 0.0, 0.0
        largest = np.maximum(top, scores.max(axis=1, keepdims=True))
        shrink, weights = np.exp(top - largest), np.exp(scores - largest)
        total, out = total * shrink + weights.sum(1, keepdims=True), out * shrink + weights @ values
        top = largest
    return out / total


def clipped(low, high):
    return pieces_changed(
        lambda s, v: (np.where(np.isinf(s), s, s.clip(low, high)), v), sum_at_the_end
    )


def seen(*given):
    """Takes both processors for granted to have seen something."""
    return merged_logaddexp(*(np.nan_to_num(part, neginf=-30.0) for part in given))


def clipped_logs(low, high):
    def answer(out1, lse1, out2, lse2):
        return merged_logaddexp(out1, lse1.clip(low, high), out2, lse2.clip(low, high))

    return answer


def first_row(*given):
    out, lse = merged_logaddexp(*(part[:1] for part in given))
    return out.repeat(len(given[0]), 0), lse.repeat(len(given[0]))


def dtype_of_codes(kind):
    def answer(x, bits):
        codes, scale, zero = quantized_looped(x, bits)
        return codes.astype(kind), scale, zero

    return answer


def dtype_of_zero(kind):
    def answer(x, bits):
        codes, scale, zero = quantized_looped(x, bits)
        return codes, scale, zero.astype(kind)

    return answer


def other_scale(x, bits):
    codes, scale, zero = quantized_looped(x, bits)
    return codes, np.where((x == 0).all(axis=1), 0.5, scale), zero


def zero_scale(x, bits):
    codes, scale, zero = quantized_looped(x, bits)
    return codes, np.where(np.ptp(x, axis=1) == 0, 0, scale), zero


def whole_segments(x, weights, k, p, seed, dy):
    """Takes k for granted to divide the number of layers."""
    L = len(weights) // k * k or len(weights)
    dx, dweights = recomputed_copied(x, weights[:L], k, p, seed, dy)
    return dx, np.concatenate([dweights, np.zeros_like(weights[L:])])


IGNORED = [
    ("one row is enough", "intensity", changed("intensity", 0, lambda N: max(N, 2))),
    ("rows may be several", "intensity", changed("intensity", 0, lambda N: 1)),
    ("D may be 1", "intensity", changed("intensity", 1, lambda D: max(D, 2))),
    ("F may be 1", "intensity", changed("intensity", 2, lambda F: max(F, 2))),
    ("D and F may differ", "intensity", lambda N, D, F, *rest: intensity_by_rows(N, D, D, *rest)),
    ("a weight may take half a byte", "intensity",
        changed("intensity", 4, lambda size: max(size, 1))),
    ("a weight may take more bytes than the rest", "intensity", lambda N, D, F, size, weight_size:
        intensity_by_rows(N, D, F, size, min(size, weight_size))),
    ("an operation may have no arithmetic", "least_time",
        changed("least_time", 0, lambda flops: np.maximum(flops, 1000.0))),
    ("an operation may have no traffic", "least_time", lambda flops, traffic, *machine:
        least_looped(flops * (traffic > 0), traffic, *machine)),
    ("one operation is enough", "least_time", lambda flops, traffic, *machine: least_looped(
        flops, traffic, *machine) * (1 + (len(flops) == 1))),
    ("operations may be several", "least_time", lambda flops, traffic, *machine: least_looped(
        flops[:1], traffic[:1], *machine)),
    ("a call may cost nothing", "least_time",
        changed("least_time", 4, lambda overhead: max(overhead, 0.1))),
    ("an overhead need not be whole", "least_time", changed("least_time", 4, round)),
    ("a peak may be below 1", "least_time", changed("least_time", 2, lambda peak: max(peak, 1.0))),
    ("a bandwidth may be below 1", "least_time",
        changed("least_time", 3, lambda bandwidth: max(bandwidth, 1.0))),
    ("a machine may be fast", "least_time",
        changed("least_time", 2, lambda peak: min(peak, 1000.0))),
    ("flops stay", "least_time", overwriting(0, least_looped)),
    ("traffic stays", "least_time", overwriting(1, least_looped)),
    ("two rounds are enough", "ratio", lambda old, new: ratio_percentile(old, new) + (
        len(old) == 2)),
    ("rounds may be many", "ratio", lambda old, new: ratio_percentile(old[:8], new[:8])),
    ("one call a round is enough", "ratio", lambda old, new: ratio_percentile(
        old, new) + (old.shape[1] == 1)),
    ("calls may be several", "ratio", lambda old, new: ratio_percentile(old[:, :1], new[:, :1])),
    ("calls of the variants may differ in number", "ratio", lambda old, new: ratio_percentile(
        *(part[:, : min(old.shape[1], new.shape[1])] for part in (old, new)))),
    ("the new variant may be slower", "ratio", lambda old, new: np.maximum(
        ratio_percentile(old, new), 1.0)),
    ("old stays", "ratio", overwriting(0, ratio_percentile)),
    ("new stays", "ratio", overwriting(1, ratio_percentile)),
    ("one piece is enough", "weighted_sum", lambda pieces: (
        lambda parts: sum_with_shapes(parts) * (len(parts) > 1)
    )([(s.copy(), v.copy()) for s, v in pieces])),
    ("pieces may be several", "weighted_sum", first_piece_only),
    ("widths may differ", "weighted_sum", of_equal_widths),
    ("a piece may have one column", "weighted_sum", pieces_changed(
        lambda s, v: (s, v if len(v) > 1 else 0 * v))),
    ("values may have several numbers", "weighted_sum", pieces_changed(
        lambda s, v: (s, v[:, :1].repeat(v.shape[1], 1)))),
    ("rows may be several", "weighted_sum", pieces_changed(
        lambda s, v: (s[:1].repeat(len(s), 0), v))),
    ("scores may be in the thousands", "weighted_sum", clipped(-1e5, 700)),
    ("scores may be far below zero", "weighted_sum", clipped(-700, 1e5)),
    ("scores may be 10,000 below zero", "weighted_sum", pieces_changed(
        lambda s, v: (np.where(s < -9999.5, -np.inf, s), v))),
    ("a first piece may be masked", "weighted_sum", pieces_changed(
        lambda s, v: (np.maximum(s, -1e4), v))),
    ("a row may be masked everywhere", "weighted_sum", without_guard),
    ("pieces come once", "weighted_sum", lambda pieces: (
        len(list(pieces)) and sum_with_shapes(pieces))),
    ("a piece is overwritten", "weighted_sum", lambda pieces: sum_with_shapes(list(pieces))),
    ("logarithms may be large", "merged", clipped_logs(-1e5, 700)),
    ("logarithms may be far below zero", "merged", clipped_logs(-700, 1e5)),
    ("a logarithm may be -∞", "merged", seen),
    ("the first may have seen nothing", "merged", lambda out1, lse1, out2, lse2: merged_logaddexp(
        out1, np.maximum(lse1, lse2 - 3), out2, lse2)),
    ("the second may have seen nothing", "merged", lambda out1, lse1, out2, lse2: merged_logaddexp(
        out1, lse1, out2, np.where(np.isinf(lse2), lse1, lse2))),
    ("rows may be several", "merged", first_row),
    ("two new arrays", "merged", lambda out1, lse1, out2, lse2: (
        (out1, lse1) if np.isneginf(lse2).all() else merged_logaddexp(out1, lse1, out2, lse2))),
    ("out1 stays", "merged", overwriting(0, merged_logaddexp)),
    ("lse1 stays", "merged", overwriting(1, merged_logaddexp)),
    ("out2 stays", "merged", overwriting(2, merged_logaddexp)),
    ("lse2 stays", "merged", overwriting(3, merged_logaddexp)),
    ("bits may be 2", "quantized", changed("quantized", 1, lambda bits: max(bits, 3))),
    ("bits may be 8", "quantized", changed("quantized", 1, lambda bits: min(bits, 7))),
    ("bits may be anything between", "quantized",
        changed("quantized", 1, lambda bits: bits if bits in (2, 3, 4, 8) else 4)),
    ("a row of zeros has scale 1", "quantized", other_scale),
    ("one number is enough", "quantized", zero_scale),
    ("all may be above zero", "quantized",
        changed("quantized", 0, lambda x: np.where(x.min(axis=1, keepdims=True) > 0, -x, x))),
    ("all may be below zero", "quantized",
        changed("quantized", 0, lambda x: np.where(x.max(axis=1, keepdims=True) < 0, -x, x))),
    ("rows may be several", "quantized",
        changed("quantized", 0, lambda x: x[:1].repeat(len(x), axis=0))),
    ("codes are bytes", "quantized", dtype_of_codes(np.int64)),
    ("codes are no floats", "quantized", dtype_of_codes(np.float64)),
    ("a zero point is a byte", "quantized", dtype_of_zero(np.int64)),
    ("a zero point is no float", "quantized", dtype_of_zero(np.float64)),
    ("x stays", "quantized", overwriting(0, quantized_looped)),
    ("one layer is enough", "recomputed", lambda x, weights, *rest: tuple(
        part * (len(weights) > 1) for part in recomputed_copied(x, weights, *rest))),
    ("a segment may be shorter", "recomputed", whole_segments),
    ("p may be 0", "recomputed", changed("recomputed", 3, lambda p: max(p, 0.5))),
    ("p may be above 0", "recomputed", changed("recomputed", 3, lambda p: 0.0)),
    ("the seed counts", "recomputed", changed("recomputed", 4, lambda seed: 1)),
    ("rows may be several", "recomputed", lambda x, weights, k, p, seed, dy: (
        lambda dx, dw: (dx[:1].repeat(len(x), axis=0), dw))(
            *recomputed_copied(x, weights, k, p, seed, dy))),
    ("x stays", "recomputed", overwriting(0, recomputed_copied)),
    ("the weights stay", "recomputed", overwriting(1, recomputed_copied)),
    ("dy stays", "recomputed", overwriting(5, recomputed_copied)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert speed.chapter.checks[name].run(fn).status == "wrong"


def test_a_segment_may_have_more_layers_than_there_are():
    """The others of a segment's promises are about values; this one may raise."""
    assert any(k > len(weights) for _, weights, k, *_ in speed.recomputed.cases)
    short = lambda x, weights, k, *rest: recomputed_copied(  # noqa: E731
        x, weights if k <= len(weights) else weights[::-1], k, *rest
    )
    assert speed.recomputed.run(short).status == "wrong"
