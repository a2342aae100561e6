"""The recorded runs are what they are said to be: whole, small, and the beginning of real ones."""

from importlib.resources import files

import numpy as np
import pytest

from tinytx.data import raven
from tinytx.recipes import record, stories
from tinytx.recipes.likeness import score
from tinytx.recipes.moments import means
from tinytx.tokenizers.listops import OPERATIONS


def test_the_file_is_small_and_holds_every_run():
    text = files("tinytx.trained").joinpath("training.json").read_text("utf-8")
    assert len(text.encode()) < 400_000
    assert all(record.recorded(name) for name in record.RECORDINGS)


def test_an_unknown_name_is_one_clear_line():
    with pytest.raises(ValueError, match=r"^name is 'rave' and must be one of raven, listops"):
        record.recorded("rave")


def test_the_raven_begins_as_recorded():
    live, kept = record.raven(steps=1000), record.recorded("raven")
    np.testing.assert_allclose(live["first"], kept["first"], atol=1e-3)
    assert live["replay"]["evaluated"] == kept["replay"]["evaluated"][:5]
    assert kept["poem"][-1] == pytest.approx(0.854, abs=5e-3)  # the model that ships


def test_list_operations_begin_as_recorded_and_end_right():
    live, kept = record.listops(steps=200), record.recorded("listops")
    np.testing.assert_allclose(live["first"][:50], kept["first"][:50], atol=1e-2)
    assert {shares[-1] for shares in kept["accuracy"].values()} == {1.0}
    assert set(kept["late"]["counts"]) == set(OPERATIONS)


def test_stories_begin_as_recorded():
    for name, settings in list(stories.RUNS.items())[:2]:
        kept = record.recorded("tales")[name]
        live = stories.run(**settings, stop=2)
        np.testing.assert_allclose(live["first"], kept["first"][:2], atol=1e-3)
        assert len(kept["steps"]) == len(kept["seen"]) == len(kept["new"])


def test_the_drawn_test_set_holds_what_was_trained_on():
    kept = record.recorded("leaky")
    assert kept["repeated"] > 0.5
    assert kept["drawn"][-1] > kept["new"][-1] + 0.1


def test_the_poem_is_like_itself_and_noise_is_not():
    assert score([raven()])["pairs"] == 1
    noise = score(["xq zzzz wvuts\nqqqq rrrr\nzz"])
    assert noise["words"] == noise["pairs"] == noise["ore"] == 0
    assert score([""]) == {"spacing": 0.5, "words": 0.0, "pairs": 0.0, "ore": 0.0}


def test_means_keep_the_whole_run():
    losses = list(np.random.default_rng(0).random(1000))
    steps, curve = means(losses, 40)
    widths = np.diff(steps)
    assert steps[0] == 0
    assert steps[-1] == 1000
    assert np.dot(curve[1:], widths) / 1000 == pytest.approx(np.mean(losses), abs=1e-4)


def test_a_run_that_there_is_not_is_named_before_any_is_recorded(capsys):
    with pytest.raises(SystemExit):
        record.main(["raven", "no"])
    assert "'no' is no run: there are raven, listops, leaky, tales" in capsys.readouterr().err
