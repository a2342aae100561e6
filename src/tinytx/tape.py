"""Where autograd comes from: numbers that remember what they were made of.

Each operation notes, beside its result, its operands and the slope by each of them. That record is
the tape; :meth:`Number.backward` reads it from the end. PyTorch's works the same way, on arrays.
Left out is all that makes an engine fast: it is here to be read (chapter 6), and nothing in the
package is built on it.
"""

from __future__ import annotations

import math


class Number:
    """A number with a gradient.

    >>> a, b = Number(2.0), Number(3.0)
    >>> (a * b + a).backward()
    >>> a.grad, b.grad
    (4.0, 2.0)
    """

    def __init__(self, value: float, made_of: tuple[tuple[Number, float], ...] = ()):
        self.value, self.grad = value, 0.0
        self.made_of = made_of  # each operand, and the slope of this number by it

    def __add__(self, other: Number) -> Number:
        return Number(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Number) -> Number:
        return Number(self.value * other.value, ((self, other.value), (other, self.value)))

    def exp(self) -> Number:
        """Return e to this power: its own slope."""
        y = math.exp(self.value)
        return Number(y, ((self, y),))

    def log(self) -> Number:
        """Return the natural logarithm."""
        return Number(math.log(self.value), ((self, 1 / self.value),))

    def backward(self) -> None:
        """Add to the gradient of every number that this one was made of, directly or not."""
        self.grad = 1.0
        for number in reversed(self._tape()):
            for operand, slope in number.made_of:
                operand.grad += number.grad * slope

    def _tape(self) -> list[Number]:
        """Return all numbers that this one depends on, each after those that it was made of."""
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
