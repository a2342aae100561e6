"""The playground of chapter 06: the learner's gradients against differences, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...manual.loss import cross_entropy_forward
from ...manual.norm import EPS, layernorm_forward
from ...manual.softmax import softmax_forward
from ...wording import fixed
from ..arrays import draw
from ..call import Outcome, call
from .parts import FULL, OCHRE, TEAL, failed, ink, solved

Array = np.ndarray

STEPS = 10.0 ** -np.arange(1, 13)
LOWEST, HIGHEST = -13, 1  # powers of ten on the figure's vertical axis
WIDTH, HEIGHT, LEFT, BOTTOM = 420, 220, 48, 34  # of the figure, in pixels

X, DY, GAMMA = draw(1, 4, 6, seed=1), draw(1, 4, 6, seed=2), draw(6, seed=3)
TARGETS = np.array([[5, 0, 3, 0]])


@dataclass(frozen=True)
class Operation:
    """A forward pass, and the arguments of the learner's function at the same numbers."""

    forward: Callable[[Array], Any]  # from X to a number, or to an array that DY weights
    arguments: tuple[object, ...]
    first: bool  # whether the gradient of X is the first of several results

    def gradient(self, fn: Callable) -> Outcome:
        """Return what the learner's function does."""
        return call(fn, self.arguments)

    def dx(self, outcome: Outcome) -> Array:
        """Return the gradient of X in what the learner's function gave."""
        return outcome.value[0] if self.first else outcome.value

    def slopes(self, h: float) -> Array:
        """Return two-sided differences with the step ``h``, one for each number of X."""
        found = np.empty_like(X)
        for at in np.ndindex(X.shape):
            plus, minus = X.copy(), X.copy()
            plus[at] += h
            minus[at] -= h
            found[at] = np.sum(self.forward(plus) - self.forward(minus)) / (2 * h)
        return found


OPERATIONS = {
    "softmax": Operation(
        lambda x: softmax_forward(x)[0] * DY, (DY, softmax_forward(X)[0]), first=False
    ),
    "layer norm": Operation(
        lambda x: layernorm_forward(x, GAMMA, None, EPS)[0] * DY, (DY, X, GAMMA, EPS), first=True
    ),
    "cross-entropy": Operation(
        lambda x: cross_entropy_forward(x, TARGETS)[0], (X, TARGETS), first=False
    ),
}


def page(name: str, fn: Callable, h: float) -> str:
    """Return HTML: the largest error of the differences for every step, and that for ``h``."""
    operation = OPERATIONS[name]
    outcome = operation.gradient(fn)
    if outcome.error:
        return failed(fn, outcome.error, outcome.detail)
    dx, here = operation.dx(outcome), operation.slopes(h)
    errors = [np.abs(operation.slopes(step) - dx).max() for step in STEPS]
    error = np.abs(here - dx).max()
    said = (
        f"<p>Step {h:.1e}. First number: yours {fixed(dx.flat[0], 9)}, by difference"
        f" {fixed(here.flat[0], 9)}. Largest error of all {dx.size}: {error:.1e}.</p>"
    )
    return said + figure(errors, h, error)


def figure(errors: list[float], h: float, error: float) -> str:
    """Return SVG: the errors over the steps, both logarithmic, and where ``h`` is."""
    points = [_place(step, e) for step, e in zip(STEPS, errors, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    x, y = _place(h, error)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="width:{WIDTH}px;max-width:100%"'
        ' role="img" fill="currentColor" font-size="11"'
        ' aria-label="Error of the two-sided difference over the step h, both logarithmic">'
        f"{_ticks()}"
        f'<polyline points="{line}" fill="none" stroke="{ink(TEAL)}" stroke-width="2"/>'
        f'<g fill="{ink(TEAL)}">{dots}</g>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="{ink(OCHRE)}"'
        ' stroke-width="3"/></svg>'
    )


def _place(h: float, error: float) -> tuple[float, float]:
    """Return where a step and its error lie in the figure; small steps lie on the left."""
    power = max(LOWEST, min(HIGHEST, math.log10(error))) if error > 0 else LOWEST
    across = (math.log10(h) + 12) / 11
    up = (power - LOWEST) / (HIGHEST - LOWEST)
    return LEFT + across * (WIDTH - LEFT - 16), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - 12)


def _ticks() -> str:
    """Return the powers of ten along both axes, and what the axes are."""
    across = [
        f'<text x="{_place(10.0**p, 1)[0]:.1f}" y="{HEIGHT - 18}" text-anchor="middle">1e{p}</text>'
        for p in range(-12, 0, 2)
    ]
    up = [
        f'<text x="{LEFT - 8}" y="{_place(0.1, 10.0**p)[1] + 4:.1f}" text-anchor="end">1e{p}</text>'
        for p in range(-12, 1, 4)
    ]
    middle = LEFT + (WIDTH - LEFT) / 2
    names = f'<text x="{middle:.0f}" y="{HEIGHT - 3}" text-anchor="middle">step h</text>'
    return "".join([*across, *up, names, '<text x="0" y="11">error</text>'])


def backprop(softmax_gradient: object, layernorm_gradient: object, entropy: object) -> None:
    """Show the learner's gradients beside two-sided differences, for every step.

    An operation can be chosen as soon as its function passes its check; ``entropy`` is the
    learner's ``cross_entropy_gradient``.
    """
    from .. import backprop as checks

    given = {
        "softmax": (checks.softmax_gradient, softmax_gradient),
        "layer norm": (checks.layernorm_gradient, layernorm_gradient),
        "cross-entropy": (checks.cross_entropy_gradient, entropy),
    }
    right: dict[str, Any]
    right = {n: fn for n, (check, fn) in given.items() if callable(fn) and solved(check, fn)}
    if right:
        from IPython.display import display

        display(_widget(right))


def _widget(functions: dict[str, Callable]) -> object:
    import ipywidgets as widgets

    choice = widgets.ToggleButtons(options=list(functions), description="Operation")
    step = widgets.FloatLogSlider(
        1e-5, min=-12, max=-1, step=0.5, description="Step h", layout=FULL, readout_format=".1e"
    )
    shown = widgets.HTML(layout=FULL)

    def draw_page(_: object = None) -> None:
        shown.value = page(choice.value, functions[choice.value], step.value)

    draw_page()
    for control in (choice, step):
        control.observe(draw_page, "value")
    title = widgets.HTML("<b>Your gradients against differences</b>")
    return widgets.VBox([title, choice, step, shown])
