"""The playground of chapter 11: which intervals hold the truth, and how wide they are."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.comparing import compared, picture, resampled

from .experiments_designs import bootstrap_counted, paired_by_library
from .made import each_control_changes_its_page


def fails(*given):
    raise KeyError("<b>")


def missed(page):
    return int(re.search(r"<p>(\d+) of 100 intervals miss the truth", page).group(1))


def width(page):
    return float(re.search(r"([\d.]+) wide, on average", page).group(1))


@pytest.mark.parametrize("n", [3, 30])
def test_as_the_task_says_about_five_of_a_hundred_paired_intervals_miss_the_truth(n):
    found = [missed(compared(paired_by_library, n, -0.02, 0.1, draw)) for draw in range(8)]
    assert abs(np.mean(found) - 5) < 2.3  # three standard errors of 800 experiments


def test_with_few_seeds_the_bootstrap_misses_too_often_and_with_many_it_does_not():
    few, many = (
        np.mean([missed(resampled(bootstrap_counted, n, 0.95, draw)) for draw in range(8)])
        for n in (3, 30)
    )
    assert few > 15
    assert many < 9


def test_what_both_arms_share_widens_unpaired_intervals_only():
    little, much = (compared(paired_by_library, 5, 0.0, shared) for shared in (0.0, 0.3))
    assert width(little) == width(much)
    unpaired = [float(re.search(r"would be ([\d.]+) wide", p).group(1)) for p in (little, much)]
    assert unpaired[1] > 8 * unpaired[0]


def test_an_interval_that_misses_is_ochre_and_all_are_within_the_picture():
    page = picture(np.array([[-1.0, 1.0], [0.5, 2.0], [-3.0, -1.0]]), 0.0)
    assert page.count("rgb(180,83,9)") == 2
    assert "2 of 3 intervals miss the truth" in page
    heights = [float(y) for y in re.findall(r' y[12]="([\d.]+)"', page)]
    assert min(heights) >= 0
    assert max(heights) <= 160


@pytest.mark.parametrize(
    ("truth", "said"), [(0.02, "0.020"), (-0.02, "−0.020"), (-0.0004, "0.000")]
)
def test_the_truth_has_the_minus_sign_of_its_slider_and_none_before_zero(truth, said):
    assert f"miss the truth, {said}. They" in picture(np.zeros((2, 2)), truth)


def test_intervals_without_width_at_the_truth_can_be_drawn():
    assert "0 of 2 intervals miss" in picture(np.full((2, 2), 0.25), 0.25)


def test_a_function_that_fails_is_reported_as_text():
    for page in (compared(fails, 5, 0.0, 0.1), resampled(fails, 5, 0.9)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.experiments(..., ...)
    playground.experiments(max, max)
    assert shown == []
    playground.experiments(paired_by_library, ...)
    playground.experiments(paired_by_library, bootstrap_counted)
    assert [len(box.children) for box in shown] == [1, 2]
    each_control_changes_its_page(shown[1])
    assert capsys.readouterr().out == ""
