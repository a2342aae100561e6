"""The checks of chapter 04: ``from tinytx.checks import multihead as check``."""

from ..chapter import Chapter
from .layer import check as multi_head_attention
from .merging import check as merge_heads
from .proving import check as is_right_split
from .splitting import check as split_heads
from .strides import check as split_strides
from .writing import check as head_outputs

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
