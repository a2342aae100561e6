"""The patching grid in a real browser: cells, what is told of them, and next tokens."""

import numpy as np

from tinytx.figures import PatchingGrid
from tinytx.figures.patching_parts import _percent
from tinytx.wording import fixed

from .pages import LOOKS, overflow, press
from .samples import IMG, status

STREAM = np.array([[1.0, -0.2346, 0.0], [0.042, 1.25, -0.06]])
HEAD = np.random.default_rng(0).normal(0, 0.4, (5, 20))
CLEAN = ["a", " cat", "!", *(f" w{i}" for i in range(17))]
CORRUPTED = ["a", " dog", "!", *(f" w{i}" for i in range(17))]
PIECES = ["a", " cat", " dog", "!", "?", "x", "y"]


def probabilities(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(len(PIECES)), shape)


def whole(**changes):
    given = {
        "effects": {"residual stream": STREAM, "head": HEAD},
        "rows": {"residual stream": ["embedding", "block 0"], "head": [f"0.{i}" for i in range(5)]},
        "columns": {"residual stream": [0, 1, 2], "head": range(20)},
        "clean": CLEAN,
        "corrupted": CORRUPTED,
        "pieces": PIECES,
        "before": probabilities(1)[0],
        "after": {"residual stream": probabilities(2, 3), "head": probabilities(5, 20)},
    }
    return PatchingGrid(**(given | changes))


def cells(page) -> list[list[str]]:
    return page.locator(".grid tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def test_cells_show_the_effects(show, visited):
    page = show(whole())
    assert cells(page) == [["1.00", "−0.23", "0.00"], ["0.04", "1.25", "−0.06"]]
    page.get_by_label("Patched").select_option("1")
    told = page.locator(".grid td").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert told == [fixed(x, 2) for x in HEAD.round(3).ravel()]
    assert len(cells(page)[0]) == 20
    visited(page).assert_clean()


def test_a_cell_tells_what_was_replaced_and_what_came_out(show):
    page = show(whole())
    assert "Replaced: residual stream, block 0, at ␣cat/␣dog₁, by its value" in status(page)
    assert "␣cat in the clean one, ␣dog in the corrupted" in status(page)
    assert "What came out: 1.25; goes beyond the clean answer." in status(page)
    page.locator(".grid td").nth(2).click()
    assert status(page) == (
        "Replaced: residual stream, embedding, at !₂, by its value in the clean run. "
        "What came out: 0.00; changes nothing to be seen."
    )
    assert page.locator(".bit.at").all_inner_texts() == ["!", "!"]
    page.locator(".grid td").nth(1).click()
    assert "−0.23; moves the answer further from the clean one." in status(page)
    page.locator(".grid td").nth(0).click()
    assert "1.00; the clean answer is back, whole." in status(page)
    page.locator(".grid td").nth(3).click()
    assert "0.04; so much of the clean answer is back." in status(page)


def test_words_and_numbers_agree_where_a_number_is_rounded(show):
    effects = np.full((2, 13), 20.5)
    effects[0, :4] = [-0.005, 0.995, 1.005, -0.25]
    page = show(PatchingGrid(effects))
    assert cells(page)[0][:5] == ["", "1", "1", "−.3", "20.5"]
    for j, told in enumerate((
        "−0.01; moves the answer further from the clean one",
        "0.99; so much of the clean answer is back", "1.00; the clean answer is back, whole",
    )):  # fmt: skip
        page.locator(".grid td").nth(j).click()
        assert f"What came out: {told}." in status(page)


def test_the_texts_are_marked_where_they_differ(show):
    page = show(whole())
    assert page.locator("mark").all_inner_texts() == ["␣cat", "␣dog"]
    assert page.locator(".texts dd").nth(0).locator(".bit").count() == 20
    assert page.locator("th.differs").all_inner_texts() == ["␣cat/␣dog₁"]


def test_only_the_part_of_the_texts_that_has_columns_is_shown(show):
    page = show(whole(effects=HEAD[:, :3], rows=None, columns=[5, 6, 7],
                      pieces=None, before=None, after=None))  # fmt: skip
    # The texts differ at 1, and that stays in view.
    assert page.locator(".texts dd").nth(0).inner_text().startswith("… ␣cat")
    assert page.locator(".next").count() == 0


def test_next_tokens_before_and_after(show):
    page = show(whole())
    page.locator(".grid td").nth(2).click()
    before, after = probabilities(1)[0], probabilities(2, 3)[0, 2]
    rows = page.locator(".next tbody tr").evaluate_all(
        "all => all.map(row => [...row.children].map(cell => cell.textContent))"
    )
    order = np.argsort(-after)[:5]
    for id, (name, was, now) in zip(order, rows, strict=False):
        assert name == PIECES[id].replace(" ", "␣")
        assert was == _percent(before[id])
        assert now == _percent(after[id])
    assert {name for name, *_ in rows} >= {
        PIECES[id].replace(" ", "␣") for id in np.argsort(-before)[:2]
    }


def test_hover_reads_a_cell_and_leaves_the_choice(show):
    page = show(whole())
    before = status(page)
    page.locator(".grid td").nth(1).hover()
    assert page.locator(".peek").inner_text() == "embedding, ␣cat/␣dog₁: −0.23"
    assert status(page) == before
    page.mouse.move(2, 2)
    assert page.locator(".peek").inner_text().startswith("Point at a cell")


def test_by_keyboard(show):
    page = show(whole())
    press(page, "Tab", "ArrowDown")  # the other grid
    assert page.get_by_label("Patched").input_value() == "1"
    press(page, "Tab", "Home", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowRight")
    assert "Replaced: head, 0.0, at ␣cat/␣dog₁" in status(page)
    press(page, "End", "ArrowDown", "Enter")
    assert "Replaced: head, 0.1, at ␣w16₁₉" in status(page)


def test_text_is_text(show, visited):
    page = show(PatchingGrid({IMG: [[1, 0]]}, [IMG], clean=[IMG, "a"], corrupted=["b", IMG],
                             pieces=[IMG, "c"], before=[0.5, 0.5],
                             after=[[[0, 1], [1, 0]]], ask=IMG))  # fmt: skip
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(whole(), PatchingGrid(STREAM, ask=""), theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    page.get_by_label("Patched").select_option("1")
    page.locator(".grid").first.locator("td[role]").nth(45).click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(whole(), js=False, width=390)
    assert "Corrupted: a [␣dog] !" in page.locator("main").inner_text()
    assert page.locator("table").count() == 2
    assert overflow(page) == 0
