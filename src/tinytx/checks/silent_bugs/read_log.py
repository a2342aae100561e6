"""The check of ``read_log(loss, validation, V, entropy)``: what curves alone can tell."""

from __future__ import annotations

import math

from ..check import Check
from ..verdict import Property
from .answers import read_log as right

NAN, INF = math.nan, math.inf

# Fine ones: plainly; that go on from an earlier run; with a training loss below the entropy; with a
# bump; one step; at log V; that waver. Then each fault, plainly and by little, in the middle, and
# beside what is no fault.
CASES = [
    ([4.1, 2.0, 1.4], [2.1, 1.5], 65, 1.1),
    ([4.1, 1.2], [2.85], 65, 3.0),
    ([2.0, 1.7, 1.4], [1.9, 1.6], 65, 1.1),
    ([4.1, 1.2, 0.4], [2.1, 1.3], 65, 1.1),
    ([4.1, 5.3, 1.4], [2.1, 1.5], 65, 1.1),
    ([4.1], [4.2], 65, 1.1),
    ([5.1, 4.0], [4.2], 65, 1.1),
    ([4.1, 1.5], [1.9, 1.6, 1.65], 65, 1.1),
    ([4.1, 1.5], [1.9, 1.02], 65, 1.1),
    ([4.1, 4.2], [1.5, 1.9], 65, 1.1),
    ([4.1, 4.5, 4.2], [1.5, 1.9], 65, 1.1),
    ([4.1, 3.9, 4.2], [1.5, 1.9], 65, 1.1),
    ([0.7, 0.6], [0.6], 2, 0.5),
    ([1.4, 1.0], [1.2], 2, 0.5),
    ([4.1, NAN, 2.0], [2.1, 1.5], 65, 1.1),
    ([4.1, 2.0, NAN], [2.1], 65, 1.1),
    ([NAN, 2.0], [2.1], 65, 1.1),
    ([4.1, INF, 2.0], [2.1], 65, 1.1),
    ([4.1, 5.2], [4.2], 65, 1.1),
    ([4.1, 5.05], [4.2], 65, 1.1),
    ([3.0, 4.5], [3.2], 65, 1.1),
    ([4.1, 4.7, 5.3], [4.5], 65, 1.1),
    ([4.1, 1.6, 3.5], [1.7], 65, 1.1),
    ([17.0, 3.0], [3.1, 2.9], 65, 1.1),
    ([5.2, 3.0], [3.1, 2.9], 65, 1.1),
    ([6.2, 3.0], [3.1, 2.9], 65, 1.1),
    ([1.75, 1.0], [1.2], 2, 0.5),
    ([2.5, 1.0], [1.2], 2, 0.5),
    ([4.1, 2.0, 0.4], [2.1, 0.4], 65, 1.1),
    ([4.1, 0.9], [1.3, 0.98], 65, 1.1),
    ([4.1, 0.9], [0.98, 1.05], 65, 1.1),
    ([4.1, 0.9], [2.0, 0.95, 1.03], 65, 1.1),
    ([0.7, 0.1], [0.3], 2, 0.5),
    ([4.1, 1.2], [2.0, 0.9], 65, 1.1),
    ([4.1, 0.2], [2.0, 1.5, 1.9], 65, 1.1),
    ([4.1, 0.2], [1.5, 1.62], 65, 1.1),
    ([4.1, 0.2, 0.3], [2.0, 1.5, 1.9], 65, 1.1),
    ([4.1, 0.2, 0.4, 0.3], [2.0, 1.5, 1.9], 65, 1.1),
    ([4.1, 2.0, 1.0, 0.2], [2.0, 1.5, 1.9], 65, 1.1),
    ([4.1, 0.2], [2.0, 1.5, 1.9, 1.7], 65, 1.1),
    ([4.1, 1.9], [1.3, 1.35, 1.45], 65, 1.1),
]

# What holds of a log that an answer does not fit; at most one row of the table is the case.
ELSE = {
    "blows up": "every training loss is finite, and the last is at most 1 nat above the first",
    "starts too high": "the first training loss is at most 1 nat above log V",
    "too good": "no validation loss is more than 0.1 nats below the entropy",
    "memorises": "validation ends at most 0.1 above its lowest, or training not below its first",
    "fine": "one of the other rows of the table is the case",
}


def _claim(kind: str, says: str) -> Property:
    return Property(
        f"“{kind}” does not fit: {says}",
        lambda got, *log: got != kind or right(*log) == kind,
        rule=False,
    )


check = Check.of(
    __file__,
    "read_log(loss, validation, V, entropy)",
    CASES,
    "A loss that is too good",
    properties=(
        Property("the answer has to be one of the five of the task", lambda got, *_: got in ELSE),
        *(_claim(kind, says) for kind, says in ELSE.items()),
    ),
    errors={
        "^IndexError": "Of both lists only one entry is certain.",
        "^ValueError.*domain": "The logarithm that is asked for is that of V.",
    },
    two=False,
)
