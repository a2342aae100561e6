"""The cache animation in a real browser: what it counts and paints is what the engine computes."""

import pytest

from tinytx.config import GPTConfig
from tinytx.figures import CacheAnimation
from tinytx.figures.cache_animation import held, known_shapes
from tinytx.figures.component import _static

from .pages import LOOKS, overflow, press
from .samples import IMG, status

SIDES = ("Without a cache", "With a KV cache")


def sums(page) -> list[list[str]]:
    return page.locator(".results tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def painted(page, side, names) -> int:
    return page.locator(".sides section").nth(side).locator(names).count()


def check(page, figure, at, n_prompt=None):
    """Sums and pictures of the step ``at``, from 0, are those of the figure's counts."""
    P = figure.n_prompt if n_prompt is None else n_prompt
    steps = [figure.step(at, cached, P) for cached in (False, True)]
    all_ = [figure.so_far(at, cached, P) for cached in (False, True)]
    again = [
        sum(figure.step(n, cached, P).again for n in range(at + 1)) for cached in (False, True)
    ]
    expected = [
        [steps[0].rows, steps[1].rows], [all_[0][0], all_[1][0]], again,
        [steps[0].scores, steps[1].scores], [all_[0][1], all_[1][1]],
    ]  # fmt: skip
    found = sums(page)
    assert [row[:2] for row in found] == [[f"{n:,}" for n in row] for row in expected]
    for (one, other), row in zip(expected, found, strict=True):
        assert row[2] == (f"{one / other:.2f} ×" if other else "–")
    for side, step in enumerate(steps):
        scores = sum(painted(page, side, f".score.{name}") for name in ("made", "again", "masked"))
        assert scores == step.scores
        assert sum(painted(page, side, f".query.{name}") for name in ("made", "again")) == step.rows
        for what in ("entry", "key"):
            now = f".{what}" + (".now" if what == "entry" else "")
            made, twice = painted(page, side, f"{now}.made"), painted(page, side, f"{now}.again")
            assert made + twice == step.rows
            assert twice == step.again
            assert painted(page, side, f"{now}.read") == step.read
    # Without a cache nothing is kept; with one, each key was made once.
    assert painted(page, 0, ".entry.gone") == all_[0][0] - steps[0].rows
    assert painted(page, 1, ".entry.made") == all_[1][0] == P + at
    assert painted(page, 1, ".again, .gone") == 0


@pytest.mark.parametrize("n_prompt", [1, 5, 12])
def test_the_script_counts_as_the_figure_does(show, n_prompt):
    figure = CacheAnimation()
    page = show(figure)
    code = _static("cache-counts.js")
    found = page.evaluate(
        f"([P, N]) => {{ {code}; return Array.from({{length: N}}, (_, n) => [false, true].map("
        "(cached) => [stepOf(P, n, cached), soFar(P, n, cached)])); }",
        [n_prompt, 14],
    )
    for number, both in enumerate(found):
        for cached, (step, all_) in zip((False, True), both, strict=True):
            assert step == figure.step(number, cached, n_prompt)._asdict()
            assert (all_["keys"], all_["scores"]) == figure.so_far(number, cached, n_prompt)


def test_every_step_by_mouse(show, visited):
    figure = CacheAnimation("a cat", n_new=6)
    page = show(figure)
    for at in range(6):
        check(page, figure, at)
        assert page.locator(".strip .next").count() == 1
        reading = page.locator(".strip .reading").count()
        assert reading == (1 if at else 5)
        if at < 5:
            page.get_by_role("button", name="One step forward").click()
    assert status(page).startswith("Step 6 writes o. Without a cache it computes 10 keys, 9 of")
    page.get_by_role("button", name="First step").click()
    check(page, figure, 0)
    page.get_by_role("button", name="Last step").click()
    check(page, figure, 5)
    page.get_by_role("button", name="One step back").click()
    check(page, figure, 4)
    page.get_by_role("slider", name="Step").fill("2")
    check(page, figure, 2)
    visited(page).assert_clean()


def test_the_question_is_answered_by_playing(show):
    """The first step at which ten times as many keys are computed, for two prompts."""
    page = show(CacheAnimation())
    for prompt, answer in ((5, 16), (10, 14)):
        page.get_by_role("slider", name="Prompt").fill(str(prompt))
        page.get_by_role("slider", name="Step").fill("0")
        at = 1
        while float(sums(page)[1][2].removesuffix(" ×")) < 10:
            page.get_by_role("button", name="One step forward").click()
            at += 1
        assert at == answer


def test_the_prompt_can_be_moved(show):
    figure = CacheAnimation("a cat", n_new=9)
    page = show(figure)
    page.get_by_role("button", name="Last step").click()
    for P in (13, 1, 7):
        page.get_by_role("slider", name="Prompt").fill(str(P))
        at = int(page.get_by_role("slider", name="Step").input_value())
        assert at == min(13 - P, at)
        check(page, figure, at, P)
        assert page.locator(".strip .prompt").count() == P
    page.get_by_role("slider", name="Prompt").press("End")
    assert page.get_by_role("slider", name="Step").get_attribute("aria-valuetext") == "1 of 1"


def test_the_mistake_shows_which_positions_are_wrong(show):
    page = show(CacheAnimation("a cat", n_new=4))
    page.get_by_text("Position mistake").click()
    assert page.locator(".wrong").count() == 0
    assert status(page).endswith("No new token was read yet: all is right.")
    for at in (1, 2, 3):
        page.get_by_role("button", name="One step forward").click()
        places = page.locator(".strip .place").all_inner_texts()
        right = [str(i) for i in range(9)]
        assert places == right[:5] + ["✗ 0"] * at + right[5 + at :]
        assert page.locator(".wrong .unseen").first.text_content() == ", and should be 5"
        stand = "1 new token stands" if at == 1 else f"{at} new tokens stand"
        assert f"{stand} at position 0" in status(page)
    page.get_by_text("Position mistake").click()
    assert page.locator(".wrong").count() == 0


def test_the_memory_of_known_shapes(show):
    figure = CacheAnimation()
    page = show(figure)
    page.get_by_role("slider", name="Step").fill("9")
    for i, config in enumerate(known_shapes().values()):
        page.get_by_label("Model").select_option(str(i))
        T = min(14, config.context_length)
        told = page.locator(".memory").inner_text()
        assert f" · {T} tokens = {held(config, T):,} numbers, of 4 bytes" in told
        assert f"Of {config.context_length:,} tokens, its context" in told
    page.get_by_label("Model").select_option("1")
    page.get_by_label("Numbers").select_option(label="float16")
    assert page.locator(".memory").inner_text() == (
        "2 · 12 blocks · 12 heads · 64 numbers · 14 tokens = 258,048 numbers, of 2 bytes: 516 kB. "
        "Of 1,024 tokens, its context: 37.7 MB."
    )


def test_by_keyboard(show):
    figure = CacheAnimation("a cat", n_new=6)
    page = show(figure)
    press(page, "Tab", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    check(page, figure, 2)
    press(page, "End")
    check(page, figure, 5)
    press(page, "Home")
    press(page, "Tab", "Tab", "Tab", "Enter")
    check(page, figure, 1)
    press(page, "Tab", "Tab", "ArrowRight")  # the slider of steps
    check(page, figure, 2)
    press(page, "Tab", "ArrowLeft")  # one token less of prompt
    check(page, figure, 2, 4)
    press(page, "Tab", "Space")
    assert page.locator(".wrong").count() == 2


def test_it_plays_and_pauses(show):
    page = show(CacheAnimation("ab", n_new=3))
    page.get_by_role("button", name="Play").click()
    assert page.get_by_role("button", name="Pause").count() == 1
    page.wait_for_function(
        "document.querySelector('[data-figure]').shadowRoot"
        ".querySelector('.status').textContent.startsWith('Step 3')"
    )
    assert page.get_by_role("button", name="Play").count() == 1
    page.get_by_role("button", name="Play").click()  # from the start again
    page.get_by_role("button", name="Pause").click()
    assert status(page).startswith("Step 1")


def test_one_new_token_is_one_step(show, visited):
    figure = CacheAnimation("a", n_new=1)
    page = show(figure)
    check(page, figure, 0)
    page.get_by_role("button", name="Play").click()
    for name in ("First step", "One step back", "One step forward", "Last step"):
        button = page.get_by_role("button", name=name)
        assert button.get_attribute("aria-disabled") == "true"
        button.press("Enter")
        assert button.evaluate("e => e.matches(':focus')")
    check(page, figure, 0)
    visited(page).assert_clean()


def test_text_is_text(show, visited):
    config = GPTConfig(vocab_size=9, context_length=4, n_layer=1, n_head=1, d_model=2)
    page = show(CacheAnimation([IMG], 2, [IMG], {IMG: config}, ask=IMG))
    page.get_by_role("button", name="One step forward").click()
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(CacheAnimation(), theme=theme, width=width)
    assert axe(page) == []
    page.get_by_role("slider", name="Step").fill("12")
    page.get_by_text("Position mistake").click()
    assert axe(page) == []
    assert overflow(page) == 0
    labels = page.locator("[role=img]").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert labels == [
        f"{SIDES[0]}, step 13: of 17 keys and values 17 computed, 16 of them again",
        f"{SIDES[0]}, step 13: scores of 17 queries on 17 keys",
        f"{SIDES[1]}, step 13: of 17 keys and values 1 computed, 16 read from the cache",
        f"{SIDES[1]}, step 13: scores of 1 query on 17 keys",
    ]
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(CacheAnimation(), js=False, width=390)
    assert "with one 25 keys and 335 scores" in page.locator("main").inner_text()
    assert overflow(page) == 0
