"""Keep the built book self-contained: refuse pages that load outside."""

from __future__ import annotations

from pathlib import Path

import loads
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SCANNED = {".html", ".htm", ".css", ".js", ".mjs", ".svg"}


def outside_loads(folder: Path) -> list[str]:
    """Return one line for everything that a file under ``folder`` loads from another host."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in SCANNED):
        found = loads.file_loads(path.name, path.read_text(encoding="utf-8", errors="replace"))
        lines += [f"{path.relative_to(folder).as_posix()}: {what}: {url}" for what, url in found]
    return lines


def refuse_outside_loads(app: Sphinx, error: Exception | None) -> None:
    """Fail the build, warnings as errors or not, if a page asks for anything outside."""
    if error or app.builder.format != "html":
        return
    lines = outside_loads(Path(app.outdir))
    if lines:
        listed = "\n  ".join(lines)
        raise ExtensionError(
            f"the book must load nothing from another host, yet it asks for\n  {listed}\n"
            "Bring the file along under book/_static and name it by a relative path."
        )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", refuse_outside_loads, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
