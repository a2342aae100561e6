"""One colour for queries, one for keys, one for values: in every figure, told apart by everyone.

Colour vision is simulated after Machado, Oliveira and Fernandes (2009), "A physiologically-based
model for simulation of color vision deficiency", IEEE TVCG 15(6), at full severity; distances are
CIEDE2000. A distance of 2 is about the least that is seen side by side; 15 is told apart at once,
also in a small mark.
"""

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

import tinytx.figures as figures
from tinytx import palette
from tinytx.figures.component import Figure, _static

STATIC = sorted(one.name for one in files(figures).joinpath("static").iterdir() if one.is_file())
ROLES = ("query", "key", "value")
# For linear RGB: table 1 of the paper, severity 1.0.
VISIONS = {
    "as most see": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
XYZ = np.array([  # of linear sRGB, IEC 61966-2-1
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])


def seen(color: str, vision: str) -> np.ndarray:
    """Return how a ``#rrggbb`` colour is seen, in CIELAB."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    t = XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / WHITE
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other) -> float:
    """Return CIEDE2000 of two colours in CIELAB (Sharma, Wu and Dalal 2005)."""
    (L1, a1, b1), (L2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    first, second = complex(a1 * stretch, b1), complex(a2 * stretch, b2)
    C1, C2 = abs(first), abs(second)
    h1, h2 = (np.degrees(np.angle(c)) % 360 for c in (first, second))
    turn = (h2 - h1 + 180) % 360 - 180 if C1 * C2 else 0.0
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn / 2))
    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    h = (h1 + turn / 2) % 360 if C1 * C2 else h1 + h2
    cos = [np.cos(np.radians(times * h - by)) for times, by in ((1, 30), (2, 0), (3, -6), (4, 63))]
    T = 1 + np.dot((-0.17, 0.24, 0.32, -0.20), cos)
    lightness = (L2 - L1) / (1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2))
    chroma, hue = (C2 - C1) / (1 + 0.045 * C), dH / (1 + 0.015 * C * T)
    swing = np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))
    cross = -np.sin(swing) * 2 * np.sqrt(C**7 / (C**7 + 25**7))
    return float(np.sqrt(lightness**2 + chroma**2 + hue**2 + cross * chroma * hue))


def roles(mode: str) -> dict[str, str]:
    """Return the colours of ``qkv.css`` by name, fills and lines."""
    blocks = re.findall(r":host(\S*) \{(.*?)\}", _static("qkv.css"), re.DOTALL)
    ((_, block),) = [one for one in blocks if bool(one[0]) is (mode == "dark")]
    return dict(re.findall(r"--([\w-]+): (#\w{6});", block))


MODES = pytest.mark.parametrize("mode", ["light", "dark"])
PALETTES = {"light": palette.LIGHT, "dark": palette.DARK}
TINTS = {"light": palette.LIGHT_TINTS, "dark": palette.DARK_TINTS}


# Pairs 1, 7, 16, 17, 25 and 31 of table 1 of Sharma, Wu and Dalal.
@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ],
)
def test_the_distance_is_the_published_one(one, other, apart):
    assert distance(one, other) == pytest.approx(apart, abs=1e-4)
    assert distance(other, one) == pytest.approx(apart, abs=1e-4)


def test_the_simulation_does_what_is_known_of_it():
    """Greys stay; red and green come together for the first two, blue and green for the third."""
    for vision in VISIONS:
        assert distance(seen("#808080", vision), seen("#808080", "as most see")) < 0.5
    for vision, one, other in (
        ("protanopia", "#a03020", "#4a5a10"), ("deuteranopia", "#c04030", "#708020"),
        ("tritanopia", "#0080a0", "#009060"),
    ):  # fmt: skip
        plain = distance(seen(one, "as most see"), seen(other, "as most see"))
        assert distance(seen(one, vision), seen(other, vision)) < plain / 2


@MODES
def test_each_has_a_fill_and_a_line(mode):
    assert sorted(roles(mode)) == sorted([*ROLES, *(f"{role}-line" for role in ROLES)])


@MODES
@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("kind", ["", "-line"])
def test_the_three_are_told_apart_by_everyone(mode, vision, kind):
    found = {role: seen(roles(mode)[role + kind], vision) for role in ROLES}
    for one, other in combinations(ROLES, 2):
        assert distance(found[one], found[other]) >= 15, (one, other)


@MODES
def test_text_on_them_and_names_in_them_have_contrast(mode):
    """Text 4.5 to 1, marks and edges 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    colors, given = PALETTES[mode], roles(mode)
    for role in ROLES:
        assert palette.contrast(colors["ink"], given[role]) >= 4.5
        for ground in ("surface", "raised", "warm-soft"):
            assert palette.contrast(given[f"{role}-line"], colors[ground]) >= 4.5, (role, ground)


@MODES
def test_no_other_colour_of_the_figures_is_taken_for_them(mode):
    """Of what stands beside them: tints, accent and amber; and of the lines of drawn figures."""
    colors, given = PALETTES[mode], roles(mode)
    normal = {name: seen(color, "as most see") for name, color in given.items()}
    fills = [*TINTS[mode], colors["warm-soft"], colors["raised"]]
    lines = [colors[name] for name in ("accent", "warm", "muted", "edge", "ink")]
    lines += palette.CYCLE if mode == "light" else []
    for role in ROLES:
        assert min(distance(normal[role], seen(one, "as most see")) for one in fills) >= 6
        other = [distance(normal[f"{role}-line"], seen(one, "as most see")) for one in lines]
        assert min(other) >= 8, role


def test_they_are_defined_in_one_place():
    found = {color for mode in PALETTES for color in roles(mode).values()}
    assert len(found) == 12
    for name in STATIC:
        if name == "qkv.css":
            continue
        code = _static(name).lower()
        assert not re.search(rf"--({'|'.join(ROLES)})(-line)?:", code), name
        assert not [color for color in found if color in code], name
    assert not found & {*palette.CYCLE, *palette.LIGHT_TINTS, *palette.DARK_TINTS}


def shown() -> list[type[Figure]]:
    """Return every class of an interactive figure."""
    named = [getattr(figures, name) for name in figures.__all__]
    return [one for one in named if isinstance(one, type) and issubclass(one, Figure)]


def speaks(figure: type[Figure]) -> bool:
    """Return whether a figure's scripts name queries: what they are, not ``querySelector``."""
    code = "".join(map(_static, figure.scripts))
    return bool(re.search(r"\b[Qq]uer(y|ies)\b", code))


def test_every_figure_that_names_queries_uses_them():
    naming = {one.__name__ for one in shown() if "qkv.css" in one.styles}
    assert {"AttentionExplorer", "CacheAnimation", "RotaryExplorer", "SharedHeads"} <= naming
    alone = {"BackpropTracer", "LiveModel"}  # stations q, k and v; the row of the chosen query
    assert naming == {one.__name__ for one in shown() if speaks(one)} | alone
