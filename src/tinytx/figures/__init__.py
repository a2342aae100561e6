"""Interactive figures that need no kernel and no network, and the look they share.

Each figure is an object: in a notebook and in the book it is drawn by ``_repr_html_``, everywhere
else ``str()`` says the same in words. Call them on your own text and your own tokenizers.

>>> from tinytx.figures import BPEStepper
>>> print(BPEStepper("abab"))
BPEStepper: Byte-pair encoding learns its merges on “abab” (split into words by the gpt2 pattern)...
  1. “a” + “b” (twice) → “ab”; 2 tokens
No pair occurs twice: the figure stops here. The trainer would go on.
"""

from .palette import plot_style
from .stepper import BPEStepper
from .viewer import TokenViewer

__all__ = ["BPEStepper", "TokenViewer", "plot_style"]
