"""The tales: readable, never repeated, and with the entropy that is claimed."""

import hashlib
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data import tales
from tinytx.data.tales import teller
from tinytx.tokenizers import BPETokenizer

N = 10_000


@pytest.fixture(scope="module")
def sample():
    return tales.stories(N, seed=1)


def test_a_document_is_what_a_corpus_is_cut_into(sample):
    """Every token of the corpus is a target of exactly one document."""
    tokenizer = BPETokenizer.train(tales.corpus(50), vocab_size=300)
    documents = [tales.document(tokenizer, story) for story in sample[:5]]
    targets = np.concatenate([ids[1:] for ids in documents])
    assert targets.tolist() == tokenizer.encode("".join(s + tales.END for s in sample[:5]))
    before = tokenizer.encode(sample[9] + tales.END)
    assert {int(ids[0]) for ids in documents} == {before[-1]}


def words(pool):
    return [option.forms[""] for option in teller.grammar().choices[pool].options]


def test_the_same_seed_gives_the_same_stories(sample):
    assert tales.stories(3, seed=1) == sample[:3]
    assert tales.corpus(2, seed=1) == sample[0] + tales.END + sample[1] + tales.END
    assert tales.stories(1, seed=2) != sample[:1]
    assert tales.stories(0) == []
    digest = hashlib.sha256(tales.corpus(1000, seed=7).encode()).hexdigest()
    assert digest[:16] == "866d54455367e14e"


def test_no_two_of_ten_thousand_are_the_same_and_none_is_expected_to_be(sample):
    assert len(set(sample)) == N
    assert tales.repeat_bound(N) < 1e-11
    assert tales.repeat_bound(2) == tales.entropy().collision


def test_entropy_agrees_with_sampling(sample):
    facts = tales.entropy()
    costs = -np.array([tales.log_prob(text) for text in sample])
    error = costs.std(ddof=1) / math.sqrt(N)
    assert error < 0.05
    assert abs(costs.mean() - facts.per_story) < 4 * error
    assert costs.std() == pytest.approx(facts.deviation, rel=0.03)
    lengths = np.array([len(text) + len(tales.END) for text in sample])
    assert abs(lengths.mean() - facts.characters) < 4 * lengths.std() / math.sqrt(N)
    rate = costs.sum() / lengths.sum()
    noise = (costs - rate * lengths).std() / math.sqrt(N) / lengths.mean()
    assert abs(rate - facts.per_character) < 4 * noise


def test_expected_measures_agree_with_sampling(sample):
    spaces = np.array([text.count(" ") for text in sample])
    assert abs(spaces.mean() - tales.expected(lambda s: s.count(" "))) < 4 * spaces.std() / N**0.5
    assert tales.expected(lambda s: s.count("\n\n")) == 1


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_a_story_reads_back_as_the_choices_that_wrote_it(seed):
    generator, taken = np.random.default_rng(seed), []

    def pick(choice, slots):
        option = choice.draw(generator.random())
        if len(choice.options) > 1:
            taken.append((choice.name, option.weight / choice.total))
        return option

    text = teller.grammar().write(pick)
    steps = tales.derivation(text)
    assert [(step.choice, step.probability) for step in steps] == taken
    assert all(text.startswith(step.text, step.start) for step in steps)
    assert tales.log_prob(text) == pytest.approx(sum(math.log(p) for _, p in taken), rel=1e-12)
    nats = tales.surprise(text)
    assert nats.shape == (len(text),)
    assert (nats >= 0).all()
    assert nats.sum() == pytest.approx(-tales.log_prob(text), rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_a_text_that_is_no_story_has_probability_zero(seed, data):
    text = tales.story(np.random.default_rng(seed))
    place = data.draw(st.integers(0, len(text) - 1))
    for wrong in (text[:place], text + text[place], text[:place] + "@" + text[place + 1 :]):
        assert tales.log_prob(wrong) == -math.inf
        with pytest.raises(ValueError, match=r"^text is not a story: after \d+ characters no"):
            tales.derivation(wrong)
        with pytest.raises(ValueError, match="not a story"):
            tales.surprise(wrong)


def test_where_a_text_leaves_the_grammar_is_named():
    text = tales.stories(1)[0]
    with pytest.raises(ValueError, match=f"after {len(text)} characters no story goes on as ' The"):
        tales.derivation(text + " The end.")
    with pytest.raises(ValueError, match="no story goes on as ' And then it rained '; give one"):
        tales.derivation(text + " And then it rained again.")  # 20 characters of it
    with pytest.raises(ValueError, match=r"^text must be a string, got int$"):
        tales.log_prob(3)


def test_the_last_thing_must_be_the_first():
    """Swap the colour in the second half of a story: it no longer agrees with the first half."""
    text = next(s for s in tales.stories(50) if s.count(" red ") > 1)
    cut = text.rindex(" red ")
    assert tales.log_prob(text[:cut] + text[cut:].replace(" red ", " blue ")) == -math.inf
    everywhere = text.replace(" red ", " blue ")
    swapped = tales.log_prob(everywhere) - tales.log_prob(text)
    assert swapped == pytest.approx(math.log(15 / 17), rel=1e-9)


def test_people_places_and_things_agree_throughout(sample):
    elsewhere = {"whistle", "old", "green"}  # to whistle, an old boat, a wagon with green wheels
    animals = ("forest_animal", "water_animal", "field_animal")
    for pools in (("girl", "boy"), ("pal",), ("noun",), animals, ("place",), ("color",)):
        names = {name.split()[-1] for pool in pools for name in words(pool)} - elsewhere
        pattern = re.compile(rf"\b({'|'.join(names)})\b")
        for text in sample[:500]:
            assert len(set(pattern.findall(text))) <= 1, (names, text)


def test_spelling(sample):
    for text in sample[:3000]:
        assert text.isascii()
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]", text), text
        assert "  " not in text
        assert not re.search(r"[.!?] [a-z]", re.sub(r'"[^"]*"', '""', text)), text
        assert not re.search(r"\b(\w+) \1\b", text), text
        assert "\n\n" not in text
        for paragraph in text.split("\n"):
            assert paragraph.count('"') % 2 == 0, text
            assert re.match(r'["A-Z]', paragraph), text
            assert re.search(r'[.!?]"?$', paragraph), text
        sentences = re.findall(r"[A-Z]\w* \w+ [^.!?]+[.!?]", text)
        assert len(set(sentences)) == len(sentences) > 10, text


