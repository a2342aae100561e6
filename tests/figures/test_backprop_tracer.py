"""The backprop tracer without a browser: its numbers are autograd's, and the same every time."""

import re

import numpy as np
import pytest
import torch

from tinytx import example, pytorch
from tinytx.config import GPTConfig
from tinytx.figures import BackpropTracer
from tinytx.figures.backprop_tracer import four
from tinytx.inspect import capture, capture_gradients
from tinytx.manual import GPT, cross_entropy_forward, merge_heads, split_heads
from tinytx.tokenizers import CharTokenizer

IDS, TARGETS = [[3, 0, 3, 5]], [[0, 3, -100, 1]]
SIZES = {
    "vocab_size": 6, "context_length": 7, "n_layer": 1, "n_head": 2, "d_model": 5, "d_head": 3,
    "d_ff": 11, "init_std": 0.6,
}  # fmt: skip


def small(**more):
    config = GPTConfig(**{**SIZES, **more})
    return GPT(config, np.random.default_rng(2), np.float64)


def tracer(model=None, **more):
    model = example.model() if model is None else model
    return BackpropTracer(model, [example.ids()], [example.targets()], **more)


def by_autograd(model):
    """Return values and gradients of the stations that are modules' outputs, and the loss."""
    twin = pytorch.GPT(model.config, dtype=torch.float64)
    twin.load_state_dict(model.state_dict())
    outs = {}

    def keep(name):
        def hook(_, given, out):
            out.retain_grad()
            outs[name] = out
            if name == "blocks.0.ln_2":
                given[0].retain_grad()
                outs["x + attn"] = given[0]

        return hook

    for name, module in twin.named_modules():
        module.register_forward_hook(keep(name))
    logits = twin(torch.tensor(IDS))
    loss = torch.nn.functional.cross_entropy(logits[0], torch.tensor(TARGETS[0]))
    loss.backward()
    return {key: (out[0].detach().numpy(), out.grad[0].numpy()) for key, out in outs.items()}, loss


NAMES = {
    "logits": "lm_head", "ln_f": "ln_f", "x_mlp": "blocks.0", "down": "blocks.0.mlp.down_proj",
    "act": "blocks.0.mlp.act", "up": "blocks.0.mlp.up_proj", "ln_2": "blocks.0.ln_2",
    "x_attn": "x + attn", "o": "blocks.0.attn.o_proj", "v": "blocks.0.attn.v_proj",
    "q": "blocks.0.attn.q_proj", "k": "blocks.0.attn.k_proj", "ln_1": "blocks.0.ln_1",
    "x": "drop", "tok": "tok_emb",
}  # fmt: skip


@pytest.mark.parametrize("tied", [True, False])
def test_values_and_gradients_are_autograds(tied):
    model = small(tie_weights=tied)
    figure = BackpropTracer(model, IDS, TARGETS)
    theirs, loss = by_autograd(model)
    assert figure.trace.loss == pytest.approx(loss.item(), rel=1e-12)
    stations = {one.key: one for one in figure.stations}
    seen = 0
    for key, name in NAMES.items():
        if name not in theirs:
            continue
        seen += 1
        for mine, wanted in zip((stations[key].value, stations[key].gradient), theirs[name],
                                strict=True):  # fmt: skip
            if mine.ndim == 3:
                mine = mine.swapaxes(0, 1).reshape(wanted.shape)
            np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-12, err_msg=key)
    assert seen >= 14
    out = stations["out"].value.swapaxes(0, 1).reshape(4, 6)
    o_proj = model.blocks[0].attn.o_proj
    back = out @ o_proj.weight.data.T + o_proj.bias.data
    np.testing.assert_allclose(back, stations["o"].value, rtol=1e-9)


def test_shapes_agree_scores_give_weights_and_parts_give_sums():
    figure = BackpropTracer(small(), IDS, TARGETS)
    stations = {one.key: one for one in figure.stations}
    assert [one.key for one in figure.stations][:4] == ["loss", "logits", "ln_f", "x_mlp"]
    assert len(stations) == 19
    for one in figure.stations:
        assert one.value.shape == one.gradient.shape
        for meeting in one.meetings:
            np.testing.assert_allclose(sum(meeting.parts.values()), meeting.total, rtol=1e-9)
            assert len(meeting.parts) > 1
    assert [key for key, one in stations.items() if one.meetings] == ["x_attn", "ln_1", "x", "tok"]
    powers = np.exp(stations["scores"].value)
    weights = powers / powers.sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, stations["weights"].value, rtol=1e-12)
    assert np.isneginf(stations["scores"].value[:, 0, 1:]).all()
    assert not stations["scores"].gradient[:, 0].any()


