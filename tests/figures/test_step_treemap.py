"""The treemap of a step without a browser: its sums, its order, what it says."""

import json
import re

import pytest

from tinytx.figures import StepTreemap
from tinytx.figures.roofline_explorer import duration
from tinytx.figures.step_treemap import by_part, percent, tiles
from tinytx.speed import StepTimes, Timed

HOSTILE = "</script><img src=x onerror=alert(1)>"
# A step of the NumPy engine at L4 H4 D128, 12 texts of 64, one thread: (forward, backward) in µs.
RECORDED = {
    "up_proj": ("mlp", 4680, 8480), "down_proj": ("mlp", 4320, 8620), "act": ("mlp", 1740, 2320),
    "o_proj": ("attention", 1200, 2240), "q_proj": ("attention", 1190, 2230),
    "k_proj": ("attention", 1180, 2160), "v_proj": ("attention", 1180, 2100),
    "scores": ("scores", 1670, 3080), "softmax": ("scores", 1220, 601),
    "heads": ("scores", 197, 579), "norms": ("norms", 1370, 1890), "lm_head": ("head", 525, 1010),
    "loss": ("head", 332, 39.4), "residual": ("residual", 288, 422),
    "tok_emb": ("embedding", 68.8, 415), "pos_emb": ("embedding", 65.8, 44.9),
}  # fmt: skip


def step(factor=1.0, rest=380e-6):
    works = [Timed("update", "update", "update", factor * 1930e-6)]
    for name, (part, *both) in RECORDED.items():
        works += [
            Timed(name, part, direction, factor * each / 1e6)
            for direction, each in zip(("forward", "backward"), both, strict=True)
        ]
    return StepTimes(works, rest, 0.1, 0.1)


def test_tiles_are_the_operations_and_add_up():
    times = step()
    found = tiles(times)
    assert {one.name for one in found} == {*RECORDED, "update", "rest"}
    assert sum(one.seconds() for one in found) == pytest.approx(times.whole, rel=1e-3)
    up = next(one for one in found if one.name == "up_proj")
    assert (up.part, up.forward, up.backward, up.other) == ("mlp", 4680e-6, 8480e-6, 0)
    assert up.seconds("forward") == 4680e-6


def test_parts_and_tiles_go_from_large_to_small():
    found = tiles(step())
    parts = list(by_part(found))
    assert parts[:3] == ["mlp", "attention", "scores"]
    assert [one.part for one in found] == sorted(
        (one.part for one in found), key=parts.index
    )  # each part's tiles lie together
    for part in parts:
        seconds = [one.seconds() for one in found if one.part == part]
        assert seconds == sorted(seconds, reverse=True)


def test_a_step_without_rest_has_no_tile_for_it():
    assert "rest" not in {one.name for one in tiles(step(rest=0.0))}


def test_the_question_has_its_answer_in_the_recorded_step():
    found = {one.name: one for one in tiles(step()) if not one.other}
    less = {name for name, one in found.items() if one.backward < 1.7 * one.forward}
    assert less == {"act", "softmax", "norms", "loss", "residual", "pos_emb"}
    assert all("proj" not in name for name in less)
    assert {n for n, one in found.items() if one.backward < one.forward} == {
        "softmax", "loss", "pos_emb",
    }  # fmt: skip


def test_sentences():
    one = StepTreemap(step())
    whole, forward = (sum(t.seconds(d) for t in one.steps["A step"]) for d in ("both", "forward"))
    assert one.told("A step", "act") == (
        f"act: 4.06 ms, {percent(4060e-6 / whole)} of the step (forward 1.74 ms, backward 2.32 ms)"
    )
    assert one.told("A step", "act", "forward") == (
        f"act: 1.74 ms, {percent(1740e-6 / forward)} of the forward pass"
    )
    assert one.told("A step", "update").endswith(" of the step")


def test_words_and_fallback_say_the_same():
    one = StepTreemap({"small": step(), "large": step(10)})
    text, page = str(one), one.fallback()
    assert text.splitlines()[1] == one.ask
    for name in ("small", "large"):
        for tile in one.steps[name]:
            assert one.told(name, tile.name) in text
            assert f'<th scope="row">{tile.name}</th><td>{tile.part}</td>' in page
        whole = duration(sum(tile.seconds() for tile in one.steps[name]))
        assert f"<caption>{name}: {whole}</caption>" in page
        assert f"\n{name}: {whole}\n" in text


def test_numbers_are_plain_and_few():
    data = StepTreemap(step(1.23456789)).data()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert max(len(str(t["forward"])) for t in data["steps"][0]["tiles"]) < 12
    assert len(StepTreemap(step())._repr_html_()) < 40_000


def test_user_text_cannot_leave_its_place():
    works = [Timed(HOSTILE, HOSTILE, "forward", 1.0)]
    page = StepTreemap({HOSTILE: StepTimes(works, 0.1, 2, 2)}, ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


@pytest.mark.parametrize(
    ("steps", "message"),
    [(7, "StepTreemap: steps is a int and must be StepTimes, or a mapping of names to them: "),
     ({"a": 1}, "steps is a dict and must be StepTimes"),
     ({}, "steps has 0, the limit is 1 to 6"),
     ({str(i): step() for i in range(7)}, "steps has 7, the limit is 1 to 6"),
     (StepTimes([], 0.0, 1, 1), "'A step' has no time to show")],
)  # fmt: skip
def test_wrong_input_gets_one_clear_line(steps, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        StepTreemap(steps)
    assert "\n" not in str(caught.value)
