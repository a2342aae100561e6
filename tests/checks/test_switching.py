"""The playground of chapter 04: places in memory, and heads to switch off."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx import example
from tinytx.checks.playground import heads
from tinytx.checks.playground.switching import guesses, places

from .multihead_designs import outputs_matmul, split_stack


def grids(page):
    """Return the numbers of each table in ``page``, with how wide its rows are."""
    found = []
    for table in page.split("<table")[1:]:
        rows = [re.findall(r">(\d+)</td>", row) for row in table.split("<tr>")[1:]]
        found.append(np.array(rows, dtype=int))
    return found


def test_each_number_of_a_head_says_where_it_lies():
    x, *split = grids(places(split_stack, T=2, H=3, Dh=2))
    assert (x == np.arange(12).reshape(2, 6)).all()
    assert (np.array(split) == split_stack(x, 3)).all()


def test_a_place_is_named_and_tinted_by_its_head():
    page = places(split_stack, T=2, H=2, Dh=2)
    assert page.count('title="i1h0d1"') == 2  # in x and in its head
    tints = re.findall(r"background:(#\w+)", page.partition("head 0")[2])
    assert len(set(tints[:4])) == 1
    assert len(set(tints)) == 2


def test_with_all_heads_on_the_model_speaks_for_itself():
    logits = example.model().forward(np.array([example.ids()]))[0]
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    shown = re.findall(r"[✓✗] (\d\.\d\d)", guesses(outputs_matmul, [True, True]))
    targets = example.targets()
    assert shown == [f"{p[i, target]:.2f}" for i, target in enumerate(targets)]


@pytest.mark.parametrize(
    ("on", "signs"),
    [
        ([True, True], "✓✓✓✓✓"),
        ([True, False], "✗✓✓✓✓"),
        ([False, True], "✗✗✓✓✓"),
        ([False, False], "✗✓✗✓✓"),
    ],
)
def test_without_a_head_some_letters_are_missed(on, signs):
    assert "".join(re.findall("[✓✗]", guesses(outputs_matmul, on))) == signs


def test_a_function_that_fails_is_reported_as_text():
    def fails(*args):
        raise KeyError("<b>")

    for page in (places(fails, 2, 2, 2), guesses(fails, [True, True])):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    heads(..., ...)
    heads(lambda x, n_head: x, lambda out, w_o: out)
    assert shown == []
    heads(..., outputs_matmul)
    heads(split_stack, ...)
    heads(split_stack, outputs_matmul)
    assert [len(box.children) for box in shown] == [1, 1, 2]
    assert capsys.readouterr().out == ""


def test_the_widgets_redraw(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    heads(split_stack, outputs_matmul)
    tracer, switches = shown[0].children
    _, T, _, _, page = tracer.children
    before = page.value
    T.value = 5
    assert len(grids(page.value)[0]) == 5
    assert page.value != before
    _, boxes, page = switches.children
    assert "✗" not in page.value
    boxes.children[1].value = False
    assert "✗" in page.value
