"""What a run costs: hours, energy and money by formula, with every input named.

Arithmetic is counted as 6 N D: 2 operations for each of N weights in the forward, twice that in the
backward, for each of D tokens (Kaplan et al. 2020, section 2.1). That leaves out comparing queries
and keys, which counts for long contexts in small models: :func:`tinytx.inspect.flops` has it.
*Utilisation* is what is left of a data sheet's peak in practice (MFU: Chowdhery et al. 2022,
appendix B; its table 3 has four large models between 0.21 and 0.46).

What is below 0 or not finite is refused with a ``ValueError``, and so is a rate of 0 to divide by.
"""

from __future__ import annotations

import math

from ..inspect.sizes import parameters
from ..manual.shapes import check_above_0, check_not_below_0
from .known import KNOWN, Run


def training_flops(n_parameters: float, tokens: float) -> float:
    """Return 6 N D, the floating-point operations of reading ``tokens`` once in training.

    >>> f"{training_flops(124e6, 10e9):.2e}"
    '7.44e+18'
    """
    check_not_below_0("n_parameters", n_parameters)
    check_not_below_0("tokens", tokens)
    return 6 * n_parameters * tokens


def gpu_hours(flops: float, peak: float, utilisation: float) -> float:
    """Return the hours that one accelerator takes; n of them share these out at best.

    Parameters
    ----------
    flops
        Floating-point operations of the whole run.
    peak
        Operations a second, from the data sheet: dense, in the precision that is used.
    utilisation
        The share of the peak that is reached, above 0 and at most 1.
    """
    if not 0 < utilisation <= 1:
        raise ValueError(f"utilisation is {utilisation!r} and must be above 0 and at most 1")
    check_not_below_0("flops", flops)
    check_above_0("peak", peak)
    return flops / (peak * utilisation) / 3600


def utilisation(flops: float, peak: float, hours: float) -> float:
    """Return which share of the peak a run has reached, from the hours that it took."""
    check_not_below_0("flops", flops)
    check_above_0("peak", peak)
    check_above_0("hours", hours)
    return flops / (peak * hours * 3600)


def energy(hours: float, watts: float, overhead: float = 1.0) -> float:
    """Return kilowatt hours: hours of one accelerator times what it draws.

    ``overhead`` is what a data centre draws for each watt of its machines (PUE); the rest of the
    machine (processors, network) is in neither, and a card may draw less than its limit.

    >>> energy(184_320, watts=400)
    73728.0
    """
    check_not_below_0("hours", hours)
    check_not_below_0("watts", watts)
    if not 1 <= overhead < math.inf:
        raise ValueError(f"overhead is {overhead!r} and must be at least 1: the machines' own")
    return hours * watts / 1000 * overhead


def money(hours: float, price: float) -> float:
    """Return what hours cost at a price for the hour, in its currency: whatever you are asked."""
    check_not_below_0("hours", hours)
    check_not_below_0("price", price)
    return hours * price


def run_utilisation(run: Run) -> float:
    """Return the utilisation that follows from a published run.

    >>> from tinytx.scale.known import RUNS
    >>> round(run_utilisation(RUNS["Llama 2 7B"]), 2)
    0.39
    """
    n = sum(parameters(KNOWN[run.model]).values())
    return utilisation(training_flops(n, run.tokens), run.gpu.peak, run.hours)
