"""A mistake is an edit of the right answer.

The right answer of an exercise is a text, the cell of its solution notebook. A wrong one is that
text with a change: ``q @ k.swapaxes(-1, -2) → q @ k``. A catalogue of such changes, each with a
name and an explanation, is a TOML file beside the check. Two changes that touch different places
of the text can be made together, so a catalogue of forty ways of going wrong knows most of the
hundreds of ways of going wrong twice.

==============  ==================================================================================
``text``        changes as they are written, and applied; loud where they do not apply
``answer``      the text of a right answer, and the functions that it and its edits define
``catalogue``   mistakes from a TOML file
``statements``  which statements of an answer an edit changes
``pairs``       two edits of one answer made together, hundreds of them at once
``__main__``    ``python -m tinytx.checks.edits attention scaled_scores`` prints them as diffs
==============  ==================================================================================
"""

from .answer import Answer
from .catalogue import Mistake, Way, load
from .pairs import both
from .text import Edit

__all__ = ["Answer", "Edit", "Mistake", "Way", "both", "load"]
