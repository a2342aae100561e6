"""Cleaning: what of a crawl is thrown away before a model is trained on the rest, and why.

==================  =========================================================================
``measures``        what can be counted in a text
``rules``           limits of those, each with a name: published ones, of Gopher and C4
``language``        a guess by trigrams, with its limits
``minhash``         how alike two texts are, from a few numbers of each
``bands``           which texts to compare at all
``duplicates``      exact and near copies
``clean``           all of it in order: which pages go, and why
``pages``           a hundred pages from a seed of which everything is known
==================  =========================================================================

Everything is by hand, to be read. At scale the same is done by ``datasketch``, ``text-dedup`` or
``datatrove``, with a trained classifier for the language, and in many processes.
"""

from .bands import candidates, chance_found, threshold
from .clean import clean
from .duplicates import exact_duplicates, near_duplicates
from .language import guess_language, language_scores, scripts
from .minhash import MinHash, estimate, jaccard, shingles, standard_error
from .pages import Page, Score, pages, score, to_throw
from .rules import RULES, Reason, Rule, reasons, sentence_lines

__all__ = [
    "RULES",
    "MinHash",
    "Page",
    "Reason",
    "Rule",
    "Score",
    "candidates",
    "chance_found",
    "clean",
    "estimate",
    "exact_duplicates",
    "guess_language",
    "jaccard",
    "language_scores",
    "near_duplicates",
    "pages",
    "reasons",
    "score",
    "scripts",
    "sentence_lines",
    "shingles",
    "standard_error",
    "threshold",
    "to_throw",
]
