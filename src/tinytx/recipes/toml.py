"""Writing a preset: as much TOML as flat tables of texts, numbers and switches need.

Python reads TOML and does not write it. What is ``None`` is left out: TOML has no word for it, and
a preset's missing key means the same.
"""

from __future__ import annotations

import json
import math
from typing import Any

from ..training.run import HEADER
from .preset import TABLES, Preset


def preset_toml(preset: Preset) -> str:
    """Return a preset as the text of a TOML file, which :func:`.preset.read_preset` reads back."""
    words = {"recipe": preset.recipe, "engine": preset.engine, "about": preset.about}
    parts = [HEADER + _lines({name: text for name, text in words.items() if text})]
    for table in TABLES:
        entries = _lines(getattr(preset, table))
        if entries:
            parts.append(f"[{table}]\n{entries}")
    return "\n".join(parts)


def _lines(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(v)}\n" for key, v in values.items() if v is not None)


def _value(value: object) -> str:
    r"""Return a value as TOML writes it.

    >>> _value("tales"), _value(True), _value(1e-05), _value(float("inf")), _value("\n\x7f")
    ('"tales"', 'true', '1e-05', 'inf', '"\\n\\u007f"')
    """
    if isinstance(value, str):  # JSON's escapes are TOML's, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, float):
        return str(value)  # inf, -inf, nan
    raise ValueError(f"a preset cannot hold {value!r}: give a text, a number, true or false")
