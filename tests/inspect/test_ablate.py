"""Heads and MLPs that are switched off, against the same done to the weights."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from interventions import CLEAN, CORRUPTED, ENGINES, KINDS, close, make, run, state, twin_of

from tinytx.generation import generate
from tinytx.inspect import ablate, capture
from tinytx.inspect.looking import look

OF = np.array([[2, 2, 8, 3, 9, 1], [7, 10, 5, 5, 1, 4], [4, 3, 2, 1, 6, 6]])


def without_columns(model, heads):
    """Return the model's logits with the columns of ``o_proj`` for some heads set to zero."""
    name = "blocks.{}.attn.o_proj.weight"
    before, after = ({k: np.array(v.tolist()) for k, v in model.state_dict().items()} for _ in "ab")
    for block, head in heads:
        after[name.format(block)][:, 4 * head : 4 * head + 4] = 0
    model.load_state_dict(after)
    logits = run(model, CLEAN)
    model.load_state_dict(before)
    return logits


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("heads", [[(0, 0)], [(1, 2)], [(0, 1), (0, 2), (1, 0)], []], ids=str)
def test_a_head_of_zeros_is_an_o_proj_without_its_columns(engine, kind, heads):
    model = make(engine, **KINDS[kind])
    plain, want = run(model, CLEAN), without_columns(model, heads)
    assert (abs(want - plain).max() > 1e-3) == bool(heads)
    with ablate(model, heads) as times:
        close(run(model, CLEAN), want)
    assert times == {f"blocks.{block}.attn.out": 1 for block, _ in heads}
    names = [f"blocks.{block}.attn.out.{head}" for block, head in heads]
    with ablate(model, names):
        close(run(model, CLEAN), want)
    close(run(model, CLEAN), plain)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("how", "of"), [("zero", None), ("mean", OF), ("resample", OF[:2])])
