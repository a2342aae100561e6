"""Who is sent where, against the routers' weights; and models that send nobody."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from interventions import make, twin_of

from tinytx.inspect import ablate, capture, expert_choices, expert_loads, patch

IDS = np.array([[1, 6, 9, 4, 0], [3, 5, 8, 2, 3]])


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_choices_are_those_that_the_router_makes_and_loads_are_their_means(norm):
    ours = make(n_expert=4, n_active=2, norm=norm, padding_id=0)
    for model in (ours, twin_of(ours)):
        choices = expert_choices(model, IDS)
        assert choices.shape == (2, 2, 5, 4)
        assert choices.dtype == bool
        with capture(model.eval()) as seen, torch.no_grad():
            model(IDS if model is ours else torch.tensor(IDS))
        for i in range(2):
            before = seen[f"blocks.{i}.ln_2" if norm == "pre" else f"blocks.{i}.ln_1"]
            weight = ours.blocks[i].mlp.router.weight.data
            scores = np.einsum("btd,ed->bte", before, weight)
            for row, mine in zip(scores.reshape(10, 4), choices[i].reshape(10, 4), strict=True):
                assert {*np.flatnonzero(mine)} == {*np.argsort(row)[2:]}
            for e in range(4):  # and each expert was given so many
                assert len(seen[f"blocks.{i}.mlp.experts.{e}"]) == choices[i, ..., e].sum()
        loads = expert_loads(model, torch.tensor(IDS))
        np.testing.assert_allclose(loads, [c.reshape(10, 4).mean(0) for c in choices])
        np.testing.assert_allclose(loads.sum(-1), 2)
        assert choices[:, IDS != 0].shape == (2, 9, 4)


def test_a_patched_router_is_seen():
    for model in (make(n_expert=3), twin_of(make(n_expert=3))):
        if isinstance(model, torch.nn.Module):
            scores = torch.zeros(10, 3, dtype=torch.float64)
        else:
            scores = np.zeros((10, 3))
        scores[:, 2] = 1
        with patch(model, {"blocks.1.mlp.router": scores}):
            loads = expert_loads(model, IDS)
        np.testing.assert_array_equal(loads[1], [1, 0, 1])
        assert not np.array_equal(loads[0], [1, 0, 1])


def test_an_expert_can_be_left_out():
    """What it would have added is missing, and nothing else."""
    for model in (make(n_expert=3, n_layer=1), twin_of(make(n_expert=3, n_layer=1))):
        loads = expert_loads(model, IDS)[0]
        with capture(model) as seen, torch.no_grad():
            model(IDS if not isinstance(model, torch.nn.Module) else torch.tensor(IDS))
        without = []
        for e in range(3):
            with ablate(model, [f"blocks.0.mlp.experts.{e}"]), capture(model) as less:
                model(IDS if not isinstance(model, torch.nn.Module) else torch.tensor(IDS))
            moved = (abs(less["blocks.0.mlp"] - seen["blocks.0.mlp"]).max(-1) > 1e-9).mean()
            assert moved == pytest.approx(loads[e])
            without.append(seen["blocks.0.mlp"] - less["blocks.0.mlp"])
        np.testing.assert_allclose(sum(without), seen["blocks.0.mlp"], atol=1e-12)


def test_models_without_experts_are_refused():
    for model in (make(), twin_of(make())):
        for function in (expert_choices, expert_loads):
            with pytest.raises(ValueError, match=r"^config.n_expert is None: in a model without"):
                function(model, IDS)
    with pytest.raises(ValueError, match=r"^model is a Linear and must be a GPT of this package"):
        expert_loads(torch.nn.Linear(2, 2), IDS)
