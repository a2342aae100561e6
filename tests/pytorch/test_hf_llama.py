"""Llama, Mistral, Qwen2 and Qwen3 from and to Hugging Face, against ``transformers`` itself."""

from __future__ import annotations

import json
import tempfile
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaModel, MixtralConfig, Qwen2MoeConfig

from tinytx import manual
from tinytx.config import GPTConfig
from tinytx.generation import generate
from tinytx.manual.rotary import rotary_rates
from tinytx.pytorch import GPT, hf, hf_folder, hf_gpt2, hf_llama

from .hf_models import CLASSES, SMALL, exactly, theirs
from .test_hf import _configure, _rewrite, close, some_ids

FILE = "model.safetensors"
KINDS = list(CLASSES)
LINEAR = {"rope_type": "linear", "rope_theta": 50.0, "factor": 2.5}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 300.0, "factor": 4.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 9,
}  # fmt: skip
NARROW = {"use_sliding_window": True, "max_window_layers": 0}


@st.composite
def choices(draw, kind):
    """A configuration of theirs: sizes all different, and each choice that the family has."""
    groups, K = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    H = groups * K
    rope = draw(st.sampled_from([
        {"rope_type": "default", "rope_theta": 10_000.0},
        {"rope_type": "default", "rope_theta": 7.5}, LINEAR, LLAMA3,
    ]))  # fmt: skip
    changes = {
        "vocab_size": draw(st.integers(11, 23)), "hidden_size": H * draw(st.integers(2, 5)),
        "intermediate_size": draw(st.integers(1, 9)),
        "num_hidden_layers": draw(st.integers(1, 3)), "num_attention_heads": H,
        "num_key_value_heads": K, "head_dim": draw(st.sampled_from([2, 4, 6])),
        "rms_norm_eps": draw(st.sampled_from([1e-6, 1e-5, 0.03])),
        "rope_parameters": dict(rope), "tie_word_embeddings": draw(st.booleans()),
    }  # fmt: skip
    if kind == "llama" and draw(st.booleans()):
        changes |= {"attention_bias": True, "mlp_bias": True}
    if kind == "mistral":
        changes["sliding_window"] = draw(st.sampled_from([None, 2, 3, 40]))  # not 1: see below
    if kind.startswith("qwen") and draw(st.booleans()):
        changes |= {**NARROW, "sliding_window": draw(st.integers(2, 5))}
    return changes


