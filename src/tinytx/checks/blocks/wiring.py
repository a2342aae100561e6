"""The check of ``wiring(block, T, D)``: an experiment that tells norms and sums from outside."""

from __future__ import annotations

from collections.abc import Callable

from ..check import Check
from ..verdict import Property
from . import boxes
from .inputs import Part

# The task's example, and one whose output falls; one of each kind; then of each kind what is
# promised: trained norms, parts that give from a thousandth to thousands of times as much, or
# little but their bias, a block that overwrites, one position.
CASES = [
    (Part("3 * x"), 2, 4),
    (Part("-2 * x"), 2, 4),
    (boxes.pre, 3, 4),
    (boxes.post, 3, 4),
    (boxes.bare, 3, 4),
    (boxes.unnormed, 3, 4),
    (boxes.trained_pre, 2, 5),
    (boxes.trained_post, 4, 6),
    (boxes.small_post, 3, 5),
    (boxes.trained_bare, 4, 5),
    (boxes.quiet_pre, 3, 6),
    (boxes.quiet_post, 3, 6),
    (boxes.quiet_bare, 3, 6),
    (boxes.quiet_unnormed, 3, 6),
    (boxes.faint_unnormed, 3, 6),
    (boxes.loud_pre, 4, 6),
    (boxes.loud_trained_pre, 4, 6),
    (boxes.loud_trained_pre, 1, 6),
    (boxes.growing_pre, 3, 6),
    (boxes.loud_post, 3, 6),
    (boxes.loud_unnormed, 3, 5),
    (boxes.loud_bare, 3, 5),
    (boxes.biased_unnormed, 3, 5),
    (boxes.overwriting_pre, 3, 4),
    (boxes.overwriting_post, 3, 6),
    (boxes.overwriting_unnormed, 3, 5),
    (boxes.overwriting_bare, 3, 5),
    (boxes.pre, 1, 6),
    (boxes.post, 1, 8),
    (boxes.unnormed, 1, 4),
    (boxes.bare, 1, 4),
]

KINDS = {"pre": ["norm", "sum"], "post": ["sum", "norm"], "bare": ["norm"], "unnormed": ["sum"]}


def _kind(block: Callable) -> list[str]:
    """Return what a block is, by its name; the simple ones are sums without a norm."""
    return KINDS.get(block.__name__.rpartition("_")[2], KINDS["unnormed"])


def _claims(found: list[str], block: Callable, T: int, D: int) -> str:
    """Say which claim of an answer about a block is not so."""
    kind = _kind(block)
    said = [f"the block has a {word}, and the answer none" for word in kind if word not in found]
    said += [f"the answer has a {word}, and the block none" for word in found if word not in kind]
    return "; ".join(said) or "both words are right, and their order is not"


check = Check.of(
    __file__,
    "wiring(block, T, D)",
    CASES,
    "Pre-norm and post-norm",
    properties=(
        Property(
            "the answer has to be one of the four lists of the task",
            lambda found, block, T, D: found in KINDS.values(),
        ),
        Property(
            "the answer does not fit the block",
            lambda found, block, T, D: found == _kind(block),
            _claims,
            rule=False,
        ),
    ),
    errors={
        "^(IndexError|ValueError)": "`block` takes and gives one array of shape (T, D), and T may"
        " be 1.",
    },
    new=False,
    two=False,
)
