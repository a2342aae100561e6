"""The playground of chapter 13: scores that depend on a distance, and tokens that are sent away."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.routing import picture, sent, turned

from .made import each_control_changes_its_page
from .modern_blocks_designs import pairs_complex, routed_by_masks, routed_by_tokens


def fails(*given):
    raise KeyError("<b>")


def said(page, pattern):
    return float(re.search(pattern, page).group(1).replace("−", "-"))


@pytest.mark.parametrize("base", [10.0, 10_000.0])
def test_a_score_depends_on_the_distance_alone(base):
    for start in (1, 300):
        assert said(turned(pairs_complex, start, 3, base), r"moved by ([\d.e+-]+) at most") < 1e-6
    score = r"the score is (−?[\d.]+) of"
    assert said(turned(pairs_complex, 0, 0, base), score) == 1
    far = np.cos(5 * base ** (-np.arange(0, 16, 2) / 16)).mean()
    assert said(turned(pairs_complex, 7, 5, base), score) == pytest.approx(far, abs=1e-3)


def test_with_positions_from_zero_nothing_would_move_and_with_a_bug_it_does():
    off = lambda x, start, base: pairs_complex(x, start, base) * (1 + start)  # noqa: E731
    assert said(turned(off, 5, 3, 100.0), r"moved by ([\d.e+-]+) at most") > 1


def test_the_bar_of_the_distance_is_ochre_and_all_are_within_the_picture():
    page = picture(np.array([1.0, -0.5, 0.25, -3.0]), 1, "a < b")
    assert page.count("rgb(180,83,9)") == 1
    assert page.count("rgb(15,118,110)") == 3
    rects = re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', page)
    assert all(float(y) >= 0 and float(y) + float(h) <= 160 for y, h in rects)
    assert 'aria-label="a &lt; b"' in page


def shares(page):
    return [float(s) for s in re.findall(r'">(\d\.\d{3})</td>', page)]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_router_that_prefers_one_expert_sends_all_there_and_the_loss_grows(k):
    even, skewed = sent(routed_by_masks, k, 0.0), sent(routed_by_masks, k, 8.0)
    assert sum(shares(even)) == pytest.approx(1, abs=0.005)
    assert shares(skewed)[0] == pytest.approx(1 / k, abs=0.005)
    loss = r"balance loss is ([\d.]+)\.<"
    assert said(even, loss) < 1.3
    assert 0.8 * 8 / k < said(skewed, loss) <= 8 / k


def test_an_expert_may_be_handed_one_token():
    assert sent(routed_by_tokens, 2, 1.0) == sent(routed_by_masks, 2, 1.0)


def test_a_function_that_fails_is_reported_as_text():
    for page in (turned(fails, 0, 3, 10.0), sent(fails, 2, 0.0)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.modern_blocks(..., ...)
    playground.modern_blocks(max, max)
    assert shown == []
    playground.modern_blocks(pairs_complex, ...)
    playground.modern_blocks(pairs_complex, routed_by_masks)
    assert [len(box.children) for box in shown] == [1, 2]
    each_control_changes_its_page(shown[1])
    assert capsys.readouterr().out == ""
