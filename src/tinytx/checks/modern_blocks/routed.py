"""The check of ``routed(x, router, experts, k)``: a mixture of experts, and its balance loss."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..values import nearly
from ..verdict import Property
from .parts import Expert

Array = np.ndarray
Found = tuple[Array, float]

SAME, DOUBLE, TRIPLE, SQUARE = Expert("x"), Expert("2 * x"), Expert("3 * x"), Expert("x**2")
MORE, LESS, TURNED = Expert("x + 1"), Expert("x - 2"), Expert("np.roll(x, 1, axis=-1)")
BENT, NEGATIVE = Expert("np.tanh(x)"), Expert("-x")
ALL = [SAME, SQUARE, MORE, TRIPLE, TURNED, BENT, NEGATIVE]
POWERS = [Expert(f"{2**i} * x") for i in range(20)]
EYE = np.eye(2)


def _router(*rows: list[float]) -> Array:
    return np.array(rows, dtype=float)


LARGE = _router([2.0, 0.0], [2.0, 1.0], [2.0, -2.0])


def _counted(x: list, router: Array, codes: list[str], k: int, rows: list[int]) -> tuple:
    """Return a case whose experts may be asked as often as tokens are sent to them."""
    experts = [Expert(code, rows=n) for code, n in zip(codes, rows, strict=True)]
    return np.array(x, dtype=float), router, experts, k


# One token: one expert; two, of which one is chosen, or both; equally likely ones, and three of
# which two are; two that are nearly as likely, the second more so. Two and three tokens that go
# apart, that all go to one, and that leave an expert alone. An expert that hands back what it was
# handed, whom two ask. Experts that count, also where the least likely may be asked and a third may
# not, and where each is sent everything. Scores in the thousands, which float32 holds exactly too:
# of one token, and of two that lie far apart. More experts than a sort that is not stable keeps in
# order, each with an answer of its own. As many tokens, numbers, experts and choices as each other;
# then drawn ones, all sizes different, k from 1 to E.
CASES = [
    (_router([2.0]), _router([1.0]), [TRIPLE], 1),
    (_router([1.0]), _router([1.0], [0.0]), [DOUBLE, MORE], 1),
    (_router([1.0]), _router([0.0], [1.0]), [DOUBLE, MORE], 1),
    (_router([1.0]), _router([1.0], [0.0]), [DOUBLE, MORE], 2),
    (_router([1.0]), _router([1.0], [1.0]), [TRIPLE, MORE], 1),
    (_router([1.0]), _router([0.0], [1e-4]), [TRIPLE, MORE], 1),
    (_router([1.0]), _router([0.0], [1.0], [1.0]), [SAME, TRIPLE, MORE], 1),
    (_router([1.0, 2.0]), np.zeros((2, 2)), [SAME, TRIPLE], 2),
    (_router([1.0]), _router([1.0], [0.0], [1.0], [1.0]), [SAME, TRIPLE, SQUARE, MORE], 2),
    (_router([2.0]), _router([1.0], [0.0], [0.5]), [DOUBLE, SQUARE, LESS], 2),
    (_router([1.0, 2.0]), _router([1.0, 0.0], [0.0, 1.0]), [DOUBLE, MORE], 1),
    (_router([1.0, 0.0], [0.0, 1.0]), EYE, [DOUBLE, LESS], 1),
    (_router([1.0, 0.0], [2.0, 1.0]), EYE, [DOUBLE, LESS], 1),
    (_router([1.0, 0.0], [2.0, 1.0]), EYE, [DOUBLE, LESS], 2),
    (_router([1.0], [2.0], [-1.0]), _router([1.0], [0.0]), [SQUARE, MORE], 1),
    (_router([1.0], [2.0], [-1.0]), _router([1.0], [0.0], [0.5]), [SQUARE, MORE, TRIPLE], 2),
    _counted([[1.0]], _router([1.0], [0.0]), ["2 * x", "x + 1"], 1, [1, 0]),
    _counted([[1.0]], _router([1.0], [0.0], [0.5]), ["2 * x", "x + 1", "-x"], 1, [1, 1, 0]),
    _counted([[1.0], [-1.0]], _router([1.0], [0.0]), ["2 * x", "x + 1"], 1, [1, 1]),
    _counted([[2.0], [1.0]], _router([1.0], [0.0], [0.5]), ["1 * x", "x + 1", "-x"], 2, [2, 0, 2]),
    _counted([[1.0], [2.0]], _router([1.0], [0.0]), ["2 * x", "x + 1"], 2, [2, 2]),
    (_router([1000.0, 1.0]), LARGE, [SAME, TRIPLE, MORE], 2),
    (_router([-1000.0, 1.0]), LARGE, [SAME, TRIPLE, MORE], 2),
    (_router([1000.0, 1.0], [-1000.0, 1.0]), LARGE, [SAME, TRIPLE, MORE], 2),
    (_router([3.0]), np.tile(_router([0.0], [1.0]), (10, 1)), POWERS, 3),
    (draw(2, 2, seed=1), draw(2, 2, seed=2), [SQUARE, MORE], 2),
    (draw(3, 3, seed=3), draw(3, 3, seed=4), [SQUARE, MORE, TURNED], 2),
    (draw(5, 2, seed=5), draw(3, 2, seed=6), [SQUARE, MORE, BENT], 1),
    (draw(4, 3, seed=7), draw(6, 3, seed=8), ALL[1:], 3),
    (draw(7, 4, seed=9), draw(5, 4, seed=10), ALL[:5], 2),
    (draw(9, 2, seed=11), draw(4, 2, seed=12), ALL[3:], 4),
    (draw(20, 5, seed=13), draw(7, 5, seed=14), ALL, 3),
    (draw(6, 3, seed=15), draw(4, 3, seed=16), [BENT] * 4, 2),
]


def _agreed(got: Found, x: Array, router: Array, experts: list, k: int) -> bool:
    """Return whether experts that all say the same are heard as they are."""
    if len({expert.__name__ for expert in experts}) > 1 or experts[0].left is not None:
        return True
    return bool(np.allclose(got[0], experts[0](x), rtol=1e-4, atol=1e-5))


def _first_of_equals(got: Found, x: Array, router: Array, experts: list, k: int) -> bool:
    """Return False if one token is answered by other experts, as likely as the first ones."""
    scores = (x @ router.T)[0]
    order = np.argsort(-scores, kind="stable")
    least = scores[order[k - 1]]
    tied = np.flatnonzero(scores == least)
    sure = [i for i in order if scores[i] > least]
    if len(x) > 1 or len(sure) + len(tied) == k or experts[0].left is not None:
        return True
    probs = np.exp(scores - scores.max())
    said = [probs[i] * expert(x)[0] for i, expert in enumerate(experts)]
    choices = ([*sure, *some] for some in combinations(tied, k - len(sure)))
    outs = [sum(said[i] for i in c) / probs[c].sum() for c in choices]
    first, *others = (np.allclose(got[0], out, rtol=1e-4, atol=1e-5) for out in outs)
    return first or not any(others)


def _limits(got: Found, x: Array, router: Array, experts: list, k: int) -> bool:
    return 0 < got[1] <= len(experts) / k * (1 + 1e-5)


check = Check.of(
    __file__,
    "routed(x, router, experts, k)",
    CASES,
    "Many experts, few at work",
    properties=(
        Property(
            "where all experts say the same, that is what comes out: the weights of a token add up"
            " to 1",
            _agreed,
        ),
        Property("of equally likely experts the first are asked", _first_of_equals),
        Property("the balance loss lies above 0, and E / k is the most that it can be", _limits),
    ),
    equal=nearly,
    errors={
        "^RuntimeError.*not sent": "This expert counts. Hand it only the tokens that have chosen"
        " it, each once.",
        "^ValueError.*(matmul|operands|broadcast)": "Write down the two shapes that meet. x is"
        " (N, D), the router (E, D), so the scores are (N, E); of them k are chosen.",
        r"shapes \(\d+,\) \(\d+,\)|size of tensor a \(\d+\) must match": "f and P have E"
        " numbers each, also where nobody has chosen the last expert.",
        "^IndexError": "N tokens, D numbers in each, E experts and k choices may all be different.",
    },
)
