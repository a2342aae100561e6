"""The playground of chapter 09: what two filters let through, and a draft with a judge."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.choosing import ASKED, decide, drafted, judged, poet, write

from .generation_designs import filtered_ranks, step_early
from .made import each_control_changes_its_page


def told(page):
    """Return how many words are in the poem, of how many, and how many letters were left."""
    found = re.search(r"(\d+) of (\d+) words .*; ([\d.]+) letters", page)
    return [float(number) for number in found.groups()]


def over_seeds(k, p):
    rows = [told(write(filtered_ranks, 2.0, k, p, seed)) for seed in range(6)]
    known, words, left = np.array(rows).T
    return known.sum() / words.sum(), left.mean()


def fails(*given):
    raise KeyError("<b>")


def test_as_the_task_says_p_keeps_more_words_whole_than_k_with_as_many_letters_left():
    V = poet()[0].config.vocab_size
    by_k, two = over_seeds(2, 1.0)
    by_p, left = over_seeds(V, 0.7)
    assert two == 2
    assert left == pytest.approx(2, abs=0.3)
    assert by_p > by_k


def test_the_text_is_written_by_the_learners_filter():
    last = lambda logits, k, p: np.eye(logits.shape[-1])[[-1]]  # noqa: E731
    letter = poet()[1].decode([poet()[0].config.vocab_size - 1])
    assert 100 * letter in write(last, 1.0, 1, 1.0, 0)


def test_a_draft_that_reads_more_is_kept_more_often_and_what_comes_out_is_the_models():
    p, _ = judged()
    shares = []
    for reads in range(4):
        page = decide(step_early, reads)
        kept, exact = (int(n) for n in re.search(r"(\d+)% of 500.* is (\d+)%", page).groups())
        assert kept == pytest.approx(exact, abs=5)
        shares.append(np.minimum(p, drafted(reads)).sum())
        rows = re.findall(r">(\d\.\d{3})</td>", page)
        _, model, came = np.array(rows, dtype=float).reshape(-1, 3).T
        np.testing.assert_allclose(came, model, atol=0.05)
    assert shares == sorted(shares)
    assert shares[-1] > 2 * shares[0]


def test_lines_of_what_is_written_break_between_words():
    page = write(filtered_ranks, 1.0, 1, 1.0, 0)
    style = re.search(r'<pre style="([^"]*)"', page).group(1)
    assert "word-break:normal" in style
    assert "overflow-wrap:anywhere" in style


def test_what_the_judge_says_is_what_the_model_says():
    model, tokenizer = poet()
    ids = np.array(tokenizer.encode(ASKED))
    p, after = judged()
    for token in (0, 9):
        logits = model.forward(np.append(ids, token)[None, -model.config.context_length :])[0, -1]
        expected = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(after[token], expected, rtol=1e-9)
    assert p.sum() == pytest.approx(1)


def test_a_function_that_fails_is_reported_as_text():
    for page in (write(fails, 1.0, 1, 1.0, 0), decide(fails, 1)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground.generation(..., ...)
    playground.generation(max, max)
    assert shown == []
    playground.generation(filtered_ranks, ...)
    playground.generation(filtered_ranks, step_early)
    assert [len(box.children) for box in shown] == [1, 2]
    each_control_changes_its_page(shown[1])
    _, reads, page = shown[1].children[1].children
    assert reads.value == reads.max == 3  # the task says to let it read fewer
    kept = []
    for reads.value in (3, 2, 1, 0):
        kept.append(int(re.search(r"in the long run it is (\d+)%", page.value).group(1)))
    assert kept == [81, 64, 50, 34]
    assert capsys.readouterr().out == ""
