"""The mask painter in a real browser: paint by mouse, touch and keyboard; the code it offers."""

import numpy as np
import pytest

from tinytx.figures import MaskPainter
from tinytx.manual import causal_mask
from tinytx.manual.softmax import softmax_forward

from .grids import cell, grid
from .pages import LOOKS, overflow, press
from .samples import status

SCORES = np.array([[0, 4, 0, 0, 0], [0, 0.25, 0.5, 0.75, 1], [4, 0.5, 1, 5.5, 2],
                   [0, 4.75, 1.5, 2.25, 3], [4, 1, 2, 7, 4]])  # fmt: skip


def painter(scores=SCORES, **more):
    return MaskPainter(scores, "a cat"[: scores.shape[1]], **more)


def mask(page) -> np.ndarray:
    return np.isfinite(grid(page))


def code(page) -> np.ndarray:
    """Run the expression that the figure offers."""
    text = page.locator("code").inner_text()
    assert text.startswith("mask = ")
    return np.asarray(eval(text.removeprefix("mask = "), {"np": np}))


def radio(page, name):
    return page.get_by_role("radio", name=name, exact=True)


def check(page, want, scores=SCORES):
    """The mask, the weights and the offered expression are all of ``want``."""
    assert (mask(page) == want).all()
    np.testing.assert_allclose(grid(page, 1), softmax_forward(scores, want)[0], atol=6e-5)
    offered = code(page)
    assert offered.dtype == bool
    assert offered.shape == want.shape
    assert (offered == want).all()


@pytest.mark.parametrize("T", [5, 3])
def test_presets(show, visited, T):
    scores = SCORES[:T].astype(float)
    page = show(painter(scores))
    past, real = causal_mask(T, 5), np.arange(5) < 3
    everyone = np.ones((T, 5), bool)
    last_two = np.array([[past[i, j] and j > i + 5 - T - 2 for j in range(5)] for i in range(T)])
    for name, want in [
        ("nothing hidden", everyone), ("padding", everyone & real), ("causal", past),
        ("causal + padding", past & real), ("window", last_two),
    ]:  # fmt: skip
        radio(page, name).check()
        check(page, want, scores)
        assert radio(page, name).is_checked()
    assert "np.array" not in page.locator("code").inner_text()
    visited(page).assert_clean()


def test_sliders(show):
    page = show(painter())
    sliders = page.get_by_role("slider")
    assert sliders.count() == 0
    radio(page, "causal + padding").check()
    page.get_by_role("slider", name="Keys that are padding").fill("4")
    check(page, causal_mask(5) & (np.arange(5) < 1))
    assert radio(page, "causal + padding").is_checked()
    radio(page, "window").check()
    assert sliders.count() == 1
    page.get_by_role("slider", name="Keys in the window").fill("1")
    check(page, np.eye(5, dtype=bool))


def test_by_mouse(show, visited):
    page = show(painter())
    want = causal_mask(5)
    check(page, want)
    assert status(page) == "Query t₄ sees every key. No query sees the future."
    cell(page, 1, 3).click()
    want[1, 3] = True
    check(page, want)
    assert status(page) == (
        "Query ␣₁ sees a₀ ␣₁ a₃. The mask leaks the future: 1 query sees a later key; ␣₁ sees a₃."
    )
    cell(page, 0, 0).click()
    want[0, 0] = False
    check(page, want)
    assert status(page).endswith("Nothing to attend to, so zeros: a₀.")
    assert page.locator(".empty").count() == 5
    assert page.locator(".choice input:checked").count() == 0
    cell(page, 0, 0).click()
    cell(page, 1, 3).click()
    assert radio(page, "causal").is_checked()
    visited(page).assert_clean()


def test_dragging_paints_what_the_first_cell_becomes(show):
    page = show(painter())
    want = causal_mask(5)
    cell(page, 4, 4).hover()
    page.mouse.down()
    cell(page, 4, 0).hover()  # one jump: the cells between are painted too
    cell(page, 3, 0).hover()
    page.mouse.up()
    want[4] = False
    want[3, 0] = False
    check(page, want)
    cell(page, 2, 0).hover()  # no button: nothing more
    check(page, want)
    cell(page, 2, 0).click()
    want[2, 0] = False
    check(page, want)


def test_a_drag_that_comes_back_leaves_what_it_painted(show):
    page = show(painter())
    cell(page, 4, 4).hover()
    page.mouse.down()
    cell(page, 4, 3).hover()
    cell(page, 4, 4).hover()
    page.mouse.up()
    want = causal_mask(5)
    want[4, 3:] = False
    check(page, want)
    cell(page, 4, 4).focus()
    press(page, "Space")
    want[4, 4] = True
    check(page, want)


def test_by_keyboard(show, visited):
    page = show(painter())
    press(page, "Tab", "Tab", "ArrowUp", "End", "Space")
    want = causal_mask(5)
    want[3, 4] = True
    check(page, want)
    press(page, "Enter", "Home", "Enter")
    want[3, 4] = want[3, 0] = False
    check(page, want)
    press(page, "Shift+Tab", "ArrowLeft")
    assert page.locator(".choice input:checked").count() == 1
    visited(page).assert_clean()


def test_own_mask_and_one_cell(show, visited):
    own = np.array([[True, False, True]])
    page = show(MaskPainter([[1.0, 2, 3]], mask=own), MaskPainter([[1.0]]))
    assert (mask(page) == own).all()
    assert page.locator(".painter").nth(1).locator(".choice input").count() == 2
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(painter(), theme=theme, width=width)
    radio(page, "window").check()
    cell(page, 0, 0).click()
    cell(page, 0, 4).click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()
