"""Whoever watches a model, or has replaced a part of it, is heard: with a cache and without."""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules import module as everywhere
from torch.nn.utils import parametrizations, parametrize, prune
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from tinytx.generation import generate
from tinytx.generation.engine import engine_of
from tinytx.inspect import capture, capture_gradients

from .models import make

PROMPT = [[4, 1, 7]]


def mlp(model):
    return model.blocks[0].mlp


def louder(y):
    return -3 * y


def ours(module):
    return type(module).__module__.startswith("tinytx") and type(module).__name__ == "MLP"


def doubled(change):
    """What a hook returns: something else for an MLP, nothing for the others."""
    return lambda module, *rest: change(*rest) if ours(module) else None


def put_on(module):
    forward = module.forward
    module.forward = lambda x: louder(forward(x))


class Louder(nn.Module):
    def forward(self, x):
        return louder(x)


class Hearing(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class Gain(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        return louder(out) if func is nn.functional.gelu else out


TORCH = {
    "a forward hook": lambda m: mlp(m).register_forward_hook(doubled(lambda x, y: louder(y))),
    "a forward hook with kwargs": lambda m: mlp(m).register_forward_hook(
        doubled(lambda x, kwargs, y: louder(y)), with_kwargs=True
    ),
    "a forward hook that is always called": lambda m: mlp(m).register_forward_hook(
        doubled(lambda x, y: louder(y)), always_call=True
    ),
    "a pre-hook": lambda m: mlp(m).register_forward_pre_hook(doubled(lambda x: (louder(x[0]),))),
    "a pre-hook with kwargs": lambda m: mlp(m).register_forward_pre_hook(
        doubled(lambda x, kwargs: ((louder(x[0]),), kwargs)), with_kwargs=True
    ),
    "a forward hook on all": lambda m: everywhere.register_module_forward_hook(
        doubled(lambda x, y: louder(y))
    ),
    "a pre-hook on all": lambda m: everywhere.register_module_forward_pre_hook(
        doubled(lambda x: (louder(x[0]),))
    ),
    "a parametrized weight": lambda m: parametrize.register_parametrization(
        mlp(m).up_proj, "weight", Louder()
    ),
    "a weight of spectral norm 1": lambda m: parametrizations.spectral_norm(mlp(m).up_proj),
    "a pruned weight": lambda m: prune.l1_unstructured(mlp(m).up_proj, "weight", 0.6),
    "a forward on the object": lambda m: put_on(mlp(m)),
    "a layer of PyTorch's": lambda m: setattr(m.blocks[0], "ln_2", nn.LayerNorm(6).double()),
    "a container": lambda m: setattr(m.blocks[0], "mlp", nn.Sequential(mlp(m), Louder())),
    "another activation": lambda m: setattr(mlp(m).act, "_forward", torch.sin),
}
# A replaced name, and what to put there. The last one is PyTorch's own.
TORCH_NAMES = {
    "tinytx.pytorch.mlp.MLP.forward": lambda f: lambda self, x: louder(f(self, x)),
    "tinytx.pytorch.linear.linear": lambda f: lambda *args: louder(f(*args)),
    "tinytx.pytorch.attention.merge_heads": lambda f: functools.wraps(f)(lambda x: louder(f(x))),
    "tinytx.pytorch.norm.functional.layer_norm": lambda f: lambda *args: louder(f(*args)),
    "torch.nn.Module.__call__": lambda f: (
        lambda self, *args, **kwargs: (
            louder(f(self, *args, **kwargs)) if ours(self) else f(self, *args, **kwargs)
        )
    ),
}
NUMPY = {
    "a forward on the object": TORCH["a forward on the object"],
    "another activation": lambda m: setattr(mlp(m).act, "_forward", lambda x: (np.sin(x), None)),
}
NUMPY_NAMES = {
    "tinytx.manual.mlp.MLP.forward": TORCH_NAMES["tinytx.pytorch.mlp.MLP.forward"],
    "tinytx.manual.linear.linear_forward": lambda f: lambda *args: (louder(f(*args)[0]), None),
    "tinytx.manual.attention.merge_heads": TORCH_NAMES["tinytx.pytorch.attention.merge_heads"],
}


def named(names):
    """Ways to change a name that is shared, by a monkeypatch that is put back."""

    def way(path, replace):
        owner, _, name = path.rpartition(".")
        return lambda monkeypatch: monkeypatch.setattr(found(owner), name, replace(resolved(path)))

    return {path: way(path, replace) for path, replace in names.items()}


def found(path):
    """Return a module, or what is in one."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        return resolved(path)


def resolved(path):
    owner, _, name = path.rpartition(".")
    return getattr(found(owner), name)


def texts(model):
    return [
        generate(model, PROMPT, 8, temperature=0, cache=cache).log_probs[0].tolist()
        for cache in (None, False)
    ]


def check_heard(model, quiet):
    cached, uncached = texts(model)
    assert cached == pytest.approx(uncached, abs=1e-9)
    assert cached != pytest.approx(quiet, abs=1e-3)


@pytest.mark.parametrize("way", TORCH)
def test_who_watches_a_model_of_pytorch_is_heard(way):
    model = make("torch")
    quiet = texts(model)[0]
    handle = TORCH[way](model)
    try:
        check_heard(model, quiet)
    finally:
        if hasattr(handle, "remove"):
            handle.remove()
            assert engine_of(model).is_untouched()


@pytest.mark.parametrize("way", NUMPY)
def test_who_has_replaced_a_part_of_a_model_of_numpy_is_heard(way):
    model = make()
    quiet = texts(model)[0]
    NUMPY[way](model)
    check_heard(model, quiet)


@pytest.mark.parametrize(
    ("engine", "path"), [*(("numpy", p) for p in NUMPY_NAMES), *(("torch", p) for p in TORCH_NAMES)]
)
def test_who_has_replaced_a_function_or_a_method_is_heard(engine, path, monkeypatch):
    model = make(engine)
    quiet = texts(model)[0]
    named({**NUMPY_NAMES, **TORCH_NAMES})[path](monkeypatch)
    check_heard(model, quiet)
    monkeypatch.undo()
    assert engine_of(model).is_untouched()


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_method_that_a_class_used_to_inherit_is_noticed(engine, monkeypatch):
    model = make(engine)
    kind = type(mlp(model))
    call = kind.__call__
    monkeypatch.setattr(kind, "__call__", lambda self, *args: call(self, *args), raising=False)
    assert "__call__" in vars(kind)
    assert not engine_of(model).is_untouched()
    monkeypatch.undo()
    monkeypatch.setattr(kind, "a_note", "changes nothing", raising=False)
    assert engine_of(model).is_untouched()


BACKWARD = {
    "a full backward hook": lambda m: mlp(m).register_full_backward_hook(lambda *_: None),
    "a full backward pre-hook": lambda m: mlp(m).register_full_backward_pre_hook(lambda *_: None),
    "a backward hook on all": lambda m: everywhere.register_module_full_backward_hook(
        lambda *_: None
    ),
    "a backward pre-hook on all": lambda m: everywhere.register_module_full_backward_pre_hook(
        lambda *_: None
    ),
}


@pytest.mark.parametrize("way", BACKWARD)
def test_who_watches_a_backward_is_noticed(way):
    model = make("torch")
    handle = BACKWARD[way](model)
    assert not engine_of(model).is_untouched()
    handle.remove()
    assert engine_of(model).is_untouched()


def test_modes_are_noticed_and_a_default_device_is_none():
    model = make("torch")
    quiet = texts(model)[0]
    for mode in (Gain(), Hearing()):
        with mode:
            assert not engine_of(model).is_untouched()
    with Gain():
        check_heard(model, quiet)
    with FlopCounterMode(display=False):
        assert not engine_of(model).is_untouched()
    with torch.device("cpu"):
        assert engine_of(model).is_untouched()


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_capture_ends_and_the_fast_way_is_back(engine):
    model = make(engine)
    with capture(model):
        assert not engine_of(model).is_untouched()
    assert engine_of(model).is_untouched()
    if engine == "numpy":
        with capture_gradients(model):
            assert not engine_of(model).is_untouched()
    assert engine_of(model).is_untouched()


def test_a_weight_with_operations_of_its_own_is_noticed():
    class Quantised(torch.Tensor):
        pass

    model = make("torch")
    up = mlp(model).up_proj
    up.weight = nn.Parameter(up.weight.detach().as_subclass(Quantised))
    assert type(up.weight) is not nn.Parameter
    assert not engine_of(model).is_untouched()


def test_an_optimizer_changes_nothing():
    """PyTorch replaces the ``step`` of a class of optimizers when the first of them is made."""
    code = """
from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.generation.engine import engine_of
model = pytorch.GPT(GPTConfig(vocab_size=5, context_length=4, n_layer=1, n_head=1, d_model=4))
before = pytorch.Muon.step
pytorch.Muon([p for p in model.parameters() if p.ndim == 2], lr=0.1)
print(pytorch.Muon.step is before, engine_of(model).is_untouched())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
