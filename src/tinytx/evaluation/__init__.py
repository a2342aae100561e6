"""Evaluation: what a trained model can do, in numbers and pictures."""

from .floor import context_floor
from .perplexity import Perplexity, perplexity
from .places import loss_by_place
from .recall import Recall, recall
from .telling import Told, tell

__all__ = [
    "Perplexity",
    "Recall",
    "Told",
    "context_floor",
    "loss_by_place",
    "perplexity",
    "recall",
    "tell",
]
