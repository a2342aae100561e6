"""The backprop tracer in a real browser: its numbers are the engine's, station by station."""

from collections import Counter

import numpy as np
import pytest

from tinytx import example
from tinytx.config import GPTConfig
from tinytx.figures import BackpropTracer
from tinytx.inspect import capture, capture_gradients
from tinytx.manual import GPT, cross_entropy_backward, cross_entropy_forward

from .grids import cell, number
from .pages import overflow, press
from .samples import status

IDS, TARGETS = np.array([example.ids()]), np.array([example.targets()])


def tracer():
    return BackpropTracer(example.model(), IDS, TARGETS, example.tokenizer(), example.FEATURES)


def passes():
    """Return values and gradients by name, and the model with its gradients."""
    model = example.model()
    with capture(model) as values, capture_gradients(model) as gradients:
        _, saved = cross_entropy_forward(model.forward(IDS), TARGETS)
        model.backward(cross_entropy_backward(1.0, saved))
    return values, gradients, model


def said(page, which):
    """Return the numbers of one grid as they are read out, to four digits."""
    cells = page.locator(".grid").nth(which).locator("td[role]")
    texts = cells.evaluate_all("all => all.map(cell => cell.ariaLabel)")
    rows = page.locator(".grid").nth(which).locator("tbody tr").count()
    return np.array([read(text) for text in texts]).reshape(rows, -1)


def read(text):
    digits, _, power = text.partition("·10")
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return (
        -np.inf if text == "masked" else number(digits) * 10.0 ** int(power.translate(powers) or 0)
    )


def station(page, key):
    return page.locator(f"[data-key={key}]")


def lit(page):
    return page.locator(".stop.lit").count()


def back(page, times=1):
    for _ in range(times):
        page.get_by_role("button", name="Step back").click()


def test_every_station_shows_the_value_and_the_gradient_of_the_engine(show, visited):
    values, gradients, _ = passes()
    page = show(tracer())
    attn, mlp = "blocks.0.attn", "blocks.0.mlp"
    names = {
        "logits": "lm_head", "ln_f": "ln_f", "x_mlp": "blocks.0", "down": f"{mlp}.down_proj",
        "act": f"{mlp}.act", "up": f"{mlp}.up_proj", "ln_2": "blocks.0.ln_2",
        "o": f"{attn}.o_proj", "ln_1": "blocks.0.ln_1", "x": "drop", "tok": "tok_emb",
    }  # fmt: skip
    for key, name in names.items():
        station(page, key).click()
        near = {"rtol": 1e-3, "atol": 1e-10}
        np.testing.assert_allclose(said(page, 0), values[name][0], **near, err_msg=key)
        np.testing.assert_allclose(said(page, 1), gradients[name][0], **near, err_msg=key)
    for part in ("weights", "scores", "q", "k", "v", "out"):
        station(page, part).click()
        for head in (0, 1):
            page.get_by_role("radio", name=str(head)).check()
            wanted = gradients[f"{attn}.{part}"][0, head]
            np.testing.assert_allclose(said(page, 1), wanted, rtol=1e-3, atol=1e-10)
    visited(page).assert_clean()


def test_by_mouse(show, visited):
    _, gradients, model = passes()
    page = show(tracer())
    assert status(page).startswith("The forward pass is done: the loss is 0.4793.")
    assert lit(page) == 0
    assert page.get_by_text("not yet").is_visible()
    back(page)
    assert page.locator(".rule").inner_text() == "dloss = 1"
    back(page, 5)
    assert lit(page) == 6
    assert status(page) == "6 of 19: GELU has its gradient, of norm 0.3388."
    page.get_by_role("button", name="Step forward").click()
    assert lit(page) == 5
    page.get_by_role("button", name="All the way back").click()
    assert lit(page) == 19
    sum_of_parts = page.locator(".part b").all_inner_texts()
    head, table = (gradients.parameters[f"{name}.weight"] for name in ("lm_head", "tok_emb"))
    wanted = [np.linalg.norm(one) for one in (head, table, model.tok_emb.weight.grad)]
    np.testing.assert_allclose([float(one) for one in sum_of_parts], wanted, rtol=1e-3)
    page.get_by_role("button", name="Step back").dispatch_event("click")  # nothing is behind
    assert lit(page) == 19
    page.get_by_role("button", name="Forward", exact=True).click()
    assert lit(page) == 0
    back(page)
    page.get_by_role("button", name="Step forward").click()
    assert status(page).startswith("The forward pass is done")
    visited(page).assert_clean()


def test_where_ways_meet_and_what_is_left_in_the_parameters(show):
    _, gradients, model = passes()
    page = show(tracer())
    station(page, "x_attn").click()
    parts = [gradients["blocks.0"], gradients.inputs["blocks.0.ln_2"], gradients["blocks.0.drop_1"]]
    shown = [float(text) for text in page.locator(".part b").all_inner_texts()]
    np.testing.assert_allclose(shown, [np.linalg.norm(one) for one in parts], rtol=1e-3)
    assert page.locator(".way.back").count() == 9  # one for each of seven stations, two here
    station(page, "up").click()
    up = model.blocks[0].mlp.up_proj
    shown = [float(text) for text in page.locator(".numbers dd").all_inner_texts()]
    wanted = [np.linalg.norm(one.grad) for one in (up.weight, up.bias)]
    np.testing.assert_allclose(shown, wanted, rtol=1e-3)
    assert page.locator(".part").count() == 0
    near = {"rtol": 1e-3, "atol": 1e-10}
    np.testing.assert_allclose(said(page, 2), up.weight.grad, **near)
    np.testing.assert_allclose(said(page, 3)[0], up.bias.grad, **near)


