"""The rotary explorer in a real browser: it turns as the package does."""

import numpy as np
import pytest

from tinytx.figures import RotaryExplorer
from tinytx.figures.component import _static
from tinytx.figures.rotary_turns import PAIRS, Setting, full, pair_of, planes, rates, strange

from .grids import number
from .pages import LOOKS, drag, overflow, press
from .samples import IMG, status

NAMES = {"t": "Query at t", "s": "Key at s"}
STOPS = {
    "base": [digit * 10**power for power in (2, 3, 4, 5) for digit in (1, 2, 3, 5)] + [10**6],
    "trained": [16, 32, 64, 128, 256, 512, 1024], "times": [1, 2, 4],
}  # fmt: skip
LABELS = {"base": "Base", "trained": "Trained to", "times": "Read at"}


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def put(page, at: Setting):
    page.get_by_label(at.pairs, exact=True).check()
    page.get_by_label(str(at.factor), exact=True).check()
    for key, label in LABELS.items():
        slider(page, label).fill(str(STOPS[key].index(getattr(at, key))))
    for key, label in NAMES.items():
        slider(page, label).fill(str(getattr(at, key)))


def shares(page) -> list[float]:
    return [number(text) for text in page.locator(".share").all_inner_texts()]


def check(page, figure, at):
    """Sentence, shares, rings and bars on the screen are those of the package."""
    assert status(page) == figure.told(at)
    expected = figure.planes(at)
    np.testing.assert_allclose(shares(page), [one.share for one in expected], atol=6e-5)
    n = figure.n
    for kind, found in (("new", strange(n, at)), ("now", [] if at.pairs == "mixed" else range(n))):
        cells = page.locator(".planes li").evaluate_all(
            f"all => all.map(cell => cell.querySelectorAll('.{kind}').length)"
        )
        assert cells == [int(i in found) for i in range(n)]
    names = page.locator(".pair-name").all_inner_texts()
    halves = at.pairs != "neighbours"
    assert names == [f"Pair {i}: {' and '.join(map(str, pair_of(i, n, halves)))}" for i in range(n)]


SETTINGS = [
    Setting(12, 5), Setting(40, 40, "neighbours"), Setting(63, 0, "mixed"),
    Setting(200, 13, "mixed", 500, 64, 4, 2), Setting(511, 3, "neighbours", 1e6, 512, 2, 4),
    Setting(100, 99, "halves", 100, 32, 4, 1),
]  # fmt: skip


@pytest.mark.parametrize("at", SETTINGS)
def test_every_number_is_the_packages(show, visited, at):
    figure = RotaryExplorer()
    page = show(figure)
    put(page, at)
    check(page, figure, at)
    visited(page).assert_clean()


PICTURE = """all => all.map(cell => {
  const of = (name, ...keys) => [...cell.querySelectorAll(name)].map(
    (e) => keys.map((key) => Number(e.getAttribute(key))));
  const ends = (name) => [...cell.querySelectorAll(name)].map((e) => e.getAttribute("d")
    .split(/[ML]/).filter(Boolean).map((text) => text.split(" ").map(Number)));
  const bar = cell.querySelector(".share-bar");
  return {
    queries: of("circle.query", "cx", "cy"), keys: of("rect.key", "x", "y"),
    now: of(".now", "cx", "cy"), arrows: ends("path.query, path.key"),
    had: ends(".ring.had"), added: ends(".ring.new"),
    bar: [parseFloat(bar.style.left), parseFloat(bar.style.width)],
    minus: bar.classList.contains("minus"),
  };
})"""


def tip(angle, radius=1.2):
    """Return where an angle is in a picture whose y goes down."""
    return [radius * np.cos(angle), -radius * np.sin(angle)]


