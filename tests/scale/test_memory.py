"""Memory by formula: against the definitions elsewhere, published numbers, and real tensors."""

from __future__ import annotations

import pytest
import torch

from tinytx import pytorch
from tinytx.config import GPTConfig
from tinytx.figures.shared_shapes import KNOWN as SHAPES
from tinytx.inspect import memory, parameters
from tinytx.scale.known import KNOWN
from tinytx.scale.memory import (
    GB,
    activations,
    bytes_per_parameter,
    model_states,
    numbers_sent,
    plan,
)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_adamw_is_what_inspect_says(precision):
    config = KNOWN["GPT-2 124M"]
    n = sum(parameters(config).values())
    assert model_states(n, precision=precision).total == memory(config, precision)["training"]
    assert bytes_per_parameter(precision).total == 16


def test_the_terms_by_optimizer():
    assert bytes_per_parameter("bfloat16", "sgd") == (2, 2, 4, 0)
    assert bytes_per_parameter("float32", "momentum") == (4, 4, 0, 4)


def test_the_published_example_of_zero():
    """Rajbhandari et al. 2020, figure 1: 7.5 billion parameters on 64 ranks."""
    found = [round(model_states(7.5e9, 64, stage).total / GB, 1) for stage in range(4)]
    assert found == [120.0, 31.4, 16.6, 1.9]


def test_what_is_cut_and_what_is_not():
    whole = model_states(1000, 1, 3)
    for stage, cut in ((0, ()), (1, (2, 3)), (2, (1, 2, 3)), (3, (0, 1, 2, 3))):
        states = model_states(1000, 10, stage)
        assert [i for i in range(4) if states[i] != whole[i]] == list(cut)
        assert all(states[i] == whole[i] / 10 for i in cut)


def test_the_first_two_stages_send_as_much_as_plain_data_parallelism():
    assert numbers_sent(80, 8, 0) == numbers_sent(80, 8, 2) == 140
    assert numbers_sent(80, 8, 3) == 1.5 * 140
    assert numbers_sent(80, 1, 3) == 0


def test_the_published_formula_of_activations():
    """Korthikanti et al. 2022, equation 1, without what dropout's masks take: 32 and 2 T H / D."""
    config = KNOWN["GPT-2 1.5B"]
    B, T, D, H, L = 3, 1000, config.d_model, config.n_head, config.n_layer
    found = activations(config, B, T, fused=False)
    assert found.blocks == L * B * T * D * 32
    assert found.scores == L * B * H * T * T * 2
    per_block = activations(config, B, T, checkpointing=True).blocks - L * B * T * D * 2
    assert per_block == B * T * D * 32


def test_activations_as_worked_by_hand():
    """Fewer heads of keys, heads wider than their share, and two of four gated experts."""
    config = GPTConfig(
        vocab_size=11, context_length=5, n_layer=3, n_head=4, n_kv_head=2, d_head=6, d_model=16,
        d_ff=10, activation="swiglu", n_expert=4, n_active=2,
    )  # fmt: skip
    attention = 2 * 16 + 24 + 2 * 12 + 24
    mlp = 2 * 16 + 2 * 4 * 10
    found = activations(config, 2, 5)
    assert found == (3 * 2 * 10 * (attention + mlp), 3 * 10 * 4 * 4, 2 * 10 * 2 * 16 + 4 * 10 * 11)
    again = activations(config, 2, 5, checkpointing=True, fused=False)
    assert again == (3 * 2 * 10 * 16 + 2 * 10 * (attention + mlp), 10 * 4 * 2 * 5, found.ends)
    assert plan(config, 2, checkpointing=True, fused=False).activations == again


def kept(model, ids, autocast=False):
    """Return the bytes that autograd keeps for the backward, parameters and tables aside.

    Of autocast, the copies of weights in 16 bits are left out as well.
    """
    own = [*model.parameters(), *model.buffers()]
    known = {each.untyped_storage().data_ptr() for each in own}
    matrices = {tuple(shape) for p in own if p.ndim == 2 for shape in (p.shape, p.shape[::-1])}
    seen = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        copied = autocast and tensor.dtype == torch.bfloat16 and tuple(tensor.shape) in matrices
        if storage.data_ptr() not in known and not copied:
            seen[storage.data_ptr()] = (storage.nbytes(), tensor)  # kept, so that none comes again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = model(ids)
        pytorch.cross_entropy(logits, ids)
    return sum(size for size, _ in seen.values())


