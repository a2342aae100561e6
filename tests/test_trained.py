"""The models that ship do what the chapters say of them."""

import numpy as np
import pytest

from tinytx.data.listops import splits
from tinytx.evaluation.listops import accuracy, predict
from tinytx.trained import NAMES, load_trained


def test_listops_answers_every_unseen_input():
    trained = load_trained("listops")
    unseen = splits(seed=trained.meta["identity"]["train"]["seed"]).test
    assert set(accuracy(unseen, predict(trained.model, unseen)).values()) == {1.0}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_ready_for_use(name):
    trained = load_trained(name)
    assert not trained.model.training
    assert {p.data.dtype for p in trained.model.parameters()} == {np.dtype(np.float64)}


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"^name is 'poet' and must be one of 'listops'$"):
        load_trained("poet")
