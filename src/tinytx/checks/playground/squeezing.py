"""The playground of chapter 12: tokens a second that a machine allows, and rows of few bits."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np

from ..call import call
from .parts import FULL, OCHRE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

Array = np.ndarray
BATCHES = tuple(2**i for i in range(11))
ONCE = ("embedding", "head")  # the parts that do not come again in each block
ROWS, COLUMNS, LARGE = 24, 64, 5  # of the matrix that is rounded, and which row is not like others
WIDE, HIGH, FOOT = 600, 160, 16  # of the picture, and of the line below it


def written(
    least_time: Callable[..., float], peak: float, bandwidth: float, overhead: float, S: int
) -> str:
    """Return HTML: at most so many tokens a second GPT-2 writes, for growing batches of texts.

    Each text has S positions, those in the cache and the new one.
    """
    rates = []
    for batch in BATCHES:
        given = operations(batch, S)
        outcome = call(least_time, (*given, peak, bandwidth, overhead))
        if outcome.error:
            return failed(least_time, outcome.error, outcome.detail)
        rates.append(batch / float(outcome.value) * 1e6)
    says = (
        f"Batches of 1, 2, 4 and so on to {BATCHES[-1]:,} texts. One text: {rates[0]:,.0f} tokens a"
        f" second at most. {BATCHES[-2]:,} texts: {rates[-2]:,.0f}. {BATCHES[-1]:,} texts:"
        f" {rates[-1]:,.0f}."
    )
    return picture(np.array(rates) / max(rates), (), says, [f"{batch:,}" for batch in BATCHES])


def operations(batch: int, S: int) -> tuple[Array, Array]:
    """Return arithmetic and traffic of each call of a step of GPT-2 that writes a token."""
    from ...presets import PRESETS
    from ...speed.steps import decoding_step

    config = PRESETS["gpt2"]
    flops, traffic = [], []
    for one in decoding_step(config, batch, S):
        calls = 1 if one.part in ONCE else config.n_layer
        flops += calls * [one.flops / calls]
        traffic += calls * [one.bytes / calls]
    return np.array(flops), np.array(traffic)


def rounded(quantized: Callable[..., object], bits: int, large: float, draw: int = 0) -> str:
    """Return HTML: how far the numbers of each row are off once they are codes.

    One row has a single number ``large``; of that row the others are told.
    """
    x = np.random.default_rng(draw).standard_normal((ROWS, COLUMNS))
    x[LARGE, 0] = large
    outcome = call(quantized, (x, bits))
    if outcome.error:
        return failed(quantized, outcome.error, outcome.detail)
    codes, scale, zero = (np.asarray(part, dtype=np.float64) for part in outcome.value)
    off = (codes - zero[:, None]) * scale[:, None] - x
    errors = np.sqrt(np.square(off[:, 1:]).mean(axis=1))
    rest = np.delete(errors, LARGE).mean()
    says = (
        f"Numbers of spread 1 are off by {errors[LARGE]:.3f} in the row with the large number, and"
        f" by {rest:.3f} in the other rows, on average. That row uses"
        f" {len(np.unique(codes[LARGE]))} of {2**bits} codes."
    )
    return picture(errors, (LARGE,), says)


def picture(heights: Array, chosen: Sequence[int], says: str, names: Sequence[str] = ()) -> str:
    """Return HTML: a bar for each height from 0 to 1, in two colours, and words below them."""
    step, bars, foot = WIDE / len(heights), "", FOOT if names else 0
    for i, height in enumerate(heights.clip(0, 1) * HIGH):
        colour = OCHRE if i in chosen else TEAL
        bars += (
            f'<rect x="{i * step + 1:.1f}" y="{HIGH - height:.1f}" width="{step - 2:.1f}"'
            f' height="{height:.1f}" fill="{ink(colour)}"/>'
        )
    for i, name in enumerate(names):
        bars += (
            f'<text x="{(i + 0.5) * step:.1f}" y="{HIGH + 13}" font-size="12" fill="currentColor"'
            f' text-anchor="middle">{html.escape(name)}</text>'
        )
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH + foot}" role="img" aria-label="{html.escape(says)}"'
        f' style="width:100%;max-width:46rem">{bars}</svg><p>{says}</p>'
    )


def speed(least_time: object, quantized: object) -> None:
    """Show what the learner's ``least_time`` allows a machine, and what ``quantized`` rounds off.

    Each shows as soon as its function passes its check.
    """
    from .. import speed as checks

    show_solved((checks.least_time, least_time, _limits), (checks.quantized, quantized, _bits))


def _limits(least_time: Callable) -> object:
    import ipywidgets as widgets

    options = {"base": 10, "step": 0.1, "layout": FULL, "readout_format": ".3g", **SHORT}
    peak = widgets.FloatLogSlider(100, min=1, max=6, description="Peak, GFLOP/s", **options)
    bandwidth = widgets.FloatLogSlider(10, min=0, max=4, description="Bandwidth, GB/s", **options)
    overhead = widgets.FloatSlider(
        2, min=0, max=50, step=1, description="Overhead of a call, µs", layout=FULL, **SHORT
    )
    S = widgets.IntSlider(
        1, min=1, max=1024, description="Positions of each text", layout=FULL, **SHORT
    )
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = written(least_time, peak.value, bandwidth.value, overhead.value, S.value)

    return shown(draw, "Tokens a second, at most", (peak, bandwidth, overhead, S), page)


def _bits(quantized: Callable) -> object:
    import ipywidgets as widgets

    options = {"layout": FULL, **SHORT}
    bits = widgets.IntSlider(4, min=2, max=8, description="Bits", **options)
    large = widgets.FloatSlider(20, min=1, max=100, step=1, description="Large number", **options)
    draws = widgets.IntSlider(0, min=0, max=20, description="Draw of the rows", **options)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = rounded(quantized, bits.value, large.value, draws.value)

    return shown(draw, "Errors of rounding, row by row", (bits, large, draws), page)