def saved(model, **options):
    """What ours makes of a model of theirs that has been saved."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return GPT.from_pretrained(folder, **options)


def ids_for(config, length=9):
    return some_ids(config.vocab_size, length)


def equal(got, wanted):
    """float64 accuracy, of the largest logit."""
    got, wanted = (one.detach() for one in (got, wanted))
    assert wanted.abs().max() > 0.05
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-10 * float(wanted.abs().max()))


def as_theirs(model, ids, write):
    """Hold ``write`` to what they write greedily with their cache: ids, and log-probabilities."""
    options = {"do_sample": False, "pad_token_id": 0, "max_new_tokens": 6}
    wanted = model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    said = model(wanted).logits[:, 8:-1].log_softmax(-1).gather(-1, wanted[:, 9:, None]).detach()
    for n in (2, 1):  # for one row the decoders have a way of their own
        found = write(ids[:n].tolist())
        assert [row.tolist() for row in found.ids] == wanted[:n].tolist()
        np.testing.assert_allclose(np.stack(found.log_probs), said[:n, :, 0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), seed=st.integers(0, 99))
def test_logits_cached_writing_and_the_way_back(kind, data, seed):
    """Theirs to ours, ours to theirs, whatever the configuration."""
    model = theirs(kind, seed, exact=True, **data.draw(choices(kind)))
    mine = saved(model, dtype=torch.float64)
    ids = ids_for(mine.config)
    equal(mine(ids), model(ids).logits)
    assert sum(p.numel() for p in mine.parameters()) == model.num_parameters()
    assert sum(mine.config.parameter_counts().values()) == model.num_parameters()

    for cache in (None, False):
        as_theirs(model, ids, lambda rows, c=cache: generate(mine, rows, 6, temperature=0, cache=c))

    with tempfile.TemporaryDirectory() as folder:
        mine.to_hf(folder)
        back, info = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float64, output_loading_info=True
        )
        assert not any(info.values()), info
        again = GPT.from_pretrained(folder, dtype=torch.float64)
    equal(exactly(back.eval())(ids).logits, mine(ids))
    assert again.config == mine.config
    for name, value in mine.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "changes", [{}, {"rope_parameters": LINEAR}, {"rope_parameters": LLAMA3}], ids=str
)
def test_their_own_arithmetic_in_float32(kind, changes):
    """The same models as they are, with norms and angles of theirs."""
    model = theirs(kind, **changes)
    close(saved(model)(ids_for(model.config)), model(ids_for(model.config)).logits)


def test_all_rates_of_llama3_are_met():
    """One pair keeps its rate, one is slowed down by the whole factor, one lies between."""
    shares = rotary_rates(12, 40.0) / rotary_rates(12, 40.0, 4.0, 60)
    assert shares[0] == 1
    assert 1 < shares[2] < 4
    assert shares[-1] == pytest.approx(4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradients_are_theirs(kind):
    """By name, for a random cotangent."""
    model = theirs(kind, exact=True)
    mine = saved(model, dtype=torch.float64).train()
    ids = ids_for(mine.config)
    dlogits = torch.randn(2, 9, 17, generator=torch.Generator().manual_seed(2)).double()
    mine(ids).backward(dlogits)
    model(ids).logits.backward(dlogits)
    found = hf.to_hf_state(mine.config, {n: p.grad for n, p in mine.named_parameters()})
    wanted = {name: p.grad for name, p in model.named_parameters()}
    assert found.keys() == wanted.keys()
    weights = hf.to_hf_state(mine.config, dict(mine.named_parameters()))
    assert not any(value.requires_grad for value in weights.values())
    largest = max(float(g.abs().max()) for g in wanted.values())
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=0, atol=1e-10 * largest)


@pytest.mark.parametrize("kind", KINDS)
def test_the_numpy_engine_reads_the_same_files(kind, tmp_path):
    model = theirs(kind, exact=True)
    model.save_pretrained(tmp_path)
    config, state = hf.read(tmp_path)
    ours = manual.GPT(config, np.random.default_rng(0), np.float64).eval()
    ours.load_state_dict(state)
    ids = ids_for(config)
    equal(torch.tensor(ours.forward(ids.numpy())), model(ids).logits)
    short = manual.GPT(replace(config, context_length=9), np.random.default_rng(0), np.float64)
    short.load_state_dict(state)
    np.testing.assert_array_equal(short.eval().forward(ids.numpy()), ours.forward(ids.numpy()))
    as_theirs(model, ids, lambda rows: generate(ours, rows, 6, temperature=0))


def test_shards_that_transformers_wrote(tmp_path):
    model = theirs("qwen2")
    model.save_pretrained(tmp_path, max_shard_size="3KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    close(GPT.from_pretrained(tmp_path)(ids_for(model.config)), model(ids_for(model.config)).logits)


def test_a_window_of_one_is_theirs_without_a_cache():
    """Their cache for such a window never forgets: with it they write something else."""
    model = theirs("qwen3", 46, exact=True, **NARROW, sliding_window=1)
    mine, ids = saved(model, dtype=torch.float64), ids_for(model.config)
    options = {"do_sample": False, "pad_token_id": 0, "max_new_tokens": 6}
    wanted, other = (model.generate(ids, use_cache=use, **options) for use in (False, True))
    found = generate(mine, ids.tolist(), 6, temperature=0)
    assert [row.tolist() for row in found.ids] == wanted.tolist() != other.tolist()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_narrow_floats_are_read_as_what_is_asked_for(dtype):
    model = theirs("qwen3").to(dtype)
    mine = saved(model)
    assert {p.dtype for p in mine.parameters()} == {torch.float32}
    assert torch.equal(mine.tok_emb.weight, model.model.embed_tokens.weight.float())
    wide = theirs("qwen3")
    wide.load_state_dict(model.state_dict())  # model.float() would keep angles in few digits
    close(mine(ids_for(mine.config)), wide(ids_for(mine.config)).logits)
    assert saved(model, dtype=torch.float64).ln_f.weight.dtype == torch.float64


@pytest.fixture
def folder(tmp_path):
    theirs("llama").save_pretrained(tmp_path)
    return tmp_path


def test_files_of_other_versions(folder):
    """Rotary fields outside, no fields that are newer than the first Llama, its buffers."""
    before = theirs("llama", num_key_value_heads=6, head_dim=2)
    before.save_pretrained(folder)
    values = json.loads((folder / "config.json").read_text())
    for name in ("rope_parameters", "head_dim", "num_key_value_heads", "attention_bias", "mlp_bias",
                 "attention_dropout", "tie_word_embeddings", "initializer_range"):  # fmt: skip
        del values[name]
    values |= {"rope_theta": 10_000.0, "rope_scaling": None, "pretraining_tp": 1}
    (folder / "config.json").write_text(json.dumps(values))
    buffers = {f"model.layers.{i}.self_attn.rotary_emb.inv_freq": torch.ones(1) for i in range(2)}
    _rewrite(folder, lambda state: state.update(buffers))
    mine = GPT.from_pretrained(folder)
    close(mine(ids_for(mine.config)), before(ids_for(mine.config)).logits)

    _configure(folder, rope_theta=50.0, rope_scaling={"type": "linear", "factor": 2.5})
    after = theirs("llama", num_key_value_heads=6, head_dim=2, rope_parameters=LINEAR)
    mine = GPT.from_pretrained(folder)
    close(mine(ids_for(mine.config)), after(ids_for(mine.config)).logits)
    assert (mine.config.rotary_base, mine.config.rotary_factor) == (50.0, 2.5)


def test_a_base_model_that_is_tied(tmp_path):
    """Without prefix and head."""
    model = theirs("llama", tie_word_embeddings=True)
    base = LlamaModel(model.config).eval()
    base.load_state_dict(model.model.state_dict())
    base.save_pretrained(tmp_path)
    assert "embed_tokens.weight" in load_file(tmp_path / FILE)
    close(GPT.from_pretrained(tmp_path)(ids_for(model.config)), model(ids_for(model.config)).logits)


def test_one_name_of_a_tied_pair(tmp_path):
    model = theirs("qwen3", tie_word_embeddings=True)
    model.save_pretrained(tmp_path)
    state = load_file(tmp_path / FILE)
    state["lm_head.weight"] = state.pop("model.embed_tokens.weight")
    save_file(state, tmp_path / FILE, {"format": "pt"})
    mine = GPT.from_pretrained(tmp_path)
    assert mine.lm_head.weight is mine.tok_emb.weight
    close(mine(ids_for(mine.config)), model(ids_for(mine.config)).logits)


def test_dropouts_are_one_or_are_given(folder):
    """Theirs drops attention's weights alone; ours says so in a second field of the same file."""
    _configure(folder, attention_dropout=0.2)
    assert GPT.from_pretrained(folder, dropout=0.0).config.dropout == 0
    with pytest.raises(ValueError, match=r"^dropouts differ in config.json, .*: give the one to"):
        GPT.from_pretrained(folder)
    assert GPT.from_pretrained(folder, dropout=0.1).config.dropout == 0.1
    GPT.from_pretrained(folder, dropout=0.1).to_hf(folder)
    assert GPT.from_pretrained(folder).config.dropout == 0.1
    assert AutoModelForCausalLM.from_pretrained(folder).config.attention_dropout == 0.1


