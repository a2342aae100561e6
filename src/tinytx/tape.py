"""Where autograd comes from: numbers that remember what they were made of.

Each operation notes, beside its result, its operands and the slope by each of them. That record is
the tape; :meth:`Number.backward` reads it from the end. PyTorch's works in the same way, on arrays.
Left out is all that makes an engine fast: it is here to be read (chapter 6), and nothing in the
package is built on it.

NumPy's arrays may hold any object, and ask it when they add, multiply or take a ``tanh``. So a
formula written for arrays runs on :func:`numbers` as it stands:

>>> x = numbers([1.0, 2.0, 4.0])
>>> (x**2).mean().backward()
>>> gradients(x).round(4)  # 2 x / 3
array([0.6667, 1.3333, 2.6667])
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Number:
    """A number with a gradient.

    Six operations have slopes of their own: sum, product, power, exp, log and tanh. The rest is
    made of them. The other operand may be a plain number; the power must be one.

    >>> a, b = Number(2.0), Number(3.0)
    >>> (a * b + a).backward()
    >>> a.grad, b.grad
    (4.0, 2.0)
    """

    def __init__(self, value: float, made_of: tuple[tuple[Number, float], ...] = ()):
        """Keep the value, and what it was made of."""
        self.value, self.grad = value, 0.0
        self.made_of = made_of  # each operand, and the slope of this number by it

    def __add__(self, other: Number | float) -> Number:
        other = as_number(other)
        return Number(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Number | float) -> Number:
        other = as_number(other)
        return Number(self.value * other.value, ((self, other.value), (other, self.value)))

    def __pow__(self, power: float) -> Number:
        check_power(self.value, power)
        slope = power * math.pow(self.value, power - 1) if power else 0.0
        return Number(math.pow(self.value, power), ((self, slope),))

    def exp(self) -> Number:
        """Return e to this power: its own slope."""
        y = math.exp(self.value)
        return Number(y, ((self, y),))

    def log(self) -> Number:
        """Return the natural logarithm."""
        if self.value <= 0:
            raise ValueError(f"log of {self.value} has no value: only numbers above 0 have one")
        return Number(math.log(self.value), ((self, 1 / self.value),))

    def tanh(self) -> Number:
        """Return the hyperbolic tangent."""
        y = math.tanh(self.value)
        return Number(y, ((self, 1 - y * y),))

    def sqrt(self) -> Number:
        """Return the square root, a power."""
        return self**0.5

    def __neg__(self) -> Number:
        return self * -1.0

    def __sub__(self, other: Number | float) -> Number:
        return self + -as_number(other)

    def __truediv__(self, other: Number | float) -> Number:
        return self * as_number(other) ** -1

    def __rsub__(self, other: float) -> Number:
        return as_number(other) - self

    def __rtruediv__(self, other: float) -> Number:
        return as_number(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        """Add to the gradient of every number that this one was made of, directly or not.

        Numbers made of nothing collect: a second call adds to what the first has left. The others
        only pass on, so their gradients start from 0 in each call and are those of the last.
        """
        tape = self.tape()
        for number in tape:
            if number.made_of:  # what an earlier call passed on stays out of this one
                number.grad = 0.0
        self.grad += 1.0
        for number in reversed(tape):
            for operand, slope in number.made_of:
                operand.grad += number.grad * slope

    def tape(self) -> list[Number]:
        """Return this number and all that it was made of, each after what it was made of."""
        tape: list[Number] = []
        seen: set[int] = set()
        waiting = [(self, False)]
        while waiting:
            number, ready = waiting.pop()
            if ready:
                tape.append(number)
            elif id(number) not in seen:
                seen.add(id(number))
                waiting.append((number, True))
                waiting += [(operand, False) for operand, _ in number.made_of]
        return tape


def as_number(value: Number | float) -> Number:
    """Return ``value`` if it is a Number, else one that was made of nothing."""
    return value if isinstance(value, Number) else Number(float(value))


def check_power(value: float, power: float) -> None:
    """Refuse a power that is no real number, or at 0 has a slope without limit."""
    if value < 0 and power % 1 != 0:
        raise ValueError(
            f"{value} ** {power} is no real number: give a whole power, or a base >= 0"
        )
    if value == 0 and power < 1 and power != 0:
        raise ValueError(
            f"{value} ** {power} has no finite slope: the power must be 0, or at least 1"
        )


def numbers(array: Any) -> np.ndarray:
    """Return an array of that shape whose entries are Numbers, made of nothing."""
    made = np.empty(np.shape(array), object)
    made.flat[:] = [Number(float(value)) for value in np.asarray(array).flat]
    return made


def gradients(array: np.ndarray) -> np.ndarray:
    """Return the gradients of an array of Numbers, in its shape."""
    return np.array([number.grad for number in array.flat], float).reshape(array.shape)
