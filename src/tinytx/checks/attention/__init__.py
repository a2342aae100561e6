"""The checks of chapter 03: ``from tinytx.checks import attention as check``."""

from ..chapter import Chapter
from .causal import check as causal_mask
from .masking import check as masked_weights
from .probing import check as sees_the_future
from .reading import check as attention
from .scores import check as scaled_scores
from .softmax import check as softmax

chapter = Chapter(
    "03_attention",
    [softmax, causal_mask, scaled_scores, masked_weights, attention, sees_the_future],
)
results = chapter.results

__all__ = [
    "attention",
    "causal_mask",
    "chapter",
    "masked_weights",
    "results",
    "scaled_scores",
    "sees_the_future",
    "softmax",
]
