"""What a trained model is and what it can do, in lines for a person."""

from __future__ import annotations

import os

import numpy as np

from ..data.listops import splits
from ..evaluation.perplexity import perplexity
from ..files import read_text
from ..inspect.sizes import flops, memory, parameters
from ..tokenizers import BPETokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer
from ..training.model_file import TrainedModel, load_model
from .listops import summary, test
from .speak import encode


def evaluate(
    checkpoint: str | os.PathLike[str],
    text: str | os.PathLike[str] | None = None,
    stride: int | None = None,
) -> list[str]:
    """Return how well a model does: on a text's every token, or on unseen list operations.

    Parameters
    ----------
    checkpoint
        A run's folder, or a checkpoint file.
    text
        A UTF-8 file; not for list operations, which have a test set of their own. A byte order
        mark at its start is dropped: it is not scored, and no byte of the text.
    stride
        As in :func:`~tinytx.evaluation.perplexity`; if left out, half the context.

    Raises
    ------
    ValueError
        If a file cannot be read, the tokenizer cannot hold the text, or an argument does not fit.
    """
    trained = load_model(checkpoint)
    if isinstance(trained.tokenizer, ListOpsTokenizer):
        if text is not None or stride is not None:
            raise ValueError("text and stride are for models of text: leave --text, --stride out")
        identity = trained.meta["identity"]
        seed = identity["train"]["seed"]
        return summary(test(trained.model, splits(**identity["data"], seed=seed), identity["data"]))
    if text is None:
        raise ValueError("text is missing and must be a file to score: give --text")
    return _surprise(trained, _read(text), stride)


def _surprise(trained: TrainedModel, text: str, stride: int | None) -> list[str]:
    ids = encode(trained.tokenizer, text, "text")
    if trained.tokenizer.decode(ids) != text:
        raise ValueError("text does not survive encoding: its bits per byte would mean nothing")
    if len(ids) < 2:
        raise ValueError(f"text has {len(ids)} tokens and must have at least 2: the first is given")
    context = trained.model.config.context_length
    stride = max(1, context // 2) if stride is None else stride
    score = perplexity(trained.model, np.array(ids, dtype=np.int64), stride=stride)
    n_bytes = len(text.encode()) - _n_bytes(trained.tokenizer, ids[0])
    return [
        f"tokens scored      {score.tokens:,} of {len(ids):,}: the first has nothing before it",
        f"stride             {stride} of {context}: after the first window, each token was given "
        f"{context - stride + 1} to {context}",
        f"loss               {score.loss:.4f} nats per token",
        f"perplexity         {score.perplexity:.3f}",
        f"bits per byte      {score.bits_per_byte(n_bytes):.4f}",
    ]


def describe(checkpoint: str | os.PathLike[str]) -> list[str]:
    """Return what a model consists of: its configuration, parameters by part, costs.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read.
    """
    model, tokenizer, meta = load_model(checkpoint)
    c = model.config
    parts, costs = parameters(c), memory(c)
    choices = f"{c.norm}-norm, {c.positions} positions, {c.activation}"
    tied = "tied" if c.tie_weights else "own weight"
    lines = [
        f"recipe             {meta['identity']['recipe']}, step {meta['step']:,}",
        f"tokenizer          {type(tokenizer).__name__}, {tokenizer.vocab_size:,} tokens",
        f"blocks             {c.n_layer}: {choices}",
        f"heads              {c.n_head} a block",
        f"widths             d_model {c.d_model}, d_head {c.d_head}, d_ff {c.d_ff}",
        f"context            {c.context_length} tokens{'' if c.causal else ', not causal'}",
        f"parameters         {sum(parts.values()):,}",
    ]
    lines += [
        f"  {name:<17}{n:,}{f' ({tied})' if name == 'head' else ''}" for name, n in parts.items()
    ]
    per_token = sum(flops(c, c.context_length).values())
    return [
        *lines,
        f"memory, to use     {costs['weights']:,} bytes in float32",
        *([f"  KV cache         {costs['kv_cache']:,} bytes a sequence"] if c.causal else []),
        f"memory, to train   {costs['training']:,} bytes with Adam, {2 * costs['weights']:,} with "
        "plain SGD; activations come on top",
        f"arithmetic         {per_token:,} operations a token, at the full context",
    ]


def _read(path: str | os.PathLike[str]) -> str:
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
