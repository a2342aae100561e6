"""State dicts from elsewhere: what is clear is read, by every model alike; the rest is one line."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_model
from transformers import GPT2Config, GPT2LMHeadModel

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.custom_transformer import CustomTransformer
from tinytx.inspect.sizes import parameters
from tinytx.manual.optim import SGD
from tinytx.presets import PRESETS
from tinytx.pytorch.state import same

from .twins import IDS, SIZES, numpy_model, torch_model

KINDS = {
    "numpy": lambda config: manual.GPT(config, np.random.default_rng(9), np.float64),
    "torch": lambda config: pytorch.GPT(config, dtype=torch.float64),
    "custom": lambda config: CustomTransformer(config, dtype=torch.float64),
}
each = pytest.mark.parametrize("fresh", KINDS.values(), ids=KINDS)


def plain(model) -> dict[str, np.ndarray]:
    """Return the weights of any model as arrays."""
    return {name: np.asarray(value) for name, value in model.state_dict().items()}


def renamed(state, prefix):
    return {f"{prefix}{name}": value for name, value in state.items()}


def within(state, wrapper):
    """Name a state as if each block had been wrapped by itself."""
    return {re.sub(r"(blocks\.\d+)", rf"\1.{wrapper}", n): value for n, value in state.items()}


def without(state, *names):
    return {name: value for name, value in state.items() if name not in names}


def swapped(array):
    return array.astype(array.dtype.newbyteorder())


CLEAR = {
    "torch.compile": lambda s: renamed(s, "_orig_mod."),
    "DistributedDataParallel": lambda s: renamed(s, "module."),
    "both": lambda s: renamed(s, "module._orig_mod."),
    "the other way round": lambda s: renamed(s, "_orig_mod.module."),
    "compiled blocks": lambda s: within(s, "_orig_mod"),
    "blocks in FSDP": lambda s: within(renamed(s, "_fsdp_wrapped_module."), "_fsdp_wrapped_module"),
    "no head": lambda s: without(s, "lm_head.weight"),
    "no embedding": lambda s: without(s, "tok_emb.weight"),
    "wrapped, no embedding": lambda s: renamed(without(s, "tok_emb.weight"), "module."),
    "tensors": lambda s: {name: torch.tensor(value) for name, value in s.items()},
    "parameters": lambda s: {n: torch.nn.Parameter(torch.tensor(v)) for n, v in s.items()},
    "the other byte order": lambda s: {name: swapped(value) for name, value in s.items()},
    "strides": lambda s: {name: np.flip(np.flip(value).copy()) for name, value in s.items()},
    "read only": lambda s: {n: np.broadcast_to(v, v.shape) for n, v in s.items()},
}


@each
@pytest.mark.parametrize("change", CLEAR.values(), ids=CLEAR)
def test_what_is_clear_is_read(fresh, change):
    state = numpy_model(activation="gelu").state_dict()
    model = fresh(GPTConfig(**SIZES))
    model.load_state_dict(change(state))
    for name, value in plain(model).items():
        np.testing.assert_array_equal(value, state[name], name)


@each
def test_narrow_floats_are_widened(fresh):
    state = numpy_model().state_dict()
    for dtype in (torch.bfloat16, torch.float16, torch.float8_e4m3fn):
        narrow = {n: torch.tensor(v).to(dtype) for n, v in without(state, "lm_head.weight").items()}
        model = fresh(GPTConfig(**SIZES))
        model.load_state_dict(narrow)
        for name, value in narrow.items():
            np.testing.assert_array_equal(plain(model)[name], value.double().numpy())


def test_a_tied_model_of_safetensors_save_model(tmp_path):
    """It writes one name of the two, the head's, and says in its head which that is."""
    model = torch_model()
    save_model(model, str(tmp_path / "model.safetensors"))
    state = load_file(tmp_path / "model.safetensors")
    assert "tok_emb.weight" not in state
    for assign in (False, True):
        again = pytorch.GPT(GPTConfig(**SIZES), dtype=torch.float64)
        again.load_state_dict(state, assign=assign)
        assert again.lm_head.weight is again.tok_emb.weight
        assert torch.equal(again(torch.tensor(IDS)), model(torch.tensor(IDS)))


def test_torch_compiles_own_state():
    model = torch_model()
    state = torch.compile(model).state_dict()
    assert all(name.startswith("_orig_mod.") for name in state)
    again = pytorch.GPT(GPTConfig(**SIZES), dtype=torch.float64)
    again.load_state_dict(state)
    assert torch.equal(again(torch.tensor(IDS)), model(torch.tensor(IDS)))


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_assigning_to_a_model_without_numbers(positions, dtype):
    state = {n: v.to(dtype) for n, v in torch_model(positions=positions).state_dict().items()}
    model = pytorch.GPT(GPTConfig(**{**SIZES, "positions": positions}), device="meta")
    model.load_state_dict(state, assign=True)
    expected = pytorch.GPT(model.config, dtype=dtype)
    expected.load_state_dict(state)
    assert torch.equal(model(torch.tensor(IDS)), expected(torch.tensor(IDS)))


