"""A corpus as one file of token ids, which training reads without loading it.

The file is a standard ``.npy`` (a row of uint16, or of uint32 where the vocabulary is larger than
65,536). Memory-mapped, only what is used of it is read: it may be larger than memory, and opens at
once.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..tokenizers.base import check_texts
from .corpus import Corpus
from .encoding import DocumentEncoder

BLOCK = 1 << 22  # ids that are looked at together when a file is checked


def write_tokens(
    path: str | os.PathLike[str],
    documents: Corpus | Iterable[str],
    tokenizer: Any,
    side: str = "all",
) -> int:
    """Write the ids of all documents to ``path``, each ended by the end-of-text token.

    A tokenizer without such a token (``CharTokenizer``) joins the documents as they are. The ids
    are written as they come, so memory stays bounded, to a temporary name that is moved into place
    when all is there. How many there are stands in the file's header and is known only at the end:
    NumPy leaves room in a header for that number to grow, so it is written once more in place.

    Parameters
    ----------
    path
        The file, by custom ``*.npy``. One that is there is replaced.
    documents
        A :class:`.Corpus`, or any texts: one text alone is ``[text]``.
    tokenizer
        Any tokenizer of the package, or a ``tiktoken.Encoding``.
    side
        ``"train"``, ``"held-out"`` or ``"all"``; for a :class:`.Corpus` only.

    Returns
    -------
    n
        How many tokens were written.

    Raises
    ------
    ValueError
        If there is no token to write, ``documents`` is a string or a path, a text cannot be encoded
        or read, or the disk is full.
    """
    check_texts(documents, "documents", "give [text], or Corpus(path)")
    path, encoder = Path(path), DocumentEncoder(tokenizer)
    # A name that files.is_leftover knows, so that what a kill leaves behind is recognised.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        n = _write(temporary, _arrays(documents, encoder, side), np.dtype(encoder.dtype))
        if n == 0:
            more = "text" if side == "all" else "documents: a hash decides on which side one is"
            raise ValueError(
                f"{path}: there is no text to encode on side {side!r}: give more {more}"
            )
        os.replace(temporary, path)
    except OSError as error:
        raise ValueError(
            f"cannot write {path} ({error.strerror or error}): free some room, or write elsewhere"
        ) from None
    finally:
        with contextlib.suppress(OSError):  # what led here is the better news
            temporary.unlink(missing_ok=True)
    return n


def _arrays(
    documents: Corpus | Iterable[str], encoder: DocumentEncoder, side: str
) -> Iterator[np.ndarray]:
    if isinstance(documents, Corpus):
        if not documents.borders:
            yield from encoder.stream(documents.blocks(side))
            return
        documents = documents.texts(side)
    elif side != "all":
        raise ValueError(f"side is {side!r}, which needs a Corpus: give one, or choose texts")
    yield from map(encoder, documents)


def _write(path: Path, arrays: Iterable[np.ndarray], dtype: np.dtype) -> int:
    """Write arrays one behind the other as one ``.npy``; return how many entries it has."""
    n = 0
    with open(path, "xb") as file:
        start = _write_header(file, dtype, n)
        for ids in arrays:
            file.write(ids.tobytes())
            n += len(ids)
        file.seek(0)
        assert _write_header(file, dtype, n) == start
        file.flush()
        os.fsync(file.fileno())
    return n


def _write_header(file: BinaryIO, dtype: np.dtype, n: int) -> int:
    """Write the header of a ``.npy`` with n entries; return where the first one stands."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (n,)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()


def open_tokens(path: str | os.PathLike[str], vocab_size: int | None = None) -> np.memmap:
    """Return the ids in a file of :func:`write_tokens`, (n,), memory-mapped and read-only.

    Parameters
    ----------
    path
        The file.
    vocab_size
        If given, all ids are checked to be below it, which reads the file once.

    Raises
    ------
    ValueError
        If it is missing, cut short, no row of uint16 or uint32, or an id is too large.
    """
    path = Path(path)
    try:
        ids = np.lib.format.open_memmap(path, "r")
    except FileNotFoundError:
        raise ValueError(f"there is no {path}: make it with write_tokens") from None
    except (OSError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ValueError(f"{path} is no file of tokens ({reason}): make it anew") from None
    if ids.ndim != 1 or ids.dtype not in (np.uint16, np.uint32):
        raise ValueError(
            f"{path} holds {ids.dtype} of shape {ids.shape} and must hold one row of uint16 or "
            "uint32: make it with write_tokens"
        )
    if vocab_size is not None:
        _check_ids(path, ids, vocab_size)
    return ids


def _check_ids(path: Path, ids: np.ndarray, vocab_size: int) -> None:
    for start in range(0, len(ids), BLOCK):
        largest = int(ids[start : start + BLOCK].max())
        if largest >= vocab_size:
            raise ValueError(
                f"{path} has the id {largest}, and the vocabulary has {vocab_size} tokens: use the "
                "tokenizer that encoded it, or encode it anew"
            )
