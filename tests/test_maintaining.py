"""What the maintainers' page and the changelog say is so: commands, files, folders, versions."""

from __future__ import annotations

import datetime
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from tinytx import cli

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tools"))

import release_notes  # noqa: E402

PAGE = (ROOT / "book/maintaining.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
BEGINS = ("make ", "git ", "cp ", "tinytx ", ".venv/bin/")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def commands() -> list[str]:
    """Return every command on the page: lines of its shell blocks, and code within its text."""
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE, re.M | re.S)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    rest = re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S)
    inline = [code for code in re.findall(r"`([^`\n]+)`", rest) if code.startswith(BEGINS)]
    return sorted({*filter(None, lines), *inline})


def missing(command: str) -> str:
    """Return what of a command is not there, or ''."""
    program, *words = command.removeprefix(".venv/bin/").split()
    options = {word for word in words if word.startswith("--")}
    if program == "make":
        return "" if re.search(rf"^{words[0]}:", MAKEFILE, re.M) else f"no target {words[0]}"
    if program == "tinytx":
        known = typer.main.get_command(cli.app).commands
        if words[0] not in known:
            return f"no command {words[0]}"
        return str(options - {one for p in known[words[0]].params for one in p.opts} or "")
    if program == "python" and words[0] == "-m":
        found = importlib.util.find_spec(words[1])
        return "" if found and "__main__" in Path(found.origin).read_text() else words[1]
    if program == "python":
        script = ROOT / words[0]
        text = script.read_text(encoding="utf-8") if script.exists() else ""
        return "" if text and all(one in text for one in options) else words[0]
    if program == "cp":
        return "" if (ROOT / words[-1]).exists() else words[-1]
    return "" if command.startswith(("git tag v", "git push origin v")) else command


@pytest.mark.parametrize("command", commands())
def test_each_command_on_the_page_exists(command):
    assert missing(command) == ""


@pytest.mark.parametrize(
    "command",
    ["make nothing", "tinytx nothing", ".venv/bin/tinytx train --no-such-option", "cp a b/c",
     ".venv/bin/python tools/nothing.py", ".venv/bin/python tools/quick.py --nothing",
     ".venv/bin/python -m tinytx.wording", "rm -rf src"],
)  # fmt: skip
def test_a_command_that_does_not_exist_is_seen(command):
    assert missing(command)


def test_the_page_has_the_commands_that_a_maintainer_needs():
    assert {"make quick", "make test", "make book", "make outputs", "make exercises", "make layers",
            "make release"} <= set(commands())  # fmt: skip


def test_each_file_on_the_page_exists():
    tops = "book|src|tests|tools|benchmarks|solutions|exercises"
    named = set(re.findall(rf"`((?:{tops})/[^`\s*]*|\w+\.(?:py|toml|md|txt|cff))`", PAGE))
    named |= {
        f"src/tinytx/trained/{one}" for one in re.findall(r"trained/(\w+\.safetensors)", PAGE)
    }
    inside = {"course.yml": ".github/workflows", "release.yml": ".github/workflows",
              "_toc.yml": "book"}  # fmt: skip
    assert len(named) > 20
    assert [n for n in sorted(named) if not (ROOT / inside.get(n, "") / n).exists()] == []
    for name, folder in inside.items():
        assert f"`{name}`" in PAGE
        assert (ROOT / folder / name).exists(), name


def test_each_folder_of_tests_is_explained():
    told = re.findall(r"^\| `(tests/(?:\w+/)?)` \|", PAGE, re.M)
    found = {f"tests/{one.parent.name}/" for one in (ROOT / "tests").glob("*/test_*.py")}
    assert set(told) == found | {"tests/"}
    assert len(told) == len(set(told))


def test_each_part_took_some_time():
    table = PAGE.split("<!-- times -->\n")[1].split("<!-- /times -->")[0]
    seconds = re.findall(r"^\| (`.*`.*) \| ([\d,]+) \|", table, re.M)
    assert len(seconds) >= 6
    assert all(int(number.replace(",", "")) > 0 for _, number in seconds)


# --- the changelog


