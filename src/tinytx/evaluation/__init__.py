"""Evaluation: what a trained model can do, in numbers and pictures."""

from .floor import context_floor
from .perplexity import Perplexity, perplexity
from .recall import Recall, recall

__all__ = ["Perplexity", "Recall", "context_floor", "perplexity", "recall"]
