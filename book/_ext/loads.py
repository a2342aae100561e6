"""Find what a page asks for from another host, without opening it in a browser.

A *load* is anything a browser fetches on its own: scripts, style sheets, fonts, images, frames,
media, refreshes, and the requests that scripts make. A link that a reader may click is none.
The scanner reads HTML (attributes, inline styles, inline scripts, frames written in place), CSS
and SVG, and knows the usual calls in JavaScript. It cannot follow an address that a script puts
together from parts; the browser tests, which refuse every outside request, cover that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

# Attributes that make a browser fetch their value, wherever they stand.
LOADING = {"src", "poster", "background", "ping", "xlink:href"}
# `href` is a link to click, except on these elements (for <link>, see CLICKED_RELATIONS).
HREF_LOADS = {"base", "link", "image", "feimage", "use"}
# Relations of <link> that name a page; all others (stylesheet, preload, icon, …) fetch.
CLICKED_RELATIONS = {
    *("alternate", "author", "canonical", "help", "index", "license", "me", "next", "prev"),
    *("search", "top", "up"),
}
CSS_URL = re.compile(
    r"""(?:(?:@import\s+)?(?:url|image-set)\(\s*|@import\s+)(?:"([^"]*)"|'([^']*)'|([^)"';\s]+))""",
    re.I,
)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")

OUTSIDE = r"(?:(?:https?|wss?|ftp):)?//[^\s\"'`<>\\)]+"
QUOTED = rf"[\"'`]({OUTSIDE})"
CALLS = (
    "import|from|fetch|importScripts|sendBeacon|getScript|getJSON|Worker|SharedWorker"
    "|EventSource|WebSocket|Request"
)
ELEMENTS = "img|script|iframe|link|video|audio|source|embed|object"
JS_LOADS = [
    re.compile(pattern, re.I | re.S)
    for pattern in (
        rf"\b(?:{CALLS})\s*\(?\s*{QUOTED}",  # import "…", fetch("…"), new Worker("…")
        rf"\.(?:src|srcset)\s*=\s*{QUOTED}",
        rf"setAttribute\(\s*[\"'](?:src|srcset|data)[\"']\s*,\s*{QUOTED}",
        rf"\.open\(\s*[\"']\w+[\"']\s*,\s*{QUOTED}",  # XMLHttpRequest
        rf"\brequire(?:js)?(?:\.config)?\([^)]{{0,400}}?{QUOTED}",
        # markup in a string, and style sheets in one: what innerHTML would make load
        rf"<(?:{ELEMENTS})\b[^<>]{{0,400}}?(?:src|href|data)\s*=\s*[\\\"']*({OUTSIDE})",
        rf"(?:url\(|@import)\s*[\\\"']*({OUTSIDE})",
    )
]
# A page's own script that names an asset elsewhere means to load it, by whatever call.
JS_ASSET = re.compile(rf"{QUOTED[:-1]}\.(?:m?js|css|woff2?|wasm|json)(?:\?[^\"'`]*)?)[\"'`]", re.I)


def is_outside(url: str) -> bool:
    r"""Tell whether ``url`` leads away from the folder that the page lies in.

    Browsers drop tabs and line ends inside an address, take a backslash for a slash, and do not
    mind capitals, so all three are put right first.

    >>> [is_outside(u) for u in ("//cdn.org/a.js", "HTTPS://x.org", r"\\x.org", "file:///etc")]
    [True, True, True, True]
    >>> [is_outside(u) for u in ("_static/a.js", "../b.png", "#top", "data:image/png;base64,AA")]
    [False, False, False, False]
    """
    url = re.sub(r"[\t\r\n]", "", url).strip().replace("\\", "/").lower()
    if url.startswith("//"):
        return True
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", url)
    return bool(scheme) and scheme.group(1) not in {"data", "blob", "about", "javascript"}


def css_loads(css: str) -> list[str]:
    """Return the outside addresses of ``url(…)`` and ``@import`` in a style sheet.

    >>> css_loads("@import 'https://a.org/x.css'; p { background: url(local.png) }")
    ['https://a.org/x.css']
    """
    css = CSS_ESCAPE.sub(lambda m: chr(int(m.group(1), 16) % 0x110000), CSS_COMMENT.sub("", css))
    urls = (next(g for g in m.groups() if g is not None) for m in CSS_URL.finditer(css))
    return [url for url in urls if is_outside(url)]


def js_loads(script: str, inline: bool = False) -> list[str]:
    """Return the outside addresses that a script's known loading calls name.

    With ``inline``, also every address in quotes that ends as an asset does.

    >>> js_loads('import "https://a.org/x.mjs"; const home = "https://b.org"')
    ['https://a.org/x.mjs']
    """
    patterns = [*JS_LOADS, JS_ASSET] if inline else JS_LOADS
    return list(dict.fromkeys(m.group(1) for p in patterns for m in p.finditer(script)))


class _Page(HTMLParser):
    """Collects what a page loads; ``found`` holds (what asks, address)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self.inside = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.inside, self.text = tag, ""
        for name in values:
            found = _attribute_loads(tag, name, values)
            self.found += [(f"<{tag} {name}>", url) for url in found]

    def handle_endtag(self, tag: str) -> None:
        # The parser may cut a script at each "</", so it is read as a whole, here.
        if self.inside == "style":
            self.found += [("<style>", url) for url in css_loads(self.text)]
        elif self.inside == "script":
            self.found += [("<script>", url) for url in js_loads(self.text, inline=True)]
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in {"style", "script"}:
            self.text += data


def _attribute_loads(tag: str, name: str, values: dict[str, str]) -> Iterator[str]:
    value = values[name]
    if name == "style":
        yield from css_loads(value)
    elif name == "srcdoc":
        yield from (url for _, url in html_loads(value))
    elif name in {"srcset", "imagesrcset"}:
        candidates = (part.split() for part in re.split(r",\s+|,$", value))
        yield from (words[0] for words in candidates if words and is_outside(words[0]))
    elif tag == "meta" and name == "content" and values.get("http-equiv", "").lower() == "refresh":
        url = value.partition("=")[2].strip("'\" ")
        yield from [url] if is_outside(url) else []
    elif name.startswith("on"):
        yield from js_loads(value, inline=True)
    elif _fetches(tag, name, values) and is_outside(value):
        yield value


def _fetches(tag: str, name: str, values: dict[str, str]) -> bool:
    if name == "href":
        relations = set(values.get("rel", "").lower().split())
        only_clicked = tag == "link" and relations and relations <= CLICKED_RELATIONS
        return tag in HREF_LOADS and not only_clicked
    return name in LOADING or (tag == "object" and name == "data")


def html_loads(html: str) -> list[tuple[str, str]]:
    """Return what a page loads from outside, as (the element that asks, the address).

    >>> html_loads('<a href="https://a.org">go</a> <img src="//b.org/x.png">')
    [('<img src>', '//b.org/x.png')]
    """
    page = _Page()
    page.feed(html)
    page.close()
    return page.found


def file_loads(name: str, text: str) -> list[tuple[str, str]]:
    """Return what the file ``name`` with content ``text`` loads from outside, by its ending."""
    if name.endswith(".css"):
        return [("style sheet", url) for url in css_loads(text)]
    if name.endswith((".js", ".mjs")):
        return [("script", url) for url in js_loads(text)]
    if name.endswith((".html", ".htm", ".svg")):
        return html_loads(text)
    return []
