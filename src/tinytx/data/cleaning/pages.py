"""A hundred documents from a seed, as a crawl might bring them, of which everything is known.

Sixty stories, copies of some of them, and what else stands on pages. It is known which are worth
keeping, so what a filter gets right and wrong can be counted and not only estimated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..tales import stories, vocabulary
from .foreign import FOREIGN

STORIES, COPIES, NEAR = 60, 6, 12


class Page(NamedTuple):
    """A document, what it is, and which other ones are versions of it."""

    text: str
    kind: str  # "story", "copy", "near copy", "menu", "notice", "advertisement", "table", "foreign"
    group: int | None  # the same for all versions of one story; None for what is no story


class Score(NamedTuple):
    """How a filter did: of what it threw away, and of what it should have."""

    precision: float  # share of what was thrown away that should have been
    recall: float  # share of what should have been thrown away that was
    missed: dict[str, int]  # by kind: kept, though it should have gone
    wronged: dict[str, int]  # by kind: thrown away, though it should have stayed


def pages(seed: int = 0) -> list[Page]:
    """Return a hundred pages in random order; the same seed gives the same ones everywhere.

    >>> found = pages(seed=0)
    >>> len(found), sum(page.kind == "near copy" for page in found)
    (100, 12)
    """
    rng = np.random.default_rng(seed)
    told = stories(STORIES, seed)
    copied = rng.permutation(STORIES)[: COPIES + NEAR]
    found = [Page(text, "story", i) for i, text in enumerate(told)]
    found += [Page(told[i] + "\n", "copy", int(i)) for i in copied[:COPIES]]
    edits = list(EDITS.values())
    for place, i in enumerate(copied[COPIES:]):
        edited = edits[place % len(edits)](told[i], rng)
        found.append(Page(edited, "near copy", int(i)))
    for kind, (make, times) in RUBBISH.items():
        found += [Page(make(rng), kind, None) for _ in range(times)]
    found += [Page(text, "foreign", None) for text in FOREIGN.values()]
    return [found[i] for i in rng.permutation(len(found))]


def to_throw(found: Sequence[Page]) -> dict[int, str]:
    """Return which pages should go, by place, and what kind they are.

    Rubbish, and every version of a story but the first that comes: whether that is the original
    or a copy, one of them is enough.
    """
    seen: set[int] = set()
    goes = {}
    for i, page in enumerate(found):
        if page.group is None or page.group in seen:
            goes[i] = page.kind
        else:
            seen.add(page.group)
    return goes


def score(found: Sequence[Page], thrown: Mapping[int, object]) -> Score:
    """Return precision and recall of throwing away the places ``thrown``, and the mistakes.

    Of a story's versions it does not matter which one stays: the group counts.

    >>> found = pages()
    >>> score(found, to_throw(found))
    Score(precision=1.0, recall=1.0, missed={}, wronged={})
    """
    order = sorted(range(len(found)), key=lambda i: (i in thrown, i))  # those that stay first
    should = {order[i] for i in to_throw([found[i] for i in order])}
    right = should & set(thrown)
    missed = Counter(found[i].kind for i in sorted(should - set(thrown)))
    wronged = Counter(found[i].kind for i in sorted(set(thrown) - should))
    precision = len(right) / len(thrown) if thrown else 1.0
    return Score(precision, len(right) / max(1, len(should)), dict(missed), dict(wronged))


# Near copies, from hardly changed to changed a good deal.


def _footer(text: str, rng: np.random.Generator) -> str:
    return text + f"\nShare this story with a friend. It was read {rng.integers(10, 99)} times."


def _renamed(text: str, rng: np.random.Generator) -> str:
    """Give the one whom the story is about another name."""
    name = re.search(r"named (\w+)", text)
    assert name is not None
    return text.replace(name[1], str(rng.choice(["Ottoline", "Barnaby", "Clementine"])))


def _without_a_sentence(text: str, rng: np.random.Generator) -> str:
    parts = re.split(r"(?<=[.!?]) ", text)
    del parts[int(rng.integers(1, len(parts)))]
    return " ".join(parts)


def _misspelt(text: str, rng: np.random.Generator) -> str:
    """Change one word in thirty for another of the same vocabulary."""
    known = vocabulary()
    parts = text.split(" ")
    for i in rng.choice(len(parts), len(parts) // 30, replace=False):
        parts[i] = str(rng.choice(known))
    return " ".join(parts)


EDITS: dict[str, Callable[[str, np.random.Generator], str]] = {
    "footer": _footer,
    "renamed": _renamed,
    "without a sentence": _without_a_sentence,
    "misspelt": _misspelt,
}


# What is no story.


def _menu(rng: np.random.Generator) -> str:
    items = ["Home", "News", "Contact", "Log in", "Prices", "Help", "About us", "Next page"]
    return " | ".join(rng.permutation(items)[: rng.integers(4, 8)])


def _notice(rng: np.random.Generator) -> str:
    """Return a page whose one paragraph stands on it again and again."""
    line = "We use cookies to make the page better for you. Do you want to have them?"
    return "\n".join(
        [f"Page {rng.integers(2, 90)} of the shop."] + [line] * int(rng.integers(5, 9))
    )


def _advertisement(rng: np.random.Generator) -> str:
    thing = rng.choice(["lamps", "shoes", "kettles", "umbrellas"])
    parts = [f"We have {thing} that you will love, with free delivery to your home."]
    for _ in range(14):
        parts.append(f"The best {thing}: buy cheap {thing} {rng.choice(vocabulary())} today!")
    return " ".join(parts)


def _table(rng: np.random.Generator) -> str:
    rows = (" ".join(f"{x:.2f}" for x in rng.normal(10, 3, 6)) for _ in range(14))
    return "Height and weight of the animals, to be checked.\n" + "\n".join(rows)


RUBBISH: dict[str, tuple[Callable[[np.random.Generator], str], int]] = {
    "menu": (_menu, 4),
    "notice": (_notice, 4),
    "advertisement": (_advertisement, 4),
    "table": (_table, 5),
}
