"""The checks of chapter 01: ``from tinytx.checks import tokenization as check``."""

from ..chapter import Chapter
from .counting import check as count_pairs
from .decoding import check as decode
from .encoding import check as encode_word
from .merging import check as merge_pair
from .special import check as split_special
from .training import check as train_bpe

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
