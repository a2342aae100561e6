"""The playground of chapter 06: the learner's own gradients against differences."""

from __future__ import annotations

import re

import pytest

from tinytx.checks import playground
from tinytx.checks.playground.stepping import OPERATIONS, STEPS, page

from .backprop_designs import entropy_eye, norm_formula, softmax_formula

RIGHT = {"softmax": softmax_formula, "layer norm": norm_formula, "cross-entropy": entropy_eye}


def error(text):
    return float(re.search(r"Largest error of all 24: ([\d.e+-]+)\.<", text).group(1))


def fails(*given):
    raise KeyError("<b>")


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_error_is_smallest_in_the_middle(name):
    errors = [error(page(name, RIGHT[name], step)) for step in STEPS]
    best = STEPS[errors.index(min(errors))]
    assert 1e-7 < best < 1e-3
    assert min(errors) < 1e-9
    assert errors[0] > 100 * errors[1] * 0.9  # a tenth of the step, a hundredth of the error
    assert errors[-1] > 1e4 * min(errors)


def test_a_wrong_gradient_would_show():
    """Differences are of the function, so they do not follow what a learner gives."""
    twice = lambda dp, p: 2 * softmax_formula(dp, p)  # noqa: E731
    assert error(page("softmax", twice, 1e-5)) > 1e-2
    assert error(page("softmax", softmax_formula, 1e-5)) < 1e-9


def test_the_figure_has_a_point_for_every_step_and_one_for_the_chosen():
    text = page("softmax", softmax_formula, 1e-5)
    assert text.count("<circle") == len(STEPS) + 1
    assert "nan" not in text
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', text)]
    assert heights[-1] == heights[4] == max(heights[:-1])  # lowest on the page, least error


def test_a_function_that_fails_is_reported_as_text():
    assert page("softmax", fails, 1e-5) == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_an_operation_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.backprop(..., ..., ...)
    playground.backprop(max, max, max)
    assert shown == []
    playground.backprop(softmax_formula, ..., entropy_eye)
    playground.backprop(softmax_formula, norm_formula, entropy_eye)
    options = [box.children[1].options for box in shown]
    assert options == [("softmax", "cross-entropy"), ("softmax", "layer norm", "cross-entropy")]
    assert capsys.readouterr().out == ""


def test_the_controls_redraw(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.backprop(softmax_formula, norm_formula, entropy_eye)
    _, choice, step, text = shown[0].children
    before = text.value
    step.value = 1e-2
    assert text.value != before
    before = text.value
    choice.value = "layer norm"
    assert text.value != before
