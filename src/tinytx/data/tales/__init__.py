r"""Tales: short children's stories from a seed, whose entropy is known exactly.

A story is drawn from a small grammar with memory (``tales.txt``): someone loses a thing, wishes for
a thing or carries a thing, goes somewhere, meets an animal and comes home. Names, things, places
and animals agree from sentence to sentence, so a model has to look back to write well. There are
about 2 × 10\ :sup:`22` stories in a vocabulary of about 450 words.

=========================  ====================================================================
``story`` ``stories``      one story from a generator; many from a seed
``corpus``                 many stories as one text, an empty line after each (``END``)
``document``               a story's ids, from the end of the story before it to its own
``opening``                the id that a story's first token comes after
``log_prob``               exact log-probability of a text: −inf if it is no story
``surprise``               the same, shared out over the characters
``derivation``             the choices that make a story, and their chances
``entropy``                exact: per story, per character; chance that two stories are the same
``expected``               exact mean of any additive measure, such as the number of spaces
``entropy_per_token``      for any tokenizer, with a standard error
``context_entropy``        what remains when only the last k characters are seen: an interval
``repeat_bound``           how unlikely it is that n stories repeat one
``vocabulary``             all the words
=========================  ====================================================================
"""

from .context import ContextEntropy, context_entropy
from .document import document, opening
from .facts import Entropy, Estimate, entropy, entropy_per_token, expected, repeat_bound
from .teller import END, Step, corpus, derivation, log_prob, stories, story, surprise, vocabulary

__all__ = [
    "END",
    "ContextEntropy",
    "Entropy",
    "Estimate",
    "Step",
    "context_entropy",
    "corpus",
    "derivation",
    "document",
    "entropy",
    "entropy_per_token",
    "expected",
    "log_prob",
    "opening",
    "repeat_bound",
    "stories",
    "story",
    "surprise",
    "vocabulary",
]
