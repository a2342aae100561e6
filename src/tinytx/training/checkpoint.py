"""Checkpoints: one file that holds a whole run, or the model alone, and cannot be half a file.

The file is safetensors: named arrays behind a JSON header. What is not an array (configuration,
step, generator states, history) is JSON too, and travels *inside* that header. Two files beside
each other could be of two different steps after a crash; one file, written under a temporary name
and moved into place, is either the old one or the new one.

Safetensors rather than pickle: reading it runs no code. Its own format notices a file that was cut
short; the checksum here notices bytes that changed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..files import write_atomic
from ..wording import is_utf_8, short

FORMAT = 1
KINDS = {  # what both safetensors and NumPy have, as they call it
    "BOOL": "bool", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
    "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
    "F16": "float16", "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip
_KEY = "tinytx"  # our entry of the safetensors header; only one, as their order is not fixed


class Checkpoint(NamedTuple):
    """What a checkpoint file holds."""

    tensors: dict[str, np.ndarray]
    meta: dict[str, Any]


def save_checkpoint(
    path: str | os.PathLike[str], tensors: dict[str, np.ndarray], meta: dict[str, Any]
) -> None:
    """Write ``tensors`` and ``meta`` to ``path`` in one step.

    Parameters
    ----------
    path
        The file; what was there before is replaced only when the new content is on the disk.
    tensors
        Arrays by name, of truth values or of numbers of at most 8 bytes. Shapes and dtypes are
        kept.
    meta
        Values that JSON can hold, and NaN and infinity. Floats and integers come back exactly,
        integers of as many digits as Python writes (``sys.get_int_max_str_digits()``, 4,300).

    Raises
    ------
    ValueError
        If ``meta`` holds something that JSON cannot, or a tensor what the format cannot; if its
        name is no text, or the one that the format keeps for itself.
    OSError
        If the file cannot be written; an older one is untouched then.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save

    if not isinstance(tensors, Mapping):
        raise ValueError(
            f"tensors is {type(tensors).__name__} and must be a dict of arrays by name"
        )
    arrays = {_checked(name): _little(name, value) for name, value in tensors.items()}
    try:
        crc = _checksum(FORMAT, meta, arrays)
        text = json.dumps({"format": FORMAT, "crc32": crc, "meta": meta})
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"meta cannot be written as JSON: {error}") from None
    try:
        content = save(arrays, metadata={_KEY: text})
    except SafetensorError as error:
        raise ValueError(f"tensors cannot be written: {_first_line(error)}") from None
    write_atomic(path, content)


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read what :func:`save_checkpoint` wrote.

    Raises
    ------
    ValueError
        In one line, if the file is missing, cut short, changed, not a checkpoint of this package,
        or of a newer format. The file is left as it is.
    """
    tensors, text = _read(Path(path))
    if text is None:
        raise ValueError(
            f"{path} is a safetensors file, but not one that tinytx wrote: a folder of Hugging "
            "Face's GPT-2 or Llama is read by tinytx.pytorch.hf.read"
        )
    try:
        header = json.loads(text)
        number, meta = header["format"], header["meta"]
        intact = header["crc32"] == _checksum(number, meta, tensors)
    except (ValueError, TypeError, KeyError, RecursionError):
        intact = False
    if not intact:
        raise ValueError(f"{path} is damaged (its checksum does not fit): use another copy")
    if number != FORMAT:
        raise ValueError(
            f"{path} has checkpoint format {short(number)} and this tinytx reads {FORMAT}: "
            "read it with the version that wrote it"
        )
    return Checkpoint(tensors, meta)


def _read(path: Path) -> tuple[dict[str, np.ndarray], str | None]:
    """Return the arrays and our entry of the header, None if there is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with open(path, "rb"):  # safetensors calls every file that it cannot open missing
            pass
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get(_KEY)
            if text is None:  # not ours: its tensors may be of a kind that NumPy has not
                return {}, None
            names = list(file.keys())
            kinds = {file.get_slice(name).get_dtype() for name in names}
            foreign = sorted(kinds - KINDS.keys())
            if not foreign:
                return {name: file.get_tensor(name) for name in names}, text
    except FileNotFoundError:
        raise ValueError(f"there is no checkpoint {path}: check the path") from None
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f"cannot read the checkpoint {path}: {why}") from None
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is cut short or not a safetensors file ({_first_line(error)}): use another "
            "copy"
        ) from None
    raise ValueError(
        f"{path} holds tensors of {', '.join(foreign)}, which tinytx does not write: use another "
        "copy"
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _checked(name: object) -> str:
    """Return the name of a tensor, if the format can hold it."""
    if name == "__metadata__":
        raise ValueError("a tensor is called '__metadata__', a name that safetensors keeps: rename")
    if not isinstance(name, str) or not is_utf_8(name):
        raise ValueError(f"a tensor is called {short(name)} and must have a text for its name")
    return name


def _little(name: str, value: object) -> np.ndarray:
    """Return an array as the file keeps it: in one piece, and with the low byte first."""
    try:
        array = np.asarray(value, order="C")
    except (TypeError, ValueError, RuntimeError) as error:  # ragged, or a tensor of bfloat16
        reason = _first_line(error)
        raise ValueError(f"tensor {name!r} is no array of NumPy ({reason}): give one") from None
    if array.dtype.name not in KINDS.values():
        raise ValueError(
            f"tensor {name!r} holds {array.dtype.name} and a checkpoint holds truth values, "
            "integers, and numbers of at most 8 bytes: convert it"
        )
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _checksum(number: int, meta: dict[str, Any], tensors: dict[str, np.ndarray]) -> int:
    """Return the CRC-32 over the JSON, and names, dtypes, shapes and bytes in order of names."""
    crc = zlib.crc32(json.dumps([number, meta]).encode())
    for name in sorted(tensors):
        array = tensors[name]
        crc = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.reshape(-1).view(np.uint8).data, crc)
    return crc
