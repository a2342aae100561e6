"""A page with the engine and three models in it, for the tests that hold it to the package.

The page is a file with scripts beside it, as a page of the book has them: nothing else is loaded.
"""

import base64
import contextlib

import numpy as np
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.figures.engine import engine_script, quantized_state, weights_script
from tinytx.tokenizers import BPETokenizer
from tinytx.trained import load_trained

from ..conftest import record

SPECIALS = ["<|end|>", "<|end|>!", "<|é.*|>"]
# Every choice that the engine has is in one of these, or in the tales model.
SMALL = {
    "post": {"norm": "post", "activation": "relu", "tie_weights": False},
    "plain": {"activation": "relu2", "bias": False, "d_head": 5},
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Engine</title>
<link rel="icon" href="data:,"></head><body>{scripts}<script>
const bytes = (data) => {{
  const all = new Uint8Array(data.buffer);
  const parts = Array.from({{ length: Math.ceil(all.length / 4096) }}, (_, i) =>
    String.fromCharCode(...all.subarray(4096 * i, 4096 * (i + 1))));
  return btoa(parts.join(""));
}};
const packed = (x) => [x.shape, bytes(Float64Array.from(x.data))];
const array = ([shape, numbers]) => ({{ shape, data: Float64Array.from(numbers) }});
const loaded = {{}};
const load = (name, dtype = "float32") =>
  (loaded[name + dtype] ??= tinytx.load_model(tinytx.models[name], dtype));
</script></body></html>"""


def made_models():
    """Return (model, tokenizer) by name, in NumPy and float64; the page holds them through int8."""
    trained = load_trained("tales")
    text = "It's the low, lower, lowest naïve Zürich 日本 日本語\n\n 12345 '99\t" * 5
    tokenizer = BPETokenizer.train(text, 270, SPECIALS, pattern="cl100k")
    small = {name: (random_model(**choices), tokenizer) for name, choices in SMALL.items()}
    return {"tales": (trained.model, trained.tokenizer), **small}


def random_model(**choices):
    """Return a model whose every parameter is random, norms and biases too."""
    sizes = {"vocab_size": 270, "context_length": 11, "n_layer": 2, "n_head": 3, "d_model": 12}
    rng = np.random.default_rng(1)
    model = manual.GPT(GPTConfig(**{**sizes, "d_ff": 20, **choices}), rng, np.float64).eval()
    for p in model.parameters():
        p.data[...] = rng.normal(0, 0.4, p.data.shape)
    return model


def as_page(model):
    """Return a copy of a model, in NumPy and float64, with the page's weights."""
    twin = manual.GPT(model.config, np.random.default_rng(0), np.float64).eval()
    twin.load_state_dict(quantized_state(model))
    return twin


def torch_twin(model):
    """Return a copy of a model, in PyTorch and float32, with the page's weights."""
    twin = pytorch.GPT(model.config, torch.Generator().manual_seed(0))
    state = {name: torch.from_numpy(value) for name, value in quantized_state(model).items()}
    twin.load_state_dict(state)
    return twin.eval()


def written(models, folder):
    """Write the page and its scripts into a folder; the engine's stands after the first model's."""
    scripts = [(name, weights_script(*one, name)) for name, one in models.items()]
    scripts = dict([*scripts[:1], ("engine", engine_script()), *scripts[1:]])
    for name, script in scripts.items():
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
    tags = "".join(f'<script src="{name}.js"></script>' for name in scripts)
    (folder / "page.html").write_text(PAGE.format(scripts=tags), encoding="utf-8")
    return folder / "page.html"


@contextlib.contextmanager
def opened(browser, models, folder):
    """Open the page for all tests of a module: none leaves anything in it. It asks for nothing."""
    context = browser.new_context()
    page = context.new_page()
    seen = record(page)
    page.goto(written(models, folder).as_uri())
    yield page
    context.close()
    seen.assert_clean()


def given(x):
    """Return an array as the page takes it."""
    x = np.asarray(x)
    return [list(x.shape), x.ravel().tolist()]


def got(answer):
    """Return an array of the page's as NumPy's."""
    shape, text = answer
    return np.frombuffer(base64.b64decode(text)).reshape(shape)
