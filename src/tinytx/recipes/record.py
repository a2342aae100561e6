"""Training runs that take longer than a reader waits: recorded once, replayed in chapter 7.

::

    python -m tinytx.recipes.record                  all of them: some minutes
    python -m tinytx.recipes.record raven listops    these alone; the others stay as they are

==================  ==========================================================================
``raven``           ``tinytx train raven``: loss, text and attention at fourteen moments
``listops``         ``tinytx train listops``: accuracy of each operation, and where it goes wrong
``leaky``           list operations on a test set that repeats training inputs, and on new ones
``tales``           stories in PyTorch, from 40 of them and from thousands, with dropout and without
==================  ==========================================================================

The file is ``trained/training.json``; :func:`recorded` reads it. Each run starts from a seed, so a
short one repeats the beginning of the recorded one, and :data:`FIRST` losses are kept for that.
Float32 sums depend on the processor in their last digits: compare with a tolerance.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..data.listops import Example, inputs, splits
from ..data.raven import raven as poem
from ..evaluation.floor import context_floor
from ..evaluation.listops import DIGIT, accuracy, confusion, digits, predict, right_answers
from ..files import write_atomic
from ..generation import generate
from ..generation.engine import evaluating
from ..inspect.capture import capture
from ..manual import GPT
from ..threads import one_thread
from ..tokenizers import CharTokenizer
from ..tokenizers.listops import OPERATIONS
from ..training.learner import NumPyLearner, mean_loss
from ..training.loop import Trainer
from .likeness import score
from .listops import ExampleSource, _arrays
from .moments import Moments, means
from .raven import PROMPT, all_windows
from .registry import recipe_for

FIRST = 200  # losses kept of the beginning of a run
RAVEN_MOMENTS = (
    0, 30, 100, 300, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 100_000, 150_000, 200_000
)  # fmt: skip
RAVEN_READS = "midnight"  # what the attention maps are of
WRITTEN = 250  # characters of each text, of sixteen that are scored


def raven(steps: int | None = None) -> dict[str, Any]:
    """Train The Raven; return what chapter 7 replays, and how the text grew alike to the poem.

    ``replay`` is for ``TrainingReplay`` of :mod:`tinytx.figures`; ``poem`` is the loss on the whole
    poem at each of its moments, ``likeness`` what ``likeness.score`` finds in sixteen texts.

    Parameters
    ----------
    steps
        Of the run; None for all of the preset's. While the rate climbs (1,000 steps) it is the same
        run whatever its length.
    """
    tokenizer = CharTokenizer.train(poem())
    ids = np.array(tokenizer.encode(poem()))
    windows, prompt = all_windows(ids, 8), tokenizer.encode(PROMPT)
    seen = np.array([tokenizer.encode(RAVEN_READS)])
    losses: list[Any] = []
    likeness: list[Any] = []
    texts: list[Any] = []
    maps: list[Any] = []

    def look(step: int) -> None:
        model = trainer.learner.whole
        losses.append(round(mean_loss(model, windows), 4))
        rng = np.random.default_rng(1)
        written = generate(model, [prompt] * 16, WRITTEN, temperature=0.6, rng=rng)
        told = [tokenizer.decode(text)[len(PROMPT) :] for text in written]
        texts.append(told[0])
        likeness.append(score(told))
        with evaluating(model) as still, capture(still) as inside:
            still.forward(seen)
        maps.append(np.round(inside.attention()[0, 0].astype(float), 3).tolist())

    report = Moments(look, RAVEN_MOMENTS)
    trainer = _trainer("raven", report, steps)
    trainer.run()
    at, curve = means(report.losses)
    replay = {
        "steps": at, "loss": curve,
        "evaluated": [step for step in RAVEN_MOMENTS if step <= len(report.losses)],
        "text": texts, "attention": maps, "tokens": list(RAVEN_READS),
        "floor": round(context_floor(ids, 8), 4), "floor_name": "the best of all",
    }  # fmt: skip
    found = {"replay": replay, "poem": losses, "likeness": likeness}
    return {**found, "first": _rounded(report.losses[:FIRST])}


def listops(steps: int | None = None) -> dict[str, Any]:
    """Train list operations; return each operation's accuracy over the steps, and one confusion.

    ``late`` is the moment at which the worst operation is furthest behind the mean of all:
    the confusion of each, and the share of its answers that are ``among`` the question's digits.
    """
    found: dict[str, Any] = {"steps": [], "accuracy": {name: [] for name in OPERATIONS}}
    counts: list[dict[str, Any]] = []
    among: list[dict[str, float]] = []

    def look(step: int) -> None:
        predicted = predict(trainer.learner.whole, held_out)
        found["steps"].append(step)
        for name, share in accuracy(held_out, predicted).items():
            found["accuracy"][name].append(round(share, 3))
        counts.append({n: c.tolist() for n, c in confusion(held_out, predicted).items()})
        among.append(_among(held_out, predicted))

    report = Moments(look, tuple(range(0, 2501, 50)))
    trainer = _trainer("listops", report, steps)
    held_out = splits(seed=trainer.config.seed).validation
    trainer.run()
    table = np.array([found["accuracy"][name] for name in OPERATIONS])  # (5, steps)
    lag = (table.mean(0) - table.min(0)).argmax()
    late = {"step": found["steps"][lag], "counts": counts[lag], "among": among[lag]}
    return {**found, "late": late, "first": _rounded(report.losses[:FIRST])}


def _among(examples: list[Example], predicted: np.ndarray) -> dict[str, float]:
    """Return for each operation the share of answers that are a digit of their question."""
    found: dict[str, list[bool]] = {name: [] for name in OPERATIONS}
    for one, id in zip(examples, predicted.tolist(), strict=True):
        found[one.operation].append(id - DIGIT in digits(one))
    return {name: round(sum(hits) / len(hits), 3) for name, hits in found.items()}


def leaky(steps: int = 600) -> dict[str, Any]:
    """Train on list operations of two digits that were drawn one by one, and test in two ways.

    There are 500 such inputs. Of 500 draws, 400 are to train on and 100 to test on; a test input
    may have been drawn for training as well. *New* are all inputs that were not.
    """
    every = [one for name in OPERATIONS for one in inputs(name, 2)]
    drawn = [every[i] for i in np.random.default_rng(0).integers(len(every), size=500)]
    train, test = drawn[:400], drawn[400:]
    known = {one.text for one in train}
    new = [one for one in every if one.text not in known]
    config, settings = recipe_for("listops").settings(min_length=2, max_length=2, steps=steps)
    model = GPT(config, np.random.default_rng([0, 1]), np.float32)
    learner = NumPyLearner.of(model, settings)
    source = ExampleSource(*_arrays(train, config.context_length), 32, 0)
    found: dict[str, Any] = {"steps": [], "train": [], "drawn": [], "new": []}
    for step in range(steps + 1):
        if step % 50 == 0:
            found["steps"].append(step)
            for name, part in (("train", train), ("drawn", test), ("new", new)):
                found[name].append(round(share_right(model, part), 3))
        learner.loss_and_gradients(source.next_batch())
        learner.step(settings.lr_at(step))
    repeated = sum(one.text in known for one in test) / len(test)
    return {**found, "repeated": repeated, "inputs": len(every), "n_new": len(new)}


def share_right(model: Any, examples: list[Example]) -> float:
    """Return the share of examples that the model answers rightly."""
    return float((predict(model, examples) == right_answers(examples)).mean())


def tales() -> dict[str, Any]:
    """Train on stories, few and many; see ``stories``."""
    from .stories import RUNS, run

    return {name: run(**settings) for name, settings in RUNS.items()}


RECORDINGS: dict[str, Callable[[], dict[str, Any]]] = {
    "raven": raven, "listops": listops, "leaky": leaky, "tales": tales
}  # fmt: skip


@cache
def _file() -> dict[str, Any]:
    text = files("tinytx.trained").joinpath("training.json").read_text("utf-8")
    return json.loads(text)


def recorded(name: str) -> dict[str, Any]:
    """Return a recording: ``raven``, ``listops``, ``leaky`` or ``tales``.

    >>> sorted(recorded("leaky"))
    ['drawn', 'inputs', 'n_new', 'new', 'repeated', 'steps', 'train']
    """
    if name not in RECORDINGS:
        raise ValueError(f"name is {name!r} and must be one of {', '.join(RECORDINGS)}")
    return _file()[name]


def _trainer(name: str, report: Moments, steps: int | None) -> Trainer:
    """Return the preset's run without its own evaluations: a report looks instead."""
    changes: dict[str, Any] = {} if steps is None else {"steps": steps}
    trainer = recipe_for(name).trainer(report=report, **changes)
    trainer.evaluate = None
    return trainer


def _rounded(losses: list[float]) -> list[float]:
    return [round(float(loss), 5) for loss in losses]


def main(arguments: list[str]) -> int:
    """Record the runs named, or all; keep the others as they are."""
    parser = argparse.ArgumentParser(prog="python -m tinytx.recipes.record", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="name", help="a run; all without")
    names = parser.parse_args(arguments).names
    for name in names:
        if name not in RECORDINGS:
            parser.error(f"{name!r} is no run: there are {', '.join(RECORDINGS)}")
    path = Path(str(files("tinytx.trained").joinpath("training.json")))
    for name in names or RECORDINGS:
        with one_thread():
            made = RECORDINGS[name]()
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        kept[name] = made
        write_atomic(path, json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n")
        print(f"{name}: recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
