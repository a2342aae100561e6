"""The head gallery without a browser."""

import math
import re

import numpy as np
import pytest
import torch

from tinytx import example
from tinytx.figures import HeadGallery
from tinytx.figures.habit import habit
from tinytx.inspect import capture

T = 6


def uniform():
    mask = np.tri(T)
    return mask / mask.sum(axis=-1, keepdims=True)


def test_habits_of_heads_that_are_known():
    itself, previous, first = np.eye(T), np.eye(T, k=-1), np.zeros((T, T))
    previous[0, 0] = first[:, 0] = 1
    one = habit(itself)
    assert (one.distance, one.entropy, one.itself, one.previous, one.first) == (0, 0, 1, 0, 0)
    one = habit(previous)
    assert (one.distance, one.itself, one.previous, one.first) == (1, 0, 1, 1 / 5)
    one = habit(first)
    assert (one.distance, one.itself, one.previous, one.first) == (3, 0, 1 / 5, 1)
    one = habit(uniform())
    assert one.entropy == pytest.approx(np.mean(np.log(np.arange(2, T + 1))))
    assert one.itself == one.first == pytest.approx(np.mean(1 / np.arange(2, T + 1)))


def test_habits_of_later_queries_and_of_those_that_read_nothing():
    late = habit(np.eye(4, 5, k=1)[3:])  # the last of five positions, reading itself
    assert (late.distance, late.itself) == (0, 1)
    empty = np.zeros((3, 3))
    assert set(vars(habit(empty)).values()) == {0}
    assert set(vars(habit(np.eye(3), trained=[])).values()) == {0}
    empty[2, 0] = 1
    assert habit(empty).distance == 2
    assert habit(np.ones((1, 1))).itself == 1


def test_the_first_position_counts_where_it_can_choose():
    causal = np.array([[1, 0], [0.5, 0.5]])
    assert habit(causal).itself == 0.5
    free = np.array([[0.9, 0.1], [0.5, 0.5]])
    assert habit(free).itself == 0.7
    assert habit(causal, trained=[0]).itself == 1  # it is all there is


def test_the_key_that_gets_most():
    one = habit(np.array([[0.5, 0.5, 0], [0, 0.8, 0.2], [0.2, 0.7, 0.1]]))
    assert (one.most, one.share) == (1, pytest.approx(2 / 3))
    tied = habit(np.full((3, 3), 1 / 3))
    assert tied.most == 0


def test_measures_are_over_the_queries_that_had_a_target():
    wanders = np.array([[0, 0, 1], [0, 0, 1], [0, 1, 0]])
    assert habit(wanders, trained=[2]) == habit(wanders[2:])
    assert habit(wanders, trained=[2]) != habit(wanders)
    maps = np.stack([wanders, np.eye(3), np.eye(3)])[None]
    figure = HeadGallery(maps, "a<b", trained=(2, np.int64(2)))
    assert figure.data()["trained"] == [2]
    lines = str(figure).splitlines()
    assert lines[1] == "The measures are over b₂, the only query whose output had a target."
    assert lines[2].startswith("0.0: distance 1.00, entropy 0.00 nats; itself 0%, previous 100%, ")
    assert lines[2].endswith("first 0%; most on <₁, 100%")
    page = figure.fallback()
    assert "<caption>What each head does. The measures are over b₂, the only query" in page
    assert "<caption>Weights of b₂</caption>" in page
    assert '<tr><th scope="row">0.0</th><td>0.000</td><td>1.000</td><td>0.000</td></tr>' in page
    several = HeadGallery(maps, "a<b", trained=[1, 2])
    assert several.note == "The measures are over <₁ b₂, the queries whose output had a target."
    assert several.fallback().count("<caption>") == 1
    assert HeadGallery(maps, "a<b").note == ""


def test_the_running_example():
    model = example.model()
    with capture(model) as seen:
        model.forward(np.array([example.ids()]))
    weights = seen.attention()[:, 0]
    figure = HeadGallery(torch.tensor(weights), example.PROMPT, {(0, 1): "<b>spaces</b>"})
    assert str(figure).startswith("HeadGallery: 1 block of 2 heads, 5 queries, 5 keys: a₀ ␣₁")
    far = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    distance = (weights[0, 1] * far).sum(axis=-1)[1:].mean()
    assert f"0.1 <b>spaces</b>: distance {distance:.2f}, entropy" in str(figure)
    thousandths = np.array(figure.data()["weights"]) / 1000
    np.testing.assert_allclose(thousandths, weights, atol=5.1e-4)
    assert "<b>spaces" not in figure._repr_html_()
    assert figure.fallback().count("<caption>") == 3


def test_many_heads_have_one_table():
    figure = HeadGallery(np.broadcast_to(uniform(), (4, 3, T, T)))
    assert figure.fallback().count("<caption>") == 1
    assert figure.fallback().count("<tr>") == 13
    assert str(figure).count("\n") == 12


def weights(*shape):
    return np.full(shape, 1 / shape[-1])


ERRORS = [
    (lambda: HeadGallery(weights(2, 4, 4)), "must have (L, H, T, S)"),
    (lambda: HeadGallery(weights(1, 2, 3, 4, 4)), "pass one part, such as weights[0]"),
    (lambda: HeadGallery(weights(13, 5, 4, 4)), "13 times 5 heads, the limit is 64"),
    (lambda: HeadGallery(weights(1, 1, 33, 33)), "T is 33, the limit is 1 to 32"),
    (lambda: HeadGallery(weights(1, 1, 5, 4)), "T is 5 and S is 4"),
    (lambda: HeadGallery(weights(1, 1, 4, 4) - 1), "holds -0.75 and must be from 0 to 1"),
    (lambda: HeadGallery(weights(1, 1, 4, 4) / 2), "a row that sums to 0.5 and must sum to 1"),
    (lambda: HeadGallery(weights(1, 1, 4, 4) * math.nan), "must be finite"),
    (lambda: HeadGallery(weights(1, 1, 4, 4), "abc"), "tokens has 3 and must have 4"),
    (lambda: HeadGallery(weights(1, 2, 4, 4), names={(1, 0): "x"}), "the head (1, 0), and the"),
    (lambda: HeadGallery(weights(1, 1, 4, 4), trained=[4]), "trained is [4] and must name rows"),
    (lambda: HeadGallery(weights(1, 1, 4, 4), trained=[-1]), "rows of the weights, from 0 to 3; "),
    (lambda: HeadGallery(weights(1, 1, 4, 4), trained=[]), "leave it out if every position"),
]


@pytest.mark.parametrize(("wrong", "message"), ERRORS)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
