"""Every page of the built book in the light, on a desk, from a server, with all its weight."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from urllib.parse import unquote, urlsplit

from .every_page import assert_clean, pages, serious
from .test_book import LANDING, OTHER, html  # noqa: F401 (the fixture)


def loaded(page) -> set[str]:
    """Return the paths of a page and of all that it loaded."""
    names = "performance.getEntriesByType('resource').map((entry) => entry.name)"
    addresses = [page.url, *page.evaluate(names)]
    return {unquote(urlsplit(address).path).lstrip("/") for address in addresses}


def test_every_page_is_clean_light_and_open_to_all_from_a_server(
    html,  # noqa: F811
    visit,
    visited,
    serve,
    axe,
):
    base, names = serve(html), pages(html)
    assert {"intro.html", "setup.html", "notation.html", "search.html", "api/manual.html"} <= set(
        names
    )
    page = visit("about:blank")
    found, known = [], Counter()
    for name in names:
        page.goto(base + name)
        assert_clean(page, name, visited(page), "light")
        sizes = {path: (html / path).stat().st_size for path in loaded(page)}
        assert {name, "_static/styles/pydata-sphinx-theme.css"} <= set(sizes)
        limit = LANDING if name == "intro.html" else OTHER
        assert sum(sizes.values()) < limit, (name, sorted(sizes.items(), key=itemgetter(1))[-8:])
        found += [f"{name}: {one}" for one in serious(axe, page, known)]
    assert found == []
