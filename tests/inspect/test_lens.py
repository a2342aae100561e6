"""What the head reads off the stream, and what each part wrote there."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch
from interventions import CLEAN, CORRUPTED, ENGINES, KINDS, PRE, close, make, run, twin_of

from tinytx.inspect import ablate, attribute, capture, logit_lens, patch
from tinytx.pytorch import GPT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_row_is_what_the_model_says(engine, kind):
    model = make(engine, **KINDS[kind])
    lens = logit_lens(model, CLEAN)
    assert lens.shape == (3, 2, 6, 11)
    close(lens[-1], run(model, CLEAN))
    assert abs(lens[0] - lens[1]).max() > 1e-2 < abs(lens[1] - lens[2]).max()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_is_a_model_whose_later_blocks_add_nothing(engine, kind):
    model = make(engine, **KINDS[kind])
    lens = logit_lens(model, CLEAN)
    if kind == "post":  # there a block that adds nothing still normalizes
        with patch(model, {"blocks.1": capture_of(model, "blocks.0")}):
            close(run(model, CLEAN), lens[1])
        return
    for depth in range(3):
        branches = [f"blocks.{i}.{part}" for i in range(depth, 2) for part in ("attn", "mlp")]
        with ablate(model, branches):
            close(run(model, CLEAN), lens[depth], str(depth))


def capture_of(model, name):
    with capture(model) as seen:
        run(model, CLEAN)
    return seen[name]


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_read_the_same(kind):
    ours = make(**KINDS[kind])
    close(logit_lens(twin_of(ours), torch.tensor(CLEAN)), logit_lens(ours, CLEAN.tolist()))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_lens_sees_a_patch_and_leaves_the_model_alone(engine):
    model = make(engine, dropout=0.5).train()
    still = make(engine)
    close(logit_lens(model, CLEAN), logit_lens(still, CLEAN))
    assert model.training
    with ablate(still, ["blocks.1.mlp"]):
        lens = logit_lens(still, CLEAN)
        close(lens[-1], run(still, CLEAN))
    close(lens[:2], logit_lens(still, CLEAN)[:2])
    assert abs(lens[2] - logit_lens(still, CLEAN)[2]).max() > 1e-3
    if engine == "numpy":  # a training step goes on as if nobody had looked
        other = make(engine, dropout=0.5).train()
        for one in (model, other):
            one.rng.bit_generator.state = np.random.default_rng(3).bit_generator.state
            one.forward(CLEAN)
        logit_lens(model, CLEAN)
        for one in (model, other):
            one.backward(np.ones((2, 6, 11)))
        for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
            np.testing.assert_array_equal(mine.grad, theirs.grad)


@pytest.mark.parametrize("kind", PRE)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("position", [-1, 0, 3, np.array([2, 5])], ids=str)
def test_the_parts_add_up_to_the_logit(engine, kind, position):
    model = make(engine, **KINDS[kind])
    rows, logits = np.arange(2), run(model, CLEAN)
    for target in (3, np.array([0, 9])):
        parts = attribute(model, CLEAN, target, position)
        close(sum(parts.values()), logits[rows, position, target])
        close(parts.total, logits[rows, position, target])
        parts = attribute(model, CLEAN, target, position, against=[4, 1])
        close(sum(parts.values()), logits[rows, position, target] - logits[rows, position, [4, 1]])
    count = 1 + 2 * 3 + 2 + 2 * model.config.bias
    count += "pos_emb" in parts  # the token's own part is the first
    count += model.config.bias and model.config.norm_kind == "layer"  # the final norm's
    assert ("pos_emb" in parts) == model.config.adds_positions
    assert len(parts) == count
    assert parts.heads().shape == (2, 3, 2)
    close(parts.heads()[1, 2], parts["blocks.1.attn.out.2"])
    assert min(abs(value).max() for value in parts.values()) > 1e-4


@pytest.mark.parametrize("kind", PRE)
def test_both_engines_split_alike(kind):
    ours = make(**KINDS[kind])
    mine, theirs = (attribute(one, CLEAN, 3, 4, against=7) for one in (ours, twin_of(ours)))
    assert list(mine) == list(theirs)
    for name, value in mine.items():
        close(theirs[name], value, name)


@pytest.mark.parametrize("kind", PRE)
def test_a_part_is_what_the_logit_loses_if_the_norm_is_held(kind):
    """Taken from the stream by autograd: the derivative by a part, with the division detached."""
    model = make("torch", **KINDS[kind])
    with capture(model) as seen:
        run(model, CLEAN)
    x = torch.tensor(seen["blocks.1"][:, -1])
    rms = model.config.norm_kind == "rms"
    centred = x if rms else x - x.mean(-1, keepdim=True)
    size = (centred.square().mean(-1, keepdim=True) + model.config.norm_eps).sqrt()
    stream = x.clone().requires_grad_()
    moved = stream if rms else stream - stream.mean(-1, keepdim=True)
    y = moved / size * model.ln_f.weight
    (y @ model.lm_head.weight[3]).sum().backward()
    parts = attribute(model, CLEAN, 3)
    reads = stream.grad.numpy()
    token = model.tok_emb.weight.detach().numpy()[CLEAN[:, -1]]
    close(parts["tok_emb"], (token * reads).sum(-1) * (8**0.5 if kind == "sinusoidal" else 1))
    close(parts["blocks.0.mlp"], (seen["blocks.0.mlp"][:, -1] * reads).sum(-1))
    out = seen["blocks.1.attn.out"][:, 2, -1]  # of head 2
    written = out @ model.blocks[1].attn.o_proj.weight.detach().numpy()[:, 8:].T
    close(parts["blocks.1.attn.out.2"], (written * reads).sum(-1))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_direction_is_taken_as_it_is(engine):
    model = make(engine)
    head = make().lm_head.weight.data
    want = attribute(model, CLEAN, 3, against=5)
    for direction in (head[3] - head[5], np.stack([head[3] - head[5]] * 2)):
        parts = attribute(model, CLEAN, direction)
        for name, value in want.items():
            close(parts[name], value, name)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_switched_off_adds_nothing_and_the_rest_adds_up(engine):
    model = make(engine)
    with ablate(model, [(0, 1), "blocks.1.mlp"]):
        parts, logits = attribute(model, CLEAN, 3), run(model, CLEAN)
    assert not parts["blocks.0.attn.out.1"].any()
    assert not parts["blocks.1.mlp"].any()
    close(sum(parts.values()), logits[:, -1, 3])


def test_float32_adds_up_to_its_own_accuracy():
    model = make("torch").float()
    parts = attribute(model, CLEAN, 3)
    np.testing.assert_allclose(
        sum(parts.values()), run(model, CLEAN)[:, -1, 3], rtol=1e-5, atol=1e-5
    )
    half = attribute(make("torch").bfloat16(), CLEAN, 3)
    np.testing.assert_allclose(half["blocks.0.mlp"], parts["blocks.0.mlp"], atol=0.1)


WRONG = [
    ({"target": 11}, "target is 11 and must be from 0 to 10"),
    ({"target": [0, -1]}, "target is -1 and must be from 0 to 10"),
    ({"target": [1, 2, 3]}, "target has shape (3,) and must be an integer, or 2 of them"),
    ({"target": 0.5}, "target is a direction of shape () and must have (8,) or (2, 8)"),
    ({"target": "a"}, "target is 'a' and must be an integer, or 2 of them, one a row"),
    ({"position": 6}, "position is 6 and must be from -6 to 5"),
    ({"position": 0.5}, "position is 0.5 and must be an integer"),
    ({"against": 99}, "against is 99 and must be from 0 to 10"),
    ({"ids": np.array([[11]])}, "ids holds 11 and must be from 0 to 10"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(engine, given, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        attribute(make(engine), **{"ids": CLEAN, "target": 3, **given})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_sum_is_refused(engine):
    with pytest.raises(ValueError, match=r"config.norm is 'post' and must be 'pre' for attribute"):
        attribute(make(engine, norm="post"), CLEAN, 3)
    models = [make(engine)] if engine == "numpy" else [make(engine), make(engine).float()]
    for model, name in itertools.product(models, ("blocks.0", "blocks.1.attn", "ln_f")):
        with (
            patch(model, {name: lambda x: 2 * x}),
            pytest.raises(ValueError, match="the parts do not add up to the logit: a whole block"),
        ):
            attribute(model, CLEAN, 3)


def test_heads_in_pieces_are_shown_by_pytorch_alone():
    wanted = attribute(make(), CLEAN, 3)["blocks.1.attn.out.2"]
    with pytest.raises(ValueError, match=r"what its heads read; in pieces .*use_pieces\(None\)"):
        attribute(make().use_pieces(2), CLEAN, 3)
    close(attribute(make("torch").use_pieces(2), CLEAN, 3)["blocks.1.attn.out.2"], wanted, "pieces")


def test_other_models_are_refused_with_the_way_out():
    for model, way in (
        (torch.nn.Linear(2, 2), "GPT.from_pretrained"),
        (make().blocks[0], "GPT.from_pretrained"),
        (None, "GPT.from_pretrained"),
        (torch.compile(make("torch"), backend="eager"), "give model._orig_mod"),
    ):
        for function in (logit_lens, lambda m, ids: attribute(m, ids, 0)):
            with pytest.raises(ValueError, match=re.escape(way)) as caught:
                function(model, CORRUPTED)
            assert "\n" not in str(caught.value)
    assert logit_lens(GPT(make().config), CORRUPTED).shape == (3, 2, 6, 11)
