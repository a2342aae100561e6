"""Probes: is a model that trains, and whose loss falls, the model that was meant?

A loss curve does not tell. Each probe asks one question from outside and answers with a
:class:`Result`: its name, whether it passed, what was measured, and what that means.
:func:`probe` asks all that a model alone can answer; the others need what surrounds it.

===========================  ==================================================================
of any model                 :func:`causality`, :func:`prefix_loss`, :func:`permutation`,
                             :func:`batch_independence`, :func:`deterministic`, :func:`cached`
of one with parameters       :func:`tied`, :func:`gradient_reaches`, :func:`gradient_is_slope`,
                             :func:`overfit_ten`; fresh, :func:`first_loss`
of a training step           :func:`accumulation`, :func:`repeated_gradient`
of attention alone           :func:`attention`
of data                      :func:`shifted`, :func:`padding`, :func:`held_apart`
===========================  ==================================================================

What cannot be seen from outside: heads that take every H-th feature instead of a stretch of them,
or scores without the division by √Dh, in a whole model. Other weights give the same function.
"""

from .learning import (
    accumulation,
    first_loss,
    gradient_is_slope,
    gradient_reaches,
    learner_gradients,
    overfit_ten,
    repeated_gradient,
)
from .parts import attention, deterministic, held_apart, padding, shifted, tied
from .result import Report, Result
from .run import probe
from .sight import (
    batch_independence,
    cached,
    causality,
    permutation,
    prefix_loss,
    window_and_prefix_losses,
)

__all__ = [
    "Report",
    "Result",
    "accumulation",
    "attention",
    "batch_independence",
    "cached",
    "causality",
    "deterministic",
    "first_loss",
    "gradient_is_slope",
    "gradient_reaches",
    "held_apart",
    "learner_gradients",
    "overfit_ten",
    "padding",
    "permutation",
    "prefix_loss",
    "probe",
    "repeated_gradient",
    "shifted",
    "tied",
    "window_and_prefix_losses",
]
