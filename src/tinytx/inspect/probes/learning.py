"""Whether a model can learn: its first loss, its gradients, and ten examples by heart."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..losses import batch_floor
from .result import Result, not_here, too_short, within
from .subject import NumPySubject, Subject, as_array
from .subjects import subject_of

BELOW, ABOVE = 0.3, 1.5  # nats
NUDGE = 1e-4
RELATIVE = 1e-3  # of a slope, or of a gradient's largest number


def first_loss(model: Any, batch: tuple[np.ndarray, np.ndarray] | None = None) -> Result:
    """Tell whether a *fresh* model's loss is log V, as of one that knows nothing.

    Value: its loss minus log V, in nats. A tied head says again what the model has just read, the
    more so beside sinusoids, whose tokens are large: nats above log V, and no fault. So whether
    fresh weights are too large is asked without the score of the token that was read.

    Parameters
    ----------
    model
        See :func:`~tinytx.inspect.probes.probe`.
    batch
        (ids, targets), (B, T) each, as training gets them; without it, random ids.

    >>> first_loss(lambda ids: np.zeros((*ids.shape, 8)))
    loss at the start: passed, 2.08 nats, log V is 2.08
    """
    subject = subject_of(model)
    if batch is None:
        rng = np.random.default_rng(0)
        batch = subject.draw(16, rng), subject.draw(16, rng)
    ids, targets = map(np.asarray, batch)
    said, expected = subject.log_probs(ids), math.log(subject.vocab_size)
    loss = -float(np.take_along_axis(said, targets[..., None], axis=-1).mean())
    passed = bool(
        loss - expected >= -BELOW and _but_for_own(said, ids, targets) - expected <= ABOVE
    )
    side = "" if passed else ": fresh weights too large" if loss > expected else (
        ": the model has the answers, or is not fresh")  # fmt: skip
    meaning = f"{loss:.2f} nats, log V is {expected:.2f}{side}"
    return Result("loss at the start", passed, loss - expected, meaning)


def _but_for_own(said: np.ndarray, ids: np.ndarray, targets: np.ndarray) -> float:
    """Return the loss of log-probabilities (B, T, V) without those of the tokens that were read.

    A target that is the token read counts nowhere; where all are, it is minus infinity.
    """
    others = targets != ids
    left = said.copy()
    np.put_along_axis(left, ids[..., None], -np.inf, axis=-1)
    right = np.take_along_axis(said, targets[..., None], axis=-1)[..., 0]
    losses = np.logaddexp.reduce(left, axis=-1) - right
    return float(losses[others].mean()) if others.any() else -math.inf


def gradient_reaches(model: Any) -> Result:
    """Tell whether each parameter gets a gradient.

    A parameter whose gradient is None or zero everywhere is never trained. Value: how many there
    are. The context is filled, so that every position is used.

    In a mixture of experts the few tokens of a probe ask a few of them: one of a block's experts
    has to get a gradient. With ``n_active`` 1 a router's comes from the balance loss, which is not
    asked here.
    """
    subject = subject_of(model)
    if why := subject.why_fixed():
        return not_here("gradient reaches all", why)
    if subject.T < 2:
        return too_short("gradient reaches all", subject.T, 2)
    found = subject.shaken().gradients(*_batch(subject))
    got = {_any_expert(name) for name, one in found.items() if one is not None and np.any(one)}
    idle = [name for name in found if _any_expert(name) not in got]
    if getattr(subject.config, "n_active", None) == 1:
        idle = [name for name in idle if not name.endswith("router.weight")]
    return within(
        "gradient reaches all", len(idle), 0,
        f"each of {len(found)} parameters gets a gradient",
        f"{len(idle)} of {len(found)} parameters get no gradient: {', '.join(idle[:3])}",
    )  # fmt: skip


def _any_expert(name: str) -> str:
    """Return the name of a parameter without the number of its expert."""
    return re.sub(r"\bexperts\.\d+\.", "experts.", name)


def gradient_is_slope(model: Any) -> Result:
    """Tell whether the gradient is the slope of the loss.

    All weights are moved a little along the gradient, and then along random directions, forwards
    and backwards. The loss must change as the gradient says. Value: the largest error, over the
    gradient's own slope. PyTorch derives backward passes; those written by hand need this.
    """
    subject = subject_of(model)
    if why := subject.why_fixed():
        return not_here("gradient is the slope", why)
    subject, batch = subject.shaken(), _batch(subject)
    gradient = {n: g for n, g in subject.gradients(*batch).items() if g is not None}
    norm = math.sqrt(sum(float((g * g).sum()) for g in gradient.values()))
    rng, worst = np.random.default_rng(1), 0.0
    for way in range(4):
        along = {n: rng.standard_normal(g.shape) if way else g for n, g in gradient.items()}
        size = math.sqrt(sum(float((d * d).sum()) for d in along.values())) or 1.0
        along = {n: d / size for n, d in along.items()}
        said = sum(float((gradient[n] * d).sum()) for n, d in along.items())
        worst = float(np.maximum(worst, abs(_slope(subject, batch, along) - said)))  # keeps nan
    return within(
        "gradient is the slope", worst / (norm or 1.0), RELATIVE,
        "the loss changes as the gradient says ({value:.1e})",
        "the loss does not change as the gradient says: off by {value:.1%} of its length",
    )  # fmt: skip


def _slope(subject: Subject, batch: tuple[np.ndarray, ...], along: dict[str, np.ndarray]) -> float:
    """Return the derivative of the loss along a direction, and leave the weights as they were."""
    arrays, losses = subject.parameters(), []
    for step in (NUDGE, -2 * NUDGE, NUDGE):
        for name, direction in along.items():
            arrays[name] += subject._like(step * direction)
        losses.append(subject.loss(*batch))
    return (losses[0] - losses[1]) / (2 * NUDGE)


def overfit_ten(model: Any, *, lr: float = 0.01, steps: int = 300, below: float = 0.1) -> Result:
    """Tell whether a copy of the model can learn ten examples by heart.

    The examples are random ids, each row beginning with another one where there are enough: what
    comes next can then be known. Where there are not, the limit is raised by what nobody can know.
    Value: the loss at the end, in nats.

    Parameters
    ----------
    model
        See :func:`~tinytx.inspect.probes.probe`.
    lr
        The largest rate of Adam; for a model wider than 64 it is less, as 64 over the width.
    steps
        When to give up.
    below
        When to stop: 0.1 nats is a probability of 90 % for the right answers, in their geometric
        mean.
    """
    subject = subject_of(model)
    if why := subject.why_fixed():
        return not_here("overfit ten", why)
    if subject.T < 2:
        return too_short("overfit ten", subject.T, 2)
    if subject.vocab_size < 3:
        return not_here("overfit ten", f"the vocabulary has {subject.vocab_size} ids, 3 are needed")
    rng = np.random.default_rng(2)
    ids = subject.draw(10, rng)
    ids[:, 0] = np.resize(rng.permutation(np.unique(subject.draw(200, rng))), 10)
    x, targets = ids[:, :-1], ids[:, 1:]
    below += batch_floor(x, targets)
    step, width = _trainer(subject), min(one.shape[-1] for one in _matrices(subject))
    lr, loss = lr * min(1.0, 64 / width), math.inf
    for n in range(steps):
        loss = step(x, targets, lr * min(1.0, (n + 1) / 10))
        if loss < below:
            break
    return within(
        "overfit ten", loss, below,
        f"ten examples are known by heart after {n + 1} steps",
        f"after {n + 1} steps on ten examples the loss is still {{value:.2f}} nats",
    )  # fmt: skip


def _trainer(subject: Subject) -> Callable[[np.ndarray, np.ndarray, float], float]:
    """Return a function that takes a step of Adam on a copy of the model and returns its loss."""
    if isinstance(subject, NumPySubject):
        from ...manual.loss import cross_entropy_backward, cross_entropy_forward
        from ...manual.optim import Adam
        from .subject import _without_dropout

        model = _without_dropout(copy.deepcopy(subject.model))
        optimizer = Adam(model.parameters())

        def step(ids: np.ndarray, targets: np.ndarray, lr: float) -> float:
            optimizer.zero_grad()
            loss, saved = cross_entropy_forward(model.forward(ids), targets)
            model.backward(cross_entropy_backward(1.0, saved))
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()
            return float(loss)

        return step
    from .torch_subject import trainer

    return trainer(subject)


def _matrices(subject: Subject) -> list[Any]:
    return [one for one in subject.parameters().values() if one.ndim > 1] or [np.ones((1, 64))]


def _batch(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return subject.draw(4, rng), subject.draw(4, rng)


def accumulation(gradients: Callable[[int], Any], parts: int = 4) -> Result:
    """Tell whether a batch computed in parts has the gradient of the whole.

    Value: the largest difference, over the largest number of the gradient.

    Parameters
    ----------
    gradients
        Called with a number of parts, 1 and ``parts``; it computes *one batch* in so many parts
        and returns the gradient: an array, or a dict or list of them.
        :func:`learner_gradients` makes them of a learner. Let the parts count unequally many
        targets: a mean of means is seen only then.
    parts
        How many.

    >>> x = np.arange(8.0)
    >>> accumulation(lambda n: sum(part.sum() for part in np.split(x, n)) / 8)
    accumulation: passed, 4 parts give the gradient of the whole (0.0e+00)
    >>> accumulation(lambda n: sum(part.mean() for part in np.split(x, n)))
    accumulation: FAILED, 4 parts give another gradient than the whole: 4.00 times as long
    """
    whole, pieces = _flat(gradients(1)), _flat(gradients(parts))
    longer = float(np.linalg.norm(pieces) / (np.linalg.norm(whole) or 1.0))
    return within(
        "accumulation", _relative(pieces, whole), RELATIVE,
        f"{parts} parts give the gradient of the whole ({{value:.1e}})",
        f"{parts} parts give another gradient than the whole: {longer:.2f} times as long",
    )  # fmt: skip


def repeated_gradient(gradients: Callable[[], Any]) -> Result:
    """Tell whether the same batch gives the same gradient a second time.

    Value: the largest difference, over the largest number of the gradient.

    Parameters
    ----------
    gradients
        Computes one batch, as a training step does but without the step, and returns the
        gradient: an array, or a dict or list of them.
    """
    first = _flat(gradients())
    second = _flat(gradients())
    longer = float(np.linalg.norm(second) / (np.linalg.norm(first) or 1.0))
    return within(
        "gradient cleared", _relative(second, first), RELATIVE,
        "the same batch has the same gradient again ({value:.1e})",
        f"the same batch has another gradient the second time: {longer:.2f} times as long",
    )  # fmt: skip


def learner_gradients(learner: Any, batch: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the gradients that a learner of :mod:`tinytx.training` has of a batch, copied."""
    learner.loss_and_gradients(batch)
    named = learner.model.named_parameters()
    return {name: as_array(one.grad) for name, one in named}


def _flat(gradients: Any) -> np.ndarray:
    """Return all numbers of a gradient in one row."""
    if isinstance(gradients, dict):
        gradients = list(gradients.values())
    if not isinstance(gradients, list | tuple):
        gradients = [gradients]
    return np.concatenate([as_array(one).astype(float).ravel() for one in gradients])


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / (np.abs(b).max() or 1.0))
