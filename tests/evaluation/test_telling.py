"""What a model tells: cut where a story ends, judged exactly, scored by the model itself."""

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
