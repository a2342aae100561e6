"""The loop: rows, resuming, stopping, refusing."""

from __future__ import annotations

import os
import re
import signal

import numpy as np
import pytest

from tinytx.training import DivergenceError, RunFolder, load_checkpoint, save_checkpoint
from tinytx.training.interrupt import deferred_interrupt

from . import tiny


def weights(trainer):
    return trainer.learner.tensors()


def same(one, other):
    assert one.keys() == other.keys()
    return all(np.array_equal(one[name], other[name]) for name in one)


class StopAt:
    """Sends this process a signal when a step is done."""

    def __init__(self, at, number=signal.SIGINT):
        self.at, self.number = at, number

    def start(self, step, steps):
        pass

    def step(self, step, loss):
        if step == self.at:
            os.kill(os.getpid(), self.number)

    def row(self, row):
        pass

    def stop(self):
        pass


def test_rows_come_when_they_are_due_and_hold_the_mean_loss():
    losses = []
    trainer = tiny.trainer(steps=10, evaluate=lambda step: {"val_loss": 1.0 / step})
    inner = trainer.learner.loss_and_gradients
    trainer.learner.loss_and_gradients = lambda batch: losses.append(inner(batch)) or losses[-1]
    outcome = trainer.run()
    assert outcome.finished
    assert [row["step"] for row in outcome.history] == [4, 8, 10]
    means = [np.mean(losses[0:4]), np.mean(losses[4:8]), np.mean(losses[8:10])]
    np.testing.assert_allclose([row["train_loss"] for row in outcome.history], means, rtol=1e-12)
    assert [row["val_loss"] for row in outcome.history] == [1 / 4, 1 / 8, 1 / 10]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("at", [1, 4, 6, 11])
def test_interrupted_saved_and_resumed_is_the_same_run(tmp_path, at, number):
    whole = tiny.trainer()
    whole.run()
    first = tiny.trainer(RunFolder(tmp_path / "run"))
    first.report = StopAt(at, number)
    outcome = first.run()
    assert (outcome.step, outcome.finished, outcome.stopped_early) == (at, False, False)
    second = tiny.trainer(RunFolder(tmp_path / "run", resume=True), model=tiny.learner(seed=99))
    assert second.steps_done == at
    assert second.run().finished
    assert same(weights(second), weights(whole))
    assert second.history == whole.history
    assert second.source.state() == whole.source.state()


def test_the_signal_handlers_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("part", ["optimizer", "rng", "source"])
def test_the_comparison_notices_each_part_of_the_state(tmp_path, part, monkeypatch):
    """Leave one part out of the restored state: the run must differ, or the test is blind."""
    whole = tiny.trainer()
    whole.run()
    first = tiny.trainer(RunFolder(tmp_path / "run"))
    first.report = StopAt(6)
    first.run()
    fresh = tiny.learner(seed=99)
    if part == "optimizer":
        monkeypatch.setattr(fresh.optimizer, "load_state_dict", lambda state: None)
    if part == "rng":
        keep = fresh.model.rng.bit_generator.state
    second = tiny.trainer(RunFolder(tmp_path / "run", resume=True), model=fresh)
    if part == "rng":
        fresh.model.rng.bit_generator.state = keep
    if part == "source":
        second.source = tiny.trainer().source
    second.run()
    assert not same(weights(second), weights(whole))