def test_the_changelog_tells_of_this_version_first():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\S+)$", text, re.M)
    versions, days = zip(*told, strict=True)
    assert versions[0] == VERSION
    assert list(versions) == sorted(versions, key=_numbers, reverse=True)
    assert list(days) == sorted(map(str, map(datetime.date.fromisoformat, days)), reverse=True)
    assert f'date-released: "{days[0]}"' in (ROOT / "CITATION.cff").read_text()
    links = dict(re.findall(r"^\[([\d.]+)\]: (\S+)$", text, re.M))
    assert set(links) == set(versions)
    assert links[VERSION].endswith(f"/releases/tag/v{VERSION}")
    kinds = set(re.findall(r"^### (.+)$", text, re.M))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_names_that_the_changelog_says_have_moved_are_where_it_says():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split("### Changed")[1]
    moved = re.findall(r"`(tinytx[\w.]+)` is\s+`(tinytx[\w.]+)`", text)
    assert len(moved) == 4
    for old, new in moved:
        assert _there(new), new
        assert not _there(old), old


def _there(name: str) -> bool:
    front, _, last = name.rpartition(".")
    try:
        module = importlib.import_module(front)
        return hasattr(module, last) or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


# --- the release


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.10.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [1.10.0] - 2030-01-02\n\n### Added\n\n- More.\n\n"
        "## [1.1.0] - 2029-01-02\n\n- Some.\n\n[1.10.0]: https://example.org\n"
    )
    return tmp_path


def test_the_notes_of_a_release_are_its_section_of_the_changelog(project):
    assert release_notes.notes("v1.10.0", project) == "### Added\n\n- More.\n"


@pytest.mark.parametrize("tag", ["v1.1.0", "1.10.0", "v1.10", "v1.10.0-rc1", ""])
def test_a_tag_that_is_not_the_version_is_refused(tag, project):
    with pytest.raises(ValueError, match=r"tag is .* and must be 'v1\.10\.0'"):
        release_notes.notes(tag, project)


@pytest.mark.parametrize("text", ["# Changelog\n", "## [1.10.0] - 2030-01-02\n\n## [1.1.0]\n- A\n"])
def test_a_version_without_notes_is_refused(text, project):
    (project / "CHANGELOG.md").write_text(text)
    with pytest.raises(ValueError, match=r"has nothing on 1\.10\.0"):
        release_notes.notes("v1.10.0", project)


def test_this_version_has_notes_and_a_wrong_tag_gets_one_line(capsys):
    assert release_notes.main([f"v{VERSION}"]) == 0
    assert "### Added" in capsys.readouterr().out
    assert release_notes.main(["v0.0.0"]) == release_notes.main([]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert len(streams.err.splitlines()) == 2


WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github/workflows").glob("*.yml")
}


def test_the_release_begins_with_a_tag_and_publishes_only_what_was_tested():
    release = WORKFLOWS["release.yml"]
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as true
    jobs = release["jobs"]
    assert jobs["pypi"]["needs"] == "build"
    assert jobs["github"]["needs"] == "pypi"
    steps = [step.get("run", "") for step in jobs["build"]["steps"]]
    order = ["release_notes.py", "-m build", "test_wheel.py", "make release"]
    places = [next(i for i, step in enumerate(steps) if word in step) for word in order]
    assert places == sorted(places)


def test_a_job_may_do_what_it_needs_and_no_more():
    jobs = WORKFLOWS["release.yml"]["jobs"]
    assert WORKFLOWS["release.yml"]["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"}, "pypi": {"id-token": "write"},
        "github": {"contents": "write"},
    }  # fmt: skip
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text()
    assert all("run" not in step for step in jobs["pypi"]["steps"])  # nothing beside the one action


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_files_and_targets_that_a_workflow_names_exist(name):
    text = (ROOT / ".github/workflows" / name).read_text(encoding="utf-8")
    for path in re.findall(r"\b((?:tools|tests|book)/\w[\w/]*\.(?:py|md))\b", text):
        assert (ROOT / path).exists(), path
    for target in re.findall(r"\bmake (\w+)", text):
        assert re.search(rf"^{target}:", MAKEFILE, re.M), target
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"(actions|pypa)/[\w-]+@(v\d+|release/v1)", action), action