def test_the_first_number_of_the_chapter_is_found_by_its_names(show, visited):
    page = show(tracer())
    station(page, "down").click()
    heads = page.locator(".grid").nth(2).locator("thead th").all_inner_texts()
    assert heads == ["unit", *map(str, range(10))]
    cell(page, 0, 1, which=2).click()
    wanted = "down_proj.weight[space, 1]: gradient −0.03458: a little more of it lowers the loss."
    assert page.locator(".noted").inner_text() == wanted
    cell(page, 0, 3, which=3).click()
    assert page.locator(".noted").inner_text().startswith("down_proj.bias[letter]: gradient 0.0")
    assert page.locator(".left .on").count() == 1
    visited(page).assert_clean()


def test_an_entry_is_marked_in_both_arrays(show):
    page = show(tracer())
    station(page, "scores").click()
    cell(page, 4, 1, which=0).click()
    assert page.locator(".grid .on").count() == 2
    assert cell(page, 4, 1, which=1).evaluate("e => e.classList.contains('on')")
    entry = page.locator(".entry")
    value, back = (said(page, which)[4, 1] for which in (0, 1))
    assert entry.inner_text().startswith("[t₄, ␣₁]: value −3.")
    assert entry.inner_text().endswith(
        f"a little more of it {'raises' if back > 0 else 'lowers'} the loss."
    )
    assert value < 0
    cell(page, 0, 1, which=1).hover()
    assert entry.inner_text() == "[a₀, ␣₁]: masked, so its gradient is 0."


def test_by_keyboard(show, visited):
    page = show(tracer())
    press(page, "Tab", "Tab", "Tab", "Enter", "Tab", "Tab")
    assert page.locator(".stop:focus").get_attribute("data-key") == "loss"
    press(page, "ArrowUp", "ArrowUp")
    assert status(page).startswith("3 of 19: ln_f ")
    press(page, "Home")
    assert page.locator(".stop:focus").get_attribute("data-key") == "tok"
    press(page, "ArrowUp", "ArrowDown", "ArrowDown")
    assert status(page).startswith("17 of 19: ln_1 ")
    press(page, "ArrowDown", "Tab", "ArrowRight")  # k, and the other head
    _, gradients, _ = passes()
    wanted = gradients["blocks.0.attn.k"][0, 1]
    np.testing.assert_allclose(said(page, 1), wanted, rtol=1e-3, atol=1e-10)
    assert page.locator("[type=radio]:focus").count() == 1
    press(page, "Tab", "ArrowDown", "ArrowRight")
    assert page.locator(".entry").inner_text().startswith("[␣₁, 1]: value ")
    visited(page).assert_clean()


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 712)])
def test_for_everyone(show, visited, axe, theme, width):
    page = show(tracer(), theme=theme, width=width)
    assert axe(page) == []
    known: Counter[int] = Counter()  # of what the stations have in common, colours once
    for key in ("loss", "up", "x_attn", "scores", "ln_1", "tok"):
        station(page, key).click()
        assert axe(page, known=known) == []
        assert overflow(page) == 0
    visited(page).assert_clean()


def test_on_a_phone_the_current_station_is_in_view(show):
    page = show(tracer(), width=390)
    for name in ("Step back", "All the way back", "Forward"):
        page.get_by_role("button", name=name, exact=True).click()
        graph = page.locator(".graph").bounding_box()
        stop = page.locator(".stop[aria-current]").bounding_box()
        assert graph["height"] <= 250
        assert graph["y"] <= stop["y"]
        assert stop["y"] + stop["height"] <= graph["y"] + graph["height"]


def test_the_largest_model_fits(show, visited):
    sizes = {"n_head": 4, "d_model": 8, "d_head": 8, "d_ff": 16, "vocab_size": 12}
    config = GPTConfig(**sizes, context_length=8, n_layer=1, init_std=0.5)
    model = GPT(config, np.random.default_rng(0), np.float64)
    rng = np.random.default_rng(1)
    ids, targets = rng.integers(0, 12, (2, 1, 8))
    targets[0, 1:-1] = -100
    page = show(BackpropTracer(model, ids, targets), width=390)
    ends = page.locator(".ends").last
    assert ends.inner_text() == f"targets {targets[0, 0]} {'−100 ' * 6}{targets[0, -1]}"
    inside, room = ends.bounding_box(), page.locator(".map").bounding_box()
    assert ends.evaluate("e => e.scrollWidth <= e.clientWidth")
    for side, size in (("x", "width"), ("y", "height")):
        assert inside[side] + inside[size] <= room[side] + room[size]
    for key in ("logits", "up", "v", "weights", "tok"):
        station(page, key).click()
        assert overflow(page) == 0
    names = page.locator(".stop").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.dataset.key)"
    )
    assert names == []
    visited(page).assert_clean()
