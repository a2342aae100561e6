"""The training replay without a browser."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures import TrainingReplay
from tinytx.figures.visible import visible

from .recordings import H, N, T, recording


def test_words_hold_the_losses_the_text_and_what_the_heads_read():
    given = recording()
    first, *lines = str(TrainingReplay(given)).splitlines()
    assert first == (
        "TrainingReplay: 4 snapshots of a run, steps 0 to 300, loss in nats; the entropy: 0.900"
    )
    assert len(lines) == N
    for i, line in enumerate(lines):
        step, validation = given["evaluated"][i], given["validation"][i]
        loss = given["loss"][given["steps"].index(step // 10 * 10)]  # at 55, what was at 50
        wrote = visible(given["text"][i].encode())
        start = f"step {step}: loss {loss:.3f}, validation {validation:.3f}; it wrote “{wrote}”; "
        assert line.startswith(f"{start}w₅ reads most: ")
        for head in range(H):
            row = given["attention"][i, head, -1]
            label = ["a₀", "␣₁", "c₂", "r₃", "o₄", "w₅"][row.argmax()]
            assert f"head {head} {label} {100 * row.max():.0f} %" in line


def test_the_data_are_the_recording_rounded():
    given = recording()
    data = TrainingReplay(given).data()
    np.testing.assert_allclose(data["loss"], given["loss"], rtol=1e-4)
    assert data["validation"] == given["validation"]
    assert data["text"] == given["text"]
    assert [data["steps"][at] for at in data["at"]] == [0, 50, 200, 300]
    for i in range(N):
        for head in range(H):
            rows = data["attention"][i][head]
            assert [len(row) for row in rows] == list(range(1, T + 1))  # causal: no later keys
            for t, row in enumerate(rows):
                expected = 100 * given["attention"][i, head, t, : t + 1]
                np.testing.assert_allclose(row, expected, atol=0.51)


def test_attention_that_looks_ahead_keeps_all_keys():
    weights = np.full((N, 1, T, T), 1 / T)
    data = TrainingReplay(recording(attention=weights)).data()
    assert {len(row) for row in data["attention"][0][0]} == {T}


@pytest.mark.parametrize("kind", [list, torch.tensor])
def test_lists_and_tensors_are_taken_too(kind):
    given = recording()
    other = recording(
        attention=given["attention"].tolist() if kind is list else kind(given["attention"]),
        loss=kind(given["loss"]),
        steps=np.array(given["steps"]),
    )
    assert TrainingReplay(other)._repr_html_() == TrainingReplay(given)._repr_html_()


@pytest.mark.parametrize("left_out", ["validation", "attention", "tokens", "floor", "floor_name"])
def test_what_is_not_needed_can_be_left_out(left_out):
    figure = TrainingReplay(recording(**{left_out: None}))
    assert ("validation" in str(figure)) == (left_out != "validation")
    assert ("reads most" in str(figure)) == (left_out != "attention")
    assert ("0.900" in str(figure)) == (left_out != "floor")


def test_fallback_says_what_the_words_say():
    figure = TrainingReplay(recording())
    assert figure.fallback().count("<pre") == N
    assert "Once upon a &lt;b&gt;midnight&lt;/b&gt;" in figure.fallback()
    assert "<b>" not in figure.fallback()
    for line in str(figure).splitlines()[1:]:
        losses, reads = re.fullmatch(r"step \d+: (.*); it wrote “.*”; (.*)", line).groups()
        assert f"{losses}; {reads}" in figure.fallback()


def test_user_text_cannot_leave_its_place():
    hostile = "</script><img src=x onerror=alert(1)>"
    texts = {"floor_name": hostile, "unit": hostile, "ask": hostile, "tokens": [hostile] * T}
    page = TrainingReplay(recording(text=[hostile] * N, **texts))._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


def test_it_is_the_same_every_time():
    assert TrainingReplay(recording())._repr_html_() == TrainingReplay(recording())._repr_html_()


WRONG = [
    ({"loss": None}, "recording lacks 'loss'; it needs"),
    ({"losses": [1]}, "recording has 'losses', the figure knows steps, loss"),
    ({"loss": [1.0]}, "loss has 1 and must have 31, one for each step"),
    ({"loss": [float("nan")] * 31}, "loss holds nan or infinity"),
    ({"steps": [0, 0], "loss": [1, 1]}, "steps must ascend from 0 or more, each step once"),
    ({"steps": range(4001), "loss": [0] * 4001}, "steps has 4,001, the limit is 1 to 4,000"),
    ({"steps": 31}, "steps is 31 and must be a list"),
    ({"evaluated": None}, "recording lacks 'evaluated'"),
    ({"text": "abcd"}, "text is 'abcd' and must be a list"),
    ({"text": 4}, "text is 4 and must be a list"),
    ({"evaluated": []}, "evaluated has 0, the limit is 1 to 120"),
    ({"validation": [1.0]}, "validation has 1 and must have 4"),
    ({"text": ["a"]}, "text has 1 and must have 4, one for each snapshot"),
    ({"text": ["a", "b", "c", "d" * 2001]}, "text has one of 2,001 characters, the limit is 2,000"),
    ({"text": ["a", "b", "c", "\ud800"]}, "lone surrogate"),
    ({"attention": np.ones((3, 1, T, T))}, "must have (N, H, T, T) with N = 4"),
    ({"attention": np.ones((N, 1, T, T + 1))}, "must have (N, H, T, T) with N = 4"),
    ({"attention": np.ones((N, T, T))}, "attention has shape (4, 6, 6) and must have"),
    ({"attention": -np.ones((N, 1, T, T))}, "attention holds numbers outside 0 to 1"),
    ({"attention": np.ones((N, 1, 33, 33))}, "the limit is 1 to 32"),
    ({"tokens": "cat"}, "tokens has 3 and must have 6"),
    ({"floor": float("inf")}, "floor holds nan or infinity"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        TrainingReplay(recording(**changes))
    assert "\n" not in str(caught.value)


def test_a_recording_that_is_no_dictionary_is_refused():
    with pytest.raises(ValueError, match="recording is list and must be a dictionary"):
        TrainingReplay([1, 2])


@pytest.mark.parametrize(
    ("steps", "logarithmic"),
    [
        (range(0, 310, 10), False),
        ([0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], True),
        ([0, 9], False),
        ([5], False),
    ],
)
def test_steps_that_grow_by_factors_get_a_logarithmic_axis(steps, logarithmic):
    given = recording(steps=list(steps), loss=[1.0] * len(steps))
    assert TrainingReplay(given).data()["logarithmic"] == logarithmic
