"""The colours that every figure of the course shares, interactive or drawn, in one place.

The interactive figures read them as CSS custom properties (:func:`css`), the drawn ones through
matplotlib (:func:`plot_style`). Teal is the one accent; amber means "look here, this comes next";
the tints only tell neighbours apart and carry no meaning. Every pair of text and background that
the figures use reaches the contrast of WCAG 2.2 level AA (4.5 to 1) in both modes: a test
computes it.
"""

from __future__ import annotations

from typing import Any

LIGHT = {
    "surface": "#ffffff",  # the card
    "raised": "#f5f7fa",  # fields, table heads, plain tiles
    "line": "#d3d9e4",  # hairlines, decoration only
    "edge": "#768299",  # borders of controls: 3 to 1 against the surface
    "ink": "#1d2b53",
    "muted": "#55607d",
    "accent": "#0f766e",
    "on-accent": "#ffffff",
    "warm": "#b45309",
    "warm-soft": "#fdeccb",
}
DARK = {
    "surface": "#171c2a",
    "raised": "#212839",
    "line": "#363f56",
    "edge": "#7d89a6",
    "ink": "#e6eaf4",
    "muted": "#aab4ca",
    "accent": "#2dd4bf",
    "on-accent": "#0b2622",
    "warm": "#fbbf24",
    "warm-soft": "#4a3810",
}
LIGHT_TINTS = (
    "#c9efe8", "#fbe2b5", "#d6e3fc", "#fad7e3", "#dcefc6", "#e6dcfb", "#f3dfcd", "#c8e9f7",
)  # fmt: skip
DARK_TINTS = (
    "#14524a", "#604209", "#26427a", "#6d2a48", "#34561f", "#4b3680", "#633f28", "#0f5069",
)  # fmt: skip
CYCLE = ("#0f766e", "#b45309", "#4257b2", "#b03a6d", "#55722a", "#6b7280")
# matplotlib: a light grid below, no box, sizes that still read on a phone.
STYLE: dict[Any, Any] = {
    "figure.figsize": (6.8, 3.6),
    "figure.dpi": 120,
    "savefig.dpi": 120,
    "figure.facecolor": LIGHT["surface"],
    "savefig.facecolor": LIGHT["surface"],
    "savefig.transparent": False,
    "figure.constrained_layout.use": True,
    "axes.facecolor": LIGHT["surface"],
    "axes.edgecolor": LIGHT["edge"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlecolor": LIGHT["ink"],
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 12,
    "axes.titlepad": 10,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.7,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["edge"],
    "ytick.color": LIGHT["edge"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.labelcolor": LIGHT["ink"],
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 2.0,
    "lines.markersize": 5,
    "patch.edgecolor": "none",
    "image.cmap": "cividis",
}


def css() -> str:
    """Return the palette as CSS custom properties of a shadow host, light and dark.

    >>> css().splitlines()[0][:30]
    ':host{--surface:#ffffff;--rais'
    """
    return f":host{{{_block(LIGHT, LIGHT_TINTS)}}}\n" + (
        f':host([data-theme="dark"]){{{_block(DARK, DARK_TINTS)}}}'
    )


def plot_style() -> None:
    """Make matplotlib figures share the look of the interactive ones; call it once a notebook.

    The background is opaque white and not transparent, which would lose its dark text in a dark
    viewer; in dark mode the book turns the whole picture to light on dark. Fonts are the ones
    matplotlib ships with, so that a picture is the same on every machine.
    """
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update({**STYLE, "axes.prop_cycle": cycler(color=CYCLE)})


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, from 1 to 21 (WCAG 2.2, 1.4.3).

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _block(colors: dict[str, str], tints: tuple[str, ...]) -> str:
    pairs = [*colors.items(), *((f"tint-{i}", tint) for i, tint in enumerate(tints))]
    return ";".join(f"--{name}:{value}" for name, value in pairs)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
