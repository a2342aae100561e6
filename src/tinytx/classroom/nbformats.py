"""nbformat, loaded in a fifth of its time.

It loads jsonschema, and where JupyterLab is installed that loads rfc3987-syntax, which builds 38
parsers of web addresses: three of the four seconds of ``tinytx start``. A notebook's schema has no
address in it, so for that moment there is no such package.
"""

from __future__ import annotations

import sys

PARSERS = "rfc3987_syntax"

_is_there = PARSERS in sys.modules
if not _is_there:
    sys.modules[PARSERS] = None  # type: ignore[assignment]
try:
    import nbformat  # noqa: F401
finally:
    if not _is_there:
        del sys.modules[PARSERS]
