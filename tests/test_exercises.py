"""Exercises: generated from the solutions, in step with them, complete, and honest about both."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tinytx.checks import (
    attention,
    backprop,
    blocks,
    embeddings,
    experiments,
    generation,
    looking_inside,
    modern_blocks,
    multihead,
    real_data,
    silent_bugs,
    speed,
    tokenization,
    training,
)
from tinytx.checks.values import nearly, typed

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402

import exercises  # noqa: E402

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
CHAPTERS = (
    attention,
    backprop,
    blocks,
    embeddings,
    experiments,
    generation,
    looking_inside,
    modern_blocks,
    multihead,
    real_data,
    silent_bugs,
    speed,
    tokenization,
    training,
)
CHECKS = {c.chapter.name: c.chapter for c in CHAPTERS}
TOGETHER = {  # minutes
    "about an hour and a half": 90,
    "about an hour and three quarters": 105,
    "about two hours and a half": 150,
}
EACH = pytest.mark.parametrize("path", SOLUTIONS, ids=[path.stem for path in SOLUTIONS])


def read(path):
    return nbformat.read(path, as_version=4)


def printed(notebook):
    outputs = [out for c in notebook.cells if c.cell_type == "code" for out in c.outputs]
    return "".join(out.get("text", "") for out in outputs)


def tasks(notebook):
    """Return the notebook's exercises: lists of four cells, task, answer, check and hints."""
    cells = notebook.cells
    starts = [i for i, c in enumerate(cells) if re.match(r"## \d+\. ", c.source)]
    return [cells[i : i + 4] for i in starts]


def like(said, got):
    """Turn what a text says into arrays wherever arrays came back."""
    if isinstance(got, tuple) and isinstance(said, tuple):
        return tuple(map(like, said, got))
    if isinstance(got, list) and any(isinstance(part, np.ndarray) for part in got):
        return list(map(like, said, got))
    if isinstance(got, float) and isinstance(said, float) and said != round(said, 3):
        return got if round(got, 4) == said else said  # four decimals, as everywhere
    if isinstance(got, np.ndarray) and got.dtype.kind == "u":
        return np.array(said, got.dtype)  # bytes are written as whole numbers
    return np.array(said) if isinstance(got, np.ndarray) else said


