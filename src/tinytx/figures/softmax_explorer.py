"""The softmax explorer: what the scale of the scores does to the weights, and to their gradient."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

import numpy as np

from tinytx.manual.softmax import softmax_forward

from ..wording import fixed
from . import arrays
from .arrays import trimmed
from .component import Figure, table

MOST = 10
LARGEST = math.log(sys.float_info.max)  # 709.78: exp of more is infinity
SCALES = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # what the words tell; the slider goes over all between


class SoftmaxExplorer(Figure):
    """Softmax of one row of scores, with a slider for the scale and one for a constant.

    A scale multiplies the scores and is the inverse of a temperature. At 0 all weights are equal;
    the larger it is, the more of the weight goes to the largest score. How much the weights still
    move when a score does is the Jacobian ``diag(w) - w wᵀ``: its entries die as one weight comes
    near 1. That is why attention divides its scores by √Dh.

    A constant that is added to all scores changes nothing, but the naive ``exp`` overflows.

    Parameters
    ----------
    scores
        (S,), one row of scores before scaling: S at most 10.
    labels
        One for each score, such as the tokens.
    d_head
        Dh of the head they come from: the scale 1 / √Dh is marked, and the figure starts there.

    Raises
    ------
    ValueError
        If the scores are not a row of 1 to 10 finite numbers, if the labels are not as many, or if
        ``d_head`` is less than 1.

    >>> print(str(SoftmaxExplorer([4, 1], "ab", d_head=3)).splitlines()[0])
    SoftmaxExplorer: a₀ 4, b₁ 1; from a head with Dh = 3
    """

    kind = "softmax-explorer"
    scripts = ("parts.js", "chart.js", "weights.js", "softmax-view.js", "softmax-explorer.js")
    styles = ("parts.css", "chart.css", "softmax-explorer.css")

    def __init__(
        self, scores: object, labels: Iterable[object] | None = None, d_head: int | None = None
    ):
        name = "SoftmaxExplorer:"
        self.scores = arrays.numbers(f"{name} scores", scores, "S", (MOST,))
        self.labels = arrays.labels(f"{name} labels", labels, len(self.scores))
        d_head = arrays.unboxed(d_head)
        if d_head is not None and (type(d_head) is not int or d_head < 1):
            raise ValueError(f"{name} d_head is {d_head!r}, the limit is 1 or more; leave it out")
        self.d_head = d_head
        own = () if d_head is None else (1 / math.sqrt(d_head),)
        self.scales = sorted({*SCALES, *own})

    def data(self) -> dict[str, object]:
        """Return scores and labels; the page computes the rest."""
        return {"scores": self.scores.tolist(), "labels": self.labels, "d_head": self.d_head}

    def weights(self, scale: float) -> np.ndarray:
        """Return the weights (S,) of the scores times ``scale``."""
        return softmax_forward(self.scores * scale)[0]

    def words(self) -> str:
        """Return the weights at a few scales, with how even and how steep they are."""
        scores = ", ".join(
            f"{a} {trimmed(b)}" for a, b in zip(self.labels, self.scores, strict=True)
        )
        head = f"; from a head with Dh = {self.d_head}" if self.d_head else ""
        lines = [f"SoftmaxExplorer: {scores}{head}"]
        for scale, *numbers, weights in map(self._row, self.scales):
            entropy, keys, slope = numbers
            lines.append(
                f"  scale {scale}: weights {weights}; entropy {entropy} nats, "
                f"as if {keys} keys shared it equally; gradient at most {slope}"
            )
        return "\n".join([*lines, self._shift()])

    def fallback(self) -> str:
        """Return the same as a table."""
        head = ("scale", "entropy (nats)", "effective keys", "largest gradient", "weights")
        return table("Softmax at a few scales", head, list(map(self._row, self.scales))) + (
            f"<p>{self._shift()}</p>"
        )

    def _row(self, scale: float) -> tuple[str, str, str, str, str]:
        weights = self.weights(scale)
        entropy = -sum(w * math.log(w) for w in weights if w)
        slope = max(weights * (1 - weights))  # the largest entry of diag(w) - w wᵀ
        numbers = (trimmed(scale), fixed(entropy), fixed(math.exp(entropy), 2), fixed(slope))
        return *numbers, " ".join(map(fixed, weights))

    def _shift(self) -> str:
        top = max(self.scores) + 1000
        same = "A constant added to all scores changes no weight."
        if top < LARGEST:
            return same
        return (
            f"{same} But with 1000 added, e^{trimmed(top)} is too large for a number, unless the "
            "largest is subtracted first."
        )
