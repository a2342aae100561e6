"""The checks of chapter 13: ``from tinytx.checks import modern_blocks as check``."""

from ..chapter import Chapter
from .cache_bytes import check as cache_bytes
from .decoded import check as decoded
from .geglu_backward import check as geglu_backward
from .group_rmsnorm import check as group_rmsnorm
from .halves_from_pairs import check as halves_from_pairs
from .parts import Expert
from .rotate_pairs import check as rotate_pairs
from .routed import check as routed

chapter = Chapter(
    "13_modern_blocks",
    [
        cache_bytes,
        group_rmsnorm,
        rotate_pairs,
        geglu_backward,
        halves_from_pairs,
        decoded,
        routed,
    ],
)
results = chapter.results

__all__ = [
    "Expert",
    "cache_bytes",
    "chapter",
    "decoded",
    "geglu_backward",
    "group_rmsnorm",
    "halves_from_pairs",
    "results",
    "rotate_pairs",
    "routed",
]