def test_generated_exercises_are_in_step():
    command = [sys.executable, str(ROOT / "tools/exercises.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@EACH
def test_every_check_passes_in_the_solution_and_none_has_started_in_the_exercise(path):
    names = list(CHECKS[path.stem].checks)
    solved = re.findall(r"^\[(ok|x| )\] (\w+):", printed(read(path)), re.M)
    assert solved == [("ok", name) for name in names]
    text = printed(read(ROOT / "exercises" / path.name))
    assert text == "".join(f"[ ] {name}: not started yet\n" for name in names)


@EACH
def test_a_playground_says_when_to_run_it_again(path):
    text = read(path).cells[-2].source
    assert text.startswith("## Playground\n")
    assert text.endswith(
        "\n\nA playground lives in the kernel: run all cells again after each restart, and when you"
        " open the notebook again."
    )


@EACH
def test_playground_stores_nothing(path):
    for folder in ("solutions", "exercises"):
        last = read(ROOT / folder / path.name).cells[-1]
        assert last.source.startswith("playground.")
        assert last.outputs == []
        assert last.metadata.tags == ["nbval-ignore-output"]


def handed_out(path):
    """Return what the code cells of an exercise say."""
    cells = read(ROOT / "exercises" / path.name).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def unsolved():
    """Run all exercises as they are handed out; return the cells of each with their outputs.

    In one kernel, which forgets its names before each: a kernel takes longer than the cells.
    """
    sources = {path.stem: ["%reset -f", *handed_out(path)] for path in SOLUTIONS}
    every = [nbformat.v4.new_code_cell(one) for some in sources.values() for one in some]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "tidy", lambda notebook: notebook)  # it would remove widgets
        made = notebooks.run(nbformat.v4.new_notebook(cells=every), ROOT / "solutions").cells
    made = iter(made)
    return {name: list(itertools.islice(made, len(some))) for name, some in sources.items()}


@EACH
def test_playground_of_the_unsolved_exercise_shows_nothing(path, unsolved):
    """The cell is not compared, because a solved one shows widgets: so it is run here."""
    _, *cells = unsolved[path.stem]
    assert [cell.source for cell in cells] == handed_out(path)
    assert printed(nbformat.v4.new_notebook(cells=cells)).count(": not started yet") >= 4
    assert cells[-1].outputs == []


@EACH
def test_every_exercise_has_its_parts(path):
    exercise = read(ROOT / "exercises" / path.name)
    assert "(*Run* → *Run All Cells*), and again after each\nrestart" in exercise.cells[0].source
    found = tasks(exercise)
    assert 4 <= len(found) <= 7
    assert len(found) == len(CHECKS[path.stem].checks)
    for (task, answer, check, hints), (name, checked) in zip(
        found, CHECKS[path.stem].checks.items(), strict=True
    ):
        assert re.search(r"\*\d+ minutes\. .+\*", task.source), "minutes and difficulty"
        assert f"`{checked.signature} -> " in task.source, "the signature"
        anchor = re.sub(r"[^a-z0-9 -]", "", checked.section.lower()).replace(" ", "-")
        chapter = f"../book/chapters/{path.name}#{anchor}"
        assert f"[{checked.section}]({chapter})" in task.source, "the section it comes from"
        assert "raise NotImplementedError" in answer.source
        assert check.source == f"check.{name}({name})"
        assert hints.source.count("<details>") == hints.source.count("</details>") == 3


@EACH
def test_minutes_grow_with_difficulty_and_add_up(path):
    notebook = read(path)
    minutes = [int(re.search(r"\*(\d+) minutes", t[0].source).group(1)) for t in tasks(notebook)]
    assert minutes == sorted(minutes)
    said = next(words for words in TOGETHER if words in notebook.cells[0].source)
    assert abs(sum(minutes) - TOGETHER[said]) <= 10


@EACH
def test_examples_in_the_text_are_true_and_not_among_the_hidden_cases(path):
    notebook, space = read(path), {}
    exec(next(c.source for c in notebook.cells if c.cell_type == "code"), space)  # its imports
    for task, answer, _, _ in tasks(notebook):
        exec(answer.source, space)
        call, result = re.search(r"For example, `(.+?)`\s+is\s+`(.+?)`", task.source, re.S).groups()
        got, said = eval(call, space), ast.literal_eval(result)
        assert nearly(got, like(said, got)), call
        name = call.partition("(")[0]
        args = eval(call, {**space, name: lambda *args: args})
        checked = CHECKS[path.stem].checks[name]
        shown = f"{name}({', '.join(map(typed, args))})"
        assert shown not in [checked.show(i) for i in range(len(checked.cases))]


@EACH
def test_a_function_to_mend_is_refused_and_its_bugs_are_named(path):
    """Where a task shows somebody's function, the check knows what is wrong with it."""
    for task, _, _, _ in tasks(read(path)):
        for source in re.findall(r"```python\n(def .*?)```", task.source, re.S):
            space = {"np": np}
            exec(source, space)
            name = re.match(r"def (\w+)", source).group(1)
            result = CHECKS[path.stem].checks[name].run(space[name])
            assert result.status == "wrong"
            assert len(result.mistakes) == 2, str(result)


@EACH
def test_sections_that_a_check_names_stand_in_the_chapter(path):
    chapter = ROOT / "book" / "chapters" / path.name
    if not chapter.exists():
        pytest.skip(f"{chapter.name} is not written yet")
    text = "\n".join(c.source for c in read(chapter).cells if c.cell_type == "markdown")
    headings = set(re.findall(r"^#+ (.+?)\s*$", text, re.M))
    for check in CHECKS[path.stem].checks.values():
        named = {check.section, *(m.section for m in check.mistakes if m.section)}
        assert named <= headings, f"{named - headings} not among {sorted(headings)}"


def test_a_solution_in_a_function_becomes_a_stub():
    source = "def f(x):\n    '''Doc.'''\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n"
    assert exercises.strip(source, "code") == (
        "def f(x):\n    '''Doc.'''\n    # YOUR CODE HERE\n    raise NotImplementedError"
    )


def test_a_solution_at_the_top_level_keeps_its_names():
    source = "x = 1\n# BEGIN SOLUTION\na = 2\nb: int = 3\na += b\n# END SOLUTION\nprint(a)"
    assert exercises.strip(source, "code") == "x = 1\n# YOUR CODE HERE\na = ...\nb = ...\nprint(a)"


def test_a_solution_in_text_becomes_a_place_to_write():
    source = "Why?\n\n<!-- BEGIN SOLUTION -->\nBecause.\n<!-- END SOLUTION -->"
    assert exercises.strip(source, "markdown") == "Why?\n\n*Your answer here.*"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("# BEGIN SOLUTION\na = 1", "a solution marker has no partner in the cell: # BEGIN"),
        ("a = 1\n# END SOLUTION", "a solution marker has no partner in the cell: a = 1"),
        ("# BEGIN SOLUTION\nprint(1)\n# END SOLUTION", "may only assign names.*print\\(1\\)"),
        ("# BEGIN SOLUTION\na, b = 1, 2\n# END SOLUTION", "may only assign names"),
    ],
)
def test_broken_markers_are_refused(source, says):
    with pytest.raises(ValueError, match=says):
        exercises.strip(source, "code")


