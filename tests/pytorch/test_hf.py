"""Weights from and to Hugging Face's GPT-2, against ``transformers`` itself, without a download."""

from __future__ import annotations

import json
import pickle
import re
import time

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Model

from tinytx import manual
from tinytx.pytorch import GPT, GPTConfig, hf, hf_files, hf_folder

from .twins import torch_model

FILE = "model.safetensors"
HF = {"vocab_size": 17, "n_positions": 9, "n_layer": 2, "n_head": 3, "n_embd": 12}
RANDOM = [
    {},
    {"n_head": 1, "n_layer": 1, "n_inner": 7, "activation_function": "gelu"},
    {"n_embd": 18, "n_head": 6, "activation_function": "relu", "tie_word_embeddings": False},
    {"vocab_size": 33, "n_positions": 20, "activation_function": "gelu_pytorch_tanh"},
    {"n_layer": 3, "n_head": 4, "n_inner": 31, "tie_word_embeddings": False},
    {"activation_function": "relu2"},
    {"scale_attn_weights": False},
    {"layer_norm_epsilon": 0.03, "initializer_range": 0.05},
]


def theirs(seed=0, kind=GPT2LMHeadModel, **changes):
    """A GPT-2 of ``transformers`` with random weights everywhere, biases and norms included."""
    torch.manual_seed(seed)
    values = {**HF, "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, **changes}
    model = kind(GPT2Config(**values, bos_token_id=None, eos_token_id=None)).eval()
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.3 * torch.randn(p.shape, generator=draw))
    return model


def some_ids(vocab_size, length, seed=1):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(0, vocab_size, (2, length), generator=draw)


def close(got, wanted):
    """float32 accuracy: a part in 100,000 of the largest logit."""
    scale = wanted.detach().abs().max().item()
    assert scale > 0.5
    np.testing.assert_allclose(got.detach(), wanted.detach(), rtol=0, atol=1e-5 * scale)


@pytest.fixture
def folder(tmp_path):
    theirs().save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("changes", RANDOM, ids=str)
def test_from_theirs(changes, tmp_path):
    model = theirs(**changes)
    model.save_pretrained(tmp_path)
    mine = GPT.from_pretrained(tmp_path)
    config = mine.config
    for length in (1, config.context_length):
        ids = some_ids(config.vocab_size, length)
        close(mine(ids), model(ids).logits)
    assert not mine.training
    assert config.tie_weights == model.config.tie_word_embeddings
    assert config.dropout == model.config.resid_pdrop == 0
    assert sum(p.numel() for p in mine.parameters()) == model.num_parameters()


@pytest.mark.parametrize("changes", RANDOM, ids=str)
def test_to_theirs_and_back(changes, tmp_path):
    config = hf.config_from_hf({**GPT2Config(**{**HF, **changes}).to_dict(), "model_type": "gpt2"})
    mine = GPT(config, torch.Generator().manual_seed(3)).eval()
    for p in mine.parameters():
        p.data += 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel()))
    returned = mine.to_hf(tmp_path)
    model, info = GPT2LMHeadModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    with safe_open(tmp_path / FILE, "pt") as written:  # older versions of theirs ask for a format
        assert (returned.keys(), written.metadata()) == ({*written.keys()}, {"format": "pt"})
    ids = some_ids(config.vocab_size, 8)
    close(model.eval()(ids).logits, mine(ids))
    again = GPT.from_pretrained(tmp_path)
    assert again.config == config
    assert torch.equal(again(ids), mine(ids))


def test_the_gradients_are_theirs():
    """One training step's gradients, by name, through the fused and turned weights."""
    model = theirs()
    mine = GPT(hf.config_from_hf(model.config.to_dict()))
    mine.load_state_dict(hf.from_hf_state(mine.config, dict(model.state_dict())))
    ids = some_ids(17, 9)
    dlogits = torch.randn(2, 9, 17, generator=torch.Generator().manual_seed(2))
    mine(ids).backward(dlogits)
    model(ids).logits.backward(dlogits)
    found = hf.to_hf_state(mine.config, {
        name: p.grad for name, p in mine.named_parameters(remove_duplicate=False)
    })  # fmt: skip
    wanted = {name: p.grad for name, p in model.named_parameters()}
    assert found.keys() == wanted.keys()
    largest = max(float(g.abs().max()) for g in wanted.values())
    for name, gradient in wanted.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-3, atol=1e-5 * largest)


