"""Beam search: against all texts there are, against greedy, with ends."""

import itertools
import re

import numpy as np
import pytest

from tinytx.generation import beam_search, beams, generate, log_softmax

from .models import ENGINES, GRID, make


def log_prob(model, prompt, text):
    """Return the log-probability of ``text`` after ``prompt``, by a forward for each token."""
    total, ids = 0.0, list(prompt)
    for token in text:
        ids_seen = np.array([ids[-model.config.context_length :]])
        total += log_softmax(model.forward(ids_seen)[0, -1])[token]
        ids.append(token)
    return total


# Padding in a text is not seen: another rule for what comes after it.
@pytest.mark.parametrize("name", [name for name in GRID if "padding" not in name])
def test_with_beams_enough_it_finds_the_likeliest_of_all_texts(name):
    model = make(vocab_size=5, **GRID[name]).eval()
    prompt = [1, 2]
    everything = {
        text: log_prob(model, prompt, text) for text in itertools.product(range(5), repeat=3)
    }
    best = sorted(everything, key=everything.get, reverse=True)
    beams = beam_search(model, prompt, 3, n_beams=25)
    assert [tuple(beam.ids[2:].tolist()) for beam in beams[:5]] == best[:5]
    for beam in beams:
        assert beam.log_prob == pytest.approx(everything[tuple(beam.ids[2:].tolist())], abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_beam_is_greedy_and_more_are_no_worse_here(engine):
    model = make(engine, context_length=40)
    (alone,) = beam_search(model, [[3, 1]], 20, n_beams=1)
    assert alone.ids.tolist() == generate(model, [[3, 1]], 20, temperature=0)[0].tolist()
    several = beam_search(model, [3, 1], 20, n_beams=6)
    assert len(several) == 6
    assert len({tuple(beam.ids) for beam in several}) == 6
    scores = [beam.log_prob for beam in several]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > alone.log_prob


def test_a_text_beyond_the_context_slides():
    model = make().eval()  # context 9
    for beam in beam_search(model, [1, 2, 3], 12, n_beams=3):
        assert beam.log_prob == pytest.approx(log_prob(model, beam.ids[:3], beam.ids[3:]), abs=1e-9)


def test_a_stop_ends_a_text_and_the_search_when_nothing_can_get_better():
    model = make(vocab_size=4).eval()
    # All texts of up to 3 tokens that end with 2, or have 3 tokens without it.
    texts = [
        text
        for n in (1, 2, 3)
        for text in itertools.product(range(4), repeat=n)
        if 2 not in text[:-1] and (text[-1] == 2 or n == 3)
    ]
    everything = {text: log_prob(model, [1], text) for text in texts}
    best = sorted(everything, key=everything.get, reverse=True)
    beams = beam_search(model, [1], 3, n_beams=12, stop=[2])
    assert [tuple(beam.ids[1:].tolist()) for beam in beams[:6]] == best[:6]
    assert any(beam.ids[-1] == 2 and len(beam.ids) < 4 for beam in beams)


def test_nothing_to_add_is_the_prompt():
    (beam,) = beam_search(make(), [1, 2], 0, n_beams=3)
    assert beam.ids.tolist() == [1, 2]
    assert beam.log_prob == 0


def test_when_every_token_stops_there_is_one_token():
    beams = beam_search(make(vocab_size=4), [1], 5, n_beams=3, stop=range(4))
    assert [len(beam.ids) for beam in beams] == [2, 2, 2]
    assert len(beam_search(make(vocab_size=4), [1], 5, n_beams=9, stop=range(4))) == 4  # no more


def test_an_end_that_is_found_late_takes_the_place_of_a_worse_one():
    """With two beams an end of the first step is kept, however unlikely, until there are better."""
    model = make(vocab_size=4, seed=3).eval()
    live, done = [()], []
    for _ in range(3):
        more = [(*text, token) for text in live for token in range(4)]
        more.sort(key=lambda text: -log_prob(model, [1], text))
        done += [text for text in more if text[-1] in (0, 2)]
        live = [text for text in more if text[-1] not in (0, 2)][:2]
    best = sorted(done + live, key=lambda text: -log_prob(model, [1], text))[:2]
    beams = beam_search(model, [1], 3, n_beams=2, stop=[0, 2])
    assert [tuple(beam.ids[1:].tolist()) for beam in beams] == best


def test_of_equally_likely_texts_the_first_are_kept():
    model = make(vocab_size=40)
    model.tok_emb.weight.data[:] = 0  # tied to the head
    found = beam_search(model, [1], 2, n_beams=3)
    assert [beam.ids.tolist() for beam in found] == [[1, 0, 0], [1, 0, 1], [1, 0, 2]]
    rows, ids = beams._likeliest(np.tile([0.0, 1.0], 40).reshape(2, 40), 30)
    assert (rows * 40 + ids).tolist() == list(range(1, 61, 2))


def test_a_search_ends_when_no_text_can_get_among_the_best_and_not_before(monkeypatch):
    settled, ended = beams._settled, []

    def watched(*now):
        ended.append(settled(*now))
        return ended[-1]

    for seed in (0, 8, 21):
        options = {"max_new_tokens": 8, "n_beams": 3, "stop": [2]}
        model = make(vocab_size=5, seed=seed)
        texts = []
        for ends in (watched, lambda *now: False):
            monkeypatch.setattr(beams, "_settled", ends)
            texts.append([beam.ids.tolist() for beam in beam_search(model, [1], **options)])
        assert texts[0] == texts[1]
    assert any(ended)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_beams": 0}, "n_beams is 0 and must be at least 1"),
        ({"n_beams": 1.5}, "n_beams is 1.5 and must be a whole number"),
        ({"max_new_tokens": -1}, "max_new_tokens is -1 and must be at least 0"),
        ({"ids": [[1], [2]]}, "ids has 2 prompts and must have one: call it for each"),
        ({"ids": [[99]]}, "ids"),
        ({"stop": 4}, "stop is 4 and must be a list of ids: give stop=[4]"),
    ],
)
def test_bad_input_is_one_line(options, message):
    given = {"ids": [[1]], "max_new_tokens": 2, **options}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        beam_search(make(), **given)
