"""`make quick` runs what a change may break, says what it leaves, and keeps to its time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tools"))

import quick  # noqa: E402
from depends import Depends  # noqa: E402

FILES = {
    "src/toy/__init__.py": "",
    "src/toy/low.py": "x = 1\n",
    "src/toy/mid/__init__.py": "from .one import f\nfrom .two import g\n",
    "src/toy/mid/one.py": "from ..low import x\nf = x\n",
    "src/toy/mid/two.py": "g = 2\n",
    "src/toy/mid/two.toml": "b = 1\n",
    "src/toy/lazy/__init__.py": "def __getattr__(name):\n    from .heavy import h\n    return h\n",
    "src/toy/lazy/heavy.py": "h = 3\n",
    "src/toy/reads.py": "from pathlib import Path\nPath('table.toml')\n",
    "src/toy/table.toml": "a = 1\n",
    "src/toy/static/any.js": "let a = 1;\n",
    "tests/test_low.py": "import toy.low\n",
    "tests/test_one.py": "from toy.mid import f\n",
    "tests/test_two.py": "from toy import mid\nmid.g\n",
    "tests/test_whole.py": "from toy import mid\ndir(mid)\n",
    "tests/test_lazy.py": "from toy.lazy import h\n",
    "tests/test_script.py": "script = 'import sys; from toy.mid import g; print(g)'\n",
    "tests/test_patched.py": "name = 'toy.mid.two.g'\n",
    "tests/test_reads.py": "def test():\n    from toy.reads import Path\n",
    "tests/helpers.py": "from toy.low import x\n",
    "tests/test_helped.py": "from helpers import x\n",
    "tests/sub/__init__.py": "",
    "tests/sub/parts.py": "from toy.mid.two import g\n",
    "tests/sub/conftest.py": "",
    "tests/sub/test_relative.py": "from .parts import g\n",
    "tests/test_page.py": "page = 'README.md'\n",
    "tests/browser/test_page.py": "from toy.low import x\n",
    "README.md": "Read me.\n",
    "Makefile": "all:\n",
    "old.txt": "to be removed\n",
}
CELLS = {
    "book/chapters/01_one.ipynb": "%matplotlib inline\nfrom toy.mid import f",
    "solutions/02_two.ipynb": "from toy.mid import g",
}


def commit(root: Path) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    for command in (["add", "-A"], [*who, "commit", "-qm", "a step", "--allow-empty"]):
        subprocess.run(["git", *command], cwd=root, check=True)


@pytest.fixture
def repository(tmp_path) -> Path:
    cells = {
        name: json.dumps({"cells": [{"cell_type": "markdown", "source": ["text"]},
                                    {"cell_type": "code", "source": [source]}]})
        for name, source in CELLS.items()
    }  # fmt: skip
    for name, text in (FILES | cells).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=tmp_path, check=True)
    commit(tmp_path)
    return tmp_path


def chosen(root: Path, *files: str) -> quick.Choice:
    """Change files and return what is chosen."""
    for name in files:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\n")
    return quick.choose(quick.changed_files("HEAD", root), Depends(root, "toy"))


def test_what_imports_a_module_runs_at_whatever_distance_the_nearest_first(repository):
    choice = chosen(repository, "src/toy/low.py")
    assert choice.tests == {
        "tests/test_low.py": 1, "tests/test_helped.py": 1, "tests/test_one.py": 2,
        "tests/test_whole.py": 3,
    }  # fmt: skip
    assert choice.ordered(choice.tests)[-1] == "tests/test_whole.py"
    assert choice.browser == ["tests/browser/test_page.py"]
    assert choice.doctests == ["src/toy/low.py"]
    assert choice.notebooks == {}  # one is two steps away
    assert choice.unknown == []


def test_a_name_is_followed_through_the_front_of_a_folder(repository):
    choice = chosen(repository, "src/toy/mid/two.py")
    assert choice.tests == {
        "tests/test_two.py": 1, "tests/test_script.py": 1, "tests/test_patched.py": 1,
        "tests/sub/test_relative.py": 1, "tests/test_whole.py": 2,
    }  # fmt: skip
    assert choice.notebooks == {"solutions/02_two.ipynb": 1}


@pytest.mark.parametrize(
    ("file", "tests", "notebooks"),
    [
        ("src/toy/mid/__init__.py", {"one": 1, "two": 1, "whole": 1, "script": 1},
         {"book/chapters/01_one.ipynb": 1, "solutions/02_two.ipynb": 1}),
        ("src/toy/lazy/heavy.py", {"lazy": 1}, {}),
        ("src/toy/table.toml", {"reads": 1}, {}),
        ("tests/test_two.py", {"two": 0}, {}),
        ("tests/helpers.py", {"helped": 1}, {}),
        ("README.md", {"page": 2}, {}),
        ("book/chapters/01_one.ipynb", {}, {"book/chapters/01_one.ipynb": 0}),
    ],
)  # fmt: skip
def test_one_change(file, tests, notebooks, repository):
    choice = chosen(repository, file)
    assert choice.tests == {f"tests/test_{name}.py": near for name, near in tests.items()}
    assert choice.notebooks == notebooks
    assert choice.unknown == []


def test_what_configures_a_folder_of_tests_is_needed_by_them_all(repository):
    assert chosen(repository, "tests/sub/conftest.py").tests == {"tests/sub/test_relative.py": 1}


def test_a_data_file_that_nobody_names_counts_as_its_whole_folder(repository):
    tests = chosen(repository, "src/toy/static/any.js").tests
    assert {"tests/test_low.py", "tests/test_one.py", "tests/test_reads.py"} < set(tests)


def test_a_data_file_that_one_module_names_counts_as_that_module(repository):
    assert Depends(repository, "toy").readers("src/toy/table.toml") == {"src/toy/reads.py"}


def test_a_data_file_may_have_the_name_of_the_module_that_reads_it(repository):
    choice = chosen(repository, "src/toy/mid/two.toml")
    assert "tests/test_two.py" in choice.tests
    assert "tests/test_one.py" not in choice.tests
    assert choice.doctests == []  # it is no module to look for examples in


def test_what_no_test_knows_has_a_few_tests_run(repository, monkeypatch):
    monkeypatch.setattr(quick, "SMOKE", ["tests/test_low.py", "tests/not_there.py"])
    choice = chosen(repository, "Makefile")
    assert choice.unknown == ["Makefile"]
    assert list(choice.tests) == ["tests/test_low.py"]
    line = quick.explain(choice, {"Makefile"}, "HEAD", Depends(repository, "toy"))[-1]
    assert line == "no test is known to depend on Makefile: a few tests run anyway"


def test_with_no_change_a_few_tests_run(repository, monkeypatch):
    monkeypatch.setattr(quick, "SMOKE", ["tests/test_low.py"])
    assert list(chosen(repository).tests) == ["tests/test_low.py"]


def test_a_known_change_runs_no_other_tests():
    assert all((ROOT / name).exists() for name in quick.SMOKE)


# --- what changed


def test_new_removed_and_renamed_files_are_changes(repository):
    (repository / "new file.txt").write_text("new")
    (repository / "old.txt").unlink()
    (repository / "src/toy/low.py").rename(repository / "src/toy/lower.py")
    assert quick.changed_files("HEAD", repository) == {
        "new file.txt", "old.txt", "src/toy/low.py", "src/toy/lower.py",
    }  # fmt: skip


def test_a_removed_module_stops_nobody(repository):
    (repository / "src/toy/mid/two.py").unlink()
    (repository / "src/toy/mid/__init__.py").write_text("from .one import f\n")
    choice = quick.choose(quick.changed_files("HEAD", repository), Depends(repository, "toy"))
    assert "tests/test_one.py" in choice.tests


def test_the_branch_is_compared_with_where_it_left_main(repository):
    assert quick.start_of_branch(repository) == "HEAD"
    start = quick.git("rev-parse", "HEAD", root=repository).strip()
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=repository)
    (repository / "README.md").write_text("Another.\n")
    commit(repository)
    (repository / "Makefile").write_text("none:\n")
    assert quick.start_of_branch(repository) == start
    assert quick.changed_files(start, repository) == {"README.md", "Makefile"}
    assert quick.changed_files("HEAD", repository) == {"Makefile"}


def test_a_commit_that_is_none_is_refused(capsys):
    assert quick.main(["--since", "no-such-commit"]) == 2
    said = capsys.readouterr().err
    assert said == "quick: since is 'no-such-commit' and must be a commit: see `git log`\n"


def test_where_lint_took_all_the_time_nothing_begins(monkeypatch, capsys):
    monkeypatch.setattr(quick, "run", lambda *_: pytest.fail("nothing may begin"))
    choice = quick.Choice(tests={"a": 0}, notebooks={"b": 0})
    assert quick._run_all(choice, time.time(), time.time()) == 0
    said = capsys.readouterr().out
    assert "passed as far as it came" in said
    assert said.strip().endswith("tests not begun, notebooks not begun")


def test_of_very_many_files_the_nearest_are_run(monkeypatch, repository):
    began = []
    monkeypatch.setattr(quick, "run", lambda files, *rest: (began.extend(files), (0, False))[1])
    choice = quick.Choice(tests={f"tests/test_{i:03}.py": 3 - i % 3 for i in range(100)})
    assert quick._run_all(choice, time.time() + 600, 0) == 0
    assert len(began) == quick.MOST == 60
    assert began[0] == "tests/test_002.py"
    said = quick.explain(choice, set(), "HEAD", Depends(repository, "toy"))
    assert said[-1] == "the nearest 60 test files are run, the others are left for `make test`"


def test_it_says_what_it_chose_and_why(repository):
    choice = chosen(repository, "src/toy/mid/two.py", "tests/test_two.py")
    said = quick.explain(choice, {"a", "b"}, "0123456789abcdef", Depends(repository, "toy"))
    assert said[0] == "changed since 0123456789: a, b"
    assert said[1].startswith("5 of 12 test files: 1 changed, 3 use what changed, 1 further away; ")
    assert said[2] == "1 of 2 notebooks: 1 use what changed; solutions/02_two.ipynb"


# --- the time


def pytest_with_budget(folder: Path, until: float, status: int = 0) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "quick_budget", "-p", "no:cacheprovider"]
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT / "tools")}
    done = subprocess.run(
        [*command, "-q", "-o", "addopts=", str(folder)], cwd=folder, capture_output=True, text=True,
        env={**os.environ, **own, "QUICK_UNTIL": str(until)},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_what_has_not_begun_in_time_is_left_and_named(tmp_path):
    (tmp_path / "test_two.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    late = pytest_with_budget(tmp_path, 0)
    assert "left for `make test`: the time is up: test_two.py (2)" in late
    assert "2 skipped" in late
    early = pytest_with_budget(tmp_path, time.time() + 3600)
    assert "2 passed" in early
    assert "left" not in early


class Endless:
    """A run that never ends, in which a test has failed or none."""

    pid, failures = 4_194_304, 0  # above the largest id that a process has

    def __init__(self, command, cwd, env, start_new_session):
        assert start_new_session  # or the tests that are stopped would be these
        Path(env["QUICK_FAILED"]).write_text("test\n" * self.failures)

    def wait(self, seconds=0):
        if seconds:
            raise subprocess.TimeoutExpired("pytest", seconds)

    def poll(self):
        return None


@pytest.mark.parametrize("failures", [0, 2])
def test_what_does_not_end_is_stopped_and_its_failures_count(failures, monkeypatch):
    stopped = []
    monkeypatch.setattr(Endless, "failures", failures)
    monkeypatch.setattr(quick.subprocess, "Popen", Endless)
    monkeypatch.setattr(quick.os, "killpg", lambda *given: stopped.append(given))
    assert quick.run(["a"], "", time.time()) == (int(failures > 0), True)
    assert stopped == [(Endless.pid, quick.signal.SIGKILL)]


class Ended(Endless):
    """A run that found no tests at all."""

    def wait(self, seconds=0):
        return 5

    def poll(self):
        return 5


@pytest.mark.parametrize(("files", "status"), [(["src/a.py"], 0), (["tests/a.py", "src/a.py"], 5)])
def test_where_no_test_was_found_something_is_wrong(files, status, monkeypatch):
    monkeypatch.setattr(quick.subprocess, "Popen", Ended)
    assert quick.run(files, "", time.time() + 60) == (status, False)


def test_the_names_of_failures_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("QUICK_FAILED", str(tmp_path / "failed"))
    (tmp_path / "test_two.py").write_text("def test_a(): assert 0\ndef test_b(): pass\n")
    pytest_with_budget(tmp_path, time.time() + 3600, 1)
    assert (tmp_path / "failed").read_text() == "test_two.py::test_a\n"


@pytest.mark.parametrize(
    ("came", "status", "said"),
    [
        ([(0, False), (0, False)], 0, r"passed; lint and choice 5 s, tests 0 s, notebooks 0 s"),
        ([(1, False), (0, False)], 1, r"FAILED; lint and choice 5 s, tests 0 s, notebooks 0 s"),
        ([(0, True), (0, False)], 0, r"passed as far as it came; .*, tests 0 s \(cut off\), .*"),
        ([(1, True), (0, False)], 1, r"FAILED; .*, tests 0 s \(cut off\), notebooks 0 s"),
    ],
)
def test_it_says_what_came_of_it_and_how_long_it_took(came, status, said, monkeypatch, capsys):
    now, ends = time.time(), []

    def run(files, options, until):
        ends.append(until)
        return came[len(ends) - 1]

    monkeypatch.setattr(quick, "run", run)
    monkeypatch.setattr(quick.time, "time", lambda: now)
    choice = quick.Choice(tests={"a": 0}, notebooks={"b": 0})
    assert quick._run_all(choice, now + 100, now - 5) == status
    assert re.fullmatch(f"quick: {said}", capsys.readouterr().out.strip())
    assert ends == [now + 100 * quick.SHARE, now + 100]  # the notebooks have what tests leave