def test_only_what_is_named_changes_and_nothing_makes_up_for_it(engine, how, of):
    model = make(engine)
    plain, there = look(model, CLEAN), look(model, OF)
    with ablate(model, [(0, 1), "blocks.1.mlp"], how, of), capture(model) as seen:
        run(model, CLEAN)
    value = {"zero": 0, "mean": "mean", "resample": "there"}[how]
    for name, some in (("blocks.0.attn.out", [1]), ("blocks.1.mlp", slice(None))):
        if value == "mean":  # each position's own
            want = np.stack([there[name][:, some].sum(axis=0) / 3] * 2)
        elif value == "there":
            want = there[name][:2, some]
        else:
            want = 0 * plain[name][:, some]
        close(seen[name][:, some], want)
    for name in ("blocks.0.attn.weights", "blocks.0.attn.v_proj"):
        close(seen[name], plain[name])
    close(seen["blocks.0.attn.out"][:, [0, 2]], plain["blocks.0.attn.out"][:, [0, 2]])
    o_proj = make().blocks[0].attn.o_proj
    merged = seen["blocks.0.attn.out"].swapaxes(1, 2).reshape(2, 6, 12)
    close(seen["blocks.0.attn"], merged @ o_proj.weight.data.T + o_proj.bias.data)
    close(seen["blocks.1"] - seen["blocks.1.mlp"], seen["blocks.0"] + seen["blocks.1.attn"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("how", "of"), [("zero", None), ("mean", OF), ("resample", CORRUPTED)])
def test_both_engines_agree(kind, how, of):
    ours = make(**KINDS[kind])
    theirs, plain = twin_of(ours), run(ours, CLEAN)
    for heads in ([(0, 2), (1, 1)], ["blocks.0.mlp"], ["blocks.1.attn.weights", "blocks.0.attn"]):
        with ablate(ours, heads, how, of):
            by_hand = run(ours, CLEAN)
        tensors = None if of is None else torch.tensor(of)
        with ablate(theirs, heads, how, tensors):
            close(run(theirs, CLEAN), by_hand)
        assert abs(by_hand - plain).max() > 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_the_values_of_the_very_text_change_nothing(engine):
    model = make(engine)
    everything = [(i, h) for i in range(2) for h in range(3)] + ["blocks.0.mlp", "blocks.1.mlp"]
    plain = run(model, CLEAN)
    with ablate(model, everything, "resample", of=CLEAN):
        close(run(model, CLEAN), plain)
    for how in ("resample", "mean"):  # one row for all
        with ablate(model, everything, how, of=CLEAN[:1].tolist()):
            close(run(model, CLEAN)[0], plain[0])
            assert abs(run(model, CLEAN)[1] - plain[1]).max() > 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reference_is_the_model_as_it_is_on_entry_without_dropout(engine):
    model = make(engine, dropout=0.5).train()
    want = look(make(engine), OF)["blocks.1.mlp"].mean(axis=0)
    with ablate(model, ["blocks.1.mlp"], "mean", OF), capture(model) as seen:
        run(model, CLEAN)
    close(seen["blocks.1.mlp"], np.stack([want, want]))
    assert model.training
    model = make(engine)
    with ablate(model, ["blocks.0.mlp"]):
        changed = look(model, OF)["blocks.1.mlp"].mean(axis=0)
        with ablate(model, ["blocks.1.mlp"], "mean", OF), capture(model) as seen:
            run(model, CLEAN)
    close(seen["blocks.1.mlp"], np.stack([changed, changed]))
    assert abs(changed - want).max() > 1e-3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("how", ["mean", "resample"])
def test_what_was_captured_once_serves_as_the_ids_do(engine, how):
    model = make(engine)
    usual = look(model, OF[:2])
    for heads in ([(0, 1), (1, 2)], ["blocks.1.mlp"]):
        with ablate(model, heads, how, OF[:2]):
            want = run(model, CLEAN)
        with ablate(model, heads, how, usual):
            close(run(model, CLEAN), want)
        with ablate(model, ["blocks.0.mlp"]), ablate(model, heads, how, usual):
            run(model, CLEAN)
    close(usual["blocks.1.mlp"], look(model, OF[:2])["blocks.1.mlp"])  # read, not written
    with (
        pytest.raises(ValueError, match="'drop' puts out no array for of"),
        ablate(model, ["drop"], how, type(usual)()),
    ):
        pass


def test_a_part_that_is_off_gets_no_gradient_and_all_others_do():
    model = make("torch").train()
    with ablate(model, ["blocks.0.mlp", (1, 0)]):
        model(torch.tensor(CLEAN)).sum().backward()
    without = {name for name, one in model.named_parameters() if one.grad is None}
    every = {name for name, _ in model.named_parameters() if name.startswith("blocks.0.mlp.")}
    assert every
    assert without == {*every, *(f"blocks.0.ln_2.{end}" for end in ("weight", "bias"))}


@pytest.mark.parametrize("engine", ENGINES)
def test_generation_without_a_head(engine):
    model = make(engine)
    for head in range(3):
        with ablate(model, [(0, head), (1, head)]):
            written = np.ravel(generate(model, [CLEAN[0, :4].tolist()], 4, temperature=0))
            ids = CLEAN[0, :4].tolist()
            for _ in range(4):
                ids.append(int(run(model, np.array([ids]))[0, -1].argmax()))
        assert list(written[-4:]) == ids[-4:]
    with (
        pytest.raises(ValueError, match=r"give ids of as many positions, .*without a KV cache"),
        ablate(model, [(0, 1)], "mean", OF[:, :4]),
    ):
        generate(model, [CLEAN[0, :4].tolist()], 4, temperature=0)


WRONG = [
    ({"heads": [(2, 0)]}, "heads has (2, 0) and the block must be from 0 to 1"),
    ({"heads": [(-1, 0)]}, "heads has (-1, 0) and the block must be from 0 to 1"),
    ({"heads": [(0, 3)]}, "heads has (0, 3) and the head must be from 0 to 2"),
    ({"heads": [(0, -1)]}, "heads has (0, -1) and the head must be from 0 to 2"),
    ({"heads": ["blocks.0.attn.out.3"]}, "the head must be from 0 to 2"),
    ({"heads": (0, 1)}, "heads has 0 and must have pairs (block, head) or names"),
    ({"heads": [(0, 1, 2)]}, "must have pairs (block, head) or names"),
    ({"heads": [(0, 0.5)]}, "must have pairs (block, head) or names"),
    ({"heads": "blocks.0.mlp"}, "must be a list, such as [(0, 1), 'blocks.0.mlp']"),
    ({"heads": 3}, "heads is 3 and must be a list"),
    ({"heads": ["blocks.0.mpl"]}, "unknown name 'blocks.0.mpl': did you mean 'blocks.0.mlp'?"),
    ({"heads": ["blocks.0.mlp.1"]}, "unknown name 'blocks.0.mlp.1': did you mean"),
    ({"how": "means"}, "how is 'means' and must be one of 'zero', 'mean', 'resample'"),
    ({"how": "mean"}, "of is None and how='mean' needs the ids, (B, T), that the values come from"),
    ({"of": OF}, "of is given and how='zero' needs no ids"),
    (
        {"how": "mean", "of": OF[:, :5]},
        "the shape (1, 3, 5, 4) and the model gives it (2, 3, 6, 4)",
    ),
    ({"how": "resample", "of": OF}, "the shape (3, 3, 6, 4) and the model gives it (2, 3, 6, 4)"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(engine, given, message):
    model = make(engine)
    before = state(model)
    with (
        pytest.raises(ValueError, match=re.escape(message)) as caught,
        ablate(model, **{"heads": [(0, 1)], **given}),
    ):
        run(model, CLEAN)
    assert "\n" not in str(caught.value)
    assert state(model) == before


@pytest.mark.parametrize("one", [(0, 1), "blocks.0.attn.out.1", "blocks.0.attn.weights"])
def test_heads_in_pieces_are_refused_with_the_way_out(one):
    with (
        pytest.raises(ValueError, match=r"which is not there; in pieces .*use_pieces\(None\)"),
        ablate(make().use_pieces(2), [one]),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"did you mean 'blocks\.0\.attn\.q_proj'"),
        ablate(make().use_pieces(2), ["blocks.0.attn.qproj"]),
    ):
        pass


def test_other_models_take_names():
    model = torch.nn.Sequential(torch.nn.Embedding(11, 4), torch.nn.Linear(4, 4)).double()
    ids = torch.tensor(CLEAN)
    with ablate(model, ["1"]):
        assert not model(ids).any()
    with ablate(model, ["0"], "resample", of=CORRUPTED):
        close(model(ids).detach(), model[1](model[0](torch.tensor(CORRUPTED))).detach())
    with (
        pytest.raises(ValueError, match="has no blocks of this package: give names"),
        ablate(model, [(0, 1)]),
    ):
        pass
