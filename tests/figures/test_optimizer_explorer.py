"""The optimizer explorer without a browser: its surfaces, its paths, its words."""

import re

import numpy as np
import pytest

from tinytx.figures import OptimizerExplorer
from tinytx.figures.optimizer_explorer import did, pair, size
from tinytx.figures.surfaces import METHODS, SURFACES, noise_at, path

EPS = 1e-6


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_gradient_is_the_slope_of_the_loss(surface):
    rng = np.random.default_rng(0)
    for x, y in rng.uniform(-2, 2, (20, 2)):
        across = (surface.loss(x + EPS, y) - surface.loss(x - EPS, y)) / (2 * EPS)
        up = (surface.loss(x, y + EPS) - surface.loss(x, y - EPS)) / (2 * EPS)
        assert surface.gradient(x, y) == pytest.approx((across, up), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_floor_is_the_lowest_loss(surface):
    grid = np.linspace(-4, 4, 161)  # has 0 and ±1, where the lowest points are
    lowest = min(surface.loss(x, y) for x in grid for y in grid)
    assert lowest == pytest.approx(surface.floor, abs=1e-12)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_start_is_inside_the_picture(surface):
    assert abs(surface.start[0]) < surface.x
    assert abs(surface.start[1]) < surface.y


def test_sgd_without_noise_is_the_formula():
    valley = SURFACES["valley"]
    points, diverged = path(valley, "SGD", valley.start, 0.07, 0.9, 40)
    x, y = valley.start
    expected = [(x * (1 - 0.07) ** t, y * (1 - 0.07 * 25) ** t) for t in range(41)]
    np.testing.assert_allclose(points, expected, rtol=1e-9)
    assert diverged is None


@pytest.mark.parametrize(
    ("method", "beta", "limit"),
    [("SGD", 0.9, 2 / 25), ("momentum", 0.9, 2 * 1.9 / 25), ("momentum", 0.5, 2 * 1.5 / 25)],
)
def test_paths_diverge_above_the_known_limit_and_only_there(method, beta, limit):
    valley = SURFACES["valley"]
    assert path(valley, method, valley.start, 0.97 * limit, beta, 200)[1] is None
    assert path(valley, method, valley.start, 1.03 * limit, beta, 200)[1] is not None


def test_only_adam_notices_that_the_valley_was_turned():
    ends = {}
    for name in ("valley", "turned"):
        surface = SURFACES[name]
        for method in METHODS:
            points, _ = path(surface, method, surface.start, 0.05, 0.9, 60)
            ends[name, method] = surface.loss(*points[-1])
    for method in ("SGD", "momentum"):
        assert ends["valley", method] == pytest.approx(ends["turned", method], rel=1e-6)
    assert ends["turned", "Adam"] > 2 * ends["valley", "Adam"]


def test_nobody_leaves_a_ridge_when_started_on_it():
    saddle = SURFACES["saddle"]
    for method in METHODS:
        points, _ = path(saddle, method, (-2.5, 0.0), 0.05, 0.9, 200)
        assert all(y == 0 for _, y in points)
        points, _ = path(saddle, method, saddle.start, 0.05, 0.9, 200)
        assert abs(points[-1][1]) == pytest.approx(1, abs=0.01)


def test_the_rate_that_suits_sgd_does_not_suit_momentum_in_the_noise():
    def end(method, lr):
        noisy = SURFACES["noisy"]
        paths = [path(noisy, method, noisy.start, lr, 0.9, 200, draw)[0] for draw in range(10)]
        return np.mean([noisy.loss(*points[-1]) for points in paths])

    assert end("SGD", 0.02) < end("SGD", 0.002) / 2
    assert end("SGD", 0.02) < end("SGD", 0.1) / 2
    assert end("momentum", 0.02) > 4 * end("SGD", 0.02)
    assert end("momentum", 0.005) < end("momentum", 0.02) / 4


def test_the_noise_has_mean_0_and_deviation_1():
    drawn = np.array([
        noise_at(draw, step, axis) for draw in range(10) for step in range(200) for axis in (0, 1)
    ])  # fmt: skip
    assert abs(drawn.mean()) < 3 / np.sqrt(len(drawn))
    assert drawn.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.05
    assert len(set(drawn.tolist())) == len(drawn)


def test_words_hold_the_ends_of_the_paths():
    lines = iter(str(OptimizerExplorer(lr=0.09, steps=40, start=(-3, 1))).splitlines()[1:])
    for name, surface in SURFACES.items():
        start = (-3.0, 1.0) if name == "valley" else surface.start
        height = size(surface.loss(*start) - surface.floor)
        assert next(lines) == f"{surface.name} from {pair(start)}, height {height}"
        for method in METHODS:
            points, diverged = path(surface, method, start, 0.09, 0.9, 40)
            heights = [surface.loss(*point) - surface.floor for point in points]
            says = f"{pair(points[-1])}, height {size(heights[-1])}; under 1 %: "
            assert next(lines) == f"  {method}: {says}{did(heights, diverged)}"
    assert next(lines, None) is None


def test_fallback_says_what_the_words_say():
    figure = OptimizerExplorer(lr=0.09)
    rows = re.findall(r"  (\w+): (\(.*\)), height (.*); under 1 %: (.*)", str(figure))
    assert len(rows) == 12
    for name, *cells in rows:
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        assert f'<th scope="row">{name}</th>{row}' in figure.fallback()


def test_it_is_the_same_every_time_and_small():
    assert OptimizerExplorer()._repr_html_() == OptimizerExplorer()._repr_html_()
    assert OptimizerExplorer()._repr_html_() != OptimizerExplorer(lr=0.1)._repr_html_()
    assert len(OptimizerExplorer()._repr_html_()) < 45_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"surface": "hill"}, "surface is 'hill', the figure knows 'valley', 'turned', 'saddle'"),
        ({"lr": 2}, "lr is 2, the limit is 0.001 to 1"),
        ({"lr": float("nan")}, "lr is nan, the limit is 0.001 to 1"),
        ({"beta": 1.0}, "beta is 1.0, the limit is 0 to 0.99"),
        ({"steps": 201}, "steps is 201, the limit is a whole number from 1 to 200"),
        ({"steps": 2.0}, "steps is 2.0, the limit is a whole number"),
        ({"start": (5, 0)}, "start is (5.0, 0.0), the picture of the long valley ends at ±4 and"),
        ({"start": (0, float("nan"))}, "the picture of the long valley ends at"),
        ({"start": 3}, "start is 3 and must be two numbers, such as (-1, 0.5)"),
        ({"start": (1, 2, 3)}, "start is (1, 2, 3) and must be two numbers"),
    ],
)
def test_wrong_input_gets_one_clear_line(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        OptimizerExplorer(**settings)
    assert str(caught.value).startswith("OptimizerExplorer: ")
    assert "\n" not in str(caught.value)
