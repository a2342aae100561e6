"""The sampling explorer: what temperature, top-k, top-p and min-p leave of a distribution."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinytx.generation.sampling import distribution

from ..wording import fixed
from .arrays import _bytes, _short, check_dims, numbers, plain, unboxed
from .component import Figure, table
from .visible import visible

MOST = 1024  # ids
MOST_CASES = 6
SHOWN = 12  # bars
SEEDS = 2**32
ASK = (
    "Find one top-p that leaves a single id in one case and more than 20 in the other. Can any "
    "top-k do that? Any min-p? And at temperature 2, which of them still can?"
)
SETTINGS: dict[str, dict[str, Any]] = {
    "nothing cut": {},
    "temperature 0.5": {"temperature": 0.5},
    "temperature 2": {"temperature": 2.0},
    "top-k 5": {"top_k": 5},
    "top-p 0.9": {"top_p": 0.9},
    "min-p 0.1": {"min_p": 0.1},
}  # what the words tell; the sliders go over all between

# Made up for the figure: after the first beginning one word stands out, after the second none.
_WORDS = (
    "mat floor bed hat roof rug table chair box grass hill road boat cart wall stone nest shelf "
    "step tree cat dog bird fox owl frog hen goat mouse bear fish horse cow duck bee lamb"
)
_SURE = (
    9.0, 5.0, 4.6, 3.1, 4.1, 4.4, 3.9, 4.2, 3.6, 2.9, 2.2, 1.9, 1.4, 1.2, 2.5, 1.8, 0.9, 1.6, 2.0,
    1.1, -1.0, -0.6, -1.4, -2.1, -1.9, -2.4, -1.7, -2.0, -0.9, -2.2, -2.6, -1.5, -1.8, -2.3, -3.0,
    -2.5,
)  # fmt: skip
_UNSURE = (
    0.2, -0.5, -0.3, 0.4, -0.8, -0.7, 0.1, 0.0, 0.6, -0.9, -0.2, -1.0, 0.9, 0.3, -0.6, 0.5, 0.7,
    -1.1, -1.2, 1.0, 2.2, 2.4, 2.1, 1.9, 1.6, 1.7, 1.5, 1.4, 2.0, 1.8, 1.3, 1.6, 1.4, 1.5, 1.2, 1.3,
)  # fmt: skip


class SamplingExplorer(Figure):
    """The distribution of a next token under four sliders, and draws from what is left of it.

    Bars, the likeliest id first, show what can still be drawn; what is cut stays as an outline,
    with the name of the filter that cut it. Beside it: the entropy, how many ids are kept, and the
    probability that is cut. Draws come from a seeded generator, and are counted beside the number
    that is expected.

    The page cuts and draws by ``static/engine/sampling.js``, in the order of
    :mod:`tinytx.generation.sampling`: temperature, top-k, top-p, min-p. Logits are rounded to
    three decimals, here too.

    *To find by playing:* one top-p that leaves a single id where the model is sure and more than
    20 where it is not. Can any top-k do that? Any min-p? Which of them still can at temperature 2?

    Parameters
    ----------
    logits
        (V,), of one next token: V from 2 to 1,024. ``-inf`` is an id that cannot come.
    tokens
        One for each logit, as text or bytes; left out, the ids stand for themselves.
    cases
        Several distributions to choose from, at most six: ``{name: (logits, tokens)}``. Without
        logits and cases, two small ones that were made up.
    seed
        Of the draws, a whole number from 0, below 2³².
    ask
        The question above the figure; "" for none.

    Raises
    ------
    ValueError
        If logits and cases are both given, a number is not finite, sizes do not fit, or the seed
        is out of range.

    >>> print(SamplingExplorer([2, 1, 0, -1], ["a", "b", " c", "d"], ask=""))
    SamplingExplorer: 1 case
    logits: 4 ids; a 0.6439, b 0.2369, ␣c 0.0871, d 0.0321
      nothing cut: 4 ids, 0.00 % cut, entropy 0.9475 nats
      temperature 0.5: 4 ids, 0.00 % cut, entropy 0.4554 nats
      temperature 2: 4 ids, 0.00 % cut, entropy 1.2451 nats
      top-k 5: 4 ids, 0.00 % cut, entropy 0.9475 nats
      top-p 0.9: 3 ids, 3.21 % cut, entropy 0.8324 nats
      min-p 0.1: 3 ids, 3.21 % cut, entropy 0.8324 nats
    """

    kind = "sampling-explorer"
    scripts = (
        "parts.js",
        "picker.js",
        "scale.js",
        "engine/sampling.js",
        "engine/check.js",
        "engine/rng.js",
        "sampling-view.js",
        "sampling-explorer.js",
    )
    styles = ("parts.css", "controls.css", "picker.css", "sampling-explorer.css")

    def __init__(
        self,
        logits: object = None,
        tokens: Iterable[object] | None = None,
        cases: Mapping[str, tuple[object, Iterable[object] | None]] | None = None,
        seed: int = 0,
        ask: str = ASK,
    ):
        if cases is None:
            cases = made_up() if logits is None else {"logits": (logits, tokens)}
        elif logits is not None or tokens is not None:
            raise ValueError(
                "SamplingExplorer: logits or tokens are given beside cases; make them one more case"
            )
        self.logits, self.tokens = _cases(cases)
        seed = unboxed(seed)
        if type(seed) is not int or not 0 <= seed < SEEDS:
            raise ValueError(
                f"SamplingExplorer: seed is {seed!r}, the limit is a whole number from 0, "
                f"below {SEEDS:,}"
            )
        self.seed, self.ask = seed, str(ask)

    def left(self, case: str, temperature: float = 1.0, **filters: Any) -> np.ndarray:
        """Return the probabilities (V,) of ``case`` that the filters leave, as the page shows."""
        return distribution(self.logits[case], temperature, **filters)

    def measure(
        self, case: str, temperature: float = 1.0, **filters: Any
    ) -> tuple[int, float, float]:
        """Return how many ids can be drawn, the probability that is cut, and the entropy in nats.

        What is cut is measured before: under the temperature, with nothing cut.
        """
        before, after = self.left(case, temperature), self.left(case, temperature, **filters)
        kept = after > 0
        return int(kept.sum()), float(before[~kept].sum()), _entropy(after)

    def data(self) -> dict[str, object]:
        """Return all logits, and each list of tokens once."""
        lists = list(dict.fromkeys(self.tokens.values()))
        cases = [
            {
                "name": name,
                "logits": [None if x == -math.inf else x for x in logits.tolist()],
                "tokens": lists.index(self.tokens[name]),
            }
            for name, logits in self.logits.items()
        ]
        rest = {"ask": self.ask, "seed": self.seed, "shown": SHOWN}
        return {"cases": cases, "tokens": [list(one) for one in lists], **rest}

    def words(self) -> str:
        """Return the likeliest ids of each case, and what a few settings leave."""
        lines = [f"SamplingExplorer: {len(self.logits)} case{'s' * (len(self.logits) > 1)}"]
        if self.ask:
            lines.append(self.ask)
        for case in self.logits:
            lines.append(f"{case}: {self._likeliest(case)}")
            for setting, kept, cut, entropy in self._rows(case):
                ids = "1 id" if kept == 1 else f"{kept} ids"
                lines.append(f"  {setting}: {ids}, {cut} cut, entropy {entropy} nats")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same as a table for each case."""
        head = ("setting", "ids kept", "probability cut", "entropy (nats)")
        tables = [
            f"{table(case, head, self._rows(case))}<p>{html.escape(self._likeliest(case))}</p>"
            for case in self.logits
        ]
        return "".join([f"<p>{html.escape(self.ask)}</p>" if self.ask else "", *tables])

    def _likeliest(self, case: str) -> str:
        probs, tokens = self.left(case), self.tokens[case]
        first = np.argsort(-probs, kind="stable")[:5]
        told = ", ".join(f"{tokens[id]} {fixed(probs[id])}" for id in first)
        return f"{len(probs)} ids; {told}"

    def _rows(self, case: str) -> list[tuple[str, int, str, str]]:
        rows = []
        for setting, how in SETTINGS.items():
            kept, cut, entropy = self.measure(case, **how)
            rows.append((setting, kept, f"{fixed(100 * cut, 2)} %", fixed(entropy)))
        return rows


