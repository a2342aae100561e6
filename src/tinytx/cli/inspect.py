"""``tinytx inspect``: what a model is, what it costs, and who attends to whom in it."""

from __future__ import annotations

import importlib
import os
import sys
from inspect import signature
from pathlib import Path
from typing import Annotated, Any

import typer

from ..files import write_atomic
from .pages import page
from .presets import complete_preset

EXAMPLES = page(
    [
        "tinytx inspect runs/tales",
        "tinytx inspect gpt2",
        'tinytx inspect runs/tales --html attention.html --prompt "Tom had a red ball."',
        "tinytx inspect --probe my_model:make",
    ],
    """
    The page is one file that loads nothing: each head's weights, what it looks at, and how far.
    --probe asks a fresh model of yours whether it sees the future, minds its batch, gets all its
    gradients and more. It ends with 1 if the model fails one of them.
    """,
)


def inspect(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="CHECKPOINT|PRESET", autocompletion=complete_preset, show_default=False,
            help="A run's folder or a file; or a preset, a TOML file, gpt2 to gpt2-xl.",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="The same, as an option.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the attention of a prompt as a page of its own.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="The prompt of that page.")] = None,
    probe: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Probe a model of yours: a function that makes it, or the model itself.",
        ),
    ] = None,
) -> int:  # fmt: skip
    """Show what a model consists of, part by part, and what it costs."""
    from ..recipes.describe import describe, is_untrained

    place = model or checkpoint
    if probe is not None:
        if place or html or prompt:
            raise ValueError(f"probe is {probe!r} and stands alone: leave the other options out")
        return probe_named(probe)
    if place is None or (model and checkpoint):
        raise ValueError("checkpoint is missing or given twice: name one run's folder, or a preset")
    if (html is None) != (prompt is None):
        raise ValueError("html and prompt belong together: give both or none")
    if html is not None and prompt is not None:
        from ..figures.attention_page import attention_page

        if is_untrained(place):
            raise ValueError(
                f"{place} is not trained, and html shows what a trained model attends to: give a "
                "run's folder or a checkpoint file"
            )
        write_atomic(html, attention_page(place, prompt))
        print(f"{html} shows who attends to whom: open it in a browser")
        return 0
    print(*describe(place), sep="\n")
    return 0


def probe_named(name: str) -> int:
    """Probe the model that ``module:function`` makes; return 1 if it fails one probe."""
    from ..inspect.probes import probe

    report = probe(named_model(name))
    print(report)
    return int(not report)


def named_model(name: str) -> Any:
    """Return what ``module:function`` stands for: the model that it makes, or is.

    The module is looked for in the current folder first. A class or a function is called without
    arguments, if it can be.

    Raises
    ------
    ValueError
        If there is no such module or name, or it cannot be imported or called.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ValueError(f"probe is {name!r} and must be module:function, as my_model:make")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ValueError(f"probe is {name!r} and cannot be imported: {error}") from None
    finally:
        sys.path.pop(0)
    if not isinstance(found, type) and not _takes_nothing(found):
        return found
    try:
        return found()
    except Exception as error:
        raise ValueError(
            f"{name} failed, and must make a model without arguments: "
            f"{type(error).__name__}: {error}"
        ) from None


def _takes_nothing(found: Any) -> bool:
    """Return whether a function can be called without arguments; a model cannot."""
    if not callable(found) or hasattr(found, "forward"):
        return False
    try:
        signature(found).bind()
    except (TypeError, ValueError):
        return False
    return True
