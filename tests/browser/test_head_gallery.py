"""The head gallery in a real browser."""

import numpy as np

from tinytx.figures import HeadGallery

from .pages import LOOKS, overflow, press
from .samples import IMG, status

T = 5


def figure(L=2, H=3, size=T, trained=None):
    scores = np.random.default_rng(0).normal(size=(L, H, size, size)) * 2
    scores[:, :, ~np.tri(size, dtype=bool)] = -np.inf
    terms = np.exp(scores)
    weights = terms / terms.sum(axis=-1, keepdims=True)
    return HeadGallery(weights, [IMG, *"bcdefghijklmnopqrstuvwxyz"][:size], {(1, 2): IMG}, trained)


def large(page):
    """Return the numbers of the chosen head as they are shown."""
    return page.locator(".grid:not(.heads) tbody tr").evaluate_all(
        "all => all.map(tr => [...tr.querySelectorAll('td')].map(td => td.textContent))"
    )


def expected(gallery, layer, head):
    rows = gallery.weights[layer, head]
    return [[f"{w:.3f}" if j <= i else "" for j, w in enumerate(row)] for i, row in enumerate(rows)]


def test_by_mouse(show, visited):
    gallery = figure()
    page = show(gallery)
    assert large(page) == expected(gallery, 0, 0)
    page.locator(".heads td[role]").nth(5).click()
    assert large(page) == expected(gallery, 1, 2)
    assert page.locator(".name").inner_text() == f"Block 1, head 2: {IMG}"
    line = str(gallery).splitlines()[-1]
    shown = page.locator(".numbers dd").all_inner_texts()
    assert line.endswith(
        "distance {}, entropy {} nats; itself {}, previous {}, first {}; most on {}".format(*shown)
    )
    assert page.locator("[aria-selected=true]").count() == 1
    page.locator(".grid:not(.heads) td[role]").nth(10).hover()
    assert status(page) == f"c₂ reads <img␣src=x␣…₀ with weight {gallery.weights[1, 2, 2, 0]:.3f}."
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


def test_by_keyboard(show):
    gallery = figure()
    page = show(gallery)
    press(page, "Tab", "ArrowDown", "ArrowRight")
    assert large(page) == expected(gallery, 1, 1)
    assert status(page).startswith("Block 1, head 1. It looks ")
    press(page, "Tab", "ArrowDown")
    assert status(page).startswith("b₁ reads <img␣src=x␣…₀ with weight ")


def test_pictures_are_the_weights_in_the_themes_colours(show):
    gallery = figure()
    page = show(gallery, theme="light")
    read = """canvas => [...canvas.getContext("2d").getImageData(0, 0, 5, 5).data]"""
    canvas = page.locator("canvas").nth(4)
    light = np.array(canvas.evaluate(read)).reshape(T, T, 4)
    seen = np.tri(T, dtype=bool)
    assert (light[..., 3] == np.where(seen, 255, 0)).all()
    order = np.argsort(gallery.weights[1, 1][seen])
    red = light[..., 0][seen][order]  # teal has less red than the ground: more weight, less red
    assert (np.diff(red) <= 1).all()
    assert red[0] > red[-1] + 100
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("[data-theme=dark]")
    assert not np.array_equal(np.array(canvas.evaluate(read)).reshape(T, T, 4), light)


def test_rows_without_a_target_are_pale(show, visited, axe):
    gallery = figure(trained=[4])
    page = show(gallery, figure())
    first, second = page.locator("[data-figure]").all()
    assert first.get_by_text(f"{gallery.note} The other rows are pale.").count() == 1
    rows = first.locator(".grid:not(.heads) tbody tr")
    pale = [row.locator("td.pale").count() for row in rows.all()]
    assert pale == [1, 2, 3, 4, 0]
    assert second.locator(".pale").count() == 0
    read = """canvas => [...canvas.getContext("2d").getImageData(0, 0, 5, 5).data]"""
    plain, faded = (
        np.array(one.locator("canvas").first.evaluate(read)).reshape(T, T, 4)[..., 0]
        for one in (second, first)
    )
    assert (faded[4] == plain[4]).all()
    assert faded[0, 0] > plain[0, 0] + 60  # all of its weight; teal has less red than the ground
    rows.nth(1).locator("td").first.hover()
    assert status(first).endswith("and had no target.")
    assert axe(page) == []
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(figure(), figure(2, 12, 24), theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()
