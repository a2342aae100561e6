"""Cells as plain Python: what IPython alone understands is taken out, and never run.

A line that starts with ``%`` or ``!`` is a magic only where a statement starts, and a ``?`` asks
for help only at the end of one: within brackets, a string or a comment they are what they always
are. IPython itself tells them apart where it is installed, as it did in the learner's notebook;
elsewhere, and where it would take long, a shorter way does that knows the common ones.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

LARGE = 100_000  # characters of a cell times its magics from which on IPython would take long
LONG = 2_000  # characters of one statement that is not closed: then the rest of its cell is it
RUN = {"time", "timeit", "capture", "prun"}  # cell magics that run their cell
TIMED = ("time", "timeit")  # line magics that run their line
OPTIONS = re.compile(r"\s*(?:-(?:[nrp]\s+\d+|[a-zA-Z-]\S*)(?:\s+|$))*")
ASSIGNED = re.compile(r"^(\s*[\w., \[\]\"']+=\s*)([%!]\S.*)$")
MAGIC = re.compile(r"^%\s*(\w+)(.*)$", re.S)
ASKED = re.compile(r"^\s*%{0,2}[A-Za-z_*][\w.*]*\?{1,2}\s*$|^\s*\?")
# What Python raises for a text that is none of its own, or too deep or too long for it.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def without_magics(source: str) -> str:
    r"""Return a cell as plain Python: what IPython alone understands becomes ``pass`` or ``None``.

    What is timed stays.

    >>> without_magics("%matplotlib inline\nx = 1\n!ls\nfiles = !ls")
    'pass\nx = 1\npass\nfiles = None'
    >>> without_magics("%%time\nx = 1"), without_magics("%%bash\nls"), without_magics("%time f(1)")
    ('x = 1', '', 'f(1)')
    """
    if reads(source):
        return source
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        name = re.match(r"\s*%%(\w*)", lines[first])
        below = "\n".join(lines[first + 1 :])
        return without_magics(below) if name and name[1] in RUN else ""
    text = _by_ipython(source) if len(source) * _count(lines) <= LARGE else None
    return _by_lines(lines) if text is None else "\n" * first + text


def reads(source: str, mode: str = "exec") -> bool:
    """Return whether a text is Python."""
    try:
        ast.parse(source, mode=mode)
    except UNREADABLE:
        return False
    return True


def _by_ipython(source: str) -> str | None:
    """Return a cell as IPython reads it, without its calls; None if it is not there or cannot."""
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        text = TransformerManager().transform_cell(source).rstrip("\n")
        tree = ast.parse(text)
    except Exception:  # of a library, on whatever a cell can hold
        return None
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    lines = [line.encode() for line in text.split("\n")]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        name, given = _asked(call)
        if name and call.lineno == call.end_lineno:
            line, (a, b) = lines[call.lineno - 1], (call.col_offset, call.end_col_offset)
            instead = _instead(name, given, id(call) in alone)
            lines[call.lineno - 1] = line[:a] + instead.encode() + line[b:]
    return b"\n".join(lines).decode()


def _asked(call: ast.Call) -> tuple[str, str]:
    """Return which magic a call of ``get_ipython()`` runs, and on what; '' if it is none."""
    func = call.func
    if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call)):
        return "", ""
    if not (isinstance(func.value.func, ast.Name) and func.value.func.id == "get_ipython"):
        return "", ""
    given = [one.value if isinstance(one, ast.Constant) else "" for one in call.args]
    if func.attr == "run_line_magic" and len(given) == 2:
        return str(given[0]), str(given[1])
    return func.attr, ""


def _instead(name: str, given: str, alone: bool) -> str:
    """Return what stands for a magic: what it times, else ``pass``, or ``None`` for its value."""
    timed = OPTIONS.sub("", given, count=1).strip() if name in TIMED else ""
    if timed and reads(timed, "exec" if alone else "eval"):
        return timed
    return "pass" if alone else "None"


def _by_lines(lines: list[str]) -> str:
    """Return a cell of these lines without the common magics, each where a statement starts."""
    made, begun = [], ""  # begun: what has been read of a statement that goes on
    magic = False  # whether a magic goes on
    for line in lines:
        if magic:
            magic = line.endswith("\\")
            continue
        instead = None if begun else _line(line)
        if instead is not None:
            made.append(instead)
            magic = line.endswith("\\")
            continue
        made.append(line)
        if len(begun) < LONG:
            begun = f"{begun}{line}\n" if _goes_on(f"{begun}{line}\n") else ""
    return "\n".join(made)


def _count(lines: list[str]) -> int:
    """Return about how many magics these lines hold, at least 1."""
    return 1 + sum(_line(line) is not None for line in lines)


def _line(line: str) -> str | None:
    """Return what stands for a line that starts a statement; None if it is plain Python."""
    indent, bare = line[: len(line) - len(line.lstrip())], line.strip().rstrip("\\")
    if bare.startswith(("%", "!")):
        return indent + _instead(*_named(bare), alone=True)
    if assigned := ASSIGNED.match(line):
        return assigned[1] + _instead(*_named(assigned[2]), alone=False)
    return f"{indent}pass" if ASKED.match(bare.partition("#")[0]) else None


def _named(text: str) -> tuple[str, str]:
    found = MAGIC.match(text)
    return (found[1], found[2]) if found else ("", "")


def _goes_on(text: str) -> bool:
    """Return whether brackets or a string are open, or the last line says that it goes on."""
    if text.endswith("\\\n"):
        return True
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except tokenize.TokenError as error:
        return "EOF in multi-line" in str(error)
    except SyntaxError:
        pass
    return False
