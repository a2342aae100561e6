"""The text that a model is trained on: where it comes from, its tokens, and what is held out.

=================  ===============================================================================
``raven``          the poem
``tales``          stories from a seed, as many as asked for; others are held out
``shakespeare``    Tiny Shakespeare, downloaded once
``fineweb``        educational web pages, streamed: see :mod:`tinytx.data.fineweb`
a path             a text file, a folder of them, parquet, or what ``tinytx tokenize`` wrote
=================  ===============================================================================
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..data import tales
from ..data.raven import raven
from ..inspect.losses import expected_losses
from ..tokenizers import BPETokenizer, CharTokenizer
from ..tokenizers.base import Tokenizer
from ..wording import cause, short

MOST_SCORED = 500_000  # tokens of a held-out file: minutes, and enough for the third digit
BLOCK = 1 << 22  # characters or ids that are looked at together
Content = dict[str, str]  # "train" and "held_out": a digest of each side, in a run's identity
HELD_OUT = 1_000_000  # seed offset of held-out tales: another seed, other stories


class Text(NamedTuple):
    """Text to train on and text to test on, with the tokenizer of both."""

    tokenizer: Tokenizer
    train: np.ndarray  # (n,) ids
    held_out: np.ndarray  # (m,) ids
    floors: dict[str, float]  # exactly known losses, by name
    documents: tuple[list[np.ndarray], list[np.ndarray]] | None = None  # of both, where known
    content: Content | None = None


def read(data: dict[str, Any], seed: int = 0, content: Content | None = None) -> Text:
    """Return the text that ``data`` asks for, as ids.

    Parameters
    ----------
    data
        ``corpus``, ``tokenizer``, ``bpe_size``, ``stories``, ``held_out_stories``.
    seed
        Of the tales.
    content
        What the text must be; None for any.

    Raises
    ------
    ValueError
        If there is no such corpus or tokenizer, the text is too short to hold some out, or it is
        not that of ``content``.
    """
    name = data["corpus"]
    if not name:
        raise ValueError(
            "corpus is missing and must be a text file, a folder or parquet: give it with "
            "--corpus, or in a TOML file, as corpus in [data]"
        )
    if is_tokenized(name):
        tokens = _tokenized(Path(name))
        found = _content_of(tokens.train, tokens.held_out)
        check_content(name, found, content)
        return tokens._replace(content=found)
    train, held_out = _texts(name, data, seed)
    found = _content_of(train, held_out)
    check_content(name, found, content)  # before a tokenizer finds that a character is missing
    tokenizer = make_tokenizer(data, train)
    if name == "tales":
        return _of_tales(tokenizer, train, held_out)._replace(content=found)
    ids = np.array(tokenizer.encode(train))
    try:
        others = np.array(tokenizer.encode(held_out))
    except ValueError as error:
        raise _unknown(error, "take") from None
    return Text(tokenizer, ids, others, {}, content=found)


def _unknown(error: ValueError, way_out: str) -> ValueError:
    """Return the line for a held-out text that a tokenizer cannot hold."""
    return ValueError(f"the held-out {cause(error)}: {way_out} --tokenizer bpe, which knows all")


def check_content(name: str, found: Content | None, content: Content | None) -> None:
    """Raise ``ValueError`` if a corpus is not the one of ``content``; None is any."""
    if content is not None and found != content:
        raise ValueError(
            f"corpus {name!r} is another text than the run was started with: put that text back "
            "(--corpus says where it is), or start a new run in another folder with --out"
        )


def _content_of(train: str | np.ndarray, held_out: str | np.ndarray) -> Content:
    return {"train": _digest(train), "held_out": _digest(held_out)}


def _digest(text: str | np.ndarray) -> str:
    """Return what is the same for the same text, or the same ids: these are read block by block."""
    digest = hashlib.sha256()
    for begin in range(0, len(text), BLOCK):
        block = text[begin : begin + BLOCK]
        digest.update(block.encode() if isinstance(block, str) else block.tobytes())
    return digest.hexdigest()[:16]


def _check_held_out(name: str, found: str | np.ndarray, content: Content | None) -> None:
    """Raise ``ValueError`` if a corpus holds out something else than that of ``content``."""
    if content is not None and _digest(found) != content.get("held_out"):
        raise ValueError(
            f"corpus {name!r} has changed since the run was started, so what it holds out now may "
            "have been trained on: give --text, a file that the run has not read"
        )


def _of_tales(tokenizer: Tokenizer, train: str, held_out: str) -> Text:
    """Return tales story by story, and the exact loss of the best model of all."""
    try:
        documents = [documents_of(tokenizer, text) for text in (train, held_out)]
    except ValueError as error:
        raise _unknown(error, "give more --stories, or") from None
    stories = held_out.removesuffix(tales.END).split(tales.END)
    surprise = -math.fsum(map(tales.log_prob, stories))
    known, new = (np.concatenate([ids[1:] for ids in part]) for part in documents)
    floors = {"exact entropy": surprise / len(new)}
    return Text(tokenizer, known, new, floors, (documents[0], documents[1]))


def reads_documents(identity: dict[str, Any]) -> bool:
    """Return whether a run read each document from its start, not windows from anywhere.

    A run of the reader's own need not say what its data are.
    """
    return identity.get("data", {}).get("order") == "documents"


def opening(identity: dict[str, Any], tokenizer: Tokenizer) -> list[int]:
    """Return the ids that a run read before the first token of each text: of windows, none.

    A model that has seen every document begin behind a certain token has not learned to begin
    without it.
    """
    return tales.opening(tokenizer) if reads_documents(identity) else []


def documents_of(tokenizer: Tokenizer, text: str) -> list[np.ndarray]:
    """Return the documents of a text as a run reads them, cut behind each :data:`tales.END`."""
    *whole, rest = text.split(tales.END)
    pieces = [piece + tales.END for piece in whole] + [rest] * bool(rest)
    first = tales.opening(tokenizer)
    return [np.array([*first, *tokenizer.encode(piece)], dtype=np.int64) for piece in pieces]


def held_out_tokens(
    folder: str, tokenizer: Tokenizer, content: Content | None = None
) -> np.ndarray:
    """Return the first held-out ids of a folder of tokens, (n,), at most :data:`MOST_SCORED`.

    Raises
    ------
    ValueError
        If the folder's tokenizer is not ``tokenizer``, or its ids are not those of ``content``.
    """
    text = _tokenized(Path(folder))
    if text.tokenizer.to_dict() != tokenizer.to_dict():
        raise ValueError(f"the tokens in {folder} are another tokenizer's now: give --text")
    _check_held_out(folder, text.held_out, content)
    return text.held_out[:MOST_SCORED].astype(np.int64)


def held_out_text(data: dict[str, Any], seed: int = 0, content: Content | None = None) -> str:
    """Return the text that a run did not train on; ``content`` is what the run says of it.

    Raises
    ------
    ValueError
        If the corpus is streamed, is no longer there, or holds out another text now.
    """
    name = data["corpus"]
    if name == "fineweb":
        raise ValueError("text is missing and fineweb is only streamed: give a file with --text")
    text = _held_out_tales(data, seed) if name == "tales" else _texts(name, data, seed)[1]
    _check_held_out(name, text, content)
    return text


def _held_out_tales(data: dict[str, Any], seed: int) -> str:
    return tales.corpus(data["held_out_stories"], seed + HELD_OUT)


def _texts(name: str, data: dict[str, Any], seed: int) -> tuple[str, str]:
    """Return the two texts, none of them empty.

    Which side a document is on a hash of it decides, so of a few documents all may be on one.
    """
    if name == "tales":
        return tales.corpus(data["stories"], seed), _held_out_tales(data, seed)
    if name == "raven":
        return cut(raven())
    if name == "shakespeare":
        from ..data import shakespeare

        return cut(shakespeare())
    path = Path(name)
    if not path.exists():
        raise ValueError(
            f"corpus is {name!r} and must be raven, tales, shakespeare, fineweb, or the path of "
            "a text file, a folder or parquet: there is no such file"
        )
    from ..data import Corpus

    corpus = Corpus(path)
    train, held_out = ("".join(corpus.texts(side)) for side in ("train", "held-out"))
    if not (train and held_out):
        which = "held out" if train else "left to train on"
        raise ValueError(
            f"none of the documents in {path}, of which there are {sum(1 for _ in corpus)}, is "
            f"{which}: give more documents, or one text file"
        )
    return train, held_out


def cut(text: str, share: float = 0.1) -> tuple[str, str]:
    """Return a text's beginning, and its last ``share``, cut between two characters."""
    at = len(text) - int(share * len(text))
    return text[:at], text[at:]


