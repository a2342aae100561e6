"""From pages to a corpus: what is thrown away, in which order, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...tokenizers.base import check_texts
from .duplicates import exact_duplicates, near_duplicates
from .language import guess_language
from .minhash import shingles
from .rules import RULES, Rule, reasons


def clean(
    texts: Sequence[str],
    language: str | None = "English",
    rules: Iterable[Rule] = RULES,
    limit: float | None = 0.7,
) -> dict[int, str]:
    """Return which texts to throw away, by place, and the first reason that was found.

    Each look is at what the ones before it have left: rules, the language, a
    hash of the whole text, and MinHash. So rubbish is not counted as copies of rubbish.

    Parameters
    ----------
    texts
        The pages.
    language
        One of :func:`.profiles`; None: keep all.
    rules
        See :data:`.RULES`.
    limit
        As for :func:`.near_duplicates`; None: keep near copies.

    Raises
    ------
    ValueError
        If ``texts`` is a string or a path.

    >>> clean(["Home | News"])
    {0: 'too few words: 3, kept is at least 50'}
    """
    check_texts(texts, "texts", "give [text]")
    thrown: dict[int, str] = {}
    rules = tuple(rules)
    for i, text in enumerate(texts):
        if found := reasons(text, rules):
            thrown[i] = str(found[0])
        elif language is not None and (guessed := guess_language(text)) != language:
            thrown[i] = f"language: {guessed}"
        elif not shingles(text):
            thrown[i] = "no words"
    left = [i for i in range(len(texts)) if i not in thrown]
    for place, first in exact_duplicates(texts[i] for i in left).items():
        thrown[left[place]] = f"copy of {left[first]}"
    left = [i for i in left if i not in thrown]
    if limit is not None and left:
        for place, first in near_duplicates([texts[i] for i in left], limit).items():
            thrown[left[place]] = f"nearly {left[first]}"
    return dict(sorted(thrown.items()))
