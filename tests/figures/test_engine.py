"""The engine in the page without a browser: what int8 costs, what the scripts hold and refuse."""

import base64
import json
import re
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
import torch

from tinytx import example, manual, pytorch
from tinytx.config import GPTConfig
from tinytx.data.raven import raven
from tinytx.figures.engine import (
    dequantize,
    engine_script,
    quantize,
    quantized_state,
    weights_script,
)
from tinytx.figures.engine.__main__ import cost, main
from tinytx.figures.engine.script import SCRIPTS
from tinytx.tokenizers import BPETokenizer, CharTokenizer

CONFIG = GPTConfig(vocab_size=258, context_length=5, n_layer=1, n_head=2, d_model=6, d_ff=9)
TOKENIZER = BPETokenizer.from_merges([(116, 104)], ["<|end|>"])


def model_of(config=CONFIG):
    return manual.GPT(config, np.random.default_rng(0))


# --- quantize


@pytest.mark.parametrize("size", [1e-30, 1e-3, 1, 1e30])
def test_no_entry_moves_by_more_than_half_a_step(size):
    x = np.random.default_rng(0).normal(0, size, (50, 40)).astype(np.float32)
    integers, scale = quantize(x)
    assert (integers.dtype, scale.dtype, scale.shape) == (np.int8, np.float32, (50,))
    assert (np.abs(integers).max(axis=1) == 127).all()
    error = np.abs(dequantize(integers, scale).astype(np.float64) - x).max(axis=1)
    assert (error <= 0.5001 * scale).all()
    assert error.max() > 0.4 * scale.max()  # it does move


def test_each_row_has_a_scale_of_its_own():
    x = np.array([[100, -50, 0], [0.1, 0.05, 0], [0, 0, 0]])
    integers, scale = quantize(x)
    assert integers.tolist() == [[127, -64, 0], [127, 64, 0], [0, 0, 0]]
    assert scale[2] == 0
    np.testing.assert_allclose(dequantize(integers, scale)[:, 0], x[:, 0], rtol=1e-6)


def test_whole_numbers_of_a_scale_come_back_as_they_were():
    integers, scale = quantize(np.random.default_rng(0).normal(size=(9, 30)))
    x = dequantize(integers, scale)
    again, _ = quantize(x)
    assert (again == integers).all()
    assert (quantize(-x)[0] == -integers).all()


def test_the_largest_and_the_smallest_numbers_stay_finite():
    big = np.finfo(np.float32).max
    x = np.array([[0.999 * big, -big / 2], [1e-45, 0], [1e-39, -1e-39]], np.float32)
    back = dequantize(*quantize(x))
    assert np.isfinite(back).all()
    assert back[0, 0] == pytest.approx(x[0, 0], rel=1e-6)
    assert (back[1:] == 0).all()


