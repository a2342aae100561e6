"""From a text to batches: windows or documents to train on, and a fixed set to evaluate on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..config import GPTConfig
from ..data.batches import DocumentSource, ShuffledSource, Source, WindowSource, rows_of
from ..tokenizers import BPETokenizer
from ..tokenizers.base import Tokenizer
from ..tokenizers.bridge import get_encoding
from ..training.learner import Batch
from ..training.parallel import World
from ..training.settings import TrainConfig
from .texts import Text, make_tokenizer

ORDERS = {"random": WindowSource, "shuffled": ShuffledSource}
EVALUATED = 64  # windows in one forward
NEARLY_ALL = 0.99  # a share of tokens; below, a loss is not set beside that of whole documents
ALIKE = 16  # batches of like lengths: of 16 tales each, 1 % is padding, and 21 % without


def windows(ids: np.ndarray, context_length: int, n: int | None) -> list[Batch]:
    """Return the first ``n`` windows of ``ids``, one after the other, with their targets.

    Every token but the first is a target once; what is left at the end is not. Raises
    ``ValueError`` if there is no whole window.
    """
    T = context_length
    most = (len(ids) - 1) // T
    if most < 1:
        raise ValueError(
            f"the held-out text has {len(ids)} tokens and must have more than context_length {T}: "
            "give a longer text, or lower --context-length"
        )
    count = most if n is None else min(n, most)
    x = np.asarray(ids[: count * T + 1]).astype(np.int64)
    return _in_batches(x[:-1].reshape(count, T), x[1:].reshape(count, T))


def _in_batches(ids: np.ndarray, targets: np.ndarray) -> list[Batch]:
    """Return rows to evaluate on, :data:`EVALUATED` to a batch."""
    cuts = range(EVALUATED, len(ids), EVALUATED)
    return list(zip(np.split(ids, cuts), np.split(targets, cuts), strict=True))


def held_out_batches(text: Text, config: GPTConfig, order: str, n: int | None) -> list[Batch]:
    """Return what a model is evaluated on: the first ``n`` windows, or documents, held out."""
    T = config.context_length
    if order != "documents":
        return windows(text.held_out, T, n)
    return _in_batches(*rows_of(_documents(text)[1][:n], T))


def share_scored(text: Text, context_length: int, order: str) -> float:
    """Return which share of its held-out tokens a model of a context is scored on, from 0 to 1.

    A document longer than the context is cut; of windows all are read.
    """
    if order != "documents":
        return 1.0
    lengths = np.array([len(ids) - 1 for ids in _documents(text)[1]])
    return float(np.minimum(lengths, context_length).sum() / lengths.sum())


def _documents(text: Text) -> tuple[list[np.ndarray], list[np.ndarray]]:
    if text.documents is None:
        raise ValueError(
            "order is 'documents' and the corpus is known as one text only: take random or shuffled"
        )
    return text.documents


class Streamed(NamedTuple):
    """What the recipe needs of a corpus that is never held as a whole."""

    tokenizer: Tokenizer
    source: Any
    held_out: list[Batch]


def stream(data: dict[str, Any], config: GPTConfig, train: TrainConfig, world: World) -> Streamed:
    """Return FineWeb as a source, and its fixed validation windows.

    Raises
    ------
    ValueError
        If the tokenizer would have to be trained first, the processes cannot share the lanes, or
        the shards cannot be read.
    """
    lanes = math.gcd(train.batch_size, 64)
    if lanes % world.size:
        counts = [str(n) for n in range(1, lanes + 1) if lanes % n == 0]
        raise ValueError(
            f"a batch_size of {train.batch_size} is read of fineweb in {lanes} lanes, which "
            f"{world.size} processes do not divide: take {' or '.join(counts)}"
        )
    import tiktoken

    from ..data.fineweb import LaneSource, fineweb, validation_windows

    kind = data["tokenizer"]
    if kind not in tiktoken.list_encoding_names() and Path(kind).suffix != ".json":
        raise ValueError(
            f"tokenizer is {kind!r} and fineweb is read as it comes: take cl100k_base, gpt2, or "
            "a file that `tinytx tokenize` wrote"
        )
    tokenizer = make_tokenizer(data, "")
    assert isinstance(tokenizer, BPETokenizer), "of a file, or of tiktoken"
    fast = tokenizer.to_tiktoken() if Path(kind).suffix == ".json" else get_encoding(kind)
    documents = fineweb(max_shards=data["max_shards"], max_gigabytes=data["max_gigabytes"])
    T = config.context_length
    source = LaneSource(
        documents, fast, train.batch_size, T, lanes=lanes, rank=world.rank, world=world.size
    )
    held_out = validation_windows(documents, fast, data["eval_windows"] or 512, T)
    return Streamed(tokenizer, source, _in_batches(*held_out))


def source_of(text: Text, config: GPTConfig, train: TrainConfig, order: str = "random") -> Source:
    """Return the training text: windows at random, or shuffled, each once an epoch, or documents.

    Raises
    ------
    ValueError
        If the model knows fewer tokens than the text has.
    """
    if text.tokenizer.vocab_size > config.vocab_size:
        raise ValueError(
            f"vocab_size is {config.vocab_size} and the text's tokenizer has "
            f"{text.tokenizer.vocab_size}: leave vocab_size out, or give at least as many"
        )
    if order == "documents":
        return DocumentSource(
            _documents(text)[0], train.batch_size, config.context_length, train.seed, alike=ALIKE
        )
    if order not in ORDERS:
        raise ValueError(f"order is {order!r} and must be {', '.join(ORDERS)} or documents")
    return ORDERS[order](text.train, train.batch_size, config.context_length, train.seed)
