"""One setting for where the repository lives: ``[project.urls] Repository`` in pyproject.toml.

The launch buttons, the repository button, the footer, the canonical address of the built pages
and every ``{{ repository }}`` in the book's Markdown come from there. Where the built pages are
follows from it:

>>> pages_address("https://github.com/owner/name")
'https://owner.github.io/name/'
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from tinytx.classroom.course import pages_address

PLACEHOLDER = re.compile(r"\{\{\s*(repository|pages)\s*\}\}")
FOOTER = """\
<p>Text under <a href="https://creativecommons.org/licenses/by/4.0/" rel="license">CC BY 4.0</a>,
code under the <a href="{repository}/blob/main/LICENSE">MIT licence</a>.
<a href="{repository}">Source of the book and the package</a>.</p>"""


def repository_address(pyproject: Path) -> str:
    """Read the repository's address, without a slash at the end."""
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        address = project["urls"]["Repository"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ExtensionError(
            f"pyproject.toml must hold [project.urls] Repository, the one place that says where "
            f"the repository lives: {error}"
        ) from error
    return str(address).rstrip("/")


def set_address(app: Sphinx, config: Config) -> None:
    repository = repository_address(Path(app.srcdir).parent / "pyproject.toml")
    config.html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "path_to_docs": "book",
        "use_repository_button": True,
        "extra_footer": FOOTER.format(repository=repository),
    }
    config.html_baseurl = config.ogp_site_url = pages_address(repository)


def fill_in(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace ``{{ repository }}`` and ``{{ pages }}``, in code blocks and links too.

    MyST's own substitutions do not reach into either.
    """
    if not str(app.env.doc2path(docname)).endswith(".md"):
        return
    repository = app.config.html_theme_options["repository_url"]
    values = {"repository": repository, "pages": pages_address(repository)}
    source[0] = PLACEHOLDER.sub(lambda match: values[match.group(1)], source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", set_address, priority=400)  # before the theme looks
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
