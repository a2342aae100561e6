"""The book's shell: what its pages promise, its one address, and the guard that keeps it offline.

These run without a browser and without building the book. `tests/browser/test_book.py` opens the
built pages.
"""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import typer
import yaml
from small_book import sphinx

import tinytx
from tinytx import cli
from tinytx.config import GPTConfig

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "book"
PAGES = sorted([*BOOK.glob("*.md"), *BOOK.glob("api/*.md"), *BOOK.glob("parts/*.md")])
sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import address  # noqa: E402
import loads  # noqa: E402
import pages  # noqa: E402

# A row of the landing page's map: number, chapter, question.
MAP_ROW = re.compile(r"^\| (\d\d) \| (.+?) \| (.+?) \|$", re.M)


def toc() -> dict[str, list[str]]:
    """Return the table of contents: the files under each caption."""
    found: dict[str, list[str]] = {}
    for part in yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))["parts"]:
        caption = part.get("caption") or list(found)[-1]  # the list goes on, with numbers
        found.setdefault(caption, []).extend(files_of(part["chapters"]))
    return found


def files_of(entries: list[dict]) -> Iterator[str]:
    """Yield the files of ``entries`` and of the sections below them."""
    for entry in entries:
        yield entry["file"]
        yield from files_of(entry.get("sections", []))


# --- the landing page's map


def test_the_map_has_all_fourteen_chapters_in_order():
    rows = MAP_ROW.findall((BOOK / "intro.md").read_text(encoding="utf-8"))
    assert [number for number, _, _ in rows] == [f"{i:02}" for i in range(1, 15)]
    assert all(question.endswith("?") for _, _, question in rows)


def test_the_map_links_what_is_written_and_marks_the_rest_as_planned():
    listed = [file for files in toc().values() for file in files if "chapters/" in file]
    linked = []
    for number, chapter, _ in MAP_ROW.findall((BOOK / "intro.md").read_text(encoding="utf-8")):
        target = re.search(r"\]\((chapters/\d\d_\w+)\.ipynb\)", chapter)
        assert bool(target) != ("{.planned}" in chapter), f"chapter {number}: linked or planned?"
        if target:
            assert target[1].startswith(f"chapters/{number}_")
            linked.append(target[1])
    assert linked == listed, "the map and _toc.yml name different chapters"


def test_the_table_of_contents_lists_only_pages_that_are_there():
    for files in toc().values():
        for file in files:
            where = ROOT if file.startswith("exercises/") else BOOK
            found = [where / f"{file}{ending}" for ending in (".md", ".ipynb")]
            assert any(path.exists() for path in found), f"_toc.yml lists {file}, which is missing"


def test_the_table_of_contents_lists_every_page():
    listed = {"intro"}.union(*toc().values())
    assert {page.relative_to(BOOK).with_suffix("").as_posix() for page in PAGES} <= listed


# --- what the pages say is true


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_pages_give_what_they_show(page):
    text = page.read_text(encoding="utf-8").replace("```", "\n```")  # a fence ends an output
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples)
    assert results.failed == 0
    assert results.attempted or ">>>" not in text


def test_some_page_has_examples():
    assert any(">>>" in page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize(
    "module",
    ["loads", "address", "docstrings", "tasks", "course", "part_pages", "paths", "teaching"],
)
def test_examples_in_extensions(module):
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed


def test_commands_on_the_setup_page_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", (BOOK / "setup.md").read_text(encoding="utf-8")))
    named -= {"git"}  # `apt install make git`
    assert {"book", "test", "lab"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.M), f"setup.md names `make {target}`"


def test_the_setup_page_asks_for_the_room_that_the_set_up_asks_for():
    script = (ROOT / "tools" / "setup_env.py").read_text(encoding="utf-8")
    small, large = re.search(r'ROOM_GB = \{"cpu": (\d+)\.0, "default": (\d+)\.0\}', script).groups()
    used = re.search(r"Measured on Linux: (\S+ GB) with the CPU .* (\S+ GB) with the CUDA", script)
    page = (BOOK / "setup.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [CG]PU .*\| (.+?) \| (\d+) GB free", page, re.M)
    assert rows == [(used[1], small), (used[2], large)]
    saved = float(used[2].split()[0]) - float(used[1].split()[0])
    assert f"saves {saved:.1f} GB" in page


def test_windows_opens_the_exercises_as_make_lab_does():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"jupyter lab (.+)", makefile)[1].split()
    quoted = " ".join(f'"{option}"' for option in options)  # PowerShell may cut at a dot
    page = (BOOK / "setup.md").read_text(encoding="utf-8")
    assert rf".venv\Scripts\jupyter lab {quoted}" in page


