"""Where to look next, for the slips that show in the result itself."""

from __future__ import annotations

import re

# From what the name of a slip holds to a hint; the first that fits counts.
HINTS = {
    "on every input": "which of your lines use the arguments, and whether one of them decides what"
    " comes back.",
    "zero|False$|True$": "the line that fills this place: does it ever run, and does what it fills"
    " come back?",
    "sign|negative|positive": "each minus, and what happens to numbers below zero.",
    "rounded|whole numbers|float16|precision": "each conversion on the way: `round`, `int`, and"
    " the dtype of every array that you make.",
    "multiplied|divided|doubled|halved|times": "each factor and each divisor: is there one too many"
    " or one too few?",
    "the sum up to it": "each running sum, such as `cumsum`: what is asked for at one place?",
    "added to": "each constant that is added.",
    "turned round|another order|changed places|backwards|sorted": "in which order you read, and in"
    " which order you write.",
    "place too far|one too": "the index that you read beside the index that you write.",
    "axis|axes": "the shapes, line by line: which axes are there, and in which order?",
    "missing|stops|too many|once|left out": "the first and the last entry of what comes back:"
    " which line makes them, or leaves them out?",
    "empty entries": "what you do with an entry before you keep it.",
    "earlier|is kept": "what outlives a call: global names, default arguments, caches.",
}
ELSE = "the last lines, which make the result."


def hint(name: str) -> str:
    """Return where to look for a slip of this name."""
    return next((says for sign, says in HINTS.items() if re.search(sign, name)), ELSE)
