"""What the playgrounds share: what is shown once it is solved, and how cells of a table look."""

from __future__ import annotations

import html
from collections.abc import Callable

from ..check import Check

TEAL = "15,118,110"  # behind numbers, as strong as the number is large
OCHRE = "180,83,9"  # behind numbers below zero
STRENGTH = 75  # per cent of a colour in lines and bars; the rest is the colour of the text
STRONGEST = 60  # per cent of such a colour behind a number, which stays legible
FULL = {"width": "auto", "max_width": "46rem"}  # of a control or a page: margins fit beside it
TABLE = '<table style="line-height:1.3">'  # JupyterLab sets the lines of a widget far apart
CELL = "padding:2px 8px;text-align:right;font-variant-numeric:tabular-nums"

Widget = Callable[[Callable], object]  # makes an ipywidgets widget over a learner's function


def ink(colour: str) -> str:
    """Return a colour for lines and bars: lighter where the page is dark, darker where it is light.

    >>> ink(TEAL)
    'color-mix(in srgb, rgb(15,118,110) 75%, currentColor)'
    """
    return f"color-mix(in srgb, rgb({colour}) {STRENGTH}%, currentColor)"


def shade(colour: str, share: float) -> str:
    """Return the style of a cell that is as strongly coloured as ``share``, from 0 to 1, is large.

    Small shares get more than their part, so that they can be told from nothing on a dark page.

    >>> [shade(TEAL, share).split()[-2] for share in (0, 0.04, 0.5, 1)]
    ['0%,', '6%,', '37%,', '60%,']
    """
    strength = STRONGEST * min(1.0, max(0.0, share)) ** 0.7
    return f"background:color-mix(in srgb, {ink(colour)} {strength:.0f}%, transparent)"


def solved(check: Check, fn: object) -> bool:
    """Return whether ``fn`` passes ``check``, without a word."""
    return check.run(fn).right


def show_solved(*parts: tuple[Check, object, Widget]) -> None:
    """Display a widget for each function that passes its check; nothing if none does."""
    made = [make(fn) for check, fn, make in parts if callable(fn) and solved(check, fn)]
    if made:
        import ipywidgets as widgets
        from IPython.display import display

        display(widgets.VBox(made))


def failed(fn: Callable, error: str, detail: str) -> str:
    """Return what the page says instead where the learner's function raised."""
    return f"<p>{html.escape(f'{fn.__name__} raised {error}: {detail}')}</p>"
