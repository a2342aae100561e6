"""Texts and data sets: each ships with the package or is made from a seed."""

from .article1 import article1
from .raven import raven

__all__ = ["article1", "raven"]
