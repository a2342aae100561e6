"""A training step of the NumPy engine with a clock on every operation.

A copy of the model is trained, so the reader's own stays as it is. Each module of the copy has its
``forward`` and ``backward`` wrapped in a clock that stops while another one runs within: what is
left to a block is its two additions, to an attention the copies of its heads. Two things that are
no modules, softmax within attention and the loss, are wrapped where they are looked up, for as long
as the steps take: a model that trains in another thread meanwhile is slowed down, and not changed.
"""

from __future__ import annotations

import contextlib
import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from threading import get_ident
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..manual import GPT, attention
from ..manual.shapes import check_count
from ..training import learner as learning
from ..training.settings import TrainConfig

PART_OF = {
    "tok_emb": "embedding", "pos_emb": "embedding", "norms": "norms", "qk_norm": "norms",
    "q_proj": "attention", "k_proj": "attention", "v_proj": "attention", "o_proj": "attention",
    "scores": "scores", "softmax": "scores", "heads": "scores", "rotary": "scores",
    "gate_proj": "mlp", "up_proj": "mlp", "down_proj": "mlp", "act": "mlp",
    "residual": "residual", "dropout": "residual",
    "lm_head": "head", "loss": "head", "update": "update",
}  # fmt: skip
NAMED = {
    "": "rest", "attn": "heads", "mlp": "rest", "drop": "dropout", "drop_1": "dropout",
    "drop_2": "dropout", "ln_1": "norms", "ln_2": "norms", "ln_f": "norms", "q_norm": "qk_norm",
    "k_norm": "qk_norm", "q_rotary": "rotary", "k_rotary": "rotary",
}  # fmt: skip
LOOKED_UP = [  # module, the name in it, the operation
    (attention, "attention_forward", ("scores", "forward")),
    (attention, "attention_backward", ("scores", "backward")),
    (attention, "softmax_forward", ("softmax", "forward")),
    (attention, "softmax_backward", ("softmax", "backward")),
    (attention, "dropout_forward", ("dropout", "forward")),
    (attention, "dropout_backward", ("dropout", "backward")),
    (learning, "cross_entropy_forward", ("loss", "forward")),
    (learning, "cross_entropy_backward", ("loss", "backward")),
]
Key = tuple[str, str]  # name and direction


class Timed(NamedTuple):
    """The seconds of one operation in a step, all blocks together."""

    name: str
    part: str
    direction: str
    seconds: float


class StepTimes(NamedTuple):
    """A step as it would be if nothing had disturbed it, and what was seen of real ones."""

    works: list[Timed]
    rest: float  # seconds that no operation had: masks, Python's own work, the clocks
    fastest: float  # seconds of the fastest step with clocks
    plain: float  # and of the fastest without

    @property
    def whole(self) -> float:
        """Seconds of the undisturbed step: all operations and the rest."""
        return self.rest + sum(one.seconds for one in self.works)

    @property
    def spread(self) -> float:
        """How many times as long the fastest real step took: 1 on a quiet machine."""
        return self.fastest / self.whole

    def shares(self) -> dict[str, float]:
        """Return the share of the step by operation, both directions together, and ``rest``."""
        found: dict[str, float] = defaultdict(float)
        for one in self.works:
            found[one.name] += one.seconds / self.whole
        largest = sorted(found.items(), key=lambda item: -item[1])
        return {**dict(largest), "rest": self.rest / self.whole}


