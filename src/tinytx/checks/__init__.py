"""Exercise checks that name the mistake: ``from tinytx.checks import tokenization as check``.

=================  =============================================================================
``check``          one check: reference, inputs, properties, a catalogue of mistakes
``chapter``        the checks of a chapter; what they found; grading
``result``         the verdict on an exercise, and on a notebook
``call``           calling a learner's function so that nothing it does stops the notebook
``values``         a learner's value, made safe to keep, compare and print
``arrays``         inputs that discriminate, tolerances, arrays in messages
``words``          in what respect a value differs from the reference
``verdict``        the words of a verdict on a wrong answer
``playground``     widgets over the learner's own functions
``tokenization``   the exercises of chapter 01
``embeddings``     the exercises of chapter 02
``attention``      the exercises of chapter 03
``multihead``      the exercises of chapter 04
``blocks``         the exercises of chapter 05
``backprop``       the exercises of chapter 06
=================  =============================================================================
"""

from .chapter import Chapter
from .check import Check
from .result import Grade, Result
from .verdict import Mistake, Property

__all__ = ["Chapter", "Check", "Grade", "Mistake", "Property", "Result"]
