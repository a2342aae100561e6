"""The line-up without a browser: nothing tells who is broken before the reader asks."""

import re
from itertools import pairwise

import pytest

from tinytx.figures import LineUp
from tinytx.figures.line_up import shuffled

STEPS = [0, 50, 100, 150, 200]
REVEAL = {"no mask": "It reads the answer.", "no shift": "It copies.", "sound": "Nothing is wrong."}


def curves() -> dict[str, list[float]]:
    names = ("sound", "sound, other seed", "no mask", "no shift")
    ends = (1.5, 1.6, 0.2, 0.1)
    return {
        name: [3 - (3 - end) * i / 4 for i in range(5)]
        for name, end in zip(names, ends, strict=True)
    }


def figure(**changes) -> LineUp:
    given = {
        "curves": curves(), "broken": {"no mask", "no shift"}, "steps": STEPS, "reveal": REVEAL,
    }  # fmt: skip
    return LineUp(**given | changes)


def test_the_order_does_not_depend_on_the_order_given():
    backwards = dict(reversed(curves().items()))
    assert figure(curves=backwards)._repr_html_() == figure()._repr_html_()
    assert list(figure().curves) == shuffled(curves())


def test_the_order_is_shuffled():
    names = [f"{kind} {i}" for kind in ("broken", "sound") for i in range(8)]
    order = shuffled(names)
    assert sorted(order) == names
    assert order != names
    kinds = [name.split()[0] for name in order]
    changes = sum(one != other for one, other in pairwise(kinds))
    assert changes >= 4  # neither all of one kind first, nor nearly so
    assert shuffled([f"{name}!" for name in names]) != [f"{name}!" for name in order]


def test_the_words_tell_no_name_and_no_answer():
    words = str(figure())
    assert not [name for name in curves() if name in words]
    assert not [line for line in REVEAL.values() if line in words]
    assert re.findall(r"(?m)^([A-Z]): ", words) == list("ABCD")
    for letter, loss in zip("ABCD", figure().curves.values(), strict=True):
        told = ", ".join(f"{value:.3f} at step {s}" for s, value in zip(STEPS, loss, strict=True))
        assert f"{letter}: {told}" in words


def test_the_answers_tell_all():
    made = figure()
    lines = made.answers().splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, made.curves, strict=True):
        kind = "broken" if name.startswith("no ") else "not broken"
        told = f". {REVEAL[name]}" if name in REVEAL else ""
        assert line[1:] == f": {kind}: {name}{told}"


def test_the_fallback_folds_the_answers_away():
    made = figure()
    before, folded = made.fallback().split("<details>")
    assert not [name for name in curves() if name in before]
    assert not [line for line in REVEAL.values() if line in before]
    for line in made.answers().splitlines():
        assert f"<li>{line}</li>" in folded


def test_user_text_cannot_leave_its_place():
    hostile = "</script><img src=x onerror=alert(1)>"
    given = curves() | {hostile: [1, 2, 3, 4, 5]}
    made = figure(curves=given, broken={hostile}, reveal={hostile: hostile}, unit=hostile)
    page = made._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"curves": {"sound": [1] * 5}}, "curves has 1, the limit is 2 to 26"),
    ({"curves": {str(i): [1] * 5 for i in range(27)}}, "curves has 27, the limit is 2 to 26"),
    ({"curves": curves() | {"x": [1]}}, "curves['x'] has 1 losses and must have 5"),
    ({"curves": curves() | {"x": [float("nan")] * 5}}, "curves['x'] holds nan or infinity"),
    ({"broken": "no mask"}, "broken is the string 'no mask' and must be a set of names"),
    ({"broken": {"other"}}, "broken has 'other', and no curve has that name"),
    ({"reveal": REVEAL | {"other": ""}}, "reveal has 'other', and no curve has that name"),
    ({"reveal": {"no mask": "x"}}, "reveal lacks 'no shift'; say in a line what breaks it"),
    ({"steps": [1]}, "steps has 1, the limit is 2 to 300"),
    ({"steps": range(301)}, "steps has 301, the limit is 2 to 300"),
    ({"steps": [0, 2, 1, 3, 4]}, "steps must ascend, each step once"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        figure(**changes)
    assert str(caught.value).startswith("LineUp: ")
    assert "\n" not in str(caught.value)
