"""The bugs, from ``bugs.toml``: each is a change of the package's own source, with a name.

.. code-block:: toml

    [[bug]]
    name = "no mask"
    why = "every position sees the one that it should predict."
    probe = "causality"               # the one that catches it, see ``suspects``
    base = "written out"              # a harmless change that comes first
    trial = { accumulation = 4 }      # settings of its training run, see ``trial``

    [[bug.edit]]
    file = "pytorch/gpt.py"
    old = "return None, self.config.causal"
    new = "return None, False"

``old`` must stand in the file, and once, unless ``every = true`` says that all places are meant.
"""

from __future__ import annotations

import difflib
import html
import re
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..checks.edits import Edit
from .plant import Planted, source

FILE = Path(__file__).with_name("bugs.toml")
NEEDED = {"name", "why", "edit"}
KNOWN = {*NEEDED, "probe", "base", "trial", "also"}
NEEDED_OF_EDIT = {"file", "old", "new"}
CONTEXT = 2  # lines around a change in a diff
TINTS = {"-": "rgba(220, 60, 60, 0.22)", "+": "rgba(50, 170, 90, 0.22)"}


@dataclass(frozen=True)
class Bug:
    """A change of the package's source; displayed, it is a diff.

    Attributes
    ----------
    name
        What is wrong, in a few words.
    why
        What it does, in a sentence.
    probe
        The probe that catches it; empty for a change without an effect.
    before, after
        The text of each changed file, without the bug and with it.
    trial
        Settings of its training run that differ from the usual ones.
    also
        Further probes that see it.
    """

    name: str
    why: str
    probe: str = ""
    before: dict[str, str] = field(default_factory=dict, repr=False)
    after: dict[str, str] = field(default_factory=dict, repr=False)
    trial: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @cached_property
    def planted(self) -> Planted:
        """The package with this bug in it: ``bug.planted.load("pytorch").GPT``."""
        return Planted(self.name, self.after)

    @cached_property
    def unplanted(self) -> Planted:
        """The package without it, made in the same way: what its diff starts from."""
        return Planted(f"without {self.name}", self.before)

    @property
    def diff(self) -> str:
        """What the bug changes, as a unified diff."""
        parts: list[str] = []
        for file in self.after:
            texts = (self.before[file].splitlines(), self.after[file].splitlines())
            name = f"tinytx/{file}"
            parts += difflib.unified_diff(*texts, name, name, lineterm="", n=CONTEXT)
        return "\n".join(parts)

    def __repr__(self) -> str:
        return self._shown

    @property
    def _shown(self) -> str:
        """The diff without line numbers, which every other change of a file would move."""
        text = re.sub(r"^@@ .* @@", "@@", self.diff, flags=re.M)
        return re.sub(r"(\n )+(?=\n[@-]|\Z)", "", text)

    def _repr_html_(self) -> str:
        lines = "\n".join(map(_coloured, self._shown.splitlines()))
        return (
            f'<div class="highlight tinytx-source"><p>{html.escape(self.name)}</p>'
            f"<pre>{lines}</pre></div>"
        )


def _coloured(line: str) -> str:
    """Return a line of a diff as HTML, on a tint that suits light pages and dark ones."""
    text = html.escape(line)
    tint = "" if line[:3] in ("---", "+++") else TINTS.get(line[:1], "")
    return f'<span style="background:{tint}">{text}</span>' if tint else text


def load(path: Path = FILE) -> dict[str, Bug]:
    """Return the bugs of a TOML file by name; those that are bases of others come first.

    Raises
    ------
    ValueError
        In one line, with the bug and the file: an edit that does not apply, a key that is missing
        or unknown, a text that is no Python.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    found: dict[str, Bug] = {}
    for entry in [*table.get("base", []), *table["bug"]]:
        name = entry.get("name", "?")
        try:
            _check(entry, found)
            found[name] = _bug(entry, found.get(entry.get("base", "")))
        except (ValueError, SyntaxError) as error:
            raise ValueError(f"{path.name}, {name!r}: {error}") from None
    return found


def _check(entry: dict[str, Any], found: dict[str, Bug]) -> None:
    _check_keys(entry, NEEDED, KNOWN)
    for one in entry["edit"]:
        _check_keys(one, NEEDED_OF_EDIT, {*NEEDED_OF_EDIT, "every"})
    if entry["name"] in found:
        raise ValueError("there are two of this name")
    if entry.get("base", "") not in {"", *found}:
        raise ValueError(f"base is {entry['base']!r} and must be one of {', '.join(found)}")


def _check_keys(entry: dict[str, Any], needed: set[str], known: set[str]) -> None:
    missing, unknown = needed - entry.keys(), entry.keys() - known
    if missing or unknown:
        raise ValueError(f"missing: {sorted(missing)}; unknown: {sorted(unknown)}")


def _bug(entry: dict[str, Any], base: Bug | None) -> Bug:
    start = {} if base is None else base.after
    before, after = dict(start), dict(start)
    for one in entry["edit"]:
        file = one["file"]
        before.setdefault(file, source(file))
        after[file] = _applied(one, after.get(file, before[file]))
    for file, text in after.items():
        compile(text, file, "exec")
    why = " ".join(entry["why"].split())
    return Bug(
        entry["name"], why, entry.get("probe", ""), before, after,
        entry.get("trial", {}), tuple(entry.get("also", ())),
    )  # fmt: skip


def _applied(one: dict[str, Any], text: str) -> str:
    old, new = one["old"], one["new"]
    times = text.count(old)
    if times > 1 and not one.get("every"):
        raise ValueError(f"{old!r} stands {times} times in {one['file']}: say more of it")
    return Edit.of(text, [f"{old} → {new}"]).apply(text)
