"""Pipelines: the bubble is what the formula says, and two stages give the gradients of one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.manual import GPT, cross_entropy_backward, cross_entropy_forward
from tinytx.scale.pipeline import ORDERS, bubble, timetable
from tinytx.scale.stages import pipeline_gradients


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("p", "m"), [(1, 1), (1, 5), (2, 1), (2, 2), (2, 8), (4, 4), (4, 3), (5, 9)]
)
def test_the_bubble_of_the_timetable_is_that_of_the_formula(p, m, order):
    for backward in (1, 2):
        found = timetable(p, m, order, backward=backward)
        assert found.bubble == pytest.approx(bubble(p, m), abs=1e-12)
        assert found.time == (m + p - 1) * (1 + backward)


@pytest.mark.parametrize("order", ORDERS)
def test_nobody_does_two_things_at_once_or_before_its_turn(order):
    p, m = 4, 6
    found = timetable(p, m, order)
    assert len(found.work) == 2 * p * m == len({each[:3] for each in found.work})
    assert list(found.work) == sorted(found.work, key=lambda each: (each.start, each.stage))
    at = {each[:3]: each for each in found.work}
    for stage in range(p):
        mine = [each for each in found.work if each.stage == stage]
        assert all(a.end <= b.start for a, b in pairwise(mine))
        for micro in range(m):
            if stage:
                assert at[stage - 1, "forward", micro].end <= at[stage, "forward", micro].start
                assert at[stage, "backward", micro].end <= at[stage - 1, "backward", micro].start
            assert at[stage, "forward", micro].end <= at[stage, "backward", micro].start


def test_one_forward_one_backward_holds_no_more_than_there_are_stages():
    p, m = 4, 12
    first, second = (timetable(p, m, order) for order in ORDERS)
    assert [first.waiting(stage) for stage in range(p)] == [m] * p
    assert [second.waiting(stage) for stage in range(p)] == [4, 3, 2, 1]
    assert first.time == second.time


def test_more_micro_batches_make_the_bubble_smaller():
    shares = [timetable(4, m).bubble for m in (1, 4, 16, 64)]
    assert shares[0] == 0.75
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.05


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="stages is 0 and must be an integer of at least 1"):
        timetable(0, 3)
    with pytest.raises(ValueError, match="micro_batches is 0 and must be an integer"):
        timetable(2, 0)
    with pytest.raises(ValueError, match="forward is 0 and must be above 0 and finite"):
        timetable(2, 3, forward=0)
    with pytest.raises(ValueError, match="backward is 0 and must be above 0 and finite"):
        timetable(2, 3, backward=0)
    with pytest.raises(ValueError, match="stages is 0 and must be an integer of at least 1"):
        bubble(0, 4)
    with pytest.raises(ValueError, match="micro_batches is 0 and must be an integer"):
        bubble(4, 0)
    with pytest.raises(ValueError, match="order is 'x'"):
        timetable(2, 3, "x")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"positions": "rotary", "norm_kind": "rms"},
        {"norm": "post", "positions": "sinusoidal", "padding_id": 3},
    ],
)
def test_two_stages_give_the_gradients_of_one_model(changes):
    config = GPTConfig(vocab_size=11, context_length=6, n_layer=3, n_head=2, d_model=8, **changes)
    model = GPT(config, np.random.default_rng(1), np.float64)
    rng = np.random.default_rng(2)
    ids, targets = rng.integers(0, 11, (2, 8, 6))
    targets[0, 2:] = -100  # one micro-batch counts fewer
    loss, saved = cross_entropy_forward(model.forward(ids), targets)
    model.backward(cross_entropy_backward(1.0, saved))
    expected = {name: p.grad.copy() for name, p in model.named_parameters()}
    scale = max(np.abs(grad).max() for grad in expected.values())
    for cut in (1, 2):
        model.zero_grad()
        micro = [(ids[i : i + 2], targets[i : i + 2]) for i in range(0, 8, 2)]
        assert pipeline_gradients(model, micro, cut) == pytest.approx(float(loss), rel=1e-12)
        for name, parameter in model.named_parameters():
            np.testing.assert_allclose(
                parameter.grad, expected[name], rtol=1e-10, atol=1e-12 * scale, err_msg=name
            )


def test_times_that_are_not_whole_need_a_letter_for_each_half():
    table = timetable(2, 3, forward=0.5, backward=1)
    assert table.rows(2) == ["abc...AABBCC", ".abcAABBCC.."]
    for uneven in (table, timetable(1, 1, backward=0.5)):
        with pytest.raises(ValueError, match="width is 1, and some work does not end with a lett"):
            uneven.rows()
    tenths = timetable(2, 3, forward=0.1, backward=0.1)
    assert tenths.rows(10) == timetable(2, 3, backward=1).rows() == ["abc..ABC", ".abcABC."]
    assert timetable(1, 27, backward=1).rows()[0][24:30] == "yzaABC"


def test_micro_batches_may_come_one_by_one_and_some_have_no_target():
    config = GPTConfig(vocab_size=5, context_length=4, n_layer=2, n_head=1, d_model=4)
    ids = np.arange(8).reshape(2, 4) % 5
    none = np.full((1, 4), -100)
    parts = [(ids[:1], ids[:1]), (ids[1:], none), (ids[1:], ids[1:])]
    found = []
    for batches in (parts[::2], iter(parts)):
        model = GPT(config, np.random.default_rng(0), dtype=np.float64)
        loss = pipeline_gradients(model, batches, 1)
        found.append([loss, *(p.grad.copy() for p in model.parameters())])
    assert found[0][0] > 0
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)
    for batches in ([], parts[1:2]):
        with pytest.raises(ValueError, match="batches have no target to learn from"):
            pipeline_gradients(model, batches, 1)


def test_a_cut_without_blocks_and_dropout_are_refused():
    config = GPTConfig(vocab_size=5, context_length=4, n_layer=2, n_head=1, d_model=4, dropout=0.1)
    model = GPT(config, np.random.default_rng(0))
    for cut in (0, 2):
        with pytest.raises(ValueError, match=f"cut is {cut} and must be from 1 to 1"):
            pipeline_gradients(model, [], cut)
    with pytest.raises(ValueError, match=r"dropout is 0\.1"):
        pipeline_gradients(model, [], 1)
