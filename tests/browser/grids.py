"""How to read and press the grids of numbers in the figures."""

import numpy as np


def number(text: str) -> float:
    """Return the number that a figure writes with its own minus and infinity signs."""
    return float(text.replace("−∞", "-inf").replace("−", "-"))


def grid(page, which=0) -> np.ndarray:
    """Return the numbers of one grid of the page."""
    rows = (
        page.locator(".grid")
        .nth(which)
        .locator("tbody tr")
        .evaluate_all(
            "all => all.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        )
    )
    return np.array([[number(text) for text in row] for row in rows])


def cell(page, i, j, which=0):
    """Return one cell of one grid."""
    return page.locator(".grid").nth(which).locator("tbody tr").nth(i).locator("td").nth(j)
