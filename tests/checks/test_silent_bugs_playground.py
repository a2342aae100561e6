"""The playground of chapter 08: a model that peeks, and the learner's loss that it cannot fool."""

from __future__ import annotations

import re

import pytest

from tinytx.checks import playground
from tinytx.checks.playground.peeking import losses

from .silent_bugs_designs import prefix_list


def told(much):
    return [float(n) for n in re.findall(r">(\d+\.\d{3})<", losses(prefix_list, much))]


def test_peeking_lowers_the_loss_of_a_window_and_not_that_of_prefixes():
    (window, honest), (better, same) = told(0), told(6)
    assert window == pytest.approx(honest)
    assert better < 0.1 * window
    assert same == honest


def test_a_function_that_fails_is_reported_as_text():
    def fails(*given):
        raise KeyError("<b>")

    assert losses(fails, 1.0) == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_it_shows_when_the_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.silent_bugs(...)
    playground.silent_bugs(max)
    assert shown == []
    playground.silent_bugs(prefix_list)
    _, slider, page = shown[0].children[0].children
    before = page.value
    slider.value = 5.0
    assert page.value != before
    assert capsys.readouterr().out == ""
