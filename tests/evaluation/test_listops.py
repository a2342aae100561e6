"""Evaluation, with models whose right answers are known because they are built, not trained."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections import Counter
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from tinytx.config import GPTConfig
from tinytx.data.listops import EDGE_CASES, example, inputs, splits
from tinytx.evaluation import context_floor, pictures
from tinytx.evaluation.listops import (
    DIGIT,
    accuracy,
    confusion,
    evaluate_listops,
    failures,
    predict,
    right_answers,
)
from tinytx.evaluation.pictures import attention_maps, save_attention_maps, save_confusion
from tinytx.evaluation.reading import Reading, reading
from tinytx.inspect.capture import capture
from tinytx.manual import GPT
from tinytx.manual.module import Module
from tinytx.palette import plot_style
from tinytx.tokenizers.listops import OPERATIONS, ListOpsTokenizer

CONFIG = GPTConfig(
    vocab_size=20, context_length=11, n_layer=2, n_head=4, d_model=16, norm="post",
    activation="relu", positions="sinusoidal", causal=False, padding_id=0, tie_weights=False,
)  # fmt: skip
HEADS = [f"head {h}" for h in range(4)]
EXAMPLES = [one for name in OPERATIONS for one in inputs(name, 2)[::9]]


def fresh_model():
    return GPT(CONFIG, np.random.default_rng(2), np.float64)


class Copier(Module):
    """Answers with the digit at one place of the input, read by attention that can be masked."""

    def __init__(self, place):
        self.place = place

    def forward(self, ids, mask=None):
        weights = np.zeros((len(ids), 1, ids.shape[1], ids.shape[1]))
        weights[..., 3 + self.place] = 1
        weights = weights if mask is None else weights * mask
        return weights[:, 0] @ np.eye(20)[ids]


def test_accuracy_and_confusion_agree_with_counting_by_hand():
    examples = [example(f"Max({a} {b})") for a, b in ["12", "20", "33"]] + [example("Min(4 5)")]
    predicted = np.array([2, 2, 4, 4]) + DIGIT
    predicted[3] = ListOpsTokenizer.end_id
    assert accuracy(examples, predicted) == {"Max": 2 / 3, "Min": 0.0}
    counts = confusion(examples, predicted)
    assert counts["Max"][2, 2] == 2
    assert counts["Max"][3, 4] == 1
    assert counts["Min"][4, 10] == 1  # no digit at all
    assert {name: int(m.sum()) for name, m in counts.items()} == {
        "First": 0, "Second": 0, "Last": 0, "Max": 3, "Min": 1
    }  # fmt: skip
    assert [f.text for f in failures(examples, predicted)] == ["Max(3 3)", "Min(4 5)"]
    assert failures(examples, predicted)[1].got == "<end>"


def test_every_digit_has_a_column_of_its_own_and_all_else_shares_one():
    every = np.arange(20)  # the ids of a vocabulary, answered to a question whose answer is 0
    counts = confusion([example("First(0 1)")] * 20, every)["First"]
    assert counts.shape == (10, 11)
    assert counts[0].tolist() == [1] * 10 + [10]
    assert counts.sum() == 20


def test_a_failure_on_an_edge_case_says_what_is_hard():
    hard = [example("Max(7 7 2)")]
    (failure,) = failures(hard, np.array([DIGIT + 2]))
    assert failure == ("Max(7 7 2)", 7, "2", EDGE_CASES["Max(7 7 2)"])


def test_predictions_do_not_depend_on_padding_or_batch(monkeypatch):
    model = fresh_model()
    short, long = [example("Max(3 1)")], [example("Min(9 8 7 6 5 4)")]
    together = predict(model, short + long)
    assert together.tolist() == predict(model, short).tolist() + predict(model, long).tolist()
    assert model.training
    assert predict(model, []).tolist() == []
    monkeypatch.setattr("tinytx.evaluation.listops.AT_ONCE", 2)
    assert predict(model, (short + long) * 3).tolist() == together.tolist() * 3
    assert evaluate_listops(model, short, 90, 99)["edge_failures"] == []  # no edge case so long
    with pytest.raises(ValueError, match=r"^examples is empty; give at least one"):
        evaluate_listops(model, [])


def test_a_model_that_copies_the_second_digit_is_right_where_that_is_right():
    result = evaluate_listops(Copier(1), EXAMPLES, 2, 3)
    assert result["accuracy"]["Second"] == result["accuracy"]["Last"] == 1.0
    assert result["accuracy"]["First"] < 0.3
    assert result["examples"] == len(EXAMPLES)
    wrong = predict(Copier(1), EXAMPLES) != right_answers(EXAMPLES)
    assert len(result["failures"]) == wrong.sum()
    assert json.loads(json.dumps(result)) == result
    assert "Max(9 1 2)" in {failure["text"] for failure in result["edge_failures"]}
    assert result["edge_cases"] == sum(2 <= text.count(" ") + 1 <= 3 for text in EDGE_CASES)


def test_reading_tells_a_model_that_reads_from_one_that_knows(monkeypatch):
    """Blocking the place that is read ruins the answer; blocking another place does not."""
    examples = inputs("Second", 3)[::7]
    model = Copier(1)
    monkeypatch.setattr("tinytx.evaluation.reading.capture", fake_capture)
    look = reading(model, examples, "Second")
    assert look.accuracy == 1.0
    assert look.blocked < 0.2
    assert look.blocked_elsewhere == 1.0
    assert look.evenly == 1 / 8
    look = reading(Copier(0), examples, "Second")  # reads another place: blocking changes nothing
    assert look.accuracy == look.blocked < 0.2
    two = reading(model, inputs("Second", 2)[::7], "Second")  # there is one other place
    assert (two.blocked < 0.2, two.blocked_elsewhere) == (True, 1.0)
    weight = np.array([[0.1, 0.2], [0.4, 0.3]])
    assert str(Reading("Last", weight, 0.125, 0.99, 0.5, 0.75)) == (
        "Last: layer 1 head 0 gives 40% of its attention to that place (evenly: 12%); "
        "accuracy 99.0%, 50.0% with that place hidden, 75.0% with another"
    )


class fake_capture:  # noqa: N801 - stands in for a function
    """Attention of a model without layers of its own."""

    def __init__(self, model):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

    def attention(self):
        return np.full((1, 200, 1, 8, 8), 1 / 8)


@pytest.mark.parametrize("operation", ["First", "Second", "Last"])
def test_reading_measures_the_weight_on_the_place_of_the_answer(operation):
    model = fresh_model()
    examples = [one for length in (2, 4) for one in inputs(operation, length)[:30]]
    look = reading(model, examples, operation)
    total = np.zeros((2, 4))
    model.eval()
    for one in examples:
        digits = [int(c) for c in one.text if c.isdigit()]
        ids = [1, *ListOpsTokenizer().encode(one.text), 2]
        place = {"First": 3, "Second": 4, "Last": 2 + len(digits)}[operation]
        with capture(model) as seen:
            model.forward(np.array([ids]))
        total += seen.attention()[:, 0, :, -1, place]
    np.testing.assert_allclose(look.weight, total / len(examples), rtol=1e-9)
    assert f"{operation}: layer" in str(look)


def test_reading_drops_nothing_and_leaves_the_mode_alone():
    model = GPT(replace(CONFIG, dropout=0.5), np.random.default_rng(2))
    first, second = (reading(model, inputs("Last", 3)[:9], "Last") for _ in range(2))
    assert (first.weight == second.weight).all()
    assert first[2:] == second[2:]
    assert model.training


def test_reading_refuses_what_has_no_place():
    with pytest.raises(ValueError, match="operation is 'Max' and must be one of First, Second"):
        reading(fresh_model(), EXAMPLES, "Max")
    with pytest.raises(ValueError, match="examples has none of operation Last"):
        reading(fresh_model(), inputs("First", 2), "Last")


def test_maps_are_means_and_rows_sum_to_one():
    maps, labels = attention_maps(fresh_model(), inputs("Min", 3)[:50])
    assert maps.shape == (2, 5, 8, 8)
    np.testing.assert_allclose(maps.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(maps[:, :4].mean(axis=1), maps[:, 4], rtol=1e-12)
    assert labels[:3] == ["<start>", "Min", "("]
    assert labels[5:] == ["digit", ")", "<end>"]
    first, second = (attention_maps(fresh_model(), inputs("Min", 3)[i : i + 1])[0] for i in (0, 7))
    both, labels = attention_maps(fresh_model(), inputs("Min", 3)[:8:7])
    np.testing.assert_allclose(both, (first + second) / 2, rtol=1e-12)
    assert labels[3:6] == ["0", "0", "digit"]  # only what differs has no name of its own
    for several in (EXAMPLES, inputs("Min", 2)[:2] + inputs("Min", 3)[:2]):
        with pytest.raises(ValueError, match="must be of one operation and length"):
            attention_maps(fresh_model(), several)


def drawn(monkeypatch, save, *given):
    """What is drawn before it becomes a file."""
    made = []
    monkeypatch.setattr(pictures, "_save", lambda path, size, draw: made.append(draw))
    save("nowhere", *given)
    figure = Figure()
    with mpl.rc_context():
        plot_style()
        made[0](figure)
    return figure


def titles_of(all_axes):
    """The titles: in the course's style they stand on the left."""
    return [one.get_title(loc="left") for one in all_axes]


