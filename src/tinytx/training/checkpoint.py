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
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..files import write_atomic

FORMAT = 1
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
        Arrays by name. Shapes and dtypes are kept.
    meta
        Values that JSON can hold, and NaN and infinity. Floats and integers come back exactly,
        integers of any length.

    Raises
    ------
    ValueError
        If ``meta`` holds something that JSON cannot, or a tensor has the one name that the format
        keeps for itself.
    OSError
        If the file cannot be written; an older one is untouched then.
    """
    from safetensors.numpy import save

    if "__metadata__" in tensors:
        raise ValueError("a tensor is called '__metadata__', a name that safetensors keeps: rename")
    arrays = {name: _little(value) for name, value in tensors.items()}
    try:
        crc = _checksum(FORMAT, meta, arrays)
        text = json.dumps({"format": FORMAT, "crc32": crc, "meta": meta})
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"meta cannot be written as JSON: {error}") from None
    write_atomic(path, save(arrays, metadata={_KEY: text}))


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
        raise ValueError(f"{path} is a safetensors file, but not one that tinytx wrote")
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
            f"{path} has checkpoint format {number!r} and this tinytx reads {FORMAT}: "
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
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, (file.metadata() or {}).get(_KEY)
    except FileNotFoundError:
        raise ValueError(f"there is no checkpoint {path}: check the path") from None
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f"cannot read the checkpoint {path}: {why}") from None
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} is cut short or not a safetensors file ({reason}): use another copy"
        ) from None


def _little(value: object) -> np.ndarray:
    """Return an array as the file keeps it: in one piece, and with the low byte first."""
    array = np.asarray(value, order="C")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _checksum(number: int, meta: dict[str, Any], tensors: dict[str, np.ndarray]) -> int:
    """Return the CRC-32 over the JSON, and names, dtypes, shapes and bytes in order of names."""
    crc = zlib.crc32(json.dumps([number, meta]).encode())
    for name in sorted(tensors):
        array = tensors[name]
        crc = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.reshape(-1).view(np.uint8).data, crc)
    return crc
