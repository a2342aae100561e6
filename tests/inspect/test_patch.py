"""Values that are replaced inside a model, in both engines and in GPT-2 of ``transformers``."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from interventions import CLEAN, CORRUPTED, ENGINES, KINDS, PRE, close, make, run, state, twin_of

from tinytx.generation import generate
from tinytx.generation.engine import engine_of
from tinytx.inspect import capture, capture_gradients, patch
from tinytx.manual import attention as numpy_attention
from tinytx.pytorch import GPT


def captured(model, ids):
    with capture(model) as seen:
        run(model, ids)
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_there_already_changes_nothing(engine, kind):
    model = make(engine, **KINDS[kind])
    seen, plain = captured(model, CLEAN), run(model, CLEAN)
    with patch(model, {}) as times:
        np.testing.assert_array_equal(run(model, CLEAN), plain)
    assert times == {}
    for name, value in seen.items():
        for new in (value, lambda x: x):
            with patch(model, {name: new}) as times:
                close(run(model, CLEAN), plain, name)
            assert times == {name: 1}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_everything_clean_in_the_corrupted_run_gives_the_clean_logits(engine, kind):
    model = make(engine, **KINDS[kind])
    seen, want = captured(model, CLEAN), run(model, CLEAN)
    assert abs(run(model, CORRUPTED) - want).max() > 0.1
    for name in ("drop", "blocks.0", "blocks.1", "logits"):  # each cuts the stream in two
        with patch(model, {name: seen[name]}):
            close(run(model, CORRUPTED), want, name)
    with patch(model, dict(seen)) as times:
        close(run(model, CORRUPTED), want)
    assert set(times.values()) == {1}


@pytest.mark.parametrize("kind", PRE)
@pytest.mark.parametrize("engine", ENGINES)
def test_clean_branches_leave_only_the_token_that_differs(engine, kind):
    model = make(engine, **KINDS[kind])
    clean, corrupted = captured(model, CLEAN), captured(model, CORRUPTED)
    for part in ("attn.out", "attn.o_proj", "attn"):
        branches = [f"blocks.{i}.{one}" for i in range(2) for one in (part, "mlp")]
        with patch(model, {name: clean[name] for name in branches}), capture(model) as seen:
            run(model, CORRUPTED)
        moved = corrupted["drop"] - clean["drop"]
        close(seen["blocks.1"], clean["blocks.1"] + moved, part)
        assert abs(corrupted["blocks.1"] - clean["blocks.1"] - moved).max() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_agree_wherever_one_clean_value_is_put(kind):
    ours = make(**KINDS[kind])
    theirs = twin_of(ours)
    seen, plain = captured(ours, CLEAN), run(ours, CORRUPTED)
    moved = 0
    for name, value in seen.items():
        if ".experts." in name:  # as many rows as tokens are sent there, which differ
            continue
        with patch(ours, {name: value}):
            by_hand = run(ours, CORRUPTED)
        with patch(theirs, {name: torch.tensor(value)}):
            close(run(theirs, CORRUPTED), by_hand, name)
        moved += abs(by_hand - plain).max() > 1e-3
    assert moved > 20


@pytest.mark.parametrize("engine", ENGINES)
def test_a_function_may_change_one_position(engine):
    model = make(engine)

    def nudge(x):
        x[:, 2, 3] += 1.0  # one number: to all of them, the norms would take it away again
        return x

    plain, before = run(model, CLEAN), captured(model, CLEAN)
    with patch(model, {"blocks.0": nudge}), capture(model) as seen:
        out = run(model, CLEAN)
    close(out[:, :2], plain[:, :2])  # the past knows nothing of it
    assert (abs(out - plain)[:, 2:].max(axis=(0, 2)) > 1e-3).all()
    want = before["blocks.0"].copy()
    want[:, 2, 3] += 1.0
    np.testing.assert_array_equal(seen["blocks.0"], want)


@pytest.mark.parametrize("engine", ENGINES)
def test_scores_and_weights_are_what_comes_before_and_after_softmax(engine):
    model = make(engine)
    plain = captured(model, CLEAN)
    name = "blocks.1.attn"
    q, k, v = (plain[f"{name}.{p}_proj"].reshape(2, 6, 3, 4).swapaxes(1, 2) for p in "qkv")
    close(plain[f"{name}.scores"], q @ k.swapaxes(-1, -2) / math.sqrt(4))
    close(plain[f"{name}.out"], plain[f"{name}.weights"] @ v)
    with patch(model, {f"{name}.scores": lambda x: 0 * x}), capture(model) as seen:
        run(model, CLEAN)
    uniform = np.tri(6) / np.arange(1, 7)[:, None]  # masked all the same
    close(seen[f"{name}.weights"], np.broadcast_to(uniform, (2, 3, 6, 6)))
    close(seen[f"{name}.out"], uniform @ v)
    with patch(model, {f"{name}.weights": lambda x: 2 * x}), capture(model) as seen:
        run(model, CLEAN)
    close(seen[f"{name}.weights"], 2 * plain[f"{name}.weights"])  # nothing normalizes them again
    close(seen[f"{name}.out"], 2 * plain[f"{name}.out"])
    merged = seen[f"{name}.out"].swapaxes(1, 2).reshape(2, 6, 12)
    o_proj = make().blocks[1].attn.o_proj
    close(seen[name], merged @ o_proj.weight.data.T + o_proj.bias.data)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_head_is_one_row_of_out(engine):
    model = make(engine)
    clean, plain = captured(model, CLEAN), captured(model, CORRUPTED)

    def one_head(x):
        x[:, 1] = x.new_tensor(value[:, 1]) if engine == "torch" else value[:, 1]
        return x

    value = clean["blocks.0.attn.out"]
    with patch(model, {"blocks.0.attn.out": one_head}), capture(model) as seen:
        run(model, CORRUPTED)
    out = seen["blocks.0.attn.out"]
    np.testing.assert_array_equal(out[:, 1], clean["blocks.0.attn.out"][:, 1])
    np.testing.assert_array_equal(out[:, [0, 2]], plain["blocks.0.attn.out"][:, [0, 2]])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["blocks.0.mlp", "blocks.1.attn.weights", "blocks.0.attn.out"])
def test_a_capture_sees_what_went_on_inside_or_outside(engine, name):
    model = make(engine)
    value = captured(model, CLEAN)[name]
    with capture(model) as outer, patch(model, {name: value}), capture(model) as inner:
        run(model, CORRUPTED)
    np.testing.assert_array_equal(outer[name], value)
    np.testing.assert_array_equal(inner[name], value)
    assert outer.keys() == inner.keys()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["blocks.0.mlp", "blocks.1.attn.scores"])
def test_patches_nest_the_outer_first(engine, name):
    model = make(engine)
    plain = captured(model, CLEAN)[name]
    with patch(model, {name: lambda x: x + 1}), capture(model) as seen:
        with patch(model, {name: lambda x: 2 * x}) as times:
            run(model, CLEAN)
        close(seen[name], 2 * (plain + 1))
        run(model, CLEAN)
        close(seen[name], plain + 1)
    assert times == {name: 1}
    close(captured(model, CLEAN)[name], plain)


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_is_as_before_also_after_an_exception(engine):
    model = make(engine).train()
    before, plain = state(model), run(model, CLEAN)
    changes = dict.fromkeys(captured(model, CLEAN), lambda x: x)
    if engine == "numpy":
        model.clear_saved()
        before = state(model)

    def fail(x):
        raise KeyError("mine")

    changes["blocks.1.mlp.act"] = fail
    with pytest.raises(KeyError, match="mine"), patch(model, changes):
        run(model, CLEAN)
    assert state(model) == before
    with pytest.raises(ValueError, match="unknown name"), patch(model, {**changes, "no": fail}):
        pass
    assert state(model) == before
    np.testing.assert_array_equal(run(model, CLEAN), plain)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_value_is_not_touched_and_the_function_gets_a_copy(engine):
    model = make(engine, positions="sinusoidal")  # its embedding is scaled in place
    value = captured(model, CLEAN)["tok_emb"]
    before, kept = value.copy(), []

    def keep(x):
        kept.append(x)
        return x

    with patch(model, {"tok_emb": value, "drop": keep}):
        first, second = run(model, CLEAN), run(model, CLEAN)
        for x in kept:
            x *= 0
        np.testing.assert_array_equal(run(model, CLEAN), first)
    np.testing.assert_array_equal(value, before)
    np.testing.assert_array_equal(first, second)
    x = np.ones((1, 2, 8)) if engine == "numpy" else torch.ones(1, 2, 8)
    with patch(model.drop, {"output": lambda given: given.__imul__(0)}):
        assert not model.drop(x).any()  # which in evaluation returns what it is given
    assert x.all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_part_can_be_patched_alone(engine):
    model = make(engine)
    x = np.random.default_rng(2).normal(size=(1, 5, 8))
    x = x if engine == "numpy" else torch.tensor(x)
    for part, names in (
        (model.blocks[0], ("attn.out", "mlp", "output")),
        (model.blocks[0].attn, ("out", "scores", "weights", "q_proj", "output")),
    ):
        plain = part(x)
        for name in names:
            with patch(part, {name: lambda value: value * 3}) as times:
                assert abs(part(x) - plain).max() > 1e-3
            assert times == {name: 1}


WRONG = [
    ({"blocks.0.mpl": 0}, "unknown name 'blocks.0.mpl': did you mean 'blocks.0.mlp'?"),
    ({"blocks.1.attn.outs": 0}, "did you mean 'blocks.1.attn.out'?"),
    ({"": 0}, "unknown name '': capture(model) shows the names"),
    ({"blocks": 0}, "unknown name 'blocks': did you mean 'blocks.1'?"),
    ({"drop": [0.0]}, "changes['drop'] is a list and must be an array, a tensor or a function"),
    ({"drop": 0.0}, "changes['drop'] is a float and must be an array"),
    (["drop"], "changes is a list and must be a dict: {name: value or function}"),
    (
        {"drop": np.zeros((2, 6, 7))},
        "the value for 'drop' has shape (2, 6, 7) and must have (2, 6, 8): to change a part of it, "
        "give a function",
    ),
    ({"drop": lambda x: x[0]}, "the value for 'drop' has shape (6, 8) and must have (2, 6, 8)"),
    ({"drop": lambda x: None}, "the function for 'drop' returned None: end it with return"),
    ({"drop": lambda x: 0.0}, "the value for 'drop' has shape () and must have (2, 6, 8)"),
    ({"drop": np.zeros((2, 6, 8), np.float32)}, "use .astype('float64')"),
    ({"drop": np.zeros((2, 6, 8), int)}, "the value for 'drop' is int64 and must be"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(engine, changes, message):
    model = make(engine)
    with pytest.raises(ValueError, match=re.escape(message)) as caught, patch(model, changes):
        run(model, CLEAN)
    assert "\n" not in str(caught.value)


def test_a_tensor_is_no_array_and_another_dtype_no_float64():
    for model, value, message in (
        (make(), torch.zeros(2, 6, 8).double(), "must be float64: give its .numpy()"),
        (
            make("torch"),
            torch.zeros(2, 6, 8),
            "is torch.float32 and must be torch.float64: use .to(",
        ),
        (make("torch"), torch.zeros(2, 6, 8).double().to("meta"), "it is on meta: use .to('cpu')"),
        (3, None, "model is a int and must be a Module of tinytx.manual or of PyTorch"),
    ):
        with (
            pytest.raises(ValueError, match=re.escape(message)) as caught,
            patch(model, {"drop": value}),
        ):
            run(model, CLEAN)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_patch_that_never_was_is_an_error(engine):
    model = make(engine)
    with (
        pytest.raises(ValueError, match=r"^'drop' was never replaced: call the model"),
        patch(model, {"drop": lambda x: x}),
    ):
        run(make(engine), CLEAN)  # another one


def test_no_backward_through_a_patched_model_of_numpy():
    model, other = make().train(), make().train()
    for one in (model, other):
        one.forward(CLEAN)
    with patch(model, {"drop": lambda x: 2 * x}):
        model.forward(CLEAN)
        with pytest.raises(ValueError, match="a patched model of NumPy has no backward: leave"):
            model.backward(np.ones((2, 6, 11)))
    for one in (model, other):  # the forward before the patch still waits for its own
        one.backward(np.ones((2, 6, 11)))
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(mine.grad, theirs.grad)
    with patch(model, {"drop": lambda x: 2 * x}):
        model.forward(CLEAN)
    with pytest.raises(RuntimeError, match="call forward first"):
        model.backward(np.ones((2, 6, 11)))
    with capture_gradients(model) as seen:  # and the model trains on
        model.forward(CLEAN)
        model.backward(np.ones((2, 6, 11)))
    assert seen["blocks.0"].any()


def test_in_pytorch_a_gradient_goes_through_a_function_and_ends_at_a_value():
    model = make("torch")
    value = torch.tensor(captured(model, CLEAN)["blocks.0"])
    with patch(model, {"blocks.0": value}):
        model(torch.tensor(CLEAN)).square().sum().backward()
    assert model.blocks[0].mlp.up_proj.weight.grad is None
    assert model.blocks[1].mlp.up_proj.weight.grad.any()
    factor = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    with patch(model, {"blocks.0.attn.out": lambda x: factor * x}):
        model(torch.tensor(CLEAN)).square().sum().backward()
    losses = []
    for step in (1e-6, -1e-6):
        with patch(model, {"blocks.0.attn.out": lambda x, f=1 + step: f * x}):
            losses.append(np.square(run(model, CLEAN)).sum())
    assert factor.grad.item() == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6)


def test_a_hook_of_somebody_else_is_heard_and_stays():
    model = make("torch")
    plain = captured(model, CLEAN)["blocks.0.mlp"]
    handle = model.blocks[0].mlp.register_forward_hook(lambda _, __, out: 2 * out)
    with patch(model, {"blocks.0.mlp": lambda x: x + 1}), capture(model) as seen:
        run(model, CLEAN)
    close(seen["blocks.0.mlp"], 2 * plain + 1)
    close(captured(model, CLEAN)["blocks.0.mlp"], 2 * plain)
    handle.remove()


def test_a_function_of_the_engine_that_was_replaced_is_the_one_that_runs(monkeypatch):
    model = make()
    softmax = numpy_attention.softmax_forward

    def hard(scores, mask=None):
        return softmax(100 * scores, mask)

    monkeypatch.setattr(numpy_attention, "softmax_forward", hard)
    want = run(model, CLEAN)
    assert abs(want - run(make("torch"), CLEAN)).max() > 1e-3
    with patch(model, {"blocks.0.attn.weights": lambda x: x}):
        np.testing.assert_array_equal(run(model, CLEAN), want)


def test_an_attention_of_ones_own_keeps_its_inside_to_itself():
    model = make()
    attn = model.blocks[0].attn
    right = attn.forward
    attn.forward = lambda x, mask=None, remember=None: right(x, mask, remember)
    with (
        pytest.raises(ValueError, match=r"unknown name 'blocks.0.attn.out': did you mean"),
        patch(model, {"blocks.0.attn.out": lambda x: x}),
    ):
        pass
    mine = attn.forward
    with patch(model, {"blocks.0.attn": lambda x: 0 * x}), capture(model) as seen:
        run(model, CLEAN)
    assert not seen["blocks.0.attn"].any()
    assert seen["blocks.0.attn.weights"].any()  # what forward kept can still be seen
    assert attn.forward is mine


def test_traced_graphs_are_patched_like_what_they_were_made_of():
    model = torch.nn.Sequential(torch.nn.Embedding(11, 4), torch.nn.Linear(4, 3))
    graph = torch.fx.symbolic_trace(model)
    with patch(graph, {"1": lambda x: 2 * x}), capture(graph) as seen:
        graph(torch.tensor(CLEAN))
    want = 2 * model(torch.tensor(CLEAN)).detach().numpy()
    np.testing.assert_allclose(seen["output"], want, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_a_scripted_model_is_refused():
    scripted = torch.jit.script(torch.nn.Linear(4, 3))
    with (
        pytest.raises(ValueError, match="model is scripted and asks no hooks"),
        patch(scripted, {}),
    ):
        pass


def test_half_precision_takes_what_was_captured():
    model = make("torch").bfloat16()
    seen = captured_float(model)
    for name in ("drop", "blocks.0.attn.out"):
        with patch(model, {name: seen[name]}), torch.no_grad():
            out = model(torch.tensor(CLEAN)).float().numpy()
        np.testing.assert_allclose(out, seen["logits"], atol=0.3)
    with (
        pytest.raises(ValueError, match=re.escape("use .astype('float32')")),
        patch(model, {"drop": seen["drop"].astype(np.float64)}),
    ):
        model(torch.tensor(CLEAN))


def captured_float(model):
    with capture(model) as seen, torch.no_grad():
        model(torch.tensor(CLEAN))
    return seen


def test_compiled_code_would_go_past_the_hooks():
    model = make("torch")
    compiled = torch.compile(model, backend="eager")
    compiled(torch.tensor(CLEAN))
    with (
        pytest.raises(ValueError, match=r"patch and call model._orig_mod, which"),
        patch(compiled, {}),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"never replaced.*compiled"),
        patch(model, {"drop": lambda x: 0 * x}),
    ):
        compiled(torch.tensor(CLEAN))
    in_place = make("torch")
    in_place.compile(backend="eager")
    with (
        pytest.raises(ValueError, match=r"copy.deepcopy\(model\), which is not"),
        patch(in_place, {}),
    ):
        pass


@pytest.mark.parametrize("engine", ENGINES)
def test_generation_is_patched_and_the_fast_decoder_is_not_asked(engine):
    model = make(engine)
    prompt, steps = [1, 6, 1, 10], 4

    def turn(x):
        return -x

    changes = {"blocks.0.attn.out": turn, "blocks.1.mlp": turn}
    plain = generate(model, [prompt], steps, temperature=0)
    with patch(model, changes) as times:
        assert not engine_of(model).is_untouched()
        written = generate(model, [prompt], steps, temperature=0)
        assert times["blocks.1.mlp"] >= steps
        ids = list(prompt)
        for _ in range(steps):
            ids.append(int(run(model, np.array([ids]))[0, -1].argmax()))
    assert list(np.ravel(written)[-steps:]) == ids[-steps:]
    assert list(np.ravel(plain)[-steps:]) != ids[-steps:]
    assert engine_of(model).is_untouched()
    np.testing.assert_array_equal(generate(model, [prompt], steps, temperature=0), plain)


def gpt2():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=9, n_layer=2, n_head=3, n_embd=12, bos_token_id=None,
        eos_token_id=None,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    return model.double()


def test_gpt2_of_transformers_is_patched_like_ours(tmp_path):
    theirs = gpt2()
    theirs.save_pretrained(tmp_path)
    ours = GPT.from_pretrained(tmp_path).double()
    close(run(theirs, CLEAN), run(ours, CLEAN))
    clean = captured(theirs, CLEAN)
    pairs = {
        "transformer.drop": "drop", "transformer.h.0.mlp": "blocks.0.mlp",
        "transformer.h.1.mlp": "blocks.1.mlp", "transformer.h.1.attn.c_proj": "blocks.1.attn",
        "transformer.h.0.ln_2": "blocks.0.ln_2", "lm_head": "lm_head",
    }  # fmt: skip
    for name, mine in pairs.items():
        with patch(theirs, {name: clean[name]}), capture(theirs) as seen:
            there = run(theirs, CORRUPTED)
        with patch(ours, {mine: clean[name]}):
            close(run(ours, CORRUPTED), there, name)
        np.testing.assert_array_equal(seen[name], clean[name])
    with patch(theirs, {"transformer.drop": clean["transformer.drop"]}):
        close(run(theirs, CORRUPTED), run(ours, CLEAN))
    with (
        pytest.raises(ValueError, match="attn' puts out a tuple and only an array or a tensor"),
        patch(theirs, {"transformer.h.0.attn": lambda x: x}),
    ):
        run(theirs, CLEAN)


def test_a_function_that_returns_a_list_is_told_to_return_an_array():
    says = r"^the value for 'logits' is list and must be float64: use np.array\(…, 'float64'\)$"
    model = make()
    with pytest.raises(ValueError, match=says), patch(model, {"logits": lambda v: v.tolist()}):
        model(CLEAN)