WRONG = [
    ({"hidden_act": "gelu"}, "hidden_act is 'gelu' and must be 'silu' in config.json"),
    ({"hidden_act": ["silu"]}, r"hidden_act is \['silu'\] and must be"),
    ({"attention_bias": True}, "attention_bias is True and the MLP's is False in config.json, and"),
    ({"mlp_bias": True}, "attention_bias is False and the MLP's is True in config.json"),
    ({"attention_bias": "no"}, "attention_bias is 'no' and must be true or false"),
    ({"pretraining_tp": 2}, "pretraining_tp is 2 and must be 1 in config.json"),
    ({"partial_rotary_factor": 0.5}, "partial_rotary_factor is 0.5 and must be 1.0 in config.json"),
    ({"quantization_config": {"bits": 4}}, "quantization_config is set in config.json: give weig"),
    ({"rope_parameters": {**LINEAR, "partial_rotary_factor": 0.5}}, "partial_rotary_factor is 0.5"),
    ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_type is 'dynamic' and must be 'd"),
    ({"rope_parameters": {"rope_type": "yarn", "beta_fast": 3}}, "rope_type is 'yarn' and must be"),
    ({"rope_parameters": {"rope_type": "longrope"}}, "rope_type is 'longrope' and must be 'defau"),
    ({"rope_parameters": {"rope_type": ["linear"]}}, r"rope_type is \['linear'\] and must be"),
    ({"rope_parameters": {"rope_type": "linear"}}, "factor is missing in config.json"),
    ({"rope_parameters": {**LINEAR, "factor": 0}}, "rotary_factor is 0.0 and must be a number abo"),
    ({"rope_parameters": {**LLAMA3, "low_freq_factor": 2.0}}, "low_freq_factor is 2.0 and must be"),
    ({"rope_parameters": {**LLAMA3, "high_freq_factor": 8.0}}, "high_freq_factor is 8.0 and must"),
    ({"rope_parameters": {"rope_type": "llama3", "factor": 2.0}}, "original_max_position_embeddin"),
    (
        {"rope_parameters": {"mrope_section": [1, 1]}},
        r"rope_parameters has \['mrope_section'\] in ",
    ),
    (
        {"rope_parameters": {"full_attention": {}}},
        r"rope_parameters has \['full_attention'\] in co",
    ),
    ({"rope_parameters": "linear"}, "rope_parameters is 'linear' and must be an object in config"),
    ({"rope_parameters": {"rope_theta": "1e4"}}, "rope_theta is '1e4' and must be a number in con"),
    ({"rms_norm_eps": "1e-5"}, "rms_norm_eps is '1e-5' and must be a number in config.json"),
    ({"rms_norm_eps": 0}, "norm_eps is 0.0 and must be a number above 0"),
    ({"num_key_value_heads": 4}, "num_key_value_heads is 4 and must divide num_attention_heads in"),
    ({"num_key_value_heads": 0}, "num_key_value_heads is 0 and must be an integer from 1"),
    ({"num_attention_heads": 5, "head_dim": None}, "num_attention_heads is 5 and must divide hidd"),
    ({"head_dim": 5}, "d_head is 5 and must be even beside rotary positions"),
    (
        {"head_dim": 6},
        r".*has layers.0.self_attn.k_proj.weight of shape|.*has layers.0.self_attn.q",
    ),
    ({"intermediate_size": 8}, r".*has layers.0.mlp.*weight of shape .*7.* and not .*8"),
    ({"num_hidden_layers": 3}, r".*lacks \['layers.2.input_layernorm.weight', .*\] and 4 more$"),
    ({"num_hidden_layers": 10**7}, ".*has 21 tensors, and n_layer is 10,000,000$"),
    ({"tie_word_embeddings": True}, ".*has a lm_head.weight that is not embed_tokens.weight, and "),
    ({"attention_bias": True, "mlp_bias": True}, r".*lacks \['layers.0.mlp.down_proj.bias', .*"),
    ({"hidden_size": None}, "hidden_size is None and must be an integer from 1"),
    ({"model_type": "qwen2"}, r".*lacks \['layers.0.self_attn.k_proj.bias', .*\] and 1 more$"),
    ({"model_type": "qwen3"}, r".*lacks \['layers.0.self_attn.k_norm.weight', .*$"),
    ({"model_type": "mixtral"}, "model_type is 'mixtral' and must be 'gpt2' or 'llama' or 'mistr"),
    ({"model_type": "qwen2_moe"}, "model_type is 'qwen2_moe' and must be 'gpt2' or 'llama'"),
    ({"attention_dropout": None}, "attention_dropout is None and must be a number"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=str)
def test_one_line_names_what_is_wrong(changes, message, folder, monkeypatch):
    """Before a weight is read or a model made, but where two weights are compared."""
    if "tie_word_embeddings" not in changes:
        monkeypatch.setattr(hf_folder, "tensors", None)
    monkeypatch.setattr(GPT, "__init__", None)
    _configure(folder, **changes)
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        hf.from_pretrained(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


WINDOWS = [
    ("qwen2", {**NARROW, "max_window_layers": 1}, "layer_types or max_window_layers give "
     r"\['full_attention', 'sliding_attention'\] with a window of 4 in config.json: here all blo"),
    ("qwen3", {**NARROW, "layer_types": ["full_attention", "sliding_attention"]},
     r"layer_types or max_window_layers give \['full_attention', 'sliding_attention'\]"),
    ("qwen3", {"layer_types": ["sliding_attention"] * 2}, r"layer_types or max_.* window of None"),
    ("qwen2", {**NARROW, "layer_types": ["chunked_attention"] * 2}, r".*give \['chunked_attention"),
    ("qwen2", {"layer_types": "full"}, "layer_types is 'full' and must be a list of names in conf"),
    ("qwen3", {"attention_bias": True}, "attention_bias is True and the MLP's is False in config"),
    ("mistral", {"sliding_window": 0}, "sliding_window is 0 and must be an integer from 1"),
    ("mistral", {"sliding_window": 2.0}, "sliding_window is 2.0 and must be an integer"),
    ("qwen2", {"use_sliding_window": 1}, "use_sliding_window is 1 and must be true or false"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "message"), WINDOWS)
def test_what_the_families_have_of_their_own(kind, changes, message):
    values = {**SMALL, "model_type": kind, "sliding_window": 4, **changes}
    with pytest.raises(ValueError, match=f"^{message}"):
        hf.config_from_hf(values)


@pytest.mark.parametrize("kind", CLASSES)
def test_fields_that_are_missing_have_their_models_values(kind):
    small = {name: value for name, value in SMALL.items() if name != "head_dim"}
    full = CLASSES[kind][0](**small).to_dict()
    assert hf.config_from_hf({**small, "model_type": kind}) == hf.config_from_hf(full)


def test_the_original_length_may_stand_outside():
    """Where transformers reads it first."""
    inside = {"rope_type": "llama3", "factor": 4.0, "original_max_position_embeddings": 9}
    outside = {**SMALL, "model_type": "llama", "original_max_position_embeddings": 5}
    assert hf.config_from_hf({**outside, "rope_scaling": inside}).rotary_original == 5


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"hidden_act": "swish"}, "activation", "swiglu"),  # silu's other name
        ({"num_key_value_heads": None}, "n_kv_head", None),
        ({"rope_theta": 7.0, "rope_parameters": {"rope_theta": 50.0}}, "rotary_base", 50.0),
        ({"rope_scaling": {**LINEAR, "type": "default"}}, "rotary_factor", 2.5),
        ({"initializer_range": 0.05}, "init_std", 0.05),
        ({"quantization_config": None, "pretraining_tp": None}, "norm", "pre"),  # not asked for
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_field_means_however_it_is_said(kind, changes, field, value):
    config = hf.config_from_hf({**SMALL, "model_type": kind, **changes})
    assert getattr(config, field) == value
    assert hf.config_from_hf(hf.config_to_hf(config)) == config


