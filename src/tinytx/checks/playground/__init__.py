"""Widgets over the learner's own functions: for a live kernel, and only once they are right.

A playground shows nothing while an exercise is not solved, and prints nothing, ever, so that a
notebook can be verified with it. It needs ipywidgets, which come with JupyterLab and Colab. Each
notebook imports all of this before its first exercise, so what one playground alone needs (models,
texts, SciPy) is imported where that one is drawn.
"""

from .choosing import generation
from .comparing import experiments
from .merging import MergePlayer, merges, visible
from .peeking import silent_bugs
from .placing import embeddings
from .planning import real_data
from .reading import looking_inside
from .routing import modern_blocks
from .squeezing import speed
from .stacking import blocks
from .stepping import backprop
from .switching import heads
from .walking import training
from .weighing import attention

__all__ = [
    "MergePlayer",
    "attention",
    "backprop",
    "blocks",
    "embeddings",
    "experiments",
    "generation",
    "heads",
    "looking_inside",
    "merges",
    "modern_blocks",
    "real_data",
    "silent_bugs",
    "speed",
    "training",
    "visible",
]
