"""Two edits of one answer made together: hundreds of functions, compiled as one where it can be."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from ..together import together
from .catalogue import Way
from .statements import Statements
from .text import Edit

LEAST = 3  # statements of a function from which on it pays


def both(pairs: list[tuple[Way, Way]]) -> list[Callable[[], Callable]]:
    """Return for each two ways what makes the function that has both edits.

    What is no Python with both raises its SyntaxError when it is made.
    """
    makers: list[Callable[[], Callable]] = [partial(_alone, a, b) for a, b in pairs]
    numbers: dict[str, list[int]] = {}
    for number, (way, _) in enumerate(pairs):
        numbers.setdefault(way.answer.text, []).append(number)
    for text, which in numbers.items():
        statements = Statements(text)
        if sum(isinstance(node, ast.stmt) for node in ast.walk(statements.tree)) <= LEAST:
            continue
        variants = [statements.both(*_edits(*pairs[number])) for number in which]
        for number, maker in zip(which, together(statements.tree, variants), strict=True):
            if maker:
                makers[number] = partial(maker, pairs[number][0].answer.names)
    return makers


def _alone(a: Way, b: Way) -> Callable[..., object]:
    one, other = _edits(a, b)
    return a.answer.function((one + other).apply(a.answer.text))


def _edits(a: Way, b: Way) -> tuple[Edit, Edit]:
    assert a.edit is not None, "a pair is of two edits"
    assert b.edit is not None, "a pair is of two edits"
    return a.edit, b.edit
