"""The check of ``similarity(a, b, n)``: how alike two texts are, by their sets of n-grams."""

from __future__ import annotations

from ..check import Check
from ..values import nearly
from ..verdict import Property

RAVEN = "once upon a midnight dreary while I pondered weak and weary over many a quaint volume"
TALE = "the fox saw the crow and the crow saw the fox and the fox ran"

# With any of these between its words, a pair of words of the first text is one of the second.
SIGNS = "+.:;#&*=\0"
FIRST, SECOND = (" ".join(form.replace("?", sign) for sign in SIGNS) for form in ("a?b c", "a b?c"))

# One word, equal and not; two words; repeated words in one text, and in both; more of one kind than
# of the other. Short texts: neither has an n-gram, one has none, one has exactly one. Capitals,
# punctuation, digits, accents that are a letter's part or stand behind it, white space of all
# kinds, words that run into each other without it, or with what may stand in a word. The order of
# words; letters that are the same in other words. Then longer ones, of different lengths, n from 1
# to more than a text has words.
CASES = [
    ("a", "a", 1),
    ("a", "b", 1),
    ("a b", "a c", 1),
    ("a b", "b a", 1),
    ("a b", "b a", 2),
    ("a b", "a b", 2),
    ("a b c", "a b d", 2),
    ("a b c d", "a b", 1),
    ("a b", "a b c d", 1),
    ("a a a b", "a c", 1),
    ("a c", "a a a b", 1),
    ("a a b", "a a c", 1),
    ("a a a", "a a", 1),
    ("a a b", "a b b", 3),
    ("a b a b", "b a b", 2),
    ("a", "b", 2),
    ("a", "a", 2),
    ("a", "a b", 2),
    ("a b", "c", 2),
    ("a b", "c d e", 3),
    ("a b", "a b c", 3),
    ("a ", "a", 2),
    ("", "", 1),
    ("a", "", 1),
    ("", "a", 1),
    ("A b", "a b", 1),
    ("a, b", "a b", 1),
    ("don't go", "don t go", 1),
    ("don't", "dont", 1),
    ("a-b", "a b", 1),
    ("a_b", "a b", 1),
    ("a|b", "a b", 1),
    ("a,b", "a b", 1),
    ("a/b", "a b", 1),
    ("a.", "a", 1),
    ('"a"', "a", 1),
    ('a"b', "ab", 1),
    ("1.5", "15", 1),
    ("a1", "a2", 1),
    ("\u00e9", "e\u0301", 1),
    ("a\nb", "a c", 1),
    ("a\tb", "a c", 1),
    ("a\xa0b", "a c", 1),
    ("a  b", "a b", 1),
    ("a\nb", "a\tb", 2),
    (" a b ", "a b", 2),
    ("ab c", "a bc", 2),
    ("ab c", "a bc", 1),
    ("a_b c", "a b_c", 2),
    ("a-b c", "a b-c", 2),
    ("a|b c", "a b|c", 2),
    ("a,b c", "a b,c", 2),
    ("a/b c", "a b/c", 2),
    (FIRST, SECOND, 2),
    ("ab", "ba", 1),
    ("ab abc", "ab", 1),
    ("a b c d e", "e d c b a", 2),
    ("a b c d e f", "b c d e f g", 3),
    ("a b c d e f", "a b x d e f", 2),
    ("a b a c a b", "a b c b a b", 2),
    ("für a", "fär a", 1),
    ("über die Brücke", "die Brücke über", 1),
    (RAVEN, RAVEN.replace("weak", "meek"), 1),
    (RAVEN, RAVEN.replace("weak", "meek"), 3),
    (RAVEN, RAVEN.replace("weak ", ""), 4),
    (RAVEN, TALE, 1),
    (TALE, TALE[:31], 2),
    (TALE[:31], TALE, 2),
    (TALE, TALE.replace("ran", "sat down and ran"), 3),
    (TALE, TALE[12:], 5),
    (TALE, TALE, 30),
]


def _limits(got: float, a: str, b: str, n: int) -> bool:
    return 0 <= got <= 1 + 1e-5


def _alike(got: float, a: str, b: str, n: int) -> bool:
    return a != b or abs(got - 1) < 1e-5


check = Check.of(
    __file__,
    "similarity(a, b, n)",
    CASES,
    "The same text twice",
    properties=(
        Property("a share lies between 0 and 1", _limits),
        Property("a text is as alike as can be to itself: 1.0", _alike),
    ),
    equal=nearly,
    errors={
        "^TypeError: unhashable": "A set takes what cannot change any more: a tuple of words, or"
        " one text of them.",
        "^ZeroDivisionError": "Which of your sets may be empty, and what stands below the line"
        " then?",
        "^ValueError.*range": "How many n-grams has a text of fewer words than n?",
    },
)
