"""The gradient check itself: what it passes, what it catches, what it says."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.inspect import check_gradients, check_module, check_pair
from tinytx.inspect.gradreport import report
from tinytx.manual import Dropout, Embedding, Linear
from tinytx.manual.softmax import softmax_forward

from .cases import IDS, normal
from .test_gpt import make

X = normal(2, 3)


def check(gradient, **options):
    """Check a gradient of x**3."""
    return check_gradients(lambda: X**3, lambda dy: {"x": gradient(dy)}, {"x": X}, **options)


def test_right_gradients_pass_and_everything_is_counted():
    before = X.copy()
    report = check(lambda dy: dy * 3 * X**2)
    assert report.passed
    assert report.require() is report
    assert report.checked == 6
    assert report.worst.error < 1e-9
    assert str(report).startswith("6 gradients are right, the worst is x[")
    np.testing.assert_array_equal(X, before)


def test_one_wrong_entry_is_named():
    def gradient(dy):
        dx = dy * 3 * X**2
        dx[1, 2] *= 1 + 1e-6
        return dx

    report = check(gradient)
    (wrong,) = report.wrong
    assert (wrong.tensor, wrong.index) == ("x", (1, 2))
    assert wrong.got == pytest.approx(wrong.expected * (1 + 1e-6), rel=1e-9)
    assert 1e-7 < wrong.error < 1e-6
    with pytest.raises(AssertionError, match=r"1 of 6 gradients are wrong:\n  x\[1, 2\]: expected"):
        report.require()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_a_number_never_passes(bad):
    report = check(lambda dy: np.full((2, 3), bad))
    assert len(report.wrong) == 6


def test_zeros_do_not_pass_for_softmax():
    """They would, if the cotangent were all ones."""
    report = check_pair(softmax_forward, lambda dy, saved: 0 * dy, {"x": X})
    assert len(report.wrong) == 6
    assert str(report).endswith("and 1 more")


def test_large_tensors_are_sampled_without_repeats():
    assert check(lambda dy: dy * 3 * X**2, limit=4).checked == 4
    assert check(lambda dy: dy * 3 * X**2, limit=None).checked == 6


def test_what_is_moved_is_put_back_to_the_last_bit():
    x = 1e-9 * np.random.default_rng(0).standard_normal(20)  # a step loses digits of these
    before = x.copy()
    check_gradients(lambda: x**2, lambda dy: {"x": dy * 2 * x}, {"x": x}).require()
    assert (x == before).all()


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        (lambda dy: {}, "backward gave no gradient for x"),
        (lambda dy: {"x": dy[0]},
         r"the gradient of x is float64 \(3,\) and must be float64 \(2, 3\)"),
        (lambda dy: {"x": dy.astype(np.float32)}, r"is float32 \(2, 3\) and must be float64"),
        (lambda dy: (dy, dy), r"what backward gave is a tuple of 2 and must be a dict: a gradient"),
        (lambda dy: None, r"what backward gave is NoneType and must be a dict: a gradient"),
    ],
)  # fmt: skip
def test_gradients_of_another_kind_are_refused(gradient, message):
    with pytest.raises(ValueError, match=message):
        check_gradients(lambda: X**2, gradient, {"x": X})


def test_float32_is_refused():
    layer = Linear(3, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="weight is float32 and must be a float64 array"):
        check_module(layer, X.astype(np.float32))
    with pytest.raises(ValueError, match="tensors holds no number"):
        check_gradients(lambda: X, lambda dy: {}, {})


def test_a_module_with_a_wrong_backward_is_caught():
    class Wrong(Linear):
        def backward(self, dy):
            dx = super().backward(dy)
            self.bias.grad *= 2
            return dx

    report = check_module(Wrong(3, 2, np.random.default_rng(0), dtype=float), X)
    assert {entry.tensor for entry in report.wrong} == {"bias"}


def test_a_report_is_one_short_line_in_an_interpreter():
    assert repr(check(lambda dy: dy * 3 * X**2)) == "<GradientReport: 6 of 6 gradients are right>"
    wrong = check(lambda dy: dy * 2 * X**2)
    assert repr(wrong) == "<GradientReport: 0 of 6 gradients are right>"
    assert str(wrong).startswith("6 of 6 gradients are wrong:\n")


@pytest.mark.parametrize(
    ("forward", "backward", "inputs", "message"),
    [
        (lambda x: x**2, lambda dy, saved: dy, {"x": X},
         "forward gave ndarray and must give a pair: y, saved"),
        (lambda x: (x, x, x), lambda dy, saved: dy, {"x": X},
         "forward gave a tuple of 3 and must give a pair: y, saved"),
        (lambda x, w: (x * w, (x, w)), lambda dy, saved: dy * saved[1], {"x": X, "w": X},
         "backward gave 1 gradients and must give 2, in this order: x, w"),
        (lambda x: (x, None), lambda dy, saved: (dy, dy), {"x": X},
         "backward gave 2 gradients and must give 1, in this order: x"),
        (lambda x: (x, None), lambda dy, saved: dy, X,
         "inputs is ndarray and must be a dict: what forward takes, by name"),
    ],
)  # fmt: skip
def test_a_pair_that_is_none_is_refused(forward, backward, inputs, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_pair(forward, backward, inputs)


@pytest.mark.parametrize("tensors", [None, (X,)])
def test_tensors_come_by_name(tensors):
    with pytest.raises(ValueError, match=r"^tensors is .* and must be a dict: the float64 arrays"):
        check_gradients(lambda: X, lambda dy: {"x": dy}, tensors)


def test_dropout_is_refused_by_name_and_not_called_a_wrong_gradient():
    layer = Dropout(0.25, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"^dropout is 0.25 in Dropout and must be 0, .*dropout=0"):
        check_module(layer, X)
    with pytest.raises(ValueError, match=r"^dropout is 0.1 in drop and must be 0"):
        check_module(make(dropout=0.1), IDS)
    with pytest.raises(ValueError, match=r"^dropout is 0.1 in attn and must be 0"):
        check_module(make(dropout=0.1).blocks[0], normal(1, 2, 4))
    assert check_module(Dropout(0.0, np.random.default_rng(0)), X).passed


def test_any_other_chance_in_a_forward_is_refused():
    class Noisy(Linear):
        def forward(self, x):
            return super().forward(x) + rng.standard_normal()

    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"^forward gave two outputs for one input and must give"):
        check_module(Noisy(3, 2, rng, dtype=float), X)
    x, y = np.ones(2), np.empty(2)

    def forward():
        y[...] = x * rng.random()
        return y

    with pytest.raises(ValueError, match=r"^forward gave two outputs for one input and must give"):
        check_gradients(forward, lambda dy: {"x": dy}, {"x": x})


def relu(dy, at_zero=0.0):
    slope = np.where(RAMP > 0, 1.0, 0.0)
    slope[RAMP == 0] = at_zero
    return {"x": dy * slope}


RAMP = np.array([-1.0, 0.0, 2.0, 1e-6])


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_a_kink_accuses_no_right_gradient(at_zero):
    """At 0 the central difference is a half; at 1e-6 it straddles the kink too."""
    report = check_gradients(lambda: np.maximum(RAMP, 0), lambda dy: relu(dy, at_zero), {"x": RAMP})
    assert report.passed
    found = {entry.index for entry in report.kinks}
    assert found == ({(3,)} if at_zero == 0.5 else {(1,), (3,)})
    assert report.checked == 4 - len(found)
    assert "the slopes to both sides differ, so it is not counted" in str(report)


@pytest.mark.parametrize("at_zero", [-1.0, 1.5])
def test_a_gradient_beyond_both_slopes_is_wrong_at_a_kink_too(at_zero):
    report = check_gradients(lambda: np.maximum(RAMP, 0), lambda dy: relu(dy, at_zero), {"x": RAMP})
    assert [entry.index for entry in report.wrong] == [(1,)]


def test_what_only_bends_is_no_kink():
    x = np.array([0.5])
    wrong = check_gradients(lambda: x**3, lambda dy: {"x": dy * 3 * x**2 * (1 + 1e-6)}, {"x": x})
    assert not wrong.passed
    assert wrong.kinks == ()


def test_kinks_alone_are_no_check():
    x = np.zeros(3)
    with pytest.raises(ValueError, match="every number stands at a kink"):
        check_gradients(lambda: np.abs(x), lambda dy: {"x": dy}, {"x": x})


# --- the report of numbers that are given


def test_an_error_is_relative_to_its_own_size_and_a_hundredth_of_the_largest():
    found = report([("a", (0,), 10.0, 10.0), ("a", (1,), 0.0, 0.001), ("b", (), -2.0, -2.1)], 0.0)
    assert [(each.tensor, each.index) for each in found.wrong] == [("b", ()), ("a", (1,))]
    assert [each.error for each in found.wrong] == pytest.approx([0.1 / 2.1, 0.001 / 0.1])
    assert found.worst == found.wrong[0]
    assert str(found) == (
        "2 of 3 gradients are wrong:\n"
        "  b: expected -2, got -2.1 (error 4.8e-02)\n"
        "  a[1]: expected 0, got 0.001 (error 1.0e-02)"
    )


def test_what_is_as_far_off_as_the_tolerance_passes():
    assert report([("a", (0,), 1.0, 1.0)], 0.0).passed
    error = report([("a", (0,), 1.0, 1.5)], 0.0).worst.error
    assert report([("a", (0,), 1.0, 1.5)], error).passed
    assert not report([("a", (0,), 1.0, 1.5)], np.nextafter(error, 0)).passed


def test_where_all_should_be_zero_the_error_is_the_number_itself():
    found = report([("a", (0,), 0.0, 0.0), ("a", (1,), 0.0, -0.25)], 0.2)
    assert [(each.index, each.error) for each in found.wrong] == [((1,), 0.25)]


def test_what_is_not_a_number_comes_first_and_five_are_listed():
    pairs = [("a", (i,), 1.0, 1.0 + i) for i in range(1, 6)]
    text = str(report(pairs, 0.1))
    assert text.count("\n") == 5
    assert "more" not in text
    found = report([*pairs, ("a", (6,), 1.0, np.nan)], 0.1)
    assert found.worst.index == (6,)
    lines = str(found).splitlines()
    assert lines[1] == "  a[6]: expected 1, got nan (error nan)"
    assert lines[-2:] == ["  a[2]: expected 1, got 3 (error 2.0e+00)", "  and 1 more"]


def test_a_report_says_what_stands_at_a_kink_whether_it_passes_or_not():
    pairs = [("a", (0,), 1.0, 1.0), ("a", (1, 2), 1.0, 2.0), ("b", (3,), 1.0, 3.0)]
    said = "the slopes to both sides differ, so it is not counted"
    passing = report(pairs, 0.1, lambda entry: entry.index != (0,))
    assert passing.passed
    assert passing.checked == 1
    assert str(passing).splitlines()[1] == f"2 stand at kinks, such as b[3]: {said}"
    missing = report(pairs, 0.1, lambda entry: entry.index == (1, 2))
    assert (missing.checked, repr(missing)) == (2, "<GradientReport: 1 of 2 gradients are right>")
    assert str(missing).splitlines()[-1] == f"1 stands at a kink, a[1, 2]: {said}"


# --- what the check is given


def test_options_are_those_of_the_check():
    near = {"gradient": lambda dy: dy * 3 * X**2 * (1 + 1e-4)}
    assert not check(**near).passed
    assert check(**near, tolerance=1e-3).passed
    assert check(lambda dy: dy * 3 * X**2, step=0.1, tolerance=1.0).worst.error > 1e-4
    wrong = {seed: check(lambda dy: dy, seed=seed, limit=2).wrong for seed in (0, 0, 1, 2, 3)}
    assert len({tuple(entry.index for entry in entries) for entries in wrong.values()}) > 1
    assert len({entry.expected for entry in wrong[0] + wrong[1]}) == 4  # another cotangent, too


def test_a_sample_has_no_number_twice_and_is_drawn_from_all():
    samples = [check(lambda dy: 0 * dy, seed=seed, limit=4).wrong for seed in range(9)]
    for sample in samples:
        assert len({entry.index for entry in sample}) == 4
    assert {entry.index for sample in samples for entry in sample} == {*np.ndindex(2, 3)}


def test_a_forward_and_a_backward_may_hand_out_their_own_memory():
    x, y, dx = np.array([0.5, -1.0]), np.empty(2), np.empty(2)

    def forward():
        y[...] = x**2
        dx[...] = np.nan
        return y

    def backward(dy):
        dx[...] = dy * 2 * x
        return {"x": dx}

    assert check_gradients(forward, backward, {"x": x}).passed


def test_a_step_is_as_long_as_rounding_leaves_it():
    x = np.array([1e5])  # the next number is 1.5e-11 away
    check_gradients(lambda: 2 * x, lambda dy: {"x": 2 * dy}, {"x": x}).require()


def test_outputs_that_are_no_numbers_are_the_same_each_time_too():
    x, ids = np.array([0.5, 1.0]), np.array([3, 4])
    with np.errstate(invalid="ignore"):
        report = check_gradients(lambda: x * np.nan, lambda dy: {"x": dy}, {"x": x})
    assert len(report.wrong) == 2
    pair = lambda x, ids: (x * ids, ids), lambda dy, saved: (dy * saved, None)
    assert check_pair(*pair, {"x": x, "ids": ids}).passed


def test_what_is_checked_is_left_as_it_was_and_what_is_waiting_does_not_count():
    given, before = X.copy(), X.copy()
    moved = []

    def forward(x):
        moved.append(x is given)
        return x**2, x

    check_pair(forward, lambda dy, saved: dy * 2 * saved, {"x": given}).require()
    assert not any(moved)
    np.testing.assert_array_equal(given, before)
    times = lambda a, b: (a * b, (a, b)), lambda dy, saved: (dy * saved[1], dy * saved[0])
    check_pair(*times, {"a": given, "b": given}).require()  # each moves alone
    layer = Linear(3, 2, np.random.default_rng(0), dtype=float)
    layer.backward(np.ones_like(layer.forward(X)))  # a gradient from earlier
    check_module(layer, X).require()
    with pytest.raises(RuntimeError, match="call forward first"):  # none is waiting
        layer.backward(np.ones((2, 2)))


def test_floats_are_called_by_their_place_among_the_inputs():
    class Twice(Linear):
        def forward(self, ids, x, y):
            return super().forward(x) + y

        def backward(self, dy):
            return 2 * super().backward(dy), 3 * dy

    layer = Twice(3, 2, np.random.default_rng(0), dtype=float)
    report = check_module(layer, IDS, X, normal(2, 2))
    assert {entry.tensor for entry in report.wrong} == {"x1", "x2"}

    class Doubled(Linear):
        def backward(self, dy):
            return 2 * super().backward(dy)

    report = check_module(Doubled(3, 2, np.random.default_rng(0), dtype=float), X)
    assert {entry.tensor for entry in report.wrong} == {"x"}
    assert check_module(Embedding(7, 4, np.random.default_rng(0), dtype=float), IDS).passed
