"""The lens table in a real browser: first guesses, what came, and the truth."""

import numpy as np

from tinytx.figures import LensTable
from tinytx.figures.component import _static
from tinytx.wording import fixed

from .pages import LOOKS, overflow, press
from .samples import IMG, status

L, T, V = 3, 14, 9
PIECES = [f" t{id}" for id in range(V)]
TOKENS = [int(id) for id in np.random.default_rng(5).integers(0, V, T + 1)]
EXACT = [np.nan, *np.linspace(0.02, 0.98, T - 1)]


def lens_logits():
    return np.random.default_rng(0).normal(0, 2, (L, T, V))


def lens(**changes):
    given = {
        "logits": lens_logits(),
        "tokens": TOKENS,
        "pieces": PIECES,
        "exact": EXACT,
        "first": 30,
    }
    return LensTable(**(given | changes))


def test_cells_show_the_first_guess_and_whether_it_came(show, visited):
    figure = lens()
    page = show(figure)
    shown = page.locator(".grid tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(e => [e.textContent, "
        "e.classList.contains('right')]))"
    )
    for row, cells in zip(figure.readings, shown, strict=False):
        assert cells == [[f"␣t{one.top[0][0]}", one.rank == 1] for one in row]
    assert any(right for _, right in shown[0] + shown[1] + shown[2])
    assert [text for text, _ in shown[L]] == ["–", *(f"{100 * p:.1f} %" for p in EXACT[1:])]
    numbers = [*np.random.default_rng(1).normal(0, 3, 200), *np.arange(-400, 400) / 64]
    numbers += [x / 1000 for x in range(-60, 60)] + [1e-9, -1e-9, 123456.5, 1e15 + 0.5]
    cases = [(float(x), digits) for x in numbers for digits in range(6)]
    script = f"all => {{ {_static('parts.js')} return all.map(([x, n]) => fixed(x, n)); }}"
    assert page.evaluate(script, cases) == [fixed(*case) for case in cases]
    heads = page.locator(".grid thead th").all_inner_texts()
    assert heads == ["read", *(f"␣t{id}\n{30 + t}" for t, id in enumerate(TOKENS[:T]))]
    visited(page).assert_clean()


def test_a_cell_tells_its_five_and_the_one_that_came(show):
    figure = lens()
    page = show(figure)
    for i, t in ((0, 0), (1, 5), (2, T - 1)):
        page.locator(".grid td[role]").nth(i * T + t).click()
        one, came = figure.readings[i][t], TOKENS[t + 1]
        level = ["After the embedding", "After block 0", "After block 1"][i]
        id, p = one.top[0]
        assert status(page) == (
            f"{level}, at ␣t{TOKENS[t]}, position {30 + t}: first guess ␣t{id}, {100 * p:.1f} %. "
            f"What came was ␣t{came}: rank {one.rank} of {V}, {100 * one.share:.1f} %."
        )
        rows = page.locator(".top tbody tr").evaluate_all(
            "all => all.map(row => [...row.children].map(cell => cell.textContent))"
        )
        assert rows == [
            [f"␣t{id}" + ", came" * (id == came), f"{100 * p:.1f} %"] for id, p in one.top
        ]


def test_the_truth_beside_the_model(show):
    figure = lens()
    page = show(figure)
    page.locator(".grid td[role]").nth(L * T + 4).click()
    last = figure.readings[-1][4].share
    assert status(page) == (
        f"At ␣t{TOKENS[4]}, position 34, ␣t{TOKENS[5]} truly follows with {100 * EXACT[4]:.1f} %; "
        f"the model says {100 * last:.1f} % at its end."
    )
    shares = page.locator(".top td").all_inner_texts()
    assert shares == [f"{100 * row[4].share:.1f} %" for row in figure.readings]
    page.locator(".grid td[role]").nth(L * T).click()
    assert status(page) == f"At ␣t{TOKENS[0]}, position 30 the truth is not known."


def test_hover_reads_a_cell_and_leaves_the_choice(show):
    page = show(lens())
    before = status(page)
    page.locator(".grid td[role]").nth(T + 12).hover()
    assert page.locator(".peek").inner_text().startswith("After block 0, at ")
    assert status(page) == before
    page.mouse.move(2, 2)
    assert page.locator(".peek").inner_text().startswith("Point at a cell")


def test_by_keyboard(show):
    figure = lens(exact=None)
    page = show(figure)
    # It opens at the end of the text, after the last block.
    assert f"After block 1, at ␣t{TOKENS[T - 1]}, position {29 + T}:" in status(page)
    press(page, "Tab", "Home", "ArrowUp", "ArrowRight")
    assert f"After block 0, at ␣t{TOKENS[1]}, position 31:" in status(page)
    assert page.locator("td.on").count() == page.locator("th.chosen").count() == 1


def test_what_is_not_known_is_said(show):
    logits = lens_logits()[..., :3]
    page = show(lens(logits=logits, tokens=[id % 3 for id in TOKENS[:T]], pieces="abc"))
    assert status(page).endswith("What came is not known.")
    assert page.get_by_role("table", name="The three likeliest").count() == 1
    last = page.locator(".grid td[role]").last  # its probability was given, but not of what
    assert (last.inner_text(), last.get_attribute("aria-label")) == ("–", "not known")


def test_text_is_text(show, visited):
    page = show(lens(pieces=[IMG] * V, ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(lens(), theme=theme, width=width)
    assert axe(page) == []
    page.locator(".grid td[role]").nth(L * T + T - 1).click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(lens(), js=False, width=390)
    assert "The first guess after each block" in page.locator("main").inner_text()
    assert overflow(page) == 0
