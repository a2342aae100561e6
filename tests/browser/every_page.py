"""What must hold on every page of the built book: two tests walk through them all.

No error in the console, no request to another host, nothing wider than a phone, no serious
accessibility violation, formulas set. One goes in the light, on a desk, from a server; the other
in the dark, on a phone, from files: layout does not hang on the theme, nor colours on the width.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .test_book import settle, too_wide

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# What the theme gets wrong and the book cannot put right, by axe's id, with the reason. Only
# violations of impact `serious` or `critical` fail, so this list may stay empty.
KNOWN: dict[str, str] = {}
MILD = ("region",)  # a third of a second in a chapter, for what is moderate at most


def pages(folder: Path) -> list[str]:
    """All pages but the redirect and what lies under _static.

    Of the pages of source, which are made alike, only the list of them and the longest.
    """
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.html"))}
    sources = [name for name in found if name.startswith("_modules/")]
    longest = max(sources, key=lambda name: found[name].stat().st_size)
    left_out = {"index.html", *sources} - {"_modules/index.html", longest}
    return [name for name in found if not name.startswith("_static/") and name not in left_out]


def unset_formulas(page) -> list[str]:
    """Return the formulas that were not set, or set in error."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".math")]
            .filter(math => !math.querySelector("mjx-container")
                || math.querySelector("mjx-merror, [data-mjx-error]"))
            .map(math => math.textContent)"""
    )


def assert_clean(page, name, seen, theme) -> None:
    """Hold a page to what must be so on every one, at the width that it was opened with."""
    settle(page)
    assert not seen.errors, f"{name}: {seen.errors}"
    assert not seen.outside, f"{name}: asked for {seen.outside}"
    assert unset_formulas(page) == [], name
    assert page.evaluate("document.documentElement.dataset.theme") == theme, name
    assert too_wide(page) == [], name


def serious(axe, page, known: Counter[int]) -> list[str]:
    """Return what keeps somebody from using the page as it stands; colours of kinds not ``known``.

    A colour that another page had with this one's theme and width need not be looked at again.
    """
    return [
        f"{one['id']} ({one['help']}): {one['nodes'][:3]}"
        for one in axe(page, known=known, without=MILD)
        if one["impact"] in ("serious", "critical") and one["id"] not in KNOWN
    ]
