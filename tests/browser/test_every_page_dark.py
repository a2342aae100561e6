"""Every page of the built book in the dark, on a phone and then on paper, from a file."""

from __future__ import annotations

from collections import Counter

from .every_page import DESK, PHONE, assert_clean, pages, serious
from .markup import unlike
from .test_book import html  # noqa: F401 (the fixture)
from .test_print import faults_on_paper, paper

ALIKE = ("_modules/", "api/", "exercises/", "solutions/")


def test_every_page_is_clean_dark_and_open_to_all_from_a_file_and_prints(
    html,  # noqa: F811
    visit,
    visited,
    axe,
):
    """Loaded on a phone: what scrolls, and so must be in reach of the keyboard, is found out once.

    On paper, of the pages made alike, only the longest: each as wide as the paper, and white;
    figures with words and without controls.
    """
    base = html.resolve().as_uri() + "/"
    page = visit(base + "setup.html", theme="dark")  # index.html would lead away while we go on
    names = pages(html)
    printed, found, figures = unlike(names, html, ALIKE), [], 0
    known: Counter[int] = Counter()
    for name in names:
        page.goto("about:blank")  # nothing there to be laid out for the phone
        page.set_viewport_size(PHONE)
        page.goto(base + name)
        assert_clean(page, name, visited(page), "dark")
        found += [f"{name}: {one}" for one in serious(axe, page, known)]
        if name in printed:
            page.set_viewport_size(DESK)
            with paper(page):
                faults, many = faults_on_paper(page)
            figures += many
            found += [f"{name}, on paper: {one}" for one in faults]
    assert found == []
    assert figures >= 2 * 14  # two in a chapter, on average