def test_windows_that_all_blocks_have():
    for kind, changes, window in (
        ("mistral", {}, 4096), ("mistral", {"sliding_window": None}, None),
        ("qwen2", {"sliding_window": 4}, None), ("qwen2", {**NARROW, "sliding_window": 4}, 4),
        ("qwen3", {**NARROW, "max_window_layers": 2}, None),
        ("qwen3", {**NARROW, "layer_types": ["sliding_attention"] * 2}, 4096),
        ("llama", {"sliding_window": 4}, None),
    ):  # fmt: skip
        assert hf.config_from_hf({**SMALL, "model_type": kind, **changes}).window == window
    missing = {name: value for name, value in SMALL.items() if name != "num_key_value_heads"}
    with pytest.raises(ValueError, match=r"^num_key_value_heads is missing in config.json$"):
        hf.config_from_hf({**missing, "model_type": "qwen2"})
    assert hf.config_from_hf({**missing, "model_type": "llama"}).n_kv_head is None


@pytest.mark.parametrize("config", [MixtralConfig(), Qwen2MoeConfig()])
def test_mixtures_of_experts_are_refused(config):
    with pytest.raises(ValueError, match=r"^model_type is '.*' and must be 'gpt2' or 'llama' or"):
        hf.config_from_hf(config.to_dict())


