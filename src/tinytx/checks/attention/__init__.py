"""The checks of chapter 03: ``from tinytx.checks import attention as check``."""

from ..chapter import Chapter
from .attention import check as attention
from .causal_mask import check as causal_mask
from .masked_weights import check as masked_weights
from .scaled_scores import check as scaled_scores
from .sees_the_future import check as sees_the_future
from .softmax import check as softmax
from .who_moves import check as who_moves

chapter = Chapter(
    "03_attention",
    [softmax, causal_mask, scaled_scores, masked_weights, who_moves, attention, sees_the_future],
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
    "who_moves",
]
