"""The embedding map: rows of a table as points, two directions of many, and who is near whom."""

from __future__ import annotations

import html
from collections.abc import Iterable

import numpy as np

from tinytx.tokenizers.base import check_text

from ..wording import fixed
from .arrays import numbers
from .component import Figure, table
from .visible import checked, visible

LIMITS = (400, 2048)  # rows, dimensions
NEAREST = 8
LONGEST = 16  # characters of a label
TOLD = (20, 60)  # rows in the words, and in the table where no script runs


class EmbeddingMap(Figure):
    """Rows of an embedding as points on a map, with the nearest neighbours of each.

    The map has two directions, those in which the rows differ most (principal components), and says
    how much of the variance it leaves out. The neighbours are found in all dimensions, by the
    cosine of the angle between two rows: 1 for the same direction, 0 for a right angle. A row of
    zeros has no direction, and 0 with every other.

    Parameters
    ----------
    weight
        (V, D), an array or a tensor: V from 3 to 400, D from 2 to 2,048.
    labels
        The V tokens, as text or bytes. Show the tokens you care for: ``weight[ids]`` and the
        tokens of ``ids``.
    title
        A line above the map.

    Raises
    ------
    ValueError
        If the shapes do not fit or are out of range, a number is not finite, or all rows are equal.

    >>> print(EmbeddingMap([[2, 0, 0], [2, 1, 0], [-3, 0, 1]], ["cat", "dog", "the"]))
    EmbeddingMap of 3 rows with 3 dimensions each. The map shows 100.0 % of the variance: 97.2 %
    across, 2.8 % upwards.
      “cat” (0.49, −0.15), nearest: “dog” 0.894, “the” −0.949
      “dog” (0.51, 0.14), nearest: “cat” 0.894, “the” −0.849
      “the” (−1.00, 0.00), nearest: “dog” −0.849, “cat” −0.949
    """

    kind = "embedding-map"
    scripts = ("parts.js", "chart.js", "point-map.js", "embedding-map.js")
    styles = ("parts.css", "embedding-map.css")

    def __init__(self, weight: object, labels: Iterable[object], title: str | None = None):
        array = numbers("EmbeddingMap: weight", weight, "V D", LIMITS)
        V, D = array.shape
        if V < 3 or D < 2:
            raise ValueError(
                f"EmbeddingMap: weight has shape {array.shape}, the limit is at least (3, 2): "
                "fewer make no map"
            )
        if not np.ptp(array, axis=0).any():
            raise ValueError(
                "EmbeddingMap: all rows of weight are equal, the limit is two that differ: "
                "is the table trained, or filled with one number?"
            )
        self.labels = _labels(labels, V)
        self.title = None if title is None else checked("EmbeddingMap: title", title, 200)
        self.d_model = D
        self.points, self.shares = principal(array)
        self.neighbours = nearest(array, NEAREST)

    def data(self) -> dict[str, object]:
        """Return labels, places on the map, shares of variance in percent, and neighbours."""
        return {
            "title": self.title,
            "d_model": self.d_model,
            "labels": self.labels,
            "points": self.points,
            "shares": self.shares,
            "neighbours": self.neighbours,
            "chosen": self._closest(),
        }

    def words(self) -> str:
        """Return the shares of variance, and of the first rows places and nearest neighbours."""
        rows = [
            f"  “{label}” ({fixed(x, 2)}, {fixed(y, 2)}), nearest: {self._near(i)}"
            for i, (label, (x, y)) in enumerate(zip(self.labels, self.points, strict=True))
        ]
        return "\n".join([f"EmbeddingMap of {self._sizes()}", *_cut(rows, TOLD[0])])

    def fallback(self) -> str:
        """Return the same as a table."""
        rows = [
            (label, fixed(x, 2), fixed(y, 2), self._near(i, NEAREST))
            for i, (label, (x, y)) in enumerate(zip(self.labels, self.points, strict=True))
        ]
        head = ("token", "across", "upwards", "nearest in all dimensions, by cosine")
        left = _cut(rows, TOLD[1])[TOLD[1] :]
        more = f"<p>{left[0]}</p>" if left else ""
        return (
            f"<p>Embedding map of {html.escape(self._sizes())}</p>"
            f"{table('Places and neighbours', head, rows[: TOLD[1]])}{more}"
        )

    def _sizes(self) -> str:
        across, up = self.shares
        name = "" if self.title is None else f"“{self.title}”, "
        return (
            f"{name}{len(self.labels)} rows with {self.d_model} dimensions each. The map shows "
            f"{across + up:.1f} % of the variance: {across:.1f} % across, {up:.1f} % upwards."
        )

    def _closest(self) -> int:
        """Return the row whose nearest neighbour is nearest: the page starts with it."""
        cosines = [near[0][1] for near in self.neighbours]
        return cosines.index(max(cosines))

    def _near(self, row: int, most: int = 3) -> str:
        return ", ".join(
            f"“{self.labels[int(other)]}” {fixed(cosine, 3)}"
            for other, cosine in self.neighbours[row][:most]
        )


