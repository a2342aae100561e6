"""The checks of chapter 09: ``from tinytx.checks import generation as check``."""

from ..chapter import Chapter
from .cache_bytes import check as cache_bytes
from .cached_text import check as cached_text
from .continuation_log_prob import check as continuation_log_prob
from .filtered import check as filtered
from .left_padded import check as left_padded
from .speculative_step import check as speculative_step
from .tempered import check as tempered

chapter = Chapter(
    "09_generation",
    [
        cache_bytes,
        tempered,
        continuation_log_prob,
        filtered,
        left_padded,
        cached_text,
        speculative_step,
    ],
)
results = chapter.results

__all__ = [
    "cache_bytes",
    "cached_text",
    "chapter",
    "continuation_log_prob",
    "filtered",
    "left_padded",
    "results",
    "speculative_step",
    "tempered",
]
