"""The playground of chapter 04: where a split takes each number, and heads to switch off."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import example
from ...manual import causal_mask
from ...manual import split_heads as own_split
from ...manual.attention import attention_forward
from ...manual.softmax import softmax_forward
from ..call import call
from .merging import TINTS, visible
from .parts import CELL, TABLE, failed, show_solved

Array = np.ndarray

SIZES = {"T": (3, 5), "H": (2, 4), "Dh": (3, 4)}  # where a slider starts, and where it ends


def places(split_heads: Callable[[Array, int], Array], T: int, H: int, Dh: int) -> str:
    """Return HTML: x with its places in memory, and the heads that ``split_heads`` makes of it."""
    x = np.arange(float(T * H * Dh)).reshape(T, H * Dh)
    outcome = call(split_heads, (x, H))
    if outcome.error:
        return failed(split_heads, outcome.error, outcome.detail)
    grids = [("x, (T, D)", x), *((f"head {h}", outcome.value[h]) for h in range(H))]
    tables = "".join(_grid(title, numbers, H, Dh) for title, numbers in grids)
    return f'<div style="display:flex;flex-wrap:wrap;gap:1.2rem">{tables}</div>'


def _grid(title: str, numbers: Array, H: int, Dh: int) -> str:
    rows = "".join(f"<tr>{''.join(_place(int(n), H, Dh) for n in row)}</tr>" for row in numbers)
    table = f"{TABLE}<caption>{title}</caption>{rows}</table>"
    return f'<div style="max-width:100%;overflow-x:auto">{table}</div>'


def _place(number: int, H: int, Dh: int) -> str:
    """Return a cell that says where a number lies in memory, tinted by the head it belongs to."""
    h, d = divmod(number % (H * Dh), Dh)
    name = f"i{number // (H * Dh)}h{h}d{d}"
    style = f"{CELL};background:{TINTS[h % len(TINTS)]};color:#111"
    return f'<td style="{style}" title="{name}">{number}</td>'


def guesses(head_outputs: Callable[[Array, Array], Array], on: Sequence[bool]) -> str:
    """Return HTML: what the tiny model expects after each character, with the heads that are on.

    What the heads write comes from ``head_outputs``; all else is the model's own.
    """
    model, x = example.model(), example.x()[None]
    block = model.blocks[0]
    out = _read(block.attn, block.ln_1.forward(x))
    outcome = call(head_outputs, (out, block.attn.o_proj.weight.data))
    if outcome.error:
        return failed(head_outputs, outcome.error, outcome.detail)
    bias = block.attn.o_proj.bias
    assert bias is not None, "the example has biases"
    x = x + outcome.value[:, np.array(on)].sum(axis=1) + bias.data
    x = x + block.mlp.forward(block.ln_2.forward(x))
    logits = model.lm_head.forward(model.ln_f.forward(x))  # (1, T, V)
    return _table(softmax_forward(logits)[0][0])


def _read(attn: Any, x: Array) -> Array:
    """Return what each head of ``attn`` reads, (B, H, T, Dh), before anything is merged."""
    projections = (attn.q_proj, attn.k_proj, attn.v_proj)
    q, k, v = (own_split(p.forward(x), attn.n_head) for p in projections)
    return attention_forward(q, k, v, causal_mask(x.shape[1]))[0]


def _table(probabilities: Array) -> str:
    tokenizer = example.tokenizer()
    names = ("after", "comes", "the model says", "")
    head = "".join(f'<th style="{CELL}">{name}</th>' for name in names)
    rows = ""
    for given, target, p in zip(example.ids(), example.targets(), probabilities, strict=True):
        best = int(p.argmax())
        texts = (_letter(tokenizer.decode([token])) for token in (given, target, best))
        cells = "".join(f'<td style="{CELL}">{text}</td>' for text in texts)
        sign = "✓" if best == target else "✗"
        rows += f'<tr>{cells}<td style="{CELL}">{sign} {p[target]:.2f}</td></tr>'
    note = "The number is the probability of what comes."
    return f"{TABLE}<tr>{head}</tr>{rows}</table><p>{note}</p>"


def _letter(text: str) -> str:
    return html.escape(visible(text.encode()))


def heads(split_heads: object, head_outputs: object) -> None:
    """Show where the learner's ``split_heads`` takes each number, and switches over the heads.

    Each part shows as soon as its function passes its check.
    """
    from .. import multihead as checks

    show_solved(
        (checks.split_heads, split_heads, _tracer), (checks.head_outputs, head_outputs, _switches)
    )


def _tracer(split_heads: Callable) -> object:
    import ipywidgets as widgets

    sliders = [
        widgets.IntSlider(start, 1, end, description=name) for name, (start, end) in SIZES.items()
    ]
    page = widgets.HTML()

    def draw(_: object = None) -> None:
        page.value = places(split_heads, *(slider.value for slider in sliders))

    draw()
    for slider in sliders:
        slider.observe(draw, "value")
    title = widgets.HTML("<b>Split</b>: each number says where in memory it lies")
    return widgets.VBox([title, *sliders, page])


def _switches(head_outputs: Callable) -> object:
    import ipywidgets as widgets

    count = example.config().n_head
    boxes = [widgets.Checkbox(True, description=f"head {h}", indent=False) for h in range(count)]
    page = widgets.HTML()

    def draw(_: object = None) -> None:
        page.value = guesses(head_outputs, [box.value for box in boxes])

    draw()
    for box in boxes:
        box.observe(draw, "value")
    title = widgets.HTML("<b>Switch heads off</b>: what the tiny model makes of <code>a cat</code>")
    return widgets.VBox([title, widgets.HBox(boxes), page])
