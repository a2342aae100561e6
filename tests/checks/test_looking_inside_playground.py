"""The playground of chapter 10: what each depth would say, and who wrote it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.reading import RIVALS, depths, read, teller, writers, written
from tinytx.inspect import attribute, logit_lens

from .looking_inside_designs import attributed_looped, lens_looped
from .made import each_control_changes_its_page

LAST = len(read()[0]) - 1


def fails(*given):
    raise KeyError("<b>")


def likeliest(page):
    return re.findall(r"<td[^>]*><code>(.*?)</code></td>", page)


def shares(page):
    """Return what a page of bars says of each part, by its name."""
    found = re.findall(r'text-align:left">([^<]+)</th><td[^>]*>(-?[\d.]+)<', page)
    return {name: float(share) for name, share in found}


def test_as_the_task_says_in_front_of_the_first_block_stands_the_token_that_was_read():
    for place in range(LAST + 1):
        page = depths(lens_looped, place)
        assert likeliest(page)[0] == re.search(r"<b>(.*?)</b>", page).group(1)


def test_the_last_depth_says_what_the_model_says():
    model, tokenizer = teller()
    ids = read()[0]
    said = [tokenizer.decode([int(i)]) for i in logit_lens(model, ids[None])[:, 0, LAST].argmax(-1)]
    assert likeliest(depths(lens_looped, LAST)) == [token.replace(" ", "␣") for token in said]
    assert said[-1] == " lantern"
    assert " lantern" not in said[:-1]


def test_one_head_writes_the_lantern_whatever_the_rival():
    for rival in range(1, RIVALS + 1):
        page = writers(attributed_looped, LAST, rival)
        assert "␣lantern against" in page
        heads = {n: s for n, s in shares(page).items() if re.fullmatch(r"head \d\.\d", n)}
        assert len(heads) == 12
        *_, second, first = sorted(heads.values())
        assert max(heads, key=heads.get) == "head 2.0"
        assert first > 3 * second


def test_the_shares_are_those_of_the_package():
    model, _ = teller()
    ids, seen, _ = read()
    first, other = (int(i) for i in np.argsort(-seen["logits"][0, LAST], kind="stable")[[0, 2]])
    theirs = attribute(model, ids[None], target=first, against=other)
    mine = shares(writers(attributed_looped, LAST, 2))
    assert mine["head 2.0"] == pytest.approx(theirs["blocks.2.attn.out.0"][0], abs=0.006)
    assert mine["MLP 1"] == pytest.approx(theirs["blocks.1.mlp"][0], abs=0.006)
    assert mine["bias"] == pytest.approx(theirs["ln_f.bias"][0], abs=0.006)


def test_the_parts_are_the_last_stream():
    for place in (0, 7, LAST):
        names, parts = written(place)
        assert len(names) == len(set(names)) == len(parts) == 20
        np.testing.assert_allclose(parts.sum(axis=0), read()[2][-1, 0, place], atol=1e-10)


def test_a_function_that_fails_is_reported_as_text():
    for page in (depths(fails, 3), writers(fails, 3, 1)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.looking_inside(..., ...)
    playground.looking_inside(max, max)
    assert shown == []
    playground.looking_inside(lens_looped, ...)
    playground.looking_inside(lens_looped, attributed_looped)
    assert [len(box.children) for box in shown] == [1, 2]
    each_control_changes_its_page(shown[1])
    assert capsys.readouterr().out == ""
