"""What a model tells: cut where a story ends, judged exactly, scored by the model itself."""

from dataclasses import replace

import numpy as np
import pytest

from tinytx.data import tales
from tinytx.evaluation import tell
from tinytx.generation import log_probs
from tinytx.trained import load_trained


@pytest.fixture(scope="module")
def teller():
    return load_trained("tales", np.float32)


def test_a_story_ends_where_it_ends_and_is_judged(teller):
    told = tell(teller.model, teller.tokenizer, 8, seed=3)
    assert 0 < told.right.sum() <= 8
    for text, chosen, exact in zip(told.texts, told.log_probs, told.exact, strict=True):
        assert exact == (tales.log_prob(text) if np.isfinite(exact) else -np.inf)
        ids = np.array(tales.document(teller.tokenizer, text))
        if np.isfinite(exact):  # its tokens, END included, and what the model thinks of them
            logits = teller.model.forward(ids[None, :-1])[0]
            np.testing.assert_allclose(chosen, log_probs(logits, ids[1:]), atol=1e-3)


def test_a_beginning_is_continued_and_not_scored(teller):
    first = tales.stories(2, 2_000_000)
    starts = [text.partition("\n")[0] for text in first]
    told = tell(teller.model, teller.tokenizer, starts, temperature=0)
    for start, text, chosen in zip(starts, told.texts, told.log_probs, strict=True):
        assert text.startswith(start)
        added = text[len(start) :] + tales.END
        assert teller.tokenizer.decode(teller.tokenizer.encode(added)) == added
        assert len(chosen) < len(teller.tokenizer.encode(text + tales.END))
    assert told.right.all()


def test_a_text_does_not_depend_on_those_beside_it(teller):
    two, four = (tell(teller.model, teller.tokenizer, n, seed=5).texts for n in (np.int64(2), 4))
    assert two == four[:2]


@pytest.fixture
def evenly(teller):
    """A model of 12 tokens of context, to which all are equally likely."""

    class Evenly:
        config = replace(teller.model.config, context_length=12)

        def forward(self, ids):
            return np.zeros((*ids.shape, 512))

    return Evenly()


def test_every_seed_has_texts_of_its_own_and_a_generator_may_be_given(teller, evenly):
    def texts(seed, **choice):
        return tell(evenly, teller.tokenizer, 3, seed=seed, **choice).texts

    assert len({text for seed in (5, 6) for text in texts(seed)}) == 6
    one, two = (texts(seed, rng=np.random.default_rng(4)) for seed in (5, 6))
    assert one == two


def test_a_beginning_leaves_room_for_a_token_or_is_refused(teller, evenly):
    ids = teller.tokenizer.encode(" the") * 11
    fits, full = (teller.tokenizer.decode(ids[:n]) for n in (10, 11))
    (added,) = tell(evenly, teller.tokenizer, [fits]).log_probs
    assert len(added) == 1
    with pytest.raises(ValueError, match=r"^beginnings has 1 texts that leave room for 0 tokens"):
        tell(evenly, teller.tokenizer, [full])


def test_a_text_that_an_option_ends_gets_no_further_tokens(teller):
    starts = ["Once upon a time a girl named Mia", tales.stories(1, 2_000_000)[0][:90]]
    stop = teller.tokenizer.encode(".")
    both = tell(teller.model, teller.tokenizer, starts, temperature=0, stop=stop)
    for start, text, chosen in zip(starts, both.texts, both.log_probs, strict=True):
        alone = tell(teller.model, teller.tokenizer, [start], temperature=0, stop=stop)
        assert alone.texts == [text]
        assert text[len(start) :].index(".") == len(text) - len(start) - 1
        np.testing.assert_allclose(alone.log_probs[0], chosen, atol=1e-3)
    assert len({len(chosen) for chosen in both.log_probs}) == 2
    assert not both.right.any()


def test_a_text_that_never_ends_is_no_story(teller):
    never = teller.tokenizer.encode(" the")[0]

    class Stuck:
        config = teller.model.config

        def forward(self, ids):
            logits = np.zeros((*ids.shape, 512))
            logits[..., never] = 50
            return logits

    told = tell(Stuck(), teller.tokenizer, 2, temperature=0)
    assert not told.right.any()
    assert len(told.log_probs[0]) == 479


def test_bad_input_is_one_line(teller):
    with pytest.raises(ValueError, match=r"^beginnings has 0 texts"):
        tell(teller.model, teller.tokenizer, 0)
    with pytest.raises(ValueError, match="leave room for -"):
        tell(teller.model, teller.tokenizer, ["a b c d " * 300])
    for one in ("Once upon", True, 2.0, None):
        with pytest.raises(
            ValueError, match=f"^beginnings is '?{one}'? and must be a list of texts"
        ):
            tell(teller.model, teller.tokenizer, one)