def test_a_confusion_has_right_digits_down_and_answers_across(monkeypatch):
    counts = {"Min": np.zeros((10, 11), dtype=int), "Max": np.zeros((10, 11), dtype=int)}
    counts["Max"][2, 2], counts["Max"][3, 4], counts["Max"][5, 10] = 7, 1, 2
    figure = drawn(monkeypatch, save_confusion, counts)
    left, axes = figure.axes
    assert titles_of((left, axes)) == ["Min", "Max"]
    assert (left.get_ylabel(), left.get_xlabel(), axes.get_xlabel()) == (
        "right", "answered", "answered",
    )  # fmt: skip
    assert [one.get_text() for one in left.get_xticklabels()] == [*"0123456789?"]
    np.testing.assert_array_equal(axes.images[0].get_array(), np.log1p(counts["Max"]))
    mistakes = {one.get_position(): one.get_text() for one in axes.texts}
    assert mistakes == {(4, 3): "1", (10, 5): "2"}
    assert not left.texts


def test_attention_is_drawn_head_by_head_on_one_scale(monkeypatch):
    model, examples = fresh_model(), inputs("Min", 3)[:20]
    maps, labels = attention_maps(model, examples)
    figure = drawn(monkeypatch, save_attention_maps, model, examples)
    *grid, bar = figure.axes
    titles = [f"layer {i}, {what}" for i in range(2) for what in (*HEADS, "mean")]
    assert titles_of(grid) == titles
    for axes, values in zip(grid, maps.reshape(10, 8, 8), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), values)
        assert axes.images[0].get_clim() == (0, 1)
    for ticks in (grid[-1].get_xticklabels(), grid[0].get_yticklabels()):
        assert [one.get_text() for one in ticks] == labels
    said = figure.get_supxlabel(), figure.get_supylabel(), bar.get_ylabel()
    assert said == ("attended to", "attending", "share of attention")


