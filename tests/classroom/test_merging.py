"""Merging: the learner's work stays, whatever the course and the learner did."""

from __future__ import annotations

import copy

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tinytx.classroom.merging import merge

STUB = "def {0}({1}):\n    # YOUR CODE HERE\n    raise NotImplementedError"


def exercise(number, name, arguments="x", text="Do it."):
    title = f"## {number}. {name.title()}\n\n*5 minutes. One line.* From [A](b/{name}).\n\n{text}"
    return [
        new_markdown_cell(title, id=f"{name}-task"),
        new_code_cell(STUB.format(name, arguments), id=f"{name}-write"),
        new_code_cell(f"check.{name}({name})", id=f"{name}-check"),
    ]


def notebook(*parts):
    start = new_markdown_cell("# Exercises 03: Attention", id="start")
    return new_notebook(cells=[start, *(cell for part in parts for cell in part)])


def answered(course, **sources):
    """Return a copy in which some exercises are answered, and their checks were run."""
    mine = copy.deepcopy(course)
    for cell in mine.cells:
        name = cell.id.removesuffix("-write").removesuffix("-check")
        if name in sources and cell.id.endswith("-write"):
            cell.source = sources[name]
        if name in sources and cell.id.endswith("-check"):
            cell.outputs, cell.execution_count = (
                [new_output("stream", text=f"[ok] {name}: right")],
                3,
            )
    return mine


def ids(merged):
    return [cell.id for cell in merged.notebook.cells]


def cell(merged, name):
    return next(cell for cell in merged.notebook.cells if cell.id == name)


BASE = notebook(exercise(1, "half"), exercise(2, "twice"))
HALF = "def half(x):\n    return x / 2"


def test_an_answer_stays_and_the_text_above_it_is_brought_up_to_date():
    new = notebook(exercise(1, "half", text="Do it well."), exercise(2, "twice"))
    merged = merge(BASE, answered(BASE, half=HALF), new)
    assert cell(merged, "half-task").source.endswith("Do it well.")
    assert cell(merged, "half-write").source == HALF
    assert cell(merged, "half-check").outputs[0].text == "[ok] half: right"
    assert (merged.updated, merged.added, merged.beside) == (["half-task"], [], {})


def test_a_new_exercise_comes_where_it_stands_in_the_course():
    new = notebook(exercise(1, "half"), exercise(2, "third"), exercise(3, "twice"))
    mine = answered(BASE, half=HALF)
    mine.cells.insert(4, new_code_cell("half(7)", id="own"))
    merged = merge(BASE, mine, new)
    assert ids(merged)[1:] == [
        "half-task", "half-write", "half-check", "own",
        "third-task", "third-write", "third-check", "twice-task", "twice-write", "twice-check",
    ]  # fmt: skip
    assert merged.added == ["third-task", "third-write", "third-check"]
    assert merged.updated == ["twice-task"]


def test_a_stub_that_nobody_touched_is_the_new_one():
    new = notebook(exercise(1, "half", arguments="number"), exercise(2, "twice"))
    merged = merge(BASE, BASE, new)
    assert cell(merged, "half-write").source == STUB.format("half", "number")
    assert merged.updated == ["half-write"]
    assert merged.beside == {}
    spaced = copy.deepcopy(BASE)
    spaced.cells[2].source += " \n"
    assert merge(BASE, spaced, new).updated == ["half-write"]
    assert merge(BASE, new, new).beside == {}  # taken over by hand


def test_a_cell_keeps_an_id_that_an_editor_gave_it():
    mine = copy.deepcopy(BASE)
    mine.cells[1].id = "another"
    merged = merge(BASE, mine, notebook(exercise(1, "half", text="New."), exercise(2, "twice")))
    assert cell(merged, "another").source.endswith("New.")


def test_a_cell_that_the_learner_has_copied_stays_twice():
    mine = copy.deepcopy(BASE)
    mine.cells.insert(3, copy.deepcopy(mine.cells[2]))
    merged = merge(BASE, mine, BASE)
    assert [one.source for one in merged.notebook.cells] == [one.source for one in mine.cells]
    assert len({*ids(merged)}) == len(mine.cells)


def test_what_comes_first_in_the_course_is_put_first():
    new = copy.deepcopy(BASE)
    new.cells.insert(0, new_markdown_cell("Welcome.", id="w" * 64))
    assert ids(merge(BASE, BASE, new))[0] == "w" * 64
    mine, newer = copy.deepcopy(new), copy.deepcopy(new)
    mine.cells[0].source, newer.cells[0].source = "Mine.", "Hello."
    nbformat.validate(merge(new, mine, newer).notebook)  # also the id of the note


