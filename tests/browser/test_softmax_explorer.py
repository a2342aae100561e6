"""The softmax explorer in a real browser: its numbers, by mouse and by keyboard, for everyone."""

import numpy as np
import pytest
import torch

from tinytx.figures import SoftmaxExplorer

from .grids import cell, grid, number
from .pages import LOOKS, overflow, press
from .samples import status

SCORES = [4, 1, 2, 7, 4]


def explorer(d_head=3):
    return SoftmaxExplorer(SCORES, "a cat", d_head=d_head)


def slide(page, name, value):
    page.get_by_role("slider", name=name).fill(str(value))


def column(page, n) -> list[str]:
    return page.locator(f".bars tbody td:nth-of-type({n})").all_inner_texts()


def shown(page) -> list[float]:
    return [number(text) for text in page.locator(".numbers dd").all_inner_texts()]


@pytest.mark.parametrize("scale", [0, 0.35, 1, 2.5, 4])
def test_the_script_computes_what_torch_computes(show, visited, scale):
    z = torch.tensor(SCORES, dtype=torch.float64) * scale
    weights = torch.softmax(z, 0).numpy()
    jacobian = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), z).numpy()
    entropy = float(torch.distributions.Categorical(logits=z).entropy())
    page = show(explorer())
    slide(page, "Scale", scale)
    np.testing.assert_allclose([number(text) for text in column(page, 4)], weights, atol=6e-5)
    np.testing.assert_allclose(grid(page), jacobian, atol=6e-5)
    want = [weights.max(), entropy, np.exp(entropy), jacobian.max()]
    np.testing.assert_allclose(shown(page), want, atol=6e-3)
    widths = page.locator(".bar").evaluate_all("all => all.map(bar => parseFloat(bar.style.width))")
    np.testing.assert_allclose(widths, weights * 100, atol=1e-3)
    visited(page).assert_clean()


def test_it_starts_at_the_scale_of_the_head_and_marks_it(show):
    page = show(explorer())
    assert status(page).startswith("Scale 0.5774: a₃ has the largest weight, 0.6940;")
    assert page.locator(".chart-rule").count() == 1
    page.get_by_role("button", name="× 4").click()
    assert "Saturated" in status(page)
    page.get_by_role("button", name="× 0").click()
    assert status(page).startswith("Scale 0: all weights are equal; as if 5.00 of 5")
    heads = page.locator(".bars thead tr > *").all_inner_texts()
    assert heads == ["", "score", "z", "", "w = softmax(z)", "e^z", "e^z / sum"]
    page.get_by_role("button", name="÷ √3").click()
    assert status(page).startswith("Scale 0.5774")
    assert "Saturated" not in status(page)


def test_without_a_head_it_starts_at_one_and_marks_nothing(show):
    page = show(SoftmaxExplorer([2.35, 2.35, 1], "abc"))
    assert status(page).startswith("Scale 1: a₀ and b₁ have the largest weight, 0.4426 each;")
    assert page.locator(".chart-rule").count() == 0
    # Each power is a number, and their sum is none.
    slide(page, "Scale", 4)
    slide(page, "Add to all", 700)
    assert column(page, 6) == ["0.0000"] * 3
    assert page.locator(".naive").inner_text().startswith("Naive: every e^z is a float64, but")
    slide(page, "Add to all", 720)
    assert column(page, 6)[:2] == ["nan"] * 2
    assert "∞/∞ is not a number" in page.locator(".naive").inner_text()


@pytest.mark.parametrize(("shift", "power"), [(1000, "∞"), (-1000, "0.0000")])
def test_a_constant_changes_no_weight_and_breaks_the_naive_formula(show, shift, power):
    page = show(explorer())
    before = column(page, 4)
    assert column(page, 6) == before
    slide(page, "Add to all", shift)
    assert column(page, 4) == before
    assert column(page, 5) == [power] * 5
    assert column(page, 6) == ["nan"] * 5
    assert "changes no weight" in status(page)
    page.get_by_role("button", name="back to 0").click()
    assert column(page, 6) == before


def test_by_keyboard(show, visited):
    page = show(explorer(None))
    press(page, "Tab", "ArrowRight", "ArrowRight")
    assert status(page).startswith("Scale 1.02")
    press(page, "Home")
    assert status(page).startswith("Scale 0:")
    cell(page, 3, 3).focus()
    press(page, "Home", "ArrowUp")
    assert "w of c₂ by z of a₀: −w·w′ = −0.2000 · 0.2000 = −0.0400" in (
        page.locator(".panels").inner_text()
    )
    visited(page).assert_clean()


def test_the_curve_can_be_pointed_at(show):
    page = show(explorer())
    box = page.locator(".chart-plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert number(status(page).split(":")[0].split()[1]) == pytest.approx(2, abs=0.02)


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(explorer(), theme=theme, width=width)
    slide(page, "Add to all", 1000)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()