LLAMA = {
    "positions": "rotary", "norm_kind": "rms", "activation": "swiglu", "bias": False,
    "n_kv_head": 2, "tie_weights": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "how", "least", "most"),
    [
        ({}, "float32", 1, 1.01),
        ({"n_layer": 5}, "float32", 1, 1.01),
        (LLAMA, "float32", 1.13, 1.2),
        ({"qk_norm": True}, "float32", 1.24, 1.28),
        ({"padding_id": 0}, "float32", 1.07, 1.15),
        ({"activation": "relu"}, "float32", 0.78, 0.82),
        ({}, "bfloat16", 1, 1.01),
        (LLAMA, "bfloat16", 1.28, 1.36),
        ({}, "autocast", 1.17, 1.23),
        (LLAMA, "autocast", 1.38, 1.45),
    ],
)
def test_what_autograd_keeps_is_what_the_words_beside_the_formula_say(changes, how, least, most):
    sizes = {"vocab_size": 400, "context_length": 128, "n_layer": 2, "n_head": 4, "d_model": 64}
    config = GPTConfig(**{**sizes, **changes})
    ids = torch.randint(1, 400, (3, 100), generator=torch.Generator().manual_seed(0))
    model = pytorch.GPT(config)
    model = model.bfloat16() if how == "bfloat16" else model
    precision = "float32" if how == "float32" else "bfloat16"
    expected = activations(config, 3, 100, precision).total
    assert least <= kept(model, ids, how == "autocast") / expected < most


def test_known_models_have_their_published_number_of_parameters():
    found = {name: sum(parameters(config).values()) for name, config in KNOWN.items()}
    assert found == {
        "GPT-2 124M": 124_439_808, "GPT-2 1.5B": 1_557_611_200, "Qwen 2.5 0.5B": 494_032_768,
        "Llama 2 7B": 6_738_415_616, "Mistral 7B": 7_241_732_096, "Llama 3 8B": 8_030_261_248,
        "Llama 2 13B": 13_015_864_320, "Llama 2 70B": 68_976_648_192,
    }  # fmt: skip


def test_the_figure_of_shared_heads_speaks_of_the_same_models():
    both = KNOWN.keys() & SHAPES.keys()
    assert len(both) >= 4
    for name in both:
        assert sum(parameters(KNOWN[name]).values()) == SHAPES[name].parameters()


def test_a_plan_is_the_sum_and_fits_or_not():
    config = KNOWN["GPT-2 124M"]
    found = plan(config, batch=8, precision="float32")
    assert found.total == found.states.total + found.activations.total
    assert found.activations == activations(config, 8, 1024, "float32")
    assert found.fits(found.total / GB)
    assert not found.fits(found.total / GB * 0.999)


def test_what_is_unknown_is_refused():
    with pytest.raises(ValueError, match="precision is 'int8'"):
        model_states(1, precision="int8")
    with pytest.raises(ValueError, match="stage is 4"):
        model_states(1, stage=4)
    with pytest.raises(ValueError, match="ranks is 0"):
        model_states(1, ranks=0)
    with pytest.raises(ValueError, match=r"ranks is 0\.5 and must be an integer of at least 1"):
        numbers_sent(100, 0.5)
    with pytest.raises(ValueError, match="batch is -1 and must be an integer of at least 1"):
        activations(KNOWN["GPT-2 124M"], -1, 1024)
    with pytest.raises(ValueError, match="T is 0 and must be an integer of at least 1"):
        activations(KNOWN["GPT-2 124M"], 1, 0)
    with pytest.raises(ValueError, match="optimizer is 'lion'"):
        plan(KNOWN["GPT-2 124M"], optimizer="lion")


@pytest.mark.parametrize("bad", [-1, float("nan")])
def test_no_model_and_no_room_of_less_than_nothing(bad):
    with pytest.raises(ValueError, match=f"n_parameters is {bad} and must be at least 0"):
        model_states(bad)
    with pytest.raises(ValueError, match=f"n_parameters is {bad} and must be at least 0"):
        numbers_sent(bad, 2)
    with pytest.raises(ValueError, match=f"gigabytes is {bad} and must be at least 0"):
        plan(KNOWN["GPT-2 124M"]).fits(bad)
