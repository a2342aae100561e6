"""What the exercises of chapter 07 are handed: drawings of starts, and models with an optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np


class Draw:
    """A way to draw starts, which is shown as the lambda that it was made of.

    >>> Draw("[n - 1, 0]"), Draw("[n - 1, 0]")(3)
    (lambda n: np.array([n - 1, 0]), array([2, 0]))
    """

    def __init__(self, code: str, given: str = ""):
        self.code, self.given = code, given
        self.__name__ = f"lambda n{given and ', '}{given}: np.array({code})"
        self.__doc__ = ""  # its name says all there is to say
        self.call = eval(self.__name__, {"np": np})

    def __deepcopy__(self, memo: object) -> Draw:
        """Return one that draws from the beginning, where it draws by a generator."""
        return Draw(self.code, self.given)

    def __call__(self, n: int) -> np.ndarray:
        """Return the starts that are drawn from ``n`` possible ones."""
        return self.call(n).astype(int)  # of no starts NumPy makes an array of floats

    def __repr__(self) -> str:
        return self.__name__


class Line:
    """A model with one weight ``w``: its loss is the mean of (w · x - y)² over the examples.

    With ``dropout`` it reads in training mode a tenth more or less of each x, by turns; a real
    dropout does so at random.
    """

    def __init__(self, dropout: bool, left: float, training: bool):
        self.w, self.grad, self.training = 0.0, left, training
        self.dropout, self.calls = dropout, 0
        self.saved: tuple[np.ndarray, np.ndarray] | None = None

    def train(self) -> None:
        """Switch dropout on."""
        self.training = True

    def eval(self) -> None:
        """Switch dropout off."""
        self.training = False

    def loss(self, part: np.ndarray) -> float:
        """Return the mean loss of some examples (n, 2), and keep what ``backward`` needs."""
        x, y = np.asarray(part, dtype=float).T
        if self.dropout and self.training:
            self.calls += 1
            x = x * (1.1 if self.calls % 2 else 0.9)
        self.saved = x, self.w * x - y
        return float(np.square(self.saved[1]).mean())

    def backward(self, factor: float = 1.0) -> None:
        """Add the gradient of the last loss, times ``factor``."""
        if self.saved is None:
            raise RuntimeError("backward needs a loss first")
        x, error = self.saved
        self.grad += float(factor) * 2 * float((x * error).mean())
        self.saved = None


class Step:
    """An optimizer for it: plain SGD, whose rate may be set between steps."""

    def __init__(self, model: Line):
        self.model, self.lr = model, 0.01

    def zero_grad(self) -> None:
        """Set the gradient to zero."""
        self.model.grad = 0.0

    def step(self) -> None:
        """Change the weight once."""
        self.model.w -= float(self.lr) * self.model.grad


class Signed(Step):
    """One that goes as far as its rate says, however long the gradient: only its sign counts."""

    def step(self) -> None:
        """Change the weight once."""
        self.model.w -= float(self.lr) * float(np.sign(self.model.grad))


def make() -> tuple[Line, Step]:
    """One weight w at 0, the mean of (w · x - y)² as its loss, and no dropout."""
    return _made(False, 0.0, True)


def make_used() -> tuple[Line, Step]:
    """The same, in evaluation mode, with a gradient of 7 that somebody left there."""
    return _made(False, 7.0, False)


def make_dropout() -> tuple[Line, Step]:
    """The same, with dropout."""
    return _made(True, 0.0, True)


def make_used_dropout() -> tuple[Line, Step]:
    """The same, with dropout, in evaluation mode, with a gradient of 7 left there."""
    return _made(True, 7.0, False)


def make_signed() -> tuple[Line, Step]:
    """The first, and each step of its optimizer is as long as the rate, whatever the gradient."""
    model, _ = make()
    return model, Signed(model)


def _made(*how: Any) -> tuple[Line, Step]:
    model = Line(*how)
    return model, Step(model)
