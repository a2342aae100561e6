"""What happens inside the process that runs a learner's code: define the function, then call it.

What comes out are steps, as ``tinytx.checks.trial`` yields them in a notebook, and two before them:
``defined`` says what stands under the function's name, ``restored`` what the cells had replaced.
No verdict is formed here: whoever reads the steps does that, where none of this code has run.
"""

from __future__ import annotations

import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from ..checks import intact
from ..checks.call import TimeUp, foreign, guarded
from ..checks.pace import pace
from ..checks.trial import series_of
from .needed import Needed, compiled, statement

UNFINISHED = "unfinished"  # kind of a function behind which its cell goes on
BEHIND = "the function came out of it, and what stands after it takes longer"
DEFINING = 20.0  # seconds for the cells that an answer needs, on an ordinary machine


def steps(needed: Needed, rows: list[tuple], seconds: float) -> Iterator[tuple[str, object]]:
    """Yield what an answer does, step by step; nothing that it does is raised here."""
    space, errors = _space(), []

    def work() -> None:
        for cell in {cell for cell, _ in needed.statements}:
            source, name = needed.cells[cell], _named(cell)
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        for one in needed.statements:
            error = _run(needed, one, space)
            errors.extend([error] if error else [])
        space[_GIVEN] = _value(needed.expression, space, errors)

    run = guarded(work, DEFINING)
    fn = space.get(_GIVEN, _MISSING)
    kind = _kind(fn)
    if not run.finished:
        late = f"the cell was not finished after {DEFINING * pace():.0f} seconds"
        came = callable(space.get(needed.expression))
        kind = UNFINISHED if came else kind
        errors = [f"{late}{f': {BEHIND}' if came else ''}", *errors]
    yield "defined", (kind, [str(error)[:300] for error in errors[:5]])
    yield "restored", intact.restore()
    if callable(fn):
        yield from series_of(fn, rows, seconds)


_GIVEN, _MISSING = " given", object()


def _kind(fn: object) -> str:
    if fn is _MISSING:
        return "missing"
    if fn is ...:
        return "stub"
    if isinstance(fn, types.FunctionType):  # the right answer itself may stand under the name
        module = str(fn.__globals__.get("__name__"))
        return f"function of {module}" if module.startswith("tinytx.checks.") else "function"
    return "function" if callable(fn) else f"type {type(fn).__name__}"[:60]


def _space() -> dict[str, Any]:
    """Return the names that a notebook starts with, as the module ``__main__``."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.__dict__.update(display=lambda *_, **__: None, get_ipython=lambda: None)
    return module.__dict__


def _run(needed: Needed, one: tuple[int, int], space: dict[str, Any]) -> str:
    """Run one statement; return what went wrong, or ''."""
    name = _named(one[0])
    return _guard(lambda: _through(compiled(statement(needed, one), name), space))


def _through(code: types.CodeType, space: dict[str, Any]) -> None:
    """Run a statement, one with an ``await`` of its own to its end, as a notebook does."""
    if code.co_flags & inspect.CO_COROUTINE:
        import asyncio  # takes a while, and hardly any answer needs it

        asyncio.run(eval(code, space))
    else:
        exec(code, space)


def _named(cell: int) -> str:
    """Return what stands for a cell where a file is named."""
    return f"<cell {cell}>"


def _value(expression: str, space: dict[str, Any], errors: list[str]) -> object:
    found: list[object] = [_MISSING]
    error = _guard(lambda: found.append(eval(expression, space)))
    if error and not errors:
        errors.append(error)
    return found[-1]


def _guard(work: Callable[[], object]) -> str:
    try:
        work()
    except TimeUp:
        raise
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: it is only an answer's
        return _says(error)
    return ""


def _says(error: BaseException) -> str:
    try:
        said = (str(error).strip().splitlines() or [""])[0][:160]
    except Exception:  # of a class whose __str__ fails
        said = ""
    trace = error.__traceback__
    lines = []
    while trace is not None:
        if not foreign(trace.tb_frame.f_code.co_filename):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    at = f" (line {lines[-1]} of the cell)" if lines else ""
    return f"{type(error).__name__}: {said}{at}" if said else f"{type(error).__name__}{at}"
