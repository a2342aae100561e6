"""``tinytx export``: a trained model as a folder that ``transformers`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .pages import page

EXAMPLES = page(
    [
        "tinytx export runs/tales exported",
    ],
    """
    In Python then: transformers.AutoModelForCausalLM.from_pretrained("exported"), and
    transformers.AutoTokenizer.from_pretrained("exported").
    """,
)


def export(
    checkpoint: Annotated[
        Path, typer.Argument(help="A run's folder, or a checkpoint file.", show_default=False)
    ],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
) -> int:
    """Write a model as a Hugging Face folder: configuration, weights and, if it can, tokenizer."""
    from ..pytorch.hf import to_hf
    from ..recipes.texts import opening
    from ..tokenizers.to_huggingface import save_hf
    from ..training.model_file import load_model

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not an empty folder: give another one")
    model, tokenizer, meta = load_model(checkpoint, "pytorch")
    to_hf(model, folder)
    try:
        save_hf(tokenizer, folder)
    except ValueError as error:
        print(f"without a tokenizer: {error}")
    for path in sorted(folder.iterdir()):
        print(f"{path}  {path.stat().st_size:,} bytes")
    first = opening(meta["identity"], tokenizer)
    if first:
        ids, text = ", ".join(map(str, first)), tokenizer.decode(first)
        print(f"put the id {ids} ({text!r}) before each prompt: the model read it before each text")
    return 0
