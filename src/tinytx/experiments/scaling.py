"""Scaling laws: how the loss falls with parameters, tokens and compute, fitted to runs.

Three fits of growing ambition. :func:`fit_power_law` is a straight line in logarithms.
:func:`fit_frontier` fits one to the best runs at each compute. :func:`fit_loss` fits the law of
Hoffmann et al. in both parameters and tokens. In all of them the loss falls towards a floor, the
entropy of the text, and not towards zero: the floor is known (Tales), or one more number to fit.
:func:`bootstrap_fit` says how sure any of them is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares, nnls

from ..manual.shapes import check_count

HUBER = 1e-3  # a residual in log loss beyond this counts in proportion, not squared (Hoffmann)
EXPONENTS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5)  # where the search for alpha, beta starts
STEEPEST = 10.0  # no exponent above: a term that falls so fast is seen at the smallest size only
STARTS = 2  # from how many of these pairs it goes on


class PowerLaw(NamedTuple):
    """``y = factor · x^exponent``: a straight line when both axes are logarithmic."""

    factor: float
    exponent: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return y for each x."""
        return self.factor * np.asarray(x, dtype=float) ** self.exponent


class LossLaw(NamedTuple):
    """``L = E + A · N^-alpha + B · D^-beta``, nats per token for N parameters and D tokens.

    ``E`` is what no model gets below, the second term what a small model cannot hold, the third
    what too few tokens did not teach.
    """

    E: float
    A: float
    alpha: float
    B: float
    beta: float

    def predict(self, parameters: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Return the loss of models of so many parameters after so many tokens."""
        N, D = np.asarray(parameters, dtype=float), np.asarray(tokens, dtype=float)
        return self.E + self.A * N**-self.alpha + self.B * D**-self.beta

    def best(self, compute: float) -> tuple[float, float]:
        """Return the parameters and tokens of least loss with ``6 N D = compute``.

        Put ``D = compute / 6 N`` into the law; where its slope in log N is zero, the two terms are
        as ``alpha · A · N^-alpha = beta · B · D^-beta``.
        """
        ratio = self.alpha * self.A / (self.beta * self.B)
        N = (ratio * (compute / 6) ** self.beta) ** (1 / (self.alpha + self.beta))
        return N, compute / (6 * N)

    @property
    def frontier_exponent(self) -> float:
        """The exponent of ``L - E`` against compute, if each compute is spent at its best."""
        return -self.alpha * self.beta / (self.alpha + self.beta)


class FitBounds(NamedTuple):
    """A fit, and the ends of an interval for each of its numbers, as three tuples of one kind."""

    fit: NamedTuple
    low: NamedTuple
    high: NamedTuple


def fit_power_law(x: np.ndarray, y: np.ndarray) -> PowerLaw:
    """Fit ``y = factor · x^exponent`` by least squares of the logarithms.

    The logarithm makes it a line, ``log y = log factor + exponent · log x``, and gives an error of
    one per cent the same weight at every size. In ``y`` itself the largest values would decide.

    Parameters
    ----------
    x, y
        (n,), above zero, with at least two different x. If the law holds above a floor, take the
        floor off ``y`` first.

    Raises
    ------
    ValueError
        If the shapes differ, a number is not above zero, or all x are equal.

    >>> law = fit_power_law([1, 10, 100], [8, 4, 2])
    >>> round(law.factor, 4), round(law.exponent, 4)
    (8.0, -0.301)
    """
    x, y = _positive("x", x), _positive("y", y)
    _same_length({"x": x, "y": y})
    if np.ptp(x) == 0:
        raise ValueError(f"x is {x[0]:g} everywhere and must have at least two different values")
    log_x, log_y = np.log(x), np.log(y)
    spread = log_x - log_x.mean()
    exponent = float(spread @ log_y / (spread @ spread))
    return PowerLaw(float(np.exp(log_y.mean() - exponent * log_x.mean())), exponent)


def frontier(compute: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """Return the indices of the runs on the lower hull, by rising compute.

    With both axes logarithmic, a string is stretched below the points, from the least compute to
    the least excess loss: these are the runs that it touches. A run above it got less for its
    compute, as a model does that is too large or too small for it, or that had bad luck.

    Parameters
    ----------
    compute, excess
        (n,), above zero: operations, and loss less the floor.

    >>> frontier([1, 2, 4, 8], [8.0, 7.0, 2.0, 3.0]).tolist()
    [0, 2]
    """
    x, y = np.log(_positive("compute", compute)), np.log(_positive("excess", excess))
    _same_length({"compute": x, "excess": y})
    hull: list[int] = []
    for i in np.lexsort((y, x)):
        if hull and y[i] >= y[hull[-1]]:  # it costs more and is no better
            continue
        while len(hull) > 1 and _above(x, y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(int(i))
    return np.array(hull)


def fit_frontier(
    parameters: np.ndarray, tokens: np.ndarray, losses: np.ndarray, floor: float
) -> PowerLaw:
    """Fit ``L - floor = factor · C^exponent`` to the best runs, where C = 6 N D operations.

    Two operations a parameter and token forward, and four backward: attention is left out. The
    exponent is below zero. It tells how fast the loss falls if, at each compute, the best of the
    models *that were trained* is taken.

    Parameters
    ----------
    parameters, tokens, losses
        (n,), of each run.
    floor
        Below every loss, in nats per token.

    Raises
    ------
    ValueError
        If a loss is not above the floor, or fewer than three runs are on the frontier: a line
        through two fits whatever they are.

    Source: Kaplan et al. 2020, section 2.1 (6 N D) and 6.1; the floor is Henighan et al. 2020.
    """
    N, D, L = _runs(parameters, tokens, losses)
    _check_floor(floor, L)
    compute = 6 * N * D
    best = frontier(compute, L - floor)
    if len(best) < 3:
        raise ValueError(f"{len(best)} runs are on the frontier and 3 are needed: add sizes")
    return fit_power_law(compute[best], L[best] - floor)


def fit_loss(
    parameters: np.ndarray, tokens: np.ndarray, losses: np.ndarray, floor: float | None = None
) -> LossLaw:
    """Fit ``L = E + A · N^-alpha + B · D^-beta`` to runs of several sizes and lengths.

    Minimised is the Huber loss of ``log predicted - log measured``: a run that went wrong pulls
    with a limited force. Where the search starts: if the exponents were known, the rest would
    follow by linear least squares. That is done for every pair of ``EXPONENTS``, and the best pairs
    are taken.

    Parameters
    ----------
    parameters, tokens, losses
        (n,), of each run: N, D, and nats per token.
    floor
        ``E`` if it is known; None fits it too.

    Raises
    ------
    ValueError
        If the law cannot be told from the runs: fewer than three different N or D, one in step with
        the other, fewer runs than numbers to fit, or a floor that is not below every loss.

    Source: Hoffmann et al. 2022, section 3.3 and appendix D.2.
    """
    N, D, L = _runs(parameters, tokens, losses)
    _check_design(N, D, 4 if floor is not None else 5)
    if floor is not None:
        _check_floor(floor, L)
    # in units of their middle, a size and a length of 1: the factors become losses, near 1
    units = np.exp(np.log(N).mean()), np.exp(np.log(D).mean())
    n, d, log_loss = N / units[0], D / units[1], np.log(L)

    def residuals(numbers: np.ndarray) -> np.ndarray:
        return np.log(_law(numbers, floor).predict(n, d)) - log_loss

    def slopes(numbers: np.ndarray) -> np.ndarray:
        return _slopes(_law(numbers, floor), n, d)[:, : len(numbers)]

    # no number is negative, so that the logarithm exists
    most = [np.inf, STEEPEST, np.inf, STEEPEST, np.inf][: 4 if floor is not None else 5]
    options = {"loss": "huber", "f_scale": HUBER, "bounds": (0, most)}
    fits = [
        least_squares(residuals, start, slopes, **options, x_scale="jac", xtol=1e-12, ftol=1e-12)
        for start in _starts(n, d, L, floor)
    ]
    E, A, alpha, B, beta = _law(min(fits, key=lambda fit: fit.cost).x, floor)
    return LossLaw(E, float(A * units[0] ** alpha), alpha, float(B * units[1] ** beta), beta)


def bootstrap_fit(
    fit: Callable[[np.ndarray], NamedTuple],
    losses: np.ndarray,
    level: float = 0.95,
    resamples: int = 200,
    seed: int = 0,
) -> FitBounds:
    """Return a fit to the mean over seeds, and an interval for each of its numbers.

    Seeds are drawn with replacement, the same ones for all points, their mean is fitted, and again;
    the interval holds the middle ``level`` of what came out. The seeds are what varied by chance.
    The points were chosen: to draw those would be to ask about other designs. An interval from few
    seeds is too narrow, see :func:`tinytx.experiments.statistics.bootstrap_difference`; and none
    says whether the *form* of the law is right.

    Parameters
    ----------
    fit
        From losses (points,) to a tuple of numbers, as
        ``lambda mean: fit_loss(N, D, mean, floor=1.2)``.
    losses
        (points, seeds), at least two seeds.
    level, resamples, seed
        As in :func:`tinytx.experiments.statistics.bootstrap_difference`.

    Raises
    ------
    ValueError
        If ``losses`` is not of that shape, or ``fit`` refuses what was drawn.

    Source: Efron 1979.

    >>> x, noise = np.array([1, 10, 100]), np.array([[0.1, -0.1], [-0.1, 0.1], [0.2, -0.2]])
    >>> bounds = bootstrap_fit(lambda mean: fit_power_law(x, mean), (8 / x**0.3)[:, None] + noise)
    >>> [round(law.exponent, 3) for law in (bounds.low, bounds.fit, bounds.high)]
    [-0.32, -0.3, -0.282]
    """
    losses = np.asarray(losses, dtype=float)
    if losses.ndim != 2 or losses.shape[1] < 2:
        raise ValueError(
            f"losses has shape {losses.shape} and must be (points, seeds), with at least 2 seeds"
        )
    if not 0 < level < 1:
        raise ValueError(f"level is {level!r} and must be between 0 and 1, as 0.95")
    check_count("resamples", resamples)
    result = fit(losses.mean(axis=1))
    n, rng = losses.shape[1], np.random.default_rng(seed)
    drawn = [tuple(fit(losses[:, rng.integers(n, size=n)].mean(axis=1))) for _ in range(resamples)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    kind = type(result)
    return FitBounds(result, kind(*low.tolist()), kind(*high.tolist()))


def _law(numbers: np.ndarray, floor: float | None) -> LossLaw:
    """Return the law of the numbers that are searched: A, alpha, B, beta, and E if it is fitted."""
    A, alpha, B, beta, *E = (float(number) for number in numbers)
    return LossLaw(E[0] if floor is None else floor, A, alpha, B, beta)


def _slopes(law: LossLaw, n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Return the derivatives of log L by A, alpha, B, beta and E, (runs, 5)."""
    of_n, of_d = n**-law.alpha, d**-law.beta
    columns = of_n, -law.A * of_n * np.log(n), of_d, -law.B * of_d * np.log(d), np.ones_like(n)
    return np.stack(columns, axis=1) / law.predict(n, d)[:, None]


def _starts(
    n: np.ndarray, d: np.ndarray, losses: np.ndarray, floor: float | None
) -> list[np.ndarray]:
    """Return where the search starts: the best few pairs of exponents, with the rest solved."""
    found = []
    for alpha in EXPONENTS:
        for beta in EXPONENTS:
            columns = [n**-alpha, d**-beta, *([np.ones_like(n)] if floor is None else [])]
            solved, error = nnls(np.stack(columns, axis=1), losses - (floor or 0))
            A, B, *E = np.maximum(solved, 1e-6)  # a zero would be the edge of what is searched
            found.append((error, [A, alpha, B, beta, *E]))
    return [np.array(start) for _, start in sorted(found)[:STARTS]]


def _above(x: np.ndarray, y: np.ndarray, left: int, middle: int, right: int) -> bool:
    """Say whether the middle point is above the line between the other two (rounding is not)."""
    rise, run = y[right] - y[left], x[right] - x[left]
    return bool((y[middle] - y[left]) * run - rise * (x[middle] - x[left]) > 1e-9)


def _runs(
    parameters: np.ndarray, tokens: np.ndarray, losses: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names = {"parameters": parameters, "tokens": tokens, "losses": losses}
    arrays = {name: _positive(name, values) for name, values in names.items()}
    _same_length(arrays)
    return arrays["parameters"], arrays["tokens"], arrays["losses"]


def _check_design(N: np.ndarray, D: np.ndarray, unknowns: int) -> None:
    for name, values in {"parameters": N, "tokens": D}.items():
        if len(np.unique(values)) < 3:
            raise ValueError(
                f"{name} has {len(np.unique(values))} different values and needs at least 3"
            )
    if len(N) < unknowns:
        raise ValueError(f"{len(N)} runs cannot fix {unknowns} numbers: add runs")
    if abs(np.corrcoef(np.log(N), np.log(D))[0, 1]) > 1 - 1e-9:
        raise ValueError("tokens move in step with parameters: vary one while the other is held")


def _check_floor(floor: float, losses: np.ndarray) -> None:
    if not 0 <= floor < losses.min():
        raise ValueError(
            f"floor is {floor!r} and must be from 0 to below every loss, the least of which is "
            f"{losses.min():g}"
        )


def _same_length(arrays: dict[str, np.ndarray]) -> None:
    lengths = [len(values) for values in arrays.values()]
    if len(set(lengths)) > 1:
        *first, last = arrays
        names = f"{', '.join(first)} and {last}"
        raise ValueError(f"{names} have {lengths} numbers and must have as many each")


def _positive(name: str, values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"{name} has shape {values.shape} and must be (n,), at least two numbers")
    if not (np.isfinite(values) & (values > 0)).all():
        bad = values[~(np.isfinite(values) & (values > 0))][0]
        raise ValueError(f"{name} holds {bad:g} and must be finite and above zero")
    return values
