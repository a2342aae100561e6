"""Looking inside: is a gradient right, and what should a loss be?"""

from .capture import Capture, capture
from .gradcheck import Entry, GradientReport, check_gradients, check_module, check_pair
from .losses import ExpectedLosses, expected_losses

__all__ = [
    "Capture",
    "Entry",
    "ExpectedLosses",
    "GradientReport",
    "capture",
    "check_gradients",
    "check_module",
    "check_pair",
    "expected_losses",
]