def test_files_as_the_hub_has_them(tmp_path):
    """GPT-2's own file comes from the base model, without prefix, with its masks among them."""
    model = theirs()
    base = {n.removeprefix("transformer."): p for n, p in model.state_dict().items()}
    del base["lm_head.weight"]
    base |= {f"h.{i}.attn.bias": torch.ones(1, 1, 9, 9) for i in range(2)}
    base["h.0.attn.masked_bias"] = torch.tensor(-1e4)
    save_file({n: p.contiguous() for n, p in base.items()}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", **HF}))
    mine = GPT.from_pretrained(tmp_path)
    assert mine.config.dropout == 0.1
    assert GPT.from_pretrained(tmp_path, dropout=0.0).config.dropout == 0  # it is given, too
    ids = some_ids(17, 9)
    close(mine(ids), model(ids).logits)


def test_the_base_model_and_half_precision(tmp_path):
    model = theirs(kind=GPT2Model)
    model.half().save_pretrained(tmp_path)
    mine = GPT.from_pretrained(tmp_path, dropout=0.25, dtype=torch.float64)
    assert mine.tok_emb.weight.dtype == torch.float64
    assert mine.config.dropout == 0.25
    assert torch.equal(mine.tok_emb.weight, model.wte.weight.double())


def test_the_numpy_engine_reads_the_same_files(folder):
    config, state = hf.read(folder)
    ours = manual.GPT(config, np.random.default_rng(0))
    ours.load_state_dict(state)
    ids = some_ids(17, 9)
    close(torch.tensor(ours.eval().forward(ids.numpy())), theirs()(ids).logits)


def test_what_is_read_can_be_trained(folder):
    model = GPT.from_pretrained(folder).train()
    before = model.tok_emb.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(some_ids(17, 9)).square().mean().backward()
    optimizer.step()
    assert (model.tok_emb.weight != before).any()
    assert model.lm_head.weight is model.tok_emb.weight


def _rewrite(folder, change):
    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def _rename(folder, part, to):
    _rewrite(folder, lambda s: s.update({f"{to}.weight": s.pop(f"transformer.{part}.weight")}))


def _configure(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _pickled(folder):
    class Bomb:
        def __reduce__(self):
            return (open, (str(folder / "opened"), "w"))

    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))


