"""A step with clocks: every operation has one, they add up, and the model learns the same."""

import sys
import threading

import numpy as np
import pytest

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.manual import attention
from tinytx.speed import timed_step, training_step
from tinytx.speed.step_times import Best, Clock, _watch
from tinytx.threads import one_thread
from tinytx.training import learner as learning
from tinytx.training.settings import TrainConfig

SIZES = {"vocab_size": 37, "context_length": 23, "n_layer": 2, "n_head": 4, "d_model": 20}
CONFIGS = [
    {}, {"dropout": 0.1, "norm": "post"},
    {"activation": "swiglu", "norm_kind": "rms", "positions": "rotary", "d_head": 6,
     "n_kv_head": 2, "qk_norm": True, "bias": False},
]  # fmt: skip


def model_and_batch(**changes):
    config = GPTConfig(**{**SIZES, **changes})
    ids = np.random.default_rng(1).integers(37, size=(3, 12))
    return manual.GPT(config, np.random.default_rng(0)), (ids[:, :-1], ids[:, 1:])


@pytest.mark.parametrize("changes", CONFIGS)
def test_the_operations_are_those_that_are_counted(changes):
    model, batch = model_and_batch(**changes)
    times = timed_step(model, batch, rounds=2)
    counted = {(w.name, w.direction): w.part for w in training_step(model.config, 3, 11)}
    assert {(w.name, w.direction): w.part for w in times.works} == counted


@pytest.mark.parametrize("changes", CONFIGS)
def test_they_add_up_to_the_step(changes):
    model, batch = model_and_batch(**changes)
    times = timed_step(model, batch, rounds=3)
    assert sum(one.seconds for one in times.works) + times.rest == pytest.approx(times.whole)
    assert sum(times.shares().values()) == pytest.approx(1)
    assert all(one.seconds > 0 for one in times.works)
    assert 0 <= times.rest < 0.5 * times.whole  # of a step that is nearly all Python's own work
    assert times.spread >= 1
    assert times.plain > 0


def test_of_a_real_step_little_is_left():
    config = GPTConfig(vocab_size=256, context_length=64, n_layer=2, n_head=4, d_model=128)
    ids = np.random.default_rng(1).integers(256, size=(8, 65))
    model = manual.GPT(config, np.random.default_rng(0))
    with one_thread():
        times = timed_step(model, (ids[:, :-1], ids[:, 1:]), rounds=8)
    assert times.rest < 0.05 * times.whole  # measured: 0.01
    assert times.spread < 20  # of eight steps one is nearly left alone: measured 1.1 to 3
    shares = times.shares()
    assert shares["up_proj"] + shares["down_proj"] > 2 * shares["residual"]


def test_the_model_is_left_as_it_was():
    model, batch = model_and_batch(dropout=0.1)
    before, state = model.state_dict(), model.rng.bit_generator.state
    model.eval()
    functions = {name: getattr(attention, name) for name in dir(attention)}
    timed_step(model, batch, rounds=1)
    assert {name: getattr(attention, name) for name in dir(attention)} == functions
    assert model.rng.bit_generator.state == state
    assert not model.training
    assert all("forward" not in vars(each) for each in model.modules())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_model_with_clocks_learns_the_same():
    model, batch = model_and_batch()
    twin, _ = model_and_batch()
    settings = TrainConfig(steps=1, batch_size=3, lr=1e-3)
    plain, watched = (learning.NumPyLearner.of(one, settings) for one in (model, twin))
    _watch(Clock(), watched)
    for _ in range(3):
        assert plain.loss_and_gradients(batch) == watched.loss_and_gradients(batch)
        assert plain.step(1e-3) == watched.step(1e-3)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])


def test_a_clock_stands_while_another_runs(monkeypatch):
    now = [0.0]
    # The package has a function of the module's name: ask for the module itself.
    monkeypatch.setattr(sys.modules["tinytx.speed.step_times"], "perf_counter", lambda: now[0])
    clock = Clock()

    def past(seconds):
        now[0] += seconds

    inner = clock.on(lambda: past(5), ("inner", "forward"))

    def outer():
        past(1)
        inner()
        past(2)
        inner()

    clock.on(outer, ("outer", "forward"))()
    assert clock.calls == {("inner", "forward"): [5, 5], ("outer", "forward"): [3]}


def test_of_each_call_the_fastest_counts():
    best = Best({"rest"})
    best.add({("a", "forward"): [1.0, 5.0], ("rest", "forward"): [0.5]}, 7.0)
    best.add({("a", "forward"): [2.0, 3.0], ("rest", "forward"): [0.25]}, 5.5)
    assert {key: calls.tolist() for key, calls in best.calls.items()} == {("a", "forward"): [1, 3]}
    assert best.rest == 0.5  # of the second: what no named call had


def test_an_error_leaves_no_clock_behind():
    model, batch = model_and_batch()
    ids, targets = batch
    before = attention.softmax_forward
    with pytest.raises(ValueError, match="ids"):
        timed_step(model, (ids + 99, targets), rounds=1)
    assert attention.softmax_forward is before


def test_another_thread_may_use_the_model_meanwhile():
    model, batch = model_and_batch()
    expected = model.eval().forward(batch[0])
    wrong, stop = [], threading.Event()

    def use():
        while not stop.is_set():
            if not np.array_equal(model.forward(batch[0]), expected):
                wrong.append(1)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        timed_step(model, batch, rounds=3)
    finally:
        stop.set()
        thread.join()
    assert not wrong


def test_wrong_input_gets_one_clear_line():
    model, batch = model_and_batch()
    with pytest.raises(ValueError, match=r"model is a GPT and must be a GPT of tinytx.manual"):
        timed_step(pytorch.GPT(model.config), batch)
    with pytest.raises(ValueError, match="rounds is 0 and must be an integer of at least 1"):
        timed_step(model, batch, rounds=0)
