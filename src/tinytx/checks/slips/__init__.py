"""Slips that are the same in all exercises, made by machine, for answers that no catalogue knows.

================  =================================================================================
``tree``          one change of a right answer's syntax tree
``expressions``   what else could stand in the place of an expression
``operators``     the same of an operation, a comparison or a condition
``calls``         the same of a call
``indices``       the same of an index, a slice, or what a loop runs over
``statements``    what else could stand in the place of a statement
``given``         how an argument can be read other than it is
``variants``      changes of a tree as what stands in the place of a statement
``made``          the suspects: right answers with one slip
``kinds``         the words for each kind of slip
``naming``        which kind did what the learner's function did, if it is one alone
================  =================================================================================
"""

from .made import Slip, bases, of_the_given, of_the_work, on_the_way
from .naming import named

__all__ = ["Slip", "bases", "named", "of_the_given", "of_the_work", "on_the_way"]
