"""The checks of chapter 07: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import copy
import inspect
import re
from typing import ClassVar

import numpy as np
import pytest
import torch

from tinytx.checks import training
from tinytx.checks.training.answers import adamw_step, clip, get_lr
from tinytx.checks.training.parts import Draw, make_used_dropout
from tinytx.manual import AdamW, Parameter
from tinytx.training.schedules import get_lr as package_lr

from .contract import Contract
from .training_designs import (
    RIGHT,
    accumulated_sums,
    adamw_loop,
    batch_loop,
    clip_flat,
    lr_minimum,
    shares_loop,
)


def later(ids, T, draw):
    x, _ = batch_loop(ids, T, draw)
    return x, x + 1


class TestTraining(Contract):
    chapter = training.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "get_batch": [
            lambda ids, T, draw: tuple(0 * part for part in batch_loop(ids, T, draw)),
            later,
        ],
        "clip": [
            lambda gradients, max_norm: [0 * g for g in gradients],
            lambda gradients, max_norm: clip_flat(gradients, max_norm / 2),
            lambda gradients, max_norm: [g + 0.1 for g in clip_flat(gradients, max_norm)],
        ],
        "shares": [
            lambda t, beta: np.zeros(t),
            lambda t, beta: shares_loop(t, beta**3),
        ],
        "accumulated": [
            lambda gradients, counts: np.zeros_like(gradients[0]),
            lambda gradients, counts: accumulated_sums(gradients, counts) ** 3,
        ],
        "get_lr": [
            lambda step, lr, steps, warmup, fall: 0.0,
            lambda step, lr, steps, warmup, fall: lr_minimum(step, lr, steps, warmup, fall) ** 2,
        ],
        "adamw_step": [
            lambda w, g, m, v, *rest: (w.copy(), m.copy(), v.copy()),
            lambda w, g, m, v, *rest: adamw_loop(w, np.tanh(g), m, v, *rest),
        ],
        "overfit": [
            lambda make, examples, size, lrs: [0.0] * len(lrs),
            lambda make, examples, size, lrs: [1.0 / (i + 1) for i in range(len(lrs))],
        ],
    }


def test_drawings_are_shown_as_they_can_be_pasted():
    text = training.get_batch.run(later).message
    assert re.search(r"lambda n: np.array\(\[.*\]\)", text)
    assert eval(repr(Draw("[n - 1]")), {"np": np})(4).tolist() == [3]


def test_a_copy_of_a_drawing_by_chance_begins_anew():
    chance = Draw("rng.integers(n, size=9)", "rng=np.random.default_rng(0)")
    first, second = chance(1000), chance(1000)
    assert (first != second).any()
    assert (copy.deepcopy(chance)(1000) == first).all()
    assert (eval(repr(chance), {"np": np})(1000) == first).all()


def test_every_start_that_is_drawn_lies_within_the_text():
    for ids, T, draw in training.get_batch.cases:
        n = len(ids) - T
        assert set(draw(n).tolist()) <= set(range(n))


def test_the_model_of_the_last_exercise_has_the_gradient_of_its_loss():
    model, _ = make_used_dropout()
    model.eval()
    model.w, model.grad = 0.7, 0.0
    part = np.array([[1.0, 2.0], [2.0, 3.5], [-1.0, 0.5]])
    w = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    x, y = torch.from_numpy(part).T
    loss = ((w * x - y) ** 2).mean()
    loss.backward()
    assert model.loss(part) == pytest.approx(loss.item(), rel=1e-12)
    model.backward(0.5)
    assert model.grad == pytest.approx(0.5 * w.grad.item(), rel=1e-12)
    model.train()
    assert model.loss(part) != model.loss(part) != loss.item()


def test_the_right_answers_are_what_the_package_does():
    rng = np.random.default_rng(0)
    p = Parameter(rng.standard_normal((3, 4)))
    optimizer = AdamW([p], lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2)
    w, m, v = p.data.copy(), np.zeros((3, 4)), np.zeros((3, 4))
    for t in range(1, 4):
        g = rng.standard_normal((3, 4))
        p.grad[...] = g
        optimizer.step()
        w, m, v = adamw_step(w, g, m, v, t, 0.1, 0.8, 0.9, 1e-3, 0.2)
        np.testing.assert_allclose(p.data, w, rtol=1e-12)
    options = {"lr": 2.0, "steps": 9, "warmup_steps": 3, "decay_steps": 4}
    for step in range(11):
        expected = package_lr(step, schedule="trapezoidal", **options)
        assert get_lr(step, 2.0, 9, 3, 4) == pytest.approx(expected)


def test_the_signatures_are_those_of_the_answers():
    for check in training.chapter.checks.values():
        names = check.signature.partition("(")[2].rstrip(")").split(", ")
        assert names == list(inspect.signature(check.reference).parameters)
    assert clip([np.zeros(2)], 1.0)[0].tolist() == [0, 0]


def test_as_the_tasks_say_a_rate_is_no_integer_and_a_batch_may_be_parts_of_one_array():
    def rate(step, lr, steps, warmup, fall):
        return 0 if step >= steps else get_lr(step, lr, steps, warmup, fall)

    def batch(ids, T, draw):
        windows = ids[draw(len(ids) - T)[:, None] + np.arange(T + 1)]
        return windows[:, :-1], windows[:, 1:]

    assert "an int came back and a float is asked for" in training.get_lr.run(rate).message
    assert training.get_batch.run(batch).status == "ok"
