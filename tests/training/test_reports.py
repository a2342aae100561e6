"""Who is told of progress: the terminal, TensorBoard, several at once."""

from __future__ import annotations

import io
import sys
import types

import pytest
from rich.console import Console

from tinytx.training import progress
from tinytx.training.progress import ProgressBar
from tinytx.training.reports import Reports
from tinytx.training.run import RunFolder
from tinytx.training.tensorboard import TensorBoard, has_tensorboard

from . import tiny

ROW = {"step": 20, "lr": 0.1, "train_loss": 2.5, "val_loss": 2.0, "sample": "a\n[b]"}


class Noting:
    def __init__(self, fails_at=None):
        self.fails_at, self.heard = fails_at, []

    def __getattr__(self, event):
        def told(*what):
            self.heard.append(event)
            if event == self.fails_at:
                raise OSError("closed")

        return told


def test_a_report_that_fails_is_the_only_one_to_fall_silent():
    one, other = Noting(fails_at="step"), Noting()
    trainer = tiny.trainer(None, steps=3)
    trainer.report = reports = Reports(one, other)
    trainer.run()
    assert one.heard == ["start", "step"]
    assert other.heard == ["start", "step", "step", "step", "row", "stop"]
    assert reports.reports == [other]


def test_plain_lines_come_now_and_then(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    out = io.StringIO()
    bar = ProgressBar(lambda step: 32, Console(file=out, force_terminal=False))
    bar.start(10, 100)
    for step in range(11, 21):
        now[0] += 4.0
        bar.step(step, 3.0)
    bar.row(ROW)
    bar.stop()
    first, *rest = out.getvalue().splitlines()
    # after 8 steps, 32 seconds: a quarter of a step a second, 8 tokens; 82 steps take 328 seconds
    assert first == "step 18 of 100  loss 3.000  8 tokens/s  5:28 left"
    assert rest == [
        "step 20  lr 0.1  train_loss 2.5000  val_loss 2.0000", "    | a", "    | [b]",
    ]  # fmt: skip


def test_a_terminal_gets_a_bar_with_loss_speed_and_time_left(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    out = io.StringIO()
    tokens = {48: 600, 49: 1000}  # a plan: longer texts from step 49 on
    bar = ProgressBar(tokens.__getitem__, Console(file=out, force_terminal=True, width=120))
    bar.start(48, 100)
    bar.step(49, 2.5)
    now[0] += 10.0
    bar.step(50, 2.5)
    bar.stop()
    shown = out.getvalue()
    for part in ("50/100", "loss 2.500", "160 tokens/s", "left"):
        assert part in shown


class Writer:
    """What PyTorch's ``SummaryWriter`` is asked for."""

    made: list[Writer] = []  # noqa: RUF012

    def __init__(self, folder, purge_step):
        self.folder, self.purge_step, self.scalars, self.texts = folder, purge_step, {}, []
        self.closed = False
        Writer.made.append(self)

    def add_scalar(self, name, value, step):
        self.scalars.setdefault(name, []).append((step, value))

    def add_text(self, name, text, step):
        self.texts.append((name, text, step))

    def flush(self):
        pass

    def close(self):
        self.closed = True


def test_tensorboard_gets_every_number_by_step(monkeypatch, tmp_path):
    module = types.SimpleNamespace(SummaryWriter=Writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    board = TensorBoard(tmp_path)
    board.start(10, 40)
    for step in range(11, 31):
        board.step(step, float(step))
    board.row(ROW)
    board.stop()
    (writer,) = Writer.made
    assert (writer.folder, writer.purge_step, writer.closed) == (str(tmp_path), 11, True)
    assert writer.scalars == {
        "loss/steps": [(20, 15.5), (30, 25.5)],
        "measured/lr": [(20, 0.1)],
        "loss/train_loss": [(20, 2.5)],
        "loss/val_loss": [(20, 2.0)],
    }
    assert writer.texts == [("sample", "    a\n    [b]", 20)]


@pytest.mark.skipif(not has_tensorboard(), reason="tensorboard is not installed")
def test_tensorboard_reads_what_is_written(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trainer = tiny.trainer(RunFolder(tmp_path / "run"), steps=20)
    trainer.report = TensorBoard(tmp_path / "run" / "tensorboard")
    trainer.run()
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    assert [one.step for one in events.Scalars("loss/steps")] == [10, 20]
    losses = {one.step: one.value for one in events.Scalars("loss/train_loss")}
    assert losses == pytest.approx({row["step"]: row["train_loss"] for row in trainer.history})


def test_curves_do_not_block_a_folder_whose_run_failed_at_once(tmp_path):
    (tmp_path / "run" / "tensorboard").mkdir(parents=True)
    assert tiny.trainer(RunFolder(tmp_path / "run")).run().finished
