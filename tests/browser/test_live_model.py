"""The live model in a real browser: what it shows is the package's, and everyone can work it."""

import re
import time

import numpy as np
import pytest

from tinytx.data.raven import raven
from tinytx.evaluation import context_floor
from tinytx.figures import LiveModel
from tinytx.figures.engine import engine_script, quantized_state, weights_script
from tinytx.generation import distribution, generate
from tinytx.inspect import capture
from tinytx.manual import GPT
from tinytx.tokenizers import CharTokenizer
from tinytx.trained import load_trained

from .pages import LOOKS, overflow, page_of, press

SHE_OR_HE = "she or he?"
SHELLS = "she sells sea shells by the sea shore. "
IMG = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def trained():
    """The model with the page's weights, in float64, and its tokenizer."""
    given = load_trained("tales")
    given.model.load_state_dict(quantized_state(given.model))
    return given.model, given.tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with the figure, and its scripts beside it."""
    where = tmp_path_factory.mktemp("live")
    given = load_trained("tales", np.float32)
    weights = weights_script(given.model, given.tokenizer, "tales")
    (where / "engine.js").write_text(engine_script(), encoding="utf-8")
    (where / "tales.js").write_text(weights, encoding="utf-8")
    figure = LiveModel.tales(["engine.js", "tales.js"])
    (where / "page.html").write_text(page_of(figure), encoding="utf-8")
    missing = LiveModel.tales(["engine.js", "missing.js"])
    (where / "missing.html").write_text(page_of(missing), encoding="utf-8")
    return where


@pytest.fixture
def page(folder, visit, visited):
    """The figure, awake; whatever a test does, the page asks and complains of nothing."""
    page = visit(folder / "page.html")
    awake(page)
    yield page
    visited(page).assert_clean()


def awake(page):
    page.locator(".desk .push.main:enabled").wait_for()
    page.wait_for_function(f"{ROOT}.querySelector('.told').textContent === ''")


ROOT = "document.querySelector('.tinytx-figure').shadowRoot"


def begin(page, text):
    page.get_by_label("A beginning").fill(text)
    settled(page, text)


def settled(page, text):
    """Wait until the model has read just this text, behind the new line before each."""
    page.wait_for_function(
        f"text => [...{ROOT}.querySelectorAll('.tok')].map(e => e.textContent).join('') === text",
        arg="⏎" + text.replace("\n", "⏎"),
    )
    page.wait_for_function(f"{ROOT}.querySelector('.tok:last-child').matches('.here')")
    page.wait_for_timeout(150)


def story(page) -> str:
    """The text, without the new line that stands before each."""
    shown = "".join(page.locator(".tok").all_text_contents())
    assert shown[0] == "⏎"
    return shown[1:]


def bars(page) -> list[tuple[str, str]]:
    return list(zip(
        page.locator(".bar .token").all_text_contents(),
        page.locator(".bar .percent").all_text_contents(), strict=True,
    ))  # fmt: skip


def bars_of(trained, text, **options) -> list[tuple[str, str]]:
    model, tokenizer = trained
    logits = model.forward(np.array([tokenizer.encode("\n" + text)]))[0, -1]
    probs = distribution(logits, **options)
    order = np.argsort(-distribution(logits), kind="stable")[:8]
    shares = [f"{100 * probs[id]:.1f} %" if probs[id] else "cut" for id in order]
    return [
        (tokenizer.decode([int(id)]).replace(" ", "␣"), share)
        for id, share in zip(order, shares, strict=True)
    ]


def slide(page, name, value):
    page.get_by_label(name, exact=True).first.evaluate(
        "(e, value) => { e.value = value; e.dispatchEvent(new Event('input')); }", str(value)
    )


# --- what stands there before, and without


def test_without_scripts_the_recorded_example_stands_there(folder, visit):
    page = visit(folder / "page.html", js=False)
    text = page.locator("main").inner_text()
    assert "You will build this, and prove it correct." in text
    assert "Once upon a time a girl named Mia lived with her grandmother in a small house" in text
    assert "␣grandmother" in text
    assert "24.8 %" in text
    page.get_by_text("Its tokens").click()
    assert page.get_by_role("table", name="The beginning, token by token").is_visible()


def test_without_the_weights_the_recorded_example_stands_there_and_says_so(folder, visit):
    page = visit(folder / "missing.html")
    page.get_by_text("The model did not load").wait_for()
    assert story(page).startswith("Once upon a time a girl named Mia lived with her grandmother")
    assert bars(page)[0] == ("␣grandmother", "24.8 %")
    assert page.get_by_role("button", name="Write").is_disabled()
    assert page.locator(".bar").first.get_attribute("aria-disabled") == "true"


def test_the_recorded_example_and_the_live_one_are_the_same(page):
    assert bars(page)[:3] == [
        ("␣grandmother", "24.8 %"), ("␣grandfather", "19.3 %"), ("␣mother", "16.5 %")
    ]  # fmt: skip
    assert page.locator(".bar.came .token").all_text_contents() == ["␣grandmother"]


# --- the numbers are the package's


@pytest.mark.parametrize("text", ["Once", "Long ago, a boy named", "Zürich 日本 🙂", " "])
def test_tokens_and_bars_are_the_packages(page, trained, text):
    page.get_by_label("A beginning").fill(text)
    tokens = len(trained[1].encode("\n" + text))
    page.wait_for_function(f"{ROOT}.querySelectorAll('.tok').length === {tokens}")
    page.wait_for_function(f"{ROOT}.querySelector('.tok:last-child').matches('.here')")
    page.wait_for_timeout(300)
    assert [share for _, share in bars(page)] == [share for _, share in bars_of(trained, text)]


def test_sliders_move_the_bars_at_once(page, trained):
    text = "Once upon a time a girl named Mia lived with her"
    begin(page, text)
    for temperature in (0.5, 2):
        slide(page, "Temperature", temperature)
        assert bars(page) == bars_of(trained, text, temperature=temperature)
    slide(page, "Top-k", 3)  # the fourth stop: 5
    assert bars(page) == bars_of(trained, text, temperature=2, top_k=5)
    slide(page, "Top-p", 0.5)
    assert bars(page) == bars_of(trained, text, temperature=2, top_k=5, top_p=0.5)
    assert "of 512 tokens can be drawn" in page.locator(".rest").inner_text()
    slide(page, "Temperature", 0)
    assert [share for _, share in bars(page)] == ["100.0 %", *["cut"] * 7]


def test_at_temperature_0_it_writes_the_packages_greedy_text(page, trained):
    model, tokenizer = trained
    text = "Long ago, a boy named Oscar"
    begin(page, text)
    slide(page, "Temperature", 0)
    page.get_by_role("button", name="Write").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.wait_for_function(f"{ROOT}.querySelectorAll('.tok').length > 60")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Write").wait_for()
    written = story(page).replace("⏎", "\n")
    wanted = generate(model, [tokenizer.encode("\n" + text)], 120, temperature=0)[0].tolist()
    assert tokenizer.decode(wanted).startswith("\n" + written)


def test_it_stops_where_a_story_ends(page):
    slide(page, "Temperature", 0)
    page.get_by_role("button", name="Write").click()
    page.get_by_text("computing them took").wait_for(timeout=60_000)
    assert story(page).endswith("⏎⏎")
    heard = page.locator(".status").inner_text()
    assert heard.startswith("The model wrote: ")
    page.get_by_role("button", name="Write").click()  # once more, from the beginning
    page.wait_for_function(f"{ROOT}.querySelectorAll('.tok').length < 60")
    # Another beginning while it writes: nothing of it was written by the model.
    page.get_by_role("button", name=SHE_OR_HE).click()
    page.get_by_role("button", name="Write").wait_for()
    settled(page, page.get_by_label("A beginning").input_value())
    assert page.locator(".desk .told").inner_text() == ""
    assert page.locator(".status").inner_text() == heard


def test_what_a_token_reads_is_the_packages(page, trained):
    model, tokenizer = trained
    page.get_by_role("button", name=SHE_OR_HE).click()
    page.wait_for_function(f"{ROOT}.querySelector('.bar .token').textContent === '␣she'")
    ids = tokenizer.encode("\n" + page.get_by_label("A beginning").input_value())
    with capture(model) as seen:
        model.forward(np.array([ids]))
    attention = seen.attention()[:, 0]
    for block, head, at in [(2, 0, len(ids) - 1), (1, 3, 20), (0, 2, 5)]:
        page.get_by_role("group", name="Block").get_by_label(str(block), exact=True).check()
        page.get_by_label(f"head {head}").check()
        page.locator(".tok").nth(at).click()
        row = attention[block, head, at]
        most = int(row.argmax())
        token = tokenizer.decode([ids[most]]).replace(" ", "␣").replace("\n", "⏎")
        said = page.locator(".reads").inner_text()
        assert said.startswith(f"Head {head} of block {block}, at “")
        assert f"reads most: “{token}” {round(100 * row[most])} %" in said
        shaded = page.locator(".tok").nth(most).evaluate("e => e.style.background")
        assert "color-mix" in shaded
        assert page.locator(".tok.pale").count() == len(ids) - 1 - at


def test_the_question_is_answered_by_playing(page):
    page.get_by_role("button", name=SHE_OR_HE).click()
    page.wait_for_function(f"{ROOT}.querySelector('.bar .token').textContent === '␣she'")
    assert float(bars(page)[0][1].removesuffix(" %")) > 99
    page.get_by_text("Switch this head off").click()
    page.wait_for_function(f"{ROOT}.querySelectorAll('.bar .token')[1].textContent === '␣he'")
    assert float(bars(page)[1][1].removesuffix(" %")) == pytest.approx(38, abs=1)
    assert page.get_by_label("head 0, off").is_checked()
    page.get_by_text("Switch this head off").click()
    page.wait_for_function(f"parseFloat({ROOT}.querySelector('.bar .percent').textContent) > 99")
    assert not page.get_by_text(
        "Switch it off, and the model gives he more than a third."
    ).is_visible()
    page.get_by_text("One head tells it. Which?").click()
    assert page.get_by_text("Switch it off, and the model gives he more than a third.").is_visible()


# --- by hand


def test_the_first_token_comes_within_200_ms(page):
    begin(page, "Long ago, a girl")
    took = page.evaluate(
        f"""() => new Promise((done) => {{
          const start = performance.now();
          new MutationObserver(() => done(performance.now() - start))
            .observe({ROOT}.querySelector(".story"), {{ childList: true }});
          {ROOT}.querySelector(".push.main").click();
        }})"""
    )
    assert took < 200
    page.get_by_role("button", name="Stop").click()


def test_by_keyboard_alone(page, visited):
    page.evaluate(
        f"""() => {{ window.heard = [];
          new MutationObserver(() => heard.push({ROOT}.querySelector(".status").textContent))
            .observe({ROOT}.querySelector(".status"), {{ childList: true }}); }}"""
    )
    press(page, "Tab")
    assert focused(page) == "Write"  # the tab
    press(page, "Tab")
    press(page, "Control+a")
    page.keyboard.type("Long ago, a")
    press(page, "Enter")  # at once: what was just typed is read first
    page.wait_for_function(f"{ROOT}.querySelectorAll('.tok').length > 20")
    assert story(page).startswith("Long ago, a")
    assert page.evaluate("heard") == []  # a text that grows is not read out
    press(page, "Enter")
    page.get_by_role("button", name="Write").wait_for()
    page.wait_for_function("heard.length === 1")
    assert page.evaluate("heard[0]").startswith("The model wrote: ")
    tab_to(page, "Start over")
    press(page, "Enter")
    settled(page, "Long ago, a")
    press(page, "Tab")  # into the text, at the token that is held
    press(page, "ArrowLeft", "ArrowLeft")
    assert page.locator(".tok.here").inner_text() == page.locator(".tok").nth(-3).inner_text()
    press(page, "Enter")
    page.wait_for_function("heard.at(-1).startsWith('What may follow')")
    press(page, "End", "Tab", "ArrowDown", "Enter")  # the second bar is taken
    page.wait_for_function("heard.at(-1).startsWith('Taken: ')")
    assert len(story(page)) > len("Long ago, a")
    tab_to(page, "Temperature")
    press(page, "ArrowRight")
    assert page.get_by_label("Temperature").input_value() == "1.05"


def focused(page) -> str:
    return page.evaluate(
        f"(e => e.getAttribute('aria-label') || e.textContent || e.value)({ROOT}.activeElement)"
    )


def tab_to(page, name):
    for _ in range(40):
        press(page, "Tab")
        if focused(page) == name:
            return
    raise AssertionError(f"{name} cannot be reached by the Tab key")


def test_a_bar_goes_into_the_text_and_cuts_what_came_after(page, trained):
    page.locator(".tok").nth(17).click()
    page.locator(".bar").nth(2).click()
    text = "Once upon a time a girl named Mia lived with her mother"
    settled(page, text)
    assert bars(page) == bars_of(trained, text)


def test_one_token_at_a_time_and_back_to_the_beginning(page):
    begin(page, "Long ago, a")
    n = page.locator(".tok").count()
    for more in (1, 2):
        page.get_by_role("button", name="One token").click()
        page.wait_for_function(f"{ROOT}.querySelectorAll('.tok').length === {n + more}")
    page.get_by_role("button", name="Start over").click()
    settled(page, "Long ago, a")


def test_text_is_never_read_as_html(page):
    begin(page, IMG)
    assert story(page) == IMG
    assert page.evaluate(f"{ROOT}.querySelectorAll('img').length") == 0
    page.get_by_role("tab", name="Train").click()
    page.get_by_label("your own").check()
    page.get_by_label("Your text").fill(IMG * 20)
    learn(page)
    reached(page, 20)
    assert page.evaluate(f"{ROOT}.querySelectorAll('img').length") == 0


def test_a_beginning_that_cannot_be_read_is_refused_in_one_line(page):
    begin(page, "Long ago, a")
    page.get_by_label("A beginning").fill("")
    page.get_by_text("Type at least one letter.").first.wait_for()
    page.get_by_role("button", name="Write").click()
    page.get_by_role("button", name="One token").click()
    assert page.locator(".desk .told").inner_text() == "Type at least one letter."
    assert page.locator(".status").inner_text() == "Type at least one letter."
    page.get_by_label("A beginning").fill("日" * 100)
    page.get_by_role("button", name="One token").click()
    said = "The beginning has 300 tokens and the limit is 200: shorten it."
    assert page.locator(".desk .told").inner_text() == said
    page.get_by_label("A beginning").press("Enter")
    page.wait_for_timeout(150)
    assert page.locator(".desk .told").inner_text() == said
    assert story(page) == "Long ago, a"


def test_with_less_motion_the_text_comes_at_once(folder, visit):
    page = visit(folder / "page.html", motion="reduce")
    awake(page)
    slide(page, "Temperature", 0)
    begin(page, "Long ago, a girl")
    page.evaluate(
        f"""() => {{ window.changes = 0;
          new MutationObserver(() => changes++)
            .observe({ROOT}.querySelector(".story"), {{ childList: true }}); }}"""
    )
    page.get_by_role("button", name="Write").click()
    page.get_by_text("computing them took").wait_for(timeout=60_000)
    assert page.evaluate("changes") == 1
    assert len(story(page)) > 300


# --- the second tab


def learn(page):
    page.get_by_role("button", name="Learn").click()


def steps(page) -> int:
    return int(page.locator(".numbers dd").first.inner_text())


def reached(page, step):
    page.wait_for_function(f"Number({ROOT}.querySelector('.numbers dd').textContent) >= {step}")


def told(page) -> list[float]:
    return [float(text) for text in page.locator(".numbers dd").all_inner_texts()[1:3]]


@pytest.fixture
def bench(page):
    """The second tab, opened by the keyboard."""
    page.get_by_role("tab", name="Write").focus()
    press(page, "ArrowRight")
    assert page.get_by_role("tabpanel", name="Train").is_visible()
    assert not page.get_by_role("tabpanel", name="Write").is_visible()
    page.wait_for_function(f"{ROOT}.querySelector('.numbers dd').textContent === '0'")
    return page


def test_the_loss_falls_towards_the_exact_floor(bench):
    ids = np.array(CharTokenizer.train(raven()).encode(raven()))
    start, floor = told(bench)
    assert floor == pytest.approx(context_floor(ids, 8), abs=6e-4)
    assert start > 3.5
    assert "Before the first step: " in bench.locator(".first").inner_text()
    learn(bench)
    reached(bench, 150)
    bench.get_by_role("button", name="Pause").click()
    assert floor < told(bench)[0] < 3
    bench.wait_for_timeout(200)
    paused = steps(bench)
    bench.wait_for_timeout(400)
    assert steps(bench) == paused
    bench.get_by_role("button", name="One step").click()
    bench.wait_for_function(f"{ROOT}.querySelector('.numbers dd').textContent === '{paused + 1}'")
    bench.get_by_role("button", name="Go on").click()
    bench.wait_for_function(
        f"Number({ROOT}.querySelector('.numbers dd').textContent) > {paused + 9}"
    )
    assert bench.locator(".bench path.chart-line").count() >= 2
    bench.get_by_role("button", name="Start over").click()
    bench.wait_for_function(f"{ROOT}.querySelector('.numbers dd').textContent === '0'")


def test_the_page_stays_awake_and_leaving_the_tab_pauses(bench):
    learn(bench)
    reached(bench, 30)
    longest = bench.evaluate(
        """() => new Promise((done) => { let longest = 0, last = performance.now(), n = 0;
          const tick = () => { const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now; ++n < 60 ? setTimeout(tick, 10) : done(longest); }; tick(); })"""
    )
    assert longest < 250
    bench.get_by_role("tab", name="Write").click()
    bench.wait_for_timeout(300)
    paused = steps(bench)
    bench.wait_for_timeout(400)
    assert steps(bench) == paused
    assert bench.locator(".status").inner_text().startswith("Paused. Step ")


def test_it_learns_at_the_pace_that_was_asked_for(bench):
    slide(bench, "Steps a second", 1)  # the second stop: 5
    learn(bench)
    reached(bench, 1)
    begun, first = time.monotonic(), steps(bench)
    bench.wait_for_timeout(2000)
    rate = (steps(bench) - first) / (time.monotonic() - begun)
    assert 2 < rate < 7


def test_a_text_of_ones_own(bench):
    bench.get_by_label("your own").check()
    bench.get_by_text("Give it a text first.").wait_for()
    assert bench.locator(".numbers dd").all_inner_texts() == ["–"] * 5  # of no model
    assert bench.locator(".bench .chart").count() == 0
    bench.get_by_label("Your text").fill("abc")
    said = bench.locator(".bench .told")
    bench.wait_for_function(
        f"/characters.* 9/.test({ROOT}.querySelector('.bench .told').innerText)"
    )
    assert re.search(r"\b3\b", said.inner_text())
    assert "\n" not in said.inner_text()
    bench.get_by_label("Your text").fill(SHELLS * 20)
    bench.wait_for_function(f"{ROOT}.querySelector('.numbers dd').textContent === '0'")
    learn(bench)
    reached(bench, 60)
    bench.get_by_role("button", name="Pause").click()
    assert set(bench.locator(".page").inner_text()) <= set(
        "she sells sea shells by the sea shore.\n"
    )
    assert told(bench)[1] < 0.2


# --- for everyone


@LOOKS
def test_no_accessibility_violation_and_no_overflow(folder, visit, axe, theme, width):
    page = visit(folder / "page.html", theme=theme, width=width, motion="reduce")
    awake(page)
    slide(page, "Top-k", 2)
    page.get_by_text("One head tells it. Which?").click()
    assert axe(page) == []
    assert overflow(page) == 0
    page.get_by_role("tab", name="Train").click()
    page.get_by_label("your own").check()
    page.get_by_label("Your text").fill("word " * 400 + "x" * 300)
    learn(page)
    reached(page, 10)
    page.get_by_role("button", name="Pause").click()
    assert axe(page) == []
    assert overflow(page) == 0


def test_two_of_them_in_one_page_without_addresses(show):
    """A notebook may hold the figure twice: nothing of one is in the way of the other."""
    given = load_trained("tales", np.float32)
    model = GPT(given.model.config, np.random.default_rng(0), np.float32).eval()
    model.load_state_dict(given.model.state_dict())
    figure = LiveModel(model, given.tokenizer, "Long ago, a", name="one")
    page = show(figure, LiveModel(model, given.tokenizer, "Once upon", name="two"))
    page.locator(".desk .push.main:enabled").nth(1).wait_for()
    assert page.get_by_label("A beginning").nth(0).input_value() == "Long ago, a"
    assert page.get_by_label("A beginning").nth(1).input_value() == "Once upon"