WRONG = [
    (lambda d: _rewrite(d, lambda s: s.pop("transformer.h.1.ln_1.bias")),
     r".*model.safetensors lacks \['h.1.ln_1.bias'\]$"),
    (lambda d: _rewrite(d, lambda s: s.update({n: torch.ones(2) for n in ("x", "h.0.attn.bias2")})),
     r".*model.safetensors has unknown \['h.0.attn.bias2', 'x'\]$"),
    (lambda d: _rewrite(d, lambda s: s.update({"wte.weight": torch.ones(17, 12)})),
     r".*has \['wte.weight'\] twice, with transformer. and without$"),
    (lambda d: _rewrite(d, lambda s: s.update(
        {f"transformer.h.{i}.ln_1.weight": torch.ones(12, dtype=kind)
         for i, kind in enumerate((torch.int64, torch.uint8))})),
     r".*has \['h.0.ln_1.weight', 'h.1.ln_1.weight'\] in torch.int64, which is no float$"),
    (lambda d: _configure(d, quantization_config={"bits": 4}), "quantization_config is set in"),
    (lambda d: _configure(d, n_layer=5), r".*lacks \['h.2.attn.c_attn.bias', .*\] and 31 more$"),
    (lambda d: _configure(d, n_layer=1), r".*has unknown \['h.1.attn.c_attn.bias', .* and 7 more$"),
    (lambda d: _configure(d, n_inner=5),
     r".*has h.0.mlp.c_fc.weight of shape \(12, 48\) and not \(12, 5\)$"),
    (lambda d: _rewrite(d, lambda s: s.update({"lm_head.weight": torch.ones(17, 12)})),
     ".*has a lm_head.weight that is not wte.weight, and the configuration ties them$"),
    (lambda d: _rewrite(d, lambda s: s.update({"lm_head.weight": torch.ones(16, 12)})),
     r".*has lm_head.weight of shape \(16, 12\) and not \(17, 12\)$"),
    (lambda d: _configure(d, tie_word_embeddings=False), r".*lacks \['lm_head.weight'\]$"),
    (lambda d: (_configure(d, tie_word_embeddings=False), _rename(d, "wte", "lm_head")),
     r".*lacks \['wte.weight'\]$"),
    (lambda d: (d / "model.safetensors").write_bytes(b"no such thing"),
     ".*model.safetensors is not a safetensors file "),
    (lambda d: (d / "model.safetensors").unlink(), ".*holds no model.safetensors$"),
    (lambda d: (d / "model.safetensors").rename(d / "model-00001-of-00002.safetensors"),
     ".*holds no model.safetensors: it has shards, and lacks model.safetensors.index.json, which"),
    (_pickled, r".*holds no model.safetensors: its \*.bin is a pickle, which is not opened"),
    (lambda d: (d / "config.json").unlink(), ".*holds no config.json$"),
    (lambda d: (d / "config.json").write_text("{"), ".*config.json is not JSON: "),
    (lambda d: (d / "config.json").write_text("[]"), ".*config.json is not a JSON object$"),
    (lambda d: (d / "config.json").write_text('{"a":' * 100_000),
     ".*config.json is not JSON: it is nested too deeply$"),
    (lambda d: (d / "config.json").write_text("9" * 5000), ".*config.json is not JSON: Exceeds"),
    (lambda d: _rewrite(d, lambda s: s.update({"module.h.0.ln_1.bias": torch.ones(12)})),
     r".*has \['h.0.ln_1.bias'\] twice, with a wrapper's name and without$"),
    (lambda d: (_rename(d, "ln_f", "ln_f"),
                _rewrite(d, lambda s: s.update({"module.ln_f.weight": torch.ones(12)}))),
     r".*has \['ln_f.weight'\] twice, with a wrapper's name and without$"),
    (lambda d: _configure(d, model_type="opt"), "model_type is 'opt' and must be 'gpt2' or 'llam"),
    (lambda d: (d / "config.json").write_text('{"model_type": "gpt2"}'), "vocab_size is missing"),
    (lambda d: _configure(d, layer_norm_epsilon=0), "norm_eps is 0.0 and must be a number above 0"),
    (lambda d: _configure(d, scale_attn_by_inverse_layer_idx=True), "scale_attn_by_inverse_layer"),
    (lambda d: _configure(d, add_cross_attention=True), "add_cross_attention is True and must be"),
    (lambda d: _configure(d, scale_attn_weights=0), "scale_attn_weights is 0 and must be true or"),
    (lambda d: _configure(d, activation_function="silu"), "activation_function is 'silu' and must"),
    (lambda d: _configure(d, attn_pdrop=0.3), r"dropouts differ in config.json, .*: give the one"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), WRONG)
def test_one_line_names_what_is_wrong(spoil, message, folder):
    spoil(folder)
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        GPT.from_pretrained(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    assert not (folder / "opened").exists()


def _into_shards(folder, n=3):
    """Divide the weights among files, as large models come, and write the index."""
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    places = {}
    for i in range(n):
        name = f"model-{i + 1:05}-of-{n:05}.safetensors"
        part = {key: state[key] for key in sorted(state)[i::n]}
        save_file(part, folder / name, {"format": "pt"})
        places |= dict.fromkeys(part, name)
    _write_index(folder, places)
    return places


def _write_index(folder, places):
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_shards_are_read_as_one_file_is(folder):
    expected = GPT.from_pretrained(folder).state_dict()
    _into_shards(folder)
    (folder / "config.json").write_bytes(b"\xef\xbb\xbf" + (folder / "config.json").read_bytes())
    found = GPT.from_pretrained(folder).state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in found.items())


