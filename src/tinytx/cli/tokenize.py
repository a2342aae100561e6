"""``tinytx tokenize``: a corpus as files of tokens, made once and read by any number of runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from .pages import page

EXAMPLES = page(
    [
        "tinytx tokenize book.txt --out tokens/book --vocab-size 1024",
        "tinytx tokenize pages.parquet --out tokens/pages --tokenizer cl100k_base",
        "tinytx train shakespeare --corpus tokens/book --out runs/book",
    ],
    """
    One document in ten is held out before the tokenizer is learned; of a single text, its end.
    A run memory-maps the files: they may be larger than memory.
    """,
)


def tokenize(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="TEXT|FOLDER|PARQUET", show_default=False,
            help="A text file, a folder of .txt and .md, a parquet file or a folder of them.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder for the tokens.")],
    vocab_size: Annotated[
        int | None, typer.Option(help="Learn a BPE of so many tokens; 4096 if left out.")
    ] = None,
    tokenizer: Annotated[
        str | None, typer.Option(help="Take this one: cl100k_base, gpt2, or a FILE.json.")
    ] = None,
    column: Annotated[str, typer.Option(help="Where parquet keeps the text.")] = "text",
    separator: Annotated[
        str | None, typer.Option(help="What stands between two documents of one text file.")
    ] = None,
) -> int:  # fmt: skip
    """Train a tokenizer or take one, and write a corpus as memory-mapped files of tokens."""
    from ..recipes.tokenize_corpus import tokenize as make

    made = make(source, out, vocab_size, tokenizer, column, separator)
    print(*made.notes, sep="\n", end="\n" * bool(made.notes))
    print(f"vocabulary  {made.vocab_size:,} tokens")
    print(f"training    {made.train}")
    print(f"held out    {made.held_out}")
    where = shlex.quote(str(made.folder))
    print(f"train on it with: tinytx train shakespeare --corpus {where} --out runs/{out.name}")
    return 0
