"""What stands in a built page, read without a browser: headings, links, anchors, pictures."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")  # at ids of the page
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LOADS = {"img": "src", "script": "src", "link": "href", "source": "src"}


@dataclass
class Markup:
    """One page: what of it can be checked by reading alone."""

    lang: str | None = None
    title: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    """Level and words, in the order of the page."""
    ids: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Of ``<a name>``, the older kind of anchor."""
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)
    """The attributes of each ``<img>``."""
    pointers: list[str] = field(default_factory=list)

    @property
    def anchors(self) -> set[str]:
        """Return all that a link into the page can name."""
        return {*self.ids, *self.names}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Markup()
        self.words: list[str] | None = None  # of the title or heading that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given, found = dict(attrs), self.found
        if tag == "html":
            found.lang = given.get("lang")
        if tag == "title" or tag in HEADINGS:
            self.words = []
        if given.get("id"):
            found.ids.append(given["id"] or "")
        if tag == "a" and given.get("name"):
            found.names.add(given["name"] or "")
        if tag == "a" and given.get("href") is not None:
            found.links.append(given["href"] or "")
        if tag == "img":
            found.pictures.append(given)
        address = given.get(LOADS[tag]) if tag in LOADS else None
        if address:
            found.loads.append(address)
        for name in POINTERS:
            found.pointers += (given.get(name) or "").split()

    def handle_endtag(self, tag: str) -> None:
        if self.words is None or (tag != "title" and tag not in HEADINGS):
            return
        text, self.words = " ".join("".join(self.words).split()), None
        if tag == "title":
            self.found.title = self.found.title or text  # a drawing has titles too
        else:
            self.found.headings.append((int(tag[1]), text.removesuffix("#").strip()))

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(data)


def read(text: str) -> Markup:
    """Return what stands in a page.

    >>> read('<html lang="en"><h1 id="a">One</h1><img src="x.png" alt="">').headings
    [(1, 'One')]
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


@cache
def markup(path: Path) -> Markup:
    """Return what stands in a file; each is read once."""
    return read(path.read_text(encoding="utf-8"))


def all_pages(folder: Path) -> list[str]:
    """Return every page of a built book, those of source too; not what lies under ``_static``."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return sorted(name for name in found if not name.startswith("_static/"))


def unlike(names: list[str], folder: Path, kinds: tuple[str, ...]) -> list[str]:
    """Return ``names`` with only the longest page of each folder in ``kinds``, made alike."""
    left_out: set[str] = set()
    for kind in kinds:
        same = [name for name in names if name.startswith(kind)]
        longest = max(same, key=lambda name: (folder / name).stat().st_size, default=None)
        left_out |= {*same} - {longest}
    return [name for name in names if name not in left_out]


def leads(path: Path, where: SplitResult) -> bool:
    """Return whether the place that an address names is in the page."""
    return unquote(where.fragment) in markup(path).anchors


def broken(folder: Path, name: str) -> list[str]:
    """Return the addresses of a page that lead nowhere within the book, each with the reason.

    Addresses of other hosts are left out, as is ``#``, the top of a page.
    """
    page = markup(folder / name)
    found = []
    for address in dict.fromkeys([*page.links, *page.loads]):
        where = urlsplit(address)
        if where.scheme or where.netloc:
            continue
        path = unquote(where.path)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        if target.startswith("..") or not (folder / target).is_file():
            found.append(f"{address}: no such file")
        elif where.fragment and target.endswith(".html") and not leads(folder / target, where):
            found.append(f"{address}: no such place")
    return found


def jumps(headings: list[tuple[int, str]]) -> list[str]:
    """Return the headings that are more than one level below the one before.

    >>> jumps([(1, "a"), (2, "b"), (4, "c"), (2, "d")])
    ['c']
    """
    levels = [0, *(level for level, _ in headings)]
    pairs = zip(levels, headings, strict=False)
    return [text for before, (level, text) in pairs if level > before + 1]
