"""Let a trained model speak: continue a prompt piece by piece, or answer a list operation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data import tales
from ..data.encoding import DocumentEncoder
from ..generation import stream
from ..generation.sampling import check_choice
from ..tokenizers import CharTokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer, check_text
from ..training.model_file import load_model
from ..wording import cause
from . import texts
from .listops import answer
from .spelling import before_end, pieces_of

# From the likeliest text to the most surprising one, by the names that the command line offers.
CHOICES: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0.0},
    "precise": {"temperature": 0.4, "top_p": 0.9},
    "balanced": {"temperature": 0.7, "top_p": 0.95},
    "creative": {"temperature": 1.0, "top_p": 0.98},
}
USUAL = "balanced"


def choice_of(preset: str = USUAL, **given: Any) -> dict[str, Any]:
    """Return how tokens are chosen: as the preset says, unless ``given`` says otherwise.

    What is given as ``None`` is not given.

    >>> choice_of("precise", top_p=None, temperature=0.1)
    {'temperature': 0.1, 'top_p': 0.9}
    """
    if preset not in CHOICES:
        raise ValueError(f"preset is {preset!r} and must be one of {', '.join(CHOICES)}")
    return {**CHOICES[preset], **{name: v for name, v in given.items() if v is not None}}


class Speaker:
    """A trained model that continues one prompt after the other.

    Parameters
    ----------
    checkpoint
        A run's folder, or a checkpoint file.
    max_new_tokens
        How many tokens to write at most; a model whose tokenizer has an end-of-text token may end
        before, and one that learned stories one by one ends with the story.
    engine
        ``"numpy"`` or ``"pytorch"``: which one writes, whichever trained.
    seed
        Of the draws. A second prompt goes on drawing where the first one ended.
    choice
        ``temperature``, ``top_k``, ``top_p``, ``min_p``, as in :func:`~tinytx.generation.generate`.

    Raises
    ------
    ValueError
        If the checkpoint cannot be read, or an argument is out of range.
    """

    def __init__(
        self,
        checkpoint: str | os.PathLike[str],
        max_new_tokens: int = 400,
        engine: str = "numpy",
        seed: int = 0,
        **choice: Any,
    ):
        self.model, self.tokenizer, self.meta = load_model(checkpoint, engine)
        self.max_new_tokens, self.choice = max_new_tokens, choice
        self.rng = np.random.default_rng(seed)
        check_choice(
            **{"temperature": 1.0, "top_k": None, "top_p": None, **choice, "rng": self.rng}
        )
        if max_new_tokens < 0:
            raise ValueError(f"max_new_tokens is {max_new_tokens} and must be at least 0")

    @property
    def answers(self) -> bool:
        """Whether it answers list operations: one token, and nothing to draw."""
        return isinstance(self.tokenizer, ListOpsTokenizer)

    def pieces(self, prompt: str) -> Iterator[str]:
        """Yield what comes after ``prompt``, as soon as it is known.

        A token may be half a character, which waits for the rest; if the text ends before that
        comes, it is left out. The prompt is checked at once.

        Raises
        ------
        ValueError
            If the prompt is empty or not of the model's language.
        """
        if not prompt:
            raise ValueError(
                "prompt is empty and must have at least one token: give --prompt a text"
            )
        if self.answers:
            return iter([f" = {answer(self.model, prompt)}"])
        ids = prompt_ids(self.meta, self.tokenizer, prompt)
        end = DocumentEncoder(self.tokenizer).end
        steps = stream(
            self.model, [ids], self.max_new_tokens, rng=self.rng,
            stop=None if end is None else [end], **self.choice,
        )  # fmt: skip
        written = pieces_of(self.tokenizer, (int(step.ids[0]) for step in steps), end)
        one_story = texts.reads_documents(self.meta["identity"])
        return before_end(written, tales.END) if one_story else written


def speak(
    checkpoint: str | os.PathLike[str], prompt: str, max_new_tokens: int = 400, **options: Any
) -> str:
    """Return ``prompt`` and what the model of ``checkpoint`` makes of it, at once.

    Arguments and errors are :class:`Speaker`'s.
    """
    return prompt + "".join(Speaker(checkpoint, max_new_tokens, **options).pieces(prompt))


def prompt_ids(meta: dict[str, Any], tokenizer: Tokenizer, prompt: str) -> list[int]:
    """Return the ids of a prompt, behind what the model saw before the first token of each text.

    What is there already is not put there again.
    """
    first = texts.opening(meta["identity"], tokenizer)
    ids = encode(tokenizer, prompt, "prompt")
    return ids if ids[: len(first)] == first else [*first, *ids]


def encode(tokenizer: Tokenizer, text: str, option: str) -> list[int]:
    """Return the ids of ``text``, or say of which option it cannot be encoded.

    A trained model's characters are what they are: training on others is no way out here.
    """
    check_text(text, f"--{option}")
    try:
        return tokenizer.encode(text)
    except ValueError as error:
        if not isinstance(tokenizer, CharTokenizer):
            raise
        raise ValueError(f"--{option}: {cause(error)}: {''.join(tokenizer.chars)!r}") from None
