"""The checks of chapter 07: ``from tinytx.checks import training as check``."""

from ..chapter import Chapter
from .accumulated import check as accumulated
from .adamw_step import check as adamw_step
from .clip import check as clip
from .get_batch import check as get_batch
from .get_lr import check as get_lr
from .overfit import check as overfit
from .shares import check as shares

chapter = Chapter(
    "07_training", [get_batch, clip, shares, accumulated, get_lr, adamw_step, overfit]
)
results = chapter.results

__all__ = [
    "accumulated",
    "adamw_step",
    "chapter",
    "clip",
    "get_batch",
    "get_lr",
    "overfit",
    "results",
    "shares",
]
