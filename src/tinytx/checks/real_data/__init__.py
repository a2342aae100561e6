"""The checks of chapter 14: ``from tinytx.checks import real_data as check``."""

from ..chapter import Chapter
from .fits import check as fits
from .mean_loss import check as mean_loss
from .parts import Number
from .places_and_mask import check as places_and_mask
from .reduce_scatter import check as reduce_scatter
from .resumed import check as resumed
from .similarity import check as similarity
from .split import check as split

chapter = Chapter(
    "14_real_data",
    [similarity, places_and_mask, mean_loss, reduce_scatter, split, fits, resumed],
)
results = chapter.results

__all__ = [
    "Number",
    "chapter",
    "fits",
    "mean_loss",
    "places_and_mask",
    "reduce_scatter",
    "results",
    "resumed",
    "similarity",
    "split",
]
