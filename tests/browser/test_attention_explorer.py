"""The attention explorer in a real browser: its numbers, by mouse and by keyboard, for everyone."""

import numpy as np
import pytest

from tinytx import example
from tinytx.figures import AttentionExplorer
from tinytx.manual import causal_mask, split_heads
from tinytx.manual.attention import attention_forward

from .grids import cell, grid, number
from .pages import LOOKS, overflow, press
from .samples import status


def head():
    attn = example.model().blocks[0].attn
    return [split_heads(one.forward(example.x()[None]), 2)[0, 0]
            for one in (attn.q_proj, attn.k_proj, attn.v_proj)]  # fmt: skip


def explorer(**more):
    return AttentionExplorer(*head(), tokens=example.PROMPT, **more)


def output(page) -> list[float]:
    return [number(text) for text in page.locator(".lane .out").all_text_contents()]


@pytest.mark.parametrize("causal", [False, True])
def test_the_script_computes_what_the_package_computes(show, visited, causal):
    q, k, v = head()
    mask = causal_mask(5) if causal else np.ones((5, 5), bool)
    out, saved = attention_forward(q[None, None], k[None, None], v[None, None], mask)
    page = show(explorer())
    if causal:
        page.get_by_text("Causal mask").click()
    scaled = q @ k.T / np.sqrt(3)
    wanted = {
        "1 q·k": q @ k.T, "2 ÷ √3": scaled, "3 masked": np.where(mask, scaled, -np.inf),
        "4 softmax": saved.weights[0, 0],
    }  # fmt: skip
    for name, values in wanted.items():
        page.get_by_label(name).check()
        np.testing.assert_allclose(grid(page), values, atol=1e-4)
    for i in range(5):
        cell(page, i, 0).click()
        np.testing.assert_allclose(output(page), out[0, 0, i], atol=1e-4)
    visited(page).assert_clean()


def test_a_head_that_is_wider_than_what_is_shown(show):
    rng = np.random.default_rng(1)
    q, k, v = rng.normal(size=(2, 11)), rng.normal(size=(6, 11)), rng.normal(size=(6, 11))
    figure = AttentionExplorer(q, k, v, mask=rng.random((2, 6)) < 0.6)
    page = show(figure, AttentionExplorer(q[:, :9], k[:, :9], v[:, :9], mask=figure.weights > 0))
    np.testing.assert_allclose(grid(page), figure.weights, atol=1e-4)
    np.testing.assert_allclose(output(page)[:8], figure.out[1, :8], atol=1e-4)
    assert page.get_by_text("Of each vector 3 more numbers are computed with").is_visible()
    assert page.get_by_text("Of each vector 1 more number is computed with").is_visible()
    assert page.get_by_text("Causal mask").count() == 0


def test_by_mouse(show):
    page = show(explorer())
    working = page.locator(".working")
    assert "2·2 + 0·0 + 2·1.5 = 7" in working.inner_text()
    cell(page, 3, 2).click()
    assert status(page) == (
        "Query a₃, key c₂: q·k = 1.5, scaled 0.8660, may attend, weight 0.0842."
    )
    assert "0·0 + 2·0 + 1.5·1 = 1.5" in working.inner_text()
    page.locator(".lane .query").first.hover()
    page.locator(".lane tr.weights td").nth(2).hover()
    assert status(page).startswith("Query a₃, key ␣₁: q·k = 4.75")
    assert (
        "0.0354·1 + 0.5501·0 + 0.0842·(−1) + 0.1299·1 + 0.2003·1 = 0.2814" in working.inner_text()
    )


def test_by_keyboard(show, visited):
    page = show(explorer())
    press(page, "Tab", "ArrowLeft", "Tab", "Space", "Tab")
    assert page.get_by_label("3 masked").is_checked()
    press(page, "ArrowUp", "ArrowUp", "Home", "ArrowRight", "End", "ArrowLeft")
    assert status(page) == (
        "Query c₂, key a₃: q·k = 5.5, scaled 3.1754, may not attend, so −∞ and weight 0."
    )
    assert "may not attend: −∞" in page.locator(".working").inner_text()
    assert grid(page)[2].tolist()[3:] == [-np.inf, -np.inf]
    visited(page).assert_clean()


def test_a_query_with_nothing_to_attend_says_so(show):
    page = show(explorer(mask=np.zeros((5, 5), bool)))
    assert status(page).endswith("This query may attend to nothing: its output is zeros.")
    assert output(page) == [0, 0, 0]
    assert not grid(page).any()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(explorer(causal=True), theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_tokens_are_text(show, visited):
    page = show(AttentionExplorer(*head(), tokens=["<b>x</b>", "<img src=x>", "a", "b", "c"]))
    assert page.locator("b, img").count() == 0
    assert "<b>x</b>₀" in page.locator(".grid").inner_text()
    visited(page).assert_clean()