def test_tensors_are_taken_too():
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    ours, theirs = quantize(x.detach().numpy()), quantize(x)
    assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros(3), "array has shape (3,) and must be a matrix"),
        (np.zeros((0, 3)), "array has shape (0, 3) and must be a matrix"),
        (np.array([[1.0, np.nan]]), "array holds nan, infinity"),
        (np.array([[1.0, np.inf]]), "array holds nan, infinity"),
        (np.array([[1e300]]), "array holds nan, infinity or more than float32 can"),
        (np.array([[1j]]), "array is complex128 and must be real numbers"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(x, said):
    with pytest.raises(ValueError, match=rf"^{re.escape(said)}"):
        quantize(x)


# --- the scripts


def packed_in(script):
    """Return what a model's script holds."""
    head, _, rest = script.partition(" = ")
    assert head == "((globalThis.tinytx ??= {}).models ??= {}).small"
    return json.loads(rest.removesuffix(";\n"))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("engine", [manual, pytorch])
def test_a_model_can_be_rebuilt_from_its_script(tied, engine):
    config = replace(CONFIG, tie_weights=tied)
    rng = np.random.default_rng(0) if engine is manual else torch.Generator().manual_seed(0)
    model = engine.GPT(config, rng)
    held = packed_in(weights_script(model, TOKENIZER, "small"))
    assert GPTConfig.from_dict(held["config"]) == config
    assert BPETokenizer.from_dict(held["tokenizer"]).encode("the<|end|>") == [256, 101, 257]
    state = quantized_state(model)
    if tied:
        assert "lm_head.weight" not in held["tensors"]
        state.pop("lm_head.weight")
    assert {*held["tensors"]} == {*state}
    for name, one in held["tensors"].items():
        kinds = {"int8": "i1", "scale": "<f4", "float32": "<f4"}
        parts = {
            key: np.frombuffer(base64.b64decode(one[key]), kinds[key])
            for key in kinds
            if key in one
        }
        found = parts.get("float32")
        if found is None:
            found = dequantize(parts["int8"].reshape(one["shape"]), parts["scale"])
        assert (found.reshape(one["shape"]) == state[name]).all(), name


def test_the_scripts_are_the_same_every_time_and_can_stand_within_a_page():
    scripts = [weights_script(model_of(), TOKENIZER, "small"), engine_script()]
    assert scripts == [weights_script(model_of(), TOKENIZER, "small"), engine_script()]
    assert scripts[0].isascii()
    assert not set("<>&") & set(scripts[0])
    for word in ("innerHTML", "eval(", "Function(", "fetch(", "import", "XMLHttp", "WebAssembly",
                 "http", "</script", "<!--", "require(", "//"):  # fmt: skip
        assert word not in scripts[1]


def test_a_worker_can_be_made_of_the_engine():
    """It is one function, under the name by which worker.js asks for its source."""
    script = engine_script()
    assert re.match(r"\(function (\w+)\(\) \{\n", script)[1] == "tinytx_engine"
    assert script.endswith("})();\n")
    assert "(${tinytx_engine})();" in script


def test_every_file_is_in_the_engine():
    folder = files("tinytx.figures").joinpath("static/engine")
    own = {name for name in SCRIPTS if name.startswith("engine/")}
    assert own == {f"engine/{path.name}" for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"norm_kind": "rms"}, "config.norm_kind is 'rms' and must be 'layer'"),
        ({"activation": "gelu_exact"}, "config.activation is 'gelu_exact' and must be 'gelu' or"),
        ({"positions": "rotary", "d_head": 4}, "config.positions is 'rotary'"),
        ({"causal": False}, "config.causal is False and must be True"),
        ({"padding_id": 0}, "config.padding_id is 0 and must be None"),
        ({"positions": "none"}, "config.positions is 'none'"),
        ({"activation": "swiglu"}, "config.activation is 'swiglu' and must be 'gelu' or"),
        ({"attention_scale": 0.5}, "config.attention_scale is 0.5 and must be None"),
        ({"n_kv_head": 1}, "config.n_kv_head is 1 and must be None"),
        ({"norm_eps": 1e-6}, "config.norm_eps is 1e-06 and must be 1e-05 for the engine"),
        ({"qkv_bias": False}, "config.qkv_bias is False and must be None"),
        ({"window": 2}, "config.window is 2 and must be None"),
        ({"n_expert": 2}, "config.n_expert is 2 and must be None"),
        ({"qk_norm": True}, "config.qk_norm is True and must be False"),
    ],
)
def test_a_model_that_the_page_cannot_run_is_refused(choices, said):
    model = model_of(replace(CONFIG, **choices))
    with pytest.raises(ValueError, match=rf"^{re.escape(said)}"):
        weights_script(model, TOKENIZER)


@pytest.mark.parametrize(
    ("model", "tokenizer", "name", "said"),
    [
        (model_of(), CharTokenizer.train(raven()), "a", "tokenizer is a CharTokenizer and must be"),
        (model_of(), BPETokenizer.from_merges([], pattern=r"[\s\S]"), "a", "its pattern must be"),
        (example.model(), TOKENIZER, "a", "tokenizer has ids up to 257 and the model up to 7"),
        (model_of(), TOKENIZER, "a b", "name is 'a b' and must be letters, digits and _"),
        (model_of(), TOKENIZER, "__proto__", "name is '__proto__' and must be letters"),
    ],
)
def test_what_does_not_fit_is_refused(model, tokenizer, name, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        weights_script(model, tokenizer, name)


# --- the command


def test_int8_costs_less_than_a_hundredth_of_the_loss():
    found = cost(20)
    assert found.page != found.trained
    assert found.more < 0.01


def test_the_command_writes_both_scripts_and_says_their_sizes(tmp_path, capsys):
    out, engine = tmp_path / "tales.js", tmp_path / "engine.js"
    main(["--out", str(out), "--engine", str(engine)])
    said = capsys.readouterr().out
    sizes = {"weights": out.stat().st_size, "engine": engine.stat().st_size}
    for name, size in (*sizes.items(), ("together", sum(sizes.values()))):
        assert re.search(rf"^{name} +{size:,} bytes", said, re.MULTILINE)
    assert sizes["engine"] < 45_000
    assert sum(sizes.values()) < 1_200_000
    assert engine.read_text(encoding="utf-8") == engine_script()
    assert out.read_text().startswith("((globalThis.tinytx ??= {}).models ??= {}).tales = ")
    assert "nats per token" in said


def test_a_path_that_cannot_be_written_is_said_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert f"{tmp_path} cannot be written" in capsys.readouterr().err
