"""Which choices matter, by how much, with what error bar: the experiments of chapter 11.

==============  ==================================================================================
``plan.toml``   arms and experiments: what is compared
``arms``        the plan, read
``lab``         the texts, and their exact entropy
``trial``       one run: an arm, a rate, a seed
``record``      many runs, resumable, each arm at its own best rate
``recording``   the runs that ship with the package
``statistics``  paired and unpaired differences, bootstrap, how many seeds, many comparisons
``scaling``     power laws, with and without a constant
``report``      tables for a terminal
==============  ==================================================================================
"""

from .arms import SEEDS, Arm, Experiment, arms, experiments
from .lab import Lab, lab
from .recording import Runs, for_browser, measured, recorded, runs_of, scaling_points

__all__ = [
    "SEEDS",
    "Arm",
    "Experiment",
    "Lab",
    "Runs",
    "arms",
    "experiments",
    "for_browser",
    "lab",
    "measured",
    "recorded",
    "runs_of",
    "scaling_points",
]
