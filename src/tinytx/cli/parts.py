"""The commands by name, each loaded when it is asked for.

``tinytx start`` needs no engine, and the options of ``tinytx train`` are the fields of all that can
be trained. To load those takes half a second, as long as a short command takes in all.
"""

from __future__ import annotations

import importlib
from collections import UserDict
from typing import Any

import typer
from typer.core import TyperGroup

NAMES = (
    "train", "generate", "evaluate", "inspect", "benchmark", "experiment", "tokenize", "download",
    "export", "start", "progress", "grade", "release",
)  # fmt: skip
LOOKS: dict[str, Any] = {
    "context_settings": {"help_option_names": ["-h", "--help"]},
    "rich_markup_mode": "rich",
}


class Parts(UserDict[str, Any]):
    """The commands; the module of one is imported when it is taken out."""

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            self.data[name] = loaded(name)
        return self.data[name]


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **settings: Any):
        super().__init__(**settings)
        self.commands = Parts(dict.fromkeys(NAMES))

    def list_commands(self, _: Any) -> list[str]:
        """Return the names in the order of ``--help``, and load nothing."""
        return list(self.commands)


def loaded(name: str) -> Any:
    """Return a command with all its options: the function of its name in the module of its name.

    A module whose options are made from the fields of others has ``command``, which makes it.
    """
    module = importlib.import_module(f".{name}", __package__)
    function = module.command() if hasattr(module, "command") else getattr(module, name)
    alone = typer.Typer(add_completion=False, **LOOKS)
    alone.command(name, epilog=module.EXAMPLES)(function)
    return typer.main.get_command(alone)
