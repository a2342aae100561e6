"""The parameter explorer in a real browser: every count is the package's, and for everyone."""

import json
import random

import pytest

from tinytx import example
from tinytx.config import GPTConfig
from tinytx.figures import ParameterExplorer
from tinytx.figures.component import _static
from tinytx.figures.parameter_explorer import amount, fields, models
from tinytx.inspect import flops, memory, parameters

from .pages import LOOKS, overflow, press

PARTS = ["embedding", "positions", "attention", "mlp", "norms", "head"]
SCRIPT = """(config) => { %s; return {
  parameters: parametersOf(config), flops: flopsOf(config, config.context_length),
  memory: memoryOf(config), amount: amount(total(parametersOf(config)), "B"),
}; }"""


def shown(page) -> dict[str, int]:
    counts = page.locator(".counts").first.locator("tbody td.parameters").all_inner_texts()
    return dict(zip(PARTS, (int(text.replace(",", "")) for text in counts), strict=True))


def total(page) -> int:
    return int(page.locator(".total strong").inner_text().replace(",", ""))


def drawn(rng) -> GPTConfig:
    n_head = rng.choice([1, 2, 3, 25])
    return GPTConfig(
        vocab_size=rng.randint(1, 200_000), context_length=rng.randint(1, 5000),
        n_layer=rng.randint(1, 100), n_head=n_head, d_model=n_head * rng.randint(1, 300),
        d_ff=rng.randint(1, 50_000), norm=rng.choice(["pre", "post"]),
        positions=rng.choice(["learned", "sinusoidal"]), bias=rng.choice([True, False]),
        tie_weights=rng.choice([True, False]),
    )  # fmt: skip


def test_the_script_counts_what_the_package_counts(show):
    page = show(ParameterExplorer())
    rng = random.Random(0)
    for config in [*models().values(), *(drawn(rng) for _ in range(60))]:
        found = page.evaluate(SCRIPT % _static("sizes.js"), fields(config))
        parts = parameters(config)
        assert found["parameters"] == parts
        assert found["flops"] == flops(config, config.context_length)
        wide, narrow = memory(config), memory(config, "bfloat16")
        assert found["memory"] == {name: [wide[name], narrow[name]] for name in wide}
        assert found["amount"] == amount(sum(parts.values()), "B")


@pytest.mark.parametrize("name", models())
def test_known_models_by_mouse(show, visited, name):
    config = models()[name]
    page = show(ParameterExplorer(GPTConfig(vocab_size=50, context_length=9, n_layer=2, n_head=3,
                                            d_model=15, d_ff=40, norm="post")))  # fmt: skip
    button = page.get_by_role("button", name=name)
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert shown(page) == parameters(config)
    assert total(page) == sum(parameters(config).values())
    memories = page.locator(".counts").nth(1).locator("tbody td").all_inner_texts()
    both = [memory(config), memory(config, "bfloat16")]
    assert memories == [amount(one[key], "B") for key in both[0] for one in both]
    work = flops(config, config.context_length)
    values = page.locator(".counts").nth(2).locator("tbody td.FLOP").all_inner_texts()
    assert values == [amount(n, "FLOP") for n in (*work.values(), sum(work.values()))]
    assert page.get_by_label("Width, D").get_attribute("aria-valuetext") == f"{config.d_model:,}"
    visited(page).assert_clean()


def test_by_keyboard(show):
    page = show(ParameterExplorer())
    before = total(page)
    page.get_by_label("Heads, H").focus()
    press(page, "ArrowRight")
    assert page.get_by_label("Heads, H").get_attribute("aria-valuetext") == "16 × 48"
    assert total(page) == before == 124_439_808
    page.get_by_label("Blocks, L").focus()
    press(page, "Home")
    assert shown(page)["mlp"] == 56_669_184 // 12
    page.get_by_role("switch").focus()
    press(page, "Space")
    assert shown(page)["head"] == shown(page)["embedding"] == 50257 * 768
    said = page.locator(".status").inner_text()
    shared = "the largest shares in embedding and head ("  # of one size
    assert said.startswith(f"{total(page):,} parameters, {shared}")


def test_a_width_always_splits_among_the_heads(show):
    page = show(ParameterExplorer())
    width = page.get_by_label("Width, D")
    width.focus()
    press(page, "Home")
    for _ in range(int(width.get_attribute("max")) + 1):
        D = int(width.get_attribute("aria-valuetext").replace(",", ""))
        heads = page.get_by_label("Heads, H").get_attribute("aria-valuetext")
        H, each = (int(one.replace(",", "")) for one in heads.split(" × "))
        assert H * each == D
        config = GPTConfig(vocab_size=50257, context_length=1024, n_layer=12, n_head=H, d_model=D)
        assert shown(page) == parameters(config)
        press(page, "ArrowRight")


def test_the_learners_own_sizes_are_stops_of_the_sliders(show):
    config = GPTConfig(vocab_size=77, context_length=13, n_layer=5, n_head=7, d_model=91, d_ff=100)
    page = show(ParameterExplorer(config))
    assert shown(page) == parameters(config)
    page.get_by_label("Blocks, L").focus()
    press(page, "ArrowRight", "ArrowLeft")
    assert shown(page) == parameters(config)
    # F is rounded at each width; the factor is that of the start at all of them.
    width, factor = page.get_by_label("Width, D"), page.get_by_label("MLP, F")
    width.focus()
    press(page, "Home", "End")
    words = factor.get_attribute("aria-valuetext")
    assert words == f"1.1 D = {round(12_288 * 100 / 91):,}"
    found = page.evaluate(SCRIPT % _static("sizes.js"), fields(config) | {
        "d_model": 12_288, "d_ff": round(12_288 * 100 / 91)})  # fmt: skip
    assert shown(page) == found["parameters"]


@LOOKS
@pytest.mark.parametrize("name", ["running example", "GPT-3 175B"])
def test_for_everyone(show, visited, axe, theme, width, name):
    page = show(ParameterExplorer(example.config()), theme=theme, width=width)
    page.get_by_role("button", name=name).click()
    assert axe(page) == []
    assert overflow(page) == 0
    wide = "e => [...e.querySelectorAll('table')].map(t => t.getBoundingClientRect().right)"
    card = page.locator(".card")
    box = card.bounding_box()
    assert max(card.evaluate(wide)) <= box["x"] + box["width"] - 10
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(ParameterExplorer(), js=False, width=390)
    assert "124,439,808 parameters" in page.locator("main").inner_text()
    assert page.locator("table").count() == 3
    assert overflow(page) == 0


def test_the_models_in_the_page_are_plain_numbers():
    assert json.loads(json.dumps(ParameterExplorer().data())) == ParameterExplorer().data()
