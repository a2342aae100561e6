"""List operations: ``Max(3 1 4)`` is 4. A task that a model solves fully, or has not understood.

An input is one of five operations on two to six digits. The model reads
``<start> Max ( 3 1 4 ) <end>`` and answers where ``<end>`` stands, the first place from which even
a model that looks only backwards has seen everything. No other position counts.

With three digits there are only 5 × 10³ = 5,000 inputs. A test set drawn independently of the
training set would consist almost wholly of inputs seen in training, and measure memory. So
the *distinct inputs* are divided, and no input is in two parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..manual.loss import IGNORE_INDEX
from ..manual.masks import padding_mask
from ..manual.shapes import is_whole
from ..tokenizers.listops import DIGITS, OPERATIONS, ListOpsTokenizer

MIN_LENGTH, MAX_LENGTH = 2, 6  # digits in an input

_RULES: dict[str, Callable[[Sequence[str]], str]] = {
    "First": lambda digits: digits[0],
    "Second": lambda digits: digits[1],
    "Last": lambda digits: digits[-1],
    "Max": max,
    "Min": min,
}

# What a failure analysis tries first, and why: a model may be right nearly always and wrong here.
EDGE_CASES = {
    "First(0 9 9)": "the answer is the odd one out, at the first place",
    "Second(9 0 9)": "the answer is the odd one out, at the second place",
    "Last(9 9 0)": "the answer is the odd one out, at the last place",
    "First(9 0)": "two digits: first and last are all there is",
    "Second(0 9)": "two digits: second and last are the same place",
    "Second(0 9 0 0 0 0)": "six digits: second is far from last",
    "Last(0 0 0 0 0 9)": "six digits: the longest way back from the last",
    "Max(9 1 2)": "the largest is first",
    "Max(1 9 2)": "the largest is in the middle",
    "Max(1 2 9)": "the largest is last",
    "Min(0 8 7)": "the smallest is first",
    "Min(8 0 7)": "the smallest is in the middle",
    "Min(8 7 0)": "the smallest is last",
    "Max(8 9 8)": "the largest by one",
    "Min(1 0 1)": "the smallest by one",
    "Max(7 7 2)": "a tie for the largest",
    "Min(2 2 7)": "a tie for the smallest",
    "Max(0 0 0)": "all the same, and the lowest digit is the largest",
    "Min(9 9 9)": "all the same, and the highest digit is the smallest",
    "Max(0 1 2 3 4 5)": "in rising order",
    "Min(9 8 7 6 5 4)": "in falling order",
}


class Example(NamedTuple):
    """An input and its answer."""

    text: str  # as "Max(3 1 4)"
    operation: str
    answer: int  # the digit, not its id


class Splits(NamedTuple):
    """Examples in three parts that share no input."""

    train: list[Example]
    validation: list[Example]
    test: list[Example]


class Batch(NamedTuple):
    """Examples as arrays: B of them, padded to T tokens."""

    ids: np.ndarray  # (B, T), int64
    targets: np.ndarray  # (B, T), int64: the answer's id under <end>, elsewhere IGNORE_INDEX
    mask: np.ndarray  # (B, 1, 1, T), bool: True where the key may be attended to


def example(text: str) -> Example:
    """Return ``text`` with its operation and answer.

    >>> example("Max(3 1 4)")
    Example(text='Max(3 1 4)', operation='Max', answer=4)

    Raises
    ------
    ValueError
        If ``text`` is not an operation on two to six digits, spelled as the tokenizer spells it.
    """
    ListOpsTokenizer().encode(text)
    operation, _, rest = text.partition("(")
    digits = rest.removesuffix(")").split(" ")
    right_length = MIN_LENGTH <= len(digits) <= MAX_LENGTH
    if operation not in _RULES or text[-1:] != ")" or not (set(digits) <= set(DIGITS)):
        raise ValueError(f"text is {text!r}; give an operation on digits, such as 'Max(3 1 4)'")
    if not right_length:
        raise ValueError(
            f"text is {text!r} with {len(digits)} digits; give {MIN_LENGTH} to {MAX_LENGTH} digits"
        )
    return Example(text, operation, int(_RULES[operation](digits)))


def inputs(operation: str, length: int) -> list[Example]:
    """Return all 10^length inputs of one operation on ``length`` digits, in numerical order."""
    _check_lengths(length, length)
    if operation not in _RULES:
        raise ValueError(f"operation is {operation!r}; give one of {', '.join(OPERATIONS)}")
    return [_numbered(operation, length, number) for number in range(10**length)]


def splits(
    min_length: int = 3,
    max_length: int = 3,
    n: int | None = None,
    seed: int = 0,
    stratify: bool = True,
) -> Splits:
    """Return different inputs, equally many of each operation, divided 80 : 10 : 10.

    Lengths are as even as possible too: there are only 100 inputs of two digits per operation, so
    when those are used up the longer ones fill the place. Every part has the same mix.

    Answers are not even: of a thousand inputs of Max only ``Max(0 0 0)`` gives 0, and seven give 1.
    Left to chance, one seed in five tests on the only example of such an answer; the model has then
    never seen that Max can answer 0, gets it wrong, and scores 99 % on that operation however well
    it was trained. So answers are dealt to the parts, the rarest first and to training. Answers
    with one input only are then not tested; of those with seven, one is.

    Parameters
    ----------
    min_length, max_length
        How many digits, from 2 to 6.
    n
        How many inputs in all, a multiple of 50 so that the parts come out even. Left out: all
        that there are, which for three digits is 5,000.
    seed
        Decides which inputs are taken, where each goes, and the order of each part.
    stratify
        Whether the answers are dealt evenly. False leaves them to chance.

    Raises
    ------
    ValueError
        If a length or ``n`` is out of range, ``n`` is no multiple of 50, or ``n`` is left out when
        there are more than 60,000 inputs (five digits and more).

    >>> [len(part) for part in splits()]
    [4000, 500, 500]
    """
    _check_lengths(min_length, max_length)
    lengths = range(min_length, max_length + 1)
    shares = _shares([10**length for length in lengths], _total(n, lengths) // len(OPERATIONS))
    generator = np.random.default_rng(seed)
    parts: Splits = Splits([], [], [])
    for operation in OPERATIONS:
        chosen = []
        for length, share in zip(lengths, shares, strict=True):
            numbers = generator.permutation(10**length)[:share]
            drawn = [_numbered(operation, length, int(number)) for number in numbers]
            chosen += _rarest_first(drawn) if stratify else drawn
        for index, one in enumerate(chosen):  # of ten neighbours two are held out, none the first
            parts[{9: 1, 4: 2}.get(index % 10, 0)].append(one)
    for part in parts:
        part[:] = [part[index] for index in generator.permutation(len(part))]
    return parts


def encode_batch(examples: Sequence[Example], length: int | None = None) -> Batch:
    """Return ``examples`` as ids, targets and a padding mask.

    Parameters
    ----------
    examples
        At least one.
    length
        T, how many tokens to pad to. Left out: as many as the longest example needs, which is five
        more than it has digits.

    Raises
    ------
    ValueError
        If there are no examples, or ``length`` is too short for one of them.

    >>> batch = encode_batch([example("Max(3 1 4)"), example("First(2 7)")])
    >>> batch.ids
    array([[ 1, 16, 18,  6,  4,  7, 19,  2],
           [ 1, 13, 18,  5, 10, 19,  2,  0]])
    >>> batch.targets
    array([[-100, -100, -100, -100, -100, -100, -100,    7],
           [-100, -100, -100, -100, -100, -100,    5, -100]])
    """
    if not examples:
        raise ValueError("examples is empty; give at least one")
    tokenizer = ListOpsTokenizer()
    rows = [[tokenizer.start_id, *tokenizer.encode(one.text), tokenizer.end_id] for one in examples]
    longest = max(map(len, rows))
    T = longest if length is None else length
    if not is_whole(T) or longest > T:
        raise ValueError(
            f"length is {length!r}, but an example has {longest} tokens; give that many"
        )
    ids = np.full((len(rows), T), tokenizer.pad_id, dtype=np.int64)  # (B, T)
    targets = np.full((len(rows), T), IGNORE_INDEX, dtype=np.int64)  # (B, T)
    for row, (tokens, one) in enumerate(zip(rows, examples, strict=True)):
        ids[row, : len(tokens)] = tokens
        targets[row, len(tokens) - 1] = tokenizer.encode(str(one.answer))[0]
    return Batch(ids, targets, padding_mask(ids, tokenizer.pad_id))


def edge_cases() -> list[Example]:
    """Return the examples of :data:`EDGE_CASES`, which says why each one is there."""
    return [example(text) for text in EDGE_CASES]


def _numbered(operation: str, length: int, number: int) -> Example:
    """Return the input whose digits are those of ``number``."""
    digits = f"{number:0{length}d}"
    answer = int(_RULES[operation](digits))
    return Example(f"{operation}({' '.join(digits)})", operation, answer)


def _rarest_first(examples: list[Example]) -> list[Example]:
    """Return ``examples`` sorted by answer, the rarest answer first, else in their order."""
    count = Counter(one.answer for one in examples)
    return sorted(examples, key=lambda one: (count[one.answer], one.answer))


def _check_lengths(least: int, most: int) -> None:
    whole = is_whole(least) and is_whole(most)
    if not whole or not MIN_LENGTH <= least <= most <= MAX_LENGTH:
        raise ValueError(
            f"lengths from {least!r} to {most!r} digits were asked for; give {MIN_LENGTH} to "
            f"{MAX_LENGTH}, the smaller first"
        )


def _total(n: int | None, lengths: range) -> int:
    """Return how many inputs to take, after a look at whether so many can be taken."""
    available = len(OPERATIONS) * sum(10**length for length in lengths)
    if n is None and available > 60_000:
        raise ValueError(f"there are {available:,} such inputs; say how many you want, as n=20_000")
    n = available if n is None else n
    if not is_whole(n) or not 0 < n <= available or n % 50:
        raise ValueError(f"n is {n!r}; give a multiple of 50 from 50 to {available:,}")
    return int(n)


def _shares(sizes: list[int], n: int) -> list[int]:
    """Divide ``n`` among cells of at most ``sizes`` (in rising order), as evenly as possible."""
    shares: list[int] = []
    for left, size in zip(range(len(sizes), 0, -1), sizes, strict=True):
        shares.append(min(size, (n - sum(shares)) // left))
    return shares
