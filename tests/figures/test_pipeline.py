"""The drawing at the end of every chapter: its numbers are the running example's."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx import example
from tinytx.figures import Pipeline
from tinytx.figures.pipeline import CHAPTERS
from tinytx.generation import distribution


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_lit_in_hand_and_to_come(chapter):
    figure = Pipeline(chapter)
    states = [(row["chapter"], row["state"]) for row in figure.data()["stations"]]
    number = CHAPTERS[chapter]
    for at, state in states:
        assert state == ("lit" if at == number else "in hand" if at < number else "to come")
    lines = str(figure).splitlines()
    assert sum(line.startswith("> ") for line in lines) == sum(s == "lit" for _, s in states) > 0
    assert ("to come" in lines[-1]) == (chapter != "generation")


def test_the_numbers_are_the_examples():
    text = str(Pipeline("training"))
    assert " ".join(map(str, example.ids())) in text
    assert "t: 0.0 0.0 1.0 1.0 2.0 1.0" in text
    assert "loss 0.4793" in text
    assert "−0.034577" in text  # the slope that chapter 6 measures on its first page
    step = text.splitlines()[-2].rsplit("loss ", 1)[1]
    before, after = map(float, step.split(" → "))
    assert after < before == 0.4793


def test_the_next_id_is_the_one_that_the_throw_hits():
    logits = example.model().eval().forward(np.array([example.ids()]))[0, -1]
    token = int((distribution(logits).cumsum() <= 0.7).sum())
    char = example.tokenizer().decode([token])
    assert f"thrown 0.7: {token} ({char}); 10 rows kept" in str(Pipeline("generation"))


def test_what_is_to_come_gives_no_number_away():
    assert "0.4793" not in str(Pipeline("multihead"))
    assert "0.4793" not in Pipeline("multihead").fallback()


def test_another_chapter_is_refused():
    with pytest.raises(ValueError, match="chapter is 'speed' and must be one of tokenization"):
        Pipeline("speed")
