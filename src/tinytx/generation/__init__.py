"""Generation: from a distribution over the next token to text, with either engine.

==================  =====================================================================
``sampling``        temperature, top-k, top-p, min-p: one id from a row of logits
``processors``      what may be said: a penalty for repetition, a rule for what is allowed
``writing``         ``generate`` and ``stream``: texts, all at once or token by token
``beams``           a text that is likely as a whole: beam search
``speculation``     a small model writes ahead, the large one judges
``texts``           rows of unequal length, and the window that the model sees
``readers``         from texts to logits: without a cache, with one, and fast
``cache``           keys and values of earlier positions
``engine``          what is asked of a model, whichever engine it is of
``numpy_engine``    the answers for NumPy
``torch_engine``    the answers for PyTorch
``numpy_decoder``   one token through the NumPy model
``numpy_products``  which way to multiply its weights, by trying
``torch_decoder``   one token through the PyTorch model
==================  =====================================================================

The PyTorch half is imported when a PyTorch model comes along, not before.
"""

from .beams import Beam, beam_search
from .cache import KVCache, TorchKVCache
from .processors import only, repetition_penalty
from .sampling import distribution, log_probs, log_softmax, sample
from .speculation import Speculated, speculate
from .writing import Generated, Step, generate, stream

__all__ = [
    "Beam",
    "Generated",
    "KVCache",
    "Speculated",
    "Step",
    "TorchKVCache",
    "beam_search",
    "distribution",
    "generate",
    "log_probs",
    "log_softmax",
    "only",
    "repetition_penalty",
    "sample",
    "speculate",
    "stream",
]
