"""The running example: one short prompt and one tiny model, worked through by hand everywhere.

The text is eighteen characters long and uses eight different ones, so the vocabulary fits on a
whiteboard. The prompt is its first five characters. ``a`` comes twice in it: a layer that mixes up
positions and tokens gives itself away on a repeated token.

The model has one block and round weights. All its sizes differ, so that a wrong transpose cannot
pass: V = 8, context 7, D = 6, F = 10, two heads of Dh = 3, and T = 5 positions of the prompt. The
six numbers of a vector have names, :data:`FEATURES`. What one head looks for was written down by
hand and is told in chapter 3; the output projection and the MLP were found by a search over round
numbers, and give every character of the prompt its right successor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .config import GPTConfig
from .tokenizers import CharTokenizer

if TYPE_CHECKING:
    from . import manual, pytorch

TEXT = "a cat sat on a mat"
PROMPT = "a cat"

# What each number of a vector says: the first four about the token, the last two about its place.
FEATURES = ("space", "vowel", "consonant", "letter", "place", "parity")

_TOKENS = [  # one row for each id: which kind of character, and which of its kind
    [1, 0, 0, 0, 0, 0],  # the space
    [0, 1, 0, 1, 0, 0],  # a
    [0, 0, 1, -1, 0, 0],  # c
    [0, 0, 1, -0.5, 0, 0],  # m
    [0, 0, 1, 0, 0, 0],  # n
    [0, 1, 0, -1, 0, 0],  # o
    [0, 0, 1, 0.5, 0, 0],  # s
    [0, 0, 1, 1, 0, 0],  # t
]
_POSITIONS = [[0, 0, 0, 0, i / 2, (-1) ** i] for i in range(7)]
_QUERIES = [
    [0, 0, 2, 0, 0, 0],  # head 0: consonants ask for vowels,
    [0, 2, 0, 0, 0, 0],  # vowels for spaces,
    [0, 0, 0, 0, 1, 0],  # and later ones more than earlier ones for what is late
    [0, 0, 0, 0, 0, 0],  # head 1: everyone asks for spaces (by the bias),
    [0, 0, 0, 1, 0, 0],  # for a similar letter,
    [0, 0, 0, 0, 0, 1],  # and for the other parity
]
_QUERY_BIAS = [0, 0, 0, 2, 0, 0]
_KEYS = [
    [0, 2, 0, 0, 0, 0],
    [2, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 0],
    [2, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 0],
    [0, 0, 0, 0, 0, -1],
]
_VALUES = [
    [0, 1, 0, 0, 0, 0],  # head 0 passes on: vowel, letter, place
    [0, 0, 0, 1, 0, 0],
    [0, 0, 0, 0, 1, 0],
    [1, 0, 0, 0, 0, 0],  # head 1: space, consonant, parity
    [0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 1],
]
_OUTPUT = [
    [0, 0.5, -0.5, 0, 0, 0.5],
    [-0.5, 0, 0, 0, 0.5, 0],
    [-1, 0, 0.5, 0, 0, 0],
    [0, -0.5, -1, 0, 0, 0],
    [0, 0, 0.5, 0, 0.5, 0.5],
    [1, 1, 0, 0, 0, 0.5],
]
_UP = [
    [0, 0.5, 0, 1, 0, 0.5],
    [-1, -1, 0.5, 1, 0, 0],
    [0, 0, 0, 0, 1, -0.5],
    [0, 1, 0, 0, 0, 0],
    [0, -1, 1, 0.5, 0, 0.5],
    [-1, 0, -1, 0, 0, 0.5],
    [0, 0, 1, 0.5, 0, -1],
    [1, -0.5, -1, 0, -1, -0.5],
    [0, 0, -0.5, 0.5, 0.5, -1],
    [-0.5, -1, 0, 0.5, 0, -0.5],
]
_UP_BIAS = [0, 0.5, 0, 0, 0.5, 0, -1, -1, -1, 0]
_DOWN = [
    [0, 2, 0, 0, 0, 0, -2, 2, 0, 1],
    [0, -2, 0, 0, 2, 0, 0, 0, 0, 0],
    [1, -1, 0, 1, -1, 0, -2, 2, 2, -1],
    [2, 0, 1, 0, 1, 0, -1, -2, 0, -2],
    [1, -1, 0, 0, 0, 0, -1, 1, 0, 0],
    [0, -1, 0, 2, 1, -2, 0, 1, 1, -1],
]


def tokenizer() -> CharTokenizer:
    """Return the example's tokenizer: one id for each character of :data:`TEXT`, sorted."""
    return CharTokenizer.train(TEXT)


def ids() -> list[int]:
    """Return the ids of :data:`PROMPT`, the input of the example.

    >>> ids()
    [1, 0, 2, 1, 7]
    """
    return tokenizer().encode(PROMPT)


def targets() -> list[int]:
    """Return what should follow each position of :data:`PROMPT`: the same text, one step on.

    >>> targets()
    [0, 2, 1, 7, 0]
    """
    return tokenizer().encode(TEXT[1 : len(PROMPT) + 1])


def config() -> GPTConfig:
    """Return the tiny model's sizes; everything else is GPT-2's choice."""
    return GPTConfig(
        vocab_size=len(_TOKENS), context_length=len(_POSITIONS), n_layer=1, n_head=2,
        d_model=len(FEATURES), d_ff=len(_UP),
    )  # fmt: skip


def weights() -> dict[str, np.ndarray]:
    """Return the tiny model's state dict in float64: round numbers, from -2 to 2.

    >>> weights()["tok_emb.weight"][1]  # what the model knows of an "a"
    array([0., 1., 0., 1., 0., 0.])
    """
    attn, mlp = "blocks.0.attn.", "blocks.0.mlp."
    given = {
        "tok_emb.weight": _TOKENS, "pos_emb.weight": _POSITIONS, "lm_head.weight": _TOKENS,
        attn + "q_proj.weight": _QUERIES, attn + "q_proj.bias": _QUERY_BIAS,
        attn + "k_proj.weight": _KEYS, attn + "v_proj.weight": _VALUES,
        attn + "o_proj.weight": _OUTPUT,
        mlp + "up_proj.weight": _UP, mlp + "up_proj.bias": _UP_BIAS,
        mlp + "down_proj.weight": _DOWN,
    }  # fmt: skip
    D = len(FEATURES)
    for name in ("blocks.0.ln_1.", "blocks.0.ln_2.", "ln_f."):
        given |= {name + "weight": np.ones(D), name + "bias": np.zeros(D)}
    for name in ("k_proj", "v_proj", "o_proj"):
        given[f"{attn}{name}.bias"] = np.zeros(D)
    given[mlp + "down_proj.bias"] = np.zeros(D)
    return {name: np.array(value, float) for name, value in given.items()}


def x() -> np.ndarray:
    """Return what enters the first block, (T, D): each token's vector plus its position's.

    >>> x()[1]  # the space, at position 1
    array([ 1. ,  0. ,  0. ,  0. ,  0.5, -1. ])
    """
    state = weights()
    tokens = state["tok_emb.weight"][ids()]
    return tokens + state["pos_emb.weight"][: len(tokens)]


def model() -> manual.GPT:
    """Return the tiny model of the NumPy engine, in float64."""
    from .manual import GPT

    made = GPT(config(), np.random.default_rng(0), dtype=np.float64)
    made.load_state_dict(weights())
    return made


def twin() -> pytorch.GPT:
    """Return the tiny model of the PyTorch engine, in float64."""
    import torch

    from .pytorch import GPT

    made = GPT(config(), dtype=torch.float64)
    made.load_state_dict(weights())
    return made
