"""Wrong input is refused in one line that names the argument, its value and the limit."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.manual import (
    Dropout,
    LearnedPositions,
    Linear,
    SinusoidalPositions,
    causal_mask,
    cross_entropy_forward,
    padding_mask,
    split_heads,
)  # fmt: skip
from tinytx.manual.activation import Activation, gelu_exact_forward, gelu_forward, relu_forward
from tinytx.manual.attention import attention_forward, merge_heads, repeat_heads_forward
from tinytx.manual.dropout import dropout_backward, dropout_forward
from tinytx.manual.embedding import Embedding, embedding_backward, embedding_forward
from tinytx.manual.experts import choose, combine_forward
from tinytx.manual.linear import linear_backward, linear_forward
from tinytx.manual.norm import LayerNorm, RMSNorm, layernorm_backward, layernorm_forward
from tinytx.manual.positions import positions_backward, positions_forward
from tinytx.manual.rotary import Rotary, Turns, rotary_table, rotate_forward
from tinytx.manual.softmax import softmax_backward, softmax_forward

from .cases import CASES, IDS, QKV, normal
from .test_gpt import SIZES, make

q, k, v = QKV.values()  # (2, 3, 3, 2), (2, 3, 5, 2)
W = normal(5, 4)
X = normal(2, 3, 4)
F32 = np.float32
RNG = np.random.default_rng(0)
LOGITS, TARGETS = normal(2, 3, 7), np.array([[1, 2, 3], [4, 5, 6]])


class Tensor:
    """As much of a tensor as can be told without PyTorch."""

    dtype = "torch.int64"

    def detach(self):
        return self


def learned() -> LearnedPositions:
    return LearnedPositions(5, 4, RNG, dtype=float)


def rotary() -> Rotary:
    return Rotary(config(positions="rotary", d_head=4))


def config(**changes) -> GPTConfig:
    return GPTConfig(**{**SIZES, **changes})


REFUSED = [
    # configuration
    (lambda: config(vocab_size=0), "vocab_size is 0 and must be an integer of at least 1"),
    (lambda: config(n_layer=1.0), "n_layer is 1.0 and must be an integer"),
    (lambda: config(n_head=True), "n_head is True and must be an integer"),
    (lambda: config(d_model="4"), "d_model is '4' and must be an integer"),
    (lambda: config(d_head=None, n_head=3), "n_head is 3 and does not divide d_model 4: .* d_head"),
    (lambda: config(d_head=None, n_head=0), "n_head is 0 and must be an integer of at least 1"),
    (lambda: config(d_ff=0), "d_ff is 0 and must be"),
    (lambda: config(dropout=1.0), "dropout is 1.0 and must be at least 0 and below 1"),
    (lambda: config(dropout="0.1"), "dropout is '0.1' and must be"),
    (lambda: config(dropout=float("nan")), "dropout is nan and must be"),
    (lambda: config(norm="both"), "norm is 'both' and must be one of 'pre', 'post'"),
    (lambda: config(activation="silu"), "activation is 'silu' and must be one of 'gelu', "),
    (lambda: config(positions=None), "positions is None and must be one of 'learned', "),
    (lambda: config(causal=1), "causal is 1 and must be one of True, False"),
    (lambda: config(padding_id=7), "padding_id is 7 and must be None or an id from 0 to 6"),
    (lambda: config(init_std=0), "init_std is 0 and must be a number above 0"),
    (lambda: GPTConfig.from_dict({"heads": 1}), "config has no field 'heads': the fields are"),
    (lambda: GPTConfig.from_dict({"vocab_size": 1}), "config lacks the field 'context_length'"),
    # the model
    (lambda: make().forward(IDS.astype(float)), "ids is float64 and must be an array of integers"),
    (lambda: make().forward([[1]]), "ids is list and must be an array of integers"),
    (lambda: make().forward(Tensor()), r"ids is a tensor and must be a NumPy array: give ids.nump"),
    (lambda: softmax_forward(Tensor()), r"x is a tensor and must be a NumPy array: give x.numpy"),
    (lambda: softmax_forward(X, Tensor()), r"mask is a tensor and must be a NumPy array: give mas"),
    (lambda: make().load_state_dict("x.pt"),
     "state_dict is str and must be a dict of weights by name: read the file first"),
    (lambda: make().load_state_dict(None), "state_dict is NoneType and must be a dict of weights"),
    (lambda: make().forward(IDS + 1), "ids holds 7 and must be from 0 to 6"),
    (lambda: make().forward(IDS - 2), "ids holds -1 and must be from 0 to 6"),
    (lambda: make().forward(IDS[0]), r"ids has shape \(3,\) and must have two dimensions"),
    (lambda: make().forward(IDS[:, :0]), r"ids has shape \(2, 0\) and must .* at least 1"),
    (lambda: make().forward(np.tile(IDS, 2)), "ids has 6 positions .* at most context_length 5"),
    (lambda: make().forward(IDS, np.ones((4, 4), bool)), "mask has shape"),
    (lambda: make().load_state_dict({}), r"state_dict lacks \['blocks.0.attn.k_proj.bias', "),
    (lambda: make().load_state_dict(make(tie_weights=False).state_dict()), "one tied weight and d"),
    (lambda: make().load_state_dict(make(d_ff=5).state_dict()),
     r"state_dict\['blocks.0.mlp.\w+.\w+'\] has shape \(.*5.*\) and must have \(.*6.*\)"),
    # pairs
    (lambda: linear_forward(X[..., :3], W), r"x has shape \(2, 3, 3\): its last dimension must be"),
    (lambda: linear_forward(np.float64(3), W), r"x has shape \(\): its last dimension must be"),
    (lambda: linear_forward(X, W[0]), r"weight has shape \(4,\) and must have two dimensions"),
    (lambda: linear_forward(X.astype(F32), W), r"x is float32 and weight is float64: .*astype"),
    (lambda: linear_forward(X, W, normal(4)), r"bias has shape \(4,\) and must have \(5,\)"),
    (lambda: linear_backward(X, linear_forward(X, W)[1]), r"dy has shape .* must have \(2, 3, 5\)"),
    (lambda: embedding_forward(IDS, W), "ids holds 6 and must be from 0 to 4"),
    (lambda: embedding_backward(X, embedding_forward(IDS[:1], normal(7, 4))[1]), "dx has shape"),
    (lambda: positions_forward(X[0], W), r"x has shape \(3, 4\) and must have three dimensions"),
    (lambda: positions_forward(X, W[:2]), "x has 3 positions .* at most context_length 2"),
    (lambda: positions_forward(X, W[:, :3]), r"x has shape \(2, 3, 4\): its last dimension must"),
    (lambda: positions_forward(X, W.astype(F32)), "x is float64 and weight is float32"),
    (lambda: positions_forward(X, W, np.zeros((2, 2), int)), "at has shape"),
    (lambda: positions_forward(X, W, np.full((2, 3), len(W))), "at holds"),
    (lambda: learned()(X, start=3), "start is 3 and must be from 0 to 2: x has 3 positions and th"),
    (lambda: learned()(X, start=-1), "start is -1 and must be from 0 to 2"),
    (lambda: learned()(X, start=1.5), "start is 1.5 and must be an int, or an array of 2 integers"),
    (lambda: learned()(X, start=np.array([0, 3])), "start holds 3 and must be from 0 to 2"),
    (lambda: learned()(X, start=np.array([-1, 1])), "start holds -1 and must be from 0"),
    (lambda: learned()(X, start=np.array([1])), r"start has shape \(1,\) and must be an int, or"),
    (lambda: learned()(X[..., :3], start=1), r"x has shape \(2, 3, 3\): its last dimension must"),
    (lambda: SinusoidalPositions(5, 4, float)(X, start=4), "start is 4 and must be from 0 to 2"),
    (lambda: positions_backward(X[:1], positions_forward(X, W)[1]), "dy has shape"),
    (lambda: softmax_forward(IDS), "x is int64 and must be an array of float32 or float64"),
    (lambda: softmax_forward(X.astype(np.float16)), "x is float16 and must be an array of float32"),
    (lambda: softmax_forward(X, np.ones(4)), "mask is float64 and must be bool: True where"),
    (lambda: softmax_forward(X[:0]), r"x has shape \(0, 3, 4\) and must hold at least one"),
    (lambda: softmax_backward(X[0], softmax_forward(X)[1]), "dy has shape"),
    (lambda: layernorm_forward(X, normal(3)), r"x has shape \(2, 3, 4\): its last dimension must"),
    (lambda: layernorm_forward(X, normal(4).astype(F32)), "x is float64 and weight is float32"),
    (lambda: layernorm_forward(X, normal(4), normal(3)), r"bias has shape \(3,\) and must"),
    (lambda: layernorm_backward(X[0], layernorm_forward(X, normal(4))[1]), "dy has shape"),
    (lambda: relu_forward(IDS), "x is int64"),
    (lambda: gelu_forward(IDS), "x is int64"),
    (lambda: gelu_exact_forward([1.0]), "x is list"),
    (lambda: Activation("swish"), "activation is 'swish' and must be one of gelu, "),
    (lambda: dropout_forward(X, 1.0, np.random.default_rng(0)), "p is 1.0 and must be .* below 1"),
    (lambda: dropout_forward(X, -0.1), "p is -0.1 and must be at least 0"),
    (lambda: dropout_forward(X, 0.1), "rng is None and p is 0.1: give a numpy.random.Generator"),
    (lambda: Dropout(1.5, RNG), "p is 1.5 and must be at least 0 and below 1"),
    (lambda: Dropout("0.1", RNG), "p is '0.1' and must be at least 0 and below 1"),
    (lambda: dropout_backward(X[0], X), "dy has shape"),
    (lambda: attention_forward(q[0], k, v), r"q has shape .* four dimensions, \(B, H, T, Dh\)"),
    (lambda: attention_forward(q, k[:1], v), r"k has shape \(1, 3, 5, 2\) and must have \(B, H"),
    (lambda: attention_forward(q, k, v[:, :, :4]), r"v has shape \(2, 3, 4, 2\) and must have"),
    (lambda: attention_forward(q, k.astype(F32), v), "k is float32 and q is float64"),
    (lambda: attention_forward(q, k, v.astype(F32)), "v is float32 and q is float64"),
    (lambda: attention_forward(q, k, v, np.ones((5, 5), bool)),
     r"mask has shape \(5, 5\) and must broadcast to \(2, 3, 3, 5\)"),
    (lambda: attention_forward(q, k, v, np.ones((1, 1, 1, 3, 5), bool)),
     r"mask has shape \(1, 1, 1, 3, 5\) and must broadcast to \(2, 3, 3, 5\)"),
    (lambda: attention_forward(q, k, v, np.ones((3, 5))), "mask is float64 and must be bool"),
    (lambda: attention_forward(q.tolist(), k, v), "q is list and must be an array of float32 or"),
    (lambda: attention_forward(q, k.tolist(), v), "k is list and must be a NumPy array"),
    (lambda: attention_forward(q, k, v.tolist()), "v is list and must be a NumPy array"),
    (lambda: attention_forward(q, k, Tensor()), "v is a tensor and must be a NumPy array: give v"),
    (lambda: attention_forward(*(one.astype(int) for one in (q, k, v))), "q is int64 and must be"),
    (lambda: attention_forward(*(one[..., :0] for one in (q, k, v))),
     r"q has shape \(2, 3, 3, 0\) and k \(2, 3, 5, 0\): each must hold at least one number"),
    (lambda: attention_forward(q, k[:, :, :0], v[:, :, :0]), "each must hold at least one number"),
    (lambda: linear_forward(X[..., :0], W[:, :0]),
     r"x has shape \(2, 3, 0\): its last dimension must be the weight's in, 0, and at least 1"),
    (lambda: layernorm_forward(X.astype(int), np.ones(4, int)), "weight is int64 and must be an a"),
    (lambda: layernorm_forward(normal(2, 4, 4), normal(4, 4)), "weight has .* one dimension, .D,"),
    (lambda: rotate_forward(X.tolist(), rotary_table(3, 4, dtype=float)), "x is list and must be"),
    (lambda: rotate_forward(X, Turns([[0.0]], [[1.0]])), "cos is list and must be an array of fl"),
    (lambda: rotate_forward(X.astype(int), Turns(*(np.ones((3, 2), int),) * 2)), "cos is int64 an"),
    (lambda: rotate_forward(QKV["q"], Turns(*(np.ones((3, 1, 3, 1)),) * 2)),
     r"x has shape \(2, 3, 3, 2\) and cos \(3, 1, 3, 1\): they differ in rows"),
    (lambda: rotary().forward([1.0]), "x is list and must be a NumPy array"),
    (lambda: make(n_expert=3).blocks[0].mlp.forward(X.tolist()), "x is list and must be"),
    (lambda: make(n_expert=3).blocks[0].mlp.forward(X[..., :3]),
     r"x has shape \(2, 3, 3\): its last dimension must be d_model, 4"),
    (lambda: choose(W[0], 1), r"scores has shape \(4,\) and must have two dimensions, \(N, E\)"),
    (lambda: padding_mask([[5, 0]], 0), "ids is list and must be a NumPy array"),
    (lambda: layernorm_backward(X.tolist(), layernorm_forward(X, normal(4))[1]), "dy is list and"),
    (lambda: split_heads(X[0], 2), r"x has shape \(3, 4\) and must have three dimensions, \(B, T,"),
    (lambda: split_heads(X, 0), "n_head is 0 and must be an integer of at least 1"),
    (lambda: split_heads(X, -2), "n_head is -2 and must be an integer of at least 1"),
    (lambda: split_heads(X, 2.0), "n_head is 2.0 and must be an integer of at least 1"),
    (lambda: split_heads(X.tolist(), 2), "x is list and must be a NumPy array"),
    (lambda: merge_heads(X), r"x has shape \(2, 3, 4\) and must have four dimensions, \(B, H, T,"),
    (lambda: merge_heads(X.tolist()), "x is list and must be a NumPy array"),
    (lambda: split_heads(X, 3), "n_head is 3 and does not divide x's last dimension 4"),
    (lambda: repeat_heads_forward(k, 1.5), "times is 1.5 and must be a whole number, at least 1"),
    (lambda: repeat_heads_forward(k, 0), "times is 0 and must be a whole number, at least 1"),
    (lambda: rotary_table(3, 5), "d_head is 5 and must be even, at least 2"),
    (lambda: rotary_table(3, 4, 0.0), "base is 0.0 and must be a number above 0"),
    (lambda: rotate_forward(X, rotary_table(1, 4, dtype=float)),
     r"x has shape \(2, 3, 4\) and cos \(1, 2\): they differ in positions"),
    (lambda: choose(W, 5), "k is 5 and must be a whole number from 1 to the 4 experts"),
    (lambda: choose(W, 0), "k is 0 and must"),
    (lambda: choose(W, 1.0), "k is 1.0 and must"),
    (lambda: combine_forward(W[:3], np.ones((2, 2)), np.array([[True, True], [True, False]])),
     "chosen has rows of 1 and of 2 experts, and all must have k"),
    (lambda: causal_mask(3, 2), "S is 2 and must be at least T 3"),
    (lambda: padding_mask(IDS[0], 0), r"ids has shape \(3,\) and must have two dimensions"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS[:1]), r"targets has shape \(1, 3\) and must"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS + 1), "targets holds 7 and must be from 0 to 6"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS - 2), "targets holds -1 and must be from 0 to"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS * 1.0), "targets is float64 and must be an arr"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS.tolist()), "targets is list and must be"),
    (lambda: cross_entropy_forward(TARGETS, TARGETS), "logits is int64 and must be an array of f"),
    (lambda: cross_entropy_forward(LOGITS[:0], TARGETS[:0]), "logits has shape .* at least one"),
    (lambda: cross_entropy_forward(LOGITS, TARGETS * 0 - 100), "all of them ignore_index -100"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[m[:40] for _, m in REFUSED])
def test_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name != "dropout of 0"], ids=lambda c: c.name
)
def test_every_backward_refuses_a_gradient_of_another_shape(case):
    y, saved = case.forward(**case.inputs)
    if np.ndim(y) == 0:
        first = next(iter(case.inputs.values()))
        assert case.backward(2.0, saved).shape == first.shape
        return
    for dy in others(y):
        with pytest.raises(ValueError, match=r"^d\w+ has shape .* and must have"):
            case.backward(dy, saved)


MOVED = ("embedding", "repeat_heads", "dispatch", "combine")  # numbers of any kind are moved


def answer(case, **changed):
    """Return what the forward gives for other inputs: an array, or what it refuses them with."""
    try:
        return case.forward(**{**case.inputs, **changed})[0]
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("case", [c for c in CASES if c.op != "rotate"], ids=lambda c: c.name)
def test_every_forward_refuses_lists_and_wrong_numbers_and_has_no_trouble_with_nothing(case):
    arrays = {name: one for name, one in case.inputs.items() if isinstance(one, np.ndarray)}
    for name, one in arrays.items():
        assert answer(case, **{name: one.tolist()}).startswith(f"{name} is list and must be ")
    floats = {name: one for name, one in arrays.items() if one.dtype == float}
    if case.op not in MOVED:
        for kind in (int, np.float16):
            said = answer(case, **{name: one.astype(kind) for name, one in floats.items()})
            assert f" is {np.dtype(kind)} and must be an array of float32 or float64" in said
    for axis in range(1, 1 + max(one.ndim for one in floats.values())):
        some = {name: one.take([], -axis) for name, one in floats.items() if one.ndim >= axis}
        given = answer(case, **some)
        refused = isinstance(given, str) and re.match(rf"({'|'.join(case.inputs)}) h\w+ .*", given)
        assert refused or isinstance(given, np.ndarray | np.floating)


def others(y):
    """Return arrays of other shapes than ``y``: each dimension 1, which would spread, or longer."""
    made = [y[None], y[0]]
    for axis, size in enumerate(y.shape):
        made += [np.take(y, range(n), axis, mode="wrap") for n in (1, size + 1) if n != size]
    return made


def test_a_refused_state_changes_nothing():
    model, other = make(), make(seed=9)
    before = model.state_dict()
    wrong = other.state_dict() | {"lm_head.weight": normal(7, 4)}
    with pytest.raises(ValueError, match="tied"):
        model.load_state_dict(wrong)
    assert all((before[name] == value).all() for name, value in model.state_dict().items())


def test_configuration_survives_json():
    import json

    for c in (config(), config(padding_id=3, dropout=0.1, norm="post", bias=False)):
        assert GPTConfig.from_dict(json.loads(json.dumps(c.to_dict()))) == c
    with pytest.raises(AttributeError):
        c.n_head = 4


LAYERS = [
    lambda: (Linear(4, 5, np.random.default_rng(0), dtype=float), X),
    lambda: (LearnedPositions(5, 4, np.random.default_rng(0), dtype=float), X),
    lambda: (Dropout(0.5, np.random.default_rng(0)), X),
    lambda: (make().blocks[0], X),
    lambda: (make(), IDS),
]


SHAPED = [
    lambda: (Embedding(7, 4, np.random.default_rng(0), dtype=float), IDS),
    lambda: (Embedding(70, 4, np.random.default_rng(0), dtype=float), IDS),
    lambda: (SinusoidalPositions(5, 4, float), X),
    lambda: (LayerNorm(4, dtype=float), X),
    lambda: (RMSNorm(4, dtype=float), X),
    lambda: (Activation("gelu"), X),
    lambda: (make().blocks[0].attn, X),
    lambda: (make().blocks[0].mlp, X),
    lambda: (make(activation="swiglu").blocks[0].mlp, X),
    lambda: (make(n_expert=3).blocks[0].mlp, X),
    lambda: (make(norm="post").blocks[0], X),
]


@pytest.mark.parametrize("layer", LAYERS)
def test_backward_needs_its_forward(layer):
    module, x = layer()
    y = module.forward(x)
    module.clear_saved()
    with pytest.raises(RuntimeError, match=r"call forward first, once for each backward$"):
        module.backward(y)
    module.backward(module.forward(x))
    with pytest.raises(RuntimeError, match=r"call forward first, once for each backward$"):
        module.backward(y)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_used_twice_gives_no_gradient_and_starts_afresh(layer):
    module, x = layer()
    y = module.forward(x)
    module.forward(x)
    with pytest.raises(RuntimeError, match="forward ran 2 times since the last backward"):
        module.backward(y)
    module.backward(module.forward(x))


@pytest.mark.parametrize("layer", [*LAYERS, *SHAPED])
def test_every_layer_refuses_a_gradient_of_another_shape(layer):
    module, x = layer()
    y = module.forward(x)
    for dy in others(y):
        with pytest.raises(ValueError, match=r"^(d\w+|x) has shape"):
            module.backward(dy)
        y = module.forward(x)
    module.backward(y)


def test_a_mixture_refuses_a_gradient_with_its_dimensions_in_another_order():
    experts = make(n_expert=3).blocks[0].mlp
    y = experts.forward(X)
    with pytest.raises(ValueError, match=r"^dy has shape \(3, 2, 4\) and must have \(2, 3, 4\)"):
        experts.backward(y.swapaxes(0, 1))


@pytest.mark.parametrize("layer", LAYERS)
def test_evaluation_keeps_nothing(layer):
    module, x = layer()
    module.eval()
    y = module.forward(x)
    assert module._saved is None
    with pytest.raises(RuntimeError, match="in eval mode nothing is kept: call train"):
        module.backward(y)


def test_dropout_only_in_training():
    model = make(dropout=0.5)
    model.eval()
    np.testing.assert_array_equal(model.forward(IDS), model.forward(IDS))
    np.testing.assert_array_equal(model.forward(IDS), make(dropout=0.0).forward(IDS))
    model.train()
    assert (model.forward(IDS) != model.forward(IDS)).any()


def test_dropout_keeps_the_mean_and_the_same_draws_in_both_precisions():
    x = np.ones((400, 500))
    y, factor = dropout_forward(x, 0.25, np.random.default_rng(0))
    assert set(np.unique(factor)) == {0.0, 1 / 0.75}
    assert y.mean() == pytest.approx(1, abs=0.01)
    single, _ = dropout_forward(x.astype(F32), 0.25, np.random.default_rng(0))
    np.testing.assert_array_equal(single > 0, y > 0)


@pytest.mark.parametrize("kind", ["learned", "sinusoidal"])
def test_positions_go_on_to_the_end_of_the_table(kind):
    layer = learned() if kind == "learned" else SinusoidalPositions(5, 4, float)
    table = layer.weight.data if kind == "learned" else layer.table
    np.testing.assert_array_equal(layer(X, start=2), X + table[2:])
    rows = np.array([2, 1])
    np.testing.assert_array_equal(layer(X, start=rows), X + np.stack([table[2:], table[1:4]]))