def test_shards_that_transformers_wrote(tmp_path):
    model = theirs()
    model.save_pretrained(tmp_path, max_shard_size="3KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    ids = some_ids(17, 9)
    close(GPT.from_pretrained(tmp_path)(ids), model(ids).logits)


def _spoil_shard(folder):
    sorted(folder.glob("model-*"))[1].write_bytes(b"no such thing")


def _repeat(folder):
    one, two = sorted(folder.glob("model-*"))[:2]
    save_file(load_file(one) | load_file(two), two)


SHARDS_WRONG = [
    (lambda d, p: (d / "model-00002-of-00003.safetensors").unlink(),
     r".*index.json names 3 shards, and the folder lacks \['model-00002-of-00003.safetensors'\]: "),
    (lambda d, p: _spoil_shard(d),
     r".*index.json has the shard model-00002-of-00003.safetensors, which is not a safetensors f"),
    (lambda d, p: _repeat(d), r".*index.json holds '.*' twice, the second time in model-00002-of"),
    (lambda d, p: _write_index(d, {n: f for n, f in p.items() if "00003-of" not in f}),
     r".*index.json lacks \['h.*\] and \d more$"),
    (lambda d, p: _write_index(d, {n: f"../{f}" for n, f in p.items()}),
     r".*index.json names \['../model.*\], and must say in which .safetensors each tensor is"),
    (lambda d, p: _write_index(d, {"a": "pytorch_model.bin"}),
     r".*index.json names \['pytorch_model.bin'\], and must say in which .safetensors"),
    (lambda d, p: _write_index(d, {"a": 3}), ".*index.json has no weight_map of names, and must"),
    (lambda d, p: _write_index(d, {}), ".*index.json has no weight_map of names, and must say in"),
    (lambda d, p: (d / "model.safetensors.index.json").write_text("[]"), ".*is not a JSON object$"),
    (lambda d, p: (d / "model.safetensors.index.json").write_text('{"a":' * 100_000),
     ".*index.json is not JSON: it is nested too deeply$"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), SHARDS_WRONG)
def test_one_line_names_what_is_wrong_with_shards(spoil, message, folder):
    spoil(folder, _into_shards(folder))
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        GPT.from_pretrained(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


FOREIGN = {
    "torch.compile": lambda s: {f"_orig_mod.{name}": value for name, value in s.items()},
    "DistributedDataParallel": lambda s: {f"module.{name}": value for name, value in s.items()},
    "only the head of a tied pair": lambda s: {
        {"transformer.wte.weight": "lm_head.weight"}.get(name, name): value
        for name, value in s.items()
    },
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_other_names_and_narrow_floats(change, dtype, folder):
    state = {name: value.to(dtype) for name, value in change(load_file(folder / FILE)).items()}
    save_file(state, folder / FILE, {"format": "pt"})
    config, weights = hf.read(folder)
    ours = manual.GPT(config, np.random.default_rng(0))
    ours.load_state_dict(weights)
    model = GPT.from_pretrained(folder)
    ids = some_ids(17, 9)
    close(torch.tensor(ours.eval().forward(ids.numpy())), model(ids))
    close(model(ids), theirs().to(dtype).float()(ids).logits)


TOO_LARGE = [
    ("n_embd", 10**9, "(n_head is 3 and must divide n_embd|model.safetensors has h.0.attn.c_attn)"),
    ("n_embd", 3 * 10**8, r".*has wte.weight of shape \(17, 12\) and not \(17, 300000000\)$"),
    ("n_layer", 10**7, r".*model.safetensors has 28 tensors, and n_layer is 10,000,000$"),
    ("n_positions", 10**9, r".*has wpe.weight of shape \(9, 12\) and not \(1000000000, 12\)$"),
    ("vocab_size", 10**9, r".*has wte.weight of shape \(17, 12\) and not \(1000000000, 12\)$"),
    ("n_inner", 10**9, r".*has h.0.mlp.c_fc.weight of shape \(12, 48\) and not \(12, 100000000"),
    ("n_layer", 10**400, "n_layer is 1000000.*… and must be an integer from 1 to 2,147,483,647"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "message"), TOO_LARGE)
def test_what_is_too_large_to_be_meant_is_refused_before_it_is_made(
    field, value, message, folder, monkeypatch
):
    """The heads of the files say what there is; no weight is read, and no model made."""
    monkeypatch.setattr(hf_folder, "tensors", None)
    monkeypatch.setattr(GPT, "__init__", None)
    _configure(folder, **{field: value})
    start = time.perf_counter()
    with pytest.raises(ValueError, match=f"^{message}"):
        GPT.from_pretrained(folder)
    assert time.perf_counter() - start < 60  # to make it would take all memory


KINDS = [
    ("n_embd", "768", "n_embd is '768' and must be an integer from 1 to 2,147,483,647 in config"),
    ("n_embd", 12.0, "n_embd is 12.0 and must be an integer"),
    ("n_layer", True, "n_layer is True and must be an integer"),
    ("n_layer", 0, "n_layer is 0 and must be an integer from 1"),
    ("n_layer", 2**31, "n_layer is 2147483648 and must be an integer from 1 to 2,147,483,647"),
    ("n_head", None, "n_head is None and must be an integer"),
    ("n_head", [3], r"n_head is \[3\] and must be an integer"),
    ("n_head", 5, "n_head is 5 and must divide n_embd in config.json"),
    ("n_inner", "4", "n_inner is '4' and must be an integer"),
    ("n_inner", 0, "n_inner is 0 and must be an integer from 1"),
    ("activation_function", ["gelu"], r"activation_function is \['gelu'\] and must be one of"),
    ("activation_function", "x" * 10**6, "activation_function is 'xxx.*… and must be one of"),
    ("resid_pdrop", "0.1", "resid_pdrop is '0.1' and must be a number in config.json"),
    ("attn_pdrop", None, "attn_pdrop is None and must be a number in config.json"),
    ("embd_pdrop", {}, "embd_pdrop is {} and must be a number in config.json"),
    ("initializer_range", "small", "initializer_range is 'small' and must be a number"),
    ("initializer_range", -1, "init_std is -1.0 and must be a number above 0"),
    ("tie_word_embeddings", "yes", "tie_word_embeddings is 'yes' and must be true or false"),
    ("layer_norm_epsilon", True, "layer_norm_epsilon is True and must be a number in config"),
    ("layer_norm_epsilon", "1e-5", "layer_norm_epsilon is '1e-5' and must be a number in config"),
    ("model_type", ["gpt2"] * 10**5, r"model_type is \['gpt2', .*… and must be 'gpt2'"),
    ("model_type", {"a": 1}, "model_type is {'a': 1} and must be 'gpt2'"),
]


@pytest.mark.parametrize(("field", "value", "message"), KINDS)
def test_a_field_of_the_wrong_kind_is_named(field, value, message, folder):
    _configure(folder, **{field: value})
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        GPT.from_pretrained(folder)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("values", [None, [], "gpt2", GPT2Config()])
def test_a_configuration_is_a_dict(values):
    with pytest.raises(ValueError, match=r"^values is a .* and must be a dict: give to_dict\(\)$"):
        hf.config_from_hf(values)


def test_a_place_where_nothing_is(tmp_path, folder, monkeypatch):
    with pytest.raises(ValueError, match=r"^the folder .*/nowhere does not exist$"):
        GPT.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"config.json is a file and must be the folder with"):
        GPT.from_pretrained(folder / "config.json")
    monkeypatch.setattr(hf_files, "_download", None)
    for path in ("../../gpt2", "../gpt2", "one/two/gpt2"):  # none is a name on the Hub
        with pytest.raises(ValueError, match=f"^the folder {re.escape(path)} does not exist$"):
            GPT.from_pretrained(path)


def test_a_name_without_a_network_or_the_client(monkeypatch):
    import huggingface_hub

    def no_network(*_):
        raise ConnectionError("a long\ntext")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", no_network)
    wanted = r"^'gpt2' is not a folder and could not be downloaded \(ConnectionError\): give a fol"
    with pytest.raises(ValueError, match=wanted):
        GPT.from_pretrained("gpt2")
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match=r"^'gpt2' is not a folder, and to download it huggingfa"):
        GPT.from_pretrained("gpt2")


def test_a_name_is_downloaded(folder, monkeypatch):
    import huggingface_hub

    asked = []

    def download(name, file):
        asked.append((name, file))
        return str(folder / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    model = GPT.from_pretrained("someone/gpt2-tiny")
    assert asked == [("someone/gpt2-tiny", f) for f in ("config.json", "model.safetensors")]
    assert model.config.d_model == 12


def test_a_name_with_shards_is_downloaded(folder, monkeypatch):
    import huggingface_hub

    asked, places = [], _into_shards(folder)

    def download(name, file):
        if not (folder / file).exists():
            kind = huggingface_hub.errors.EntryNotFoundError
            raise kind.__new__(kind)  # to be made it would need an answer of the Hub's
        asked.append(file)
        return str(folder / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert GPT.from_pretrained("someone/gpt2-large").config.d_model == 12
    assert asked == ["config.json", "model.safetensors.index.json", *sorted({*places.values()})]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"norm": "post"}, "config.norm is 'post' and must be 'pre' to be a GPT-2"),
        ({"positions": "sinusoidal"}, "config.positions is 'sinusoidal' and must be 'learned'"),
        (
            {"positions": "rotary", "d_head": 4},
            "config.positions is 'rotary' and must be 'learned'",
        ),
        ({"norm_kind": "rms"}, "config.norm_kind is 'rms' and must be 'layer' to be a GPT-2"),
        ({"qk_norm": True}, "config.qk_norm is True and must be False to be a GPT-2"),
        ({"positions": "none"}, "config.positions is 'none' and must be 'learned' to be a GPT-2"),
        ({"activation": "swiglu"}, "config.activation is 'swiglu' and must be one of 'gelu', "),
        ({"attention_scale": 0.5}, "config.attention_scale is 0.5 and must be None or 1.0 to be"),
        ({"n_kv_head": 1}, "config.n_kv_head is 1 and must be None to be a GPT-2"),
        ({"window": 2}, "config.window is 2 and must be None to be a GPT-2"),
        ({"bias": False}, "config.bias is False and must be True to be a GPT-2"),
        ({"qkv_bias": False}, "config.qkv_bias is False and must be None to be a GPT-2"),
        ({"causal": False}, "config.causal is False and must be True"),
        ({"padding_id": 3}, "config.padding_id is 3 and must be None"),
        ({}, "config.d_head is 5 and must be d_model / n_head = 2.66667 to be a GPT-2"),
    ],
)
def test_what_gpt2_lacks_is_refused(changes, message, tmp_path):
    with pytest.raises(ValueError, match=f"^{message}"):
        torch_model(**changes).to_hf(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_fields_that_are_missing_have_gpt2s_values():
    sizes = {"vocab_size": 50257, "n_positions": 9, "n_layer": 2, "n_head": 3, "n_embd": 24}
    full = GPT2Config(**sizes).to_dict()
    assert hf.config_from_hf({**sizes, "model_type": "gpt2"}) == hf.config_from_hf(full)
    for vocab_size, end in ((50257, 50256), (50258, None), (11, None)):  # the id that ends a text
        config = hf.config_from_hf({**full, "vocab_size": vocab_size})
        assert hf.config_to_hf(config)["eos_token_id"] == end


def test_gpt2s_own_sizes():
    config = hf.config_from_hf(GPT2Config().to_dict())
    assert config == GPTConfig(
        vocab_size=50257, context_length=1024, n_layer=12, n_head=12, d_model=768, dropout=0.1
    )
    assert sum(p.numel() for p in GPT(config, device="meta").parameters()) == 124_439_808
    assert hf.config_to_hf(config)["eos_token_id"] == 50256
