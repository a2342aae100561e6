"""Shared heads in a real browser: lines, bytes and words are the package's."""

import random

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.figures import SharedHeads
from tinytx.figures.component import _static
from tinytx.figures.parameter_explorer import amount
from tinytx.figures.shared_heads import ROOM, TEXT, divisors
from tinytx.figures.shared_shapes import KNOWN, Shape, served

from .pages import LOOKS, overflow, press
from .samples import IMG, status

WRONG = "Wrong order: 0 1 0 1"
SCRIPT = """([shape, sizes, batch, room]) => { %s; return {
  kv: kvParametersOf(shape), all: allParametersOf(shape), cache: cacheOf(shape, sizes, batch),
  texts: textsOf(shape, sizes, room), divisors: divisorsOf(shape.n_head),
  served: [false, true].map((wrong) => servedOf(shape.n_head, shape.n_kv_head, wrong)),
}; }"""


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def choose(page, name, n_kv_head):
    page.get_by_label("Model").select_option(label=name)
    stop = divisors(KNOWN[name].n_head).index(n_kv_head)
    slider(page, "Key/value heads").fill(str(stop))


def lines(page) -> list[tuple[str, bool]]:
    """Return the path of each line that is read now, and whether it goes astray."""
    return page.locator(".sharing path:not(.meant)").evaluate_all(
        "all => all.map(e => [e.getAttribute('d'), e.classList.contains('astray')])"
    )