def test_vocabulary_is_what_stories_are_made_of(sample):
    used = set(re.findall(r"\w+", " ".join(sample).lower()))
    assert used == set(tales.vocabulary())
    assert 300 < len(used) < 600


def test_entropy_per_token():
    rate, error = tales.entropy_per_token(list, n=50)
    assert rate == pytest.approx(tales.entropy().per_character, rel=1e-12)  # characters: exact
    assert error < 1e-12
    rate, error = tales.entropy_per_token(str.split, n=400)
    more, less = tales.entropy_per_token(str.split, n=4000, seed=5)
    assert 0 < less < error < 0.01 * rate
    assert abs(rate - more) < 4 * math.hypot(error, less)
    spaces = tales.expected(lambda s: s.count(" ") + s.count("\n"))  # a word ends at a space or \n
    assert abs(more - tales.entropy().per_story / (spaces - 1)) < 4 * less


def test_the_error_of_few_stories_has_the_freedom_that_a_line_leaves():
    n = 5
    rate, error = tales.entropy_per_token(str.split, n=n)
    texts = [text + tales.END for text in tales.stories(n)]
    extra = [len(text) - tales.entropy().characters for text in texts]
    (_, mean), (rest,), *_ = np.polyfit(extra, [len(text.split()) for text in texts], 1, full=True)
    assert error == pytest.approx(rate / mean * math.sqrt(rest / (n - 2) / n), rel=1e-9)


def test_context_entropy_falls_with_context_and_stays_above_the_exact_rate():
    curve = [tales.context_entropy(k, 300, 50) for k in (0, 1, 2, 3, 5, 8, 13, 21, 34)]
    uppers = [point.upper for point in curve]
    assert uppers == sorted(uppers, reverse=True)
    rate = tales.entropy().per_character
    for point in curve:
        assert rate <= point.lower <= point.upper + 4 * point.error
        assert 0 < point.error < 0.02
    for point in curve[:3]:  # enough data: the interval is narrow
        assert point.upper - point.lower < 0.02
    assert curve[-1].upper > 2 * rate
    assert tales.context_entropy(128, 50, 5).k == 128  # the longest


def test_context_entropy_of_no_context_is_that_of_the_frequencies(sample):
    text = "".join(story + tales.END for story in sample)
    counts = np.array([text.count(char) for char in set(text)])
    exact = -(counts / len(text) * np.log(counts / len(text))).sum()
    point = tales.context_entropy(0, 300, 50)
    assert point.upper == pytest.approx(exact, abs=4 * point.error)


def test_more_data_narrows_the_interval():
    few, many = (tales.context_entropy(10, n, 50) for n in (50, 500))
    assert many.upper - many.lower < 0.6 * (few.upper - few.lower)
    assert tales.context_entropy(10, 50, 50) == few


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tales.stories(-1), "n is -1; give the number of stories, 0 or more"),
        (lambda: tales.story(0), "generator is 0 and must be a numpy.random.Generator: numpy.ran"),
        (lambda: tales.stories(2.5), "n is 2.5; give the number of stories, 0 or more"),
        (lambda: tales.corpus("3"), "n is '3'; give the number of stories, 0 or more"),
        (lambda: tales.entropy_per_token(list, n=3.5), "n is 3.5; give 3 or more stories"),
        (lambda: tales.context_entropy(2.5), "k is 2.5; give a number of characters from 0 to"),
        (lambda: tales.context_entropy(2, n_test=True), "n_test is True; give 2 or more stories"),
        (lambda: tales.entropy_per_token(list, n=2), "n is 2; give 3 or more stories, or there"),
        (lambda: tales.entropy_per_token(lambda s: [], n=3), "encode gave no tokens for a story"),
        (lambda: tales.context_entropy(-1), "k is -1; give a number of characters from 0 to 128"),
        (lambda: tales.context_entropy(129), "k is 129; give a number of characters from 0 to"),
        (lambda: tales.context_entropy(2, n_train=1), "n_train is 1; give 2 or more stories"),
        (lambda: tales.context_entropy(2, n_test=0), "n_test is 0; give 2 or more stories"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
