"""The playground of chapter 02: neighbours of words, and clocks."""

from __future__ import annotations

import re

import numpy as np

from tinytx.checks.embeddings.answers import nearest, shift, sinusoids
from tinytx.checks.playground import embeddings
from tinytx.checks.playground.placing import LAST, clocks, neighbours, word_table

HAND = re.compile(r'x2="([-\d.]+)" y2="([-\d.]+)"')


def test_words_of_one_kind_are_neighbours():
    words, table = word_table()
    assert len(words) == len(set(words)) == len(table)
    assert np.isfinite(table).all()
    near = re.findall(r"<td>(\w+)</td>", neighbours(nearest, "fox"))
    assert len(near) == len(set(near) - {"fox"}) == 6
    assert len({"mouse", "owl", "goat", "mole", "otter", "swan"} & set(near)) >= 4


def test_hands_point_up_at_position_zero_and_turn_like_a_clock():
    page = clocks(sinusoids, shift, 0, 1)
    hands = [tuple(map(float, hand)) for hand in HAND.findall(page)]
    assert hands[1::2] == [(0.0, -46.0)] * 4
    assert hands[0] == (38.7, -24.9)  # the first clock, one radian on: right of the top
    assert page.count("stroke-dasharray") == 8
    assert clocks(sinusoids, None, 0, 1).count("<line") == 4


def test_a_function_that_fails_is_reported_as_text():
    def fails(*args):
        raise KeyError("<b>")

    said = "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"
    assert neighbours(fails, "fox") == said
    assert clocks(fails, shift, 0, 1) == clocks(sinusoids, fails, 0, 1) == said


def test_it_shows_what_is_solved(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    embeddings(..., ..., shift)
    embeddings(lambda weight, id, n: [], lambda positions, d_model: 0, ...)
    assert shown == []
    embeddings(nearest, ..., ...)
    embeddings(..., sinusoids, ...)
    embeddings(nearest, sinusoids, shift)
    assert [len(box.children) for box in shown] == [1, 1, 2]
    assert [len(box.children[-1].children) for box in shown] == [3, 3, 4]
    assert capsys.readouterr().out == ""


def test_it_follows_its_controls(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    embeddings(nearest, sinusoids, shift)
    words, turning = shown[0].children
    _, choice, page = words.children
    before = page.value
    choice.value = "red"
    assert page.value != before
    assert "<td>blue</td>" in page.value
    before = page.value
    for unfinished in ("", "re", "RED", "<b>"):
        choice.value = unfinished
        assert page.value == before
    choice.value = "fox"
    assert page.value != before
    _, position, moved, page = turning.children
    position.value, moved.value = LAST, 0
    hands = HAND.findall(page.value)
    assert hands[0::2] == hands[1::2]
    moved.value = -3
    assert HAND.findall(page.value)[0] != hands[0]
