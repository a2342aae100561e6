"""Exercise checks that name the mistake: ``from tinytx.checks import tokenization as check``.

==================  =============================================================================
``check``           one check: right answer, inputs, properties, a catalogue of mistakes
``question``        what an exercise asks, and what the right answer and each mistake do on it
``chapter``         the checks of a chapter; what they found; grading
``result``          the verdict on an exercise, and on a notebook
``trial``           all calls of a learner's function, in a copy of the process where that is safe
``call``            calling a function so that nothing it does stops the notebook
``quiet``           what answers print and ask, kept from the notebook
``pace``            time limits that a slow or a busy machine does not break
``intact``          what an answer has replaced in NumPy and Python, noticed and put back
``latest``          whether the function is the last one that was written
``shadowed``        names of Python and of modules that a notebook has given another value
``search``          which known wrong answer did what the learner's did, or which two at once
``together``        hundreds of wrong functions compiled as one, in the time of a few
``edits``           mistakes as edits of the right answer: ``python -m tinytx.checks.edits``
``values``          a learner's value, made safe to keep, compare and print
``arrays``          inputs that discriminate, tolerances, arrays in messages
``written``         functions of one line that exercises are handed, shown as their lambdas
``words``           in what respect a value differs from the reference
``naming``          how a wrong answer gets its name: catalogue, pairs, what shows, what is made
``slips``           right answers with one slip, made by machine
``patterns``        what all wrong values have in common with the right ones
``relations``       how a wrong array comes from the right one
``sequences``       how a wrong list, text or dictionary comes from the right one
``memory``          what shows only over several calls
``told``            what a stage says by itself, where that is the whole mistake
``looks``           where to look next, for what shows in the result
``verdict``         the words of a verdict on a wrong answer
``playground``      widgets over the learner's own functions
``tokenization``    the exercises of chapter 01
``embeddings``      the exercises of chapter 02
``attention``       the exercises of chapter 03
``multihead``       the exercises of chapter 04
``blocks``          the exercises of chapter 05
``backprop``        the exercises of chapter 06
``training``        the exercises of chapter 07
``silent_bugs``     the exercises of chapter 08
``generation``      the exercises of chapter 09
``looking_inside``  the exercises of chapter 10
``experiments``     the exercises of chapter 11
``speed``           the exercises of chapter 12
``modern_blocks``   the exercises of chapter 13
``real_data``       the exercises of chapter 14
==================  =============================================================================
"""

from .chapter import Chapter
from .check import Check
from .edits import Mistake
from .result import Grade, Result
from .verdict import Property

__all__ = ["Chapter", "Check", "Grade", "Mistake", "Property", "Result"]