def run_tiny(tmp_path, **changes):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), **changes)
    trainer.run()
    return trainer.folder.last


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 0.02}, "with train.lr 0.01 and this run has 0.02: resume with the settings it was"),
        ({"clip": 1.0}, "with train.clip None and this run has 1.0"),
        ({"seed": 1}, "with train.seed 0 and this run has 1"),
        ({"identity": {"recipe": "other"}}, "with recipe 'tiny' and this run has 'other'"),
        ({"identity": {"recipe": "tiny", "more": 1}}, "with more None and this run has 1"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_stays(tmp_path, changes, message):
    last = run_tiny(tmp_path)
    before = last.read_bytes()
    with pytest.raises(ValueError, match=re.escape(message)):
        tiny.trainer(RunFolder(tmp_path / "run", resume=True), **changes)
    assert last.read_bytes() == before


def test_of_two_settings_that_begin_alike_it_says_that_they_differ(tmp_path):
    run_tiny(tmp_path, identity={"characters": [*"abcdefghijklmnop"]})
    with pytest.raises(
        ValueError, match=r"with a characters that is not this run's \['a', .*…: resume"
    ):
        tiny.trainer(
            RunFolder(tmp_path / "run", resume=True),
            identity={"characters": [*"abcdefghijklmnoz"]},
        )


def test_a_run_that_is_older_than_a_field_of_the_model_goes_on(tmp_path):
    """What was no field then had its default."""
    now = tiny.CONFIG.to_dict()
    old = {name: value for name, value in now.items() if name not in ("sinks", "norm_kind")}
    run_tiny(tmp_path, identity={"config": old})
    folder = tmp_path / "run"
    resumed = tiny.trainer(RunFolder(folder, resume=True), identity={"config": now}, steps=14)
    assert resumed.run().step == 14
    message = "with config.norm_kind 'layer' and this run has 'rms'"
    with pytest.raises(ValueError, match=re.escape(message)):
        tiny.trainer(
            RunFolder(folder, resume=True), identity={"config": {**now, "norm_kind": "rms"}}
        )


def test_a_checkpoint_with_other_tensors_is_refused(tmp_path):
    run_tiny(tmp_path)
    bigger = tiny.learner(config=tiny.GPTConfig(**{**tiny.CONFIG.to_dict(), "n_layer": 2}))
    with pytest.raises(ValueError, match=r"last\.safetensors does not fit this run: state_dict"):
        tiny.trainer(RunFolder(tmp_path / "run", resume=True), model=bigger)


def test_a_folder_that_is_used_is_not_written_to(tmp_path):
    run_tiny(tmp_path)
    with pytest.raises(ValueError, match="run is not empty: continue its run with --resume, or"):
        RunFolder(tmp_path / "run")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").write_text("Dear mother")
    with pytest.raises(ValueError, match="letters is not empty"):
        RunFolder(tmp_path / "letters")
    with pytest.raises(ValueError, match=r"mother\.txt is a file: give a folder"):
        RunFolder(tmp_path / "letters" / "mother.txt")
    with pytest.raises(ValueError, match=r"there is no .* to resume: leave out --resume"):
        RunFolder(tmp_path / "letters", resume=True)


def test_a_model_alone_is_no_run(tmp_path):
    save_checkpoint(tmp_path / "last.safetensors", {}, {"identity": {}, "step": 3})
    with pytest.raises(ValueError, match="holds no run: a model alone cannot be resumed"):
        tiny.trainer(RunFolder(tmp_path, resume=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, ...) for name in ("losses", "best", "history")),
        *((name, None) for name in ("identity", "learner", "losses", "history", "events")),
        ("identity", {"recipe": "tiny"}),
        ("step", "20"),
        ("step", -1),
        ("losses", [0.5]),
        ("best", "low"),
        ("since_best", 1.5),
        ("history", [{"loss": 1.0}]),
        ("events", [1]),
        ("learner", {}),
        ("source", {}),
    ],
)
def test_what_no_run_has_written_is_one_line(tmp_path, name, value):
    last = run_tiny(tmp_path)
    tensors, meta = load_checkpoint(last)
    meta = {n: v for n, v in {**meta, name: value}.items() if v is not ...}
    save_checkpoint(last, tensors, meta)
    message = rf"has {name} .*, which no run writes: use another copy"
    if value == {}:
        message = r"last\.safetensors does not fit this run: "
    with pytest.raises(ValueError, match=message):
        tiny.trainer(RunFolder(tmp_path / "run", resume=True))


def spoil(tensor, value):
    """Return a learner whose gradient of ``tensor`` has a bad number at the third step."""
    spoilt = tiny.learner()
    inner, calls = spoilt.loss_and_gradients, []

    def loss_and_gradients(batch):
        loss = inner(batch)
        calls.append(loss)
        if len(calls) == 3:
            dict(spoilt.model.named_parameters())[tensor].grad[1, 2] = value
        return loss

    spoilt.loss_and_gradients = loss_and_gradients
    return spoilt


