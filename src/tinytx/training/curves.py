"""The loss curve of a run, drawn."""

from __future__ import annotations

import io
import os
from typing import Any

from ..files import write_atomic
from ..palette import plot_style
from .run import Row


def save_loss_curve(
    path: str | os.PathLike[str],
    history: list[Row],
    losses: dict[str, str],
    yardsticks: dict[str, float] | None = None,
) -> None:
    """Draw columns of ``history`` over steps as a PNG.

    Parameters
    ----------
    path
        Where to write.
    history
        Rows of a run, at least one.
    losses
        Which columns to draw, and what to call each.
    yardsticks
        Levels to compare with, by name: thin horizontal lines.
    """
    if not history:
        raise ValueError("history is empty and must hold at least one row")
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context():
        plot_style()
        figure = Figure()
        FigureCanvasAgg(figure)
        axes = figure.add_subplot(xlabel="step", ylabel="loss (nats per token)")
        steps = [row["step"] for row in history]
        for name, label in losses.items():
            axes.plot(steps, [row[name] for row in history], label=label)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        _draw_yardsticks(axes, yardsticks or {})
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper center", frameon=True, facecolor="white", edgecolor="none")
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
    write_atomic(path, png.getvalue())


def _draw_yardsticks(axes: Any, yardsticks: dict[str, float]) -> None:
    for name, value in yardsticks.items():
        axes.axhline(value, linewidth=1, linestyle="--", color="#768299")
        axes.annotate(
            name, (1, value), xycoords=("axes fraction", "data"), xytext=(-2, -2),
            textcoords="offset points", ha="right", va="top", fontsize=9, color="#55607d",
        )  # fmt: skip
