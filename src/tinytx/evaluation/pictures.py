"""Confusion matrices and attention maps as PNG files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data.listops import Example, encode_batch
from ..files import write_atomic
from ..generation.engine import evaluating
from ..inspect.capture import capture
from ..manual.module import Module
from ..palette import plot_style
from ..tokenizers.listops import TOKENS


def save_confusion(path: str | os.PathLike[str], counts: dict[str, np.ndarray]) -> None:
    """Draw one matrix (10, 11) per operation: right digit down, answered digit across."""

    def draw(figure: Any) -> None:
        grid = figure.subplots(1, len(counts), squeeze=False, sharex=True, sharey=True)[0]
        for axes, (name, matrix) in zip(grid, counts.items(), strict=True):
            axes.imshow(np.log1p(matrix), cmap="Greys")
            axes.set(title=name, xlabel="answered")
            axes.grid(False)
            for (row, column), count in np.ndenumerate(matrix):
                if count and row != column:  # every mistake, by number
                    axes.text(column, row, count, ha="center", va="center", color="#b45309")
        grid[0].set(ylabel="right", yticks=range(10))
        grid[0].set_xticks(range(11), [*"0123456789", "?"])

    _save(path, (3.1 * len(counts), 3.4), draw)


def save_attention_maps(
    path: str | os.PathLike[str], model: Module, examples: Sequence[Example]
) -> None:
    """Draw the attention of every head, and the mean over heads, averaged over ``examples``.

    All examples must be of one operation and one length: then each place means the same in all.
    """
    maps, labels = attention_maps(model, examples)
    L, columns = maps.shape[:2]

    def draw(figure: Any) -> None:
        grid = figure.subplots(L, columns, squeeze=False, sharex=True, sharey=True)
        for (layer, column), axes in np.ndenumerate(grid):
            head = f"head {column}" if column < columns - 1 else "mean"
            image = axes.imshow(maps[layer, column], vmin=0, vmax=1)
            axes.set_title(f"layer {layer}, {head}")
            axes.grid(False)
        axes.set_xticks(range(len(labels)), labels)  # shared: set once for all
        axes.set_yticks(range(len(labels)), labels)
        for axes in grid[-1]:
            axes.tick_params(axis="x", rotation=90)
        figure.colorbar(image, ax=grid, shrink=0.6, label="share of attention")
        figure.supxlabel("attended to")
        figure.supylabel("attending")

    _save(path, (2.6 * columns, 3.0 * L), draw)


def attention_maps(model: Module, examples: Sequence[Example]) -> tuple[np.ndarray, list[str]]:
    """Return the mean attention (L, H + 1, T, S), the mean over heads last, and what stands where.

    Raises
    ------
    ValueError
        If the examples are not of one operation and one length.
    """
    batch = encode_batch(examples)
    shapes = {(one.operation, len(one.text)) for one in examples}
    if len(shapes) != 1:
        raise ValueError(f"examples has {sorted(shapes)} and must be of one operation and length")
    with evaluating(model) as still, capture(still) as seen:
        still.forward(batch.ids)
    heads = seen.attention().mean(axis=1)  # (L, H, T, S)
    maps = np.concatenate([heads, heads.mean(axis=1, keepdims=True)], axis=1)
    same = (batch.ids == batch.ids[0]).all(axis=0)
    labels = [TOKENS[i] if fixed else "digit" for i, fixed in zip(batch.ids[0], same, strict=True)]
    return maps, labels


def _save(
    path: str | os.PathLike[str], size: tuple[float, float], draw: Callable[[Any], None]
) -> None:
    """Draw on a fresh figure in the course's style, and write it in one step."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context():
        plot_style()
        figure = Figure(figsize=size)
        FigureCanvasAgg(figure)
        draw(figure)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
    write_atomic(path, png.getvalue())
