"""The interactive figures in a real browser, used by mouse and by keyboard."""

import re

import pytest

from tinytx.figures import BPEStepper
from tinytx.figures.visible import visible

from .pages import press
from .samples import IMG, MIXED, TEXT, status, viewer, words

END = "No pair occurs twice: the figure stops here. The trainer would go on."


def test_stepper_by_mouse(show, visited):
    page = show(BPEStepper(TEXT))
    steps = BPEStepper(TEXT).steps
    assert status(page) == f"Start: each byte is a token; {len(TEXT)} tokens."
    assert words(page)[:2] == [list("low"), list("␣lower")]
    winner = page.locator("tr.winner")
    pair = [visible(one) for one in steps[0].pair]
    assert winner.locator(".token").all_text_contents() == pair
    assert winner.locator(".count").inner_text() == str(steps[0].count)
    page.get_by_role("button", name="One step forward").click()
    left, right = pair
    says = f"Step 1: merged “{left}” + “{right}” ({steps[0].times}) into “{left + right}”"
    assert status(page) == f"{says}; {steps[0].tokens} tokens."
    assert page.locator(".merges li").count() == 1
    page.get_by_role("button", name="Last step").click()
    assert page.locator(".merges li").count() == len(steps)
    assert sum(map(len, words(page))) == steps[-1].tokens
    assert status(page).endswith(END)
    page.get_by_role("button", name="One step forward").click(force=True)
    page.get_by_role("button", name="One step back").click()
    assert status(page).startswith(f"Step {len(steps) - 1}:")
    page.get_by_role("button", name="First step").click()
    assert status(page).startswith("Start")
    visited(page).assert_clean()


def test_stepper_by_keyboard(show, visited):
    page = show(BPEStepper(TEXT))
    press(page, "Tab", "Tab")
    assert page.locator(".switch input").evaluate("e => e.matches(':focus-visible')")
    press(page, "Tab", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert status(page).startswith("Step 2:")
    press(page, "End")
    assert status(page).endswith(END)
    press(page, "Home")
    assert status(page).startswith("Start")
    page.locator(".stage").focus()
    press(page, "Space")
    assert page.get_by_role("button", name="Pause").count() == 1
    page.wait_for_function(
        "document.querySelector('[data-figure]').shadowRoot"
        ".querySelector('.status').textContent.startsWith('Step 1')"
    )
    press(page, "Space")
    assert page.get_by_role("button", name="Play").count() == 1
    visited(page).assert_clean()


def test_stepper_keys_in_the_field_move_the_caret_and_nothing_else(show):
    page = show(BPEStepper("abab"))
    page.get_by_label("Text", exact=True).focus()
    press(page, "End", "Space", "Home", "ArrowRight", "x")
    assert page.get_by_label("Text", exact=True).input_value() == "axbab "
    assert status(page).startswith("Start")


def test_stepper_plays_to_the_end_and_stops(show):
    page = show(BPEStepper("abcabc"))
    page.get_by_label("Speed").select_option("250")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "document.querySelector('[data-figure]').shadowRoot"
        ".querySelector('.status').textContent.includes('the figure stops here')"
    )
    assert page.get_by_role("button", name="Play").count() == 1


def test_stepper_takes_any_text_as_text(show, visited):
    page = show(BPEStepper(IMG))
    field = page.get_by_label("Text", exact=True)
    assert field.input_value() == IMG
    field.fill(IMG * 2)
    press(page, "Escape")
    page.get_by_role("button", name="Last step").click()
    assert "".join("".join(word) for word in words(page)).replace("␣", " ") == IMG * 2
    assert page.locator("img").count() == 0
    field.fill("")
    assert status(page) == "The text is empty: type some."
    field.fill("x")
    assert status(page).endswith("a token; 1 token. No pair is left to merge.")
    visited(page).assert_clean()


def test_stepper_says_when_the_text_is_too_long(show):
    page = show(BPEStepper("abab"))
    page.get_by_label("Text", exact=True).fill("🙂" * 412)
    note = page.locator(".note")
    assert note.inner_text() == "412 characters, at most 400: delete 12 to go on."
    assert page.get_by_label("Text", exact=True).get_attribute("aria-invalid") == "true"
    assert words(page) == [list("abab")]
    page.get_by_label("Text", exact=True).fill("🙂" * 400)
    assert note.inner_text() == "400 of at most 400 characters"
    assert words(page)[0][:4] == ["F0", "9F", "99", "82"]


def test_stepper_without_words_merges_across_them(show):
    page = show(BPEStepper("a b a b a b"))
    assert len(words(page)) == 6
    page.get_by_text("Split the text into words first").click()
    assert words(page) == [list("a␣b␣a␣b␣a␣b")]
    page.get_by_role("button", name="Last step").click()
    assert max(map(len, words(page)[0])) > 2