def make_tokenizer(data: dict[str, Any], text: str) -> Tokenizer:
    """Return the tokenizer that ``data`` asks for, trained on ``text`` where it has to be.

    Raises
    ------
    ValueError
        If it is neither ``char``, ``bpe``, an encoding of tiktoken's nor a ``.json``.
    """
    kind = data["tokenizer"]
    if kind == "char":
        return CharTokenizer.train(text)
    if kind == "bpe":
        return BPETokenizer.train(text, vocab_size=data["bpe_size"])
    if Path(kind).suffix == ".json":
        return BPETokenizer.load(kind)
    import tiktoken

    known = tiktoken.list_encoding_names()
    if kind not in known:
        raise ValueError(
            f"tokenizer is {short(kind)} and must be char, bpe, a tokenizer's .json, or one of "
            f"tiktoken's: {', '.join(known)}"
        )
    return BPETokenizer.from_tiktoken(kind)


def is_tokenized(corpus: str) -> bool:
    """Return whether a corpus is a folder that ``tinytx tokenize`` wrote."""
    return (Path(corpus) / FILES[0]).exists()


def _tokenized(folder: Path) -> Text:
    """Return what ``tinytx tokenize`` wrote, memory-mapped."""
    from ..data import open_tokens

    tokenizer = BPETokenizer.load(folder / "tokenizer.json")
    known, new = (open_tokens(folder / name, tokenizer.vocab_size) for name in FILES)
    return Text(tokenizer, known, new, {})


FILES = ("train.npy", "held-out.npy")


def levels(text: Text, vocab_size: int) -> dict[str, float]:
    """Return losses to compare a model's with: those of counting, and those known exactly."""
    most = 2_000_000  # tokens: more change a level by less than a line is thick
    counted = expected_losses(
        np.asarray(text.train[:most]), vocab_size, np.asarray(text.held_out[:most])
    )
    return {"unigram": counted.unigram, "bigram": counted.bigram, **text.floors}
