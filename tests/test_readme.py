"""What the README shows works: its code runs, its commands and links exist, its tables are full."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
SECTIONS = re.findall(r"^<!-- ([\w-]+) -->$", README, re.MULTILINE)


@pytest.mark.parametrize("code", CODE, ids=lambda code: code.splitlines()[-1])
def test_the_code_runs(code):
    exec(compile(code, "README.md", "exec"), {})


def test_the_ladder_that_it_shows_passes_to_the_top(capsys):
    (code,) = (code for code in CODE if "compare(" in code)
    exec(compile(code, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert all(line.startswith("ok ") for line in lines)


def test_both_engines_write_the_ids_that_it_promises():
    (code,) = (code for code in CODE if "generate(" in code)
    found = {}
    exec(compile(code, "README.md", "exec"), found)
    options = {"temperature": 0.8, "top_p": 0.9, "rng": 0}
    ours, theirs = (
        found["generate"](found[name], [[3, 1, 4]], 20, **options) for name in ("by_hand", "twin")
    )
    assert ours[0].tolist() == theirs[0].tolist()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_measured_table_is_there(section):
    table = README.split(f"<!-- {section} -->\n")[1].split(f"<!-- /{section} -->")[0]
    *rows, _, about = table.splitlines()
    assert len(rows) > 2
    assert len({row.count("|") for row in rows}) == 1
    assert about.startswith("*Python 3.")


def test_every_file_that_it_names_exists():
    named = re.findall(r"\]\(([^)#]+)\)|python (benchmarks/\S+\.py)", README)
    paths = {path for pair in named for path in pair if path and "://" not in path}
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
