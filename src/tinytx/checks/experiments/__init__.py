"""The checks of chapter 11: ``from tinytx.checks import experiments as check``."""

from ..chapter import Chapter
from .best_floor import check as best_floor
from .bootstrap import check as bootstrap
from .compute_needed import check as compute_needed
from .from_curves import check as from_curves
from .paired import check as paired
from .standard_error import check as standard_error
from .tuned import check as tuned

chapter = Chapter(
    "11_experiments",
    [
        standard_error,
        paired,
        from_curves,
        bootstrap,
        tuned,
        compute_needed,
        best_floor,
    ],
)
results = chapter.results

__all__ = [
    "best_floor",
    "bootstrap",
    "chapter",
    "compute_needed",
    "from_curves",
    "paired",
    "results",
    "standard_error",
    "tuned",
]
