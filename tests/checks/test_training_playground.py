"""The playground of chapter 07: widgets over the learner's own two functions."""

from __future__ import annotations

import re

import pytest

from tinytx.checks import playground
from tinytx.checks.playground.walking import (
    ACROSS,
    HEIGHT,
    LEVELS,
    STEPS,
    UP,
    WIDTH,
    curve,
    walk,
)

from .training_designs import adamw_step_size, lr_minimum


def points(page):
    line = re.search(r'polyline points="([^"]*)"', page).group(1)
    return [tuple(map(float, pair.split(","))) for pair in line.split()]


def fails(*given):
    raise KeyError("<b>")


def test_a_schedule_is_drawn_step_by_step():
    drawn = points(curve(lr_minimum, 100, 10, 20))
    assert len(drawn) == 101
    heights = [y for _, y in drawn]
    assert heights.index(min(heights)) == 9
    assert heights[-1] == max(heights)


def test_more_warm_up_than_steps_is_cut():
    assert len(points(curve(lr_minimum, 10, 100, 100))) == 11


def test_what_the_playground_says_of_the_valley():
    def said(*how):
        numbers = re.findall(r"-?\d+\.\d+", walk(adamw_step_size, *how).rpartition("<p>")[2])
        return [float(number) for number in numbers]

    _, loss, _, last = said(0.2, 0.9, 0.99)
    assert loss < 0.5
    assert said(3.0, 0.9, 0.99)[2] > 2  # the first move has the length of the rate
    _, _, longest, last = said(0.2, 0.0, 0.0)
    assert longest == pytest.approx(last) == pytest.approx(0.2)  # every move has that length
    assert len(points(walk(adamw_step_size, 0.2, 0.9, 0.99))) == STEPS + 1


def test_the_valley_is_a_hundred_times_steeper_across_than_along():
    page = walk(adamw_step_size, 0.2, 0.9, 0.99)
    widths, heights = (
        [float(n) for n in re.findall(rf'<ellipse[^>]* {side}="([^"]*)"', page)]
        for side in ("rx", "ry")
    )
    assert len(widths) == 3
    along, across = WIDTH / (2 * ACROSS), HEIGHT / (2 * UP)
    for wide, high, level in zip(widths, heights, LEVELS, strict=True):
        assert 0.05 * (wide / along) ** 2 == pytest.approx(level, rel=0.01)
        assert 5 * (high / across) ** 2 == pytest.approx(level, rel=0.01)
    assert "the loss is 0.2, 1 and 5." in page


def test_what_the_playground_says_of_the_schedule():
    assert "at step 0: 0.100, at the last: 0.050." in curve(lr_minimum, 100, 10, 20)


def test_a_function_that_fails_is_reported_as_text():
    for page in (curve(fails, 10, 1, 1), walk(fails, 0.1, 0.9, 0.9)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.training(..., ...)
    playground.training(max, max)
    assert shown == []
    playground.training(lr_minimum, ...)
    playground.training(lr_minimum, adamw_step_size)
    assert [len(box.children) for box in shown] == [1, 2]
    for part in shown[1].children:
        _, *controls, page = part.children
        for control in controls:
            before = page.value
            control.value = control.value / 2 + 0.25 if control.value < 1 else control.value // 2
            assert page.value != before
    assert capsys.readouterr().out == ""
