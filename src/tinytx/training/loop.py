"""The training loop, once for every engine and every system.

A step is: take a batch, compute loss and gradients, look up the learning rate, change the weights.
Everything else here is about not losing work: rows of measurements, checkpoints, a stop on Ctrl-C,
a stop on the first number that is not one, and a resumed run that is *the same run*.

The whole state is: weights, optimizer, the generators of batches and of dropout, the step, the
losses since the last row, the rows. If any of it were missing, a resumed run would still train and
its loss would still fall; only a comparison bit for bit shows the difference.

Of several processes each does every step on its own rows. The first one alone evaluates, reports,
and touches the folder; the others hear from it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .checkpoint import Checkpoint, save_checkpoint
from .divergence import DivergenceError
from .interrupt import deferred_interrupt
from .learner import Batch, Learner
from .parallel import LostRankError, World
from .protocols import Outcome, Report, Source, check_plans, check_rows
from .run import Row, RunFolder, changes_between, plain_value
from .settings import CHANGEABLE, TrainConfig


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
        checkpoint with another one is refused; but what :data:`~.settings.CHANGEABLE` lists may
        change, and the run then says that it is another. Of the data, what ``CHANGEABLE_DATA``
        lists may change; and the path of a ``corpus`` where ``content`` says that it is the same.
    save_best
        Called with a path when ``best_by`` is the lowest so far.
    best_by
        The name in ``evaluate``'s answer that tells which model is best: lowest wins.
    report
        Who is told about progress.
    world
        The processes of the run; None for this one alone.
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
        world: World | None = None,
    ):
        self.learner, self.source, self.config = learner, source, config
        self.evaluate, self.folder, self.report = evaluate, folder, report
        self.world = world or World()
        check_rows(config, self.world.size)
        check_plans(config, source)
        self.identity = {**(identity or {}), "train": config.to_dict()}
        self.save_best, self.best_by = save_best, best_by
        self.steps_done = 0
        self.history: list[Row] = []
        self.best, self._since_best = math.inf, 0  # and the rows since then
        self.events: list[Row] = []  # settings that were changed on the way: step and what
        self.notes: list[str] = []  # what the one who started the run should know
        self._loss_sum, self._loss_count = 0.0, 0  # since the last row
        self._rows_written = 0  # by this process
        if folder is not None and folder.resume:
            self._restore(folder, self.world.first(lambda: folder.load(self.identity, CHANGEABLE)))

    def run(self) -> Outcome:
        """Train to the end of the run, or to Ctrl-C.

        Raises
        ------
        DivergenceError
            At the first loss, gradient or parameter that is not finite.
        """
        # Overflow is reported by name, at the step where it happens; NumPy's warnings say less.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            folder = self.folder
            if folder is None:
                return self._run(lambda: False)
            with contextlib.ExitStack() as held:
                self.world.first(lambda: held.enter_context(folder.claimed()))
                interrupt = held.enter_context(deferred_interrupt())
                return self._run(lambda: interrupt.asked)

    def _run(self, asked: Callable[[], bool]) -> Outcome:
        self._tell("start", self.steps_done, self.config.steps)
        self._asked, self._told_to_stop = asked, False
        try:
            if self.steps_done == 0:
                self.save()  # a run that is killed early can be resumed, too
            while not (self._is_over() or self._told_to_stop):
                self._step()
                self._told_to_stop = self._told_to_stop or (self.world.size == 1 and asked())
            if not self._is_saved():
                self.save()
            self._keep_a_best()
        except LostRankError as error:
            raise LostRankError(self._with_saved(str(error))) from None
        finally:
            self._tell("stop")
        early = self.steps_done < self.config.steps and self._is_over()
        return Outcome(self.steps_done, self._is_over(), self.history, early)

    def _is_over(self) -> bool:
        """Return whether all steps are done, or no row has been better for too long."""
        patience = self.config.patience
        tired = patience is not None and self._since_best >= patience
        return self.steps_done >= self.config.steps or tired

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
        if last or self.steps_done % self.config.save_every == 0 or self._is_over():
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
            loss = self.learner.loss_and_gradients(self._rows(self._batch()))
            if self.world.size > 1:  # all stop at the same step if one is asked to
                loss, stop = self.world.sum(loss, float(self._asked()))
                self._told_to_stop = bool(stop)
            if not math.isfinite(loss):
                self.learner.check_finite(loss)
            self.learner.step(lr)
        except DivergenceError as error:
            self._explain(error, lr)
        return loss

    def _batch(self) -> Batch:
        """Return the next batch, as large as the plans say."""
        config = self.config
        if config.batch_plan is None and config.length_plan is None:
            return self.source.next_batch()
        rows = config.planned("batch_plan", self.steps_done, config.batch_size)
        windows: Any = self.source  # of a text in memory: `check_plans` has looked
        most = windows.context_length
        length = config.planned("length_plan", self.steps_done, most)
        return windows.next_batch(rows, length)

    def _rows(self, batch: Batch) -> Batch:
        """Return this process's rows of a batch."""
        if self.world.size == 1 or getattr(self.source, "divided", False):
            return batch
        return tuple(part[self.world.rank :: self.world.size] for part in batch)

    def _explain(self, error: DivergenceError, lr: float) -> None:
        found = self._with_saved(f"training diverged at step {self.steps_done}: {error}")
        raise DivergenceError(
            f"{found}. Lower --lr (it was {lr:g}), or limit the gradient with --clip"
        ) from None

    def _with_saved(self, message: str) -> str:
        if self.folder is None:
            return message
        return f"{message}; {self.folder.last} still holds step {self._saved}"

    def _add_row(self) -> Row:
        self.learner.plain_model()  # all processes together, where they share it out
        row = self.world.first(self._measure)
        self._loss_sum, self._loss_count = 0.0, 0
        self.history.append(row)
        if self.config.patience is not None and self.best_by not in row:
            raise ValueError(
                f"patience is {self.config.patience} and no row has {self.best_by!r} to judge by: "
                "leave patience out"
            )
        better = row.get(self.best_by, math.inf) < self.best
        self._since_best = 0 if better else self._since_best + 1
        if better:
            self.best = row[self.best_by]
            folder, save_best = self.folder, self.save_best
            if folder is not None and save_best is not None:
                self.world.first(lambda: save_best(folder.best, row))
        return row

    def _measure(self) -> Row:
        """Return the row of this step."""
        measured = self.evaluate(self.steps_done) if self.evaluate else {}
        return {
            "step": self.steps_done,
            "lr": self.config.lr_at(self.steps_done - 1),
            "train_loss": self._loss_sum / self._loss_count,
            **{name: plain_value(name, value) for name, value in measured.items()},
        }

    def _keep_a_best(self) -> None:
        """Save the model of the last row as the best one if a finished run has none, and say so."""
        folder, save_best = self.folder, self.save_best
        if folder is None or save_best is None or not self.history:
            return
        if self._is_over() and not self.world.first(folder.best.exists):
            self.notes.append(f"{folder.best} was missing: it holds the last model now")
            self.learner.plain_model()  # a resumed run may have no row of its own before this
            self.world.first(lambda: save_best(folder.best, self.history[-1]))

    def save(self) -> None:
        """Write the last checkpoint and the history; nothing without a folder.

        Raises
        ------
        DivergenceError
            If a parameter is not finite: the checkpoint before it is worth more.
        """
        folder = self.folder
        if folder is None:
            return
        try:
            self.learner.check_finite(0.0)
        except DivergenceError as error:
            self._explain(error, self.config.lr_at(max(self.steps_done - 1, 0)))
        tensors, source = self.learner.tensors(), self._source_state()  # of all processes together
        self.world.first(lambda: self._write(folder, tensors, source))
        self._saved = self.steps_done

    def _source_state(self) -> dict[str, Any]:
        source: Any = self.source  # of which one that is divided can merge
        states = self.world.gather(source.state())
        return source.merge(states) if getattr(source, "divided", False) else states[0]

    def _write(
        self, folder: RunFolder, tensors: dict[str, np.ndarray], source: dict[str, Any]
    ) -> None:
        meta = {
            "identity": self.identity,
            "step": self.steps_done,
            "source": source,
            "learner": self.learner.state(),
            "losses": [self._loss_sum, self._loss_count],
            "best": None if math.isinf(self.best) else self.best,
            "since_best": self._since_best,
            "events": self.events,
            "history": self.history,
        }
        save_checkpoint(folder.last, tensors, meta)
        if len(self.history) > self._rows_written:
            folder.write_history(self.history, self.events)
            self._rows_written = len(self.history)

    def _is_saved(self) -> bool:
        return self.folder is None or self._saved == self.steps_done

    def _restore(self, folder: RunFolder, checkpoint: Checkpoint) -> None:
        meta = checkpoint.meta
        try:
            self.learner.load(checkpoint.tensors, meta["learner"])
            self.source.restore(meta["source"])
        except ValueError as error:
            raise ValueError(f"{folder.last} does not fit this run: {error}") from None
        self.steps_done = self._saved = meta["step"]
        self.history, self.events = meta["history"], meta.get("events", [])
        self._loss_sum, self._loss_count = meta["losses"]
        self._since_best = meta.get("since_best", 0)
        self.best = math.inf if meta["best"] is None else meta["best"]
        if self.best < math.inf and not self.world.first(folder.best.exists):
            self.best = math.inf  # the best of what is still to come
            self.notes.append(f"{folder.best} is missing: the best model is looked for anew")
        self._note_changes(folder, meta["identity"]["train"])

    def _note_changes(self, folder: RunFolder, before: dict[str, Any]) -> None:
        """Say which settings are others from this step on, and keep it with the history."""
        changes = changes_between(before, self.identity["train"])
        if self.steps_done > self.config.steps:
            raise ValueError(
                f"{folder.last} holds step {self.steps_done} and steps is "
                f"{self.config.steps}: give --steps at least {self.steps_done}"
            )
        if not changes:
            return
        self.events.append({"step": self.steps_done, "event": changes})
        more = ""
        if before.get("steps") != self.config.steps:
            if self.config.schedule != "constant":
                more = ": the rate is computed anew for the new length"
            self._since_best = 0
        as_saved = {**before, "save_every": self.config.save_every}  # which changes no number
        if changes_between(as_saved, self.identity["train"]):
            more += "; this is no longer the run that was started"
        self.notes.append(f"from step {self.steps_done} on with {changes}{more}")
