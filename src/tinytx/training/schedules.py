"""The learning rate at each step: up in a straight line, then down along half a cosine."""

from __future__ import annotations

import math


def get_lr(
    step: int, *, lr: float, steps: int, warmup_steps: int = 0, min_lr: float | None = None
) -> float:
    """Return the learning rate of ``step``, counted from 0.

    *Warm-up*: Adam's first estimates rest on very few gradients, and fresh weights have steep
    ones, so the first steps are kept small: ``lr / warmup_steps`` at step 0, ``lr`` at step
    ``warmup_steps - 1``. *Cosine*: from there down to ``min_lr``, slowly at first (there is still
    far to go), fast in the middle, slowly at the end (the noise of the batches is averaged out).
    From ``steps`` on it stays at ``min_lr``.

    Parameters
    ----------
    step
        Which step, from 0.
    lr
        The largest rate.
    steps
        How many steps the whole run has.
    warmup_steps
        How many of them climb.
    min_lr
        Where the cosine ends; None: no cosine, the rate stays at ``lr``.

    Raises
    ------
    ValueError
        If a number is negative, or the warm-up is longer than the run.

    Source: Loshchilov and Hutter 2017 (cosine), Goyal et al. 2017 (warm-up).

    >>> [round(get_lr(s, lr=1.0, steps=8, warmup_steps=2, min_lr=0.0), 4) for s in range(9)]
    [0.5, 1.0, 1.0, 0.933, 0.75, 0.5, 0.25, 0.067, 0.0]
    """
    _check(step, lr, steps, warmup_steps, min_lr)
    if step < warmup_steps:
        return lr * (step + 1) / warmup_steps
    if min_lr is None:
        return lr
    if step >= steps:
        return min_lr
    done = (step - warmup_steps) / (steps - warmup_steps)  # 0 to 1
    return min_lr + (lr - min_lr) * 0.5 * (1 + math.cos(math.pi * done))


def _check(step: int, lr: float, steps: int, warmup_steps: int, min_lr: float | None) -> None:
    for name, value in (("step", step), ("steps", steps), ("warmup_steps", warmup_steps)):
        if value < 0:
            raise ValueError(f"{name} is {value} and must be at least 0")
    if not 0 < lr < math.inf:
        raise ValueError(f"lr is {lr} and must be above 0 and finite")
    if min_lr is not None and not 0 <= min_lr <= lr:
        raise ValueError(f"min_lr is {min_lr} and must be from 0 to lr {lr}")
    if warmup_steps > steps:
        raise ValueError(
            f"warmup_steps is {warmup_steps} and must be at most steps {steps}: "
            "warm up for less, or train for longer"
        )
