"""What the figures with numbers ask of arrays and tokens, said in one line when it is not met.

Numbers are rounded to six significant digits before anything is computed from them. A figure is
stored in notebooks and compared as a string, and the last digits of a matrix product differ from
machine to machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tinytx.tokenizers.base import check_text

from ..wording import fixed, half_up
from .visible import visible

SLACK = 0.01  # a row of bfloat16 weights sums to one this nearly

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LONGEST = 12  # characters of a token in a label


def numbers(name: str, value: object, dims: str, limits: Sequence[int]) -> np.ndarray:
    """Return ``value`` as an array of float64, rounded to six significant digits.

    Parameters
    ----------
    name
        How messages call it: the figure and its argument, such as ``"MaskPainter: scores"``.
    value
        An array, a PyTorch tensor (of any device, with or without a gradient) or nested lists.
    dims
        The names of its dimensions, such as ``"T S"``.
    limits
        The largest size of each dimension; the smallest is 1.

    Raises
    ------
    ValueError
        If it is not an array of finite real numbers of these dimensions, or too large.

    >>> numbers("MaskPainter: scores", [[1 / 3, 2]], "T S", (16, 16))
    array([[0.333333, 2.      ]])
    """
    array = plain(name, value)
    if array.dtype.kind not in "iufb":
        raise ValueError(f"{name} is {array.dtype} and must be numbers; convert it to float64")
    check_dims(name, array, dims)
    for size, dim, limit in zip(array.shape, dims.split(), limits, strict=True):
        if not 1 <= size <= limit:
            raise ValueError(
                f"{name} has shape {array.shape}: {dim} is {size}, the limit is 1 to {limit}; "
                "pass a part of it"
            )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds nan or infinity and must be finite: look for them")
    rounded = [float(f"{number:.6g}") for number in array.astype(np.float64).flat]
    return np.array(rounded).reshape(array.shape)


def unboxed(value: Any) -> Any:
    """Return a number of NumPy as Python's own, and all else as it is.

    >>> unboxed(np.int64(3)), unboxed(np.float64(0.5)), unboxed("3")
    (3, 0.5, '3')
    """
    return value.item() if isinstance(value, np.generic) else value


def boolean(name: str, mask: object, shape: tuple[int, int]) -> np.ndarray:
    """Return ``mask`` as a boolean array of ``shape``; dimensions of size one are spread out.

    Raises
    ------
    ValueError
        If it is not boolean or does not fit.

    >>> boolean("MaskPainter: mask", [True, False], (2, 2))
    array([[ True, False],
           [ True, False]])
    """
    array = plain(name, mask)
    if array.dtype != np.bool_:
        raise ValueError(f"{name} is {array.dtype} and must be bool: True where a query may attend")
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    try:
        return np.broadcast_to(array, shape).copy()
    except ValueError:
        raise ValueError(
            f"{name} has shape {array.shape} and must broadcast to (T, S) = {shape}; "
            "pass the mask of one head"
        ) from None


def labels(name: str, tokens: Iterable[object] | None, size: int) -> list[str]:
    """Return what stands beside each position: its token and its place, or the place alone.

    The place is always told, because a token can occur twice.

    Raises
    ------
    ValueError
        If there are not ``size`` tokens, or one of them holds a lone surrogate.

    >>> labels("MaskPainter: tokens", "a cat", 5)
    ['a₀', '␣₁', 'c₂', 'a₃', 't₄']
    """
    if tokens is None:
        return [str(place) for place in range(size)]
    given = [_bytes(name, token) for token in tokens]
    if len(given) != size:
        raise ValueError(f"{name} has {len(given)} and must have {size}, one for each key")
    return [_short(visible(token)) + subscript(place) for place, token in enumerate(given)]


def subscript(number: int) -> str:
    """Return ``number`` in small digits below the line."""
    return str(number).translate(SUBSCRIPTS)


def trimmed(value: float, digits: int = 4) -> str:
    """Return ``value`` with at most ``digits`` decimals, as short as it can be written.

    The scripts write numbers by the same rule (``trimmed`` in ``weights.js``).

    >>> trimmed(4.0), trimmed(-0.25), trimmed(2 / 3), trimmed(float("-inf")), trimmed(-1e-9)
    ('4', '−0.25', '0.6667', '−∞', '0')
    """
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def power_of_ten(value: float, digits: int) -> tuple[str, int]:
    """Return a number above 0 as a factor with ``digits`` decimals and a power of ten.

    >>> power_of_ten(125_000, 1), power_of_ten(0.00996, 1)
    (('1.3', 5), ('1.0', -2))
    """
    rounded = half_up(value, digits - Decimal(value).adjusted())
    factor, power = f"{rounded:.{digits}e}".split("e")
    return factor, int(power)


def plain(name: str, value: Any) -> np.ndarray:
    """Return ``value`` as a NumPy array, or raise ``ValueError``."""
    if hasattr(value, "detach"):  # a tensor; NumPy has no bfloat16
        value = value.detach().cpu()
        value = value.float() if value.is_floating_point() else value
        return value.numpy()
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths; pass an array") from None


def check_sums(name: str, weights: np.ndarray) -> None:
    """Refuse weights with a row that does not sum to 1, or to 0, where nothing may be read."""
    sums = weights.sum(axis=-1)
    wrong = sums[(np.abs(sums - 1) > SLACK) & (sums != 0)]
    if wrong.size:
        raise ValueError(
            f"{name} has a row that sums to {wrong[0]:g} and must sum to 1; pass them as they are "
            "after the softmax"
        )


def check_dims(name: str, array: np.ndarray, dims: str) -> None:
    """Refuse ``array`` unless it has as many dimensions as ``dims`` names."""
    names = dims.split()
    more = array.ndim - len(names)
    if not more:
        return
    argument = name.split()[-1]
    way = f"pass one part, such as {argument}[{', '.join('0' * more)}]" if more > 0 else "add one"
    shape = f"({dims.replace(' ', ', ')}{',' if len(names) == 1 else ''})"
    raise ValueError(f"{name} has shape {array.shape} and must have {shape}; {way}")


def _bytes(name: str, token: object) -> bytes:
    return token if isinstance(token, bytes) else check_text(str(token), name).encode()


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
