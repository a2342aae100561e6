"""Pages in headless Chromium, cut off from the network, with all that went wrong written down.

``visit``   open a page: ``visit(path or url, width=390, theme="dark", motion="reduce", js=False)``
``visited`` what a page asked for and complained about: ``visited(page).outside``, ``.errors``
``axe``     the accessibility violations of a page as it stands, shadow roots included
``serve``   a folder on 127.0.0.1, for what ``file://`` cannot do: ``serve(folder)`` gives its URL
``show``    figures on a page of their own: ``show(figure, ..., root='data-theme="dark"')``
``browser`` the browser itself, for tests with needs of their own

Nothing but ``file:``, ``data:``, ``blob:`` and this machine is ever reached: the browser sends all
else to a proxy that is not there, and every such request is recorded. Without a Chromium the tests
are skipped, and say so.

A page is dearer to make than to fill: measured, 0.25 of the 0.35 seconds of CPU that a visit to a
figure took; a browser takes 0.9. So the tests take turns with pages of one browser. Between two
tests a page is left empty, and what it stored is forgotten.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .accessibility import violations
from .pages import page_of

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A process for a page that may yet come; a new frame, from scratch, for the next page in it.
    "--disable-features=SpareRendererForSitePerProcess,RenderDocument",
    # A process less, and one thread that draws: a tenth less of the processor's time, measured.
    "--in-process-gpu",
    "--num-raster-threads=1",
    "--proxy-server=127.0.0.1:9",  # nobody listens; Chromium asks no proxy for this machine itself
]
LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Visited:
    """What one page did: requests that left this machine, and errors of console and scripts."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        assert not self.outside, f"the page asked for {self.outside}"
        assert not self.errors, f"the page complained: {self.errors}"


def chromium(playwright) -> str:
    """Return the path of a Chromium, or skip the test: $CHROMIUM, the PATH, Playwright's own."""
    named = os.environ.get("CHROMIUM")
    own = playwright.chromium.executable_path
    for path in (named, *map(shutil.which, NAMES), own):
        if path and Path(path).is_file():
            return path
    pytest.skip(
        f"Chromium is missing: $CHROMIUM is {'not set' if not named else f'no file: {named}'}, "
        f"none of {', '.join(NAMES)} is on the PATH, and Playwright has none installed"
    )


class Held:
    """The browser and its empty pages, from the first test that asks for them to the last here."""

    def __init__(self) -> None:
        self.ending = contextlib.ExitStack()
        self.pages: Pages | None = None

    def start(self) -> Pages:
        if self.pages and not self.pages.browser.is_connected():
            self.end()  # it crashed under another test
        if self.pages is None:
            api = pytest.importorskip(
                "playwright.sync_api", reason="Chromium is missing: no playwright"
            )
            with contextlib.ExitStack() as begun:
                playwright = begun.enter_context(api.sync_playwright())
                browser = playwright.chromium.launch(
                    executable_path=chromium(playwright), args=FLAGS
                )
                begun.callback(browser.close)
                self.pages = Pages(browser)
                self.ending = begun.pop_all()
        return self.pages

    def end(self) -> None:
        self.ending.close()
        self.pages = None


HELD = Held()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser before another test than these.

    While Playwright is started it holds an asyncio loop in this thread, and notebook tests that the
    same worker runs next could not start their own.
    """
    yield
    if nextitem is None or HERE not in nextitem.path.parents:
        HELD.end()


def pytest_sessionfinish() -> None:
    HELD.end()  # where the first failure stopped all


@pytest.fixture(scope="module")
def browser():
    return HELD.start().browser


@pytest.fixture
def records() -> dict[object, Visited]:
    return {}


@pytest.fixture
def visited(records) -> Callable[..., Visited]:
    """Return a function that gives the record of a page that ``visit`` opened."""
    return records.__getitem__


class Pages:
    """The pages of a browser that no test has at the moment, by whether they run scripts."""

    def __init__(self, browser) -> None:
        self.browser = browser
        self.contexts: dict[bool, object] = {}
        self.free: dict[bool, list[tuple[object, Visited]]] = {True: [], False: []}

    def take(self, js: bool) -> tuple[object, Visited]:
        """Return an empty page and the record of what goes on in it."""
        if self.free[js]:
            page, seen = self.free[js].pop()
            seen.outside.clear()
            seen.errors.clear()
            return page, seen
        if js not in self.contexts:
            self.contexts[js] = self.browser.new_context(java_script_enabled=js)
        page = self.contexts[js].new_page()
        return page, record(page)

    def open(
        self,
        target: str | Path,
        width: int = 1280,
        theme: str = "light",
        motion: str = "no-preference",
        js: bool = True,
    ) -> tuple[object, Visited]:
        """Return a page opened as if it were a new one, and the record of what goes on in it."""
        page, seen = self.take(js)
        page.bring_to_front()  # 97 tests of the book took 59 s so, and 96 s behind other pages
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media="screen", color_scheme=theme, reduced_motion=motion)
        page.goto(target.resolve().as_uri() if isinstance(target, Path) else target)
        return page, seen

    def give_back(self, js: bool, page, seen: Visited) -> None:
        """Empty a page: its timers and workers end, and what it stored is forgotten."""
        if page.url.startswith(("file:", "http:")):
            page.evaluate("() => localStorage.clear()")
        page.mouse.move(0, 0)
        page.goto("about:blank")
        self.free[js].append((page, seen))


@pytest.fixture(scope="module")
def empty_pages() -> Pages:
    return HELD.start()


@pytest.fixture
def visit(empty_pages, records) -> Iterator[Callable[..., object]]:
    """Return a function that opens a page for one test, as ``Pages.open`` takes it."""
    taken = []

    def open_page(target: str | Path, js: bool = True, **how):
        page, seen = empty_pages.open(target, js=js, **how)
        taken.append((js, page, seen))
        records[page] = seen
        return page

    yield open_page
    for one in taken:
        empty_pages.give_back(*one)


@pytest.fixture
def show(visit, tmp_path) -> Callable[..., object]:
    """Write figures into a file and open it; the rest as ``visit`` takes it."""

    def open_figures(*figures, root="", body="", **how):
        path = tmp_path / "page.html"
        path.write_text(page_of(*figures, root=root, body=body), encoding="utf-8")
        return visit(path, **how)

    return open_figures


def record(page) -> Visited:
    """Write down what a page, and the pages that it opens, ask for elsewhere, and every error."""
    seen = Visited()

    def asked(request) -> None:
        if not is_local(request.url):
            seen.outside.append(request.url)

    def watch(one) -> None:
        one.on("request", asked)
        one.on("websocket", asked)
        one.on("popup", watch)
        one.on("pageerror", lambda error: seen.errors.append(str(error)))
        one.on("console", lambda said: said.type == "error" and seen.errors.append(said.text))

    watch(page)
    return seen


def is_local(url: str) -> bool:
    """Return whether ``url`` stays on this machine."""
    address = urlsplit(url)
    return address.scheme in ("file", "data", "blob", "about") or address.hostname in LOCAL


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[dict]]:
    """Return a function that gives the violations axe-core finds in a page as it stands."""
    sync = pytest.importorskip("axe_playwright_python.sync_playwright")
    script = sync.Axe().axe_script

    return functools.partial(violations, script=script)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Return a function that serves a folder on 127.0.0.1 until the test ends."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
