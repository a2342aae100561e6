"""Schedules, settings, the overfitting check, and what importing costs."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.inspect import batch_floor
from tinytx.manual import GPT, Adam
from tinytx.manual.loss import cross_entropy_forward
from tinytx.training import NumPyLearner, TrainConfig, can_overfit, get_lr, mean_loss

from . import tiny


def test_the_rate_climbs_peaks_and_falls():
    options = {"lr": 2.0, "steps": 100, "warmup_steps": 10, "min_lr": 0.5, "schedule": "cosine"}
    rates = [get_lr(s, **options) for s in range(130)]
    np.testing.assert_allclose(rates[:10], 0.2 * np.arange(1, 11))
    assert rates[10] == 2.0
    assert (np.diff(rates[10:101]) < 0).all()
    np.testing.assert_allclose(rates[55], 1.25)  # half way down
    assert set(rates[100:]) == {0.5}


def test_without_an_end_the_rate_stays():
    assert {get_lr(s, lr=0.3, steps=5) for s in range(9)} == {0.3}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps is 0 and must be an integer of at least 1"),
        ({"batch_size": 2.0}, "batch_size is 2.0 and must be an integer of at least 1"),
        ({"seed": -1}, "seed is -1 and must be an integer of at least 0"),
        ({"lr": 0.0}, "lr is 0.0 and must be above 0 and finite"),
        ({"lr": float("nan")}, "lr is nan and must be above 0 and finite"),
        ({"min_lr": 2.0}, "min_lr is 2.0 and must be from 0 to lr 1.0"),
        ({"warmup_steps": 11}, "warmup_steps is 11 and must be at most steps 10"),
        ({"muon_iterations": 4}, "muon_iterations is 4 and must be 3 or 5"),
        ({"muon_iterations": 5.0}, "muon_iterations is 5.0 and must be an integer"),
        ({"clip": 0.0}, "clip is 0.0 and must be above 0 and finite, or left out"),
        ({"embedding_lr": 0.0}, "embedding_lr is 0.0 and must be above 0 and finite, or left out"),
        ({"muon_lr": 0.0}, "muon_lr is 0.0 and must be above 0 and finite"),
        ({"eps": math.inf}, "eps is inf and must be above 0 and finite"),
        ({"steps": True}, "steps is True and must be an integer of at least 1"),
        ({"eps": 0.0}, "eps is 0.0 and must be above 0 and finite"),
        ({"layer_decay": 0.0}, "layer_decay is 0.0 and must be above 0 and finite"),
        ({"layer_decay": 1.5}, "layer_decay is 1.5 and must be at most 1"),
        ({"momentum": 1.0}, "momentum is 1.0 and must be from 0 to below 1"),
        ({"muon_momentum": -0.1}, "muon_momentum is -0.1 and must be from 0 to below 1"),
        ({"beta_1": 1.0}, "beta_1 is 1.0 and must be from 0 to below 1"),
        ({"beta_2": 1.0}, "beta_2 is 1.0 and must be from 0 to below 1"),
        ({"weight_decay": math.inf}, "weight_decay is inf and must be at least 0 and finite"),
        ({"min_lr": None}, "min_lr is None and must be a number"),
        ({"patience": 0}, "patience is 0 and must be an integer of at least 1"),
        ({"decay_steps": 0}, "decay_steps is 0 and must be an integer of at least 1"),
        ({"eval_every": 0}, "eval_every is 0 and must be an integer of at least 1"),
        ({"save_every": 0}, "save_every is 0 and must be an integer of at least 1"),
        ({"accumulation": 0}, "accumulation is 0 and must be an integer of at least 1"),
        ({"accumulation": 3}, "accumulation is 3 and must divide batch_size 2: the parts are"),
        ({"compile": 1}, "compile is 1 and must be true or false"),
        ({"checkpointing": 1}, "checkpointing is 1 and must be true or false"),
        ({"fsdp": 1}, "fsdp is 1 and must be true or false"),
        ({"schedule": "step"}, "schedule is 'step' and must be one of cosine, linear, constant"),
        ({"optimizer": "lion"}, "optimizer is 'lion' and must be one of sgd, adam, adamw, muon"),
        ({"precision": "half"}, "precision is 'half' and must be one of auto, float32, bfloat16"),
        ({"batch_plan": "0:1 5:3"}, "batch_plan has the value 3 and must be from 1 to 2"),
        ({"length_plan": "0:0"}, "length_plan has the value 0 and must be from 1 to"),
        ({"length_plan": "0:1 5"}, "length_plan is '0:1 5' and must be written like '0:1 600:4'"),
        ({"length_plan": "8"}, "length_plan is '8' and must be written like '0:1 600:4'"),
        ({"depth_plan": "1:1"}, "depth_plan is '1:1' and its steps must begin at 0 and rise"),
        ({"depth_plan": "0:1 0:2"}, "depth_plan is '0:1 0:2' and its steps must begin at 0 and"),
    ],
)
def test_wrong_settings_are_named(changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        TrainConfig(**{"steps": 10, "batch_size": 2, "lr": 1.0, **changes})


def test_settings_at_their_limits_are_taken():
    least = dict.fromkeys(("min_lr", "momentum", "muon_momentum", "beta_1", "weight_decay"), 0)
    most = {"layer_decay": 1, "accumulation": 2, "warmup_steps": 10, "batch_plan": "0:1 5:2"}
    config = TrainConfig(steps=10, batch_size=2, lr=1, **least, **most)
    assert [config.planned("batch_plan", step, 2) for step in (0, 4, 5, 9)] == [1, 1, 2, 2]
    assert TrainConfig(steps=10, batch_size=2, lr=1.0, min_lr=1.0).lr_at(9) == 1.0
    assert TrainConfig(steps=10, batch_size=2, lr=0.1, weight_decay=3.0).weight_decay == 3.0


def test_adam_has_its_own_numbers_where_none_are_given():
    config, own = TrainConfig(steps=1, batch_size=1, lr=1.0), inspect.signature(Adam).parameters
    assert (config.beta_1, config.beta_2) == own["betas"].default
    assert config.eps == own["eps"].default


CONFIG = GPTConfig(vocab_size=11, context_length=6, n_layer=1, n_head=2, d_model=16)
EXAMPLES = np.random.default_rng(5).integers(0, 11, size=(10, 7))
EXAMPLES[:, 0] = np.arange(10)  # no two begin alike


def overfit(batch, **options):
    model = GPT(CONFIG, np.random.default_rng(0), np.float64)
    return can_overfit(NumPyLearner(model, Adam(model.parameters())), batch, lr=0.01, **options)


def test_ten_examples_can_be_learned_by_heart():
    report = overfit((EXAMPLES[:, :-1], EXAMPLES[:, 1:]))
    assert report
    assert report.first_loss > 2
    assert report.last_loss < 0.01
    assert re.match(r"yes: loss 2\.\d{4} to 0\.00\d\d in \d+ steps$", str(report))
    n = report.steps  # its last step is the first that is enough
    assert overfit((EXAMPLES[:, :-1], EXAMPLES[:, 1:]), steps=n) == report
    assert not overfit((EXAMPLES[:, :-1], EXAMPLES[:, 1:]), steps=n - 1)


def test_what_is_learned_already_takes_no_step():
    batch = (EXAMPLES[:, :-1], EXAMPLES[:, 1:])
    first = overfit(batch, steps=0).first_loss
    assert overfit(batch, loss_below=first + 1).steps == 0
    assert overfit(batch, loss_below=first).steps == 1  # it is not below itself


def test_contradicting_examples_cannot():
    ids = np.zeros((10, 6), dtype=np.int64)
    batch = ids, EXAMPLES[:, 1:]
    floor = batch_floor(*batch)
    report = overfit(batch, steps=60, loss_below=0.01)
    assert not report
    assert report.steps == 60
    said = (
        r"no: loss .* in 60 steps, not below 0\.01, which no causal model reaches: the floor of .* "
    )
    assert re.match(rf"{said}is {floor:.4f}", str(report))
    assert not overfit(batch, steps=300, loss_below=floor)


def test_the_default_limit_lies_above_what_any_model_reaches():
    alike = EXAMPLES.copy()
    alike[3, :3] = alike[7, :3]
    batch = alike[:, :-1], alike[:, 1:]
    floor = batch_floor(*batch)
    assert floor > 0.01
    report = overfit(batch)
    assert report
    assert floor < report.last_loss < report.loss_below == floor + 0.01
    assert str(report).endswith(
        f"; the floor of this batch is {floor:.4f}, as some examples begin alike"
    )
    assert re.match(r"no: .*, not below 0\.\d+\. Look at the targets", str(overfit(batch, steps=5)))


def test_a_batch_of_which_no_floor_is_known_has_the_limit_of_one_hundredth():
    targets = EXAMPLES[:, 1:].copy()
    targets[0, 0] = -100  # does not count
    report = overfit((EXAMPLES[:, :-1], targets))
    assert report
    assert (report.loss_below, report.floor) == (0.01, 0.0)


def test_a_model_without_a_gradient_cannot():
    model = GPT(CONFIG, np.random.default_rng(0), np.float64)
    learner = NumPyLearner(model, Adam(model.parameters()))
    learner.loss_and_gradients = lambda batch: mean_loss(model, [batch])  # backward forgotten
    assert not can_overfit(learner, (EXAMPLES[:, :-1], EXAMPLES[:, 1:]), lr=0.01, steps=20)


def test_the_mean_loss_weighs_positions_and_leaves_the_mode_alone():
    model = GPT(tiny.CONFIG, np.random.default_rng(0), np.float64)  # with dropout
    ids, targets = np.ones((3, 4), dtype=np.int64), np.full((3, 4), 2)
    targets[0] = -100
    targets[1, :3] = 5
    parts = mean_loss(model, [(ids[:1], targets[1:2]), (ids[1:], targets[1:])])
    assert model.training
    model.eval()
    whole, _ = cross_entropy_forward(
        model.forward(ids[[0, 1, 2]]), np.stack([targets[1], targets[1], targets[2]])
    )
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    with pytest.raises(ValueError, match="batches is empty"):
        mean_loss(model, [])


def test_clipping_limits_the_step():
    from tinytx.manual import SGD

    model = GPT(tiny.CONFIG, np.random.default_rng(0), np.float64)
    learner = NumPyLearner(model, SGD(model.parameters(), lr=1.0), clip=0.01)
    before = np.concatenate([p.data.ravel() for p in model.parameters()])
    learner.loss_and_gradients((tiny.IDS[:5][None], tiny.IDS[1:6][None]))
    assert learner.step(1.0) > 0.01
    after = np.concatenate([p.data.ravel() for p in model.parameters()])
    np.testing.assert_allclose(np.linalg.norm(after - before), 0.01, rtol=1e-3)


@pytest.mark.parametrize("module", ["tinytx.training", "tinytx.cli", "tinytx.recipes.listops"])
def test_torch_and_matplotlib_are_not_imported(module):
    code = f"import sys, {module}; print(*{{'torch', 'matplotlib'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
