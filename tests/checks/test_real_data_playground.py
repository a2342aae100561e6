"""The playground of chapter 14: what is left of a mask, and from which stage on a model fits."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.planning import packed, picture, planned

from .made import each_control_changes_its_page
from .real_data_designs import fits_cases, fits_table, packed_looped, packed_split


def fails(*given):
    raise KeyError("<b>")


@pytest.mark.parametrize("length", [1, 3, 5, 24])
def test_of_the_scores_those_within_documents_are_left(length):
    page = packed(packed_looped, length, 0)
    sizes = [min(length, 24 - begin) for begin in range(0, 24, length)]
    left = sum(n * (n + 1) // 2 for n in sizes)
    assert f"{left} are left" in page
    assert page.count('fill="color-mix(') == left
    assert f"The highest place is {length - 1}." in page
    assert page == packed(packed_split, length, 0)


@pytest.mark.parametrize("padding", [1, 6, 23])
def test_each_token_of_padding_is_a_square_of_its_own(padding):
    page = packed(packed_looped, 24, padding)
    assert page.count("rgb(180,83,9)") == padding
    text = 24 - padding
    assert page.count("rgb(15,118,110)") == text * (text + 1) // 2


def test_all_squares_are_within_the_picture_and_words_are_no_html():
    page = picture(np.tri(4, dtype=bool), np.zeros(4, dtype=bool), "a < b")
    assert 'aria-label="a &lt; b"' in page
    places = re.findall(r'<rect x="(\d+)" y="(\d+)"', page)
    assert len(places) == 10
    assert all(int(x) <= int(y) <= 36 for x, y in places)


def test_seven_billion_parameters_fit_at_stage_3_and_frozen_ones_at_stage_0():
    page = planned(fits_cases, 7.0, 0.0, 8, 24)
    assert "The first that fits is stage 3." in page
    assert re.findall(r'">([\d.,]+)</td><td style="[^"]+">(yes|no)', page) == [
        ("112.00", "no"),
        ("38.50", "no"),
        ("26.25", "no"),
        ("14.00", "yes"),
    ]
    assert "The first that fits is stage 0." in planned(fits_table, 7.0, 0.9, 8, 24)
    assert "No stage fits." in planned(fits_cases, 7.0, 0.0, 1, 24)


def test_bars_and_the_line_of_the_room_have_one_scale():
    page = planned(fits_cases, 7.0, 0.0, 8, 24)
    used = [float(gb.replace(",", "")) for gb in re.findall(r">([\d,]+\.\d\d)</td>", page)]
    bars = [float(em) for em in re.findall(r"<div style=\"width:([\d.]+)em", page)]
    lines = {float(em) for em in re.findall(r"left:([\d.]+)em", page)}
    assert len(used) == len(bars) == 4
    assert used[0] > 2 * used[1] > 24
    assert max(bars) == 14
    np.testing.assert_allclose(bars, [14 * gb / used[0] for gb in used], atol=0.01)
    assert lines == {round(14 * 24 / used[0], 2)}


def test_a_function_that_fails_is_reported_as_text():
    for page in (packed(fails, 3, 0), planned(fails, 7.0, 0.0, 8, 24)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.real_data(..., ...)
    playground.real_data(max, max)
    assert shown == []
    playground.real_data(packed_looped, ...)
    playground.real_data(packed_looped, fits_cases)
    assert [len(box.children) for box in shown] == [1, 2]
    each_control_changes_its_page(shown[1])
    assert capsys.readouterr().out == ""
