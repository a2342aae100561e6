"""The attention of a trained model on a prompt, as one page of HTML that loads nothing."""

from __future__ import annotations

import html
import os
from typing import Any, NamedTuple

import numpy as np

from ..data.listops import encode_batch, example
from ..inspect.capture import capture
from ..manual.loss import IGNORE_INDEX
from ..recipes.speak import prompt_ids
from ..tokenizers import BPETokenizer, ListOpsTokenizer
from ..training.model_file import load_model
from .head_gallery import HEADS, LONGEST, HeadGallery

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
  background: Canvas; color: CanvasText; color-scheme: light dark }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
{figure}
</body>
</html>
"""


class Read(NamedTuple):
    """A prompt as the model reads it."""

    ids: np.ndarray  # (T,)
    tokens: list[Any]  # a label for each
    trained: list[int] | None  # the places whose output had a target; None for all


def attention_page(checkpoint: str | os.PathLike[str], prompt: str) -> str:
    """Return a page with every head's attention weights, an interactive :class:`.HeadGallery`.

    Of a model with more than 64 heads the lowest blocks are shown, as many as fit.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read, or the prompt is empty, too long, or not of its language.
    """
    model, tokenizer, meta = load_model(checkpoint)
    read = _read(meta, tokenizer, prompt)
    most = min(LONGEST, model.config.context_length)
    if not 1 <= len(read.ids) <= most:
        raise ValueError(
            f"prompt has {len(read.ids)} tokens and the figure shows 1 to {most}: give another"
        )
    with capture(model) as seen:
        model.forward(read.ids[None])
    weights = seen.attention()[:, 0]  # (L, H, T, T)
    L, H = weights.shape[:2]
    shown = weights[: max(1, HEADS // H)]
    some = f", of which the lowest {len(shown)} are shown" if len(shown) < L else ""
    sizes = f"{L} block{'s' * (L > 1)} of {H} head{'s' * (H > 1)}"
    step = f"; step {meta['step']:,}" if "step" in meta else ""
    recipe = meta["identity"].get("recipe")
    named = f" of the recipe {recipe}" if step and recipe else ""
    figure = HeadGallery(shown, read.tokens, trained=read.trained)
    return PAGE.format(
        title=html.escape(f"Who attends to whom in {os.fspath(checkpoint)}"),
        about=html.escape(f"{sizes}{some}{step}{named}."),
        figure=figure._repr_html_(),
    )


def _read(meta: dict[str, Any], tokenizer: Any, prompt: str) -> Read:
    if isinstance(tokenizer, ListOpsTokenizer):
        batch = encode_batch([example(prompt)])
        answering = np.flatnonzero(batch.targets[0] != IGNORE_INDEX).tolist()
        ids = batch.ids[0]
        return Read(ids, [tokenizer.decode([i]) for i in ids.tolist()], answering)
    ids = prompt_ids(meta, tokenizer, prompt)
    label = tokenizer.token_bytes if isinstance(tokenizer, BPETokenizer) else None
    tokens = [label(i) if label else tokenizer.decode([i]) for i in ids]
    return Read(np.array(ids, dtype=np.int64), tokens, None)
