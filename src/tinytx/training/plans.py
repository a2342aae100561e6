"""Sizes that grow while training: small and cheap first, while there is only the coarse to learn.

A plan is written ``"0:1 600:4"``: 1 from step 0 on, 4 from step 600 on.
"""

from __future__ import annotations

import re


def read_plan(name: str, text: str, largest: int) -> list[tuple[int, int]]:
    """Return a plan as pairs of step and value.

    Parameters
    ----------
    name
        Of the setting, for messages.
    text
        The plan; steps rise, the first is 0.
    largest
        What no value may be above: the model's or the batch's own size.

    Raises
    ------
    ValueError
        If it is no such text.

    >>> read_plan("depth_plan", "0:1 600:4", 4)
    [(0, 1), (600, 4)]
    """
    if not re.fullmatch(r"\d+:\d+( \d+:\d+)*", text):
        raise ValueError(
            f"{name} is {text!r} and must be written like '0:1 600:4': from which step on, how much"
        )
    pairs = [(int(step), int(n)) for step, n in (pair.split(":") for pair in text.split(" "))]
    steps = [step for step, _ in pairs]
    if steps[0] != 0 or steps != sorted(set(steps)):
        raise ValueError(f"{name} is {text!r} and its steps must begin at 0 and rise")
    for _, value in pairs:
        if not 1 <= value <= largest:
            raise ValueError(f"{name} has the value {value} and must be from 1 to {largest}")
    return pairs


def value_at(plan: list[tuple[int, int]], step: int) -> int:
    """Return what ``plan`` says for ``step``.

    >>> [value_at([(0, 1), (600, 4)], step) for step in (0, 599, 600)]
    [1, 1, 4]
    """
    return [value for start, value in plan if start <= step][-1]
