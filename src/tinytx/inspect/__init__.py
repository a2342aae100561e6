"""Looking inside: is a gradient right, what should a loss be, and are two engines the same?

And what a model costs, before it is made: :func:`parameters`, :func:`flops`, :func:`memory`.
"""

from typing import Any

from .backward import Gradients, capture_gradients
from .capture import Capture, capture
from .gradcheck import check_gradients, check_module, check_pair
from .gradreport import Entry, GradientReport
from .losses import ExpectedLosses, expected_losses
from .residual import ResidualNorms, residual_norms
from .sizes import flops, memory, parameters

__all__ = [
    "Capture",
    "Entry",
    "ExpectedLosses",
    "GradientReport",
    "Gradients",
    "LadderReport",
    "ResidualNorms",
    "capture",
    "capture_gradients",
    "check_gradients",
    "check_module",
    "check_pair",
    "compare",
    "expected_losses",
    "flops",
    "memory",
    "parameters",
    "residual_norms",
]


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch when it is asked for, and not before."""
    if name in ("LadderReport", "compare"):
        from . import ladder

        return getattr(ladder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
