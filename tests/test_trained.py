"""The models that ship do what is said of them."""

from importlib.resources import files

import numpy as np
import pytest

from tinytx.data import tales
from tinytx.data.batches import rows_of
from tinytx.data.listops import splits
from tinytx.data.raven import raven
from tinytx.evaluation import recall
from tinytx.evaluation.listops import accuracy, predict
from tinytx.recipes.raven import all_windows
from tinytx.recipes.texts import HELD_OUT
from tinytx.trained import MADE, NAMES, load_trained
from tinytx.training import mean_loss


def test_listops_answers_every_unseen_input():
    trained = load_trained("listops")
    unseen = splits(seed=trained.meta["identity"]["train"]["seed"]).test
    assert set(accuracy(unseen, predict(trained.model, unseen)).values()) == {1.0}


def test_raven_has_the_loss_that_is_said():
    trained = load_trained("raven")
    ids = np.array(trained.tokenizer.encode(raven()))
    assert mean_loss(trained.model, all_windows(ids, 8)) == pytest.approx(0.854, abs=5e-4)


def held_out(tokenizer, n):
    """Return stories that were not trained on, as rows, and the exact loss of all their tokens."""
    stories = tales.stories(n, HELD_OUT)
    ids = [tales.document(tokenizer, story) for story in stories]
    exact = -sum(map(tales.log_prob, stories)) / sum(len(one) - 1 for one in ids)
    return rows_of(ids, 480), exact


def test_tales_is_near_the_exact_entropy():
    """Scored in float32, as it was trained, on stories held out; each from its beginning."""
    trained = load_trained("tales", np.float32)
    (ids, targets), exact = held_out(trained.tokenizer, 100)
    loss = mean_loss(
        trained.model, [(ids[i : i + 20], targets[i : i + 20]) for i in (0, 20, 40, 60, 80)]
    )
    assert exact < loss < 1.03 * exact
    settings = trained.meta["identity"]["data"]
    assert settings["stories"] < HELD_OUT  # no story's seed is in both


def test_draft_has_the_loss_that_is_said_and_the_tokens_of_tales():
    trained, tales_too = load_trained("draft", np.float32), load_trained("tales", np.float32)
    assert trained.tokenizer.merges == tales_too.tokenizer.merges
    (ids, targets), _ = held_out(trained.tokenizer, 100)
    loss = mean_loss(
        trained.model, [(ids[i : i + 20], targets[i : i + 20]) for i in range(0, 100, 20)]
    )
    assert loss == pytest.approx(0.6046, abs=5e-4)


def test_tales_looks_back():
    """It knows what was told, and does not when it sees the last words only."""
    trained = load_trained("tales", np.float32)
    found = recall(trained.model, trained.tokenizer, n=40)
    assert found.n > 300
    assert found.whole > 0.99
    assert found.near < 0.2


def test_each_says_how_it_was_made():
    """Command, seed, date and score; the settings are those that the file itself holds."""
    assert tuple(MADE) == NAMES
    for name, made in MADE.items():
        assert made.command == f"tinytx train {name}"
        assert load_trained(name).meta["identity"]["train"]["seed"] == made.seed
        assert made.score


def test_all_are_small():
    folder = files("tinytx.trained")
    sizes = {name: len(folder.joinpath(f"{name}.safetensors").read_bytes()) for name in NAMES}
    assert sum(sizes.values()) < 4_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_ready_for_use(name):
    trained = load_trained(name)
    assert not trained.model.training
    assert {p.data.dtype for p in trained.model.parameters()} == {np.dtype(np.float64)}


def test_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"^name is 'poet' and must be one of 'raven', 'listops', "
    ):
        load_trained("poet")