@pytest.mark.parametrize("at", [SETTINGS[1], SETTINGS[3], Setting(90, 31, times=2)])
def test_the_pictures_are_drawn_from_those_numbers(show, at):
    figure = RotaryExplorer()
    page = show(figure)
    put(page, at)
    expected, before = figure.planes(at), figure.planes(at._replace(t=0, s=0))
    drawn = page.locator(".planes li").evaluate_all(PICTURE)
    most = drawn[0]["arrows"][0][1][0] / expected[0].q[0]  # one scale for all pairs
    longest = max(np.hypot(*point) for plane in expected for point in (plane.q, plane.k))
    assert 0.5 < most * longest <= 1 + 1e-9
    width = np.abs([plane.share for plane in expected]) * most**2 * 50
    for i, (cell, plane, pale) in enumerate(zip(drawn, expected, before, strict=True)):
        flip = np.array([most, -most])
        np.testing.assert_allclose(cell["queries"], [pale.q * flip, plane.q * flip], atol=1e-9)
        corners = [pale.k * flip - 0.08, plane.k * flip - 0.08]
        np.testing.assert_allclose(cell["keys"], corners, atol=1e-9)
        arrows = [[[0, 0], plane.q * flip], [[0, 0], plane.k * flip]]
        np.testing.assert_allclose(cell["arrows"], arrows, atol=1e-9)
        left = 50 - width[i] if plane.share < 0 else 50
        np.testing.assert_allclose(cell["bar"], [left, width[i]], atol=1e-3)
        assert cell["minus"] is (plane.share < 0)
        rate = rates(figure.n, at.base)[i]
        if at.pairs != "mixed":
            now = tip((at.t - at.s) / at.factor * rate)
            np.testing.assert_allclose(cell["now"], [now], atol=1e-9)
        had, read = (min(2 * np.pi, T * rate) for T in (at.trained, at.read / at.factor))
        np.testing.assert_allclose(cell["had"][0][-1], tip(had), atol=1e-3)
        for arc in cell["added"]:
            np.testing.assert_allclose([arc[0], arc[-1]], [tip(had), tip(read)], atol=1e-3)


