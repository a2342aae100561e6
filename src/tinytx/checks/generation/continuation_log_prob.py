"""The check of ``continuation_log_prob(...)``: the sum of the right logarithms, and no other."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..values import nearly
from ..verdict import Property
from .parts import Model

EVEN = Model("np.zeros((*ids.shape, 2))")
SAME = Model("np.eye(3)[ids]")
NEXT = Model("2 * np.eye(5)[(ids + 1) % 5]")
ALL = Model("np.cumsum(np.eye(5)[ids], axis=1)")
PLACES = Model("np.eye(4)[ids] * np.arange(1, ids.shape[1] + 1)[:, None]")
FAR = Model("20_000 * np.eye(3)[ids] - 10_000")
NEAR = Model("np.eye(3)[ids] + 9_999")
FALL = Model("np.eye(3)[ids] - 1_000 * np.arange(ids.shape[1])[:, None]")
MANY = Model("7 * np.eye(300)[(ids + 1) % 300]")


def _case(model: Model, prompt: list[int], continuation: list[int]) -> tuple:
    return model, np.array(prompt), np.array(continuation)


# One token after one; a token that is likely, and not; prompts of several; what was read counts,
# and where; logits that overflow, also of an unlikely token, and rows that are far apart; ids
# above 255; a token over and over.
CASES = [
    _case(EVEN, [0], [1]),
    _case(SAME, [0], [0]),
    _case(SAME, [2], [1]),
    _case(SAME, [1], [1, 0]),
    _case(NEXT, [4], [0, 1]),
    _case(NEXT, [0, 3], [4, 2]),
    _case(NEXT, [3, 0, 2], [1]),
    _case(ALL, [1, 1], [1, 0, 4]),
    _case(ALL, [0, 2, 2, 3], [3, 2]),
    _case(PLACES, [3, 0], [0, 0, 2]),
    _case(PLACES, [1, 3, 2], [2, 1]),
    _case(FAR, [1], [1, 1]),
    _case(FAR, [0, 0], [2]),
    _case(NEAR, [2], [2, 0]),
    _case(FALL, [0, 1], [1, 2, 2]),
    _case(MANY, [299, 0], [1, 2, 298]),
    _case(MANY, [0, 256], [257, 258]),
    _case(ALL, [0, 4, 1, 4, 2], [4, 4, 4, 0, 3, 1]),
]

BATCH = "The model takes a batch, ids (1, T), and gives logits (1, T, V)."

check = Check.of(
    __file__,
    "continuation_log_prob(model, prompt, continuation)",
    CASES,
    "Beam search, and why likely text is dull",
    equal=nearly,
    properties=(
        Property(
            "a probability is at most 1, so its logarithm is at most 0",
            lambda got, model, prompt, continuation: got <= 1e-9,
        ),
    ),
    errors={
        "^IndexError.*(too many|invalid index|out of (bounds|range))": BATCH,
        "^IndexError(?!: tuple).*out of (bounds|range)": "If the shapes are right: is a row behind"
        " the last asked for, or were the texts added up? `+` adds two arrays; `np.concatenate`"
        " puts one behind the other.",
        "^IndexError.*(shape mismatch|broadcast)": "Rows and tokens are picked in pairs: as many"
        " rows as there are tokens.",
        "^ValueError.*(axis|dimensions|dimensional)": BATCH,
        "^AttributeError.*'list'": "The model takes an array of ids, (1, T), not a list.",
        "^TypeError.*only (integer|length)": "Both texts are arrays. Put one behind the other with"
        " `np.concatenate`.",
    },
    own=("sampling.log_probs",),
)
