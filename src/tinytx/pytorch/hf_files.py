"""Finding and reading the files of a model of Hugging Face's: a folder, or a name on the Hub.

Weights are one safetensors file, or several (*shards*) with an index that says which tensor is in
which. Names, shapes and dtypes stand in the head of a file, so that a model that does not fit is
refused before one number has been read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
from safetensors.torch import load_file
from torch import Tensor

from ..files import read_json
from ..wording import listed, short

CONFIG, WEIGHTS = "config.json", "model.safetensors"
INDEX = "model.safetensors.index.json"
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


class Head(NamedTuple):
    """What is known of a tensor before it is read."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def floats(self) -> bool:
        """Whether it holds floats."""
        return "float" in self.dtype


def find(source: str | os.PathLike[str]) -> Path:
    """Return the folder that is meant, downloaded if it is a name on the Hub.

    Raises
    ------
    ValueError
        In one line, if there is none, or it lacks a file.
    """
    path = Path(source)
    if path.is_dir():
        if not (path / CONFIG).is_file():
            raise ValueError(f"the folder {path} holds no {CONFIG}")
        if not (path / WEIGHTS).is_file() and not (path / INDEX).is_file():
            raise ValueError(f"the folder {path} holds no {WEIGHTS}{_instead(path)}")
        return path
    if path.exists():
        raise ValueError(f"{path} is a file and must be the folder with {CONFIG} and {WEIGHTS}")
    if not isinstance(source, str) or not HUB_NAME.fullmatch(source):
        raise ValueError(f"the folder {path} does not exist")
    return _download(source)


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file; ``ValueError`` in one line if it holds none."""
    try:
        values = read_json(path)
    except OSError as error:
        raise ValueError(f"cannot read {path} ({error.strerror})") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} is not a JSON object")
    return values


def weights_of(folder: Path) -> tuple[Path, list[Path]]:
    """Return the file that says which weights there are, and the files that hold them."""
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS, [folder / WEIGHTS]
    index = folder / INDEX
    names = _shards(index)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"{index} names {len(names)} shards, and the folder lacks {listed(missing)}: "
            "copy it anew"
        )
    return index, [folder / name for name in names]


def heads(files: list[Path]) -> dict[str, Head]:
    """Return shape and dtype of every tensor, from the heads of the files.

    Raises
    ------
    ValueError
        If a file is no safetensors file, or two hold the same tensor.
    """
    found: dict[str, Head] = {}
    for file in files:
        for name, head in _safely(file, len(files), partial(_heads, file)).items():
            if name in found:
                raise ValueError(f"holds {short(name, 80)} twice, the second time in {file.name}")
            found[name] = head
    return found


def tensors(files: list[Path]) -> dict[str, Tensor]:
    """Return every tensor; ``ValueError`` if a file cannot be read."""
    return {
        name: value
        for file in files
        for name, value in _safely(file, len(files), partial(load_file, file)).items()
    }


def _shards(index: Path) -> list[str]:
    """Return the names of the shards, each of a file beside the index."""
    places: Any = read_object(index).get("weight_map")
    names = set(places.values()) if _is_text(places) else set()
    wrong = [name for name in names if Path(name).name != name or not name.endswith(".safetensors")]
    if wrong or not names:
        said = f"names {listed(wrong)}" if wrong else "has no weight_map of names"
        raise ValueError(f"{index} {said}, and must say in which .safetensors each tensor is")
    return sorted(names)


def _is_text(places: Any) -> bool:
    return isinstance(places, dict) and all(isinstance(name, str) for name in places.values())


def _heads(file: Path) -> dict[str, Head]:
    with safetensors.safe_open(file, framework="pt") as opened:
        slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
        return {n: Head(tuple(s.get_shape()), _dtype(s.get_dtype())) for n, s in slices.items()}


def _dtype(code: str) -> str:
    """Return what PyTorch calls a dtype: of ``I64``, ``torch.int64``."""
    for short_name, long_name in (("BF", "bfloat"), ("F", "float"), ("I", "int"), ("U", "uint")):
        if code.startswith(short_name):
            return f"torch.{long_name}{code.removeprefix(short_name).lower()}"
    return f"torch.{code.lower()}"


def _safely(file: Path, n_files: int, read: Callable[[], Any]) -> Any:
    """Call ``read``; of one file, the caller says what it is called, of several, this does."""
    which = "" if n_files == 1 else f"has the shard {file.name}, which "
    try:
        return read()
    except safetensors.SafetensorError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{which}is not a safetensors file ({reason})") from None
    except OSError as error:
        raise ValueError(f"{which}cannot be read ({error})") from None


def _instead(path: Path) -> str:
    if any(path.glob("*.bin")):
        return ": its *.bin is a pickle, which is not opened; save it as safetensors first"
    if any(path.glob("model-*.safetensors")):
        return f": it has shards, and lacks {INDEX}, which says what is in which"
    return ""


def _download(name: str) -> Path:
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError
    except ImportError:
        raise ValueError(
            f"{name!r} is not a folder, and to download it huggingface_hub is missing: install it"
        ) from None
    try:
        hf_hub_download(name, CONFIG)
        try:
            return Path(hf_hub_download(name, WEIGHTS)).parent
        except EntryNotFoundError:
            index = Path(hf_hub_download(name, INDEX))
        for shard in _shards(index):
            hf_hub_download(name, shard)
        return index.parent
    except Exception as error:  # the network's errors have many types, and long texts
        raise ValueError(
            f"{name!r} is not a folder and could not be downloaded ({type(error).__name__}): "
            f"give a folder with {CONFIG} and {WEIGHTS}"
        ) from None
