"""The lens table without a browser: what it reads off logits, what it ships, what it refuses."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures import LensTable
from tinytx.figures.head_switchboard import PROMPTS
from tinytx.inspect import logit_lens
from tinytx.trained import load_trained

HOSTILE = "</script><img src=x onerror=alert(1)>"
L, T, V = 3, 4, 9
PIECES = [f" t{id}" for id in range(V)]
TOKENS = [3, 0, 7, 3, 5]


def logits(seed=0):
    return np.random.default_rng(seed).normal(0, 3, (L, T, V))


def test_each_reading_is_that_of_a_softmax_by_hand():
    given = logits()
    figure = LensTable(given, TOKENS, PIECES)
    for i in range(L):
        for t in range(T):
            heat = [float(np.exp(x)) for x in given[i, t]]
            probs = [x / sum(heat) for x in heat]
            order = sorted(range(V), key=lambda id: -probs[id])
            one = figure.readings[i][t]
            assert [id for id, _ in one.top] == order[:5]
            assert [p for _, p in one.top] == pytest.approx([probs[k] for k in order[:5]], rel=1e-4)
            assert one.rank == order.index(TOKENS[t + 1]) + 1
            assert one.share == pytest.approx(probs[TOKENS[t + 1]], rel=1e-4)


def test_logits_that_overflow_are_read():
    figure = LensTable([[[1e4, -1e4, 0.0]]], [0, 1], "abc")
    assert figure.readings[0][0] == ([(0, 1.0), (2, 0.0), (1, 0.0)], 3, 0.0)


def test_only_what_is_shown_is_shipped():
    V = 512
    given = np.random.default_rng(0).normal(size=(4, 40, V))
    figure = LensTable(given, range(41), [f"{id:03}" for id in range(V)])
    data = figure.data()
    assert {len(one["top"]) for row in data["readings"] for one in row} == {5}
    assert set(data) == {
        "names", "tokens", "levels", "readings", "exact", "T", "V", "first", "ask",
    }  # fmt: skip
    assert len(figure._repr_html_()) < 60_000


def test_what_came_after_the_last_may_be_unknown():
    figure = LensTable(logits(), TOKENS[:-1], PIECES, exact=[0.5, np.nan, 1, np.nan])
    assert figure.readings[0][-1].rank is None
    assert figure.data()["exact"] == [5000, None, 10000, None]
    assert "  exact: ␣t0 50.0 %" in str(figure)


def test_words_and_fallback_say_the_same():
    figure = LensTable(torch.tensor(logits()), TOKENS, PIECES, exact=[0.25] * T, first=10)
    lines = str(figure).splitlines()
    assert lines[1] == figure.ask
    at = lines.index("␣t7₁₂, then came ␣t3")
    one = figure.readings[2][2]
    id, p = one.top[0]
    told = f"␣t{id} {100 * p:.1f} %; ␣t3 {100 * one.share:.1f} %, rank {one.rank}"
    assert lines[at + 3] == f"  block 1: {told}"
    assert lines[at + 4] == "  exact: ␣t3 25.0 %"
    assert f"<td>{told}</td><td>25.0 %</td></tr>" in figure.fallback()


@pytest.fixture(scope="module")
def tale():
    """The end of a tale, from the sentence on in which the rabbit comes."""
    trained = load_trained("tales", np.float64)
    tokenizer, first = trained.tokenizer, 85
    ids = tokenizer.encode("".join(PROMPTS["the rabbit’s turn"]))
    lens = logit_lens(trained.model.eval(), np.array([ids[:-1]]))[:, 0]
    pieces = [tokenizer.token_bytes(id) for id in range(tokenizer.vocab_size)]
    return LensTable(lens[:, first:], ids[first:], pieces, first=first)


def test_the_question_has_an_answer_on_the_tales(tale):
    first, *middle, last = tale.readings
    positions = range(len(last))
    assert all(first[t].top[0][0] == tale.tokens[t] for t in positions)  # the token itself
    right = [[row[t].rank == 1 for t in positions] for row in tale.readings]
    doubled = [t for t in positions if right[0][t]]
    assert doubled
    assert all(tale.tokens[t] == tale.tokens[t + 1] for t in doubled)  # "rabbit"
    late = [t for t in positions if right[-1][t] and not any(row[t] for row in right[:-1])]
    assert late[-1] == positions[-1]  # the name, after "asked"
    lost = [t for t in positions if any(row[t] for row in right[:-1]) and not right[-1][t]]
    (named,) = [t for t in lost if t not in doubled]
    # "… a rabbit named": nothing tells which name comes, and the grammar gives this one 15 %.
    assert tale._place(named) == "␣named₁₀₁"
    assert middle[-1][named].share > 0.4
    assert abs(last[named].share - 0.15) < 0.05


def test_it_is_the_same_every_time():
    one = LensTable(logits(), TOKENS, PIECES)._repr_html_()
    assert one == LensTable(logits(), TOKENS, PIECES)._repr_html_()
    assert one != LensTable(logits(1), TOKENS, PIECES)._repr_html_()


def test_user_text_cannot_leave_its_place():
    page = LensTable(logits(), TOKENS, [HOSTILE] * V, ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"logits": logits()[0]}, "logits has shape (4, 9) and must have (L, T, V)"),
    ({"logits": np.full((1, 4, 9), np.inf)}, "holds nan or infinity"),
    ({"logits": np.zeros((1, 161, 9))}, "T is 161, the limit is 1 to 160"),
    ({"logits": np.zeros((1, 4, 1))}, "logits has V = 1 and must have 2 or more ids"),
    ({"tokens": TOKENS[:3]}, "tokens has 3 and must have 4, one for each position, or 5"),
    ({"tokens": [3, 0, 9, 3]}, "tokens has 9, and the ids go from 0 to 8"),
    ({"pieces": "abc"}, "pieces has 3 and must have 9, one for each logit"),
    ({"exact": [0.5]}, "exact has shape (1,) and must have (4,)"),
    ({"exact": [0.5, 2, 0, 0]}, "exact must hold probabilities"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    given = {"logits": logits(), "tokens": TOKENS, "pieces": PIECES}
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        LensTable(**(given | changes))
    assert str(caught.value).startswith("LensTable: ")
    assert "\n" not in str(caught.value)
