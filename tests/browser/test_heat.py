"""The tint of a cell never makes its number unreadable: WCAG 2.2, 1.4.3, computed on the screen."""

import pytest

from tinytx import palette
from tinytx.figures import MaskPainter, SoftmaxExplorer

READ = """cell => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const style = getComputedStyle(cell);
  const card = getComputedStyle(cell.closest(".card")).backgroundColor;
  return [style.color, style.backgroundColor].map((color) => {
    for (canvas.fillStyle of [card, color]) canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    return "#" + parts.map((part) => part.toString(16).padStart(2, "0")).join("");
  });
}"""
# The Jacobian of two equal scores: both colours at their full strength.
STRONGEST = SoftmaxExplorer([0, 0])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tinted_cells_can_be_read(show, theme):
    page = show(STRONGEST, MaskPainter([[1, 1], [1, 1]], mask=[[False], [True]]), theme=theme)
    cells = page.locator(".grid td[role]")
    pairs = [cell.evaluate(READ) for cell in cells.all()]
    assert len({ground for _, ground in pairs}) > 4
    assert min(palette.contrast(*pair) for pair in pairs) >= 4.5
