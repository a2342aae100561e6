"""The checks of chapter 01: ``from tinytx.checks import tokenization as check``."""

from ..chapter import Chapter
from .count_pairs import check as count_pairs
from .decode import check as decode
from .encode_word import check as encode_word
from .merge_pair import check as merge_pair
from .split_special import check as split_special
from .train_bpe import check as train_bpe

chapter = Chapter(
    "01_tokenization",
    [decode, count_pairs, merge_pair, split_special, encode_word, train_bpe],
)
results = chapter.results

__all__ = [
    "chapter",
    "count_pairs",
    "decode",
    "encode_word",
    "merge_pair",
    "results",
    "split_special",
    "train_bpe",
]
