"""Looking back: a model that knows the story is told from one that knows only its last words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.data import tales
from tinytx.evaluation import recall
from tinytx.evaluation.recall import NEAR, _places
from tinytx.manual import GPT, GPTConfig
from tinytx.tokenizers import BPETokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train(tales.corpus(200, seed=0), vocab_size=512)


class Teller:
    """Knows how the stories go on, as long as it sees where they began."""

    config = None

    def __init__(self, tokenizer, n, seed):
        self.told = [tales.document(tokenizer, text).tolist() for text in tales.stories(n, seed)]

    def forward(self, ids):
        logits = np.zeros((*ids.shape, 512))
        for row, one in enumerate(ids.tolist()):
            for story in self.told:
                if story[: len(one)] == one:
                    for t, token in enumerate(story[1 : len(one) + 1]):
                        logits[row, t, token] = 1
        return logits


def test_who_remembers_is_right_and_who_sees_the_last_words_only_is_not(tokenizer):
    found = recall(Teller(tokenizer, 5, seed=9), tokenizer, n=5, seed=9)
    assert found.n > 30
    assert (found.whole, found.near) == (1.0, 0.0)


class Nearsighted(Teller):
    """Knows, too, what follows the last tokens that are read, wherever they stand in a story."""

    def forward(self, ids):
        logits = super().forward(ids)
        follows = {
            tuple(story[at - NEAR : at]): story[at]
            for story in self.told
            for at in range(NEAR, len(story))
        }
        for row, one in enumerate(ids.tolist()):
            if len(one) == NEAR:
                logits[row, -1, follows[tuple(one)]] = 2
        return logits


def test_who_is_asked_the_second_time_is_given_the_last_tokens(tokenizer):
    found = recall(Nearsighted(tokenizer, 5, seed=9), tokenizer, n=5, seed=9)
    assert (found.whole, found.near) == (1.0, 1.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda config: GPT(config, np.random.default_rng(0)),
        lambda config: pytorch.GPT(config, torch.Generator().manual_seed(0), dtype=torch.bfloat16),
    ],
)
def test_a_fresh_model_knows_nothing(tokenizer, make):
    config = GPTConfig(vocab_size=512, context_length=480, n_layer=1, n_head=2, d_model=16)
    found = recall(make(config), tokenizer, n=5)
    assert found.whole < 0.1
    assert found.near < 0.1


def test_what_is_asked_for_was_told_and_not_lately(tokenizer):
    for text in tales.stories(20, seed=4):
        ids = tales.document(tokenizer, text)
        places = _places(text, ids, tokenizer)
        assert (places > NEAR).all()
        surprise = tales.surprise(text)
        for place in places:
            before = tokenizer.decode(ids[1:place])
            rest = text[len(before) :]
            word = rest[1:].split()[0].strip(".,!?\"'")
            lately = tokenizer.decode(ids[place - NEAR : place])
            assert word in before
            assert len(re.match(r"\w+", word)[0]) >= 4
            told = [one.span() for one in re.finditer(rf"\b{word}\b", before)]
            assert max(surprise[start:end].sum() for start, end in told) >= 1  # a choice then
            assert f" {word} " not in lately


def test_too_few_stories_are_refused(tokenizer):
    with pytest.raises(ValueError, match="n is 0 and no word of so few stories can be asked for"):
        recall(Teller(tokenizer, 1, 0), tokenizer, n=0)
