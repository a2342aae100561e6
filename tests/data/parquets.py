"""Small parquet shards and a patience that suits them."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tinytx.data.patience import Patience
from tinytx.tokenizers import BPETokenizer

from .hub import FOLDER

BYTES = BPETokenizer([bytes([i]) for i in range(256)], ["<|endoftext|>"])  # a byte is a token
QUICK = Patience(tries=5, first_wait=0.01, longest_wait=0.05, timeout=1.0, least_rate=1_000)
HANGING = ("stall", "silence", "trickle")  # what only the clock tells: all else gets time to answer


def waits(fault: str, seconds: float) -> float:
    """Return how long to wait for a byte: a busy machine must not make a hanging server of ours."""
    return seconds if fault in HANGING else 30.0


def texts(n: int, seed: int = 0, longest: int = 40) -> list[str]:
    """Return n different documents of 4 to `longest` characters; a few hold nothing."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, longest, n)
    return [
        "" if rng.random() < 0.02 else f"{i:04d}" + "é" * (k // 2) for i, k in enumerate(lengths)
    ]


def parquet(column: list[str | None], group: int = 5, **more: list) -> bytes:
    """Return a parquet file with a column `text`, and others that nobody needs."""
    table = pa.table(
        {"id": [str(i) for i in range(len(column))], "text": pa.array(column, pa.string()), **more}
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=group)
    return sink.getvalue()


def shards(documents: list[str], sizes: list[int], group: int = 5) -> dict[str, bytes]:
    """Return the documents in shards of the given sizes, as the files of a Hub."""
    files, start = {}, 0
    for i, size in enumerate(sizes):
        files[f"{FOLDER}/{i:03d}_00000.parquet"] = parquet(documents[start : start + size], group)
        start += size
    assert start == len(documents)
    return files
