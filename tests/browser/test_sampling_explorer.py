"""The sampling explorer in a real browser: it cuts and draws as tinytx.generation does."""

import math

import numpy as np
import pytest

from tinytx.figures import SamplingExplorer
from tinytx.figures.component import _static
from tinytx.figures.sampling_explorer import SHOWN

from .pages import LOOKS, overflow, press
from .samples import IMG, status

SURE, UNSURE = SamplingExplorer().logits
KS = [*range(1, 31)]
MS = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25]


def slide(page, temperature=1.0, top_k=None, top_p=1.0, min_p=0.0):
    """Put the sliders where they say this; each counts its stops."""
    stops = {
        "Temperature": round(temperature * 20),
        "Top-k": 30 if top_k is None else KS.index(top_k),
        "Top-p": 103 if top_p == 1 else round(top_p * 100),
        "Min-p": MS.index(min_p),
    }
    for name, stop in stops.items():
        slider = page.get_by_role("slider", name=name, exact=True)
        slider.fill(str(min(stop, int(slider.get_attribute("max") or 10**6))))


def rows(page) -> list[list[str]]:
    return page.locator(".bars tbody tr").evaluate_all(
        "all => all.map(row => [...row.children].map(cell => cell.textContent))"
    )


def check(page, figure, case, temperature=1.0, **filters):
    """What the page shows is what the package computes."""
    kept, cut, entropy = figure.measure(case, temperature, **filters)
    own = figure.measure(case)[2]
    assert page.locator(".numbers dd").all_inner_texts() == [
        f"{own:.3f} nats", f"{entropy:.3f} nats", f"{kept} of {len(figure.logits[case])}",
        f"{100 * cut:.1f} %",
    ]  # fmt: skip
    before, left = figure.left(case, temperature), figure.left(case, temperature, **filters)
    order = np.argsort(-figure.left(case), kind="stable")
    shown = rows(page)
    for id, (token, _, now, *_) in zip(order[:SHOWN], shown, strict=False):
        assert token == figure.tokens[case][id]
        by = cutter(figure, case, id, temperature, **filters)
        assert now == (f"cut: ✕ {by}" if by else f"{left[id]:.4f}")
    lit = page.locator(".bars .left").evaluate_all("all => all.map(e => parseFloat(e.style.width))")
    lost = page.locator(".bars .lost").evaluate_all(
        "all => all.map(e => e.hidden ? 0 : parseFloat(e.style.width))"
    )
    full = float(page.locator(".bars + .muted").inner_text().split("track is ")[1].split(" %")[0])
    for i, id in enumerate(order[:SHOWN]):
        assert lit[i] == pytest.approx(1e4 * left[id] / full, abs=1e-3)
        assert lost[i] == pytest.approx(0 if left[id] else 1e4 * before[id] / full, abs=1e-3)
    rest = order[SHOWN:]
    assert shown[SHOWN][0] == f"{len(rest)} others"
    if left[rest].any():
        assert shown[SHOWN][2].startswith(f"{left[rest].sum():.4f}")
    gone = int(((left == 0) & (before > 0))[rest].sum())
    assert (f"{gone} ids" in shown[SHOWN][2]) == (gone > 0)


def cutter(figure, case, id, temperature=1.0, **filters):
    """Return which filter cuts an id first; None for one that is left, or has no chance before."""
    names = ("top_k", "top_p", "min_p")
    if not figure.left(case, temperature)[id]:
        return None
    for n in range(1, 4):
        some = {name: filters[name] for name in names[:n] if name in filters}
        if figure.left(case, temperature, **some)[id] == 0:
            return names[n - 1].replace("_", "-")
    return None


SETTINGS = [
    {},
    {"temperature": 0.0},
    {"temperature": 2.0, "top_k": 10, "top_p": 0.95, "min_p": 0.03},
    {"temperature": 0.5, "min_p": 0.02},
    {"top_k": 1},
    {"top_p": 0.9},
    {"top_p": 0.0},
    {"temperature": 3.0, "top_k": 7, "min_p": 0.25},
]


@pytest.mark.parametrize("at", [0, 1])
def test_it_shows_what_the_package_computes(show, visited, at):
    figure = SamplingExplorer()
    page = show(figure)
    page.get_by_label("Case").select_option(str(at))
    for how in SETTINGS:
        slide(page, **how)
        check(page, figure, (SURE, UNSURE)[at], **how)
    visited(page).assert_clean()


def test_a_whole_vocabulary(show):
    rng = np.random.default_rng(0)
    tokens = [f" t{i}" for i in range(512)]
    logits = rng.normal(0, 3, 512)
    logits[7] = -math.inf
    figure = SamplingExplorer(logits, tokens)
    page = show(figure)
    assert page.get_by_label("Case").count() == 0
    slider = page.get_by_role("slider", name="Top-k", exact=True)
    assert slider.get_attribute("aria-valuetext") == "off"
    assert page.locator(".numbers dd").nth(2).inner_text() == "511 of 512"
    slider.fill("35")
    assert slider.get_attribute("aria-valuetext") == "200"
    check(page, figure, "logits", top_k=200)