def test_every_parameter_is_named_once_with_its_gradient():
    model = small()
    figure = BackpropTracer(model, IDS, TARGETS)
    twin = pytorch.GPT(model.config, dtype=torch.float64)
    twin.load_state_dict(model.state_dict())
    logits = twin(torch.tensor(IDS))
    torch.nn.functional.cross_entropy(logits[0], torch.tensor(TARGETS[0])).backward()
    found = {}
    for one in figure.stations:
        assert not found.keys() & one.parameters.keys()
        found |= one.parameters
    table = {one.key: one for one in figure.stations}["tok"].meetings[0]
    found["tok_emb.weight"] = table.total
    del found["lm_head.weight"]  # a part of the same
    for name, parameter in twin.named_parameters():
        short = re.sub(r"^blocks\.0\.(attn\.|mlp\.)?", "", name)
        wanted = parameter.grad.numpy()
        np.testing.assert_allclose(found.pop(short), wanted, rtol=1e-9, atol=1e-12, err_msg=name)
    assert not found


def test_parameters_come_as_arrays_whose_rows_and_columns_have_names():
    features = example.FEATURES
    figure = tracer(tokenizer=example.tokenizer(), features=features)
    found = {one["name"]: one for station in figure.data()["stations"]
             for one in station["parameters"]}  # fmt: skip
    for name, one in found.items():
        grads = np.array(one["gradient"])
        assert grads.shape == (len(one["rows"]), len(one["columns"])), name
        wanted = figure.trace.weights.get(name, None)
        if wanted is not None:
            np.testing.assert_allclose(grads, np.atleast_2d(wanted), rtol=1e-3, atol=1e-9)
    down = found["down_proj.weight"]
    assert down["rows"] == list(features)
    assert (down["corner"], down["columns"][1]) == ("unit", "1")
    assert down["gradient"][0][1] == -0.03458  # where chapter 6 begins
    assert found["up_proj.weight"]["columns"] == list(features)
    assert found["tok_emb.weight"]["rows"] == figure.vocabulary
    assert found["o_proj.weight"]["columns"] == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert found["ln_f.bias"]["rows"] == ["dβ"]
    columns = {one["key"]: one["columns"] for one in figure.data()["stations"]}
    for key in ("ln_f", "x_mlp", "down", "ln_2", "x_attn", "o", "ln_1", "x", "tok"):
        assert columns[key] == list(features)
    assert columns["up"] == columns["act"] == [str(i) for i in range(10)]


def test_without_features_the_numbers_of_a_vector_are_counted():
    columns = {one["key"]: one["columns"] for one in tracer().data()["stations"]}
    assert columns["ln_f"] == ["0", "1", "2", "3", "4", "5"]


def test_a_weight_pulls_as_its_sentence_says():
    """Negative: reading more of that value lowers the loss. Measured, one weight at a time."""
    figure = tracer()
    (station,) = (one for one in figure.stations if one.key == "weights")
    model, h = example.model().eval(), 1e-6
    ids, targets = np.array([example.ids()]), np.array([example.targets()])
    with capture(model) as seen:
        model.forward(ids)
    weights = seen["blocks.0.attn.weights"]
    v = split_heads(seen["blocks.0.attn.v_proj"], 2)
    for head, i, j in ((0, 4, 3), (0, 4, 0), (1, 2, 1), (1, 3, 3)):
        losses = []
        for step in (h, -h):
            moved = weights.copy()
            moved[0, head, i, j] += step
            x = seen["drop"] + model.blocks[0].attn.o_proj.forward(merge_heads(moved @ v))
            x = x + model.blocks[0].mlp.forward(model.blocks[0].ln_2.forward(x))
            logits = model.lm_head.forward(model.ln_f.forward(x))
            losses.append(cross_entropy_forward(logits, targets)[0])
        slope = (losses[0] - losses[1]) / (2 * h)
        assert station.gradient[head, i, j] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_the_running_example_in_words():
    lines = str(tracer(tokenizer=example.tokenizer())).splitlines()
    assert lines[:2] == [
        "BackpropTracer: from the loss back to the ids, 5 positions",
        "loss (): value 0.4793, gradient 1; dloss = 1",
    ]
    assert lines[2].startswith("logits (5, 8): norm of the value 9.872, gradient 0.1939; dz = (p")
    (k,) = (line for line in lines if line.startswith("k "))
    assert k.endswith("|dW| 0.1067, k_proj.weight; |db| 0, k_proj.bias")  # zero, not 1e-17
    assert len(lines) == 20


def test_the_fallback_says_what_the_words_say():
    figure = tracer()
    page = figure.fallback()
    for one in figure.stations:
        row = f'<th scope="row">{one.title}</th>'
        assert row in page
        assert f"<td>{figure.size(one.gradient)}</td><td>{one.rule}</td>" in page


def test_the_html_is_the_same_for_every_input_and_noise_in_the_last_digits():
    pages = {tracer()._repr_html_()}
    ids, targets = torch.tensor([example.ids()]), np.array([example.targets()], np.int32)
    pages.add(BackpropTracer(example.model().eval(), ids, targets)._repr_html_())
    noisy = example.model()
    for parameter in noisy.parameters():
        parameter.data *= 1 + 1e-15 * np.random.default_rng(0).standard_normal(parameter.data.shape)
    pages.add(tracer(noisy)._repr_html_())
    assert len(pages) == 1
    assert len(pages.pop()) < 70_000


