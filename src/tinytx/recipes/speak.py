"""Let a trained model speak: continue a prompt, or answer a list operation."""

from __future__ import annotations

import os
from typing import Any

from ..generation import generate
from ..generation.sampling import check_choice
from ..tokenizers import CharTokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer
from ..training.model_file import load_model
from .listops import answer


def speak(
    checkpoint: str | os.PathLike[str], prompt: str, max_new_tokens: int = 400, **choice: Any
) -> str:
    """Return ``prompt`` and what the model of ``checkpoint`` makes of it.

    A model of characters continues it, choosing as ``choice`` says to
    :func:`~tinytx.generation.generate`. A model of list operations answers it, in one token: there
    is nothing to draw, and the last arguments do not matter.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read, or the prompt is empty or not of the model's language.
    """
    model, tokenizer, _ = load_model(checkpoint)
    if not prompt:
        raise ValueError("prompt is empty and must have at least one token: give --prompt a text")
    if isinstance(tokenizer, ListOpsTokenizer):
        names = ("temperature", "rng", "top_k", "top_p")  # without effect here, and checked
        given = {name: choice[name] for name in names if name in choice}
        check_choice(**{"temperature": 0, "rng": None, **given})
        return f"{prompt} = {answer(model, prompt)}"
    written = generate(model, [encode(tokenizer, prompt, "prompt")], max_new_tokens, **choice)
    return tokenizer.decode(written[0])


def encode(tokenizer: Tokenizer, text: str, option: str) -> list[int]:
    """Return the ids of ``text``, or say of which option it cannot be encoded.

    A trained model's characters are what they are: training on others is no way out here.
    """
    try:
        return tokenizer.encode(text)
    except ValueError as error:
        if not isinstance(tokenizer, CharTokenizer):
            raise
        what = str(error).split(";")[0]
        raise ValueError(f"--{option}: {what}: {''.join(tokenizer.chars)!r}") from None
