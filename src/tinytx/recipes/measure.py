"""How well a trained model does: on a text's every token, or on list operations never seen.

One model is told in lines, several as a table, so that a reader compares down a column. Loss and
perplexity are per token and can be compared where the tokenizers are the same; bits per byte can
always be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..data.listops import splits
from ..evaluation.perplexity import Perplexity, perplexity
from ..files import read_text
from ..tokenizers import BPETokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer
from ..training.model_file import TrainedModel, load_model
from . import texts
from .listops import summary, test
from .speak import encode
from .text import TextRecipe

Place = str | os.PathLike[str]


class Table(NamedTuple):
    """What is shown side by side: names of columns, and rows of text."""

    head: list[str]
    rows: list[list[str]]


class Score(NamedTuple):
    """What :func:`score` measured on a text."""

    result: Perplexity
    n_ids: int
    n_documents: int | None  # of a run that read them one by one
    n_bytes: int  # of the tokens scored
    stride: int
    context_length: int
    parameters: int

    @property
    def bits_per_byte(self) -> float:
        """The surprise of the text over what no tokenizer changes."""
        return self.result.bits_per_byte(self.n_bytes)


def evaluate(
    checkpoint: Place, text: Place | None = None, stride: int | None = None, engine: str = "numpy"
) -> list[str]:
    """Return how well a model does, line by line.

    Parameters
    ----------
    checkpoint
        A run's folder, or a checkpoint file.
    text
        A UTF-8 file; if left out, what the run held out, as long as its corpus is unchanged. Not
        for list operations, which have a test set of their own. A byte order mark at its start is
        dropped: it is not scored, and no byte of the text.
    stride
        As in :func:`~tinytx.evaluation.perplexity`; if left out, half the context.
    engine
        ``"numpy"`` or ``"pytorch"``. List operations are always tested with NumPy.

    Raises
    ------
    ValueError
        If a file cannot be read, the tokenizer cannot hold the text, or an argument does not fit.
    """
    trained = load_model(checkpoint)
    if _answers(trained):
        return summary(_tested(trained, text, stride))
    scored = score(checkpoint, text, stride, engine)
    context, stride = scored.context_length, scored.stride
    result = scored.result
    first = "the first has nothing before it"
    if scored.n_documents is not None:
        first = f"the first of a document has nothing before it; documents: {scored.n_documents:,}"
    return [
        f"tokens scored      {result.tokens:,} of {scored.n_ids:,}: {first}",
        f"stride             {stride} of {context}: after the first window, each token was given "
        f"{context - stride + 1} to {context}",
        f"loss               {result.loss:.4f} nats per token",
        f"perplexity         {result.perplexity:.3f}",
        f"bits per byte      {scored.bits_per_byte:.4f}",
        f"accuracy           {100 * result.accuracy:.2f} % of the tokens are the first guess",
    ]


def compare(
    checkpoints: Sequence[Place],
    text: Place | None = None,
    stride: int | None = None,
    engine: str = "numpy",
) -> Table:
    """Return several models as a table; arguments and errors are :func:`evaluate`'s.

    Models of text and of list operations have nothing in common to be compared by.
    """
    kinds = [_answers(load_model(one)) for one in checkpoints]
    if len(set(kinds)) > 1:
        raise ValueError(
            f"{checkpoints[kinds.index(True)]} does list operations and "
            f"{checkpoints[kinds.index(False)]} writes text: evaluate them one by one"
        )
    if kinds[0]:
        return _compare_answers(checkpoints, text, stride)
    head = ["checkpoint", "parameters", "tokens", "loss", "perplexity", "bits per byte", "accuracy"]
    rows = []
    for one in checkpoints:
        scored = score(one, text, stride, engine)
        result = scored.result
        rows.append([
            str(one), f"{scored.parameters:,}", f"{result.tokens:,}", f"{result.loss:.4f}",
            f"{result.perplexity:.3f}", f"{scored.bits_per_byte:.4f}",
            f"{100 * result.accuracy:.2f} %",
        ])  # fmt: skip
    return Table(head, rows)


def score(
    checkpoint: Place, text: Place | None = None, stride: int | None = None, engine: str = "numpy"
) -> Score:
    """Return what a model of text scores; arguments and errors are :func:`evaluate`'s."""
    trained = load_model(checkpoint, engine)
    documents, n_bytes = _scored(trained, text)
    config = trained.model.config
    context = config.context_length
    stride = max(1, context // 2) if stride is None else stride
    each = [perplexity(trained.model, ids, stride=stride) for ids in documents]
    result = Perplexity(*(sum(column) for column in zip(*each, strict=True)))
    n_parameters = sum(config.parameter_counts().values())
    one_by_one = texts.reads_documents(trained.meta["identity"])
    n = len(documents) if one_by_one else None
    return Score(result, sum(map(len, documents)), n, n_bytes, stride, context, n_parameters)


def _answers(trained: TrainedModel) -> bool:
    return isinstance(trained.tokenizer, ListOpsTokenizer)


def _tested(trained: TrainedModel, text: Place | None, stride: int | None) -> dict[str, Any]:
    if text is not None or stride is not None:
        raise ValueError("text and stride are for models of text: leave --text, --stride out")
    identity = trained.meta["identity"]
    if not {"data", "train"} <= identity.keys():
        raise ValueError(
            "checkpoint does not tell which list operations it was trained on, so none is known to "
            "be unseen: give a run of `tinytx train listops`"
        )
    divided = splits(**identity["data"], seed=identity["train"]["seed"])
    return test(trained.model, divided, identity["data"])


def _compare_answers(checkpoints: Sequence[Place], text: Place | None, stride: int | None) -> Table:
    results = [_tested(load_model(one), text, stride) for one in checkpoints]
    names = list(results[0]["accuracy"])
    rows = [
        [str(one), f"{result['examples']:,}", *(f"{result['accuracy'][n]:.1%}" for n in names)]
        for one, result in zip(checkpoints, results, strict=True)
    ]
    return Table(["checkpoint", "unseen inputs", *names], rows)


def _scored(trained: TrainedModel, place: Place | None) -> tuple[list[np.ndarray], int]:
    """Return texts as ids, (n,) each, and of how many bytes are all but the first ids.

    One text, or of a run that read documents one by one as many: then the first id is what stands
    before a document, and no text of it. What ends a document may be a token and no text: it is
    scored, and has no bytes.
    """
    identity, tokenizer = trained.meta["identity"], trained.tokenizer
    content = identity.get("content")  # older runs have none
    if place is None:
        if identity.get("recipe") != TextRecipe.name:
            raise ValueError("text is missing and must be a file to score: give --text")
        corpus = identity["data"]["corpus"]
        if texts.is_tokenized(corpus):
            ids = texts.held_out_tokens(corpus, tokenizer, content)
            assert isinstance(tokenizer, BPETokenizer), "a folder of tokens has no other"
            ends = set(tokenizer.special_tokens.values())
            return [ids], sum(_n_bytes(tokenizer, i) for i in ids[1:].tolist() if i not in ends)
    data = identity["data"] if place is None else {}
    text = texts.held_out_text(data, content=content) if place is None else _read(place)
    read = encode(tokenizer, text, "text")
    if tokenizer.decode(read) != text:
        raise ValueError("text does not survive encoding: its bits per byte would mean nothing")
    documents = texts.reads_documents(identity)
    least = 1 if documents else 2  # where documents are read, what stands before the first is given
    if len(read) < least:
        more = "" if documents else ": the first is given"
        raise ValueError(f"text has {len(read)} tokens and must have at least {least}{more}")
    if documents:
        return texts.documents_of(tokenizer, text), len(text.encode())
    return [np.array(read, dtype=np.int64)], len(text.encode()) - _n_bytes(tokenizer, read[0])


def _read(path: Place) -> str:
    try:
        return read_text(path)  # line ends as they are: bytes are counted
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _n_bytes(tokenizer: Tokenizer, token: int) -> int:
    """Return how many bytes of text a token stands for."""
    if isinstance(tokenizer, BPETokenizer):
        return len(tokenizer.token_bytes(token))
    return len(tokenizer.decode([token]).encode())
