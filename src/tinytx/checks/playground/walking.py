"""The playground of chapter 07: a schedule, and AdamW's way down a steep valley."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from ..call import call, calls
from .parts import FULL, OCHRE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

WIDTH, HEIGHT, EDGE = 420, 180, 12  # of the figures, in pixels
START, STEEP = (-4.0, 1.5), (0.05, 5.0)  # where the walk begins; half the curvature along, across
ACROSS, UP = 5.0, 2.0  # what the figure shows, to either side of the middle
LEVELS = (0.2, 1, 5)  # of the loss, for which a line is drawn
THIN = 'fill="none" stroke="currentColor" stroke-opacity="0.45"'
STEPS = 60


def curve(get_lr: Callable[..., float], steps: int, warmup: int, fall: int) -> str:
    """Return HTML: the rate of each step, and what the corners are."""
    warmup, fall = min(warmup, steps), min(fall, max(0, steps - warmup))
    rates = []
    for outcome in calls(get_lr, [(step, 1.0, steps, warmup, fall) for step in range(steps + 1)]):
        if outcome.error:
            return failed(get_lr, outcome.error, outcome.detail)
        rates.append(float(outcome.value))
    points = [
        (EDGE + (WIDTH - 2 * EDGE) * i / steps, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * rate)
        for i, rate in enumerate(rates)
    ]
    zero = HEIGHT - EDGE
    floor = f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{zero}" y2="{zero}" {THIN}/>'
    return _picture(points, "The learning rate over the steps", floor) + (
        f"<p>Together as much as {sum(rates):.1f} steps at the full rate; at step 0:"
        f" {rates[0]:.3f}, at the last: {rates[-2]:.3f}.</p>"
    )


def walk(adamw_step: Callable[..., tuple], lr: float, beta1: float, beta2: float) -> str:
    """Return HTML: the way of a point of two weights down a valley, and where it ends."""
    w, m, v = np.array(START), np.zeros(2), np.zeros(2)
    steep = np.array(STEEP)
    places = [w]
    for t in range(1, STEPS + 1):
        outcome = call(adamw_step, (w, 2 * steep * w, m, v, t, lr, beta1, beta2, 1e-8, 0.0))
        if outcome.error:
            return failed(adamw_step, outcome.error, outcome.detail)
        w, m, v = map(np.asarray, outcome.value)
        places.append(w)
    points = [_place(place) for place in places]
    loss = [float((steep * place**2).sum()) for place in (places[0], places[-1])]
    moves = [float(np.abs(b - a).max()) for a, b in itertools.pairwise(places)]
    said = "The way of two weights, over lines of equal loss"
    return _picture(points, said, _contours(), mark=True) + (
        f"<p>On the thin lines the loss is {LEVELS[0]}, {LEVELS[1]} and {LEVELS[2]}.</p>"
        f"<p>Loss {loss[0]:.2f} → {loss[1]:.4f} after {STEPS} steps. Longest move of a weight:"
        f" {max(moves):.3f}, the last one: {moves[-1]:.3f}.</p>"
    )


def _place(w: np.ndarray) -> tuple[float, float]:
    x, y = np.clip(w, (-ACROSS, -UP), (ACROSS, UP))
    return WIDTH * (x + ACROSS) / (2 * ACROSS), HEIGHT * (UP - y) / (2 * UP)


def _contours() -> str:
    """Return SVG: where the loss is the same, for a few losses, and its lowest point."""
    centre = f'cx="{WIDTH / 2:g}" cy="{HEIGHT / 2:g}"'
    goal = f'<circle {centre} r="6" fill="none" stroke="{ink(OCHRE)}" stroke-width="2"/>'
    return goal + "".join(
        f'<ellipse {centre} rx="{WIDTH * along / (2 * ACROSS):.1f}"'
        f' ry="{HEIGHT * across / (2 * UP):.1f}" {THIN}/>'
        for along, across in (np.sqrt(level / np.array(STEEP)) for level in LEVELS)
    )


def _picture(points: list[tuple[float, float]], label: str, behind: str, mark: bool = False) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in points) if mark else ""
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="width:{WIDTH}px;max-width:100%" role="img"'
        f' aria-label="{label}">{behind}'
        f'<polyline points="{line}" fill="none" stroke="{ink(TEAL)}" stroke-width="2"/>'
        f'<g fill="{ink(TEAL)}">{dots}</g></svg>'
    )


def training(get_lr: object, adamw_step: object) -> None:
    """Show the learner's schedule, and where their AdamW leads; each as soon as it is right."""
    from .. import training as checks

    show_solved((checks.get_lr, get_lr, _schedule), (checks.adamw_step, adamw_step, _valley))


def _schedule(get_lr: Callable) -> object:
    import ipywidgets as widgets

    sizes = {"Steps": (100, 10, 200), "Warm-up": (10, 0, 100), "Fall": (20, 0, 100)}
    controls = tuple(
        widgets.IntSlider(at, min=low, max=high, description=name, layout=FULL, **SHORT)
        for name, (at, low, high) in sizes.items()
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = curve(get_lr, *(control.value for control in controls))

    return shown(draw, "The learning rate", controls, page)


def _valley(adamw_step: Callable) -> object:
    import ipywidgets as widgets

    rate = widgets.FloatLogSlider(
        0.2, min=-2, max=math.log10(3), step=0.1, description="Rate", layout=FULL, **SHORT
    )
    betas = tuple(
        widgets.FloatSlider(
            at, min=0, max=0.999, step=0.001, readout_format=".3f", description=name,
            layout=FULL, **SHORT,
        )
        for name, at in (("β₁", 0.9), ("β₂", 0.99))
    )  # fmt: skip
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = walk(adamw_step, rate.value, *(beta.value for beta in betas))

    return shown(draw, "Down a valley", (rate, *betas), page)
