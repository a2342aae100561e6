"""Texts and data sets: each ships with the package or is made from a seed."""

from . import listops, tales
from .article1 import article1
from .batches import EpochSource, WindowSource, get_batch
from .raven import raven

__all__ = [
    "EpochSource",
    "WindowSource",
    "article1",
    "get_batch",
    "listops",
    "raven",
    "tales",
]
