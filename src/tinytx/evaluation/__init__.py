"""Evaluation: what a trained model can do, in numbers and pictures."""

from .floor import context_floor

__all__ = ["context_floor"]
