"""Where does the time go, and how far is the limit? Both are measured, on the reader's machine.

First the limits: :func:`measure_machine`. Then what a step has to do, operation by operation, in
arithmetic and in traffic with memory: :func:`training_step`, :func:`decoding_step`; and how long
each operation takes: :func:`timed_step`. One computation written better and better, each rung held
against the last and against the limit: :func:`climb`. And writing: what a batch brings, what the KV
cache saves, how much of the memory bus is used: :func:`decoding_rates`, :func:`cache_gain`,
:func:`bus_share`.

A time is the machine's, and differs from minute to minute. A ratio taken within a round travels:
all comparisons here are ratios with their quartiles.
"""

from .climb import Climb, Step, climb
from .decoding import BusShare, Rate, Saved, bus_share, cache_gain, decoding_rates, weight_bytes
from .machine import H100, Machine, measure_machine
from .step_times import StepTimes, Timed, timed_step
from .steps import decoding_step, training_step
from .timing import Ratio, Reading, in_turn, ratio, repeated
from .work import PARTS, Work, by_part

__all__ = [
    "H100",
    "PARTS",
    "BusShare",
    "Climb",
    "Machine",
    "Rate",
    "Ratio",
    "Reading",
    "Saved",
    "Step",
    "StepTimes",
    "Timed",
    "Work",
    "bus_share",
    "by_part",
    "cache_gain",
    "climb",
    "decoding_rates",
    "decoding_step",
    "in_turn",
    "measure_machine",
    "ratio",
    "repeated",
    "timed_step",
    "training_step",
    "weight_bytes",
]
