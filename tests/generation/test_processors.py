"""What may be said: the penalty, the rule, and what a processor is held to."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from tinytx.generation import generate, only, repetition_penalty

from .models import ENGINES, make


def test_the_penalty_makes_what_was_said_less_likely_and_nothing_else():
    logits = np.random.default_rng(0).normal(size=(2, 6)) * 3
    logits[1, 0] = 0.5
    texts = [np.array([1, 4, 4]), np.array([0])]
    made = repetition_penalty(1.5)(texts, logits.copy())
    for text, old, new in zip(texts, logits, made, strict=True):
        for token in range(6):
            if token in text:
                assert new[token] == (old[token] / 1.5 if old[token] > 0 else old[token] * 1.5)
                assert new[token] < old[token]
            else:
                assert new[token] == old[token]


def test_a_penalty_of_one_changes_nothing():
    logits = np.random.default_rng(1).normal(size=(1, 5))
    np.testing.assert_array_equal(repetition_penalty(1)([np.arange(5)], logits.copy()), logits)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_keeps_to_its_rule_and_the_odds_stay(engine):
    model = make(engine)
    process = only(lambda text: [(int(text[-1]) + 1) % 11, 5])
    made = generate(model, [[1], [4, 5]], 20, rng=3, processor=process)
    for text, n in zip(made, (1, 2), strict=True):
        for before, after in zip(text[n - 1 :], text[n:], strict=False):
            assert after in ((before + 1) % 11, 5)
    assert len({*made[0].tolist()}) > 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_is_not_asked_about_texts_that_have_ended(engine):
    after = {1: [2, 3], 2: [1], 3: [1, 4]}  # 4 ends a text, and nothing comes after it
    process = only(lambda text: after[int(text[-1])])
    model = make(engine)
    rngs = [np.random.default_rng([0, row]) for row in range(8)]
    made = generate(model, [[1]] * 8, 9, rng=rngs, processor=process, stop=[4])
    assert {len(text) for text in made} >= {3, 5}  # they end at different times
    for row, text in enumerate(made):
        rng = np.random.default_rng([0, row])
        [alone] = generate(model, [[1]], 9, rng=[rng], processor=process, stop=[4])
        np.testing.assert_array_equal(text, alone)
        assert all(b in after[a] for a, b in pairwise(text))


def test_logits_of_whole_numbers_are_not_cut_to_such():
    text = [np.array([0])]
    assert repetition_penalty(2)(text, [[3, 1]]).tolist() == [[1.5, 1]]
    large = 2**24 + 1  # a float32 has no such number
    assert only(lambda text: [1])(text, np.array([[3, large]])).tolist() == [[-np.inf, large]]
    assert repetition_penalty(2)(text, np.ones((1, 2), np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (np.array([False, False, True, True]), "gives booleans and must give ids: np.flatnonzero"),
        ([2.7], "rule is float64 and must be an array of integers"),
        (3, "rule gives 3 and must give a list of ids, as [3]"),
        ("13", "rule is <U1 and must be an array of integers"),
        ([4], "rule holds 4 and must be from 0 to 3"),
    ],
)
def test_a_rule_that_names_no_ids_is_refused(named, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        only(lambda text: named)([np.array([0])], np.zeros((1, 4)))


def test_a_processor_may_return_more_digits_than_it_got():
    logits = np.ones((1, 11))
    logits[0, 7] += 1e-12
    made = generate(make(dtype="float32"), [[1]], 1, temperature=0, processor=lambda t, x: logits)
    assert made[0].tolist() == [1, 7]


def test_a_processor_sees_the_texts_without_filling_and_a_copy_of_the_logits():
    seen = []

    def spoil(texts, logits):
        seen.append([text.tolist() for text in texts])
        logits[:] = -np.inf
        logits[:, 7] = 0
        for text in texts:
            text[:] = 0
        return logits

    made = generate(make(), [[1, 2, 3], [4]], 2, temperature=0, processor=spoil)
    assert seen == [[[1, 2, 3], [4]], [[1, 2, 3, 7], [4, 7]]]
    assert made[0].tolist() == [1, 2, 3, 7, 7]
    free = generate(make(), [[1, 2, 3]], 1, temperature=0)
    assert free[0][-1] != 7
    assert made.log_probs[0][0] < free.log_probs[0][0]  # they are the model's own


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: repetition_penalty(0), "penalty is 0 and must be a number above 0"),
        (lambda: repetition_penalty(float("inf")), "penalty is inf and must"),
        (lambda: repetition_penalty(True), "penalty is True and must"),
        (lambda: repetition_penalty(None), "penalty is None and must"),
        (lambda: repetition_penalty(1j), "penalty is 1j and must"),
        (lambda: repetition_penalty(float("nan")), "penalty is nan and must"),
        (lambda: generate(make(), [[1]], 1, rng=0, processor=3), "processor is 3 and must be a"),
        (
            lambda: generate(make(), [[1]], 1, rng=0, processor=lambda t, x: None),
            "processor returned NoneType and must return an array of logits (1, 11)",
        ),
        (
            lambda: generate(make(), [[1]], 1, rng=0, processor=lambda t, x: torch.tensor(x)),
            "processor returned Tensor and must return an array of logits (1, 11)",
        ),
        (
            lambda: generate(make(), [[1]], 1, rng=0, processor=lambda t, x: x[0]),
            "processor returned shape (11,) and must return an array of logits (1, 11)",
        ),
        (
            lambda: generate(make(), [[1]], 1, rng=0, processor=only(lambda t: [])),
            "logits has a row of -inf alone",
        ),
        (lambda: generate(make(), [[1]], 1, rng=0, processor=only(lambda t: [11])), "rule"),
    ],
)
def test_bad_input_is_one_line(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as error:
        call()
    assert "\n" not in str(error.value)
