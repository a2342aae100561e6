"""The line-up in a real browser: marked by hand, revealed on demand, scored rightly."""

import pytest

from tests.figures.test_line_up import REVEAL, STEPS, curves, figure

from .pages import LOOKS, overflow, press
from .samples import IMG, status

NAMES = list(figure().curves)
BROKEN = [name.startswith("no ") for name in NAMES]


def seen(page) -> str:
    """Return all that can be seen or read aloud, labels included; not the fallback beneath."""
    return page.locator(".lineup").evaluate(
        "e => [e, ...e.querySelectorAll('*')].map(one => one.getAttribute('aria-label') || '')"
        ".join(' ') + e.textContent"
    )


def boxes(page):
    return page.get_by_role("checkbox")


def test_nothing_leaks_before_the_answers_are_shown(show):
    page = show(figure())
    for state in ("start", "marked"):
        text = seen(page)
        assert not [name for name in NAMES if name in text], state
        assert not [line for line in REVEAL.values() if line in text], state
        looks = {card.get_attribute("class") for card in page.locator(".suspect").all()}
        assert looks == {"suspect"}
        boxes(page).nth(1).check()


def test_by_mouse(show, visited):
    page = show(figure())
    assert status(page) == "None is marked as broken yet."
    for i, broken in enumerate(BROKEN):
        if broken:
            boxes(page).nth(i).check()
    letters = [letter for letter, broken in zip("ABCD", BROKEN, strict=True) if broken]
    assert status(page) == f"You say broken: {', '.join(letters)}."
    page.get_by_role("button", name="Show the answers").click()
    assert status(page) == "4 of 4 right: 2 of 2 broken ones caught, 0 of 2 sound ones accused."
    assert page.locator(".suspect.right").count() == 4
    for i, name in enumerate(NAMES):
        kind = "broken" if BROKEN[i] else "not broken"
        told = page.locator(".verdict").nth(i).inner_text()
        assert f"{kind}: {name}" in told
        assert REVEAL.get(name, "") in told
        assert boxes(page).nth(i).is_disabled()
    page.get_by_role("button", name="Start again").click()
    assert status(page) == "None is marked as broken yet."
    assert "no mask" not in seen(page)
    assert not any(box.is_checked() for box in boxes(page).all())
    visited(page).assert_clean()


@pytest.mark.parametrize("marked", range(16))
def test_the_score_is_right_for_every_answer(show, marked):
    page = show(figure())
    mine = [bool(marked >> i & 1) for i in range(4)]
    for i, on in enumerate(mine):
        boxes(page).nth(i).set_checked(on)
    page.get_by_role("button").click()
    right = [one == other for one, other in zip(mine, BROKEN, strict=True)]
    caught = sum(one and other for one, other in zip(mine, BROKEN, strict=True))
    assert status(page) == (
        f"{sum(right)} of 4 right: {caught} of 2 broken ones caught, "
        f"{sum(mine) - caught} of 2 sound ones accused."
    )
    cards = page.locator(".suspect").all()
    looks = ["right" in card.get_attribute("class").split() for card in cards]
    assert looks == right
    heard = page.locator(".verdict .unseen").all_text_contents()
    assert heard == ["You were right. " if one else "You were wrong. " for one in right]


def test_by_keyboard(show):
    page = show(figure())
    press(page, "Tab", "Home", "ArrowRight")  # the step
    losses = page.locator(".loss").all_inner_texts()
    assert losses == [f"{curves()[name][1]:.3f} at step 50" for name in NAMES]
    press(page, "Tab", "Tab", "Space")
    assert status(page) == "You say broken: B."
    press(page, "Tab", "Tab", "Tab", "Enter")
    assert status(page).startswith("3 of 4 right: 1" if BROKEN[1] else "1 of 4 right: 0")
    press(page, "Enter")
    assert status(page) == "None is marked as broken yet."


def test_the_pointer_reads_all_curves_at_one_step(show):
    page = show(figure())
    plot = page.locator(".chart-plot").nth(2)
    box = plot.bounding_box()
    plot.click(position={"x": 0.52 * box["width"], "y": 30})
    losses = page.locator(".loss").all_inner_texts()
    assert losses == [f"{curves()[name][2]:.3f} at step {STEPS[2]}" for name in NAMES]


def test_every_card_draws_its_own_curve_before_the_others(show):
    page = show(figure())
    own = page.locator("path.chart-line.color0").evaluate_all("all => all.map(p => p.outerHTML)")
    assert len(set(own)) == 4
    assert page.locator("path.chart-line.color3").count() == 12
    last = page.locator(".chart-plot g").evaluate_all("all => all.map(g => g.lastChild.outerHTML)")
    assert last == own


def test_text_is_text(show, visited):
    given = curves() | {IMG: [1, 2, 3, 4, 5]}
    page = show(figure(curves=given, broken={IMG}, reveal={IMG: IMG}, unit=IMG, ask=IMG))
    page.get_by_role("button").click()
    assert page.locator(".verdict").filter(has_text=f"broken: {IMG}. {IMG}").count() == 1
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(figure(), theme=theme, width=width)
    assert axe(page) == []
    boxes(page).nth(0).check()
    page.get_by_role("button").click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_keeps_the_answers_folded(show):
    page = show(figure(), js=False, width=390)
    answer = page.get_by_text("broken: no mask")
    assert not answer.is_visible()
    page.get_by_text("The answers").click()
    assert answer.is_visible()
    assert overflow(page) == 0
