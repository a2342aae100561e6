"""One sentence said in thirteen languages: what a tokenizer charges for each."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


def article1() -> dict[str, str]:
    """Return Article 1 of the Universal Declaration of Human Rights by language (English name).

    The United Nations' own translations, so every text says the same; the first is English.
    Thirteen languages in eight scripts.

    >>> list(article1())[:3]
    ['English', 'Spanish', 'French']
    """
    return dict(_article1())


@cache
def _article1() -> dict[str, str]:
    return json.loads(files(__package__).joinpath("article1.json").read_text(encoding="utf-8"))
