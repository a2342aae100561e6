"""``tinytx generate``: one prompt, a file of one, or a session of many."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..files import read_text
from ..recipes.speak import CHOICES, USUAL, Speaker, choice_of
from ..wording import is_utf_8
from .options import ENGINE
from .pages import page

EXAMPLES = page(
    [
        'tinytx generate --checkpoint runs/tales --prompt "Once upon a time"',
        "tinytx generate --checkpoint runs/tales --preset creative --seed 3",
        'tinytx generate --checkpoint runs/listops --prompt "Max(3 1 4)"',
    ],
    """
    Without a prompt it asks for one after the other: Ctrl-C ends a text, Ctrl-D the session.
    """,
)
CHOICE = Enum("CHOICE", {name: name for name in CHOICES}, type=str)  # type: ignore[misc]
SAID = "; ".join(
    f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in choice.items())
    for name, choice in CHOICES.items()
)
SAMPLING = "How tokens are chosen"


def generate(
    checkpoint: Annotated[
        Path,
        typer.Option(help="A run's folder (its best model, else its last), or a file."),
    ],
    prompt: Annotated[str | None, typer.Option(help="The text to continue.")] = None,
    prompt_file: Annotated[Path | None, typer.Option(help="A file with the text.")] = None,
    max_new_tokens: Annotated[int, typer.Option(help="How many tokens to write.")] = 400,
    engine: Annotated[ENGINE, typer.Option(help="Which engine writes.")] = ENGINE["numpy"],
    preset: Annotated[
        CHOICE,
        typer.Option(help=f"A choice by name; {SAID}.", rich_help_panel=SAMPLING),
    ] = CHOICE[USUAL],
    temperature: Annotated[
        float | None,
        typer.Option(help="0: always the likeliest token.", rich_help_panel=SAMPLING),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(help="Draw from the K likeliest tokens.", rich_help_panel=SAMPLING),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Draw from the fewest tokens that together have this share.",
            rich_help_panel=SAMPLING,
        ),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(
            help="Draw from tokens at least this much as likely as the likeliest.",
            rich_help_panel=SAMPLING,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the draws.", rich_help_panel=SAMPLING)
    ] = 0,
) -> int:
    """Continue a prompt, or answer a list operation."""
    if prompt is not None and prompt_file is not None:
        raise ValueError("prompt and prompt-file are both given: leave one out")
    if prompt_file is not None:
        prompt = _read(prompt_file)
    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p}
    choice = choice_of(preset.value, **given)
    speaker = Speaker(checkpoint, max_new_tokens, engine.value, seed, **choice)
    if prompt is None:
        return session(speaker)
    return 0 if write(speaker.pieces(prompt), prompt) else 130


def write(pieces: Iterator[str], prompt: str) -> bool:
    """Print a prompt and what comes after it, as it comes; return False if Ctrl-C ended it."""
    whole = True
    print(prompt, end="", flush=True)
    try:
        for piece in pieces:
            print(piece, end="", flush=True)
    except KeyboardInterrupt:
        whole = False
    print(flush=True)
    return whole


def session(speaker: Speaker) -> int:
    """Continue one line after the other, until there is no more."""
    by_hand = sys.stdin.isatty()
    if by_hand:
        with contextlib.suppress(ImportError):  # arrow keys and a history, where there are any
            import readline  # noqa: F401
        print("Write a prompt. Ctrl-C ends a text, Ctrl-D the session.")
    while True:
        try:
            prompt = input("> " if by_hand else "")
            if not is_utf_8(prompt):
                raise ValueError(
                    "the line is not UTF-8: set the terminal to UTF-8, or type it anew"
                )
            if prompt:
                write(speaker.pieces(prompt), prompt)
        except EOFError:
            print(end="\n" * by_hand)
            return 0
        except KeyboardInterrupt:
            print("\nCtrl-D ends the session.")
        except ValueError as error:  # of this prompt; the next may be better
            print(f"tinytx: {error}", file=sys.stderr)


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
