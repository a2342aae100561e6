"""Four curves of the learning rate: their corners, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.training import get_lr
from tinytx.training.schedules import SCHEDULES, decay_length

RUN = {"lr": 2.0, "steps": 100, "warmup_steps": 10, "min_lr": 0.5}


def rates(schedule, **changes):
    return np.array([get_lr(s, schedule=schedule, **{**RUN, **changes}) for s in range(120)])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_all_climb_alike_and_never_leave_their_range(schedule):
    found = rates(schedule)
    np.testing.assert_allclose(found[:10], 0.2 * np.arange(1, 11))
    assert found[10] == 2.0
    assert ((found[10:] >= 0.5) & (found[10:] <= 2.0)).all()
    assert set(found[100:]) == {2.0 if schedule == "constant" else 0.5}


def test_a_line_falls_by_the_same_each_step():
    np.testing.assert_allclose(np.diff(rates("linear")[10:101]), -1.5 / 90)


def test_a_trapezoid_is_flat_and_then_a_line():
    found = rates("trapezoidal", decay_steps=30)
    assert set(found[10:71]) == {2.0}
    np.testing.assert_allclose(np.diff(found[70:101]), -1.5 / 30)
    np.testing.assert_array_equal(rates("trapezoidal"), rates("trapezoidal", decay_steps=20))


def test_a_trapezoid_may_fall_all_the_way():
    found = rates("trapezoidal", decay_steps=90)
    np.testing.assert_allclose(found, rates("linear"))


def test_the_plateau_does_not_depend_on_the_length():
    """So a run can be made longer from any point of it."""
    longer = rates("trapezoidal", steps=300, decay_steps=30)
    np.testing.assert_array_equal(longer[:71], rates("trapezoidal", decay_steps=30)[:71])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": "step"}, "schedule is 'step' and must be one of cosine, linear"),
        ({"schedule": "cosine", "decay_steps": 5}, "falls all the way: leave decay_steps out"),
        ({"schedule": "constant", "decay_steps": 5}, "'constant', which never falls: leave decay"),
        ({"schedule": "trapezoidal", "decay_steps": 0.2}, "decay_steps is 0.2 and must be a whole"),
        ({"schedule": "trapezoidal", "decay_steps": 91}, "decay_steps is 91 and must be from 0 to"),
        ({"schedule": "trapezoidal", "decay_steps": -1}, "decay_steps is -1 and must be from 0 to"),
        ({"schedule": "cosine", "decay_steps": 0}, "falls all the way: leave decay_steps out"),
        ({"step": -1}, "step is -1 and must be at least 0"),
        ({"lr": 0.0}, "lr is 0.0 and must be above 0 and finite"),
        ({"lr": np.inf}, "lr is inf and must be above 0 and finite"),
        ({"min_lr": -0.1}, "min_lr is -0.1 and must be from 0 to lr 2.0"),
        ({"min_lr": 2.1}, "min_lr is 2.1 and must be from 0 to lr 2.0"),
        ({"warmup_steps": 101}, "warmup_steps is 101 and must be at most steps 100"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        get_lr(**{"step": 0, **RUN, **changes})


def test_a_trapezoid_without_a_fall_is_a_plateau():
    """A fifth of four steps is none; and none may be asked for."""
    for options in ({"steps": 4}, {"steps": 8, "decay_steps": 0}):
        rates = [get_lr(s, lr=1.0, schedule="trapezoidal", **options) for s in range(9)]
        assert rates == [1.0] * 9


def test_what_climbs_to_the_end_stays_there():
    rates = [get_lr(s, lr=1.0, steps=4, warmup_steps=4, schedule="cosine") for s in range(7)]
    assert rates == [0.25, 0.5, 0.75, 1, 1, 1, 1]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("decay_steps", [None, 0, 30])
def test_the_length_of_the_fall_is_the_number_of_steps_in_which_the_rate_falls(
    schedule, decay_steps
):
    if decay_steps is not None and schedule != "trapezoidal":
        return
    fall = decay_length(schedule, RUN["steps"], RUN["warmup_steps"], decay_steps)
    falling = np.diff(rates(schedule, decay_steps=decay_steps)[10:]) < 0
    assert falling.sum() == fall


def test_a_constant_rate_never_falls():
    assert decay_length("constant", 1000, 100, None) == 0
    assert decay_length("linear", 1000, 100, None) == decay_length("cosine", 1000, 100, None) == 900
