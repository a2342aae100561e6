"""From a text to batches: what is held out, and texts that are too short for it."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.cli import main
from tinytx.config import GPTConfig
from tinytx.recipes.batching import share_scored, stream, windows
from tinytx.recipes.texts import Text
from tinytx.training import TrainConfig
from tinytx.training.parallel import World


@pytest.mark.parametrize("n", [0, 1, 8])
def test_a_text_without_a_whole_window_is_one_line(n):
    with pytest.raises(ValueError, match=rf"^the held-out text has {n} tokens and must have more"):
        windows(np.zeros(n, dtype=np.int64), 8, None)
    ((ids, targets),) = windows(np.arange(9), 8, None)
    assert (ids.shape, targets.shape) == ((1, 8), (1, 8))


def test_processes_that_cannot_share_the_lanes_are_one_line():
    """With a way out that there is: the lanes follow from the batch, and are no option."""
    sizes = {"context_length": 8, "n_layer": 1, "n_head": 1, "d_model": 4}
    world, config = World(), GPTConfig(vocab_size=300, **sizes)
    world.size = 3
    train = TrainConfig(steps=1, batch_size=12, lr=1.0)
    says = (
        "^a batch_size of 12 is read of fineweb in 4 lanes, which 3 processes do not divide: "
        "take 1 or 2 or 4$"
    )
    with pytest.raises(ValueError, match=says):
        stream({"tokenizer": "gpt2"}, config, train, world)


def test_documents_longer_than_the_context_are_scored_in_part():
    documents = [np.arange(9), np.arange(5)]  # the first id is no target: 8 and 4 of them
    text = Text(None, np.arange(9), np.arange(9), {}, (documents, documents))
    assert share_scored(text, 4, "documents") == pytest.approx(8 / 12)
    assert share_scored(text, 8, "documents") == share_scored(text, 4, "random") == 1


@pytest.mark.parametrize(("length", "whole"), [(32, False), (1024, True)])
def test_a_loss_on_cut_documents_is_not_set_beside_that_of_whole_ones(
    length, whole, tmp_path, capsys
):
    sizes = "--n-layer 1 --n-head 1 --d-model 8 --steps 1 --held-out-stories 4 --stories 8"
    more = f"--bpe-size 280 --sample-tokens 0 --batch-size 2 --context-length {length}"
    out = ["--out", str(tmp_path / "run"), "--no-tensorboard"]
    assert main(["train", "tales", *sizes.split(), *more.split(), *out]) == 0
    told = capsys.readouterr().out
    assert ("exact entropy" in told) is whole
    assert ("documents were cut to their first 32 tokens" in told) is not whole