@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize(("value", "word"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_bad_gradient_stops_before_it_reaches_the_weights(tmp_path, value, word, clip):
    learner = spoil("blocks.0.mlp.up_proj.weight", value)
    learner.clip = clip
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), model=learner, save_every=1)
    message = (
        f"training diverged at step 2: the gradient of blocks.0.mlp.up_proj.weight has 1 {word} "
        f"among its 144 numbers, the first at [1, 2]; {trainer.folder.last} still holds step 2. "
        "Lower --lr (it was 0.01), or limit the gradient with --clip"
    )
    with pytest.raises(DivergenceError, match=f"^{re.escape(message)}$"):
        trainer.run()
    kept = load_checkpoint(trainer.folder.last)
    assert kept.meta["step"] == 2
    assert all(np.isfinite(value).all() for value in kept.tensors.values())


def test_a_bad_parameter_is_named():
    trainer = tiny.trainer()
    trainer.learner.model.blocks[0].ln_1.weight.data[3] = np.nan
    message = "step 0: the parameter blocks.0.ln_1.weight has 1 nan among its 6 numbers"
    with pytest.raises(DivergenceError, match=re.escape(message)):
        trainer.run()


def test_a_bad_loss_is_named():
    trainer = tiny.trainer()
    trainer.learner.loss_and_gradients = lambda batch: float("nan")
    with pytest.raises(DivergenceError, match="step 0: the loss is nan, while every parameter is"):
        trainer.run()


def test_a_gradient_whose_square_overflows_is_no_end():
    """Its norm is found by scaling."""
    learner = spoil("tok_emb.weight", 1e200)
    assert tiny.trainer(model=learner).run().finished


def test_a_gradient_whose_norm_overflows_is_named():
    learner = tiny.learner()
    inner = learner.loss_and_gradients

    def loss_and_gradients(batch):
        loss = inner(batch)
        learner.model.tok_emb.weight.grad[...] = -1.7e308
        return loss

    learner.loss_and_gradients = loss_and_gradients
    with pytest.raises(DivergenceError, match="overflows; its largest part is that of tok_emb"):
        tiny.trainer(model=learner).run()


def test_spoilt_weights_are_never_saved(tmp_path):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"))
    trainer.save()
    before = trainer.folder.last.read_bytes()
    trainer.learner.model.tok_emb.weight.data[0, 0] = np.inf
    with pytest.raises(DivergenceError, match=r"tok_emb\.weight has 1 inf"):
        trainer.save()
    assert trainer.folder.last.read_bytes() == before


def test_spoilt_weights_are_said_with_the_rate_that_spoilt_them(tmp_path):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), schedule="linear")
    trainer.save()
    for _ in range(3):
        trainer._step()
    trainer.learner.model.tok_emb.weight.data[0, 0] = np.inf
    with pytest.raises(DivergenceError, match=r"at step 3: .*it was 0\.00833333\)"):  # of step 2
        trainer.save()


def test_the_best_model_is_the_one_with_the_lowest_loss(tmp_path):
    losses, best = iter([3.0, 1.0, 2.0]), []
    trainer = tiny.trainer(
        RunFolder(tmp_path / "run"), evaluate=lambda step: {"val_loss": next(losses)}
    )

    def save_best(path, row):
        best.append((path.name, row["step"]))
        path.write_bytes(b"")

    trainer.save_best = save_best
    trainer.run()
    assert best == [("best.safetensors", 4), ("best.safetensors", 8)]


def test_the_last_model_is_made_the_best_one_when_a_run_is_over_and_not_before(tmp_path):
    def trainer(**options):
        made = tiny.trainer(
            RunFolder(tmp_path / "run", **options), evaluate=lambda step: {"val_loss": np.nan}
        )
        made.save_best = lambda path, row: path.write_bytes(b"")
        return made

    best = tmp_path / "run" / "best.safetensors"
    first = trainer()
    first.report = StopAt(5)
    assert not first.run().finished
    assert (best.exists(), first.notes) == (False, [])
    second = trainer(resume=True)
    second.run()
    assert second.notes == [f"{best} was missing: it holds the last model now"]
    assert best.exists()


def test_history_holds_numbers_and_samples_hold_text(tmp_path):
    tiny.trainer(
        RunFolder(tmp_path / "run"),
        evaluate=lambda step: {"val_loss": 0.5, "sample": f"line, {step}\nnext"},
    ).run()
    lines = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert lines[0] == "step,lr,train_loss,val_loss"
    assert [line.split(",")[0] for line in lines[1:]] == ["4", "8", "12"]
    samples = (tmp_path / "run" / "samples.txt").read_text()
    assert samples.startswith("step 4\nline, 4\nnext\n\nstep 8\n")