def test_a_table_without_numbers_is_not_computed():
    """Ten billion positions would take 80 GB."""
    config = GPTConfig(**{**SIZES, "context_length": 10**10, "positions": "sinusoidal"})
    assert pytorch.GPT(config, device="meta").pos_emb.table.shape == (10**10, 8)


def test_what_is_not_asked_for_may_be_anything_if_not_strict():
    state = {**renamed(numpy_model().state_dict(), "module."), "step": 3, "model.ema": None}
    model = pytorch.GPT(GPTConfig(**SIZES), dtype=torch.float64)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert (missing, sorted(unexpected)) == ([], ["model.ema", "step"])
    np.testing.assert_array_equal(plain(model)["ln_f.bias"], state["module.ln_f.bias"])


def test_a_name_that_is_the_models_own_is_no_wrapper():
    class Wrapped(manual.module.Module):
        def __init__(self):
            self.module = manual.Linear(2, 3, np.random.default_rng(0))

    model, state = Wrapped(), Wrapped().state_dict()
    assert "module.weight" in state
    model.load_state_dict({name: value + 1 for name, value in state.items()})
    np.testing.assert_array_equal(model.module.weight.data, state["module.weight"] + 1)


def first(state, value):
    return {**state, "ln_f.bias": value}


WRONG = {
    "twice": (lambda s: {**s, "module.ln_f.bias": s["ln_f.bias"]},
              r"state_dict has 'ln_f.bias' twice, with a wrapper's name in it: 'module.ln_f.bias'"),
    "a whole checkpoint": (lambda s: {"model": s, "step": 3},
                           r"state_dict\['model'\] is a dict and no weight: give that one alone"),
    "complex": (lambda s: first(s, np.ones(8, complex)),
                r"state_dict\['ln_f.bias'\] is (torch.)?complex128 and must be"),
    "words": (lambda s: first(s, np.array(["a"] * 8)), r"state_dict\['ln_f.bias'\] is <U1"),
    "nothing": (lambda s: first(s, None), r"state_dict\['ln_f.bias'\] is NoneType and must be"),
    "a file": (lambda s: "model.pt", "state_dict is str and must be a dict of weights by name: re"),
    "no names": (lambda s: dict(enumerate(s.values())), r"state_dict (lacks|differs in) \["),
}  # fmt: skip


@each
@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_what_is_not_clear_is_one_line(fresh, change, message):
    model = fresh(GPTConfig(**SIZES))
    before = plain(model)
    with pytest.raises(ValueError, match=f"^({message})") as caught:
        model.load_state_dict(change(numpy_model().state_dict()))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    assert all((value == before[name]).all() for name, value in plain(model).items())


def test_weights_are_the_same_if_nan_is_where_nan_is_and_nothing_else_differs():
    a = torch.tensor([1.0, torch.nan, 2.0])
    assert same(a, a.clone())
    assert same(a.double(), a)
    assert not same(a, torch.tensor([torch.nan, 1.0, 2.0]))
    assert not same(a[[0, 2]].double(), a[[0, 2]].double() * (1 + 1e-15))
    assert same(a, a.to("meta"))
    narrow = torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn)
    assert same(narrow, narrow.clone())
    assert not same(narrow, torch.tensor([1.0, 4.0]).to(torch.float8_e4m3fn))


def test_a_state_without_either_name_of_a_tied_weight_may_be_loaded_in_part():
    model, state = torch_model(seed=9), torch_model().state_dict()
    before = model.tok_emb.weight.detach().clone()
    missing, _ = model.load_state_dict(
        without(state, "tok_emb.weight", "lm_head.weight"), strict=False
    )
    assert sorted(missing) == ["lm_head.weight", "tok_emb.weight"]
    assert torch.equal(model.lm_head.weight, before)
    assert torch.equal(model.ln_f.bias, state["ln_f.bias"])


def test_numpy_says_where_a_tensor_without_numbers_is():
    state = first(numpy_model().state_dict(), torch.ones(8, device="meta"))
    with pytest.raises(ValueError, match=r"^state_dict\['ln_f.bias'\] is on the meta device, whi"):
        numpy_model().load_state_dict(state)


@each
def test_a_message_names_a_few_of_many_tensors(fresh):
    """A model of GPT-2's size has 197: with all their names the line had 5,700 characters."""
    config = GPTConfig(**{**SIZES, "n_layer": 12})
    with pytest.raises(
        ValueError, match=r"^state_dict (lacks|differs in) \[.*\] and 19\d more"
    ) as e:
        fresh(config).load_state_dict({})
    assert len(str(e.value)) < 500
    optimizer = SGD(numpy_model().parameters(), lr=1)
    with pytest.raises(ValueError, match=r"^optimizer state has \[.*\] and 3\d more and must") as e:
        optimizer.load_state_dict(numpy_model().state_dict())
    assert len(str(e.value)) < 500


