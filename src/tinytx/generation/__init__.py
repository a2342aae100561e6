"""Generation: from a distribution over the next token to text."""

from .sampling import generate, sample

__all__ = ["generate", "sample"]