def costs(page) -> list[list[str]]:
    return page.locator(".results tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def check(page, figure, shape, wrong=False, T=TEXT, bytes_each=2, batch=1, room=ROOM):
    """Sentence, lines and table on the screen are those of the package."""
    assert status(page) == figure.told(shape, wrong)
    H, K = shape.n_head, shape.n_kv_head
    right, read = served(H, K), served(H, K, wrong)
    found = lines(page)
    for i, (path, astray) in enumerate(found):
        begin, end = float(path[1:].split(" ")[0]), float(path.split(" ")[-2])
        assert begin == pytest.approx(100 * (i + 0.5) / H, abs=1e-3)
        assert end == pytest.approx(100 * (read[i] + 0.5) / K, abs=1e-3)
        assert astray is (read[i] != right[i])
    off = [i for i in range(H) if right[i] != read[i]]
    meant = page.locator(".sharing path.meant").evaluate_all(
        "all => all.map(e => e.getAttribute('d').split(/[M ]/)).map(d => [+d[1], +d.at(-2)])"
    )
    wanted = [[100 * (i + 0.5) / H, 100 * (right[i] + 0.5) / K] for i in off]
    np.testing.assert_allclose(np.reshape(meant, (-1, 2)), np.reshape(wanted, (-1, 2)), atol=1e-3)
    kinds = [shape._replace(n_kv_head=n) for n in (H, K, 1)]
    assert costs(page) == [
        [amount(one.cache(T, bytes_each, batch), "B") for one in kinds],
        [amount(one.kv_parameters(), "") for one in kinds],
        [amount(bytes_each * one.parameters(), "B") for one in kinds],
        [f"{one.texts(T, bytes_each, room * 10**9):,}" for one in kinds],
    ]


def test_the_script_counts_as_the_package_does(show):
    page = show(SharedHeads())
    rng = random.Random(0)
    for _ in range(60):
        H = rng.choice([1, 2, 6, 14, 64, 128])
        shape = Shape(
            "x", rng.randint(1, 90), H, rng.choice(divisors(H)), rng.randint(1, 200),
            rng.randint(1, 9000), rng.randint(1, 10**9), rng.randint(1, 10**8), rng.randint(0, 1),
            rng.randint(0, 1),
        )  # fmt: skip
        T, bytes_each, batch = rng.randint(1, 10**5), rng.choice([1, 2, 4]), rng.randint(1, 9)
        room = rng.randint(1, 500) * 10**9
        sizes = {"T": T, "bytes": bytes_each}
        found = page.evaluate(
            SCRIPT % _static("shared-sizes.js"), [shape._asdict(), sizes, batch, room]
        )
        assert found == {
            "kv": shape.kv_parameters(), "all": shape.parameters(),
            "cache": shape.cache(T, bytes_each, batch), "texts": shape.texts(T, bytes_each, room),
            "divisors": divisors(H),
            "served": [served(H, shape.n_kv_head, wrong) for wrong in (False, True)],
        }  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_models_by_mouse(show, visited, name):
    figure = SharedHeads()
    page = show(figure)
    check(page, figure, figure.shape)
    page.get_by_label("Model").select_option(label=name)
    check(page, figure, KNOWN[name])
    page.get_by_text(WRONG).click()
    for K in divisors(KNOWN[name].n_head):
        choose(page, name, K)
        check(page, figure, KNOWN[name]._replace(n_kv_head=K), wrong=True)
    visited(page).assert_clean()


def test_the_questions_are_answered_by_playing(show):
    page = show(SharedHeads())
    page.get_by_text(WRONG).click()
    fit, same = {}, []
    for K in divisors(32):
        choose(page, "Llama 2 7B", K)
        fit[K] = int(costs(page)[3][1])
        if "changes nothing" in status(page):
            same.append(K)
    assert fit[32] == 2
    assert max(K for K, texts in fit.items() if texts >= 10) == 8
    assert same == [1, 32]


def test_sizes_can_be_moved(show):
    figure = SharedHeads()
    page = show(figure)
    choose(page, "Llama 3 8B", 4)
    for label, text in (("Tokens, T", "32,768"), ("Blocks", "16"), ("d_head", "64"),
                        ("Texts (batch)", "8"), ("Memory", "80 GB")):  # fmt: skip
        one = slider(page, label)
        stops = int(one.get_attribute("max")) + 1
        for i in range(stops):
            one.fill(str(i))
            if one.get_attribute("aria-valuetext") == text:
                break
        assert one.get_attribute("aria-valuetext") == text
    page.get_by_label("float32", exact=True).check()
    model = page.get_by_label("Model")
    assert model.locator("option:checked").inner_text() == "changed"
    shape = KNOWN["Llama 3 8B"]._replace(n_kv_head=4, n_layer=16, d_head=64)
    check(page, figure, shape, T=32_768, bytes_each=4, batch=8, room=80)
    assert page.locator(".formula").inner_text() == (
        "KV cache = 2 (a key and a value) · 16 blocks · 4 key/value heads · 64 numbers · 32,768 "
        f"tokens · 4 bytes · 8 texts = {amount(shape.cache(32_768, 4, 8), 'B')}"
    )
    model.select_option(label="Llama 3 8B")  # the one that it was, once more
    check(page, figure, KNOWN["Llama 3 8B"], T=32_768, bytes_each=4, batch=8, room=80)
    assert model.locator("option:checked").inner_text() == "Llama 3 8B"


def test_a_bar_is_as_long_as_its_bytes(show):
    page = show(SharedHeads())
    page.get_by_label("Model").select_option(label="Llama 3 8B")
    shape, room = KNOWN["Llama 3 8B"], ROOM * 10**9
    for i, K in enumerate((32, 8, 1)):
        one = shape._replace(n_kv_head=K)
        box = page.locator(".room").nth(i)
        width = box.bounding_box()["width"]
        parts = [box.locator(name).bounding_box()["width"] for name in (".weights", ".texts")]
        texts = one.texts(TEXT, 2, room) * one.cache(TEXT, 2)
        expected = [2 * one.parameters() / room * width, texts / room * width]
        np.testing.assert_allclose(parts, expected, atol=1)
    page.get_by_label("Model").select_option(label="Llama 2 70B")
    assert page.locator(".weights.over").count() == 3


def test_by_keyboard(show):
    figure = SharedHeads()
    page = show(figure)
    press(page, "Tab", "ArrowDown")  # the next model
    check(page, figure, KNOWN["Llama 2 7B"])
    press(page, "Tab", "Space", "Tab", "Home", "ArrowRight", "Tab", "End")
    shape = KNOWN["Llama 2 7B"]._replace(n_kv_head=2)
    check(page, figure, shape, wrong=True)
    assert page.locator(".who").inner_text() == (
        "Query head 31 reads key/value head 1, the rest of 31 ÷ 2; right is 31 ÷ 16, rounded down: "
        "1."
    )


def test_a_query_head_is_chosen_by_mouse(show):
    page = show(SharedHeads(6, 3))
    page.locator(".head.query").nth(4).click()
    assert slider(page, "Query head").input_value() == "4"
    assert page.locator(".who").inner_text() == (
        "Query head 4 reads key/value head 2: 4 ÷ 2, rounded down: 2."
    )
    on = page.locator(".head.kv").evaluate_all("all => all.map(e => e.classList.contains('on'))")
    assert on == [False, False, True]
    page.get_by_text(WRONG).click()
    assert page.locator(".head.kv.on").inner_text() == "1"


def test_a_configuration_is_the_first_model(show):
    config = GPTConfig(
        vocab_size=50, context_length=9, n_layer=3, n_head=10, n_kv_head=5, d_model=30, d_head=7
    )
    figure = SharedHeads(config)
    page = show(figure)
    check(page, figure, figure.shape)
    assert page.get_by_label("Model").locator("option").first.inner_text() == "Your model"
    assert slider(page, "d_head").get_attribute("aria-valuetext") == "7"


def test_text_is_text(show, visited):
    page = show(SharedHeads(ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
@pytest.mark.parametrize("heads", [8, 128])
def test_for_everyone(show, visited, axe, theme, width, heads):
    page = show(SharedHeads(heads), theme=theme, width=width)
    assert axe(page) == []
    page.get_by_text(WRONG).click()
    assert axe(page) == []
    page.get_by_label("Model").select_option(label="Llama 2 70B")
    assert axe(page) == []
    assert overflow(page) == 0
    label = page.locator(".sharing").get_attribute("aria-label")
    assert label.startswith("64 query heads, in order, read key/value heads 0 1 2 3 4 5 6 7 0 1")
    assert "and should read 0 0 0 0 0 0 0 0 1 1" in label
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(SharedHeads(), js=False, width=390)
    assert "0 0 0 0 1 1 1 1; in the wrong order" in page.locator("main").inner_text()
    assert page.locator("table").count() == 2
    assert overflow(page) == 0
