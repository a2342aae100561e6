"""The reshape tracer in a real browser: its strides are NumPy's, its entries light up together."""

import pytest

from tinytx.figures import ReshapeTracer

from .pages import LOOKS, overflow, press
from .samples import status

COUNTS = {"T": 0, "H": 1, "Dh": 2}


def cards(page):
    """Return what each step shows: code, words, and the entries row by row."""
    return page.locator(".steps li").evaluate_all(
        """all => all.map(li => ({
          code: li.querySelector(".code").textContent,
          words: [...li.querySelectorAll(".code ~ p")].map(p => p.textContent),
          entries: [...li.querySelectorAll("td[role]")].map(td => td.textContent),
          lit: [...li.querySelectorAll("td.on")].map(td => td.textContent),
          astray: li.querySelectorAll(".astray").length,
        }))"""
    )


def assert_same(shown, tracer, path):
    steps = tracer.steps(path)
    assert len(shown) == len(steps)
    for card, step in zip(shown, steps, strict=True):
        assert card["code"] == step.code
        assert card["words"][0] == f"{step.axes} = {step.value.shape}"
        assert card["words"][1] == f"strides {step.strides}"
        layout = ("" if step.contiguous else "not ") + "contiguous"
        kind = {"start": "", "view": "a view, ", "copy": "a copy, ", "new": "new memory, "}
        assert card["words"][2] == kind[step.kind] + layout
        assert card["entries"] == [tracer.name(entry) for entry in step.value.flat]


@pytest.mark.parametrize("sizes", [(1, 3, 2, 3), (2, 5, 4, 2), (1, 2, 3, 4)])
def test_the_page_follows_entries_as_numpy_does(show, visited, sizes):
    page = show(ReshapeTracer(*sizes))
    assert_same(cards(page), ReshapeTracer(*sizes), "right")
    page.get_by_label("plain reshape").check()
    shown = cards(page)
    assert_same(shown, ReshapeTracer(*sizes), "wrong")
    assert shown[1]["astray"] == ReshapeTracer(*sizes).strays()
    visited(page).assert_clean()


def test_by_mouse_one_entry_is_lit_in_every_step(show):
    page = show(ReshapeTracer())
    page.locator("td[role]", has_text="i2·h1·d0").first.hover()
    assert [card["lit"] for card in cards(page)] == [["i2·h1·d0"]] * 6
    places = "[0, 2, 3] → [0, 2, 1, 0] → [0, 1, 2, 0] → [0, 1, 2, 0] → [0, 2, 1, 0] → [0, 2, 3]"
    assert status(page) == f"i2·h1·d0 stands at {places}."
    found = page.locator(".found").all_text_contents()
    assert found[2] == "[0, 1, 2, 0] → 0·18 + 1·3 + 2·6 + 0·1 = place 15"
    assert found[3] == "[0, 1, 2, 0] → 0·18 + 1·9 + 2·3 + 0·1 = place 15"
    page.get_by_label("plain reshape").check()
    assert "12 of 18 entries" in page.locator(".verdict").inner_text()


def test_by_keyboard(show):
    page = show(ReshapeTracer(path="wrong"))
    press(page, "Tab", "ArrowLeft", "Tab", "ArrowRight")  # the right way; T is 4
    assert_same(cards(page), ReshapeTracer(T=4), "right")
    press(page, "Tab", "Tab", "Tab")
    assert page.locator("td.on").first.evaluate("e => e.matches(':focus-visible')")
    before = status(page)
    press(page, "ArrowDown")
    assert status(page) != before
    lit = [card["lit"] for card in cards(page)]
    assert lit == [["i2·h0·d2"]] * 6
    press(page, "Tab")  # the same entry in the next step
    assert (
        page.evaluate(
            "document.querySelector('[data-figure]').shadowRoot.activeElement.textContent"
        )
        == "i2·h0·d2"
    )


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(ReshapeTracer(T=5, H=4, Dh=4, path="wrong"), theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()
