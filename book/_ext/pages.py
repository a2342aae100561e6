"""Small corrections to every page: a plain description, and names for what the theme leaves bare.

``textContent`` of a formula is raw LaTeX, which is no description of a page; the theme and
opengraph would both put it there.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 200  # search engines show about 160 characters, social previews 200


def plain_description(doctree: nodes.document, length: int = LENGTH) -> str:
    """Return the page's first paragraphs as plain words: no formulas, code blocks or boxes."""
    words: list[str] = []
    for paragraph in doctree.findall(nodes.paragraph):
        if _is_boxed(paragraph):
            continue
        copy = paragraph.deepcopy()
        if any(True for _ in copy.findall(nodes.math)):
            continue  # a sentence with a hole where its formula stood says nothing
        words += copy.astext().split()
        if len(" ".join(words)) >= length:
            break
    return _shortened(words, length)


def _is_boxed(node: nodes.Node) -> bool:
    outer = (nodes.Admonition, nodes.table, nodes.footnote, nodes.container, nodes.Sequential)
    while node is not None:
        if isinstance(node, outer):
            return True
        node = node.parent
    return False


def _shortened(words: list[str], length: int) -> str:
    text = " ".join(words)
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Hand opengraph the description, so that it takes none from the formulas."""
    if doctree is None:
        return
    description = plain_description(doctree)
    if not description:
        return
    meta = dict(context.get("meta") or {})
    meta.setdefault("og:description", _attribute(description))
    context["meta"] = meta
    if 'name="description"' not in context.get("metatags", ""):
        tag = f'<meta name="description" content="{_attribute(description)}" />'
        context["metatags"] = context.get("metatags", "") + tag


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def setup(app: Sphinx) -> dict[str, bool]:
    # Jupyter Book always sets this value of sphinx_comments, an extension that the book leaves out.
    app.add_config_value("comments_config", {}, "html")
    app.connect("html-page-context", describe, priority=400)  # before opengraph
    return {"parallel_read_safe": True, "parallel_write_safe": True}
