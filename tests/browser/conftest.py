"""Pages in headless Chromium, cut off from the network, with all that went wrong written down.

``visit``   open a page: ``visit(path or url, width=390, theme="dark", motion="reduce", js=False)``
``visited`` what a page asked for and complained about: ``visited(page).outside``, ``.errors``
``axe``     the accessibility violations of a page as it stands, shadow roots included
``serve``   a folder on 127.0.0.1, for what ``file://`` cannot do: ``serve(folder)`` gives its URL
``show``    figures on a page of their own: ``show(figure, ..., root='data-theme="dark"')``
``browser`` the browser itself, for tests with needs of their own

Nothing but ``file:``, ``data:``, ``blob:`` and this machine is ever reached: every other request
is refused and recorded. Without a Chromium the tests are skipped, and say so.
"""

from __future__ import annotations

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


# One browser a module, not a session: while Playwright is started it holds an asyncio loop in
# this thread, and notebook tests that the same worker runs next could not start their own.
@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="Chromium is missing: no playwright")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def records() -> dict[object, Visited]:
    return {}


@pytest.fixture
def visited(records) -> Callable[..., Visited]:
    """Return a function that gives the record of a page that ``visit`` opened."""
    return records.__getitem__


@pytest.fixture
def visit(browser, records) -> Iterator[Callable[..., object]]:
    """Return a function that opens a page in a fresh context; all are closed after the test."""
    contexts = []

    def open_page(
        target: str | Path,
        width: int = 1280,
        theme: str = "light",
        motion: str = "no-preference",
        js: bool = True,
    ):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion=motion,
            java_script_enabled=js,
        )
        contexts.append(context)
        page = context.new_page()
        records[page] = record(context, page)
        page.goto(target.resolve().as_uri() if isinstance(target, Path) else target)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def show(visit, tmp_path) -> Callable[..., object]:
    """Write figures into a file and open it; the rest as ``visit`` takes it."""

    def open_figures(*figures, root="", body="", **how):
        path = tmp_path / "page.html"
        path.write_text(page_of(*figures, root=root, body=body), encoding="utf-8")
        return visit(path, **how)

    return open_figures


def record(context, page) -> Visited:
    """Refuse what leaves this machine, and write down that and every error."""
    seen = Visited()

    def route(request_route) -> None:
        if is_local(request_route.request.url):
            request_route.continue_()
        else:
            seen.outside.append(request_route.request.url)
            request_route.abort()

    def route_socket(socket) -> None:
        if is_local(socket.url):
            socket.connect_to_server()
        else:
            seen.outside.append(socket.url)
            socket.close()

    context.route("**/*", route)
    context.route_web_socket("**/*", route_socket)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and seen.errors.append(said.text))
    return seen


def is_local(url: str) -> bool:
    """Return whether ``url`` stays on this machine."""
    address = urlsplit(url)
    return address.scheme in ("file", "data", "blob", "about") or address.hostname in LOCAL


@pytest.fixture
def axe() -> Callable[..., list[dict]]:
    """Return a function that gives the violations axe-core finds in a page as it stands."""
    sync = pytest.importorskip("axe_playwright_python.sync_playwright")

    def violations(page, context: str | None = None) -> list[dict]:
        found = sync.Axe().run(page, context=context).response["violations"]
        return [
            {
                "id": one["id"],
                "impact": one["impact"],
                "help": one["help"],
                "nodes": [f"{node['target']} {node['failureSummary']}" for node in one["nodes"]],
            }
            for one in found
        ]

    return violations


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
