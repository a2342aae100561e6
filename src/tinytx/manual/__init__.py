"""The NumPy engine: every operation as a forward and the backward that belongs to it.

The unit is a pair of pure functions, ``y, saved = op_forward(...)`` and directly below it
``dx, ... = op_backward(dy, saved)``. The classes are thin: they hold parameters and compose pairs.
There is no tape. Only NumPy is imported.

=================  ===================================================================
``module``         Parameter, Module: names, gradients, what a forward keeps
``linear``         weighted sums
``embedding``      ids pick rows
``positions``      learned and sinusoidal
``rotary``         queries and keys turned by their positions
``softmax``        stable, with masks
``norm``           layer and RMS normalization
``activation``     ReLU and its square, GELU by tanh and exact (see ``gaussian``), SwiGLU
``dropout``        inverted, from a generator that is passed in
``masks``          who may attend to whom
``documents``      several documents in one row
``cache``          what the model asks of a KV cache
``attention``      scaled dot products, heads, projections
``pieces``         attention in pieces, without (T, S) weights
``mlp``            two linear layers with an activation between, or three
``experts``        a mixture of MLPs, each token sent to a few of them
``block``          pre-norm and post-norm
``checkpointing``  blocks that keep their inputs alone
``gpt``            the whole model
``stretch``        the same with a longer context
``int8``           a trained model with weights of whole numbers
``loss``           cross-entropy from logits
``optim``          SGD, Adam, AdamW, clipping (``groups`` checks what they are given)
``muon``           Muon, for the matrices inside the blocks
``state``          state dicts from elsewhere: whose names, and do they fit
``memory``         what is freed is kept for the next step
=================  ===================================================================
"""

from ..config import GPTConfig
from ..originals import Originals
from .activation import Activation, SwiGLU
from .attention import Attention, merge_heads, split_heads
from .block import Block
from .documents import document_mask, document_places
from .dropout import Dropout
from .embedding import Embedding
from .experts import Experts
from .gpt import GPT
from .int8 import quantized, rounded, weight_bytes
from .linear import Linear
from .loss import count_targets, cross_entropy_backward, cross_entropy_forward
from .masks import causal_mask, padding_mask, window_mask
from .memory import keep_freed_memory
from .mlp import MLP
from .module import Module, Parameter
from .muon import Muon, orthogonalize
from .norm import LayerNorm, RMSNorm
from .optim import SGD, Adam, AdamW, clip_grad_norm
from .positions import LearnedPositions, SinusoidalPositions
from .rotary import Rotary
from .stretch import stretched

keep_freed_memory()
ORIGINALS = Originals(__name__)

__all__ = [
    "GPT",
    "MLP",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Attention",
    "Block",
    "Dropout",
    "Embedding",
    "Experts",
    "GPTConfig",
    "LayerNorm",
    "LearnedPositions",
    "Linear",
    "Module",
    "Muon",
    "Parameter",
    "RMSNorm",
    "Rotary",
    "SinusoidalPositions",
    "SwiGLU",
    "causal_mask",
    "clip_grad_norm",
    "count_targets",
    "cross_entropy_backward",
    "cross_entropy_forward",
    "document_mask",
    "document_places",
    "merge_heads",
    "orthogonalize",
    "padding_mask",
    "quantized",
    "rounded",
    "split_heads",
    "stretched",
    "weight_bytes",
    "window_mask",
]
