"""Evaluation: what a trained model can do, in numbers and pictures."""

from .floor import context_floor
from .perplexity import Perplexity, perplexity

__all__ = ["Perplexity", "context_floor", "perplexity"]
