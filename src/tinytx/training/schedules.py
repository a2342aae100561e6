"""The learning rate at each step: up in a straight line, then along one of four curves."""

from __future__ import annotations

import math

from ..manual.shapes import check_above_0, is_whole

SCHEDULES = ("cosine", "linear", "constant", "trapezoidal")


def get_lr(
    step: int,
    *,
    lr: float,
    steps: int,
    warmup_steps: int = 0,
    min_lr: float = 0.0,
    schedule: str = "constant",
    decay_steps: int | None = None,
) -> float:
    """Return the learning rate of ``step``, counted from 0.

    *Warm-up*: Adam's first estimates rest on very few gradients, and fresh weights have steep
    ones, so the first steps are kept small: ``lr / warmup_steps`` at step 0, ``lr`` at step
    ``warmup_steps - 1``. From there

    - ``"cosine"`` falls to ``min_lr`` slowly at first (there is still far to go), fast in the
      middle, slowly at the end (the noise of the batches is averaged out);
    - ``"linear"`` falls to ``min_lr`` in a straight line;
    - ``"constant"`` stays at ``lr``;
    - ``"trapezoidal"`` stays at ``lr`` and falls to ``min_lr`` in a straight line over the last
      ``decay_steps``. What comes before the fall does not depend on ``steps``: a run can be made
      longer from any point of its plateau.

    From ``steps`` on it stays where it ended.

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
        Where a falling rate ends.
    schedule
        One of :data:`SCHEDULES`.
    decay_steps
        How many steps the trapezoid's fall takes; None for a fifth of ``steps``, rounded down. With
        0 it never falls.

    Raises
    ------
    ValueError
        If a number is negative, ``decay_steps`` not whole, the schedule unknown, or warm-up and
        fall are longer than the run.

    Source: Loshchilov and Hutter 2017 (cosine), Goyal et al. 2017 (warm-up), Hägele et al. 2024
    (trapezoidal, there "constant with cooldown").

    >>> [round(get_lr(s, lr=1.0, steps=8, warmup_steps=2, schedule="cosine"), 3) for s in range(9)]
    [0.5, 1.0, 1.0, 0.933, 0.75, 0.5, 0.25, 0.067, 0.0]
    >>> [get_lr(s, lr=1.0, steps=8, warmup_steps=2, schedule="trapezoidal", decay_steps=4)
    ...  for s in range(9)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    """
    _check(step, lr, steps, warmup_steps, min_lr)
    fall = decay_length(schedule, steps, warmup_steps, decay_steps)
    if step < warmup_steps:
        return lr * (step + 1) / warmup_steps
    if fall == 0:  # constant, or a plateau to the end: and beyond
        return lr
    if step >= steps:
        return min_lr
    done = max(0.0, (step - (steps - fall)) / fall)  # 0 to 1
    left = 0.5 * (1 + math.cos(math.pi * done)) if schedule == "cosine" else 1 - done
    return min_lr + (lr - min_lr) * left


def decay_length(schedule: str, steps: int, warmup_steps: int, decay_steps: int | None) -> int:
    """Return in how many steps the rate falls, 0 if never; ``ValueError`` if they do not fit."""
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule is {schedule!r} and must be one of {', '.join(SCHEDULES)}")
    if schedule != "trapezoidal":
        if decay_steps is not None:
            falls = "never falls" if schedule == "constant" else "falls all the way"
            raise ValueError(
                f"decay_steps is {decay_steps} and schedule is {schedule!r}, which {falls}: "
                "leave decay_steps out, or take schedule 'trapezoidal'"
            )
        return 0 if schedule == "constant" else steps - warmup_steps
    fall = steps // 5 if decay_steps is None else decay_steps
    if not is_whole(fall):
        raise ValueError(f"decay_steps is {fall!r} and must be a whole number of steps")
    if not 0 <= fall <= steps - warmup_steps:
        raise ValueError(
            f"decay_steps is {fall} and must be from 0 to {steps - warmup_steps}, the steps "
            f"{steps} without warmup_steps {warmup_steps}"
        )
    return fall


def _check(step: int, lr: float, steps: int, warmup_steps: int, min_lr: float) -> None:
    for name, value in (("step", step), ("steps", steps), ("warmup_steps", warmup_steps)):
        if value < 0:
            raise ValueError(f"{name} is {value} and must be at least 0")
    check_above_0("lr", lr)
    if not 0 <= min_lr <= lr:
        raise ValueError(f"min_lr is {min_lr} and must be from 0 to lr {lr}")
    if warmup_steps > steps:
        raise ValueError(
            f"warmup_steps is {warmup_steps} and must be at most steps {steps}: "
            "warm up for less, or train for longer"
        )
