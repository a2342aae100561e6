"""Reading the fields of a ``config.json`` of Hugging Face's: each refused in one line by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..wording import short
from .hf_files import CONFIG

LARGEST = 2**31  # the largest GPT has 10**12 weights, and no size above 10**6
Values = Mapping[str, Any]


def size(values: Values, name: str) -> int:
    """Return a field that must be there, a whole number of at least 1."""
    if name not in values:
        raise ValueError(f"{name} is missing in {CONFIG}")
    value = values[name]
    if type(value) is not int or not 1 <= value < LARGEST:
        raise ValueError(
            f"{name} is {short(value)} and must be an integer from 1 to {LARGEST - 1:,} in {CONFIG}"
        )
    return value


def switch(values: Values, name: str, default: bool) -> bool:
    """Return a field that is true or false."""
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {short(value)} and must be true or false in {CONFIG}")
    return value


def number(values: Values, name: str, default: float | None = None) -> float:
    """Return a field that is a number, and must be there if there is no default."""
    if default is None and name not in values:
        raise ValueError(f"{name} is missing in {CONFIG}")
    value = values.get(name, default)
    if type(value) not in (int, float):
        raise ValueError(f"{name} is {short(value)} and must be a number in {CONFIG}")
    return float(value)


def check_only(values: Values, only: Mapping[str, Any]) -> None:
    """Refuse a field with another value than the one that this model does."""
    for name, wanted in only.items():
        if values.get(name) not in (None, wanted):
            raise ValueError(f"{name} is {short(values[name])} and must be {wanted!r} in {CONFIG}")
    if values.get("quantization_config"):
        raise ValueError(f"quantization_config is set in {CONFIG}: give weights that are floats")


def one_dropout(values: Values, names: Iterable[str], default: float) -> float:
    """Return the one probability that all dropouts have: here there is one for all."""
    found = {name: number(values, name, default) for name in names}
    if len(set(found.values())) > 1:
        raise ValueError(f"dropouts differ in {CONFIG}, {found}: give the one to use as dropout=")
    return next(iter(found.values()))
