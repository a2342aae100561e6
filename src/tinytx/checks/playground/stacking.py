"""The playground of chapter 05: what LayerNorm does not see, and a stream through many blocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from ... import example
from ...manual.activation import gelu_forward
from ...manual.norm import EPS, layernorm_forward
from ...wording import fixed
from ..call import call
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, ink, shade, show_solved

Array = np.ndarray
Map = Callable[[Array], Array]

DEPTHS = (1, 2, 4, 8, 16, 32)  # blocks
T, D, F = 8, 32, 128
FULLEST = 2.25  # a number as large is coloured as strongly as any
SHORT = {"style": {"description_width": "initial"}}


def rows(layernorm: Callable[..., Array], factor: float, shift: float, eps: float) -> str:
    """Return HTML: the vector of ``t``, changed, and what ``layernorm`` makes of it."""
    x = factor * example.x()[4] + shift
    outcome = call(layernorm, (x, np.ones(len(x)), np.zeros(len(x)), eps))
    if outcome.error:
        return failed(layernorm, outcome.error, outcome.detail)
    head = "".join(f"<th>{name}</th>" for name in example.FEATURES)
    lines = (("in", x), ("out", outcome.value))
    body = "".join(f"<tr><th>{name}</th>{''.join(map(_cell, row))}</tr>" for name, row in lines)
    return f"{TABLE}<tr><th></th>{head}</tr>{body}</table>"


def sizes(pre_norm: Callable[..., Array], std: float, scaled: bool) -> str:
    """Return HTML: the root mean square of the stream behind more and more fresh blocks.

    ``scaled`` divides what the parts add by the root of how many there are. The blocks of a
    deeper stack begin with those of a shallower one.
    """
    x = np.random.default_rng(0).standard_normal((T, D))
    found = []
    for depth in DEPTHS:
        parts = fresh(depth, std, scaled)
        outcome = call(pre_norm, (x, parts, [_normal] * len(parts), _itself))
        if outcome.error:
            return failed(pre_norm, outcome.error, outcome.detail)
        found.append(math.sqrt(np.square(outcome.value).mean()))
    most = max(found)
    body = "".join(_bar(depth, size, most) for depth, size in zip(DEPTHS, found, strict=True))
    return f"{TABLE}<tr><th>blocks</th><th>size</th><th></th></tr>{body}</table>"


def fresh(depth: int, std: float, scaled: bool) -> list[Map]:
    """Return the parts of ``depth`` blocks: an average of what came before, and an MLP, by turns.

    The average stands for a fresh attention, whose weights are nearly equal.
    """
    rng = np.random.default_rng(1)
    parts: list[Map] = []
    factor = 1 / math.sqrt(2 * depth) if scaled else 1.0
    for _ in range(depth):
        value, out = std * rng.standard_normal((2, D, D))
        up, down = std * rng.standard_normal((2, F, D))
        parts.append(partial(_average, weight=factor * value.T @ out.T))
        parts.append(partial(_bent, up=up, down=factor * down))
    return parts


def _average(x: Array, weight: Array) -> Array:
    earlier = np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None]
    return earlier @ weight


def _bent(x: Array, up: Array, down: Array) -> Array:
    return gelu_forward(x @ up.T)[0] @ down


def _normal(x: Array) -> Array:
    return layernorm_forward(x, np.ones(D), np.zeros(D))[0]


def _itself(x: Array) -> Array:
    return x


def _cell(value: float) -> str:
    colour = TEAL if value > 0 else OCHRE
    return f'<td style="{CELL};{shade(colour, abs(value) / FULLEST)}">{fixed(value, 2)}</td>'


def _bar(depth: int, size: float, most: float) -> str:
    width = 100 * size / most if most else 0.0
    return (
        f'<tr><td style="{CELL}">{depth}</td><td style="{CELL}">{size:.2f}</td>'
        f'<td style="width:16rem"><div style="background:{ink(TEAL)};height:0.9em;'
        f'width:{width:.1f}%"></div></td></tr>'
    )


def blocks(layernorm: object, pre_norm: object) -> None:
    """Show what the learner's ``layernorm`` does not see, and the stream of their ``pre_norm``.

    Each shows as soon as its function passes its check.
    """
    from .. import blocks as checks

    show_solved((checks.layernorm, layernorm, _invariance), (checks.pre_norm, pre_norm, _depth))


def _invariance(layernorm: Callable) -> object:
    import ipywidgets as widgets

    factor = widgets.FloatSlider(1, min=-3, max=3, description="Multiply by", layout=FULL, **SHORT)
    shift = widgets.FloatSlider(0, min=-10, max=10, description="Add", layout=FULL, **SHORT)
    eps = widgets.FloatLogSlider(
        EPS, min=-5, max=1, step=0.5, description="Epsilon", layout=FULL, **SHORT
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = rows(layernorm, factor.value, shift.value, eps.value)

    return shown(draw, "LayerNorm of <code>t</code>", (factor, shift, eps), page)


def _depth(pre_norm: Callable) -> object:
    import ipywidgets as widgets

    std = widgets.FloatLogSlider(
        0.1, min=-2, max=-0.3, step=0.1, description="Weights", layout=FULL, **SHORT
    )
    scaled = widgets.Checkbox(False, description="divide by √(2L)", indent=False)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = sizes(pre_norm, std.value, scaled.value)

    return shown(draw, "The stream behind L blocks", (std, scaled), page)


def shown(draw: Callable, title: str, controls: tuple, page: object) -> object:
    """Draw now and whenever a control is moved; return title, controls and page together."""
    import ipywidgets as widgets

    draw()
    for control in controls:
        control.observe(draw, "value")
    return widgets.VBox([widgets.HTML(f"<b>{title}</b>"), *controls, page])
