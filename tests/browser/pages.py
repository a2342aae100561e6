"""Small helpers for pages: one to put figures in, keys to press, how it looks, how wide it is."""

import pytest

# Every figure on a phone and on a desk, in both themes. What is laid out does not hang on the theme
# and colours do not hang on the width, so two of the four pairs say what all four would.
LOOKS = pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])


def page_of(*figures, root="", body="") -> str:
    """Return a page with figures as the book has them: markup of their own and nothing else."""
    return (
        f'<!doctype html><html lang="en" {root}><head><meta charset="utf-8"><title>Figures</title>'
        '<link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{margin:0 12px;font:16px sans-serif;color-scheme:light dark}</style></head>"
        f"<body {body}><main><h1>Figures</h1>"
        + "".join(figure._repr_html_() for figure in figures)
        + "</main></body></html>"
    )


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def overflow(page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def drag(page, plot, shares):
    """Press at the first of the shares of a chart's width, and go on to the others."""
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    first, *others = ((box["x"] + share * box["width"], box["y"] + 60) for share in shares)
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    page.mouse.move(*first)  # nobody listens any more
