"""One loop, two engines: the same run, accumulation, exact resume, early stop, more steps."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.data.batches import WindowSource
from tinytx.training import (
    DivergenceError,
    NumPyLearner,
    RunFolder,
    TrainConfig,
    Trainer,
    can_overfit,
    mean_loss,
)
from tinytx.training.parallel import World
from tinytx.training.torch_learner import TorchLearner
from tinytx.training.wrappers import (
    first_blocks,
    full_optimizer_state,
    load_optimizer_state,
    rest_blocks,
)

from .test_loop import StopAt

IDS = (np.arange(200) * 3 + np.arange(200) // 11) % 7
CONFIG = {"vocab_size": 7, "context_length": 5, "n_layer": 2, "n_head": 2, "d_model": 6}
SETTINGS = {"steps": 12, "batch_size": 4, "lr": 0.01, "eval_every": 4, "save_every": 4}
METHODS = {  # each with a rate that changes
    "sgd": {"optimizer": "sgd", "momentum": 0.9, "schedule": "trapezoidal", "decay_steps": 6},
    "adam": {"optimizer": "adam", "schedule": "cosine", "warmup_steps": 2},
    "adamw": {
        "optimizer": "adamw",
        "weight_decay": 0.1,
        "layer_decay": 0.7,
        "clip": 0.5,
        "schedule": "linear",
    },
    "muon": {"optimizer": "muon", "weight_decay": 0.1, "warmup_steps": 3, "schedule": "linear"},
}  # fmt: skip


class MaskedSource(WindowSource):
    """Windows in which rows count unequally many targets."""

    def next_batch(self, *sizes):
        ids, targets = super().next_batch(*sizes)
        targets = targets.copy()
        for row in range(len(targets)):
            targets[row, : row % targets.shape[1]] = -100
        return ids, targets


def learner(engine, config, dropout=0.0, seed=0, dtype="float64", world=None):
    shape = GPTConfig(**CONFIG, dropout=dropout)
    ours = manual.GPT(shape, np.random.default_rng(seed), np.dtype(dtype))
    if engine == "numpy":
        return NumPyLearner.of(ours, config)
    model = pytorch.GPT(shape, torch.Generator().manual_seed(seed), getattr(torch, dtype))
    model.load_state_dict(ours.state_dict())
    return TorchLearner(model, config, world)


def trainer(engine, folder=None, *, dropout=0.0, seed=0, dtype="float64", evaluate=None, **changes):
    config = TrainConfig(**{**SETTINGS, **changes})
    source = MaskedSource(IDS, config.batch_size, 5, config.seed)
    made = learner(engine, config, dropout, seed, dtype)
    return Trainer(made, source, config, folder=folder, evaluate=evaluate)


def weights(trainer):
    return {n: v for n, v in trainer.learner.tensors().items() if n.startswith("model.")}


def furthest(one, other):
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


def same(one, other):
    assert one.keys() == other.keys()
    return all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", METHODS)
def test_both_engines_make_the_same_run(method):
    runs = [trainer(engine, **METHODS[method]) for engine in ("numpy", "pytorch")]
    histories = [run.run().history for run in runs]
    assert furthest(weights(runs[0]), weights(runs[1])) < 1e-10
    for ours, theirs in zip(*histories, strict=True):
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], abs=1e-12)
    assert histories[0][-1]["train_loss"] < histories[0][0]["train_loss"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("parts", [2, 4])
@pytest.mark.parametrize("engine", ["numpy", "pytorch"])
def test_parts_of_a_batch_give_the_update_of_the_whole(engine, parts, dtype):
    """Also where they count unequally many targets: with SGD, whose step is the gradient."""
    method = {"optimizer": "sgd", "lr": 0.5, "dtype": dtype}
    whole = trainer(engine, **method)
    in_parts = trainer(engine, accumulation=parts, **method)
    before = weights(whole)
    whole.run()
    in_parts.run()
    assert furthest(weights(whole), before) > 0.05  # it moved
    assert furthest(weights(whole), weights(in_parts)) < (1e-12 if dtype == "float64" else 1e-6)
    loss = [run.history[-1]["train_loss"] for run in (whole, in_parts)]
    assert loss[0] == pytest.approx(loss[1], rel=1e-6)


@pytest.mark.parametrize("at", [1, 5, 8, 11])
@pytest.mark.parametrize(
    ("engine", "method"), [("numpy", "muon"), ("pytorch", "muon"), ("pytorch", "adamw"),
                           ("pytorch", "sgd"), ("pytorch", "adam")],
)  # fmt: skip
def test_resumed_is_the_same_run_bit_for_bit(tmp_path, engine, method, at):
    more = {**METHODS[method], "dropout": 0.3, "accumulation": 2, "dtype": "float32"}
    whole = trainer(engine, **more)
    whole.run()
    first = trainer(engine, RunFolder(tmp_path / "run"), **more)
    first.report = StopAt(at)
    assert first.run().step == at
    torch.manual_seed(at)  # somebody else draws from PyTorch's generator meanwhile
    second = trainer(engine, RunFolder(tmp_path / "run", resume=True), seed=9, **more)
    assert second.run().finished
    assert same(second.learner.tensors(), whole.learner.tensors())
    assert second.history == whole.history
    assert second.notes == []


def test_dropout_differs_from_step_to_step_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    run = trainer("pytorch", dropout=0.5, steps=2, optimizer="sgd", lr=1e-12)
    ids, targets = run.source.next_batch()
    losses = [run.learner.loss_and_gradients((ids, targets)) for _ in range(3)]
    assert len(set(losses)) == 3
    assert torch.equal(torch.rand(1), expected)


def test_each_rank_draws_dropout_of_its_own():
    second = World()
    second.rank = 1
    config = TrainConfig(**SETTINGS)
    batch = MaskedSource(IDS, 4, 5, 0).next_batch()
    losses = [
        learner("pytorch", config, dropout=0.5, world=world).loss_and_gradients(batch)
        for world in (World(), World(), second)
    ]
    assert losses[0] == losses[1] != losses[2]
    other = learner("pytorch", TrainConfig(**SETTINGS, seed=1), dropout=0.5)  # the same weights
    assert other.loss_and_gradients(batch) not in losses


@pytest.mark.parametrize("accumulation", [1, 2])
def test_a_batch_in_which_nothing_counts_has_loss_and_gradient_0(accumulation):
    good = MaskedSource(IDS, 4, 5, 0).next_batch()
    none = good[0], np.full_like(good[1], -100)
    config = TrainConfig(**SETTINGS, accumulation=accumulation, **METHODS["adamw"])
    after = []
    for engine in ("numpy", "pytorch"):
        made = learner(engine, config)
        assert made.loss_and_gradients(none) == 0
        assert all(float(abs(p.grad).max()) == 0 for p in made._parameters)
        made.step(0.01)  # decay
        after.append({n: v for n, v in made.tensors().items() if n.startswith("model.")})
        one, both = (mean_loss(made.whole, [good, *more]) for more in ([], [none]))
        assert one == both > 0
        with pytest.raises(
            ValueError, match=r"^batches has 2 with no target that counts \(all are "
        ):
            mean_loss(made.whole, [none, none])
        with pytest.raises(ValueError, match=r"^batch has no target that counts \(all are -100\)"):
            can_overfit(made, none, lr=0.1)
    before = learner("numpy", config).tensors()
    assert furthest(after[0], before) > 0
    assert furthest(*after) < 1e-12


class WithMoreParts(World):
    """Another process has rows in every part; its targets are counted by this one here."""

    def sum(self, *values):
        return [values[0], *[value + 1 for value in values[1:]]]


@pytest.mark.parametrize("padding_id", [None, 0, 1])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_parts_without_rows_count_nothing(rows, padding_id, monkeypatch):
    """A process takes part in what the others exchange, also where it has fewer rows than they."""
    monkeypatch.setitem(CONFIG, "padding_id", padding_id)
    ids, targets = (one[:rows] for one in MaskedSource(IDS, 4, 5, 0).next_batch())
    found = []
    for world in (World(), WithMoreParts()):
        made = learner("pytorch", TrainConfig(**SETTINGS, accumulation=4), world=world)
        calls = []
        made.net.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        loss = made.loss_and_gradients((ids, targets))
        assert len(calls) == (4 if isinstance(world, WithMoreParts) else rows)
        gradients = [torch.zeros(()) if p.grad is None else p.grad for p in made._parameters]
        found.append((loss, gradients))
    (loss, gradients), (other, others) = found
    assert other == loss
    assert (loss > 0) == (rows > 0)
    for one, two in zip(gradients, others, strict=True):
        assert bool((one == two).all())


def test_a_step_returns_the_norm_before_clipping():
    batch = MaskedSource(IDS, 4, 5, 0).next_batch()
    norms = {}
    for engine in ("numpy", "pytorch"):
        for clip in (None, 1e-3):
            made = learner(engine, TrainConfig(**SETTINGS, clip=clip))
            made.loss_and_gradients(batch)
            norms[engine, clip] = made.step(0.1)
    assert norms["numpy", None] == norms["numpy", 1e-3] > 1e-3
    assert norms["pytorch", 1e-3] == pytest.approx(norms["numpy", 1e-3], rel=1e-10)
    assert np.isnan(norms["pytorch", None])  # nobody asked for it


def test_more_steps_go_on_with_a_schedule_of_the_new_length(tmp_path):
    more = {"schedule": "linear", "engine": "pytorch"}
    first = trainer(folder=RunFolder(tmp_path / "run"), **more)
    first.run()
    longer = trainer(folder=RunFolder(tmp_path / "run", resume=True), steps=20, **more)
    (note,) = longer.notes
    assert note == (
        "from step 12 on with steps 20 (before: 12): the rate is computed anew for the new "
        "length; this is no longer the run that was started"
    )
    assert longer.run().finished
    assert [row["step"] for row in longer.history] == [4, 8, 12, 16, 20]
    assert longer.history[3]["lr"] == pytest.approx(0.01 * (1 - 15 / 20))
    lines = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").open()]
    assert {"step": 12, "event": "steps 20 (before: 12)"} in lines
    again = trainer(folder=RunFolder(tmp_path / "run", resume=True), steps=20, **more)
    assert again.notes == []  # it is that run now
    assert again.events == [{"step": 12, "event": "steps 20 (before: 12)"}]
    with pytest.raises(ValueError, match="holds step 20 and steps is 5: give --steps at least 20"):
        trainer(folder=RunFolder(tmp_path / "run", resume=True), steps=5, **more)


def test_only_what_changes_a_number_makes_another_run(tmp_path):
    trainer("numpy", RunFolder(tmp_path / "run")).run()
    again = trainer("numpy", RunFolder(tmp_path / "run", resume=True), save_every=7)
    assert [note.partition(" (")[0] for note in again.notes] == [
        "from step 12 on with save_every 7"
    ]
    assert again.notes[0].endswith(")")
    longer = trainer(
        "numpy", RunFolder(tmp_path / "run", resume=True), schedule="constant", steps=20
    )
    assert longer.notes == [
        "from step 12 on with steps 20 (before: 12); this is no longer the run that was started"
    ]


@pytest.mark.parametrize(
    "changes", [{"accumulation": 2}, {"eval_every": 3}, {"patience": 5}, {"precision": "bfloat16"},
                {"device": "cpu"}, {"checkpointing": True}],
)  # fmt: skip
def test_how_a_run_is_computed_may_change_on_the_way(tmp_path, changes):
    trainer("pytorch", RunFolder(tmp_path / "run"), steps=2).run()
    again = trainer("pytorch", RunFolder(tmp_path / "run", resume=True), steps=2, **changes)
    ((name, value),) = changes.items()
    assert f"from step 2 on with {name} {value}" in again.notes[0]


def test_a_longer_run_has_its_patience_anew(tmp_path):
    def run(steps, resume):
        folder = RunFolder(tmp_path / "run", resume=resume)
        made = trainer(
            "numpy", folder, steps=steps, patience=2, evaluate=lambda step: {"val_loss": step}
        )
        made.save_best = lambda path, row: path.write_bytes(b"")
        return made.run().step

    assert run(100, resume=False) == 12  # the first row is the best
    assert run(101, resume=True) == 20


@pytest.mark.parametrize("engine", ["numpy", "pytorch"])
def test_a_run_that_gets_no_better_stops_and_keeps_the_best(tmp_path, engine):
    losses = iter([3.0, 2.0, 2.0, 2.1, 1.0])  # as good as before is no better
    run = trainer(
        engine, RunFolder(tmp_path / "run"), steps=100, patience=2,
        evaluate=lambda step: {"val_loss": next(losses)},
    )  # fmt: skip
    outcome = run.run()
    assert outcome == (16, True, run.history, True)
    assert run.best == 2.0
    resumed = trainer(engine, RunFolder(tmp_path / "run", resume=True), steps=100, patience=2)
    assert resumed.run().step == 16  # it stays stopped


def test_patience_needs_something_to_judge_by():
    with pytest.raises(ValueError, match="patience is 2 and no row has 'val_loss' to judge by"):
        trainer("numpy", patience=2).run()


@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_bad_number_stops_a_run_of_pytorch_too(tmp_path, clip):
    run = trainer("pytorch", RunFolder(tmp_path / "run"), clip=clip, dtype="float32")
    with torch.no_grad():
        run.learner.model.blocks[1].ln_2.weight[3] = torch.inf
    run._saved = 0
    with pytest.raises(DivergenceError, match=r"the (parameter|gradient of) .* has .*(nan|inf)"):
        run.run()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.nan, "the gradient of blocks.1.ln_2.weight has 6 nan among its 6 numbers"),
        (-torch.inf, "the gradient of blocks.1.ln_2.weight has 6 -inf among its 6 numbers"),
        (3e38, "the gradient's norm overflows, while each of its numbers is finite"),
    ],
)
def test_a_bad_gradient_of_pytorch_does_not_reach_the_weights_where_it_is_clipped(value, message):
    made = learner("pytorch", TrainConfig(**SETTINGS, clip=1.0), dtype="float32")
    made.loss_and_gradients(MaskedSource(IDS, 4, 5, 0).next_batch())
    made.model.blocks[1].ln_2.weight.grad.fill_(value)
    before = made.tensors()
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}"):
        made.step(0.1)
    assert same(made.tensors(), before)


def test_half_precision_trains_nearly_the_same_run():
    exact = trainer("pytorch", dtype="float32", steps=30)
    narrow = trainer("pytorch", dtype="float32", steps=30, precision="bfloat16")
    exact.run()
    narrow.run()
    assert 0 < furthest(weights(exact), weights(narrow)) < 0.2
    assert narrow.history[-1]["train_loss"] == pytest.approx(
        exact.history[-1]["train_loss"], rel=0.02
    )
    assert {p.dtype for p in narrow.learner.model.parameters()} == {torch.float32}


@pytest.mark.parametrize("engine", ["numpy", "pytorch"])
def test_activations_computed_again_make_the_same_run(engine, tmp_path):
    folder, more = RunFolder(tmp_path / "run"), {"dropout": 0.3, "accumulation": 2}
    frugal = trainer(engine, folder, checkpointing=True, **more)
    frugal.run()
    blocks = frugal.learner.model.blocks
    assert {type(block).__name__ for block in blocks} == {"CheckpointedBlock"}
    # It may be switched off on the way: what is trained is the same.
    longer = trainer(engine, RunFolder(tmp_path / "run", resume=True), steps=16, **more)
    longer.run()
    plain = trainer(engine, steps=16, **more)
    plain.run()
    assert same(weights(longer), weights(plain))


@pytest.mark.parametrize(
    ("engine", "changes", "message"),
    [
        ("numpy", {"precision": "bfloat16"}, "precision is 'bfloat16', which the NumPy engine has"),
        ("numpy", {"device": "cuda"}, "device is 'cuda', which the NumPy engine has not"),
        ("numpy", {"fsdp": True}, "fsdp is True, which the NumPy engine has not"),
        ("numpy", {"depth_plan": "0:1"}, "depth_plan is '0:1', which the NumPy engine has not"),
        ("numpy", {"compile": True}, "compile is True, which the NumPy engine has not"),
        ("pytorch", {"precision": "float16"}, "precision is 'float16' and device is 'cpu'"),
        ("pytorch", {"device": "tpu"}, "device is 'tpu' and this machine has"),
        ("pytorch", {"accumulation": 3}, "accumulation is 3 and must divide batch_size 4"),
        ("pytorch", {"optimizer": "lion"}, "optimizer is 'lion' and must be one of sgd, adam"),
    ],
)
def test_what_an_engine_cannot_do_is_one_line(engine, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        trainer(engine, **changes)


def test_what_the_numpy_engine_is_anyway_may_be_asked_for():
    assert trainer("numpy", device="cpu", precision="float32", steps=1).run().finished


@pytest.mark.parametrize("engine", ["numpy", "pytorch"])
def test_a_plan_changes_the_sizes_of_batches(engine):
    run = trainer(engine, batch_plan="0:1 3:2 8:4", length_plan="0:2 8:5", steps=10)
    seen, inner = [], run.learner.loss_and_gradients
    run.learner.loss_and_gradients = lambda batch: seen.append(batch[0].shape) or inner(batch)
    run.run()
    assert seen == [(1, 2)] * 3 + [(2, 2)] * 5 + [(4, 5)] * 2


@pytest.mark.parametrize(
    ("plan", "sizes"),
    [({"batch_plan": "0:1 1:4"}, [(1, 5), (4, 5)]), ({"length_plan": "0:2 1:5"}, [(4, 2), (4, 5)])],
)
def test_one_plan_does_not_need_the_other(plan, sizes):
    run = trainer("numpy", steps=2, **plan)
    seen, inner = [], run.learner.loss_and_gradients
    run.learner.loss_and_gradients = lambda batch: seen.append(batch[0].shape) or inner(batch)
    run.run()
    assert seen == sizes


def test_blocks_that_wait_add_nothing_and_then_learn(tmp_path):
    more = {"depth_plan": "0:1 6:2", "optimizer": "muon", "weight_decay": 0.1}
    run = trainer("pytorch", **more)
    last = run.learner.model.blocks[1]
    ids = torch.arange(5)[None] % 7
    before = last.mlp.up_proj.weight.clone()
    for step in range(12):
        if step == 6:
            shallow = run.learner.net(ids)
            assert torch.equal(last.mlp.up_proj.weight, before)  # nobody touched it
            torch.testing.assert_close(run.learner.model(ids), shallow)
        run._step()
    assert not torch.equal(last.mlp.up_proj.weight, before)
    assert last.mlp.down_proj.weight.abs().max() > 0
    first = trainer("pytorch", RunFolder(tmp_path / "run"), **more)
    first.report = StopAt(5)
    first.run()
    resumed = trainer("pytorch", RunFolder(tmp_path / "run", resume=True), seed=9, **more)
    resumed.run()
    assert same(resumed.learner.tensors(), run.learner.tensors())


def test_biases_of_blocks_that_wait_are_zero_too():
    model, draw = trainer("pytorch").learner.model, torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn(parameter.shape, generator=draw)
    rest_blocks(model, 1)
    ids = torch.arange(5)[None] % 7
    torch.testing.assert_close(model(ids), first_blocks(model, 1)(ids))


def test_the_state_of_an_optimizer_is_put_back_as_a_copy_and_must_fit():
    optimizer = torch.optim.AdamW([torch.ones(2, 3, requires_grad=True)])
    (weight,) = optimizer.param_groups[0]["params"]
    vectors = {"step": np.array(1.0, np.float32), "exp_avg": np.ones((2, 3), np.float32)}
    given = {
        f"0.{name}": one for name, one in {**vectors, "exp_avg_sq": vectors["exp_avg"]}.items()
    }
    load_optimizer_state(optimizer, given)
    weight.sum().backward()
    optimizer.step()
    assert full_optimizer_state(optimizer)[0]["step"] == 2
    assert all((one == 1).all() for one in given.values())
    load_optimizer_state(optimizer, {})  # of one that has not begun
    assert full_optimizer_state(optimizer) == {}
    for name, message in (
        ("1.exp_avg", "'1.exp_avg' belongs to no parameter"),
        ("x.exp_avg", "'x.exp_avg' belongs to no parameter"),
        ("²", "'²' belongs to no parameter"),
        ("0.exp_avg", r"'0.exp_avg' has shape \(3,\) and must have \(2, 3\)"),
        ("0.step", r"'0.step' has shape \(3,\) and must have \(\)"),
    ):
        with pytest.raises(ValueError, match=f"^optimizer state {message}"):
            load_optimizer_state(optimizer, {name: np.ones(3, np.float32)})


@pytest.mark.parametrize("method", METHODS)
def test_a_state_in_which_a_tensor_is_missing_is_refused_before_the_first_step(method):
    run = trainer("pytorch", **METHODS[method])
    run.learner.loss_and_gradients(run.source.next_batch())
    run.learner.step(0.01)
    tensors, state = run.learner.tensors(), run.learner.state()
    fresh = trainer("pytorch", **METHODS[method]).learner
    vectors = [name for name in tensors if name.startswith("optimizer")]
    assert vectors
    for name in vectors:
        less = {other: value for other, value in tensors.items() if other != name}
        with pytest.raises(ValueError, match=r"^optimizer state of parameter \d+ has \["):
            fresh.load(less, state)
    beside = next(name for name in vectors if not name.endswith("step"))
    more = {beside.rpartition(".")[0] + ".more": tensors[beside]}
    with pytest.raises(ValueError, match=r"has \[.*'more'.*\] and must have \["):
        fresh.load({**tensors, **more}, state)
    fresh.load(tensors, state)
    assert same(fresh.tensors(), tensors)


@pytest.mark.parametrize(
    ("engine", "changes", "message"),
    [
        ("numpy", {"rng": ...}, "learner state is {} and must say 'rng'"),
        ("numpy", {"rng": {"bit_generator": "PCG64"}}, "learner state has an rng that is none"),
        ("numpy", {"rng": "x"}, "learner state has an rng that is none of this model's"),
        ("pytorch", {"draws": ...}, "learner state is {'scaler': {}} and must say 'draws'"),
        ("pytorch", {"scaler": ...}, "learner state is {'draws': 0} and must say 'scaler'"),
        ("pytorch", {"draws": "3"}, "learner state has draws '3' and must have a count"),
    ],
)
def test_a_state_of_a_learner_that_is_none_is_one_line(engine, changes, message):
    made = learner(engine, TrainConfig(**SETTINGS), dropout=0.1)
    state = {n: v for n, v in {**made.state(), **changes}.items() if v is not ...}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        made.load(made.tensors(), state)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth_plan": "0:3"}, "depth_plan has the value 3 and must be from 1 to 2"),
        ({"batch_plan": "0:9"}, "batch_plan has the value 9 and must be from 1 to 4"),
        ({"length_plan": "0:2 5:9"}, "length_plan has the value 9 and must be from 1 to 5"),
        ({"depth_plan": "5:1"}, "depth_plan is '5:1' and its steps must begin at 0 and rise"),
        ({"depth_plan": "one"}, "depth_plan is 'one' and must be written like '0:1 600:4'"),
        ({"depth_plan": "0:2 6:1"}, "depth_plan is '0:2 6:1' and its blocks must not become fewer"),
    ],
)
def test_a_plan_that_cannot_be_kept_is_refused_at_once(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        trainer("pytorch", **changes)


def test_blocks_of_a_post_norm_model_cannot_wait():
    """Why it is refused: with a norm at its end a block that adds nothing is not without effect."""
    shape = GPTConfig(**CONFIG, norm="post")
    model = pytorch.GPT(shape, torch.Generator().manual_seed(0))
    rest_blocks(model, 1)
    ids = torch.arange(5)[None] % 7
    for gain in (model.blocks[0].ln_2.weight, model.blocks[0].ln_2.bias):  # trained, a little
        torch.nn.init.normal_(gain, 1.0, 0.3, torch.Generator().manual_seed(1))
    whole, shallow = model(ids), first_blocks(model, 1)(ids)
    assert (whole - shallow).abs().max() > 0.01
    config = TrainConfig(**SETTINGS, depth_plan="0:1 6:2")
    with pytest.raises(ValueError, match="norm is 'post', whose norms change what passes a block"):
        TorchLearner(model, config)
