"""The playground of chapter 05: widgets over the learner's own two functions."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.stacking import rows, sizes

from .blocks_designs import norm_var, stream_index


def numbers(page):
    found = re.findall(r">([-−]?\d+\.\d\d)<", page)
    assert "-" not in "".join(found)
    assert "−0.00" not in found
    return [float(one.replace("−", "-")) for one in found]


def fails(*given):
    raise KeyError("<b>")


def test_what_layernorm_does_not_see():
    here, there = (numbers(rows(norm_var, 2, shift, 1e-5)) for shift in (0, 5))
    assert here[:6] != there[:6]
    assert here[6:] == there[6:]
    assert numbers(rows(norm_var, -2, 0, 1e-5))[6:] != here[6:]
    np.testing.assert_allclose(numbers(rows(norm_var, 0, 1, 1e-5))[6:], 0)


def test_a_stream_grows_with_depth_unless_it_is_scaled():
    plain, scaled = (numbers(sizes(stream_index, 0.1, s)) for s in (False, True))
    assert len(plain) == len(scaled) == 6
    assert plain == sorted(plain)
    assert plain[-1] > 2 * plain[0]
    assert max(scaled) < 1.5 * min(scaled)


@pytest.mark.parametrize("std", [0.01, 0.1, 0.5])
def test_bars_are_as_long_as_the_sizes_are_large_and_all_can_be_seen(std):
    page = sizes(stream_index, std, False)
    found, widths = numbers(page), [float(n) for n in re.findall(r";width:([\d.]+)%", page)]
    assert widths[-1] == 100
    np.testing.assert_allclose(widths, 100 * np.array(found) / found[-1], atol=1)
    assert min(widths) > 10


def test_a_stream_of_zeros_has_bars_without_length():
    page = sizes(lambda x, *rest: 0 * x, 0.1, False)
    assert page.count(";width:0.0%") == 6


def test_a_function_that_fails_is_reported_as_text():
    for page in (rows(fails, 1, 0, 1e-5), sizes(fails, 0.1, False)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.blocks(..., ...)
    playground.blocks(np.add, np.add)
    assert shown == []
    playground.blocks(norm_var, ...)
    playground.blocks(norm_var, stream_index)
    assert [len(box.children) for box in shown] == [1, 2]
    assert capsys.readouterr().out == ""


def test_the_controls_redraw(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.blocks(norm_var, stream_index)
    for part in shown[0].children:
        _, *controls, page = part.children
        for control in controls:
            before = page.value
            control.value = True if control.value is False else control.value / 2 + 0.25
            assert page.value != before
