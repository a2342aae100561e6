"""Looking inside: is a gradient right, what should a loss be, and are two engines the same?

Interventions change a value on its way and show what comes out: :func:`patch`, :func:`ablate`. A
model is read in parts by :func:`logit_lens`, :func:`attribute`, :func:`circuits`, the scores of
heads and the loads of experts. And what a model costs, before it is made: :func:`parameters`,
:func:`flops`, :func:`memory`.
"""

from typing import Any

from .ablate import ablate
from .attribution import Attribution, attribute
from .backward import Gradients, capture_gradients
from .capture import Capture, capture
from .circuits import Circuits, circuits
from .experts import expert_choices, expert_loads
from .gradcheck import check_gradients, check_module, check_pair
from .gradreport import Entry, GradientReport
from .heads import induction_scores, previous_token_scores
from .lens import logit_lens
from .losses import ExpectedLosses, batch_floor, expected_losses
from .patch import patch
from .residual import ResidualNorms, residual_norms
from .sizes import flops, memory, parameters

__all__ = [
    "Attribution",
    "Capture",
    "Circuits",
    "Entry",
    "ExpectedLosses",
    "GradientReport",
    "Gradients",
    "LadderReport",
    "ResidualNorms",
    "ablate",
    "attribute",
    "batch_floor",
    "capture",
    "capture_gradients",
    "check_gradients",
    "check_module",
    "check_pair",
    "circuits",
    "compare",
    "expected_losses",
    "expert_choices",
    "expert_loads",
    "flops",
    "induction_scores",
    "logit_lens",
    "memory",
    "parameters",
    "patch",
    "previous_token_scores",
    "residual_norms",
]


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch when it is asked for, and not before."""
    if name in ("LadderReport", "compare"):
        from . import ladder

        return getattr(ladder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
