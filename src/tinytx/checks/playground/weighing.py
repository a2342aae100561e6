"""The playground of chapter 03: the temperature of a softmax, and a mask to paint."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import example
from ...manual import split_heads
from ..call import call
from .merging import visible
from .parts import CELL, FULL, TABLE, TEAL, failed, ink, shade, show_solved

Array = np.ndarray

LONGEST = 12  # scores in the field: a bar for each
MASKS = {
    "causal": lambda T: np.tri(T, dtype=bool),
    "everyone sees everyone": lambda T: np.ones((T, T), dtype=bool),
    "nobody sees anybody": lambda T: np.zeros((T, T), dtype=bool),
}


def numbers(text: str) -> Array:
    """Return the numbers in ``text``, at most twelve; what is no number is left out.

    >>> numbers("1, 2.5 and -3")
    array([ 1. ,  2.5, -3. ])
    """
    found = []
    for word in text.replace(",", " ").split():
        try:
            found.append(float(word))
        except ValueError:
            continue
    return np.array([number for number in found if np.isfinite(number)][:LONGEST])


def bars(softmax: Callable[[Array], Array], scores: Array, temperature: float) -> str:
    """Return HTML: a bar for each score, as long as the weight that ``softmax`` gives it."""
    if not scores.size:
        return "<p>Type a few numbers.</p>"
    outcome = call(softmax, (scores / temperature,))
    if outcome.error:
        return failed(softmax, outcome.error, outcome.detail)
    rows = "".join(
        f'<tr><td style="{CELL}">{score:g}</td><td style="{CELL}">{weight:.4f}</td>'
        f'<td style="width:16rem"><div style="background:{ink(TEAL)};height:0.9em;'
        f'width:{100 * weight:.1f}%"></div></td></tr>'
        for score, weight in zip(scores, outcome.value, strict=True)
    )
    return f"{TABLE}<tr><th>score</th><th>weight</th><th></th></tr>{rows}</table>"


def table(masked_weights: Callable[[Array, Array], Array], scores: Array, mask: Array) -> str:
    """Return HTML: the weights that ``masked_weights`` gives, a row for each query."""
    outcome = call(masked_weights, (scores, mask))
    if outcome.error:
        return failed(masked_weights, outcome.error, outcome.detail)
    letters = _letters()
    head = "".join(f"<th>{letter}</th>" for letter in letters)
    rows = "".join(
        f"<tr><th>{letter}</th>{''.join(map(_cell, row))}</tr>"
        for letter, row in zip(letters, outcome.value[0, 0], strict=True)
    )
    # Not TABLE: the rows stand beside those of the buttons and are as high.
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def example_scores() -> Array:
    """Return the scores of the running example's first head, (1, 1, T, T), without a mask.

    They come from what enters the first block, before any layer norm.
    """
    from ..attention.answers import scaled_scores

    attn, x = example.model().blocks[0].attn, example.x()[None]  # (1, T, D)
    q, k = (split_heads(p.forward(x), attn.n_head)[:, :1] for p in (attn.q_proj, attn.k_proj))
    return scaled_scores(q, k)


def _letters() -> list[str]:
    return [html.escape(visible(letter.encode())) for letter in example.PROMPT]


def _cell(weight: float) -> str:
    return f'<td style="{CELL};{shade(TEAL, weight)}">{weight:.2f}</td>'


def attention(softmax: object, masked_weights: object) -> None:
    """Show a temperature over the learner's ``softmax``, a mask over their ``masked_weights``.

    Each shows as soon as its function passes its check.
    """
    from .. import attention as checks

    show_solved(
        (checks.softmax, softmax, _temperature),
        (checks.masked_weights, masked_weights, _painter),
    )


def _temperature(softmax: Callable) -> object:
    import ipywidgets as widgets

    field = widgets.Text("2, 1, 0, -1, -2", description="Scores", layout=FULL)
    slider = widgets.FloatLogSlider(
        1.0, min=-1, max=1, step=0.05, description="Temperature", layout=FULL,
        style={"description_width": "initial"},
    )  # fmt: skip
    page = widgets.HTML(layout=FULL)

    def draw(_: object = None) -> None:
        page.value = bars(softmax, numbers(field.value), slider.value)

    draw()
    field.observe(draw, "value")
    slider.observe(draw, "value")
    return widgets.VBox([widgets.HTML("<b>Temperature</b>"), field, slider, page])


def _painter(masked_weights: Callable) -> object:
    import ipywidgets as widgets

    scores, letters = example_scores(), _letters()
    T = len(letters)
    buttons = [_button(i, j) for i in range(T) for j in range(T)]
    fitting = widgets.Layout(width="auto")
    starts = [widgets.Button(description=name, layout=fitting) for name in MASKS]
    page = widgets.HTML()
    setting = False  # whether a whole mask is being set, of which no part is drawn

    def draw(_: object = None) -> None:
        if not setting:
            mask = np.array([button.value for button in buttons]).reshape(T, T)
            page.value = table(masked_weights, scores, mask)

    def start(pressed: Any) -> None:
        nonlocal setting
        setting = True
        for button, value in zip(buttons, MASKS[pressed.description](T).flat, strict=True):
            button.value = bool(value)
        setting = False
        draw()

    for button in buttons:
        button.observe(draw, "value")
    for button in starts:
        button.on_click(start)
    start(starts[0])
    wrapped = widgets.Layout(flex_flow="row wrap")
    choice = widgets.HBox([widgets.Label("Start from"), *starts], layout=wrapped)
    both = widgets.HBox([_grid(buttons, letters), page], layout=wrapped)
    return widgets.VBox([widgets.HTML("<b>Mask</b>: rows ask, columns are read"), choice, both])


def _button(i: int, j: int) -> Any:
    import ipywidgets as widgets

    layout = widgets.Layout(width="2.4rem", padding="0")
    button = widgets.ToggleButton(tooltip=f"query {i} may attend to key {j}", layout=layout)
    button.observe(_mark, "value")
    return button


def _grid(buttons: list[object], letters: list[str]) -> object:
    """Return the buttons in rows, with the letters at the top and at the left."""
    import ipywidgets as widgets

    T = len(letters)
    cells = [widgets.HTML(letter) for letter in ["", *letters]]
    for i, letter in enumerate(letters):
        cells += [widgets.HTML(letter), *buttons[i * T : (i + 1) * T]]
    columns = f"1.2rem repeat({T}, 2.7rem)"
    return widgets.GridBox(cells, layout=widgets.Layout(grid_template_columns=columns))


def _mark(change: dict) -> None:
    """Write on a button what it says; colour alone would not do."""
    button = change["owner"]
    button.description = "✓" if button.value else ""
    button.button_style = "success" if button.value else ""