def test_the_model_is_left_alone_even_while_others_listen():
    model = example.model().eval()
    model.tok_emb.weight.grad[:] = 7
    with capture(model) as values, capture_gradients(model) as gradients:
        inside = tracer(model)
    assert not values
    assert not gradients
    assert inside._repr_html_() == tracer()._repr_html_()
    assert not model.training
    assert (model.tok_emb.weight.grad == 7).all()
    model.train()
    model.forward(np.array([example.ids()]))
    model.backward(np.zeros((1, 5, 8)))  # one forward is waiting, and no more


@pytest.mark.parametrize(
    "more",
    [
        {"positions": "sinusoidal"}, {"bias": False}, {"activation": "relu"}, {"causal": False},
        {"padding_id": 3}, {"n_head": 1}, {"tie_weights": False},
    ],
)  # fmt: skip
def test_other_models(more):
    figure = BackpropTracer(small(**more), IDS, TARGETS)
    for one in figure.data()["stations"]:
        assert np.shape(one["value"]) == np.shape(one["gradient"])
    assert figure._repr_html_()
    assert figure.stations[1].rule.endswith("/ 3")  # of four positions one does not count


def test_one_position_sends_no_gradient_through_its_scores():
    figure = BackpropTracer(small(), [[2]], [[1]])
    norms = {one["key"]: one["norms"][1] for one in figure.data()["stations"]}
    assert norms["scores"] == norms["q"] == norms["k"] == "0"
    assert norms["v"] != "0"


def test_tokens_cannot_leave_their_place():
    class Hostile:
        def decode(self, ids):
            return ["</script>", "<!--", "<b>", "\ud800", "a", "b", "c", "d"][ids[0]]

    page = tracer(tokenizer=Hostile())._repr_html_()
    assert page.count("</script>") == 1
    assert "<!--" not in page
    assert "<b>" not in page


def test_four_digits():
    assert [four(v) for v in (0.0, 1.0, -0.25, 9999.0, 12340.0, 1e-4, -9.5e-5)] == [
        "0", "1", "−0.25", "9999", "1.234·10⁴", "0.0001", "−9.5·10⁻⁵",
    ]  # fmt: skip


NAN = small()
NAN.ln_f.weight.data[0] = np.nan
WRONG = [
    ((example.twin(), IDS, TARGETS), "model is GPT and must be a tinytx.manual.GPT"),
    ((small(n_layer=2), IDS, TARGETS), "model has n_layer 2 and must have 1"),
    ((small(norm="post"), IDS, TARGETS), "model has norm 'post' and must have 'pre'"),
    ((small(dropout=0.1), IDS, TARGETS), "model has dropout 0.1 and must have 0"),
    ((small(norm_kind="rms"), IDS, TARGETS), "model has norm_kind 'rms' and must have 'layer'"),
    ((small(qk_norm=True), IDS, TARGETS), "model has qk_norm True and must have False"),
    ((small(positions="rotary", d_head=2), IDS, TARGETS), "model has positions 'rotary' and must"),
    ((small(positions="none"), IDS, TARGETS), "model has positions 'none' and must have others"),
    ((small(activation="swiglu"), IDS, TARGETS), "model has activation 'swiglu' and must have ano"),
    ((small(attention_scale=1), IDS, TARGETS), "model has attention_scale 1 and must have None"),
    ((small(n_kv_head=1), IDS, TARGETS), "model has n_kv_head 1 and must have None"),
    ((small(qkv_bias=False), IDS, TARGETS), "model has qkv_bias False and must have None"),
    ((small(window=2), IDS, TARGETS), "model has window 2 and must have None"),
    ((small(n_expert=2), IDS, TARGETS), "model has n_expert 2 and must have None"),
    ((small(vocab_size=13), IDS, TARGETS), "model has vocab_size 13, the limit is 12"),
    ((small(d_ff=17), IDS, TARGETS), "model has d_ff 17, the limit is 16"),
    ((GPT(GPTConfig(**SIZES), np.random.default_rng(0)), IDS, TARGETS), "pass dtype=np.float64"),
    ((small(), [[1.0]], [[1]]), "ids is float64 and must be integers"),
    ((small(), [1, 2], [2, 1]), "ids has shape (2,) and must be (1, T), T at most 7"),
    ((small(context_length=9), [[1] * 9], [[1] * 9]), "and must be (1, T), T at most 8"),
    ((small(), [[1, 2]], [[1]]), "targets has shape (1, 1) and ids (1, 2)"),
    ((small(), [[6]], [[1]]), "ids holds 6"),
    ((small(), [[1]], [[6]]), "targets holds 6"),
    ((small(), [[1]], [[-100]]), "all of them ignore_index"),
    ((small(), IDS, TARGETS, CharTokenizer.train("abcde")), "tokenizer cannot decode id 5"),
    ((NAN, IDS, TARGETS), "the model gives nan or infinity"),
    ((small(), IDS, TARGETS, None, ["a", "b"]), "features is ['a', 'b'] and must be 5 names"),
    ((small(), IDS, TARGETS, None, "abcde"), "features is 'abcde' and must be 5 names"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(given, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        BackpropTracer(*given)
    assert "\n" not in str(caught.value)
