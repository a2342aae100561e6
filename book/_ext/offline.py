"""Keep the built book self-contained: bring MathJax along, and refuse pages that load outside."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import loads
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

MATHJAX_PACKAGE = "sphinx-mathjax-offline"  # its folder has this name, hyphens and all
# What the book's pages ask of MathJax's 24 MB: the component that sets TeX as HTML, its fonts,
# the TeX packages that are fetched when first used, and the markup for screen readers.
MATHJAX_KEPT = ("tex-chtml.js", "output/chtml", "input/tex", "a11y/assistive-mml.js")
SCANNED = {".html", ".htm", ".css", ".js", ".mjs", ".svg"}


def use_bundled_mathjax(app: Sphinx, config: Config) -> None:
    config.mathjax_path = "mathjax/tex-chtml.js"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the used tenth of MathJax from its package into the built book."""
    if error or app.builder.format != "html":
        return
    spec = importlib.util.find_spec(MATHJAX_PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"the package {MATHJAX_PACKAGE} is missing: run `make book`")
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir, "_static", "mathjax")
    for kept in MATHJAX_KEPT:
        destination = target / kept
        destination.parent.mkdir(parents=True, exist_ok=True)
        copy_asset(source / kept, destination if (source / kept).is_dir() else destination.parent)


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
    app.connect("config-inited", use_bundled_mathjax)
    app.connect("build-finished", copy_mathjax, priority=800)
    app.connect("build-finished", refuse_outside_loads, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
