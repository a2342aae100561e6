"""The checks of chapter 12: ``from tinytx.checks import speed as check``."""

from ..chapter import Chapter
from .intensity import check as intensity
from .least_time import check as least_time
from .merged import check as merged
from .parts import Pieces
from .quantized import check as quantized
from .ratio import check as ratio
from .recomputed import check as recomputed
from .weighted_sum import check as weighted_sum

chapter = Chapter(
    "12_speed",
    [intensity, least_time, ratio, weighted_sum, merged, quantized, recomputed],
)
results = chapter.results

__all__ = [
    "Pieces",
    "chapter",
    "intensity",
    "least_time",
    "merged",
    "quantized",
    "ratio",
    "recomputed",
    "results",
    "weighted_sum",
]
