"""Rules that throw a document away, each with a name that says why.

The limits are published ones, of people who read what their rules threw away: Rae et al. 2021
(Gopher), appendix A.1.1 and table A1, and Raffel et al. 2020 (C4), section 2.2. They judge form. A
well-written lie passes, and a good poem of forty words does not. ``stop words`` asks for English;
for other languages leave it out and give others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from . import measures as m


class Rule(NamedTuple):
    """A measure, and between which limits (included) a document is kept."""

    name: str
    measure: Callable[[str], float]
    low: float = float("-inf")
    high: float = float("inf")
    source: str = "Rae et al. 2021"


class Reason(NamedTuple):
    """Why a document is thrown away: what was measured, and what would have been kept."""

    rule: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        limit = f"at least {self.low:g}" if self.value < self.low else f"at most {self.high:g}"
        return f"{self.rule}: {self.value:.3g}, kept is {limit}"


RULES = (
    Rule("too few words", lambda text: len(m.words(text)), low=50),
    Rule("too many words", lambda text: len(m.words(text)), high=100_000),
    Rule("length of words", m.mean_word_length, 3, 10),
    Rule("words with letters", m.share_with_letters, low=0.8),
    Rule("symbols", m.symbols_per_word, high=0.1),
    Rule("stop words", m.stop_words, low=2),
    Rule("bullets", m.share_of_bullets, high=0.9),
    Rule("ellipses", m.share_of_ellipses, high=0.3),
    Rule("repeated lines", lambda text: m.repeated_share(m.lines(text)), high=0.3),
    Rule("text in repeated lines", lambda text: m.repeated_characters(m.lines(text)), high=0.2),
    Rule("repeated paragraphs", lambda text: m.repeated_share(m.paragraphs(text)), high=0.3),
    Rule(
        "text in repeated paragraphs",
        lambda text: m.repeated_characters(m.paragraphs(text)),
        high=0.2,
    ),
    *(
        Rule(f"commonest {n} words", partial(m.commonest_ngram, n=n), high=high)
        for n, high in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    *(
        Rule(f"repeated {n} words", partial(m.repeated_ngrams, n=n), high=round(0.20 - n / 100, 2))
        for n in range(5, 11)  # 0.15 for 5 words in a row, down to 0.10 for 10
    ),
    Rule("too few sentences", m.sentences, low=3, source="Raffel et al. 2020"),
    Rule(
        "placeholder text",
        lambda text: text.lower().count("lorem ipsum"),
        high=0,
        source="Raffel et al. 2020",
    ),
    Rule("curly brackets", lambda text: text.count("{"), high=0, source="Raffel et al. 2020"),
)


def reasons(text: str, rules: Iterable[Rule] = RULES) -> list[Reason]:
    """Return all the reasons to throw ``text`` away, in the order of the rules; none: keep it.

    >>> [str(reason) for reason in reasons("Home News Contact")]
    ['too few words: 3, kept is at least 50', 'stop words: 0, kept is at least 2',
     'too few sentences: 0, kept is at least 3']
    """
    found = []
    for rule in rules:
        value = rule.measure(text)
        if not rule.low <= value <= rule.high:
            found.append(Reason(rule.name, value, rule.low, rule.high))
    return found


def sentence_lines(text: str) -> str:
    r"""Return a page without its menus: lines of at least five words that end like a sentence.

    Source: Raffel et al. 2020, section 2.2. It takes verse away along with the menus.

    >>> sentence_lines("Home | News\nThe fox lived in a den.\nRead more")
    'The fox lived in a den.'
    """
    ends = (".", "!", "?", '"', "”")
    kept = (line for line in text.splitlines() if len(m.words(line)) >= 5)
    return "\n".join(line for line in kept if line.rstrip().endswith(ends))
