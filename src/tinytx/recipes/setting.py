"""What a recipe's data can be asked for: a name's default, its kind, and what it means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..wording import is_utf_8, short


class Setting(NamedTuple):
    """One key of a preset's ``[data]``, which is an option of the command line too."""

    default: Any  # None: it may be left open
    help: str
    kind: type
    least: float | None = None  # of a number; None: whatever uses it knows

    def takes(self, value: object) -> bool:
        """Return whether ``value`` is of the kind; a whole number is a number, too.

        >>> Setting(None, "", float).takes(3), Setting(3, "", int).takes(None)
        (True, False)
        """
        if value is None:
            return self.default is None
        if self.kind is float and type(value) is int:
            return True
        return type(value) is self.kind


KINDS = {int: "an integer", float: "a number", str: "a text", bool: "true or false"}


def check_kinds(where: str, found: Mapping[str, Any], settings: Mapping[str, Setting]) -> None:
    """Raise ``ValueError`` for the first value that is of another kind, or below its least.

    So it does for a text that UTF-8 cannot hold.
    """
    for name, value in found.items():
        setting = settings[name]
        if not setting.takes(value):
            kind = KINDS[setting.kind]
            raise ValueError(f"{where}: {name} is {value!r} and must be {kind}: {setting.help}")
        if isinstance(value, str) and not is_utf_8(value):  # a name of bytes, say
            raise ValueError(
                f"{where}: {name} is {short(value, 80)}, which is not UTF-8, and the files of the "
                "run could not say it: rename the file, or give another text"
            )
        if setting.least is None or value is None:
            continue
        if not setting.least <= value < math.inf:
            finite = " and finite" if setting.kind is float else ""
            raise ValueError(
                f"{where}: {name} is {value!r} and must be at least {setting.least}{finite}: "
                f"{setting.help}"
            )
