"""What the patching grid asks of arrays, names and texts, said in a line when it is not met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..wording import fixed
from .arrays import _bytes, _short, numbers, subscript
from .visible import visible

MOST_ROWS, MOST_COLUMNS = 48, 160
SHOWN = 5  # next tokens of a cell
ONE = ""  # the name of a grid that was given none
AFTER = "PatchingGrid: after"


def _likeliest(probs: np.ndarray) -> list[tuple[int, float]]:
    order = np.argsort(-probs, kind="stable")[:SHOWN]
    return [(int(id), float(probs[id])) for id in order]


def _share(p: float) -> int:
    """Return a probability in tenths of a thousandth, as it is shipped."""
    return round(1e4 * float(p))


def _percent(p: float) -> str:
    """Return a probability as the page writes it: of what is shipped."""
    return f"{fixed(_share(p) / 100, 1)} %"


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _of(given: Any, name: str) -> Any:
    """Return what belongs to one grid, of what is given for all or by grid."""
    if not isinstance(given, Mapping):
        return given
    if name not in given:
        raise ValueError(
            f"PatchingGrid: effects has a grid {name!r} and {sorted(map(str, given))} are named "
            "beside it; name what belongs to each grid"
        )
    return given[name]


def _effects(name: str, value: object) -> np.ndarray:
    what = "PatchingGrid: effects" + ("" if name == ONE else f"[{name!r}]")
    return numbers(what, value, "R C", (MOST_ROWS, MOST_COLUMNS)).round(3) + 0.0


def _fits(what: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(
            f"{what} has shape {array.shape} and must have {shape}, as the effects and pieces have"
        )
    if array.min() < 0 or array.max() > 1.001:
        raise ValueError(f"{what} must hold probabilities, from 0 to 1; pass them after a softmax")


def _texts(clean: Any, corrupted: Any) -> list[list[str]]:
    if (clean is None) != (corrupted is None):
        raise ValueError("PatchingGrid: clean and corrupted belong together; give both or none")
    if clean is None:
        return []
    texts = [
        [_short(visible(_bytes(f"PatchingGrid: {what}", one))) for one in text]
        for what, text in (("clean", clean), ("corrupted", corrupted))
    ]
    if len(texts[0]) != len(texts[1]) or not texts[0]:
        raise ValueError(
            f"PatchingGrid: clean has {len(texts[0])} tokens and corrupted {len(texts[1])}, and a "
            "patch needs the same positions in both; find texts of one length"
        )
    return texts


def _rows(name: str, rows: Any, size: int) -> list[str]:
    found = [str(i) for i in range(size)] if rows is None else [str(row) for row in rows]
    if len(found) != size:
        raise ValueError(
            f"PatchingGrid: rows of {name!r} has {len(found)} names and must have {size}"
        )
    return found


def _columns(
    name: str, columns: Any, size: int, texts: list[list[str]]
) -> tuple[list[int] | None, list[str]]:
    """Return which positions of the texts the columns are (None if they are not), and names."""
    given = list(range(size) if columns is None else columns)
    if len(given) != size:
        raise ValueError(
            f"PatchingGrid: columns of {name!r} has {len(given)} names and must have {size}"
        )
    numbered = all(isinstance(one, int | np.integer) and one is not True for one in given)
    if not numbered or not texts:
        return None, [str(one) for one in given]
    if min(given) < 0 or max(given) >= len(texts[0]):
        raise ValueError(
            f"PatchingGrid: columns of {name!r} go from {min(given)} to {max(given)} and the texts "
            f"have positions 0 to {len(texts[0]) - 1}"
        )
    clean, corrupted = texts
    both = [a if a == b else f"{a}/{b}" for a, b in zip(clean, corrupted, strict=True)]
    return [int(i) for i in given], [both[i] + subscript(i) for i in given]