@pytest.mark.parametrize("Dh", [2, 10, 64])
def test_the_script_turns_as_the_package_does(show, Dh):
    rng = np.random.default_rng(Dh)
    q, k = rng.normal(0, 1, (2, Dh)).round(4)
    figure = RotaryExplorer(q, k)
    page = show(figure)
    data = {"query": q.tolist(), "key": k.tolist()}
    script = f"([data, at, s]) => {{ {_static('rotary.js')}; " + (
        "const test = (of) => ratesOf(data.query.length / 2, at.base).flatMap("
        "(rate, i) => (of(rate, at) ? [i] : [])); "
        "return [planesOf(data, at), scoreOf(data, at), scoresFrom(data, at, s), "
        "test(isFull), test(isStrange)]; }"
    )
    for pairs in PAIRS:
        for times, factor in ((1, 1), (4, 2), (2, 2)):
            at = Setting(41, 17, pairs, 700.0, 32, times, factor)
            found, score, curve, whole, new = page.evaluate(script, [data, at._asdict(), 5])
            for one, plane in zip(found, planes(q, k, at), strict=True):
                np.testing.assert_allclose(one["q"], plane.q, atol=1e-12)
                np.testing.assert_allclose(one["k"], plane.k, atol=1e-12)
                assert one["share"] == pytest.approx(plane.share, abs=1e-11)
            assert score == pytest.approx(figure.score(at), abs=1e-10)
            assert [d for d, _ in curve] == list(range(at.read - 5))
            for d in (0, 1, 20):
                one = figure.score(at._replace(t=5 + d, s=5))
                assert curve[d][1] == pytest.approx(one, abs=1e-10)
            assert (whole, new) == (full(Dh // 2, at), strange(Dh // 2, at))


@pytest.mark.parametrize("pairs", PAIRS)
def test_the_first_question_is_answered_by_playing(show, pairs):
    figure = RotaryExplorer()
    page = show(figure)
    page.get_by_label(pairs, exact=True).check()
    at = figure.start._replace(pairs=pairs)
    for _ in range(3):
        before = f"{figure.score(at):.4f}"
        page.get_by_role("button", name="Both one further").click()
        at = at._replace(t=at.t + 1, s=at.s + 1)
        assert status(page) == f"{figure.told(at)} Before both moved by one it was {before}."
        now = status(page).split("q·k = ")[1][:6]
        assert (now == before) is (pairs != "mixed")
    page.get_by_role("button", name="Both one back").click()
    check_at = at._replace(t=at.t - 1, s=at.s - 1)
    assert status(page).startswith(figure.told(check_at))
    slider(page, "Query at t").press("ArrowRight")
    assert status(page) == figure.told(check_at._replace(t=check_at.t + 1))


def test_the_second_question_is_answered_by_playing(show):
    page = show(RotaryExplorer())
    slider(page, "Trained to").fill(str(STOPS["trained"].index(512)))
    found = {}
    for i, base in enumerate(STOPS["base"]):
        slider(page, "Base").fill(str(i))
        note = page.locator(".planes .muted").last.inner_text()
        found[base] = float(note.split("positions, ")[1].split(" turns")[0])
        turns = 512 * rates(4, base)[-1] / (2 * np.pi)
        assert found[base] == pytest.approx(turns, abs=6e-3)
    assert min(base for base, turns in found.items() if turns < 0.25) == 3000
    assert found[2000] > 0.25


def test_the_notes_under_the_planes_follow_what_positions_are_divided_by(show):
    page = show(RotaryExplorer())
    notes = page.locator(".planes .muted")
    lengths = 2 * np.pi / rates(4, 10_000)
    for factor in (1, 2, 4):
        page.get_by_label(str(factor), exact=True).check()
        said = notes.all_inner_texts()
        found = [float(note.split()[3].strip(",").replace(",", "")) for note in said]
        np.testing.assert_allclose(found, factor * lengths, atol=0.051)
        turns = [float(note.split(" turns within 64")[0].split()[-1]) for note in said]
        np.testing.assert_allclose(turns, 64 / lengths, atol=6e-3)
        assert all((f"divided by {factor}; training had" in note) is (factor > 1) for note in said)


def test_the_caption_speaks_of_the_dot_where_there_is_one(show):
    page = show(RotaryExplorer())
    for pairs in PAIRS:
        page.get_by_label(pairs, exact=True).check()
        there = page.locator(".planes .now").count() > 0
        assert there is (pairs != "mixed")
        assert page.get_by_text("the dot is the distance now.").count() == int(there)
        assert page.get_by_text("no dot, for no one angle").count() == int(not there)


def test_the_two_curves_are_one_unless_conventions_are_mixed(show):
    page = show(RotaryExplorer())
    for pairs in PAIRS:
        page.get_by_label(pairs, exact=True).check()
        one, other = page.locator("path.chart-line[d^=M0]").evaluate_all(
            "all => all.filter(e => !e.closest('.chart-key')).map(e => e.getAttribute('d'))"
        )
        n = other.count("L") + 1
        assert (one.split("L")[:n] == other.split("L")) is (pairs != "mixed")


def test_distances_beyond_training_are_shaded(show):
    page = show(RotaryExplorer())
    assert page.locator(".longer").count() == 0
    slider(page, "Read at").fill("1")
    plot, shade = (page.locator(name).bounding_box() for name in (".chart-plot", ".longer"))
    assert shade["x"] - plot["x"] == pytest.approx(64 / 127 * plot["width"], abs=2)
    page.get_by_label("2", exact=True).check()
    assert page.locator(".longer").count() == 0
    assert "no pair meets angles outside the arc that training covered" in status(page)


def test_by_mouse(show, visited):
    figure = RotaryExplorer()
    page = show(figure)
    plot = page.locator(".chart-plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    for d in (20, 60):
        plot.click(position={"x": d / 63 * box["width"], "y": 60})
        s = min(5, 63 - d)
        check(page, figure, Setting(s + d, s))
    drag(page, plot, (20 / 63, 30 / 63, 40 / 63))
    check(page, figure, Setting(43, 3))
    visited(page).assert_clean()


def test_by_keyboard(show):
    figure = RotaryExplorer()
    page = show(figure)
    press(page, "Tab", "ArrowRight", "Tab", "Tab", "Enter")
    at = figure.start._replace(t=13, s=6, pairs="neighbours")
    assert status(page).startswith(figure.told(at))
    press(page, "Tab", "End", "Tab", "ArrowLeft", "Tab", "ArrowRight")
    check(page, figure, at._replace(t=63, s=5, base=20_000))
    further = page.get_by_role("button", name="Both one further")
    assert further.get_attribute("aria-disabled") == "true"
    further.focus()
    press(page, "Enter")
    check(page, figure, at._replace(t=63, s=5, base=20_000))


def test_a_key_is_never_behind_its_query_and_both_stay_in_the_text(show):
    figure = RotaryExplorer()
    page = show(figure)
    slider(page, "Key at s").fill("30")
    check(page, figure, Setting(30, 30))
    slider(page, "Query at t").fill("7")
    check(page, figure, Setting(7, 7))
    slider(page, "Query at t").fill("60")
    slider(page, "Trained to").fill("0")
    check(page, figure, Setting(15, 7, trained=16))


def test_text_is_text(show, visited):
    page = show(RotaryExplorer(ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
@pytest.mark.parametrize("Dh", [8, 64])
def test_for_everyone(show, visited, axe, theme, width, Dh):
    rng = np.random.default_rng(1)
    page = show(RotaryExplorer(*rng.normal(0, 1, (2, Dh))), theme=theme, width=width)
    assert axe(page) == []
    slider(page, "Read at").fill("2")
    page.get_by_label("mixed", exact=True).check()
    page.get_by_role("button", name="Both one further").click()
    assert axe(page) == []
    assert overflow(page) == 0
    label = page.locator(".plane").first.get_attribute("aria-label")
    assert label.startswith(f"Pair 0, numbers 0 and {Dh // 2}: query at ")
    assert label.endswith("Training went round the whole circle.")
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(RotaryExplorer(), js=False, width=390)
    assert "Read at 128, 2 pairs meet angles" in page.locator("main").inner_text()
    assert page.locator("table").count() == 2
    assert overflow(page) == 0
