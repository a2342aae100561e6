"""The directive ``live-model``: the model of the course, alive in the page that it stands in.

The figure is :class:`tinytx.figures.LiveModel`; its engine and its weights become two scripts in
``_static``, which the page loads once it has been drawn. They are made here, from the package, at
every build.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import tinytx
from tinytx import figures
from tinytx.figures.engine import engine_script, weights_script
from tinytx.trained import load_trained

PACKAGE = Path(tinytx.__file__).parent
# What the figure is made of: the page is written anew when one of these has changed.
SOURCES = ("figures/*.py", "figures/static/**/*.*", "trained/tales.safetensors", "data/raven.txt")


@cache
def scripts() -> dict[str, str]:
    """Return the two scripts by the names of their files."""
    trained = load_trained("tales", np.float32)
    weights = weights_script(trained.model, trained.tokenizer, "tales")
    return {"engine.js": engine_script(), "tales.js": weights}


class LiveModel(SphinxDirective):
    """``{live-model}``: no arguments, no options, no content."""

    def run(self) -> list[nodes.Node]:
        """Return the figure as it stands in a notebook's output."""
        for pattern in SOURCES:
            for path in PACKAGE.glob(pattern):
                self.env.note_dependency(str(path))
        above = "../" * self.env.docname.count("/")
        addresses = [
            f"{above}_static/{name}?v={hashlib.sha256(script.encode()).hexdigest()[:8]}"
            for name, script in scripts().items()
        ]
        return [nodes.raw("", figures.LiveModel.tales(addresses)._repr_html_(), format="html")]


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Put the scripts beside the pages."""
    if error or app.builder.format != "html":
        return
    for name, script in scripts().items():
        Path(app.outdir, "_static", name).write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("live-model", LiveModel)
    app.connect("build-finished", write_scripts, priority=600)  # before the pages are lightened
    return {"parallel_read_safe": True, "parallel_write_safe": True}
