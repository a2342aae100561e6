"""The checks of chapter 04: ``from tinytx.checks import multihead as check``."""

from ..chapter import Chapter
from .head_outputs import check as head_outputs
from .is_right_split import check as is_right_split
from .merge_heads import check as merge_heads
from .multi_head_attention import check as multi_head_attention
from .split_heads import check as split_heads
from .split_strides import check as split_strides

chapter = Chapter(
    "04_multihead",
    [
        split_heads,
        merge_heads,
        split_strides,
        head_outputs,
        multi_head_attention,
        is_right_split,
    ],
)
results = chapter.results

__all__ = [
    "chapter",
    "head_outputs",
    "is_right_split",
    "merge_heads",
    "multi_head_attention",
    "results",
    "split_heads",
    "split_strides",
]