def principal(weight: np.ndarray) -> tuple[list[list[float]], list[float]]:
    """Return the rows' places in the two directions of most variance, and its shares in percent.

    Places are scaled so that the furthest in either direction is at 1 or -1. A direction
    is only known up to its sign, and of directions with the same variance any rotation will do: see
    :func:`_axes` for how the choice is made the same everywhere.
    """
    centred = weight - weight.mean(axis=0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    places = centred @ _axes(values, directions).T  # (V, 2)
    places /= np.abs(places).max()
    shares = values[:2] ** 2 / (values**2).sum() * 100
    return _rounded(places, 4), [round(float(share), 1) for share in shares]


def _axes(values: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the first two directions (2, D), the same on every machine.

    Directions of equal variance span a space, and only that space is settled. From it this takes
    the vector nearest to a coordinate axis, then the same from what is left of the space. A space
    of one dimension is no exception: its vector gets a positive largest coordinate.
    """
    axes: list[np.ndarray] = []
    while len(axes) < 2:
        start = len(axes)
        same = values[start:] > values[start] - 1e-6 * values[0]
        span = directions[start : start + int(same.sum())]
        projector = span.T @ span  # (D, D)
        for _ in span:
            nearest_axis = int(np.argmax(np.diag(projector).round(6)))
            axis = projector[nearest_axis] / np.sqrt(projector[nearest_axis, nearest_axis])
            axes.append(axis)
            projector = projector - np.outer(axis, axis)
    return np.array(axes[:2])


def nearest(weight: np.ndarray, most: int) -> list[list[list[float]]]:
    """Return for each row the rows with the largest cosine, as ``[row, cosine]``; ties by row."""
    lengths = np.linalg.norm(weight, axis=1, keepdims=True)
    unit = weight / np.where(lengths == 0, 1, lengths)
    cosines = (unit @ unit.T).round(6)  # (V, V)
    np.fill_diagonal(cosines, -2)  # no row is its own neighbour
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : min(most, len(weight) - 1)]
    return [
        [[int(j), round(float(cosines[i, j]), 3) + 0.0] for j in row] for i, row in enumerate(order)
    ]


def _rounded(values: np.ndarray, digits: int) -> list[list[float]]:
    return (values.round(digits) + 0.0).tolist()  # + 0.0: no -0.0


def _labels(labels: Iterable[object], size: int) -> list[str]:
    given = list(labels)
    if len(given) != size:
        raise ValueError(
            f"EmbeddingMap: labels has {len(given)}, and weight has {size} rows; give one for each"
        )
    shown = [visible(_bytes(one)) or "(empty)" for one in given]
    return [one if len(one) <= LONGEST else one[: LONGEST - 1] + "…" for one in shown]


def _bytes(label: object) -> bytes:
    if isinstance(label, bytes):
        return label
    return check_text(str(label), "EmbeddingMap: labels").encode()


def _cut(rows: list, most: int) -> list:
    more = len(rows) - most
    return rows if more <= 0 else [*rows[:most], f"… and {more} more rows."]
