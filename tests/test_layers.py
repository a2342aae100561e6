"""The package has layers and no import cycles, and the drawing of them is what the imports say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tools"))

import imports  # noqa: E402
import layers  # noqa: E402


def lint(folder: Path) -> subprocess.CompletedProcess:
    """Hold the package in ``folder``/src to the contracts of ``folder``/pyproject.toml."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    return subprocess.run(
        [*command, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, text=True,
        env={"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "PATH": ""},
    )  # fmt: skip


def test_no_import_goes_up_and_there_is_no_cycle():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


@pytest.fixture(scope="module")
def twin(tmp_path_factory) -> Path:
    """Return a folder with the package's Python files and contracts once more."""
    folder = tmp_path_factory.mktemp("twin")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path in (ROOT / "src/tinytx").rglob("*.py"):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


TYPES = "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {} import {}\n"
WITHIN = "\ndef _f():\n    from {0} import {1}\n    return {1}\n"
PLANTED = {  # text to be added to files
    "up, at the top": {"manual/norm.py": "\nfrom ..pytorch.norm import LayerNorm as Other\n"},
    "up, within a function": {"manual/norm.py": WITHIN.format("..generation", "sample")},
    "up, for types alone": {"data/tokens.py": TYPES.format("..training.loop", "fit")},
    "up, by its full name": {"files.py": "\nimport tinytx.cli.app\n"},
    "beside": {"scale/zero.py": "\nfrom ..speed import machine\n"},
    "to and fro, in one folder": {"manual/linear.py": TYPES.format(".mlp", "MLP")},
    "to and fro, between folders": {
        "inspect/residual.py": WITHIN.format(".probes", "probe"),
        "inspect/probes/run.py": WITHIN.format("..residual", "residual_norms"),
    },
    "a part that no layer names": {"newcomer.py": "'A part.'\n"},
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_import_that_should_not_be_is_seen(name, twin):
    paths = {twin / "src/tinytx" / file: more for file, more in PLANTED[name].items()}
    before = {path: path.read_text(encoding="utf-8") for path in paths if path.exists()}
    for path, more in paths.items():
        path.write_text(before.get(path, "") + more, encoding="utf-8")
    done = lint(twin)
    for path in paths:
        path.write_text(before[path], encoding="utf-8") if path in before else path.unlink()
    assert done.returncode == 1, done.stdout + done.stderr
    assert next(iter(paths)).stem in done.stdout


def test_no_module_is_in_a_circle_not_even_through_the_front_of_its_folder():
    assert imports.cycles() == []


def test_circles_are_found():
    made = grimp.ImportGraph()
    for one, other in (("p", "p.a"), ("p.a", "p"), ("p.b", "p.c"), ("p.c", "p.d"), ("p.d", "p.b"),
                       ("p.b", "p.a"), ("p.e", "p.b")):  # fmt: skip
        made.add_import(importer=one, imported=other)
    assert imports.cycles(made) == [["p", "p.a"], ["p.b", "p.c", "p.d"]]


def test_what_a_chain_implies_is_not_drawn():
    parts = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set()}
    drawn = imports.without_detours(parts)
    assert drawn == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}


def test_the_layers_name_each_part_once_and_in_order():
    told = [part for layer in imports.layers() for part in layer]
    assert len(told) == len(set(told))
    folders = {p.stem for p in (ROOT / "src/tinytx").glob("*.py")} - {"__init__"}
    folders |= {p.parent.name for p in (ROOT / "src/tinytx").glob("*/__init__.py")}
    assert set(told) == folders
    place = {part: i for i, layer in enumerate(imports.layers()) for part in layer}
    for part, others in imports.between_parts().items():
        assert all(place[other] > place[part] for other in others), part


# --- the drawing


def test_drawing_and_table_are_what_the_imports_say(capsys):
    assert layers.main(["--check"]) == 0, f"run `make layers`: {capsys.readouterr().out}"


def test_a_new_import_puts_the_drawing_out_of_step(monkeypatch, capsys):
    parts = {part: set(others) for part, others in imports.between_parts().items()}
    parts["trained"] |= {"evaluation"}
    monkeypatch.setattr(layers, "between_parts", lambda: parts)
    assert layers.main(["--check"]) == 1
    assert capsys.readouterr().out.count("out of step") == 3


def test_boxes_lie_apart_and_within_the_width_of_a_phone():
    where, height = layers.boxes(layers.rows())
    assert set(where) == {part for layer in imports.layers() for part in layer}
    for x, y, width in where.values():
        assert x >= 0
        assert x + width <= layers.WIDTH <= 400
        assert 0 < y + layers.TALL <= height
    for (x, y, width), (u, v, other) in combinations(where.values(), 2):
        assert abs(y - v) >= layers.TALL or u >= x + width or x >= u + other, (x, y, u, v)


def test_rows_come_in_the_order_of_the_layers():
    where, _ = layers.boxes(layers.rows())
    tops = [max(where[part][1] for part in layer) for layer in imports.layers()]
    assert all(upper < lower for upper, lower in pairwise(tops))


def test_each_line_that_is_drawn_is_an_import():
    drawn = layers.svg(layers.LIGHT)
    lowest = set(imports.layers()[-1])
    edges = imports.without_detours(imports.between_parts())
    assert drawn.count("<path") == sum(len(others - lowest) for others in edges.values()) > 20
    assert set(re.findall(r">([\w]+)</text>", drawn)) == {
        p for row in imports.layers() for p in row
    }
