"""``tinytx download``: real text, once, for those who have a network."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..wording import short
from .pages import page

EXAMPLES = page(
    [
        "tinytx download shakespeare",
        "tinytx download fineweb --max-shards 1",
    ],
    """
    What is downloaded is kept in the system's cache folder, or in the one that the environment
    variable TINYTX_CACHE names. A run downloads what it lacks by itself.
    """,
)
CORPUS = Enum("CORPUS", {name: name for name in ("shakespeare", "fineweb")}, type=str)  # type: ignore[misc]


def download(
    corpus: Annotated[CORPUS, typer.Argument(help="Which text.", show_default=False)],
    max_shards: Annotated[
        int | None,
        typer.Option(min=1, help="How many shards of fineweb, 2 GB each; 3 if left out."),
    ] = None,
) -> int:
    """Download Tiny Shakespeare, or the first shards of FineWeb-Edu."""
    if corpus.value == "fineweb":
        return _fineweb(3 if max_shards is None else max_shards)
    if max_shards is not None:
        raise ValueError("max-shards is for fineweb: leave it out, shakespeare is one file")
    from .. import data

    text = data.shakespeare()
    print(f"Tiny Shakespeare: {len(text):,} characters, {short(text.split(chr(10))[0])} and so on")
    print("train on it with: tinytx train shakespeare")
    return 0


def _fineweb(n: int) -> int:
    from ..data.fineweb import fineweb
    from ..data.patience import Stop

    shards = fineweb(max_shards=n).shards
    n, stop = min(n, len(shards)), Stop()
    for shard in range(n):
        with shards.use(shard, stop) as path:
            size = Path(path).stat().st_size
            print(f"shard {shard + 1} of {n}: {path}, {size / 1e9:.2f} GB", flush=True)
    print("train on it with: tinytx train fineweb-quick")
    return 0
