"""The check of ``get_lr(step, lr, steps, warmup, fall)``: a trapezoid, corner by corner."""

from __future__ import annotations

from ..check import Check
from ..values import nearly
from ..verdict import Property

# A climb that meets the fall; the task's, step by step; no climb, no fall, neither; thirds; one
# step; a usual one, at its corners and between; long behind the end.
CASES = [(step, 2.5, 8, 4, 4) for step in range(9)]
CASES += [(step, 6.0, 7, 2, 3) for step in range(9)]
CASES += [(step, 5.0, 5, 0, 2) for step in range(6)]
CASES += [(step, 5.0, 4, 2, 0) for step in range(6)]
CASES += [(step, 5.0, 8, 3, 3) for step in (0, 1, 2, 4, 6, 7)]
CASES += [(step, 2.0, 3, 0, 0) for step in (0, 2, 3)]
CASES += [(0, 3.0, 1, 0, 0), (1, 3.0, 1, 0, 0), (0, 3.0, 1, 1, 0), (0, 3.0, 1, 0, 1)]
CASES += [
    (step, 0.001, 1000, 100, 200)
    for step in (0, 1, 50, 98, 99, 100, 400, 799, 800, 801, 900, 998, 999, 1000, 5000)
]
# a small rate, no climb in a run of some length, a long run
CASES += [(0, 3e-4, 2500, 2000, 100), (0, 2.0, 40, 0, 5), (1, 2.0, 40, 0, 0)]
CASES += [(40_000, 0.1, 100_000, 10, 80_000)]


check = Check.of(
    __file__,
    "get_lr(step, lr, steps, warmup, fall)",
    CASES,
    "The rate over time",
    equal=nearly,
    properties=(
        Property(
            "a rate is never above lr and never below zero",
            lambda got, step, lr, steps, warmup, fall: -1e-9 <= got <= lr * (1 + 1e-5),
        ),
        Property(
            "behind the end of the run the rate is 0",
            lambda got, step, lr, steps, warmup, fall: step < steps or got == 0,
        ),
    ),
    errors={
        "^ZeroDivisionError": "Warm-up and fall may be 0 steps long. Divide by them only where you"
        " are in them.",
    },
    own=("schedules.get_lr",),
)