def test_a_new_stub_is_laid_beside_an_answer_and_told_once():
    new = notebook(exercise(1, "half", arguments="number"), exercise(2, "twice"))
    merged = merge(BASE, answered(BASE, half=HALF), new)
    assert cell(merged, "half-write").source == HALF
    at = ids(merged).index("half-write")
    note = merged.notebook.cells[at + 1]
    assert note.cell_type == "markdown"
    assert STUB.format("half", "number") in note.source
    assert merged.beside == {"half-write": "-def half(x):\n+def half(number):"}
    again = merge(new, merged.notebook, new)
    assert ids(again) == ids(merged)
    assert again.beside == {}
    broken_off = merge(BASE, merged.notebook, new)  # what was handed out was not written
    assert ids(broken_off) == ids(merged)


def test_a_text_that_the_learner_wrote_into_stays_and_the_new_one_is_beside_it():
    mine = copy.deepcopy(BASE)
    mine.cells[1].source += "\n\nMy note."
    merged = merge(BASE, mine, notebook(exercise(1, "half", text="New."), exercise(2, "twice")))
    assert cell(merged, "half-task").source.endswith("My note.")
    assert list(merged.beside) == ["half-task"]
    assert "````markdown\n## 1. Half" in merged.notebook.cells[2].source


def test_a_cell_that_is_neither_task_nor_code_is_told_by_its_id():
    mine, new = copy.deepcopy(BASE), copy.deepcopy(BASE)
    mine.cells[0].source = "# My title"
    new.cells[0].source += " and more"
    merged = merge(BASE, mine, new)
    assert ids(merged)[0] == "start"
    assert list(merged.beside) == ["start"]


def test_a_verdict_on_another_cell_does_not_stay():
    """Neither the learner's, nor what the course has stored with its own."""
    new = notebook(exercise(1, "half"), exercise(2, "twice"))
    new.cells[3].source = "check.halved(half)"
    new.cells[3].outputs = [new_output("stream", text="[ ] halved: not started yet")]
    merged = merge(BASE, answered(BASE, half=HALF), new)
    assert cell(merged, "half-check").source == "check.halved(half)"
    assert cell(merged, "half-check").outputs == []
    assert cell(merged, "half-check").execution_count is None


def test_removed_exercises_stay_on_either_side():
    mine = answered(BASE, half=HALF)
    del mine.cells[4:]  # the learner threw exercise 2 away
    assert ids(merge(BASE, mine, BASE)) == ids(merge(mine, mine, mine))
    merged = merge(BASE, answered(BASE, half=HALF), notebook(exercise(1, "twice")))
    assert cell(merged, "half-write").source == HALF
    assert merged.kept == ["half-task", "half-write", "half-check"]


def test_another_order_of_the_course_is_taken_over_with_what_stands_beside():
    mine = answered(BASE, half=HALF)
    mine.cells.insert(4, new_code_cell("half(7)", id="own"))
    merged = merge(BASE, mine, notebook(exercise(1, "twice"), exercise(2, "half")))
    assert ids(merged)[1:] == [
        "twice-task", "twice-write", "twice-check", "half-task", "half-write", "half-check", "own",
    ]  # fmt: skip


def test_what_the_course_has_no_more_follows_what_it_did():
    old = notebook(exercise(1, "half"), exercise(2, "twice"), exercise(3, "third"))
    merged = merge(old, old, notebook(exercise(1, "third"), exercise(2, "half")))
    assert [name for name in ids(merged) if name.endswith("write")] == [
        "third-write", "half-write", "twice-write",
    ]  # fmt: skip


def test_an_order_of_the_learners_own_stays():
    mine = copy.deepcopy(BASE)
    mine.cells[1:] = mine.cells[4:] + mine.cells[1:4]
    merged = merge(BASE, mine, notebook(exercise(1, "half", text="New."), exercise(2, "twice")))
    assert ids(merged) == [one.id for one in mine.cells]


def test_cells_without_ids_are_told_by_what_they_hold():
    """Colab writes notebooks of format 4.0, which has no ids."""
    mine = answered(BASE, half=HALF)
    mine.cells.insert(1, new_code_cell("import math"))
    mine.nbformat_minor = 0
    for one in mine.cells:
        del one["id"]
    new = notebook(exercise(1, "half", "number", "New."), exercise(2, "twice"))
    merged = merge(BASE, mine, new)
    sources = [one.source for one in merged.notebook.cells]
    assert sources.count(HALF) == 1
    assert len(sources) == len(mine.cells) + 1  # the note
    assert merged.updated == ["half-task"]
    assert list(merged.beside) == ["half-write"]
    assert len(set(ids(merged))) == len(sources)
    assert merged.notebook.nbformat_minor == 5


