"""The checks of chapter 12: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import inspect
import math
import re
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import speed
from tinytx.checks.speed import answers
from tinytx.checks.speed.parts import Pieces
from tinytx.manual.activation import gelu_forward
from tinytx.manual.attention import attention_forward
from tinytx.manual.int8 import quantize_rows
from tinytx.manual.pieces import blockwise_attention_forward
from tinytx.speed import Machine
from tinytx.speed.timing import ratio

from .contract import Contract
from .made import shown
from .speed_designs import (
    RIGHT,
    intensity_by_rows,
    least_looped,
    merged_logaddexp,
    quantized_looped,
    ratio_percentile,
    recomputed_copied,
    sum_row_by_row,
)

draws = np.random.default_rng(0).standard_normal


class TestSpeed(Contract):
    chapter = speed.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "intensity": [
            lambda *given: math.cos(intensity_by_rows(*given)) ** 2 + 0.1,
            lambda *given: intensity_by_rows(*given) ** 2 / 3 + 0.17,
        ],
        "least_time": [
            lambda *given: least_looped(*given) ** 2 / 3 + 0.1,
            lambda flops, *rest: least_looped(np.sqrt(flops), *rest) + 0.77,
        ],
        "ratio": [
            lambda *given: np.sort(np.cos(ratio_percentile(*given))),
            lambda old, new: ratio_percentile(np.sqrt(old) + 0.3, new),
        ],
        "weighted_sum": [
            lambda pieces: np.cos(sum_row_by_row(pieces)),
            lambda pieces: sum_row_by_row((np.tanh(s) + 0.3, v) for s, v in pieces),
        ],
        "merged": [
            lambda *given: tuple(np.cos(part) for part in merged_logaddexp(*given)),
            lambda out1, lse1, out2, lse2: merged_logaddexp(
                out1, np.tanh(lse1) + 0.3, out2, np.tanh(lse2)
            ),
        ],
        "quantized": [
            lambda x, bits: (quantized_looped(x, bits)[0], *quantized_looped(np.cos(x), bits)[1:]),
            lambda x, bits: quantized_looped(np.tanh(x) + 0.3, bits),
        ],
        "recomputed": [
            lambda *given: tuple(np.cos(part) for part in recomputed_copied(*given)),
            lambda x, *rest: tuple(p**2 / 3 + 0.1 for p in recomputed_copied(np.cos(x), *rest)),
        ],
    }


@pytest.mark.parametrize(("weight_size", "says"), [(4, 0.5), (1, 2), (0.5, 4)])
def test_with_one_row_a_wide_layer_does_two_operations_for_each_weight(weight_size, says):
    got = answers.intensity(1, 10**6, 10**6, 4, weight_size)
    assert got == pytest.approx(says, rel=1e-4)
    assert answers.intensity(1000, 10**6, 10**6, 4, weight_size) > 100 * got


def test_the_least_time_of_one_operation_is_that_of_the_packages_machine():
    machine = Machine("one", gflops=3, gbytes=7)
    for flops, n_bytes in ((4e3, 1e3), (1e3, 9e3), (0, 5e3)):
        mine = answers.least_time(np.array([flops]), np.array([n_bytes]), 3, 7, 0)
        assert mine == pytest.approx(1e6 * machine.seconds(flops, n_bytes))


def test_of_one_call_a_round_the_ratio_is_that_of_the_package():
    old, new = np.exp(draws((2, 9, 1)))
    np.testing.assert_allclose(
        answers.ratio(old, new), ratio(*(a[:, 0].tolist() for a in (old, new)))
    )


def test_a_slow_round_of_both_variants_changes_no_ratio():
    old, new = np.exp(draws((2, 9, 3)))
    slow = np.exp(draws((9, 1)))
    np.testing.assert_allclose(answers.ratio(slow * old, slow * new), answers.ratio(old, new))


@pytest.mark.parametrize("widths", [[7], [1] * 7, [3, 4], [1, 5, 1]])
def test_attention_in_pieces_is_attention_at_once(widths):
    q, k, v = draws((1, 1, 4, 6)), draws((1, 1, 7, 6)), draws((1, 1, 7, 6))
    mask = np.tri(4, 7, 1, dtype=bool)
    scores = np.where(mask, q[0, 0] @ k[0, 0].T / math.sqrt(6), -np.inf)
    want, _ = attention_forward(q, k, v, mask)
    got = answers.weighted_sum(Pieces(scores, v[0, 0], widths))
    np.testing.assert_allclose(got, want[0, 0], atol=1e-12)


def test_two_halves_of_the_keys_merge_to_the_attention_over_all():
    q, k, v = draws((1, 1, 5, 4)), draws((1, 1, 9, 4)), draws((1, 1, 9, 4))
    whole, halves = blockwise_attention_forward(q, k, v), []
    for part in (slice(0, 3), slice(3, 9)):
        out, saved = blockwise_attention_forward(q, k[:, :, part], v[:, :, part])
        halves += [out[0, 0], saved.lse[0, 0, :, 0]]
    out, lse = answers.merged(*halves)
    np.testing.assert_allclose(out, whole[0][0, 0], atol=1e-12)
    np.testing.assert_allclose(lse, whole[1].lse[0, 0, :, 0])


def test_a_row_without_numbers_below_zero_gets_twice_the_codes_of_symmetric_rounding():
    x = np.abs(draws((3, 50)))
    codes, scale, zero = answers.quantized(x, 8)
    _, symmetric = quantize_rows(x)
    np.testing.assert_allclose(scale * 255, symmetric * 127, rtol=1e-6)
    assert (zero == 0).all()
    assert (codes.max(axis=1) == 255).all()


def test_as_the_task_says_a_gelu_leaves_nearly_half_of_the_symmetric_codes_unused():
    y, _ = gelu_forward(np.linspace(-9, 5, 10_001))
    assert -0.2 < y.min() < 0
    symmetric, _ = quantize_rows(y[None])
    assert 0.4 < 1 - len(np.unique(symmetric)) / 255 < 0.5
    codes, _, _ = answers.quantized(y[None], 8)
    assert len(np.unique(codes)) == 256


def test_as_the_task_says_nothing_lies_halfway_between_two_codes():
    for x, bits in speed.quantized.cases:
        _, scale, _ = quantized_looped(x, bits)
        low = np.minimum(x.min(axis=1), 0)
        for parts in (x / scale[:, None], -low / scale):
            assert (np.abs(parts - np.floor(parts) - 0.5) > 2e-3).all()


def test_no_code_has_to_be_cut_off_where_nothing_lies_halfway():
    for x, bits in speed.quantized.cases:
        codes, scale, zero = quantized_looped(x, bits)
        free = np.rint(x / scale[:, None]) + zero[:, None]
        np.testing.assert_array_equal(codes, free)


@pytest.mark.parametrize(("p", "k"), [(0.0, 2), (0.3, 2), (0.3, 5)])
def test_recomputed_gradients_are_those_of_finite_differences(p, k):
    x, weights, dy, step = draws((3, 4)), 0.7 * draws((5, 4, 4)), draws((3, 4)), 1e-6

    def loss(x, weights):
        rng, h = np.random.default_rng(7), x
        for weight in weights:
            h = np.tanh(h @ weight.T)
            h = h * (rng.random(h.shape) >= p) / (1 - p)
        return (h * dy).sum()

    dx, dweights = answers.recomputed(x, weights, k, p, 7, dy)
    for _ in range(3):
        at_x, at_w = draws(x.shape), draws(weights.shape)
        ends = [loss(x + s * at_x, weights + s * at_w) for s in (step, -step)]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx((dx * at_x).sum() + (dweights * at_w).sum(), rel=1e-5)


def test_as_the_task_says_the_function_with_two_bugs_is_right_in_one_segment_without_dropout():
    buggy, right = shown("12_speed", "recomputed"), 0
    for x, weights, k, p, seed, dy in speed.recomputed.cases:
        want = answers.recomputed(x, weights, k, p, seed, dy)
        got = buggy(x, weights, k, p, seed, dy)
        agree = all(np.allclose(a, b) for a, b in zip(got, want, strict=True))
        assert agree == (p == 0 and k >= len(weights)) or agree > (p > 0)
        right += agree
    assert 3 <= right < len(speed.recomputed.cases)


def test_each_bug_alone_shows_where_the_task_says():
    text = inspect.getsource(answers.recomputed)
    spaces = []
    for old, new in (("(h, rng.bit_generator.state), saved", "(h, _), saved"),
                     ("kept.pop()", "(kept[-1][0], kept[start // k][1])")):  # fmt: skip
        assert old in text
        exec(text.replace(old, new), space := {"np": np})
        spaces.append(space["recomputed"])
    anew, last = spaces
    for x, weights, k, p, seed, dy in speed.recomputed.cases:
        want = answers.recomputed(x, weights, k, p, seed, dy)
        if p == 0:
            np.testing.assert_allclose(anew(x, weights, k, p, seed, dy)[1], want[1])
        if k >= len(weights):
            np.testing.assert_allclose(last(x, weights, k, p, seed, dy)[1], want[1])


def test_pieces_come_once_and_each_is_written_over_the_one_before():
    scores, values = draws((2, 6)), draws((6, 4))
    pieces, found = Pieces(scores, values, [1, 3, 2]), []
    for one, two in pieces:
        found.append((one, two, one.copy(), two.copy()))
    assert [given.shape for given, *_ in found] == [(2, 1), (2, 3), (2, 2)]
    np.testing.assert_array_equal(np.hstack([copy for _, _, copy, _ in found]), scores)
    np.testing.assert_array_equal(np.vstack([copy for _, _, _, copy in found]), values)
    np.testing.assert_array_equal(found[0][0], scores[:, 4:5])
    np.testing.assert_array_equal(found[1][1], values[[4, 5, 3]])
    with pytest.raises(RuntimeError, match="they come once"):
        iter(pieces)


def test_what_is_written_into_a_piece_is_lost_with_it():
    scores, values = draws((2, 3)), draws((3, 2))
    before = scores.copy(), values.copy()
    for one, two in Pieces(scores, values, [1, 2]):
        one[...], two[...] = 0, 0
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(values, before[1])


def test_pieces_are_shown_as_they_can_be_pasted():
    pieces = speed.Pieces(np.array([[1.0, -np.inf]]), np.array([[2.0], [3.0]]), [1, 1])
    again = eval(repr(pieces), {"check": speed, "np": np, "inf": np.inf})
    assert repr(again) == repr(pieces)
    assert len(repr(Pieces(draws((9, 30)), draws((30, 2)), [30]))) < 120


@pytest.mark.parametrize("widths", [[1], [2, 2], [3, 0], [-1, 4]])
def test_widths_that_do_not_fit_are_refused(widths):
    with pytest.raises(ValueError, match=r"widths is .* and must add up"):
        Pieces(np.zeros((2, 3)), np.zeros((3, 1)), widths)


def test_the_signatures_are_those_of_the_answers():
    for check in speed.chapter.checks.values():
        names = re.findall(r"\w+", check.signature.partition("(")[2])
        assert names == list(inspect.signature(check.reference).parameters)
