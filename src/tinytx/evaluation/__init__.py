"""Evaluation: what a trained model can do, in numbers and pictures."""

from .floor import context_floor
from .perplexity import Perplexity, perplexity
from .recall import Recall, recall
from .telling import Told, tell

__all__ = ["Perplexity", "Recall", "Told", "context_floor", "perplexity", "recall", "tell"]