# What their files of weights hold, as the Hub counts it.
RELEASED = [
    (6_738_415_616, "llama", {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008,
        "num_hidden_layers": 32, "num_attention_heads": 32, "max_position_embeddings": 4096,
    }),
    (1_235_814_400, "llama", {
        "vocab_size": 128256, "hidden_size": 2048, "intermediate_size": 8192,
        "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8,
        "max_position_embeddings": 131072, "tie_word_embeddings": True, "rope_scaling": LLAMA3,
    }),
    (7_241_732_096, "mistral", {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "max_position_embeddings": 32768,
    }),
    (494_032_768, "qwen2", {
        "vocab_size": 151936, "hidden_size": 896, "intermediate_size": 4864,
        "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
        "max_position_embeddings": 131072, "tie_word_embeddings": True,
    }),
    (596_049_920, "qwen3", {
        "vocab_size": 151936, "hidden_size": 1024, "intermediate_size": 3072,
        "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
        "max_position_embeddings": 40960, "tie_word_embeddings": True,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("count", "kind", "values"), RELEASED)
def test_released_models_have_as_many_parameters(count, kind, values):
    """Llama 2 7B, Llama 3.2 1B, Mistral 7B, Qwen2 0.5B, Qwen3 0.6B; ours is not made."""
    config = hf.config_from_hf({"model_type": kind, **values})
    assert sum(config.parameter_counts().values()) == count
    written = hf.config_to_hf(config)
    assert hf.config_from_hf(written) == config


# --- which family a configuration of ours becomes

BASE = {
    "vocab_size": 17, "context_length": 9, "n_layer": 1, "n_head": 2, "d_model": 8, "d_ff": 5,
    "norm_kind": "rms", "activation": "swiglu", "positions": "rotary", "bias": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "llama"),
        ({"bias": True}, "llama"),
        ({"n_kv_head": 1, "rotary_factor": 2.0, "norm_eps": 1e-3, "dropout": 0.2}, "llama"),
        ({"rotary_factor": 2, "rotary_original": 4}, "llama"),
        ({"attention_scale": 0.5}, "llama"),  # 1 / sqrt(4)
        ({"init_std": 1.0}, "llama"),
        ({"init_std": 1.5}, "mistral"),  # LlamaConfig wants at most 1
        ({"window": 3}, "mistral"),
        ({"n_head": 3, "d_head": 4}, "mistral"),  # LlamaConfig wants heads that divide d_model
        ({"qkv_bias": True}, "qwen2"),
        ({"qkv_bias": True, "window": 3, "tie_weights": False}, "qwen2"),
        ({"qk_norm": True}, "qwen3"),
        ({"qk_norm": True, "window": 2, "n_kv_head": 1}, "qwen3"),
    ],
)
def test_the_first_family_that_can_hold_it(changes, kind, tmp_path):
    mine = GPT(GPTConfig(**{**BASE, **changes}), torch.Generator().manual_seed(0)).eval()
    for p in mine.parameters():
        p.data += 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel()))
    mine.to_hf(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == kind
    back = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    assert isinstance(back, CLASSES[kind][1])
    close(back(ids_for(mine.config)).logits, mine(ids_for(mine.config)))
    again = GPT.from_pretrained(tmp_path)
    assert replace(again.config, attention_scale=mine.config.attention_scale) == mine.config
    assert torch.equal(again(ids_for(mine.config)), mine(ids_for(mine.config)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"norm": "post"}, "config.norm is 'post' and must be 'pre' to be a Llama, Mistral, Q"),
        ({"norm_kind": "layer"}, "config.norm_kind is 'layer' and must be 'rms' to be a Llama"),
        ({"activation": "gelu"}, "config.activation is 'gelu' and must be 'swiglu' to be a Llama"),
        ({"positions": "none"}, "config.positions is 'none' and must be 'rotary' to be a Llama, M"),
        ({"causal": False}, "config.causal is False and must be True to be a Llama, Mistral, Q"),
        ({"padding_id": 0}, "config.padding_id is 0 and must be None to be a Llama, Mistral, Q"),
        ({"attention_scale": 0.3}, "config.attention_scale is 0.3 and must be None to be a Llama"),
        (
            {"window": 3, "sinks": 1},
            "config.sinks is 1 and must be 0 to be a Mistral, Llama, Qwen2 or Qwen3; GPT-2",
        ),
        ({"qk_norm": True, "bias": True}, "config.qk_norm is True and must be False to be a Llama"),
        ({"bias": True, "qkv_bias": False}, "config.qkv_bias is False and must be True to be a L"),
        ({"bias": True, "window": 3}, "config.window is 3 and must be None to be a Llama; "),
        ({"n_expert": 4}, "config.n_expert is 4 and must be None to be a Llama, Mistral"),
        (
            {"qk_norm": True, "qkv_bias": True},
            "config.qk_norm is True and must be False to be a Qwen2; Qwen3, Llama and Mistral "
            "need qkv_bias False; GPT-2 needs positions 'learned'$",
        ),
    ],
    ids=str,
)
def test_a_model_that_no_family_can_hold(changes, message):
    """One line: a field of the nearest, and what each of the others needs."""
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        hf.config_to_hf(GPTConfig(**{**BASE, **changes}))
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 300
    assert all(name in said for name in hf.MODELS.values())


def test_every_field_is_written_or_has_one_value_that_can_be():
    """A field that a model grows is not silently left out of what is written."""
    read_back = {"rotary_base", "rotary_factor", "rotary_original", "norm_eps", "dropout", "d_head",
                 "tie_weights", "init_std", "attention_scale", "activation", "bias", "qkv_bias",
                 "n_kv_head"}  # fmt: skip
    unused = {"n_active", "balance"}  # of experts, which are refused
    names = {field.name for field in fields(GPTConfig)}
    llama = {*hf_llama.SIZES, *hf_llama.COMMON, "qk_norm", "window"}
    assert names == llama | read_back | unused
    gpt2 = {*hf_gpt2.SIZES, *hf_gpt2.EXPORTABLE, "d_ff"}
    assert names - gpt2 - read_back - unused == {"sinks"}  # of a window, which is refused
