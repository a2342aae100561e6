"""The checks of chapter 10: ``from tinytx.checks import looking_inside as check``."""

from ..chapter import Chapter
from .ablated import check as ablated
from .attributed import check as attributed
from .induction_score import check as induction_score
from .lens import check as lens
from .restored import check as restored
from .share_at import check as share_at

chapter = Chapter(
    "10_looking_inside",
    [
        share_at,
        induction_score,
        ablated,
        lens,
        attributed,
        restored,
    ],
)
results = chapter.results

__all__ = [
    "ablated",
    "attributed",
    "chapter",
    "induction_score",
    "lens",
    "restored",
    "results",
    "share_at",
]
