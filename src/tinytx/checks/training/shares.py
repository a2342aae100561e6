"""The check of ``shares(t, beta)``: a formula, derived from a recursion."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

# One gradient, whatever beta; the task's; beta 0, where only the newest counts; the usual betas of
# both averages; as many steps as make the division vanish.
CASES = [(t, beta) for t in (1, 2, 3, 7) for beta in (0.5, 0.0, 0.9)]
CASES += [(4, 0.25), (5, 0.999), (40, 0.9), (200, 0.99), (60, 0.5)]
CASES += [(2000, 0.999), (400, 0.1), (10, 0.99995)]  # long, soon forgotten, hardly forgotten

check = Check.of(
    __file__,
    "shares(t, beta)",
    CASES,
    "Momentum is an average",
    properties=(
        Property(
            "the weights of a mean sum to one",
            lambda got, t, beta: bool(np.isclose(np.sum(got), 1, atol=1e-4)),
        ),
        Property(
            "an older gradient never has more weight than a newer one",
            lambda got, t, beta: bool((np.diff(got) <= 1e-6).all()),
        ),
    ),
    errors={
        "^ZeroDivisionError": "Where does the division by 1 - β to the power t stand, and what is t"
        " in the first step?",
    },
)
