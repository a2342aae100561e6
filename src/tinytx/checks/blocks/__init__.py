"""The checks of chapter 05: ``from tinytx.checks import blocks as check``."""

from ..chapter import Chapter
from .count_parameters import check as count_parameters
from .gelu import check as gelu
from .layernorm import check as layernorm
from .mlp import check as mlp
from .pre_norm import check as pre_norm
from .wiring import check as wiring

chapter = Chapter("05_blocks", [layernorm, gelu, mlp, pre_norm, count_parameters, wiring])
results = chapter.results

__all__ = [
    "chapter",
    "count_parameters",
    "gelu",
    "layernorm",
    "mlp",
    "pre_norm",
    "results",
    "wiring",
]
