"""The proof ladder, rung by rung, over a grid of configurations, in float64 to 1e-10."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import pytest
import torch

from tinytx import manual
from tinytx.generation import generate
from tinytx.inspect import compare, rungs
from tinytx.inspect.ladder import LadderReport, _difference, climb
from tinytx.inspect.rungs import RUNGS
from tinytx.inspect.twins import Twins

from .twins import IDS, LEFT, TARGETS, numpy_model, pair, twin_of

CHOICES = list(
    itertools.product(
        ("pre", "post"),
        ("learned", "sinusoidal"),
        (True, False),
        ({"causal": True}, {"causal": False}, {"causal": True, "padding_id": 0}),
    )
)
# The other choices take turns, so that each meets many of the combinations above.
TURNS = list(itertools.product(("gelu", "relu", "gelu_exact"), (True, False), (1, 3)))
GRID = [
    {"norm": norm, "positions": positions, "tie_weights": tie, **masks,
     "activation": TURNS[5 * i % 12][0], "bias": TURNS[5 * i % 12][1],
     "n_head": TURNS[5 * i % 12][2], "n_layer": 1 + i % 3}
    for i, (norm, positions, tie, masks) in enumerate(CHOICES)
]  # fmt: skip
SHAPES = [
    {"d_head": 8, "d_model": 7},
    {"n_head": 4, "d_model": 8, "d_head": None, "d_ff": None},
    {"vocab_size": 70, "context_length": 6, "dropout": 0.3},
]


@lru_cache
def twins(i: int) -> Twins:
    changes = (GRID + SHAPES)[i]
    return Twins(*pair(**changes), LEFT if "padding_id" in changes else IDS, TARGETS)


def compared(rung: str, model: manual.GPT) -> int:
    """How many tensors a rung has to look at: none may be left out."""
    blocks = [2 + len(block.parameters()) for block in model.blocks]
    # Within a block: of 11 layers y and dx, and parameters once alone, and those of attn and mlp
    # once more within these.
    projections = 6 * len(model.blocks[0].mlp.up_proj.parameters())
    norms = 2 * len(model.blocks[0].ln_1.parameters())
    layers = len(model.blocks) * (2 * 11 + 2 * projections + norms)
    # Around the blocks: an embedding has no dx.
    outside = [model.pos_emb, model.lm_head] + ([model.ln_f] if model.config.norm == "pre" else [])
    layers += 2 + sum(2 + len(layer.parameters()) for layer in outside)
    named = len(model.state_dict())
    return {
        "names and shapes": named, "weights": named, "operations": 57, "layers": layers,
        "blocks": sum(blocks), "logits": 3, "gradients": len(model.parameters()),
        "optimizer step": 2 * len(model.parameters()), "loss curve": 2,
        "cached decoding": 6 if model.config.causal else 0, "sampled ids": 8,
    }[rung]  # fmt: skip


@pytest.mark.parametrize("i", range(len(GRID + SHAPES)), ids=lambda i: str((GRID + SHAPES)[i]))
@pytest.mark.parametrize("rung", RUNGS)
def test_rung(rung, i):
    found = climb(rung, twins(i))
    assert found.passed, found.difference
    assert found.checked == compared(rung, twins(i).ours)
    assert found.error <= 1e-10


def test_the_grid_meets_every_choice():
    for field in ("norm", "positions", "tie_weights", "causal", "activation", "bias", "n_head"):
        values = [changes[field] for changes in GRID]
        assert min(values.count(value) for value in set(values)) >= 4, field
        assert len(set(values)) == (3 if field == "activation" else 2)


def test_one_position_one_row_and_a_full_context(capsys):
    for ids in (IDS[:1, :1], IDS[:, :1], IDS[:1], np.hstack([IDS, IDS[:, :1]])):
        compare(*pair(), (ids, ids)).require()
    assert capsys.readouterr().out.count("ok ") == 4 * len(RUNGS)


def test_models_in_evaluation_and_with_gradients_from_earlier_are_compared_all_the_same(capsys):
    ours, theirs = pair(n_layer=1)
    ours.backward(np.ones_like(ours.forward(IDS)))
    theirs(torch.tensor(IDS)).sum().backward()
    compare(ours.eval(), theirs, (IDS, TARGETS)).require()
    assert capsys.readouterr().out


def test_a_tolerance_is_that_of_every_rung_and_the_largest_error_is_kept(capsys):
    ours, theirs = pair(n_layer=1)
    with torch.no_grad():
        theirs.tok_emb.weight[0, 0] *= 1 + 1e-6
    assert compare(ours, theirs, (IDS, TARGETS)).difference.startswith("weights: ")
    assert compare(ours, theirs, (IDS, TARGETS), tolerance=0.01).passed
    capsys.readouterr()
    found = climb("weights", Twins(ours, theirs, IDS, TARGETS), 1e-3)
    assert 1e-8 < found.error <= 1e-6
    assert found.checked == len(ours.state_dict())


def test_what_differs_between_two_numbers_or_other_things():
    def differs(ours, theirs, *others):
        group = {"a": (ours, theirs), **{str(i): (each, each) for i, each in enumerate(others)}}
        return _difference("a", ours, theirs, group, 1e-10)

    small, large = np.array([0.0, 1.0]), np.array([[-1000.0]])
    near = np.array([1e-9, 1.0])
    assert differs(small, near)[0] == pytest.approx(1e-7)
    assert differs(small, near, large) == pytest.approx((1e-10, ""), abs=1e-16)
    error, said = differs(small, np.array([0.0, 0.5]))
    assert error == pytest.approx(0.5 / 1.01)
    assert said == "a[1]: NumPy has 1, PyTorch 0.5 (relative error 5.0e-01)"
    assert differs(small * 0, small * 0) == (0.0, "")
    assert differs(small[:0], small[:0]) == (0.0, "")
    assert differs(small, small[None])[1] == "a: NumPy has shape (2,), PyTorch (1, 2)"
    assert differs(np.array(1.0), np.array(2.0))[1].startswith("a: NumPy has 1, PyTorch 2 (rel")
    assert differs(3, 3) == (0.0, "")
    assert differs(1, True)[1] == "a: NumPy has 1, PyTorch True"
    assert differs(None, small)[1] == "a: NumPy has nothing, PyTorch an array of shape (2,)"


def test_it_prints_the_ladder_and_returns_it(capsys):
    report = compare(*pair(), (IDS, TARGETS))
    assert isinstance(report, LadderReport)
    assert report.passed
    assert report.difference == ""
    assert report.require() is report
    assert capsys.readouterr().out == f"{report}\n"
    assert repr(report) == f"<LadderReport: {len(RUNGS)} of {len(RUNGS)} rungs passed>"
    assert [line.split()[0] for line in str(report).splitlines()] == ["ok"] * len(RUNGS)


def test_it_takes_tensors_and_changes_neither_model(capsys):
    ours, theirs = pair(dropout=0.2)
    ours.forward(IDS)  # a forward is waiting for its backward, and goes on waiting
    theirs.eval()
    before = ours.state_dict(), {n: p.clone() for n, p in theirs.state_dict().items()}
    state = ours.rng.bit_generator.state
    compare(ours, theirs, (torch.tensor(IDS), torch.tensor(TARGETS))).require()
    for name, value in before[0].items():
        np.testing.assert_array_equal(ours.state_dict()[name], value)
        assert torch.equal(theirs.state_dict()[name], before[1][name])
    assert ours.rng.bit_generator.state == state
    assert not theirs.training
    assert all(p.grad is None for p in theirs.parameters())
    ours.backward(np.ones((2, 6, 11)))
    assert capsys.readouterr().out


def test_single_precision_is_refused():
    ours, theirs = pair()
    with pytest.raises(ValueError, match=r"^manual is float32 and must be float64: rounding"):
        compare(numpy_model(np.float32), theirs, (IDS, TARGETS))
    with pytest.raises(ValueError, match=r"^pytorch is float32 and must be float64: rounding"):
        compare(ours, twin_of(numpy_model(np.float32)), (IDS, TARGETS))
    with pytest.raises(ValueError, match=r"^rung is 'layer' and must be one of 'names and shapes'"):
        climb("layer", twins(0))


def test_a_cache_that_forgets_where_it_is_comes_to_light(capsys):
    ours, theirs = pair()
    learned = type(theirs.pos_emb)
    theirs.pos_emb.__class__ = type(
        "Forgetful", (learned,), {"forward": lambda self, x, start=0: learned.forward(self, x)}
    )
    report = compare(ours, theirs, (IDS, TARGETS))
    assert report.difference.startswith("cached decoding: logits, PyTorch's with a cache, one by")
    assert report.left == ("sampled ids",)
    assert capsys.readouterr().out == f"{report}\n"
    assert repr(report) == f"<LadderReport: {len(RUNGS) - 2} of {len(RUNGS)} rungs passed>"


def test_what_both_engines_write_wrongly_with_a_cache_comes_to_light(monkeypatch):
    def wrong(model, prompts, n, cache=None, **choice):
        last = [row[-1:] if cache is None else row for row in prompts]  # forgets what came before
        return generate(model, last, n, cache=cache, **choice)

    monkeypatch.setattr(rungs, "generate", wrong)
    found = climb("sampled ids", twins(0))
    assert found.difference.startswith("ids, NumPy's with a cache")


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((IDS + 1, TARGETS), "ids holds 11 and must be from 0 to 10"),
        ((IDS - 1, TARGETS), "ids holds -1 and must be from 0 to 10"),
        ((IDS * 1.0, TARGETS), "ids is float64 and must be an array of integers"),
        (
            (IDS[0], TARGETS[0]),
            r"ids has shape \(6,\) and must be \(B, T\), T from 1 to context_le",
        ),
        (
            (np.tile(IDS, 2), np.tile(TARGETS, 2)),
            r"ids has shape \(2, 12\) and must be .*_length 7",
        ),
        ((IDS[:, :0], TARGETS[:, :0]), r"ids has shape \(2, 0\) and must be"),
        ((IDS, TARGETS[:1]), r"targets has shape \(1, 6\) and must have \(2, 6\)"),
        ((IDS, TARGETS + 2), "targets holds 12 and must be from 0 to 10"),
        ((IDS, TARGETS * 0 - 100), "targets has 12 positions, all of them ignore_index -100"),
        ((IDS, TARGETS * 1.0), "targets is float64 and must be an array of integers"),
        ((IDS, None), "targets is None and must be an array or a tensor of integers"),
        ((IDS,), r"batch is a tuple of 1 and must be a pair: \(ids, targets\)"),
        (IDS, r"batch is a ndarray and must be a pair: \(ids, targets\)"),
    ],
)
def test_a_batch_that_cannot_be_read_is_blamed_on_the_batch(batch, message, capsys):
    with pytest.raises(ValueError, match=f"^{message}"):
        compare(*pair(), batch)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (
            (1, 0),
            r"manual is a tinytx.pytorch GPT and must be a tinytx.manual GPT: swap the first t",
        ),
        ((1, 1), r"manual is a tinytx.pytorch GPT and must be a tinytx.manual GPT$"),
        ((0, 0), r"pytorch is a tinytx.manual GPT and must be a tinytx.pytorch GPT$"),
        ((2, 1), r"manual is a tinytx.manual Block and must be a tinytx.manual GPT$"),
        ((0, 3), r"pytorch is a NoneType and must be a tinytx.pytorch GPT$"),
    ],
)
def test_a_model_of_the_wrong_engine_is_named(order, message):
    ours, theirs = pair()
    models = (ours, theirs, ours.blocks[0], None)
    with pytest.raises(ValueError, match=f"^{message}"):
        compare(*(models[i] for i in order), (IDS, TARGETS))


def chunks_see_everything(theirs):
    """A chunk after a prefix gets no causal mask; one new token needs none."""
    right = theirs.mask
    theirs.mask = lambda ids, extra=None, cache=None, documents=None: (
        (None, False) if cache is not None and cache.length != 0 else right(ids, extra, cache)
    )


def unequal_rows_start_over(theirs):
    """Rows that have come unequally far all get position 0."""
    learned = type(theirs.pos_emb)
    theirs.pos_emb.__class__ = type("Forgetful", (learned,), {
        "forward": lambda self, x, start=0: learned.forward(
            self, x, start if isinstance(start, int) else 0)
    })  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "way"),
    [(chunks_see_everything, "two by two"), (unequal_rows_start_over, "from unequal rows")],
)
def test_other_mistakes_with_a_cache_come_to_light_too(spoil, way, capsys):
    ours, theirs = pair()
    spoil(theirs)
    report = compare(ours, theirs, (IDS, TARGETS))
    assert report.difference.startswith(f"cached decoding: logits, PyTorch's with a cache, {way}[")
    capsys.readouterr()


@pytest.mark.parametrize("leaf", ["attn.o_proj", "attn.v_proj", "mlp.up_proj", "mlp.down_proj"])
def test_a_difference_is_named_where_it_arises(leaf, capsys):
    ours, theirs = pair()
    layer = theirs.blocks[0].get_submodule(leaf)
    right = layer.forward
    layer.forward = lambda x: right(x) * 1.001
    report = compare(ours, theirs, (IDS, TARGETS))
    assert report.difference.startswith(f"layers: blocks.0.{leaf} y[")
    capsys.readouterr()


def test_a_rung_tells_its_largest_error_and_lets_no_nan_pass(monkeypatch):
    one, none = np.array([1.0, 2.0]), np.empty((0, 3))
    groups = {"a": (one, one + 2e-11), "empty": (none, none), "b": (one, one + 1e-11)}
    monkeypatch.setitem(RUNGS, "made up", lambda twins: [groups])
    found = climb("made up", twins(0))
    assert (found.passed, found.checked) == (True, 3)
    assert found.error == pytest.approx(2e-11 / 1.02, rel=1e-4)  # of 1 and a hundredth of 2
    groups["b"] = (np.array([1.0, np.nan]), one)
    assert climb("made up", twins(0)).difference.startswith("b[1]: NumPy has nan, PyTorch 2 ")


def test_a_climb_that_left_rungs_out_has_not_passed():
    assert LadderReport((), ()).passed
    assert not LadderReport((), ("weights",)).passed
