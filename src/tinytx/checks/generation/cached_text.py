"""The check of ``cached_text(model, prompts, n)``: a loop with a cache, and two bugs in it."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property
from .parts import Reader

# First the one that is asked again at the end; no new token, and one, where little can go wrong;
# several prompts, the same one twice; long ones; a model that reads each token once, and one that
# is patient, but not with a text that is read again at each step.
CASES = [
    (Reader(1), [[3]], 1),
    (Reader(1), [[3]], 0),
    (Reader(1), [[3]], 2),
    (Reader(1), [[3, 5]], 1),
    (Reader(1), [[3, 5]], 3),
    (Reader(4), [[2, 0]], 3),
    (Reader(4), [[0, 0, 6]], 4),
    (Reader(1), [[3], [4]], 2),
    (Reader(1), [[3, 5], [3, 5]], 3),
    (Reader(4), [[1, 2, 3], [6]], 4),
    (Reader(4), [[6], [1, 2, 3]], 4),
    (Reader(6), [[5, 0, 2], [4, 4], [1]], 5),
    (Reader(6, reads=24), [[5, 0, 2], [4, 4], [1]], 6),
    (Reader(6, reads=40), [[5, 0, 2], [4, 4], [1]], 6),
    (Reader(1, reads=19), [[2, 1, 0, 4, 6, 5, 3]], 12),
    (Reader(7, reads=44), [[0, 1], [1, 0], [2, 2], [6, 5]], 9),
    (Reader(7), [[6, 2, 3, 0, 1, 5, 4, 2], [1]], 20),
]


def _begins(got: list[list[int]], model: Reader, prompts: list[list[int]], n: int) -> bool:
    pairs = zip(got, prompts, strict=True)
    return all(text[: len(prompt)] == prompt for text, prompt in pairs)


def _long(got: list[list[int]], model: Reader, prompts: list[list[int]], n: int) -> bool:
    return [len(text) for text in got] == [len(prompt) + n for prompt in prompts]


check = Check.of(
    __file__,
    "cached_text(model, prompts, n)",
    CASES,
    "The position mistake",
    properties=(
        Property("each text begins with its prompt", _begins),
        Property("each text is `n` tokens longer than its prompt", _long),
    ),
    inner=True,
    errors={
        "^RuntimeError.*more tokens": "This model counts what it reads. With a cache each token is"
        " read once: after the prompt, one new token at a time.",
        "^IndexError.*axis 0 with size 7$": "The ids of this model are 0 to 6: the next one is the"
        " largest of the *last* row of the logits, one row for each id that was read.",
        "^IndexError.*axis 0 with size 64$": "A token stands at most as far as the text is long:"
        " look at `start`.",
        "^TypeError.*missing": "The model wants the new ids, the position of the first of them,"
        " and the cache.",
    },
)
