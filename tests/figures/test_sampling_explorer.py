"""The sampling explorer without a browser: what it counts, what it ships, what it refuses."""

import math
import re

import numpy as np
import pytest
import torch

from tinytx.figures import SamplingExplorer
from tinytx.figures.sampling_explorer import MOST, SETTINGS

SURE, UNSURE = SamplingExplorer().logits
HOSTILE = "</script><img src=x onerror=alert(1)>"


def by_hand(logits, temperature=1.0, top_k=None, top_p=None, min_p=None):
    """Return what is left, before and after renormalizing, one id at a time."""
    heat = [math.exp((x - max(logits)) / temperature) for x in logits]
    before = [x / sum(heat) for x in heat]
    order = sorted(range(len(before)), key=lambda id: -before[id])
    order = order[: top_k or len(order)]
    if top_p is not None:
        whole, sum_, kept = sum(before[id] for id in order), 0.0, []
        for id in order:
            if sum_ < top_p * whole * (1 - 1e-6):
                kept.append(id)
            sum_ += before[id]
        order = kept or order[:1]
    if min_p is not None:
        order = [id for id in order if before[id] >= min_p * max(before) * (1 - 1e-6)]
    return before, order


@pytest.mark.parametrize("case", [SURE, UNSURE])
@pytest.mark.parametrize(
    "how", [*SETTINGS.values(), {"temperature": 1.5, "top_k": 14, "top_p": 0.9, "min_p": 0.2}]
)
def test_it_measures_what_a_count_by_hand_finds(case, how):
    figure = SamplingExplorer()
    before, kept = by_hand(figure.logits[case].tolist(), **how)
    whole = sum(before[id] for id in kept)
    entropy = -sum(before[id] / whole * math.log(before[id] / whole) for id in kept)
    found = figure.measure(case, **how)
    assert found[0] == len(kept)
    assert found[1] == pytest.approx(1 - whole, abs=1e-12)
    assert found[2] == pytest.approx(entropy, abs=1e-12)


def answers(figure, name, values, temperature=1.0):
    """Return the values that leave one id in the sure case and more than 20 in the other."""
    kept = [
        [figure.measure(case, temperature, **{name: value})[0] for case in (SURE, UNSURE)]
        for value in values
    ]
    return [
        value
        for value, (one, other) in zip(values, kept, strict=True)
        if (one, other > 20) == (1, True)
    ]


def test_the_question_has_the_answer_that_it_should_have():
    figure = SamplingExplorer()
    fine = [i / 200 for i in range(1, 200)]
    p, m = answers(figure, "top_p", fine), answers(figure, "min_p", fine)
    assert 0.9 in p
    assert 0.89 <= min(p) < max(p) <= 0.925
    assert 0.05 in m
    assert max(m) < 0.15
    assert answers(figure, "top_k", range(1, 37)) == []
    # At temperature 2 no share p does it any longer, and min-p still does.
    assert answers(figure, "top_p", fine, 2.0) == []
    assert 0.2 in answers(figure, "min_p", fine, 2.0)


def test_logits_are_shipped_with_three_decimals_and_tokens_once():
    rng = np.random.default_rng(0)
    tokens = [f"t{i}" for i in range(512)]
    cases = {name: (rng.normal(size=512), tokens) for name in ("one", "other")}
    figure = SamplingExplorer(cases=cases)
    data = figure.data()
    assert len(data["tokens"]) == 1
    for one, (logits, _) in zip(data["cases"], cases.values(), strict=True):
        assert one["logits"] == [round(x, 3) for x in one["logits"]]
        np.testing.assert_allclose(one["logits"], logits, atol=6e-4)
    assert len(figure._repr_html_()) < 55_000


def test_tensors_lists_and_forbidden_ids_are_taken():
    given = [0.5, -math.inf, 2.25]
    for logits in (given, np.array(given, np.float32), torch.tensor(given, requires_grad=True)):
        figure = SamplingExplorer(logits, ["a", b"\xc3", "\n"])
        assert figure.data()["cases"][0]["logits"] == [0.5, None, 2.25]
        assert figure.data()["tokens"] == [["a", "<C3>", "⏎"]]
        assert figure.measure("logits")[0] == 2
    assert SamplingExplorer([1, 2]).data()["tokens"] == [["0", "1"]]


def test_words_and_fallback_say_the_same():
    figure = SamplingExplorer()
    lines = str(figure).splitlines()
    assert lines[1] == figure.ask
    for case in figure.logits:
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{case}: 36 ids; ␣"))
        for line, (setting, how) in zip(lines[at + 1 :], SETTINGS.items(), strict=False):
            kept, cut, entropy = figure.measure(case, **how)
            ids = "1 id" if kept == 1 else f"{kept} ids"
            assert line == (
                f"  {setting}: {ids}, {100 * cut:.2f} % cut, entropy {entropy:.4f} nats"
            )
            row = f"<td>{kept}</td><td>{100 * cut:.2f} %</td><td>{entropy:.4f}</td>"
            assert f'<th scope="row">{setting}</th>{row}' in figure.fallback()


def test_it_is_the_same_every_time_and_small():
    assert SamplingExplorer()._repr_html_() == SamplingExplorer()._repr_html_()
    assert SamplingExplorer(seed=1)._repr_html_() != SamplingExplorer()._repr_html_()
    assert len(SamplingExplorer()._repr_html_()) < 40_000


def test_user_text_cannot_leave_its_place():
    figure = SamplingExplorer(cases={HOSTILE: ([1, 2], [HOSTILE, "b"])}, ask=HOSTILE)
    page = figure._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ({"logits": [1, 2], "cases": {}}, "logits or tokens are given beside cases"),
    ({"cases": {}}, "cases has 0, the limit is 1 to 6"),
    ({"cases": {str(i): ([1, 2], None) for i in range(7)}}, "cases has 7, the limit is 1 to 6"),
    ({"cases": {"x": [1, 2, 3]}}, "cases['x'] must be a pair: (logits, tokens)"),
    ({"logits": [[1, 2]]}, "logits has shape (1, 2) and must have (V,); pass one part"),
    ({"logits": [1]}, "logits leaves no choice: give two ids or more"),
    ({"logits": [-math.inf] * 2}, "logits leaves no choice"),
    ({"logits": [1, math.nan]}, "logits holds nan or infinity"),
    ({"logits": [1, math.inf]}, "logits holds nan or infinity"),
    ({"logits": ["a", "b"]}, "must be numbers"),
    ({"logits": [0] * (MOST + 1)}, "V is 1025, the limit is 1 to 1024"),
    ({"logits": [1, 2], "tokens": "abc"}, "tokens has 3 and must have 2, one for each logit"),
    ({"seed": -1}, "seed is -1, the limit is a whole number from 0, below 4,294,967,296"),
    ({"seed": 1.0}, "seed is 1.0, the limit is a whole number"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        SamplingExplorer(**changes)
    assert str(caught.value).startswith("SamplingExplorer: ")
    assert "\n" not in str(caught.value)
