"""The exercises as a learner meets them: JupyterLab, a wrong answer, its name, the right answer."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from tinytx.checks import tokenization

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "exercises/01_tokenization.ipynb"
SOLVED = ("02_embeddings", "03_attention", "04_multihead", "05_blocks", "06_backprop")
SECONDS = 120
SETTINGS = {
    # every cell is in the page, also those out of sight
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    # nothing asks for the news of the project, which lie on another host
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
OFF_BY_ONE = """def count_pairs(ids):
    counts = {}
    for i in range(len(ids) - 2):
        pair = (ids[i], ids[i + 1])
        counts[pair] = counts.get(pair, 0) + 1
    return counts"""
LOOPS = """def count_pairs(ids):
    while True:
        pass"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab on a copy of what is opened here; yield its address and token."""
    folder = tmp_path_factory.mktemp("lab")
    for name in (NOTEBOOK, *(f"solutions/{stem}.ipynb" for stem in SOLVED)):
        copy = folder / name
        copy.parent.mkdir(exist_ok=True)
        nbformat.write(without_outputs(ROOT / name), copy)
    for name, settings in SETTINGS.items():
        file = folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
               f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]  # fmt: skip
    places = {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **places}
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, folder / "log")
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        server.wait(SECONDS)


def without_outputs(path):
    """Read a notebook as if it had never run: every verdict in the page is then a fresh one."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def wait_for(url, server, log):
    for _ in range(4 * SECONDS):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()}")


def wait_for_kernel(url, notebook):
    """Wait until the notebook's kernel is idle; JupyterLab shows it so before it has one."""
    for _ in range(4 * SECONDS):
        with urllib.request.urlopen(url, timeout=SECONDS) as reply:
            sessions = json.load(reply)
        mine = [s["kernel"] for s in sessions if s["path"] == notebook and s["kernel"]]
        if any(kernel["execution_state"] == "idle" for kernel in mine):
            return
        time.sleep(0.25)
    raise AssertionError(f"no kernel became idle: {sessions}")


class Page:
    """The notebook in the browser: cells by their id in the file."""

    def __init__(self, page, notebook=NOTEBOOK):
        self.page = page
        cells = nbformat.read(ROOT / notebook, as_version=4).cells
        self.order = [cell.id for cell in cells]

    def cell(self, name):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(self.order.index(name))

    def output(self, name):
        return self.cell(name).locator(".jp-OutputArea-output")

    def run_all(self):
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def write(self, name, source):
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def run(self, name):
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def shot(self, name):
        """Keep a picture of the cell where TINYTX_SHOTS says, for a person to look at."""
        if folder := os.environ.get("TINYTX_SHOTS"):
            self.cell(name).scroll_into_view_if_needed()
            self.page.screenshot(path=str(Path(folder) / f"{name}-{time.time_ns()}.png"))


@pytest.fixture(scope="module")
def context(browser):
    """One for all notebooks: what JupyterLab loads is kept, and six tests take 58 s for 76."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(1000 * SECONDS)
    yield context
    context.close()


@pytest.fixture
def notebook(context, lab):
    with opened(context, lab, NOTEBOOK) as page:
        yield page


@contextlib.contextmanager
def opened(context, lab, notebook):
    address, token = lab
    page = context.new_page()
    # A workspace of its own: another notebook's tab would be opened beside this one.
    workspace = Path(notebook).stem
    page.goto(f"{address}/lab/workspaces/{workspace}/tree/{notebook}?token={token}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    wait_for_kernel(f"{address}/api/sessions?token={token}", notebook)
    yield Page(page, notebook)
    page.close()


def solution(name):
    """Return the answer from the solutions, as a learner would type it: without the markers."""
    path = ROOT / NOTEBOOK.replace("exercises", "solutions")
    (source,) = (c.source for c in nbformat.read(path, as_version=4).cells if c.id == name)
    return "\n".join(line for line in source.splitlines() if "SOLUTION" not in line)


def test_a_wrong_answer_is_named_corrected_and_passes(notebook):
    from playwright.sync_api import expect

    expect.set_options(timeout=1000 * SECONDS)
    notebook.run_all()
    expect(notebook.output("train-check")).to_have_text("[ ] train_bpe: not started yet\n")
    expect(notebook.output("count-check")).to_have_text("[ ] count_pairs: not started yet\n")
    expect(notebook.output("play")).to_have_count(0)
    notebook.shot("start")

    nudge = notebook.cell("count-hints").locator("details p").first
    expect(nudge).to_be_hidden()
    notebook.cell("count-hints").locator("summary").first.click()
    expect(nudge).to_be_visible()
    expect(nudge).to_contain_text("How many pairs do four tokens make?")
    notebook.shot("count-hints")

    notebook.write("count-write", OFF_BY_ONE)
    notebook.run("count-check")
    expect(notebook.output("count-check")).to_contain_text(
        "[x] count_pairs: the last pair is left out"
    )
    expect(notebook.output("count-check")).to_contain_text("count_pairs([1, 2]) gives {}")
    notebook.shot("count-check")

    notebook.write("count-write", LOOPS)
    notebook.run("count-check")
    expect(notebook.output("count-check")).to_contain_text("still running after 3 seconds")
    expect(notebook.output("count-check")).to_contain_text("In your line")
    notebook.shot("count-check")

    notebook.write("count-write", solution("count-write"))
    notebook.run("count-check")
    right = f"[ok] count_pairs: right on {len(tokenization.count_pairs.cases)} inputs\n"
    expect(notebook.output("count-check")).to_have_text(right)
    notebook.run("play")
    notebook.write("merge-write", solution("merge-write"))
    notebook.run("merge-check")
    expect(notebook.output("merge-check")).to_contain_text("[ok] merge_pair")
    expect(notebook.output("play")).to_have_count(0)

    notebook.run("play")
    play = notebook.output("play")
    expect(play).to_contain_text("33 tokens, vocabulary of 256")
    notebook.shot("play")
    slider = play.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    expect(play).to_contain_text("vocabulary of 259")
    notebook.shot("play")
    notebook.page.keyboard.press("Home")
    play.get_by_role("textbox").first.fill("na na na <b>Batman</b>")
    expect(play).to_contain_text("22 tokens, vocabulary of 256")
    notebook.shot("play")


@pytest.mark.parametrize("name", SOLVED)
def test_solved_notebooks_end_in_a_playground(context, lab, name):
    from playwright.sync_api import expect

    expect.set_options(timeout=1000 * SECONDS)
    with opened(context, lab, f"solutions/{name}.ipynb") as notebook:
        notebook.run_all()
        play = notebook.output("play").locator(".widget-vbox").first
        expect(play).to_be_visible()
        checks = [name for name in notebook.order if name.endswith("-check")]
        for check in checks:
            expect(notebook.output(check)).to_contain_text("[ok]")
        before = play.inner_text()
        notebook.shot("play")
        slider = play.get_by_role("slider").first
        slider.focus()
        for _ in range(3):
            notebook.page.keyboard.press("ArrowRight")
        expect(play).not_to_have_text(before)
        notebook.shot("play")
