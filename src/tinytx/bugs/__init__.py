"""Seventeen bugs that let a model train and its loss fall: chapter 08.

Each is an edit of the package's own source, planted in a copy that is imported under another name.
The bug that a reader sees as a diff is the bug that ran. ``BUGS["no mask"]`` displays it,
``BUGS["no mask"].planted.load("pytorch")`` is the engine that has it.

=============  ==================================================================================
``bugs.toml``  the bugs: file, old text, new text, why, and the probe that catches it
``catalogue``  reads them
``plant``      the package once more, with other texts
``trial``      one small training run, the same with every bug
``suspects``   what each probe is shown of a copy
``recording``  the curves of all runs, from ``python -m tinytx.bugs.record``
=============  ==================================================================================
"""

from .catalogue import Bug, load
from .plant import Planted

_ALL = load()
WRITTEN_OUT = _ALL["written out"]
BUGS = {name: bug for name, bug in _ALL.items() if bug.probe}

__all__ = ["BUGS", "WRITTEN_OUT", "Bug", "Planted"]
