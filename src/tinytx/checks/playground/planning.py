"""The playground of chapter 14: what is left of a mask, and from which stage on a model fits."""

from __future__ import annotations

import html
from collections.abc import Callable

import numpy as np

from ..call import call
from .parts import CELL, FULL, OCHRE, TABLE, TEAL, failed, ink, show_solved
from .stacking import SHORT, shown

Array = np.ndarray
T = 24  # tokens in a row
SIDE = 12  # of a cell of the mask, in units of the picture
GB = 10**9
BAR = 14.0  # em, of the most that is shown


def packed(places: Callable[..., object], length: int, padding: int) -> str:
    """Return HTML: the mask of a row of documents of one ``length``, and padding at its end."""
    documents = np.arange(T) // length
    documents[T - padding :] = -1
    outcome = call(places, (documents,))
    if outcome.error:
        return failed(places, outcome.error, outcome.detail)
    place, mask = outcome.value
    left, causal = int(mask.sum()), T * (T + 1) // 2
    says = (
        f"Of the {causal} scores that a causal mask allows, {left} are left: {left / causal:.0%}."
        f" The highest place is {place.max()}."
    )
    return picture(mask, documents < 0, says)


def picture(mask: Array, padding: Array, says: str) -> str:
    """Return HTML: a square for each True, padding in another colour, and words below it."""
    squares = "".join(
        f'<rect x="{s * SIDE}" y="{t * SIDE}" width="{SIDE - 1}" height="{SIDE - 1}"'
        f' fill="{ink(OCHRE if padding[t] else TEAL)}"/>'
        for t, s in np.argwhere(mask).tolist()
    )
    high = len(mask) * SIDE
    frame = f'<rect width="{high}" height="{high}" fill="none" stroke="currentColor"/>'
    return (
        f'<svg viewBox="0 0 {high} {high}" role="img" aria-label="{html.escape(says)}"'
        f' style="width:100%;max-width:20rem">{frame}{squares}</svg><p>{html.escape(says)}</p>'
    )


def planned(
    fits: Callable[..., object], billions: float, frozen: float, ranks: int, room: int
) -> str:
    """Return HTML: what each stage takes on a rank that has room for so many gigabytes.

    ``frozen`` is the share of the parameters that is not trained.
    """
    parameters = round(billions * 10**9)
    still = round(frozen * parameters)
    stages, first = [], None
    for stage in range(4):
        outcome = call(fits, (parameters - still, still, ranks, stage, room * GB))
        if outcome.error:
            return failed(fits, outcome.error, outcome.detail)
        used, fit = outcome.value
        stages.append((used / GB, bool(fit)))
        first = stage if fit and first is None else first
    says = "No stage fits." if first is None else f"The first that fits is stage {first}."
    most = max(room, *(used for used, _ in stages))
    rows = "".join(_row(stage, *one, room, most) for stage, one in enumerate(stages))
    head = "<tr><th>stage</th><th>GB</th><th>fits</th><th></th></tr>"
    return f"{TABLE}{head}{rows}</table><p>{says} The line is the room of a rank.</p>"


def _row(stage: int, used: float, fit: bool, room: int, most: float) -> str:
    colour = TEAL if fit else OCHRE
    width, end = (BAR * gigabytes / most for gigabytes in (used, room))
    bar = (
        f'<div style="position:relative;width:{BAR}em;height:0.9em">'
        f'<div style="width:{width:.2f}em;height:100%;background:{ink(colour)}"></div>'
        f'<div style="position:absolute;top:0;left:{end:.2f}em;height:100%;'
        'border-left:2px solid currentColor"></div></div>'
    )
    entries = stage, f"{used:,.2f}", "yes" if fit else "no"
    cells = "".join(f'<td style="{CELL}">{text}</td>' for text in entries)
    return f"<tr>{cells}<td>{bar}</td></tr>"


def real_data(places_and_mask: object, fits: object) -> None:
    """Show what the learner's ``places_and_mask`` makes of a row, and ``fits`` of a model.

    Each shows as soon as its function passes its check.
    """
    from .. import real_data as checks

    show_solved((checks.places_and_mask, places_and_mask, _packing), (checks.fits, fits, _memory))


def _packing(places: Callable) -> object:
    import ipywidgets as widgets

    options = {"layout": FULL, **SHORT}
    length = widgets.IntSlider(6, min=1, max=T, description="Tokens in a document", **options)
    padding = widgets.IntSlider(2, min=0, max=T - 1, description="Padding", **options)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = packed(places, length.value, padding.value)

    return shown(draw, "A packed row, and who sees whom", (length, padding), page)


def _memory(fits: Callable) -> object:
    import ipywidgets as widgets

    options = {"layout": FULL, **SHORT}
    billions = widgets.FloatLogSlider(
        7.0, base=10, min=-1, max=3, step=0.05, description="Billions of parameters", **options
    )
    frozen = widgets.FloatSlider(
        0.0, min=0, max=1, step=0.01, description="Share that is frozen", **options
    )
    ranks = widgets.IntSlider(8, min=1, max=64, description="Ranks", **options)
    room = widgets.IntSlider(24, min=8, max=192, description="GB of each rank", **options)
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = planned(fits, billions.value, frozen.value, ranks.value, room.value)

    return shown(draw, "What a rank holds", (billions, frozen, ranks, room), page)
