"""Let a trained model speak: continue a prompt, or answer a list operation."""

from __future__ import annotations

import os

import numpy as np

from ..generation import generate
from ..tokenizers import ListOpsTokenizer
from ..training.model_file import load_model
from .listops import answer


def speak(
    checkpoint: str | os.PathLike[str],
    prompt: str,
    max_new_tokens: int = 400,
    temperature: float = 0.6,
    seed: int = 0,
) -> str:
    """Return ``prompt`` and what the model of ``checkpoint`` makes of it.

    A model of characters continues it. A model of list operations answers it, in one token: there
    is nothing to draw, and the last three arguments do not matter.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read, or the prompt is empty or not of the model's language.
    """
    model, tokenizer, _ = load_model(checkpoint)
    if not prompt:
        raise ValueError("prompt is empty and must have at least one token: give --prompt a text")
    if isinstance(tokenizer, ListOpsTokenizer):
        return f"{prompt} = {answer(model, prompt)}"
    ids = np.array([tokenizer.encode(prompt)])
    rng = np.random.default_rng(seed)
    written = generate(model, ids, max_new_tokens, temperature=temperature, rng=rng)
    return tokenizer.decode(written[0])
