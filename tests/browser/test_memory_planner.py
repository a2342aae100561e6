"""The memory planner in a real browser: bytes and words are those of the package."""

import random

import pytest

from tinytx.config import GPTConfig
from tinytx.figures import MemoryPlanner
from tinytx.figures.component import _static
from tinytx.figures.memory_planner import CARDS, RANKS, _sizes, told
from tinytx.figures.parameter_explorer import amount
from tinytx.scale.known import KNOWN
from tinytx.scale.memory import MOMENTS, plan

from .pages import LOOKS, overflow, press
from .samples import IMG, status

MODELS = list(KNOWN)
START = {"T": 4096, "checkpointing": True}


def table(page) -> list[list[str]]:
    return page.locator(".results tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def check(page, name="Llama 2 7B", **options):
    """Sentence, table and verdicts on the screen are those of the plan."""
    one = plan(KNOWN[name], **{**START, **options})
    assert status(page).split(": ", 1)[1] == f"{told(one)}."
    parts = [*one.states, *one.activations]
    assert [row[0] for row in table(page)] == [amount(round(part), "B") for part in parts]
    for card, text in zip(CARDS, page.locator(".verdict").all_inner_texts()[1:], strict=True):
        left = amount(abs(round(card * 1e9 - one.total)), "B")
        assert text == (f"✓ {left} left" if one.fits(card) else f"✗ {left} short")


def stop(page, label, stops, value):
    page.get_by_role("slider", name=label).fill(str(sorted(set(stops)).index(value)))


def test_the_script_counts_as_the_package_does(show):
    page = show(MemoryPlanner())
    rng = random.Random(0)
    code = _static("plan-counts.js")
    mixture = GPTConfig(
        vocab_size=99, context_length=64, n_layer=3, n_head=2, d_model=8, n_expert=4, n_active=2
    )
    models = [*KNOWN.values(), mixture]
    for _ in range(80):
        config, optimizer = rng.choice(models), rng.choice(list(MOMENTS))
        options = {
            "precision": rng.choice(["float32", "bfloat16"]), "batch": rng.randint(1, 64),
            "T": rng.randint(1, config.context_length), "checkpointing": rng.random() < 0.5,
            "fused": rng.random() < 0.5, "ranks": rng.randint(1, 999), "stage": rng.randint(0, 3),
        }  # fmt: skip
        found = page.evaluate(
            f"([model, state]) => {{ {code}; return planOf(model, state); }}",
            [_sizes("x", config), {**options, "keeps": MOMENTS[optimizer]}],
        )
        one = plan(config, optimizer=optimizer, **options)
        assert list(found["parts"].values()) == pytest.approx([*one.states, *one.activations])
        assert found["total"] == pytest.approx(one.total)


@pytest.mark.parametrize("name", KNOWN)
def test_known_models_by_mouse(show, visited, name):
    page = show(MemoryPlanner())
    check(page)
    page.get_by_label("Model").select_option(label=name)
    T = min(4096, KNOWN[name].context_length)
    check(page, name, T=T)
    page.get_by_text("Checkpoint blocks").click()
    page.get_by_text("Fused attention").click()
    check(page, name, T=T, checkpointing=False, fused=False)
    page.get_by_text("3: and weights").click()
    stop(page, "Ranks", RANKS, 64)
    page.get_by_text("SGD, momentum").click()
    page.get_by_text("float32", exact=True).click()
    options = {"ranks": 64, "stage": 3, "optimizer": "momentum", "precision": "float32"}
    check(page, name, T=T, checkpointing=False, fused=False, **options)
    visited(page).assert_clean()


def test_the_question_is_answered_by_playing(show):
    page = show(MemoryPlanner())
    answers = {}
    for stage, text in ((1, "1: optimizer"), (2, "2: and gradients"), (3, "3: and weights")):
        page.get_by_text(text).click()
        for ranks in RANKS:
            stop(page, "Ranks", RANKS, ranks)
            if "fits in 24 GB" in status(page):
                break
        else:
            ranks = None
        answers[stage] = ranks
    assert answers == {1: None, 2: 12, 3: 5}
    check(page, ranks=5, stage=3)


def test_the_formula_says_what_is_shared(show):
    page = show(MemoryPlanner())
    formula = page.locator(".formula")
    start = "Bytes for each of 6.74 G parameters: 2 weight + 2 gradient + 4 copy + 8 remembered"
    assert formula.inner_text() == start
    stop(page, "Ranks", RANKS, 8)
    page.get_by_text("2: and gradients").click()
    assert formula.inner_text().endswith(
        "2 weight + 2 gradient ÷ 8 + 4 copy ÷ 8 + 8 remembered ÷ 8"
    )
    page.get_by_text("SGD", exact=True).click()
    page.get_by_text("float32", exact=True).click()
    assert formula.inner_text().endswith("parameters: 4 weight + 4 gradient ÷ 8")


def test_by_keyboard(show):
    page = show(MemoryPlanner())
    press(page, "Tab", "Tab", "Space")
    check(page, checkpointing=False)
    press(page, "Tab", "Tab", "Tab", "Tab", "ArrowRight")  # the slider of ranks
    check(page, checkpointing=False, ranks=2)
    press(page, "Tab", "ArrowRight", "Tab", "ArrowLeft")
    check(page, checkpointing=False, ranks=2, batch=2, T=2048)
    press(page, "Tab", "ArrowDown", "ArrowDown")
    check(page, checkpointing=False, ranks=2, batch=2, T=2048, stage=2)


def test_text_is_text(show, visited):
    config = GPTConfig(vocab_size=9, context_length=4, n_layer=1, n_head=1, d_model=2)
    page = show(MemoryPlanner({IMG: config}, ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert status(page).startswith(IMG)
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(MemoryPlanner(), theme=theme, width=width)
    assert axe(page) == []
    page.get_by_label("Model").select_option(label="Llama 2 70B")
    page.get_by_text("Checkpoint blocks").click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(MemoryPlanner(), js=False, width=390)
    assert "Llama 2 7B" in page.locator("main").inner_text()
    assert overflow(page) == 0