def without_ids(cells):
    made = new_notebook(cells=copy.deepcopy(cells))
    for one in made.cells:
        del one["id"]
    made.nbformat_minor = 0
    return made


def with_hints(half="Divide.", imports="import numpy as np"):
    made = notebook(exercise(1, "half"), exercise(2, "twice"))
    made.cells.insert(1, new_code_cell(imports, id="imports"))
    made.cells.insert(5, new_markdown_cell(half, id="half-hint"))
    return made


def test_changed_cells_without_ids_are_told_by_their_neighbours():
    mine = without_ids(with_hints().cells)
    mine.cells[0].source = "# My notes"
    mine.cells[1].source += "\nimport math"
    mine.cells[3].source = "if True:\n    def half(x): return x / 2"
    mine.cells[5].source += " Done."
    new = with_hints("Multiply.", "import numpy as n")
    new.cells[0].source += " and more"
    new.cells[3].source = STUB.format("half", "number")
    merged = merge(with_hints(), mine, new)
    assert list(merged.beside) == ["start", "imports", "half-write", "half-hint"]
    assert merged.lost == []


def test_what_is_not_found_without_ids_is_said():
    mine = without_ids(with_hints().cells)
    mine.cells[5:6] = [new_markdown_cell("My hint."), new_markdown_cell("And another.")]
    for one in mine.cells[5:7]:
        del one["id"]
    merged = merge(with_hints(), mine, with_hints("Multiply."))
    assert (merged.lost, merged.beside) == (["half-hint"], {})
    assert merge(with_hints(), mine, with_hints()).lost == []


def test_without_what_was_handed_out_nothing_is_changed_and_what_is_new_is_added():
    new = notebook(
        exercise(1, "half", "number", "New."), exercise(2, "twice"), exercise(3, "third")
    )
    mine = answered(BASE, half=HALF)
    merged = merge(None, mine, new)
    assert merged.notebook.cells[: len(mine.cells)] == mine.cells
    assert merged.added == ["third-task", "third-write", "third-check"]
    assert merged.unsure == ["half-task"]


def test_without_ids_and_what_was_handed_out_an_exercise_is_told_by_its_name():
    mine = without_ids(BASE.cells)
    mine.cells[3].source = "said = check.half(half)"
    new = notebook(exercise(1, "third"), exercise(2, "half"), exercise(3, "twice"))
    assert merge(None, mine, new).added == ["third-task", "third-write", "third-check"]


def test_another_address_is_no_news():
    new = copy.deepcopy(BASE)
    for one in new.cells:
        one.source = one.source.replace("](b/", "](https://elsewhere/")
    mine = answered(BASE, half=HALF)
    mine.cells[4].source += "\n\nMy note."
    merged = merge(BASE, mine, new)
    assert (merged.updated, merged.beside) == ([], {})
    assert "elsewhere" in cell(merged, "half-task").source
    assert "elsewhere" not in cell(merged, "twice-task").source


NAMES = "abcdef"


@st.composite
def histories(draw):
    """What was handed out, what a learner made of it, and what the course made of it."""

    def course(names):
        return [new_code_cell(draw(st.sampled_from(["x", "y", "z"])) + n, id=n) for n in names]

    def names():
        return draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))

    base, new, own = new_notebook(cells=course(names())), new_notebook(cells=course(names())), []
    for old in draw(st.permutations(base.cells)) if draw(st.booleans()) else base.cells:
        if draw(st.booleans()):
            text = draw(st.sampled_from([old.source, f"mine {old.id}"]))
            own.append(new_code_cell(text, id=old.id))
        if draw(st.booleans()):
            own.append(new_code_cell("own", id=f"own{len(own)}"))
    return base, new_notebook(cells=own), new


@settings(max_examples=300, deadline=None)
@given(histories())
def test_nothing_of_the_learners_is_ever_lost(history):
    base, mine, new = history
    kept = copy.deepcopy(history)
    merged = merge(base, mine, new)
    assert history == kept
    handed_out = {(one.id, one.source) for one in base.cells}
    found = {one.id: one.source for one in merged.notebook.cells}
    for one in mine.cells:
        if (one.id, one.source) not in handed_out:
            assert found[one.id] == one.source
        assert one.id in found
    for one in new.cells:
        if one.id not in {old.id for old in base.cells}:
            assert one.id in found
    assert len(found) == len(merged.notebook.cells)
    again = merge(new, merged.notebook, new)
    assert again.notebook.cells == merged.notebook.cells
    assert not again.updated
    assert not again.added
    assert not again.beside
