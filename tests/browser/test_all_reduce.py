"""The all-reduce animation in a real browser: what it shows at each step is what the ring does."""

import numpy as np
import pytest

from tinytx.figures import AllReduceAnimation
from tinytx.figures.all_reduce import BUFFERS, shown
from tinytx.figures.component import _static
from tinytx.scale.ring import numbers_sent, ring_steps
from tinytx.wording import fixed

from .pages import LOOKS, overflow, press
from .samples import IMG, status


def held(page) -> list[list[str]]:
    """Return the numbers in the table, without what is only read aloud."""
    return page.locator(".held tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(e => e.firstChild.data))"
    )


def marked(page, name) -> set[tuple[int, int]]:
    rows = page.locator(".held tbody tr").evaluate_all(
        "(all, name) => all.map(row => [...row.querySelectorAll('td')]"
        ".map(e => e.classList.contains(name)))",
        name,
    )
    return {(i, j) for i, row in enumerate(rows) for j, on in enumerate(row) if on}


def sent(page) -> list[list[str]]:
    return page.locator(".results tbody tr").evaluate_all(
        "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def check(page, buffers, at):
    """Table, marks and picture after ``at`` steps are those of the ring."""
    arrays = [np.array(each, float) for each in buffers]
    n, size = len(arrays), len(arrays[0])
    steps = list(ring_steps(arrays))
    now = arrays if at == 0 else steps[at - 1].buffers
    cut = [np.array_split(each, n) for each in now]
    assert held(page) == [[" ".join(map(shown, part)) for part in parts] for parts in cut]
    messages = steps[at - 1].messages if at else ()
    assert marked(page, "came") == {(m.target, m.chunk) for m in messages}
    assert marked(page, "went") == {(m.source, m.chunk) for m in messages}
    carried = page.locator(".carried").all_text_contents()
    assert carried == ([f"c{m.chunk}" for m in messages] or [""] * n)
    done = [sum(step.messages[r].numbers for step in steps[:at]) for r in range(n)]
    low, high = min(done), max(done)
    assert sent(page)[0][0] == (str(low) if low == high else f"{low} to {high}")
    assert sent(page)[0][1] == fixed(np.mean(done) / size, 2)
    assert sent(page)[2][0] == str(numbers_sent(n, size, "one collects")[0])


@pytest.mark.parametrize(("n", "size"), [(2, 2), (3, 7), (4, 4), (5, 16), (8, 9)])
def test_the_script_makes_the_steps_of_the_package(show, n, size):
    page = show(AllReduceAnimation())
    rng = np.random.default_rng(n)
    buffers = rng.integers(-99, 99, (n, size)).astype(float)
    code = _static("ring-steps.js")
    found = page.evaluate(
        f"(buffers) => {{ {code}; return ringStates(buffers); }}", buffers.tolist()
    )
    steps = list(ring_steps(list(buffers)))
    assert len(found) == len(steps) + 1
    for state, step in zip(found[1:], steps, strict=True):
        assert state["phase"] == step.phase
        assert [tuple(m.values()) for m in state["messages"]] == [m[:3] for m in step.messages]
        flat = [np.concatenate(parts) for parts in state["held"]]
        np.testing.assert_array_equal(flat, step.buffers)
    assert found[-1]["sent"] == numbers_sent(n, size)
    assert {many for line in found[-1]["within"] for many in line} == {n}


def test_every_step_by_mouse(show, visited):
    page = show(AllReduceAnimation())
    for at in range(7):
        check(page, BUFFERS, at)
        if at < 6:
            page.get_by_role("button", name="One step forward").click()
    assert status(page) == (
        "Step 6 of 6, all-gather: each rank sends a chunk to the next. Rank 0 sends c3 to rank 1: "
        "4444 in place of 4044. Whole sums: 16 of 16."
    )
    assert len(marked(page, "whole")) == 16
    page.get_by_role("button", name="First step").click()
    check(page, BUFFERS, 0)
    page.get_by_role("slider", name="State").fill("3")
    check(page, BUFFERS, 3)
    assert "which adds it: " in status(page)
    assert status(page).endswith("Whole sums: 4 of 16.")
    visited(page).assert_clean()


def test_the_question_is_answered_by_playing(show):
    page = show(AllReduceAnimation())
    control = page.get_by_role("slider", name="Ranks, if there were")
    for n in range(2, 65):
        control.fill(str(n))
        times = float(page.locator(".many").inner_text().split(", ")[1].split(" ")[0])
        if times >= 10:
            break
    assert n == 20
    at = 0
    while not marked(page, "whole"):
        page.get_by_role("button", name="One step forward").click()
        at += 1
    assert at == 3
    assert {rank for rank, _ in marked(page, "whole")} == {0, 1, 2, 3}


def test_by_keyboard(show):
    page = show(AllReduceAnimation())
    press(page, "Tab", "ArrowRight", "ArrowRight", "ArrowLeft")
    check(page, BUFFERS, 1)
    press(page, "End")
    check(page, BUFFERS, 6)
    press(page, "Home")
    check(page, BUFFERS, 0)
    press(page, *["Tab"] * 6, "ArrowRight")  # the last slider
    assert page.locator(".many").inner_text() == (
        "Of 9 ranks each sends 1.78 vectors in a ring; the one that collects sends 8, 4.5 times as "
        "much. Of 498 MB, GPT-2’s gradients in float32: 885 MB against 3.98 GB."
    )


def test_unequal_chunks_and_fractions(show):
    buffers = [[1, 2, 3, 4, 5], [10, 20, 30, 40, 50], [0.5, 0, 0, 0, -1 / 3]]
    page = show(AllReduceAnimation(buffers))
    for at in range(5):
        page.get_by_role("slider", name="State").fill(str(at))
        check(page, buffers, at)
    assert held(page)[0] == ["11.5 22", "33 44", "54.667"]
    assert sent(page)[1] == ["6 to 7", "1.33"]  # 2 (3 − 1) / 3 of a vector, as of many ranks
    page.get_by_role("slider", name="State").fill("1")
    assert "which adds it; its first number: 10 + 1 = 11." in status(page)


def test_text_is_text(show, visited):
    page = show(AllReduceAnimation(ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    buffers = np.arange(64).reshape(8, 8) * 1111
    page = show(AllReduceAnimation(buffers), AllReduceAnimation(), theme=theme, width=width)
    assert axe(page) == []
    for scrub in page.get_by_role("slider", name="State").all():
        scrub.fill("4")
    assert axe(page) == []
    assert overflow(page) == 0
    label = page.locator("svg.ring").nth(1).get_attribute("aria-label")
    assert label == (
        "rank 0 sends chunk 1 to rank 1, rank 1 sends chunk 2 to rank 2, rank 2 sends chunk 3 to "
        "rank 3, rank 3 sends chunk 0 to rank 0"
    )
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(AllReduceAnimation(), js=False, width=390)
    assert "1111 | 2222 | 3333 | 4444" in page.locator("main").inner_text()
    assert overflow(page) == 0
