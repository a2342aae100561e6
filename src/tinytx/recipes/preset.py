"""Presets: small TOML files that say all of a run, to copy and to edit.

::

    recipe = "text"           # how parts are made of the rest: text, raven or listops
    engine = "pytorch"        # or numpy

    [data]                    # what the recipe's data can be asked for
    corpus = "tales"

    [model]                   # fields of GPTConfig
    n_layer = 4

    [train]                   # fields of TrainConfig
    steps = 1000

A key that nobody knows is an error that names the nearest one that is known: a preset whose ``droput``
is ignored would train another model than the one it describes.
"""  # noqa: E501

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from ..config import GPTConfig
from ..files import read_text
from ..training.settings import TrainConfig

ENGINES = ("numpy", "pytorch")
TABLES = ("data", "model", "train")


class Preset(NamedTuple):
    """What a file says; see the module's header."""

    name: str
    recipe: str
    engine: str
    about: str  # one line for a list of presets
    data: dict[str, Any]
    model: dict[str, Any]
    train: dict[str, Any]

    def with_changes(self, changes: dict[str, Any], of_data: Collection[str]) -> Preset:
        """Return the preset with settings of ``changes`` instead of its own.

        ``of_data`` names those that are the data's; what no table knows is left out.
        """
        names = {
            "data": of_data,
            "model": field_names(GPTConfig),
            "train": field_names(TrainConfig),
        }
        tables: dict[str, Any] = {
            table: {**getattr(self, table), **{n: v for n, v in changes.items() if n in known}}
            for table, known in names.items()
        }
        return self._replace(engine=changes.get("engine", self.engine), **tables)


def preset_names() -> list[str]:
    """Return the names of the presets that come with the package, those to begin with first."""
    folder = files("tinytx.recipes").joinpath("presets")
    known = [entry.name.removesuffix(".toml") for entry in folder.iterdir()]
    order = ["raven", "listops", "tales", "own", "shakespeare", "speedrun"]
    return sorted(known, key=lambda n: (order.index(n) if n in order else len(order), -len(n), n))


def read_preset(name: str | os.PathLike[str]) -> Preset:
    """Read a preset by its name, or a TOML file of your own by its path.

    Raises
    ------
    ValueError
        In one line, if there is none, it is not TOML, or a key is unknown.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if str(name) not in preset_names():
            raise ValueError(
                f"preset is {str(name)!r} and must be one of {', '.join(preset_names())}, or a "
                f"file that ends in .toml{_nearest(str(name), preset_names())}"
            )
        text = files("tinytx.recipes").joinpath(f"presets/{name}.toml").read_text("utf-8")
        return _parse(str(name), text, str(name))
    try:
        text = read_text(path)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}: check the path") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text and must be TOML") from None
    return _parse(path.stem, text, str(path))


def _parse(name: str, text: str, where: str) -> Preset:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{where} is not TOML: {error}") from None
    check_keys(where, found, ("recipe", "engine", "about", *TABLES))
    tables = {table: found.get(table, {}) for table in TABLES}
    for table, value in tables.items():
        if not isinstance(value, dict):
            raise ValueError(f"{where}: {table} is {value!r} and must be a table, [{table}]")
    check_keys(f"{where} [model]", tables["model"], field_names(GPTConfig))
    check_keys(f"{where} [train]", tables["train"], field_names(TrainConfig))
    words = {key: found.get(key, default) for key, default in DEFAULTS.items()}
    for key, value in words.items():
        if not isinstance(value, str):
            raise ValueError(f"{where}: {key} is {value!r} and must be a text")
    if words["engine"] not in ENGINES:
        raise ValueError(f"{where}: engine is {words['engine']!r} and must be numpy or pytorch")
    return Preset(name, **words, **tables)


DEFAULTS = {"recipe": "text", "engine": "pytorch", "about": ""}


def field_names(kind: Any) -> list[str]:
    """Return the fields of a dataclass."""
    return [field.name for field in fields(kind)]


def check_keys(where: str, found: Collection[str], known: Collection[str]) -> None:
    """Raise ``ValueError`` for the first key that is unknown, with the nearest one that is not."""
    for key in found:
        if key not in known:
            nearest = _nearest(key, known) or f": the keys are {', '.join(known)}"
            raise ValueError(f"{where} has the unknown key {key!r}{nearest}")


def check_known(what: str, value: str, known: Collection[str]) -> None:
    """Raise ``ValueError`` if ``value`` is none of those that are known; name the nearest one."""
    if value not in known:
        names = ", ".join(known)
        raise ValueError(f"{what} is {value!r} and must be one of {names}{_nearest(value, known)}")


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f": did you mean {close[0]!r}?" if close else ""
