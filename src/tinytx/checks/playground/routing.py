"""The playground of chapter 13: what a turn does to a score, and where tokens are sent."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np

from ...wording import fixed
from ..call import call
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

Array = np.ndarray
FAR, WIDTH = 64, 16  # distances that are drawn, numbers of a query
TOKENS, EXPERTS, D = 64, 8, 8
WIDE, HIGH = 600, 160  # of the picture
BAR = 12.0  # em, of a share of one


def turned(rotate: Callable[..., Array], start: int, distance: int, base: float) -> str:
    """Return HTML: how well a query fits a key before it, for every distance.

    The two are the same vector before they are turned. The key stands at ``start``.
    """
    found = []
    for first in (start, 0):
        x = np.ones((1, 1, FAR, WIDTH))
        outcome = call(rotate, (x, first, base))
        if outcome.error:
            return failed(rotate, outcome.error, outcome.detail)
        both = np.asarray(outcome.value, dtype=np.float64)[0, 0]
        found.append(both @ both[0] / WIDTH)  # of queries at start + distance with the key at start
    scores, still = found
    says = (
        f"At distance {distance} the score is {fixed(scores[distance], 3)} of what it is at 0."
        f" It has moved by {np.abs(scores - still).max():.1e} at most since the key stood at 0."
    )
    return picture(scores, distance, says)


def picture(scores: Array, chosen: int, says: str) -> str:
    """Return HTML: a bar for each score, up or down from the middle, and words below it."""
    step = WIDE / len(scores)
    bars = ""
    for i, score in enumerate(scores.clip(-1, 1)):
        top, height = HIGH / 2 * (1 - max(score, 0.0)), HIGH / 2 * abs(score)
        colour = OCHRE if i == chosen else TEAL
        bars += (
            f'<rect x="{i * step + 1:.1f}" y="{top:.1f}" width="{step - 2:.1f}"'
            f' height="{height:.1f}" fill="{ink(colour)}"/>'
        )
    middle = f'<line x1="0" x2="{WIDE}" y1="{HIGH / 2}" y2="{HIGH / 2}" stroke="currentColor"/>'
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{html.escape(says)}"'
        f' style="width:100%;max-width:46rem">{bars}{middle}</svg><p>{says}</p>'
    )


def sent(routed: Callable[..., object], k: int, preference: float, draw: int = 0) -> str:
    """Return HTML: which part of all assignments each expert got, and the balance loss.

    ``preference`` is added to the score of the first expert, of every token.
    """
    rng = np.random.default_rng(draw)
    x, router = rng.normal(size=(TOKENS, D)), rng.normal(size=(EXPERTS, D)) / D**0.5
    x[:, 0], router[:, 0] = 1.0, 0.0  # what all tokens have in common, and nobody reads
    router[0, 0] = preference
    asked = np.zeros(EXPERTS, dtype=int)
    outcome = call(routed, (x, router, [_counting(asked, i) for i in range(EXPERTS)], k))
    if outcome.error:
        return failed(routed, outcome.error, outcome.detail)
    body = "".join(_row(i + 1, share) for i, share in enumerate(asked / (TOKENS * k)))
    return (
        f"{TABLE}<tr><th>expert</th><th>share</th><th></th></tr>{body}</table>"
        f"<p>The balance loss is {outcome.value[1]:.3f}.</p>"
    )


def _counting(asked: Array, i: int) -> Callable[[Array], Array]:
    def expert(x: Array) -> Array:
        asked[i] += len(np.atleast_2d(x))
        return 1.0 * x

    return expert


def _row(number: int, share: float) -> str:
    bar = f'<div style="width:{BAR * share:.2f}em;height:0.9em;background:{ink(TEAL)}"></div>'
    cells = "".join(f'<td style="{CELL}">{text}</td>' for text in (number, f"{share:.3f}"))
    return f"<tr>{cells}<td>{bar}</td></tr>"


def modern_blocks(rotate_pairs: object, routed: object) -> None:
    """Show what the learner's ``rotate_pairs`` does to scores, and ``routed`` to tokens.

    Each shows as soon as its function passes its check.
    """
    from .. import modern_blocks as checks

    show_solved((checks.rotate_pairs, rotate_pairs, _turns), (checks.routed, routed, _routes))


def _turns(rotate: Callable) -> object:
    import ipywidgets as widgets

    options = {"layout": FULL, **SHORT}
    start = widgets.IntSlider(0, min=0, max=500, description="Position of the key", **options)
    distance = widgets.IntSlider(3, min=0, max=FAR - 1, description="Distance", **options)
    base = widgets.FloatLogSlider(
        10_000.0, base=10, min=1, max=6, step=0.25, description="Base", **options
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = turned(rotate, start.value, distance.value, base.value)

    return shown(draw, "A query and a key, turned", (start, distance, base), page)


def _routes(routed: Callable) -> object:
    import ipywidgets as widgets

    options = {"layout": FULL, **SHORT}
    k = widgets.IntSlider(2, min=1, max=4, description="Experts for each token", **options)
    preference = widgets.FloatSlider(
        0.0, min=0, max=8, step=0.25, description="Preference for the first", **options
    )
    draws = widgets.IntSlider(0, min=0, max=20, description="Other tokens", **options)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = sent(routed, k.value, preference.value, draws.value)

    return shown(draw, "Tokens and their experts", (k, preference, draws), page)
