"""The check of ``diagnose(model, V, T)``: models that cannot be seen into."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property
from .boxes import BOXES, V, late

WHO = {id(box): kind for kind, box in BOXES.values()} | {id(late): "future"}
# What holds of a model that an answer does not fit; it has at most one fault.
ELSE = {
    "random": "called twice with the same ids, the model gives the same logits",
    "batch": "what it says of a text depends on no other text, but for rounding",
    "future": "what it says at a position depends on no later token",
    "order": "for some ids, the order of the earlier tokens matters at the last position",
    "right": "the model has one of the four faults",
}


def _claim(kind: str, says: str) -> Property:
    return Property(
        f"“{kind}” does not fit: {says}",
        lambda got, model, V, T: got != kind or WHO[id(model)] == kind,
        rule=False,
    )


# In a longer text a fault has more places to hide at; by chance, one near may be missed, not all.
LENGTHS = {"bag": (7,), "right": (4, 5), "right_small": (8,), "near": (5, 6, 8)}
LENGTHS |= {"zero": (5, 8), "third": (5, 9), "row": (5, 7)}
CASES = [(box, V, T) for name, (_, box) in BOXES.items() for T in LENGTHS.get(name, (5,))]
CASES += [(late, V, 9)]

check = Check.of(
    __file__,
    "diagnose(model, V, T)",
    CASES,
    "All at once",
    properties=(
        Property(
            "the answer has to be one of the five of the task",
            lambda found, model, V, T: found in ELSE,
        ),
        *(_claim(kind, says) for kind, says in ELSE.items()),
    ),
    errors={
        "^(IndexError|ValueError)": "The model takes ids (B, T), integers from 0 to V - 1, also"
        " with B = 1, and gives (B, T, V).",
    },
    new=False,
    two=False,
)
