"""The playground of chapter 11: a hundred experiments whose truth is known, and their intervals."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ...wording import fixed
from ..call import calls
from .parts import FULL, OCHRE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

Array = np.ndarray
EXPERIMENTS, DRAWS = 100, 400  # shown side by side; resamples of each bootstrap
MEAN, OWN = 2.0, 0.02  # of a loss; what a run deviates by that its partner does not
SLOWER, SECONDS = 0.05, 0.6  # the true change of the time; what a run's time deviates by
WIDE, HIGH = 600, 160  # of the picture


def compared(
    paired: Callable[..., Array], n: int, difference: float, shared: float, draw: int = 0
) -> str:
    """Return HTML: the interval of each experiment of n seeds, and how wide unpaired ones are.

    ``draw`` says which hundred experiments.
    """
    from scipy.stats import t  # here, so that no answer's time limit pays for loading it

    from ...experiments.statistics import unpaired_difference

    @cache
    def quantile(freedom: int) -> float:
        return float(t.ppf(0.975, freedom))

    rng = np.random.default_rng(draw)
    given, unpaired = [], []
    for _ in range(EXPERIMENTS):
        both = MEAN + shared * rng.normal(size=n) + OWN * rng.normal(size=(2, n))
        a, b = both[0], both[1] + difference
        arms = [dict(enumerate(arm.tolist())) for arm in (a, b)]
        given.append((*arms, quantile))
        other = unpaired_difference(a, b)
        unpaired.append(other.high - other.low)
    ends = []
    for outcome in calls(paired, given):
        if outcome.error:
            return failed(paired, outcome.error, outcome.detail)
        ends.append(np.asarray(outcome.value, dtype=np.float64)[1:])
    page = picture(np.array(ends), difference)
    return f"{page}<p>Unpaired they would be {np.mean(unpaired):.3f} wide, on average.</p>"


def resampled(bootstrap: Callable[..., Array], n: int, level: float, draw: int = 0) -> str:
    """Return HTML: the percentile interval of each experiment of n seeds."""
    rng = np.random.default_rng(draw)
    given = []
    for _ in range(EXPERIMENTS):
        a, b = 10 + SECONDS * rng.normal(size=(2, n))
        given.append((a, b * (1 + SLOWER), rng.integers(n, size=(DRAWS, n)), level))
    ends = []
    for outcome in calls(bootstrap, given):
        if outcome.error:
            return failed(bootstrap, outcome.error, outcome.detail)
        ends.append(np.asarray(outcome.value, dtype=np.float64))
    return picture(np.array(ends), SLOWER)


def picture(ends: Array, truth: float) -> str:
    """Return HTML: intervals (E, 2) side by side, and in words how many miss the truth."""
    missed = (ends[:, 0] > truth) | (ends[:, 1] < truth)
    reach = np.abs(ends - truth).max() or 1.0
    heights = HIGH / 2 * (1 - (ends - truth) / reach)  # from the top, as SVG counts
    lines = "".join(
        f'<line x1="{x}" x2="{x}" y1="{y[1]:.1f}" y2="{y[0]:.1f}" stroke="{ink(colour)}"'
        ' stroke-width="3"/>'
        for i, y in enumerate(heights)
        for x, colour in [((i + 0.5) * WIDE / len(ends), OCHRE if missed[i] else TEAL)]
    )
    says = (
        f"{missed.sum()} of {len(ends)} intervals miss the truth, {fixed(truth, 3)}. They are"
        f" {(ends[:, 1] - ends[:, 0]).mean():.3f} wide, on average."
    )
    middle = f'<line x1="0" x2="{WIDE}" y1="{HIGH / 2}" y2="{HIGH / 2}" stroke="currentColor"/>'
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{html.escape(says)}"'
        f' style="width:100%;max-width:46rem">{lines}{middle}</svg><p>{says}</p>'
    )


def experiments(paired: object, bootstrap: object) -> None:
    """Show how often the intervals of the learner's ``paired`` and ``bootstrap`` hold the truth.

    Each shows as soon as its function passes its check.
    """
    from .. import experiments as checks

    show_solved((checks.paired, paired, _pairs), (checks.bootstrap, bootstrap, _draws))


def _pairs(paired: Callable) -> object:
    import ipywidgets as widgets

    options = {"step": 0.01, "layout": FULL, "readout_format": ".2f", **SHORT}
    seeds, draws, page = _seeds(), _which(), widgets.HTML(layout=FULL)
    difference = widgets.FloatSlider(
        -0.02, min=-0.05, max=0.05, description="True difference", **options
    )
    shared = widgets.FloatSlider(
        0.1, min=0, max=0.3, description="Spread that both arms share", **options
    )

    def draw(_: object = None) -> None:
        page.value = compared(paired, seeds.value, difference.value, shared.value, draws.value)

    return shown(draw, "Intervals of paired differences", (seeds, difference, shared, draws), page)


def _draws(bootstrap: Callable) -> object:
    import ipywidgets as widgets

    seeds, draws, page = _seeds(), _which(), widgets.HTML(layout=FULL)
    level = widgets.FloatSlider(
        0.95, min=0.5, max=0.99, step=0.01, description="Level", layout=FULL, **SHORT
    )

    def draw(_: object = None) -> None:
        page.value = resampled(bootstrap, seeds.value, level.value, draws.value)

    return shown(draw, "Intervals of the bootstrap", (seeds, level, draws), page)


def _seeds() -> Any:
    import ipywidgets as widgets

    return widgets.IntSlider(5, min=3, max=30, description="Seeds", layout=FULL, **SHORT)


def _which() -> Any:
    import ipywidgets as widgets

    return widgets.IntSlider(0, min=0, max=20, description="Another hundred", layout=FULL, **SHORT)
