"""The engine in the page: a trained model as scripts that need no kernel, no server, no network.

The scripts are in ``figures/static/engine/``: JavaScript that can be read beside
:mod:`tinytx.manual`, under the same names. :func:`engine_script` puts them into one,
:func:`weights_script` puts a model beside it; a page loads both, from ``file://`` too, and asks
``tinytx.load_model(tinytx.models.tales)`` for ``{ model, tokenizer }``. It learns, too: every
operation has its backward, and ``new tinytx.TrainingWorker({ text, onprogress })`` (``worker.js``)
trains a small model on a text while the page stays awake. What the numbers cost:
:func:`quantize`. What they are worth: ``python -m tinytx.figures.engine``, which writes the model
of the tales.
"""

from .quantize import dequantize, quantize, quantized_state
from .script import engine_script, weights_script

__all__ = ["dequantize", "engine_script", "quantize", "quantized_state", "weights_script"]
