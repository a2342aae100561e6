"""The head switchboard in a real browser: its record, and the model that is loaded when asked."""

import numpy as np
import pytest

from tinytx.figures import HeadSwitchboard
from tinytx.figures.engine import engine_script, weights_script
from tinytx.figures.head_switchboard import ANSWER, PROMPTS

from .pages import LOOKS, overflow, press
from .samples import IMG

RABBIT, GIRL = PROMPTS
SCRIPTS = ("engine.js", "tales.js")


@pytest.fixture(scope="module")
def board():
    return HeadSwitchboard(addresses=SCRIPTS)


@pytest.fixture
def beside(board, tmp_path):
    """The two scripts, where the page will look for them."""
    weights = weights_script(board.model, board.tokenizer, board.name)
    for name, script in zip(SCRIPTS, (engine_script(), weights), strict=True):
        (tmp_path / name).write_text(script, encoding="utf-8")


def switch(page, *parts):
    for part in parts:
        block, _, which = part.partition(".")
        name = f"Block {block}, MLP" if which == "mlp" else f"Block {block}, head {which}"
        page.get_by_role("button", name=name, exact=True).click()


def load(page):
    page.get_by_role("button", name="Load the model, 1.1 MB").click()
    wait(page, "Every combination can be tried.")


def wait(page, text):
    page.locator(".card :is(.status, .told)").filter(has_text=text).wait_for()


def check(page, board, prompt, off):
    """What the page says is what ablate finds with the page's weights."""
    state, whole = board.state(prompt, off), board.state(prompt, [])
    change = f"{np.log(state.share / whole.share):.2f}".replace("-", "−").replace("−0.00", "0.00")
    shown = page.locator(".numbers dd").all_inner_texts()
    assert shown[1] == f"{100 * state.share:.1f} %"
    assert shown[2] == f"{change} nats"
    assert shown[3] == f"{len(off)} of 15"
    rows = page.locator(".pairs tbody tr").evaluate_all(
        "all => all.map(row => [...row.children].map(cell => cell.textContent))"
    )
    now = {board._visible(id): f"{100 * p:.1f} %" for id, p in state.top[:5]}
    assert {name.removesuffix(", came"): share for name, _, share in rows}.items() >= now.items()
    pressed = page.locator(".part").evaluate_all("all => all.map(e => e.ariaPressed)")
    assert [
        part for part, on in zip(board.parts(), pressed, strict=True) if on == "false"
    ] == sorted(off, key=board.parts().index)


def test_the_record_answers_one_part_at_a_time(show, visited, board):
    page = show(board)
    for part in ("0.0", "1.2", "2.1", "1.mlp"):
        switch(page, part)
        block, which = part.split(".")
        wait(page, f"Off: MLP {block}." if which == "mlp" else f"Off: head {part}.")
        check(page, board, RABBIT, [part])
        switch(page, part)
    switch(page, "2.1", "0.0")
    wait(page, "For this combination load the model.")
    assert page.locator(".numbers dd").nth(1).inner_text() == "?"
    page.get_by_role("button", name="Only head 0.0 off").click()
    wait(page, "Off: head 0.0.")
    check(page, board, RABBIT, ["0.0"])
    assert page.locator("script[src]").count() == 0  # nothing was loaded
    visited(page).assert_clean()


def test_loaded_it_answers_every_combination(show, visited, board, beside):
    page = show(board)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    load(page)
    assert asked == list(SCRIPTS)
    assert page.locator("script[src]").count() == 2
    heads = [part for part in board.parts() if not part.endswith("mlp")]
    page.get_by_role("button", name="All heads off").click()
    wait(page, "Off: 12 parts")
    check(page, board, RABBIT, heads)
    switch(page, "0.0", "2.1")
    wait(page, "Off: 10 parts")
    check(page, board, RABBIT, [part for part in heads if part not in ("0.0", "2.1")])
    page.get_by_role("button", name="Only head 2.1 on").click()
    wait(page, "Off: 11 parts")
    check(page, board, RABBIT, [part for part in heads if part != "2.1"])
    page.get_by_role("button", name="All on").click()
    wait(page, "All on. ␣Hazel gets 99.4 %")
    switch(page, "1.mlp", "2.0")
    wait(page, "Off: MLP 1, head 2.0")
    check(page, board, RABBIT, ["1.mlp", "2.0"])
    page.get_by_label("Text").select_option("1")
    wait(page, "␣Mia:")
    check(page, board, GIRL, ["1.mlp", "2.0"])
    assert page.locator(".text").inner_text().endswith('"What a fine kite!" said Mia')
    visited(page).assert_clean()


def test_a_page_that_has_the_model_needs_no_button(show, visited, board):
    page = show(HeadSwitchboard(addresses=None))
    assert page.get_by_role("button", name="Load the model").count() == 0
    switch(page, "0.1", "1.1")
    wait(page, "Off: head 0.1, head 1.1")
    check(page, board, RABBIT, ["0.1", "1.1"])
    visited(page).assert_clean()


def test_where_the_scripts_are_missing_the_record_stays(show, board):
    page = show(board)
    page.get_by_role("button", name="Load the model").click()
    wait(page, "The model did not load")
    switch(page, "2.1")
    wait(page, "Off: head 2.1.")
    check(page, board, RABBIT, ["2.1"])
    button = page.get_by_role("button", name="Load the model")
    assert button.get_attribute("aria-disabled") is None


def test_by_keyboard(show, board, beside):
    page = show(board)
    press(page, "Tab", "Tab", "Tab", "Enter")  # the question, the texts, the model
    wait(page, "Every combination can be tried.")
    press(page, "Tab", "ArrowDown", "ArrowDown", "ArrowRight", "Space")
    wait(page, "Off: head 2.1.")
    press(page, "ArrowUp", "ArrowLeft", "ArrowUp", "Enter")
    wait(page, "Off: head 2.1, head 0.0.")
    check(page, board, RABBIT, ["2.1", "0.0"])


def test_the_answer_is_folded_away(show, board):
    page = show(board)
    answers = page.locator(".card details p")
    assert answers.all_text_contents() == list(ANSWER)
    assert not answers.first.is_visible()
    page.locator(".card summary").click()
    assert answers.first.is_visible()


def test_text_is_text(show, visited, board):
    page = show(HeadSwitchboard({IMG: (IMG, "<")}, addresses=SCRIPTS, ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator(".text").inner_text().startswith(IMG)
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, board, beside, theme, width):
    page = show(board, theme=theme, width=width)
    page.locator(".card summary").click()
    assert axe(page) == []
    assert overflow(page) == 0
    load(page)
    switch(page, "2.1", "0.mlp")
    wait(page, "Off: head 2.1, MLP 0")
    assert axe(page) == []
    assert overflow(page) == 0
    sizes = page.locator("button:visible, select").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => Math.min(b.width, b.height))"
    )
    assert min(sizes) >= 30
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show, board):
    page = show(board, js=False, width=390)
    text = page.locator("main").inner_text()
    assert "␣Hazel 0.0 %, −9.21 nats; first ␣Moss 57.0 %" in text
    assert overflow(page) == 0
