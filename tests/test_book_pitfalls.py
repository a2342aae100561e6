"""Pitfalls by symptom: every row of every chapter stands on the page, once, in one group."""

from __future__ import annotations

import doctest
import pickle
import re
import sys
from collections import Counter

import nbformat
import pytest
from small_book import BOOK, build, page

sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import pitfalls

HEADING = "## Pitfalls by symptom"
CHAPTERS = sorted((BOOK / "chapters").glob("*.ipynb"))
PAGE = (BOOK / "pitfalls.md").read_text(encoding="utf-8")


def rows(path) -> list[str]:
    """Return the rows of a chapter's table, as they are written."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    table = text.partition(f"{HEADING}\n")[2].partition("\n## ")[0]
    return [line for line in table.splitlines() if line.startswith("|")][2:]


def test_examples():
    results = doctest.testmod(pitfalls)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_row_says_its_group_at_the_end_of_its_first_cell(path):
    groups = pitfalls.groups_of(PAGE)
    assert len(rows(path)) >= 5
    for row in rows(path):
        seen, cause, fix = re.split(r"(?<!\\) \| ", row.strip("| "))
        found = pitfalls.TAG.findall(row)
        assert len(found) == 1, f"one group, please: {row}"
        assert seen.endswith(f"<!-- {found[0]} -->"), row
        assert found[0] in groups, f"pitfalls.md has no group {found[0]}: {row}"
        assert cause
        assert fix


def test_each_group_stands_once_and_is_worth_a_heading():
    groups = pitfalls.groups_of(PAGE)
    assert len(groups) == len(set(groups)) == PAGE.count(":::{pitfalls}") == PAGE.count("\n## ")
    found = Counter(
        tag for path in CHAPTERS for row in rows(path) for tag in pitfalls.TAG.findall(row)
    )
    assert set(found) == set(groups)
    assert all(5 <= times <= 25 for times in found.values()), found


# --- a book of two chapters

TABLE = """# Chapter

## Pitfalls by symptom

| You see | The cause | The fix |
|---|---|---|
{rows}

## After
"""
SMALL = {
    "chapters/01_one": TABLE.format(
        rows="| Loss falls, then `nan` <!-- nan --> | rate too *high* | {eq}`eq-x` |\n"
        "| Others <!-- rest --> | $a < b$ | see [there](02_two.md) |"
    ),
    "chapters/02_two": "$$x$$ (eq-x)\n\n" + TABLE.format(rows="| `nan` <!-- nan --> | why | how |"),
    "pitfalls": """# Pitfalls

## nan

:::{pitfalls} nan
:::

## Rest

:::{pitfalls} rest
:::
""",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pitfalls")
    assert build(folder, SMALL, "pitfalls") == ""
    return folder


def items(text: str) -> list[str]:
    return re.findall(r"<li id=\"(pitfall-[\w-]+)\">", text)


def test_rows_are_gathered_in_their_groups(built):
    text = page(built, "pitfalls")
    nan, rest = re.findall(r"<ul class=\"pitfalls[^>]*>.*?</ul>", text, re.S)
    assert items(nan) == ["pitfall-01-loss-falls-then-nan", "pitfall-02-nan"]
    assert items(rest) == ["pitfall-01-others"]
    assert "<!--" not in nan + rest
    assert "rate too <em>high</em>" in nan
    assert "a &lt; b" in rest


def test_links_in_a_row_start_from_the_page(built):
    text = page(built, "pitfalls")
    assert 'href="chapters/02_two.html#equation-eq-x"' in text
    assert 'href="chapters/02_two.html"' in text
    assert 'href="chapters/01_one.html#pitfall-01-others"' in text


def test_a_row_is_an_anchor_in_its_chapter_without_its_group(built):
    text = page(built, "chapters/01_one")
    row = re.search(r"<tr[^>]* id=\"pitfall-01-loss-falls-then-nan\">.*?</tr>", text, re.S)[0]
    assert "<!--" not in row
    assert re.search(r"nan</span></code></p>", row)  # and no space before the comment is left


def test_the_script_stands_on_this_page_alone(built):
    assert (built / "out/_static/pitfalls.js").exists()
    assert "pitfalls.js" in page(built, "pitfalls")
    assert "pitfalls.js" not in page(built, "chapters/01_one")


def test_what_is_kept_of_a_row_is_the_row_alone(built):
    env = pickle.loads((built / "out/.doctrees/environment.pickle").read_bytes())
    kept = env.pitfalls["chapters/01_one"]
    nodes = [node for row in kept for cell in row.cells for top in cell for node in top.findall()]
    assert len(nodes) > 10
    assert {node.document for node in nodes} == {None}


def test_a_changed_chapter_changes_the_page(tmp_path):
    build(tmp_path, SMALL, "pitfalls")
    fewer = {**SMALL, "chapters/02_two": SMALL["chapters/02_two"].replace("| why |", "| new |")}
    assert build(tmp_path, fewer, "pitfalls") == ""
    assert "new" in page(tmp_path, "pitfalls")
    assert len(items(page(tmp_path, "pitfalls"))) == 3


def test_what_would_be_lost_or_doubled_is_a_warning(tmp_path):
    bad = {
        "chapters/01_one": TABLE.format(
            rows="| none | a | b |\n| two <!-- nan --> <!-- rest --> | a | b |\n"
            "| lost <!-- lots --> | a | b |\n"
            "| same <!-- nan --> | a | b |\n| Same <!-- nan --> | a | b |"
        ),
        "chapters/02_two": "# No table\n",
        "pitfalls": SMALL["pitfalls"],
    }
    said = build(tmp_path, bad, "pitfalls")
    for part in (
        "0 groups for the pitfall 'none'",
        "2 groups for the pitfall 'two",
        "the group 'lots' 0 times, not once",
        "the group 'rest' has no pitfall",
        "2 pitfalls have the anchor #pitfall-01-same",
        "no table under the heading",
    ):
        assert part in said, said
