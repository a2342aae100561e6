"""Loss surfaces over two weights, and the paths that the package's optimizers take on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinytx.manual.module import Parameter
from tinytx.manual.optim import SGD, Adam, Optimizer

METHODS = ("SGD", "momentum", "Adam")
BETA_2 = 0.999
EPS = 1e-8
FAR = 20.0  # from the middle: a path that gets there has diverged
WORD = 0xFFFFFFFF  # 32 bits


@dataclass(frozen=True)
class Surface:
    """The loss ½(a x² + b y²) + c x y + ¼ q y⁴, and the part of it that is drawn."""

    name: str
    a: float
    b: float
    c: float
    q: float
    noise: float
    """Standard deviation of what is added to each number of a gradient."""
    x: float
    """The picture goes from −x to x,"""
    y: float
    """and from −y to y."""
    start: tuple[float, float]
    floor: float
    """The lowest loss there is."""
    ask: str
    """A question that playing answers."""

    def loss(self, x: float, y: float) -> float:
        """Return the loss at a point, without noise."""
        return (
            0.5 * (self.a * x * x + self.b * y * y) + self.c * x * y + 0.25 * self.q * y * y * y * y
        )

    def gradient(self, x: float, y: float) -> tuple[float, float]:
        """Return the slope at a point, without noise."""
        return self.a * x + self.c * y, self.b * y + self.c * x + self.q * y * y * y


ROOT = math.sqrt(2)
# The curvatures of both valleys are 1 along and 25 across; the turned one's axes are diagonals.
SURFACES = {
    "valley": Surface(
        "long valley", 1, 25, 0, 0, 0, 4, 1.6, (-3.5, 1.1), 0,
        "Take 200 steps. Which is the largest rate that does not diverge: for SGD, for momentum?",
    ),
    "turned": Surface(
        "turned valley", 13, 13, 12, 0, 0, 4, 4, (-2.4 / ROOT, 4.6 / ROOT), 0,
        "The same valley and start, turned by 45°. Which of the three comes out differently?",
    ),
    "saddle": Surface(
        "saddle", 1, -1, 0, 1, 0, 3, 1.6, (-2.5, 0.02), -0.25,
        "Who leaves the ridge first, who last? And if you start on it, at y = 0?",
    ),
    "noisy": Surface(
        "noisy gradient", 1, 4, 0, 0, 4, 4, 2, (-3.2, 1.4), 0,
        "Take 200 steps and other draws of the noise. Does the rate that suits SGD suit momentum?",
    ),
}  # fmt: skip


def path(
    surface: Surface,
    method: str,
    start: tuple[float, float],
    lr: float,
    beta: float,
    steps: int,
    draw: int = 0,
) -> tuple[list[tuple[float, float]], int | None]:
    """Return where an optimizer was after 0, 1, 2, … steps, and at which step it diverged.

    The optimizers are those of :mod:`tinytx.manual.optim`; ``static/optimizers.js`` has the
    same rules. A path that gets further than :data:`FAR` from the middle ends there.
    """
    weights = Parameter(np.array(start, dtype=np.float64))
    optimizer = make(method, weights, lr, beta)
    points = [start]
    for step in range(steps):
        noise = (surface.noise * noise_at(draw, step, axis) for axis in range(2))
        slope = surface.gradient(*points[-1])
        weights.grad[:] = [g + extra for g, extra in zip(slope, noise, strict=True)]
        optimizer.step()
        points.append(tuple(weights.data.tolist()))
        x, y = points[-1]
        if not x * x + y * y <= FAR * FAR:
            return points, step + 1
    return points, None


def make(method: str, weights: Parameter, lr: float, beta: float) -> Optimizer:
    """Return the package's optimizer; ``beta`` is momentum, or Adam's memory of gradients."""
    if method == "Adam":
        return Adam([weights], lr=lr, betas=(beta, BETA_2), eps=EPS)
    return SGD([weights], lr=lr, momentum=beta if method == "momentum" else 0.0)


def noise_at(draw: int, step: int, axis: int) -> float:
    """Return a number of mean 0 and standard deviation 1: three even draws from −1 to 1, added.

    They come from a hash and not from NumPy's streams, because the page must draw the same.
    """
    place = ((draw * 1024 + step) * 2 + axis) * 3
    return sum(_mixed(place + k + 1) / 2**31 - 1 for k in range(3))


def _mixed(number: int) -> int:
    """Mix 32 bits as MurmurHash3 does at its end (Appleby 2011, public domain)."""
    n = (number ^ number >> 16) * 0x85EBCA6B & WORD
    n = (n ^ n >> 13) * 0xC2B2AE35 & WORD
    return n ^ n >> 16