def expected_counts(page, figure, case, seed, n, **how) -> np.ndarray:
    """Draw in Python by the numbers that the page's own generator gives."""
    code = _static("engine/check.js") + _static("engine/rng.js")
    u = page.evaluate(
        f"([seed, n]) => {{ {code}; const rng = default_rng(seed);"
        " return Array.from({length: n}, () => rng()); }",
        [seed, n],
    )
    shares = figure.left(case, **how).cumsum()
    ids = np.searchsorted(shares, np.array(u) * shares[-1], side="right")
    return np.bincount(ids, minlength=len(shares))


def drawn(page) -> list[int]:
    return [0 if row[3] == "–" else int(row[3]) for row in rows(page)]


@pytest.mark.parametrize("how", [{}, {"temperature": 2.0, "top_k": 20, "top_p": 0.9}])
def test_draws_are_those_of_the_seed(show, how):
    figure = SamplingExplorer(seed=4)
    page = show(figure)
    page.get_by_label("Case").select_option("1")
    slide(page, **how)
    order = np.argsort(-figure.left(UNSURE), kind="stable")
    left = figure.left(UNSURE, **how)

    def counted(seed, n):
        counts = expected_counts(page, figure, UNSURE, seed, n, **how)[order]
        return [*counts[:SHOWN], counts[SHOWN:].sum()]

    for n, total in ((1, 1), (100, 101), (1000, 1101)):
        page.get_by_role("button", name=f"Draw {n}", exact=True).click()
        assert drawn(page) == counted(4, total)
        assert f"{total} drawn from seed 4; the last one was ␣" in status(page)
    wanted = [f"{1101 * left[id]:.1f}" for id in order[:SHOWN]]
    assert [row[4] for row in rows(page)][:SHOWN] == wanted
    dots = page.locator(".bars .dot").evaluate_all("all => all.map(e => parseFloat(e.style.left))")
    full = float(page.locator(".bars + .muted").inner_text().split("track is ")[1].split(" %")[0])
    assert dots[0] == pytest.approx(1e4 * drawn(page)[0] / 1101 / full, abs=1e-3)
    seed = page.get_by_label("Seed")
    seed.fill("9")
    seed.press("Enter")
    assert sum(drawn(page)) == 0
    page.get_by_role("button", name="Draw 100", exact=True).click()
    assert drawn(page) == counted(9, 100)


def test_whatever_changes_the_distribution_starts_the_draws_again(show):
    page = show(SamplingExplorer())
    changes = [
        lambda: page.get_by_role("slider", name="Top-p").press("ArrowLeft"),
        lambda: page.get_by_label("Case").select_option("1"),
        lambda: page.get_by_role("button", name="All off").click(),
        lambda: page.get_by_role("button", name="Start again").click(),
    ]
    for change in changes:
        page.get_by_role("button", name="Draw 100", exact=True).click()
        assert sum(drawn(page)) == 100
        change()
        assert {row[3] for row in rows(page)} == {"–"}
        assert page.locator(".dot:visible").count() == 0


@pytest.mark.parametrize(("typed", "kept"), [("-3", 0), ("2.7", 2), ("", 0), ("9e20", 2**32 - 1)])
def test_a_seed_that_is_none_is_mended(show, visited, typed, kept):
    page = show(SamplingExplorer(seed=5))
    seed = page.get_by_label("Seed")
    seed.fill(typed)
    seed.press("Enter")
    page.get_by_role("button", name="Draw 1", exact=True).click()
    assert seed.input_value() == str(kept)
    assert f"seed {kept};" in status(page)
    visited(page).assert_clean()


def test_by_keyboard(show):
    figure = SamplingExplorer()
    page = show(figure)
    press(page, "Tab", "ArrowDown", "Tab", "Tab", "ArrowRight")  # the other case, 1.05
    press(page, "Tab", "Home", "ArrowRight", "Tab", "ArrowLeft", "Tab", "End")
    sliders = ("Temperature", "Top-k", "Top-p", "Min-p")
    told = [
        page.get_by_role("slider", name=name, exact=True).get_attribute("aria-valuetext")
        for name in sliders
    ]
    assert told == ["1.05", "2", "0.999", "1"]
    check(page, figure, UNSURE, 1.05, top_k=2, top_p=0.999, min_p=1.0)
    press(page, "Tab", "Enter", "Space")
    assert "2 drawn from seed 0" in status(page)
    press(page, "Tab", "Tab", "Tab", "ArrowUp", "Tab")
    assert page.get_by_label("Seed").input_value() == "1"
    assert status(page) == "Temperature 1.05: 1 id is left; top-k cuts 34, min-p cuts 1."


def test_text_is_text(show, visited):
    page = show(SamplingExplorer(cases={IMG: ([2, 1], [IMG, "b"]), "x": ([1, 2], None)}, ask=IMG))
    page.get_by_role("button", name="Draw 100", exact=True).click()
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator(".bars th .name").first.inner_text() == IMG.replace(" ", "␣")[:11] + "…"
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(SamplingExplorer(), theme=theme, width=width)
    assert axe(page) == []
    slide(page, temperature=2.0, top_k=10, top_p=0.95, min_p=0.03)
    page.get_by_role("button", name="Draw 1000", exact=True).click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(SamplingExplorer(), js=False, width=390)
    assert "36 ids; ␣mat 0.9263" in page.locator("main").inner_text()
    assert overflow(page) == 0
