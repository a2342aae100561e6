"""FineWeb-Edu, or parquet of your own: more text than fits a disk, streamed into batches.

Penedo et al. 2024, "The FineWeb Datasets" (arXiv:2406.17557). The sample of ten billion tokens is
fourteen shards; a few of them lie on disk at a time.

======================  =====================================================================
``fineweb``             the documents of the data set, from the Hub
``LocalShards``         parquet files of your own, for a ``DocumentStream``
``DocumentStream``      documents in order, each on one side
``LaneSource``          batches for the training loop, the same for any number of processes
``merge_states``        the states of all processes as one
``validation_windows``  the first windows of the held-out side
======================  =====================================================================
"""

from __future__ import annotations

from ..patience import Patience
from .dataset import fineweb
from .documents import DocumentStream
from .hub import Hub, Shard
from .lanes import Place
from .shards import HubShards, LocalShards
from .source import LaneSource
from .states import merge_states
from .validation import validation_windows

__all__ = [
    "DocumentStream",
    "Hub",
    "HubShards",
    "LaneSource",
    "LocalShards",
    "Patience",
    "Place",
    "Shard",
    "fineweb",
    "merge_states",
    "validation_windows",
]