def test_pictures_are_the_same_every_time_and_change_no_setting(tmp_path):
    model, examples, before = fresh_model(), inputs("Min", 3)[:20], dict(mpl.rcParams)
    for number in "12":
        save_attention_maps(tmp_path / f"map{number}", model, examples)
        save_confusion(tmp_path / f"conf{number}", confusion(examples, predict(model, examples)))
    for name in ("map", "conf"):
        one = (tmp_path / f"{name}1").read_bytes()
        assert one.startswith(b"\x89PNG")
        assert one == (tmp_path / f"{name}2").read_bytes()
        assert b"Matplotlib version" not in one  # or each release would make another file
    assert dict(mpl.rcParams) == before


def test_the_split_never_tests_an_answer_that_training_has_not_seen():
    for seed in range(20):
        parts = splits(seed=seed)
        trained = {(one.operation, one.answer) for one in parts.train}
        assert {(one.operation, one.answer) for one in parts.test} <= trained
        assert ("Max", 1) in {(one.operation, one.answer) for one in parts.test}
    unlucky = [
        seed
        for seed in range(20)
        if not {(one.operation, one.answer) for one in splits(seed=seed, stratify=False).test}
        <= {(one.operation, one.answer) for one in splits(seed=seed, stratify=False).train}
    ]
    assert unlucky  # left to chance, some seeds do


def test_the_floor_is_the_entropy_of_what_follows():
    ids = np.array([0, 1, 0, 2] * 50 + [0])
    windows = 199  # of three tokens: after 0 comes 1 or 2, evenly but for one; else it is certain
    ones, twos = 50 / 100, 50 / 100
    first = 100 * -(ones * math.log(ones) + twos * math.log(twos)) / windows
    assert context_floor(ids, 2) == pytest.approx(first / 2, abs=1e-3)
    with pytest.raises(ValueError, match="ids has 3 tokens and must have more than context_length"):
        context_floor(np.array([1, 2, 3]), 3)
    for length in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"context_length is {length} and must be an integer"):
            context_floor(ids, length)
    for wrong in ([0, 1, 0, 2], ids / 2):
        with pytest.raises(ValueError, match=r"^ids is (list|float64) and must be an array of int"):
            context_floor(wrong, 2)
    with pytest.raises(ValueError, match=r"^ids has shape \(3, 67\) and must have one dimension"):
        context_floor(ids.reshape(3, 67), 2)


def test_the_floor_of_a_long_text_needs_no_table_of_places():
    ids = np.zeros(20_000, dtype=np.uint16)
    tracemalloc.start()
    assert context_floor(ids, 64) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6  # bytes; the places of all windows take 10 million


def test_the_floor_equals_counting_with_dictionaries():
    ids = np.random.default_rng(3).integers(0, 3, size=300)
    windows = [tuple(ids[i : i + 4]) for i in range(297)]
    total = 0.0
    for t in range(1, 4):
        long, short = Counter(w[: t + 1] for w in windows), Counter(w[:t] for w in windows)
        total -= sum(math.log(long[w[: t + 1]] / short[w[:t]]) for w in windows) / 297
    assert context_floor(ids, 3) == pytest.approx(total / 3, rel=1e-12)


def test_right_answers_are_token_ids():
    assert ListOpsTokenizer().decode(right_answers([example("Max(3 1 4)")]).tolist()) == "4"
