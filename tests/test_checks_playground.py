"""The playground of chapter 01: widgets over the learner's own two functions."""

import pytest

from tinytx.checks.playground import MergePlayer, visible
from tinytx.checks.playground import merges as playground
from tinytx.tokenizers import count_pairs, merge_pair


def test_playground_steps_through_the_merges_of_the_text():
    player = MergePlayer(count_pairs, merge_pair, "abab ab")
    assert [len(step.ids) for step in player.steps] == [7, 4]
    assert player.steps[0].best == (97, 98)
    assert player.steps[-1].best is None
    assert "<b>4</b> tokens, vocabulary of <b>257</b>" in player.show(1)


def test_playground_shows_text_as_text():
    page = MergePlayer(count_pairs, merge_pair, "<img src=x onerror=alert(1)>").show(0)
    assert "<img" not in page
    assert "&lt;" in page
    assert visible("é".encode()) == "é"


def test_playground_reports_a_function_that_fails():
    def fails(ids):
        raise KeyError("<b>")

    assert "fails raised KeyError: &#x27;&lt;b&gt;&#x27;" in MergePlayer(
        fails, merge_pair, "ab"
    ).show(0)


def test_playground_shows_nothing_until_solved(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground(..., ..., "text")
    playground(lambda ids: {}, merge_pair, "text")
    assert shown == []
    playground(count_pairs, merge_pair, "the cat in the hat")
    assert len(shown) == 1
    assert capsys.readouterr().out == ""
    field, slider, page = shown[0].children
    assert slider.max > 2
    before = page.value
    slider.value = 2
    assert page.value != before
    field.value = "xx"
    assert "<b>2</b> tokens" in page.value


def test_playground_refuses_a_long_text():
    with pytest.raises(ValueError, match=r"^text has 401 characters, at most 400: take a shorter"):
        playground(..., ..., "x" * 401)
