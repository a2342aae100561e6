"""Texts and data sets. What ships with the package or is made from a seed needs no network.

======================  =====================================================================
``raven`` ``article1``  short texts that ship with the package
``tales`` ``listops``   made from a seed
``get_batch``           random windows of a text; ``WindowSource``, ``EpochSource`` go on exactly
``Corpus``              your own text file, folder or parquet
``packing``             documents of any length in rows of one length
``cleaning``            what of a crawl is thrown away, and why
``write_tokens``        a corpus as one file of ids; ``open_tokens`` reads it without loading it
``shakespeare``         Tiny Shakespeare, downloaded once
``fineweb``             FineWeb-Edu, streamed
======================  =====================================================================

The last two, and parquet, need ``pip install 'tinytx[data]'``. They import those packages when
they are used, so importing this module imports none of them.
"""

from . import cleaning, fineweb, listops, packing, tales
from .article1 import article1
from .batches import EpochSource, WindowSource, get_batch
from .corpus import Corpus
from .raven import raven
from .shakespeare import shakespeare
from .sides import is_held_out
from .tokens import open_tokens, write_tokens

__all__ = [
    "Corpus",
    "EpochSource",
    "WindowSource",
    "article1",
    "cleaning",
    "fineweb",
    "get_batch",
    "is_held_out",
    "listops",
    "open_tokens",
    "packing",
    "raven",
    "shakespeare",
    "tales",
    "write_tokens",
]
