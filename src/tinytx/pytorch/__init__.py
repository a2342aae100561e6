"""The PyTorch engine: the files and classes of :mod:`tinytx.manual`, and autograd does the rest.

Put ``manual/norm.py`` beside ``pytorch/norm.py``: what is missing here is every ``backward``.
Operations are functions of tensors, layers hold ``nn.Parameter`` and nothing ready-made: no
``nn.Linear``, no ``nn.MultiheadAttention``. State dicts are the same in both engines.

=================  ===================================================================
``module``         fresh parameters
``linear``         weighted sums
``embedding``      ids pick rows
``positions``      learned and sinusoidal
``rotary``         queries and keys turned by their positions
``softmax``        with masks
``norm``           layer and RMS normalization
``activation``     ReLU and its square, GELU by tanh and exact, SwiGLU
``dropout``        inverted
``masks``          who may attend to whom
``documents``      several documents in one row
``cache``          what the model asks of a KV cache
``attention``      scaled dot products (fused, or with weights to look at), heads, projections
``pieces``         attention in pieces, without (T, S) weights
``mlp``            two linear layers with an activation between, or three
``experts``        a mixture of MLPs, each token sent to a few of them
``block``          pre-norm and post-norm
``checkpointing``  blocks that keep their inputs alone
``gpt``            the whole model
``stretch``        the same with a longer context
``int8``           a trained model with weights of whole numbers
``loss``           cross-entropy from logits
``optim``          PyTorch's own SGD, Adam, AdamW and clipping, under this package's names
``state``          state dicts from elsewhere
``hf``             weights from and to Hugging Face's GPT-2, in one file or in shards
``hf_folder``      such a folder read and written, for either engine
=================  ===================================================================
"""

from torch.nn import Module, ModuleList, functional
from torch.optim import Optimizer

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
from .int8 import quantized
from .linear import Linear
from .loss import count_targets, cross_entropy
from .masks import causal_mask, padding_mask, window_mask
from .mlp import MLP
from .muon import Muon, orthogonalize
from .norm import LayerNorm, RMSNorm
from .optim import SGD, Adam, AdamW, clip_grad_norm
from .positions import LearnedPositions, SinusoidalPositions
from .rotary import Rotary
from .stretch import stretched

_USED = (
    "linear", "layer_norm", "rms_norm", "embedding", "relu", "gelu", "silu",
    "scaled_dot_product_attention",
)  # fmt: skip
ORIGINALS = Originals(
    __name__,
    {Module: ("__call__", "_call_impl"), ModuleList: (), functional: _USED},
    without=(Optimizer,),
)

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
    "Muon",
    "RMSNorm",
    "Rotary",
    "SinusoidalPositions",
    "SwiGLU",
    "causal_mask",
    "clip_grad_norm",
    "count_targets",
    "cross_entropy",
    "document_mask",
    "document_places",
    "merge_heads",
    "orthogonalize",
    "padding_mask",
    "quantized",
    "split_heads",
    "stretched",
    "window_mask",
]
