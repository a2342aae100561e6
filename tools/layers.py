"""Draw the layers of the package for the book, from its imports; `make layers` runs it.

    python tools/layers.py            write the drawing, light and dark, and its table of words
    python tools/layers.py --check    write nothing; 1 if something is out of step

The rows are the layers that pyproject.toml declares, the lines are imports as they are. A line that
a chain of others implies is left out, and so are those to the lowest row, which all may use.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path

from imports import ROOT, between_parts, layers, without_detours

from tinytx.files import write_atomic
from tinytx.palette import DARK, LIGHT

STATIC, PAGE = ROOT / "book/_static", ROOT / "book/maintaining.md"
BEGIN, END = "<!-- layers -->\n", "<!-- /layers -->\n"
WIDTH, LETTER, PAD, GAP = 400, 7.9, 9, 14  # a phone's width; a letter's, at 13 pixels
TALL, APART, LINE, FOOT = 30, 26, 40, 14  # a box, between rows, a folded row's line, below all

Box = tuple[float, float, float]  # left, top, width


def rows() -> list[list[str]]:
    """Return the layers as lines of boxes that fit, each in an order with few crossings."""
    lines: list[list[str]] = []
    for number, layer in enumerate(layers()):
        parts, last = [part for part in layer if part in between_parts()], number + 1
        parts = parts if last == len(layers()) else _ordered(parts, lines)
        line: list[str] = []
        for part in parts:
            if line and _wide([*line, part]) > WIDTH:
                lines.append(line)
                line = []
            line.append(part)
        lines.append(line)
    return lines


def _wide(parts: list[str]) -> float:
    return sum(_box(part) for part in parts) + GAP * (len(parts) - 1)


def _box(part: str) -> float:
    return len(part) * LETTER + 2 * PAD


def _ordered(parts: list[str], above: list[list[str]]) -> list[str]:
    """Return ``parts`` from left to right as those lie that import them."""
    where = {p: (i + 0.5) / len(line) for line in above for i, p in enumerate(line)}
    drawn = without_detours(between_parts())

    def middle(part: str) -> float:
        mine = [where[p] for p in where if part in drawn.get(p, ())]
        return sum(mine) / len(mine) if mine else 0.5

    return sorted(parts, key=lambda part: (middle(part), part))


def boxes(lines: list[list[str]]) -> tuple[dict[str, Box], float]:
    """Return where each part's box lies, and how tall the drawing is."""
    found: dict[str, Box] = {}
    lowest = set(layers()[-1])
    y = 1.0
    for line in lines:
        more = (WIDTH - _wide(line)) / len(line)  # room to be shared out
        x = more / 2
        for part in line:
            found[part] = (x, y, _box(part))
            x += _box(part) + GAP + more
        y += LINE if line[0] in lowest else TALL + APART
    return found, y - LINE + TALL + FOOT


def svg(colors: dict[str, str]) -> str:
    """Return the drawing in the colours of the palette, with its words as a title."""
    where, height = boxes(rows())
    lowest = set(layers()[-1])
    lines, shapes = [], []
    for part, others in sorted(without_detours(between_parts()).items()):
        lines += [_line(where[part], where[o]) for o in sorted(others - lowest)]
    for part, (x, y, width) in where.items():
        kind = "low" if part in lowest else "part"
        shapes.append(f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                      f'height="{TALL}" rx="6"/>')  # fmt: skip
        shapes.append(f'<text x="{x + width / 2:.1f}" y="{y + 20:.1f}">{html.escape(part)}</text>')
    style = (
        f"path{{fill:none;stroke:{colors['edge']};stroke-width:1.2}}"
        f"rect{{stroke:{colors['edge']};fill:{colors['raised']}}}"
        f".low{{stroke-dasharray:3 3;fill:{colors['surface']}}}"
        f"text{{font:13px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;"
        f"fill:{colors['ink']}}}"
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img">',
        "<title>The layers of tinytx: what stands higher imports what stands lower</title>",
        f"<style>{style}</style>",
        *lines, *shapes, "</svg>", "",
    ])  # fmt: skip


def _line(upper: Box, lower: Box) -> str:
    """Return a curve from the foot of a box to the head of a lower one."""
    x, y = upper[0] + upper[2] / 2, upper[1] + TALL
    to_x, to_y = lower[0] + lower[2] / 2, lower[1]
    bend = APART * 0.8
    by = f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"
    return f'<path d="M{x:.1f} {y:.1f}{by}"/>'


def table() -> str:
    """Return the drawing in words: each part, its modules, and all that it imports."""
    found = between_parts()
    lines = ["| part | imports |", "| --- | --- |"]
    for layer in layers():
        for part in (part for part in layer if part in found):
            others = ", ".join(f"`{o}`" for line in layers() for o in line if o in found[part])
            lines.append(f"| `{part}` | {others or 'nothing of the package'} |")
    return "\n".join(lines) + "\n"


def made() -> dict[Path, str]:
    """Return what every file that is written from the imports should hold."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return {
        STATIC / "layers-light.svg": svg(LIGHT),
        STATIC / "layers-dark.svg": svg(DARK),
        PAGE: f"{before}{BEGIN}\n{table()}\n{END}{after}",
    }


def main(arguments: list[str]) -> int:
    """Write or check all that is made; 1 if something is out of step."""
    stale = {p: text for p, text in made().items() if not p.exists() or p.read_text() != text}
    for path, text in stale.items():
        if "--check" not in arguments:
            write_atomic(path, text)
        print(f"{path.relative_to(ROOT)}: {'out of step' if '--check' in arguments else 'written'}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