def timed_step(
    model: GPT, batch: tuple[np.ndarray, np.ndarray], rounds: int = 5, optimizer: str = "adamw"
) -> StepTimes:
    """Return where the time of a training step goes, by operation.

    Of each call in the step the fastest of ``rounds`` counts: beside other programs no step as a
    whole may be left alone, but each call is once. They add up to :attr:`StepTimes.whole`, and
    :attr:`StepTimes.spread` says how far the fastest real step was from it. The names are those of
    :func:`tinytx.speed.training_step`, so each time stands beside its arithmetic and traffic.

    Parameters
    ----------
    model
        A model of the NumPy engine. A copy is trained.
    batch
        ``ids`` and ``targets``, (B, T) each.
    rounds
        Steps with clocks, and as many without.
    optimizer
        One of the training settings: ``"adamw"``, ``"adam"``, ``"sgd"``, ``"muon"``.

    Raises
    ------
    ValueError
        If ``model`` is of another kind, or ``rounds`` no whole number of at least 1.
    """
    if not isinstance(model, GPT):
        raise ValueError(
            f"model is a {type(model).__name__} and must be a GPT of tinytx.manual: PyTorch's has "
            "torch.profiler"
        )
    check_count("rounds", rounds)
    settings = TrainConfig(steps=1, batch_size=len(batch[0]), lr=1e-5, optimizer=optimizer)
    plain, watched = (learning.NumPyLearner.of(_fresh(model), settings) for _ in range(2))
    clock = Clock()
    best = Best({"rest"} if model.config.dropout else {"rest", "dropout"})
    _watch(clock, watched)
    least = without = float("inf")
    for i in range(rounds + 1):  # the first does not count
        seconds = _seconds(plain, batch)
        clock.calls.clear()
        with _looked_up(clock):
            whole = _seconds(watched, batch)
        if i:
            without, least = min(without, seconds), min(least, whole)
            best.add(clock.calls, whole)
    works = [
        Timed(name, PART_OF.get(name, "mlp"), direction, float(calls.sum()))
        for (name, direction), calls in best.calls.items()
    ]
    return StepTimes(works, best.rest, least, without)


class Best:
    """The fastest that each call was in any step, and the least that was left of one.

    What is ``unnamed`` is left as well.
    """

    def __init__(self, unnamed: Collection[str]) -> None:
        self.unnamed = unnamed
        self.calls: dict[Key, np.ndarray] = {}
        self.rest = float("inf")

    def add(self, calls: dict[Key, list[float]], whole: float) -> None:
        """Take in a step of ``whole`` seconds."""
        named = {key: times for key, times in calls.items() if key[0] not in self.unnamed}
        self.rest = min(self.rest, whole - sum(map(sum, named.values())))
        for key, seconds in named.items():
            self.calls[key] = np.minimum(self.calls.get(key, np.inf), seconds)


class Clock:
    """The seconds of each call, by key; while a call waits for one within it, its clock stands."""

    def __init__(self) -> None:
        self.calls: dict[Key, list[float]] = {}  # seconds of each call, in their order
        self._within: list[float] = []  # seconds that others took, for each call in progress
        self._thread = get_ident()

    def on(self, work: Callable[..., Any], key: Key) -> Callable[..., Any]:
        """Return ``work`` with a clock for ``key``."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self._thread:  # somebody else's model
                return work(*args, **kwargs)
            self._within.append(0.0)
            start = perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                past = perf_counter() - start
                self.calls.setdefault(key, []).append(past - self._within.pop())
                if self._within:
                    self._within[-1] += past

        return timed


def _fresh(model: GPT) -> GPT:
    twin = copy.deepcopy(model)
    twin.clear_saved()
    return twin.train()


def _watch(clock: Clock, learner: Any) -> None:
    """Put clocks on the modules of the learner's model, which is a copy, and on its update."""
    for path, module in learner.model.named_modules():
        last = path.rpartition(".")[2]
        name = "residual" if last.isdigit() else NAMED.get(last, last)
        for direction in ("forward", "backward"):
            vars(module)[direction] = clock.on(getattr(module, direction), (name, direction))
    learner.step = clock.on(learner.step, ("update", "update"))
    for optimizer in learner.optimizers:
        optimizer.zero_grad = clock.on(optimizer.zero_grad, ("update", "update"))


@contextlib.contextmanager
def _looked_up(clock: Clock) -> Iterator[None]:
    before = [(module, name, getattr(module, name)) for module, name, _ in LOOKED_UP]
    try:
        for (module, name, work), (_, _, key) in zip(before, LOOKED_UP, strict=True):
            setattr(module, name, clock.on(work, key))
        yield
    finally:
        for module, name, work in before:
            setattr(module, name, work)


def _seconds(learner: Any, batch: Any) -> float:
    start = perf_counter()
    learner.loss_and_gradients(batch)
    learner.step(1e-5)
    return perf_counter() - start