def test_stepper_announces_each_step_in_words(show):
    page = show(BPEStepper("a a a"))
    live = page.locator("[aria-live]").nth(1)
    page.get_by_role("button", name="One step forward").click()
    assert live.text_content() == (
        "Step 1: merged “space” + “a” (twice) into “space, a”; 3 tokens. No pair is left to merge."
    )


@pytest.mark.parametrize(
    ("text", "merges"),
    [(TEXT, None), (TEXT, 2), ("aaaa aaa", None), ("x", None), ("ab,ab", None), ("ab", 0)],
)
def test_stepper_says_in_the_page_what_its_words_say(show, text, merges):
    figure = BPEStepper(text, merges)
    page = show(figure)
    *lines, end = str(figure).splitlines()
    for line in lines[1:]:
        page.get_by_role("button", name="One step forward").click()
        number, pair, times, new, tokens = re.fullmatch(
            r" *(\d+)\. (.+) (\(.+\)) → (.+); (.+)", line
        ).groups()
        says = f"Step {number}: merged {pair} {times} into {new}; {tokens}."
        assert status(page).startswith(says)
    assert status(page).endswith(f". {end}")


def test_stepper_tells_counted_from_replaced(show):
    page = show(BPEStepper("aaaa"))
    page.get_by_role("button", name="One step forward").click()
    assert status(page) == (
        f"Step 1: merged “a” + “a” (counted 3 times, replaced twice) into “aa”; 2 tokens. {END}"
    )
    assert page.locator(".merges li .muted").inner_text().strip() == "3 × counted, 2 × replaced"


def test_viewer_by_mouse(show, visited):
    page = show(viewer())
    panels = page.locator(".tokens")
    token = panels.nth(0).locator(".token").filter(has_text="日")
    token.hover()
    details = page.locator(".details")
    assert "“␣日” · id " in details.inner_text()
    assert "bytes 20 E6 97 A5" in details.inner_text()
    assert "bytes: “␣” “<E6>” “<97>” “<A5>”" in details.inner_text()
    assert panels.nth(1).locator(".lit").count() == 4
    token.click()
    page.mouse.move(1, 1)
    assert "id " in details.inner_text()
    assert token.get_attribute("aria-selected") == "true"
    token.click()
    page.get_by_role("heading").hover()
    assert page.locator(".id").first.is_hidden()
    page.get_by_text("Show ids").click()
    assert page.locator(".id").first.is_visible()
    visited(page).assert_clean()


def test_viewer_by_keyboard(show, visited):
    page = show(viewer())
    focused = "document.querySelector('[data-figure]').shadowRoot.activeElement.ariaLabel"
    press(page, "Tab", "Tab")
    assert page.evaluate(focused).startswith("The; id")
    press(page, "ArrowRight")
    assert page.evaluate(focused).startswith("space, r; id")
    press(page, "Enter")
    assert page.locator("[aria-selected=true]").count() == 1
    press(page, "Escape")
    assert page.locator("[aria-selected=true]").count() == 0
    press(page, "End")
    assert page.evaluate(focused).split(";")[0] in MIXED[-8:]
    press(page, "Home", "ArrowDown")
    below = page.evaluate(focused)
    assert not below.startswith("The;")
    press(page, "ArrowUp")
    assert page.evaluate(focused).startswith("The;")
    press(page, "Tab")
    assert page.evaluate(focused).startswith("T; id 84")
    visited(page).assert_clean()


def test_viewer_counts_and_shows_the_text_as_text(show, visited):
    page = show(viewer())
    shown = page.locator(".tokens").nth(1).locator(".token").count()
    assert shown == len(MIXED.encode())
    assert page.locator(".numbers dd").all_inner_texts() == [
        str(len(MIXED)),
        str(len(MIXED.encode())),
    ]
    assert page.locator("img").count() == 0
    assert page.locator(".partial").count() > 10
    visited(page).assert_clean()


def test_viewer_details_do_not_cover_the_token_in_focus(show):
    page = show(viewer(MIXED * 3), width=390)
    page.locator("[role=option]").first.focus()
    for _ in range(20):
        press(page, "ArrowDown")
        token = page.locator(".on").bounding_box()
        assert token["y"] + token["height"] <= page.locator(".details").bounding_box()["y"]


def test_stepper_marks_what_merges_next_without_overlaps(show):
    page = show(BPEStepper("aaaaa"))
    marks = page.locator(".words:not(.ghost) .token").evaluate_all(
        "all => all.map(e => ['left', 'right'].filter(m => e.classList.contains(m)).join())"
    )
    assert marks == ["left", "right", "left", "right", ""]
    page.get_by_role("button", name="One step forward").click()
    assert words(page) == [["aa", "aa", "a"]]
    assert page.locator(".new").count() == 2
