"""The patching grid without a browser: what it ships and says, and what it refuses."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures import PatchingGrid
from tinytx.figures.head_switchboard import PROMPTS
from tinytx.figures.patching_grid import ASK
from tinytx.figures.patching_parts import _percent
from tinytx.inspect import capture, patch
from tinytx.trained import load_trained

HOSTILE = "</script><img src=x onerror=alert(1)>"
EFFECTS = np.array([[1.0, -0.2346, 0.0], [0.04, 1.25, -0.06]])
CLEAN, CORRUPTED = ["a", " cat", "!"], ["a", " dog", "!"]
PIECES = ["a", " cat", " dog", "!", "?", "x", "y"]


def probabilities(*shape, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(len(PIECES)), shape)


def whole(**changes):
    given = {"effects": EFFECTS, "rows": ["one", "two"], "clean": CLEAN, "corrupted": CORRUPTED}
    given |= {"pieces": PIECES, "before": probabilities(1)[0], "after": probabilities(2, 3, seed=1)}
    return PatchingGrid(**(given | changes))


def test_effects_are_shipped_in_thousandths_and_five_tokens_a_cell():
    figure = whole()
    (grid,) = figure.data()["grids"]
    assert grid["effects"] == [[1000, -235, 0], [40, 1250, -60]]
    assert grid["columns"] == ["a₀", "␣cat/␣dog₁", "!₂"]
    assert grid["places"] == [0, 1, 2]
    names, after = figure.data()["names"], probabilities(2, 3, seed=1)
    for i in range(2):
        for j in range(3):
            order = np.argsort(-after[i, j])[:5]
            shipped = [(names[id], share) for id, share in grid["after"][i][j]]
            assert [name for name, _ in shipped] == [PIECES[k].replace(" ", "␣") for k in order]
            np.testing.assert_allclose(
                [share / 1e4 for _, share in shipped], after[i, j][order], atol=6e-5
            )
    first = [names[id] for id in figure.data()["first"]]
    assert first == [PIECES[k].replace(" ", "␣") for k in np.argsort(-probabilities(1)[0])[:5]]


def test_words_and_fallback_say_the_same():
    figure = whole()
    lines = str(figure).splitlines()
    assert lines[1] == ASK
    assert lines[2:4] == ["clean:     a [␣cat] !", "corrupted: a [␣dog] !"]
    assert lines[5] == "2 rows, 3 columns; cells within 0.05 of 0 are left out"
    best = [PIECES[k].replace(" ", "␣") for k in probabilities(2, 3, seed=1).argmax(-1).flat]
    share = [_percent(p) for p in probabilities(2, 3, seed=1).max(-1).flat]  # of what is shipped
    assert lines[6] == (
        f"  one: a₀ 1.00 ({best[0]} {share[0]}), ␣cat/␣dog₁ −0.23 ({best[1]} {share[1]})"
    )
    assert lines[7].startswith(f"  two: ␣cat/␣dog₁ 1.25 ({best[4]} {share[4]}), !₂ −0.06")
    page = figure.fallback()
    assert "<p>Corrupted: a [␣dog] !</p>" in page
    assert '<th scope="row">one</th><td>1.00</td><td>−0.23</td><td>0.00</td>' in page
    assert '<th scope="row">two</th><td>0.04</td><td>1.25</td><td>−0.06</td>' in page


def test_several_grids_with_rows_and_columns_of_their_own():
    figure = PatchingGrid(
        {"stream": EFFECTS, "head": torch.tensor([[0.5, 0.25]])},
        {"stream": ["embedding", "block 0"], "head": ["block 0"]},
        {"stream": [2, 0, 1], "head": ["head 0", "head 1"]},
        clean=CLEAN,
        corrupted=CORRUPTED,
    )
    stream, head = figure.data()["grids"]
    assert stream["columns"] == ["!₂", "a₀", "␣cat/␣dog₁"]
    assert stream["places"] == [2, 0, 1]
    assert head["columns"] == ["head 0", "head 1"]
    assert head["places"] is None
    assert figure.data()["differ"] == [1]
    assert "head: 1 row, 2 columns" in str(figure)


def test_without_texts_columns_are_numbers():
    assert PatchingGrid([[1, 0]]).data()["grids"][0]["columns"] == ["0", "1"]
    assert PatchingGrid([[1, 0]]).data()["texts"] == []
    assert "clean" not in str(PatchingGrid([[1, 0]], ask="")).splitlines()[1]


def test_the_question_has_an_answer_on_the_tales():
    """The name stands in the stream at its own place, and at the end it stands at the last one."""
    trained = load_trained("tales", np.float32)
    model, tokenizer = trained.model.eval(), trained.tokenizer
    text, _ = PROMPTS["the rabbit’s turn"]
    clean, corrupted = (
        tokenizer.encode(text.replace("Hazel", name)) for name in ("Hazel", "Daisy")
    )
    (place,) = (i for i, (a, b) in enumerate(zip(clean, corrupted, strict=True)) if a != b)
    ids = [tokenizer.encode(name)[0] for name in (" Hazel", " Daisy")]

    def difference(row):
        logits = model.forward(np.array([row]))[0, -1]
        return float(logits[ids[0]] - logits[ids[1]])

    with capture(model) as seen:
        top = difference(clean)
    bottom, last = difference(corrupted), len(clean) - 1
    places = [*range(place - 3, place + 4), *range(last - 3, last + 1)]
    names = ["drop", "blocks.0", "blocks.1", "blocks.2"]
    effects = np.zeros((len(names), len(places)))
    for i, name in enumerate(names):
        for j, at in enumerate(places):

            def put(x, name=name, at=at):
                x[:, at] = seen[name][:, at]
                return x

            with patch(model, {name: put}):
                effects[i, j] = (difference(corrupted) - bottom) / (top - bottom)
    pieces = [[tokenizer.token_bytes(id) for id in row] for row in (clean, corrupted)]
    figure = PatchingGrid(effects, names, places, clean=pieces[0], corrupted=pieces[1])
    found = [(i, places[j]) for i, j in np.argwhere(figure.effects[""] > 0.9)]
    assert found == [(0, place), (1, place), (2, place), (3, last)]
    assert np.sort(np.abs(effects).ravel())[-5] < 0.1


def test_it_is_the_same_every_time_and_small():
    assert whole()._repr_html_() == whole()._repr_html_()
    assert whole(ask="")._repr_html_() != whole()._repr_html_()
    assert len(whole()._repr_html_()) < 32_000


def test_user_text_cannot_leave_its_place():
    figure = PatchingGrid(
        {HOSTILE: [[1, 0]]},
        [HOSTILE],
        clean=[HOSTILE, "a"],
        corrupted=["b", HOSTILE],
        pieces=[HOSTILE, "c"],
        before=[0.5, 0.5],
        after=[[[0, 1], [1, 0]]],
        ask=HOSTILE,
    )
    page = figure._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"effects": {}}, "effects has 0 grids, the limit is 1 to 6"),
    ({"effects": [1, 2]}, "effects has shape (2,) and must have (R, C)"),
    ({"effects": [[np.nan]]}, "holds nan or infinity"),
    ({"effects": np.zeros((1, 161))}, "C is 161, the limit is 1 to 160"),
    ({"rows": ["one"]}, "rows of '' has 1 names and must have 2"),
    ({"rows": {"x": ["one"]}}, "effects has a grid '' and ['x'] are named beside it"),
    ({"columns": [0, 1]}, "columns of '' has 2 names and must have 3"),
    ({"columns": [0, 1, 3]}, "go from 0 to 3 and the texts have positions 0 to 2"),
    ({"columns": [0, 1, -1]}, "go from -1 to 1 and the texts have positions 0 to 2"),
    ({"clean": None}, "clean and corrupted belong together"),
    ({"clean": ["a"]}, "clean has 1 tokens and corrupted 3"),
    ({"before": None}, "pieces, before and after belong together"),
    ({"before": [1, 2]}, "before has shape (2,) and must have (7,)"),
    ({"after": np.zeros((2, 2, 7))}, "after has shape (2, 2, 7) and must have (2, 3, 7)"),
    ({"after": np.full((2, 3, 7), 3.0)}, "must hold probabilities, from 0 to 1"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        whole(**changes)
    assert str(caught.value).startswith("PatchingGrid: ")
    assert "\n" not in str(caught.value)