def made_up() -> dict[str, tuple[tuple[float, ...], list[str]]]:
    """Return the two cases that the figure has of its own: one sure, one unsure."""
    tokens = [f" {word}" for word in _WORDS.split()]
    return {"sure: “the cat sat on the”": (_SURE, tokens), "unsure: “I saw a”": (_UNSURE, tokens)}


def _entropy(probs: np.ndarray) -> float:
    some = probs[probs > 0]
    return float(-(some * np.log(some)).sum()) + 0.0  # no minus before zero


def _cases(cases: Mapping[str, object]) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    if not 1 <= len(cases) <= MOST_CASES:
        raise ValueError(
            f"SamplingExplorer: cases has {len(cases)}, the limit is 1 to {MOST_CASES}; "
            "make a second figure for the rest"
        )
    logits, tokens = {}, {}
    for name, case in cases.items():
        what = f"SamplingExplorer: cases[{name!r}]" if name != "logits" else "SamplingExplorer:"
        if not isinstance(case, tuple | list) or len(case) != 2:
            raise ValueError(f"{what} must be a pair: (logits, tokens), tokens may be None")
        logits[str(name)] = _logits(f"{what} logits", case[0])
        tokens[str(name)] = _tokens(f"{what} tokens", case[1], len(logits[str(name)]))
    return logits, tokens


def _logits(name: str, value: object) -> np.ndarray:
    """Return logits (V,) with three decimals; ``-inf`` may stand among them, but not alone."""
    array = plain(name, value)
    check_dims(name, array, "V")
    out = np.zeros(array.shape, bool)
    if array.dtype.kind == "f":
        out = array == -math.inf
        array = np.where(out, 0, array)
    rounded = numbers(name, array, "V", (MOST,)).round(3) + 0.0
    if len(rounded) < 2 or out.all():
        raise ValueError(f"{name} leaves no choice: give two ids or more, and not -inf alone")
    return np.where(out, -math.inf, rounded)


def _tokens(name: str, tokens: Iterable[object] | None, size: int) -> tuple[str, ...]:
    if tokens is None:
        return tuple(map(str, range(size)))
    found = tuple(_short(visible(_bytes(name, token))) for token in tokens)
    if len(found) != size:
        raise ValueError(f"{name} has {len(found)} and must have {size}, one for each logit")
    return found
