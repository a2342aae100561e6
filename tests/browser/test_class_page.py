"""The page of a class's marks fits a phone, is dark in the dark, and asks nobody for anything."""

from __future__ import annotations

import pytest

from tinytx.checks import attention
from tinytx.checks.result import Result
from tinytx.classroom.class_page import class_page
from tinytx.classroom.grading import Graded, Row
from tinytx.classroom.judging import Mark

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    chapter, rows = attention.chapter, []
    for number in range(30):
        marks = {}
        for i, (name, check) in enumerate(chapter.checks.items()):
            mistake = check.mistakes[number % len(check.mistakes)].name
            wrong = Result(name, "wrong", mistake, "values", (mistake,))
            right = Mark(Result(name, "ok", "right"), ("imports os",) * (number == i))
            marks[name] = Mark(wrong) if (number + i) % 3 else right
            if number == 2 * i:
                said = "raises `ModuleNotFoundError`: " + "a long line of what was said " * 4
                marks[name] = Mark(Result(name, "wrong", said, "runs"))
        rows.append(Row(f"a-learner-with-a-rather-long-name-{number}", "attention", "x", marks))
    graded = Graded(rows, ["cut.ipynb: no notebook"], ["held"], {"attention": chapter})
    path = tmp_path_factory.mktemp("class") / "class.html"
    path.write_text(class_page(graded, "Marks of a class"), "utf-8")
    return path


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light")])
def test_the_page_fits_and_asks_nobody(visit, visited, path, width, theme):
    page = visit(path, width=width, theme=theme, js=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("section > .scroll tbody tr").count() == 30
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (theme == "light")
    visited(page).assert_clean()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everyone_can_read_it(visit, path, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(path, theme=theme)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"]) for one in found if one["impact"] != "minor"] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_wrong_without_a_name_unfolds_by_keyboard_touch_and_on_paper(visit, path, width):
    page = visit(path, width=width, theme="light", js=True)
    fold, row = page.locator(".unnamed"), page.locator(".unnamed tbody tr").first
    assert fold.locator("summary").inner_text() == "7 wrong without a name"
    assert not row.evaluate("one => one.checkVisibility()")
    page.emulate_media(media="print")
    assert row.evaluate("one => one.checkVisibility()")
    page.emulate_media(media="screen")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert row.evaluate("one => one.checkVisibility()")
    assert "ModuleNotFoundError" in row.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert fold.locator("summary").bounding_box()["height"] >= 24
    fold.locator("summary").click()
    assert not row.evaluate("one => one.checkVisibility()")