@pytest.mark.parametrize("fresh", [KINDS["numpy"], KINDS["torch"]])
def test_a_state_of_hugging_faces_is_shown_the_way(fresh):
    sizes = {"vocab_size": 11, "n_positions": 7, "n_layer": 1, "n_head": 2, "n_embd": 8}
    theirs = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=None, eos_token_id=None))
    with pytest.raises(ValueError, match=r": these are names of Hugging Face's GPT-2, whose f"):
        fresh(GPTConfig(**SIZES)).load_state_dict(dict(theirs.state_dict()))


# --- what a model is made from


def made(**changes):
    return {"config": GPTConfig(**SIZES), **changes}


MODELS = [
    ({"config": SIZES}, "config is a dict and must be a GPTConfig: GPTConfig.from_dict makes one"),
    ({"config": None}, "config is a NoneType and must be a GPTConfig: make one, or take a preset"),
    ({"config": "gpt2"}, "config is a str and must be a GPTConfig: make one, or take a preset"),
    ({"config": numpy_model()}, "config is a GPT and must be a GPTConfig: give model.config"),
    ({"config": GPT2Config()}, "config is a GPT2Config and must be a GPTConfig: tinytx.pytorch.hf"),
    ({"draws": 3}, r"(rng|generator) is 3 and must be a .*\.Generator: .*\(3\)$"),
    ({"draws": np.int64(3)}, r"(rng|generator) is .*3.* and must be a .*\.Generator: .*\(3\)$"),
    ({"draws": True}, r"(rng|generator) is a bool and must be a .*\.Generator: .*\(0\)$"),
    ({"draws": np.random.RandomState(0)}, r"(rng|generator) is a numpy.*RandomState and must be"),
    ({"dtype": "half"}, r"dtype is 'half' and must be"),
]


@pytest.mark.parametrize(
    "kind",
    [manual.GPT, manual.Block, manual.Attention, manual.MLP,
     pytorch.GPT, pytorch.Block, pytorch.Attention, pytorch.MLP, CustomTransformer],
)  # fmt: skip
@pytest.mark.parametrize(("changes", "message"), MODELS)
def test_what_a_model_is_made_from(kind, changes, message):
    ours = kind.__module__.startswith("tinytx.manual")
    draws = np.random.default_rng(0) if ours else None
    whole = kind in (manual.GPT, pytorch.GPT)
    if "dtype" in changes and not whole:
        return
    given = {"config": GPTConfig(**SIZES), "draws": draws, "dtype": np.float32, **changes}
    rest = [np.float32 if given["dtype"] is np.float32 else given["dtype"]] if ours else []
    if not ours and "dtype" in changes:
        rest = [given["dtype"]]
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        kind(given["config"], given["draws"], *rest)
    assert "\n" not in str(caught.value)


def test_the_generator_of_the_other_engine():
    config = GPTConfig(**SIZES)
    with pytest.raises(ValueError, match=r"^rng is a torch.*Generator and must be a numpy.random"):
        manual.GPT(config, torch.Generator())
    with pytest.raises(ValueError, match=r"^generator is a numpy.*Generator and must be a torch"):
        pytorch.GPT(config, np.random.default_rng(0), device="meta")
    for layer in (manual.Linear, manual.Embedding):
        with pytest.raises(ValueError, match=r"^rng is None and must be a numpy.random.Generator"):
            layer(2, 3, None)
    with pytest.raises(ValueError, match=r"^rng is 0 and must be a numpy.random.Generator"):
        manual.Dropout(0.5, 0).forward(np.ones((2, 3)))


@pytest.mark.parametrize("make", [
    lambda config: manual.GPT(config, np.random.default_rng(0)),
    pytorch.GPT,
    lambda config: pytorch.GPT(config, device="meta"),
])  # fmt: skip
def test_ten_million_blocks_are_refused_before_the_first(make):
    """Each is a few kilobytes of objects, however small its weights."""
    small = {"vocab_size": 2, "context_length": 1, "n_head": 1, "d_model": 1}
    with pytest.raises(ValueError, match=r"^a model of n_layer 1000000000, .* takes .* GB at lea"):
        make(GPTConfig(**small, n_layer=10**9))
    for too_large in (10**19, 10**5000):
        with pytest.raises(ValueError, match=r"^n_layer is .* and must be below 2\*\*63"):
            GPTConfig(**small, n_layer=too_large)


def test_all_presets_still_fit_where_no_numbers_are():
    for config in PRESETS.values():
        model = pytorch.GPT(config, device="meta")
        assert sum(p.numel() for p in model.parameters()) == sum(parameters(config).values())
