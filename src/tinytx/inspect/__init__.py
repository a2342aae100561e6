"""Looking inside: is a gradient right, what should a loss be, and are two engines the same?"""

from typing import Any

from .capture import Capture, capture
from .gradcheck import Entry, GradientReport, check_gradients, check_module, check_pair
from .losses import ExpectedLosses, expected_losses

__all__ = [
    "Capture",
    "Entry",
    "ExpectedLosses",
    "GradientReport",
    "LadderReport",
    "capture",
    "check_gradients",
    "check_module",
    "check_pair",
    "compare",
    "expected_losses",
]


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch when it is asked for, and not before."""
    if name in ("LadderReport", "compare"):
        from . import ladder

        return getattr(ladder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