@pytest.fixture
def project(tmp_path):
    """A project with one solution, whose exercise is written and in step."""
    cell = nbformat.v4.new_code_cell("# BEGIN SOLUTION\na = 1\n# END SOLUTION\nprint(a)", id="a")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "exercises").mkdir()
    notebooks.save(
        notebooks.tidy(nbformat.v4.new_notebook(cells=[cell])), tmp_path / "solutions/x.ipynb"
    )
    assert exercises.main([], tmp_path) == 0
    return tmp_path


def test_an_exercise_is_written_once_and_then_left_alone(project, capsys):
    target = project / "exercises/x.ipynb"
    before = target.stat().st_mtime_ns
    assert printed(read(target)) == "Ellipsis\n"
    assert exercises.main([], project) == 0
    assert target.stat().st_mtime_ns == before
    assert "exercises/x.ipynb: in step" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["solution", "exercise", "output", "stray"])
def test_check_notices_what_is_out_of_step(change, project, capsys):
    assert exercises.main(["--check"], project) == 0
    path = project / ("solutions/x.ipynb" if change == "solution" else "exercises/x.ipynb")
    notebook = read(path)
    if change == "output":
        notebook.cells[0].execution_count = None
    notebook.cells[0].source += "" if change in {"output", "stray"} else "\n# more"
    if change == "stray":
        path = path.with_name("y.ipynb")
    nbformat.write(notebook, path)
    kept = path.read_text()
    assert exercises.main(["--check"], project) == 1
    assert path.read_text() == kept
    words = "has no solution: remove it" if change == "stray" else "run `make exercises`"
    assert words in capsys.readouterr().err


def test_a_notebook_that_fails_is_not_written(tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_is_stored_is_the_same_everywhere(tmp_path):
    path = tmp_path / "x.ipynb"
    sources = [
        "import os, sys\nprint(os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'])",
        "print('MPLBACKEND' in os.environ and os.environ['MPLBACKEND'] == 'agg')",
        "import ipywidgets\nipywidgets.IntSlider()",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"widgets": {}, "x": "y"})
    nbformat.write(notebook, path)
    assert notebooks.execute(path)
    assert not notebooks.execute(path)
    made = read(path)
    assert printed(made) == "1 0\nFalse\n"
    assert made.cells[2].outputs == []
    assert set(made.metadata) == {"kernelspec", "language_info"}
    assert made.metadata.language_info == {"name": "python"}
    assert all("execution" not in cell.metadata for cell in made.cells)
    assert [cell.id for cell in made.cells] == [cell.id for cell in cells]
