"""The training loop, once for every engine and every system.

A step is: take a batch, compute loss and gradients, look up the learning rate, change the weights.
Everything else here is about not losing work: rows of measurements, checkpoints, a stop on Ctrl-C,
a stop on the first number that is not one, and a resumed run that is *the same run*.

The whole state is: weights, optimizer, the generators of batches and of dropout, the step, the
losses since the last row, the rows. If any of it were missing, a resumed run would still train and
its loss would still fall; only a comparison bit for bit shows the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from .checkpoint import Checkpoint, save_checkpoint
from .divergence import DivergenceError
from .interrupt import deferred_interrupt
from .learner import Batch, Learner
from .run import Row, RunFolder, plain_value
from .settings import TrainConfig


class Source(Protocol):
    """Where batches come from, and the state that makes their order repeatable."""

    def next_batch(self) -> Batch:
        """Return the next batch."""

    def state(self) -> dict[str, Any]:
        """Return where the source stands, as JSON values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where :meth:`state` was taken."""


class Report(Protocol):
    """Who is told about progress."""

    def start(self, step: int, steps: int) -> None:
        """Training begins at ``step`` of ``steps``."""

    def step(self, step: int, loss: float) -> None:
        """``step`` steps are done."""

    def row(self, row: Row) -> None:
        """An evaluation gave a row."""

    def stop(self) -> None:
        """Training ended, well or not."""


class Outcome(NamedTuple):
    """How a call of :meth:`Trainer.run` ended."""

    step: int
    finished: bool  # False: interrupted, and saved if there is a folder
    history: list[Row]


class Trainer:
    """One run of training.

    Parameters
    ----------
    learner
        Model and optimizer.
    source
        The batches.
    config
        Steps, learning rate, how often to evaluate and to save.
    evaluate
        Called with the step every ``eval_every`` steps and at the end; its numbers (and a
        ``sample`` text, if it gives one) become a row of the history beside ``step``, ``lr`` and
        ``train_loss``, the mean since the row before.
    folder
        Where to save. Without it nothing is written, and Ctrl-C is an ordinary exception.
    identity
        What else makes this run this run (system, model configuration), as JSON values. A
        checkpoint with another one is refused.
    save_best
        Called with a path when ``best_by`` is the lowest so far.
    best_by
        The name in ``evaluate``'s answer that tells which model is best: lowest wins.
    report
        Who is told about progress.
    """

    def __init__(
        self,
        learner: Learner,
        source: Source,
        config: TrainConfig,
        *,
        evaluate: Callable[[int], Row] | None = None,
        folder: RunFolder | None = None,
        identity: dict[str, Any] | None = None,
        save_best: Callable[[Any, Row], None] | None = None,
        best_by: str = "val_loss",
        report: Report | None = None,
    ):
        self.learner, self.source, self.config = learner, source, config
        self.evaluate, self.folder, self.report = evaluate, folder, report
        self.identity = {**(identity or {}), "train": config.to_dict()}
        self.save_best, self.best_by = save_best, best_by
        self.steps_done = 0
        self.history: list[Row] = []
        self.best = math.inf
        self.notes: list[str] = []  # what the one who started the run should know
        self._loss_sum, self._loss_count = 0.0, 0  # since the last row
        self._rows_written = 0  # by this process
        if folder is not None and folder.resume:
            self._restore(folder.load(self.identity))

    def run(self) -> Outcome:
        """Train to the end of the run, or to Ctrl-C.

        Raises
        ------
        DivergenceError
            At the first loss, gradient or parameter that is not finite.
        """
        # Overflow is reported by name, at the step where it happens; NumPy's warnings say less.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if self.folder is None:
                return self._run(lambda: False)
            with self.folder.claimed(), deferred_interrupt() as interrupt:
                return self._run(lambda: interrupt.asked)

    def _run(self, asked: Callable[[], bool]) -> Outcome:
        self._tell("start", self.steps_done, self.config.steps)
        try:
            if self.steps_done == 0:
                self.save()  # a run that is killed early can be resumed, too
            while self.steps_done < self.config.steps and not asked():
                self._step()
            if not self._is_saved():
                self.save()
            self._keep_a_best()
        finally:
            self._tell("stop")
        return Outcome(self.steps_done, self.steps_done == self.config.steps, self.history)

    def _step(self) -> None:
        """Do one step, and what is due after it."""
        loss = self._update()
        self.steps_done += 1
        self._loss_sum, self._loss_count = self._loss_sum + loss, self._loss_count + 1
        self._tell("step", self.steps_done, loss)
        last = self.steps_done == self.config.steps
        row = None
        if last or self.steps_done % self.config.eval_every == 0:
            row = self._add_row()
        if last or self.steps_done % self.config.save_every == 0:
            self.save()
        if row is not None:  # after saving: what it prints may fail
            self._tell("row", row)

    def _tell(self, event: str, *what: Any) -> None:
        """Report progress; a report that fails (a closed pipe, a narrow encoding) is the last."""
        if self.report is None:
            return
        try:
            getattr(self.report, event)(*what)
        except (OSError, ValueError):  # UnicodeEncodeError is one of these
            self.report = None

    def _update(self) -> float:
        """Change the weights once; name the step if a number is not finite."""
        lr = self.config.lr_at(self.steps_done)
        try:
            loss = self.learner.loss_and_gradients(self.source.next_batch())
            if not math.isfinite(loss):
                self.learner.check_finite(loss)
            self.learner.step(lr)
        except DivergenceError as error:
            self._explain(error, lr)
        return loss

    def _explain(self, error: DivergenceError, lr: float) -> None:
        kept = ""
        if self.folder is not None:
            kept = f"; {self.folder.last} still holds step {self._saved}"
        raise DivergenceError(
            f"training diverged at step {self.steps_done}: {error}{kept}. "
            f"Lower --lr (it was {lr:g}), or limit the gradient with --clip"
        ) from None

    def _add_row(self) -> Row:
        measured = self.evaluate(self.steps_done) if self.evaluate else {}
        row = {
            "step": self.steps_done,
            "lr": self.config.lr_at(self.steps_done - 1),
            "train_loss": self._loss_sum / self._loss_count,
            **{name: plain_value(name, value) for name, value in measured.items()},
        }
        self._loss_sum, self._loss_count = 0.0, 0
        self.history.append(row)
        if row.get(self.best_by, math.inf) < self.best:
            self.best = row[self.best_by]
            if self.folder is not None and self.save_best is not None:
                self.save_best(self.folder.best, row)
        return row

    def _keep_a_best(self) -> None:
        """Save the model of the last row as the best one if a finished run has none, and say so."""
        if self.folder is None or self.save_best is None or not self.history:
            return
        if self.steps_done == self.config.steps and not self.folder.best.exists():
            self.notes.append(f"{self.folder.best} was missing: it holds the last model now")
            self.save_best(self.folder.best, self.history[-1])

    def save(self) -> None:
        """Write the last checkpoint and the history; nothing without a folder.

        Raises
        ------
        DivergenceError
            If a parameter is not finite: the checkpoint before it is worth more.
        """
        if self.folder is None:
            return
        try:
            self.learner.check_finite(0.0)
        except DivergenceError as error:
            self._explain(error, self.config.lr_at(max(self.steps_done - 1, 0)))
        meta = {
            "identity": self.identity,
            "step": self.steps_done,
            "source": self.source.state(),
            "learner": self.learner.state(),
            "losses": [self._loss_sum, self._loss_count],
            "best": None if math.isinf(self.best) else self.best,
            "history": self.history,
        }
        save_checkpoint(self.folder.last, self.learner.tensors(), meta)
        self._saved = self.steps_done
        if len(self.history) > self._rows_written:
            self.folder.write_history(self.history)
            self._rows_written = len(self.history)

    def _is_saved(self) -> bool:
        return self.folder is None or self._saved == self.steps_done

    def _restore(self, checkpoint: Checkpoint) -> None:
        meta = checkpoint.meta
        try:
            self.learner.load(checkpoint.tensors, meta["learner"])
            self.source.restore(meta["source"])
        except ValueError as error:
            raise ValueError(f"{self.folder.last} does not fit this run: {error}") from None
        self.steps_done = self._saved = meta["step"]
        self.history = meta["history"]
        self._loss_sum, self._loss_count = meta["losses"]
        self.best = math.inf if meta["best"] is None else meta["best"]
        if self.best < math.inf and not self.folder.best.exists():
            self.best = math.inf  # the best of what is still to come
            self.notes.append(f"{self.folder.best} is missing: the best model is looked for anew")