def test_notation_names_config_fields_and_options_that_exist():
    text = (BOOK / "notation.md").read_text(encoding="utf-8").split("## Shapes")[0]
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+|dropout)`", text))
    assert named <= {field.name for field in fields(GPTConfig)}
    sizes = {"vocab_size", "context_length", "n_layer", "n_head", "d_model", "d_head", "d_ff"}
    assert sizes <= named
    train = typer.main.get_command(cli.app).commands["train"]
    offered = {option for parameter in train.params for option in parameter.opts}
    listed = set(re.findall(r"`(--[a-z-]+)`", text))
    assert len(listed) >= 6
    assert listed <= offered


# --- the API pages


def test_the_api_lists_all_that_the_package_map_names():
    named = set(re.findall(r"^``(\w+)``", tinytx.__doc__, re.M))
    assert len(named) >= 15
    text = "".join(page.read_text(encoding="utf-8") for page in BOOK.glob("api/*.md"))
    listed = re.findall(r"^\.\. automodule:: tinytx\.([\w.]+)$", text, re.M)
    assert named <= {name.split(".")[0] for name in listed}
    assert len(set(listed)) == len(listed)


def commands(group: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every command below ``group`` with the first line of its help."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command.help.splitlines()[0]


def test_the_command_page_says_what_the_commands_say():
    page = (BOOK / "api" / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(tinytx [^`]+)` \| (.+) \|$", page, re.M)
    assert sorted(rows) == sorted(commands(typer.main.get_command(cli.app), "tinytx"))


def test_citations_have_an_entry():
    entries = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text("utf-8"), re.M)
    assert len(entries) == len(set(entries)) >= 12
    sources = [*PAGES, *BOOK.glob("chapters/*.ipynb")]
    cited = {
        key.strip()
        for source in sources
        for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", source.read_text(encoding="utf-8"))
        for key in keys.split(",")
    }
    assert cited
    assert cited <= set(entries)


# --- one address


def test_the_address_stands_in_pyproject_alone():
    repository = address.repository_address(ROOT / "pyproject.toml")
    assert repository.startswith("https://")
    for path in [*PAGES, *BOOK.glob("*.*"), *BOOK.glob("_ext/*.py"), *BOOK.glob("_static/*")]:
        assert repository.encode() not in path.read_bytes(), f"{path.name} repeats it"


def test_a_missing_address_is_one_clear_line(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(Exception, match=r"must hold \[project.urls\] Repository") as caught:
        address.repository_address(tmp_path / "pyproject.toml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("https://github.com/Owner/name", "https://owner.github.io/name/"),
        ("https://git.example.org/owner/name", ""),
    ],
)
def test_pages_address(repository, expected):
    assert address.pages_address(repository) == expected


# --- descriptions


def test_description_holds_words_and_no_latex():
    from docutils.core import publish_doctree

    text = (
        "Title\n=====\n\n.. note:: boxed\n\nThe loss is :math:`\\frac{a}{b}` here.\n\n"
        'First **bold** words, "quoted".\n\n::\n\n    code = 1\n'
    )
    doctree = publish_doctree(text)
    assert pages.plain_description(doctree) == 'First bold words, "quoted".'


def test_long_descriptions_end_at_a_word():
    assert pages._shortened(["one", "two", "three", "four"], 12) == "one two…"


# --- the guard: every way to load from outside that it must see

LOADING_PAGES = [
    '<img src="https://a.org/x.png">',
    '<IMG SRC="//a.org/x.png">',
    '<img src="HTTP://a.org/x.png"/>',
    '<img src="ht\ntps://a.org/x.png">',
    '<img src="\\\\a.org/x.png">',
    '<img src="https&#58;//a.org/x.png">',
    '<img src="local.png" srcset="local.png 1x, https://a.org/x.png 2x">',
    '<script src="https://a.org/x.js"></script>',
    '<script type="module">import {x} from "https://a.org/x.mjs"</script>',
    '<script>await import("//a.org/x.js")</script>',
    '<script>fetch("https://a.org/data")</script>',
    '<script>const r = new XMLHttpRequest(); r.open("GET", "https://a.org/x")</script>',
    '<script>new Image().src = "https://a.org/x.png"</script>',
    '<script>e.setAttribute("src", "//a.org/x.js")</script>',
    '<script>require.config({paths: {"q": "https://a.org/q"}})</script>',
    '<script>const U = "https://a.org/index.js"; load(U)</script>',
    '<script>a = "</p>"; d.innerHTML = "<img src=\\"https://a.org/x.png\\">"</script>',
    '<script>s.textContent = "p { background: url(https://a.org/x.png) }"</script>',
    '<script>new WebSocket("wss://a.org/")</script>',
    '<link rel="stylesheet" href="https://a.org/x.css">',
    '<link rel="preconnect" href="https://a.org">',
    '<link rel="icon" href="//a.org/x.ico">',
    '<link rel="alternate stylesheet" href="https://a.org/x.css">',
    '<iframe src="https://a.org"></iframe>',
    "<iframe srcdoc='<img src=\"https://a.org/x.png\">'></iframe>",
    '<video poster="https://a.org/x.png"></video>',
    '<audio><source src="https://a.org/x.ogg"></audio>',
    '<video><track src="https://a.org/x.vtt"></video>',
    '<object data="https://a.org/x.svg"></object>',
    '<embed src="https://a.org/x.swf">',
    '<input type="image" src="https://a.org/x.png">',
    '<svg><image href="https://a.org/x.png"/></svg>',
    '<svg><use xlink:href="https://a.org/x.svg#a"/></svg>',
    '<base href="https://a.org/">',
    '<meta http-equiv="refresh" content="0; url=https://a.org">',
    '<p style="background: url(https://a.org/x.png)">',
    "<style>@import 'https://a.org/x.css';</style>",
    "<style>@font-face { src: url(https://a.org/x.woff2) }</style>",
    "<style>p { background: u\\72l(https://a.org/x.png) }</style>",
    '<style>p { background: image-set("https://a.org/x.png" 1x) }</style>',
    "<button onclick=\"fetch('https://a.org')\">",
    '<a href="x.html" ping="https://a.org">',
    '<img src="file:///etc/passwd">',
]


@pytest.mark.parametrize("html", LOADING_PAGES)
def test_guard_sees(html):
    found = loads.file_loads("page.html", f"<!DOCTYPE html><body>{html}<p>text</p></body>")
    assert len({url for _, url in found}) == 1, found


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://a.org">a link to click</a>',
        '<link rel="canonical" href="https://a.org/page.html">',
        '<link rel="next" href="b.html"><link rel="stylesheet" href="_static/x.css">',
        '<img src="_static/x.png"><img src="data:image/png;base64,AA==">',
        '<script>const a = "https://a.org/page", ns = "http://www.w3.org/2000/svg"</script>',
        '<script type="module">import {x} from "./x.mjs"</script>',
        "<style>p { background: url('../x.png') } /* url(https://a.org/x.png) */</style>",
        "<pre>&lt;img src=&quot;https://a.org/x.png&quot;&gt;</pre>",
        '<meta property="og:url" content="https://a.org/">',
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>',
        "<!-- <script src='https://a.org/x.js'></script> -->",
    ],
)
def test_guard_lets_pass(html):
    assert loads.file_loads("page.html", html) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.css", "@font-face { font-family: x; src: url('//a.org/x.woff2') }"),
        ("a.css", '@import url("https://a.org/x.css");'),
        ("a.js", 'importScripts("https://a.org/x.js")'),
        ("a.mjs", 'export * from "https://a.org/x.mjs"'),
        ("a.svg", '<svg><image xlink:href="https://a.org/x.png"/></svg>'),
    ],
)
def test_guard_reads_assets(name, text):
    assert len(loads.file_loads(name, text)) == 1


def test_guard_reads_no_other_files():
    assert loads.file_loads("a.ipynb", '<img src="https://a.org/x.png">') == []


# --- the guard in real builds

CONF = """
import sys
sys.path.append({extensions!r})
extensions = ["offline", "formulas"]
html_theme = "basic"
html_static_path = ["_static"]
"""


def build(folder: Path, html: str, css: str = "") -> subprocess.CompletedProcess[str]:
    """Build a book of one page that holds ``html``, warnings allowed."""
    (folder / "_static").mkdir()
    (folder / "_static" / "own.css").write_text(css)
    (folder / "conf.py").write_text(CONF.format(extensions=str(BOOK / "_ext")))
    (folder / "index.rst").write_text(f"Title\n=====\n\n.. raw:: html\n\n   {html}\n\n:math:`x`\n")
    return sphinx("-q", "-b", "html", folder, folder / "out")


def test_build_fails_on_an_outside_image(tmp_path):
    done = build(tmp_path, '<img src="https://a.org/x.png" alt="">')
    assert done.returncode != 0
    assert "must load nothing from another host" in done.stderr
    assert "index.html: <img src>: https://a.org/x.png" in done.stderr


def test_build_fails_on_an_outside_font_in_a_style_sheet(tmp_path):
    done = build(tmp_path, "<p>fine</p>", "@font-face { src: url(https://a.org/x.woff2) }")
    assert done.returncode != 0
    assert "_static/own.css: style sheet: https://a.org/x.woff2" in done.stderr


def test_the_command_page_names_every_command():
    """Each with the sentence that its own help begins with."""
    import typer

    from tinytx.cli import app

    every = typer.main.get_command(app).commands
    page = (BOOK / "api/cli.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `tinytx ([\w ]+)` \| (.*) \|$", page, re.MULTILINE))
    assert rows == {name: command.help.strip() for name, command in every.items()}
