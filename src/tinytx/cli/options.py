"""From the fields of a configuration to the options of a command.

An option is its field's name in kebab case, and its help is the field's: ``metadata["help"]``, or
what the class's docstring says of it. What a field leaves open takes ``none``. An option that is
not given changes nothing: the preset's value stands.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from typing import Annotated, Any

import typer
from rich.markup import escape

from .. import config as model_config
from ..config import GPTConfig
from ..recipes.preset import ENGINES
from ..recipes.registry import RECIPES
from ..recipes.setting import Setting
from ..training import settings as train_settings
from ..training.settings import TrainConfig

NONE = "none"  # how a value that may be left open is given as open
PANELS = {"model": "The model", "train": "Training", "data": "Data", "run": "The run"}
ENGINE = Enum("ENGINE", {one: one for one in ENGINES}, type=str)  # type: ignore[misc]
CHOICES = {**model_config.CHOICES, **train_settings.CHOICES}


def train_options() -> list[inspect.Parameter]:
    """Return an option for each field of the model, of training, and of every recipe's data."""
    return [
        *of_fields(GPTConfig, PANELS["model"]),
        *of_fields(TrainConfig, PANELS["train"]),
        *(_of_setting(name, one) for name, one in data_settings().items()),
    ]


def data_settings() -> dict[str, Setting]:
    """Return what the data of any recipe can be asked for."""
    return {name: one for kind in RECIPES.values() for name, one in kind.data_settings.items()}


def of_fields(kind: type, panel: str) -> Iterator[inspect.Parameter]:
    """Yield an option for each field of a dataclass."""
    hints, texts = typing.get_type_hints(kind), help_texts(kind)
    for field in fields(kind):
        value = None if field.default is MISSING else field.default
        is_open = field.default is None
        plain = _without_none(hints[field.name])
        yield _option(field.name, plain, texts[field.name], panel, value, is_open)


def help_texts(kind: type) -> dict[str, str]:
    """Return what each field of a dataclass means, in one line.

    >>> help_texts(GPTConfig)["n_head"], help_texts(TrainConfig)["lr"]
    ('H: heads in each block.', 'The largest learning rate.')
    """
    written = _parameters(inspect.getdoc(kind) or "")
    return {field.name: _help_of(field, written) for field in fields(kind)}


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as the values of their fields.

    >>> given({"clip": "none", "steps": 3, "lr": None, "positions": "none"})
    {'clip': None, 'steps': 3, 'positions': 'none'}
    """
    found = {name: value for name, value in options.items() if value is not None}
    plain = {name: v.value if isinstance(v, Enum) else v for name, v in found.items()}
    is_open = {name for name, value in plain.items() if value == NONE and name not in CHOICES}
    return {name: None if name in is_open else value for name, value in plain.items()}


def _of_setting(name: str, setting: Setting) -> inspect.Parameter:
    is_open = setting.default is None
    return _option(name, setting.kind, setting.help, PANELS["data"], setting.default, is_open)


def _option(
    name: str, kind: type, text: str, panel: str, default: Any, is_open: bool
) -> inspect.Parameter:
    flag = "--" + name.replace("_", "-")
    extra: dict[str, Any] = {"help": escape(text), "rich_help_panel": panel}
    extra["show_default"] = False if default is None else escape(_shown(default))
    if kind is bool:
        flag = f"{flag}/--no-{flag[2:]}"
        extra["show_default"] = False if default is None else flag.split("/")[not default]
    elif name in CHOICES:
        kind = _choice(name, CHOICES[name])
        extra["metavar"] = "<name>"  # the help names them
    elif is_open:
        extra |= {"parser": _number_or_none(kind), "metavar": f"<{kind.__name__}|{NONE}>"}
        kind = str
    annotation: Any = Annotated[kind | None, typer.Option(flag, **extra)]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _choice(name: str, values: Iterable[str]) -> type[Enum]:
    """Return the class of the values by name, as the command line's library takes a choice."""
    return Enum(name, {one: one for one in values}, type=str)  # type: ignore[return-value]


def _number_or_none(kind: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if text.lower() == NONE:
            return NONE
        try:
            return kind(text)
        except ValueError:
            what = "integer" if kind is int else "number"
            raise typer.BadParameter(f"{text!r} is not a valid {what}, nor {NONE}.") from None

    return parse


def _shown(default: Any) -> str:
    return repr(default) if isinstance(default, str) and not default.isprintable() else str(default)


def _without_none(hint: Any) -> Any:
    """Return the type of a field that may be None, without None."""
    kinds = [one for one in typing.get_args(hint) if one is not type(None)]
    return kinds[0] if kinds else hint


def _help_of(field: Field, written: Mapping[str, str]) -> str:
    return field.metadata.get("help") or written.get(field.name, "")


def _parameters(doc: str) -> dict[str, str]:
    """Return the entries of a docstring's section "Parameters", without its markup."""
    section = doc.partition("Parameters\n----------\n")[2]
    entries = re.findall(r"^(\w+)\n((?:    .+\n?)+)", section, re.MULTILINE)
    return {name: _plain(text) for name, text in entries}


def _plain(text: str) -> str:
    words = re.sub(r":\w+:`~?\.?([^`]+)`", r"\1", " ".join(text.split()))
    return words.replace("``", "")
