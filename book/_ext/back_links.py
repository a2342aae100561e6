"""Pages of source lead back to where a name is described *now*.

viewcode writes a page of source again only when the source has changed. A description that has
moved to another page since would leave its links behind, and a module that is gone its page. Of
what is described in its module but also offered by its package, it links the package's name, which
has no place of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from sphinx.application import Sphinx

LINK = re.compile(r'<a class="viewcode-back" href="[^"#]*#([^"]+)">.*?</a>')


def led_back(page: str, place_of: Callable[[str], str | None]) -> str:
    """Return a page of source whose links lead to ``place_of`` a name; without one, no link.

    >>> page = '<a class="viewcode-back" href="../api/old.html#a.f">[docs]</a>def f(): ...'
    >>> led_back(page, {"a.f": "../api/new.html#a.f"}.get)
    '<a class="viewcode-back" href="../api/new.html#a.f">[docs]</a>def f(): ...'
    >>> led_back(page, {}.get)
    'def f(): ...'
    """

    def link(found: re.Match[str]) -> str:
        place = place_of(found[1])
        return f'<a class="viewcode-back" href="{place}">[docs]</a>' if place else ""

    return LINK.sub(link, page)


def names_of(anchor: str, module: str) -> list[str]:
    """Return under which names something may be described: as viewcode has it, or in its module.

    >>> names_of("a.Plan.fits", "a.memory")
    ['a.Plan.fits', 'a.memory.Plan.fits', 'a.memory.fits']
    """
    parts = anchor.split(".")
    return [anchor, *(f"{module}.{'.'.join(parts[-n:])}" for n in (2, 1) if n < len(parts))]


def lead_back(app: Sphinx, error: Exception | None) -> None:
    """Mend the links of every page of source that was written earlier, and drop what is gone."""
    if error or app.builder.format != "html":
        return
    entries = app.env.get_domain("py").objects
    described = {entry.node_id: entry.docname for entry in entries.values()}
    shown = getattr(app.env, "_viewcode_modules", {})
    root = Path(app.outdir)
    for path in sorted(root.glob("_modules/**/*.html")):
        name = path.relative_to(root / "_modules").with_suffix("").as_posix()
        if name != "index" and not shown.get(name.replace("/", ".")):
            path.unlink()
            continue
        here, module = path.parent.relative_to(root).as_posix(), name.replace("/", ".")

        def place_of(anchor: str, here: str = here, module: str = module) -> str | None:
            for one in names_of(anchor, module):
                if one in described:
                    return f"{posixpath.relpath(f'{described[one]}.html', here)}#{one}"
            return None

        page = path.read_text(encoding="utf-8")
        mended = led_back(page, place_of)
        if mended != page:
            path.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lead_back, priority=650)  # before the pages are lightened
    return {"parallel_read_safe": True, "parallel_write_safe": True}
