"""The playgrounds: widgets over the learner's own functions, shown once they are right."""

import re
from pathlib import Path

import numpy as np
import pytest
from ipywidgets import HTML, Text

from tinytx.checks import playground as playgrounds
from tinytx.checks.attention.answers import masked_weights, softmax
from tinytx.checks.playground import MergePlayer, attention, visible
from tinytx.checks.playground import merges as playground
from tinytx.checks.playground.parts import FULL, TEAL, shade
from tinytx.checks.playground.weighing import MASKS, bars, example_scores, numbers, table
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


def test_temperature_draws_a_bar_for_each_score():
    page = bars(softmax, numbers("2, 0, x, 1e999"), 2.0)
    assert page.count("<tr>") == 1 + 2
    assert "0.7311" in page  # exp(1) / (exp(1) + exp(0))
    assert bars(softmax, numbers("nothing"), 1.0) == "<p>Type a few numbers.</p>"
    assert len(numbers("1 " * 99)) == 12


def test_painted_mask_shows_the_learners_weights():
    page = table(masked_weights, example_scores(), np.eye(5, dtype=bool))
    assert page.count("1.00</td>") == 5
    assert page.count("0.00</td>") == 20
    assert page.count("␣") == 2


def test_a_function_that_fails_is_reported_as_text():
    def fails(*args):
        raise KeyError("<b>")

    for page in (bars(fails, numbers("1"), 1.0), table(fails, example_scores(), None)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_playground_of_attention_shows_what_is_solved(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    attention(..., lambda scores, mask: scores)
    assert shown == []
    attention(softmax, ...)
    attention(softmax, masked_weights)
    assert [len(box.children) for box in shown] == [1, 2]
    assert capsys.readouterr().out == ""


def test_playground_of_attention_follows_its_controls(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    attention(softmax, masked_weights)
    temperature, painter = shown[0].children
    _, field, slider, page = temperature.children
    slider.value = 10.0
    field.value = "5 5"
    assert page.value.count("0.5000") == 2
    _, choice, both = painter.children
    grid, weights = both.children
    buttons = [cell for cell in grid.children if cell.tooltip]
    assert [button.value for button in buttons] == np.tri(5, dtype=bool).flatten().tolist()
    press = {button.description: button.click for button in choice.children[1:]}
    press["nobody sees anybody"]()
    assert weights.value.count("0.00</td>") == 25
    buttons[7].value = True
    assert buttons[7].description == "✓"
    assert weights.value.count("1.00</td>") == 1


def test_each_press_of_a_start_sets_the_whole_mask_and_draws_it_once(monkeypatch):
    shown, drawn = [], []
    monkeypatch.setattr("IPython.display.display", shown.append)
    attention(..., masked_weights)
    _, choice, both = shown[0].children[0].children
    grid, weights = both.children
    buttons = [cell for cell in grid.children if cell.tooltip]
    weights.observe(drawn.append, "value")
    label, *starts = choice.children
    assert label.value == "Start from"
    assert [button.description for button in starts] == list(MASKS)
    for button in starts + starts[:1]:
        button.click()
        expected = MASKS[button.description](5).flatten().tolist()
        assert [toggle.value for toggle in buttons] == expected
        assert weights.value == table(
            masked_weights, example_scores(), MASKS[button.description](5)
        )
    assert len(drawn) == 3  # the first press set what was there
    buttons[0].value = False
    assert len(drawn) == 4
    starts[0].click()
    assert buttons[0].value
    assert len(drawn) == 5


def test_no_playground_has_a_menu():
    """JupyterLab takes the keys that are pressed on one for commands of its own."""
    for path in Path(playgrounds.__file__).parent.glob("*.py"):
        assert not re.search(r"\b(Dropdown|Select\w*)\(", path.read_text()), path.name


def test_no_control_is_as_wide_as_what_holds_it():
    """Controls have margins of 2 pixels: one that is 100 % wide needs a scrollbar."""
    for path in Path(playgrounds.__file__).parent.glob("*.py"):
        assert 'width="100%"' not in path.read_text(), path.name
        assert '"width": "100%"' not in path.read_text(), path.name
    shown = Text(layout=FULL), HTML(layout=FULL)
    assert [widget.layout.width for widget in shown] == ["auto", "auto"]
    assert shown[0].layout is not shown[1].layout


def test_tables_have_lines_as_near_as_those_of_text_but_for_the_one_beside_buttons():
    own = [
        path.name
        for path in Path(playgrounds.__file__).parent.glob("*.py")
        for _ in re.findall("<table", path.read_text())
    ]
    assert sorted(own) == ["parts.py", "weighing.py"]
    assert bars(softmax, numbers("1 2"), 1.0).startswith('<table style="line-height:1.3">')


def test_shaded_cells_differ_where_their_numbers_do_on_light_and_on_dark_pages():
    strengths = [
        int(re.search(r"75%, currentColor\) (\d+)%, transparent\)$", shade(TEAL, share)).group(1))
        for share in (0, 0.04, 0.14, 0.24, 0.69, 1, 7)
    ]
    assert np.diff(strengths[:-1]).min() >= 5
    assert strengths[0] == 0
    assert strengths[-1] == strengths[-2]
    for path in Path(playgrounds.__file__).parent.glob("*.py"):
        assert "rgba(" not in path.read_text(), path.name
