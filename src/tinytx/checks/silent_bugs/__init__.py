"""The checks of chapter 08: ``from tinytx.checks import silent_bugs as check``."""

from ..chapter import Chapter
from .diagnose import check as diagnose
from .evaluate import check as evaluate
from .first_difference import check as first_difference
from .prefix_loss import check as prefix_loss
from .read_log import check as read_log

chapter = Chapter("08_silent_bugs", [prefix_loss, first_difference, evaluate, read_log, diagnose])
results = chapter.results

__all__ = [
    "chapter",
    "diagnose",
    "evaluate",
    "first_difference",
    "prefix_loss",
    "read_log",
    "results",
]
