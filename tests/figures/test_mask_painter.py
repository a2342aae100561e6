"""The mask painter without a browser."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures import MaskPainter


def scores(T=3, S=3):
    return np.arange(T * S).reshape(T, S) / 2


def test_words_say_who_sees_whom():
    mask = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1]], bool)
    figure = MaskPainter(scores(), "a c", mask)
    assert str(figure).splitlines() == [
        "MaskPainter: 3 queries on 3 keys",
        "query a₀ sees nothing; weights 0.0000 0.0000 0.0000",
        "query ␣₁ sees a₀ c₂; weights 0.2689 0.0000 0.7311",
        "query c₂ sees a₀ ␣₁ c₂; weights 0.1863 0.3072 0.5065",
        "The mask leaks the future: 1 query sees a later key.",
    ]


def test_weights_agree_with_torch():
    figure = MaskPainter(scores(3, 5))
    masked = torch.tensor(scores(3, 5)).masked_fill(~torch.ones(3, 5).tril(2).bool(), -torch.inf)
    np.testing.assert_allclose(figure.weights, torch.softmax(masked, -1).numpy(), rtol=1e-12)
    assert str(figure).endswith("\nNo query sees the future.")


@pytest.mark.parametrize(("future", "words"), [(0, "No query"), (1, "1 query"), (2, "2 queries")])
def test_leaks_are_counted_by_query(future, words):
    mask = np.tri(3, dtype=bool)
    mask[:future, 2] = True
    assert words in str(MaskPainter(scores(), mask=mask)).splitlines()[-1]


def test_the_fallback_has_scores_and_weights():
    page = MaskPainter(scores(), "a c").fallback()
    assert re.findall("<caption>(.*?)</caption>", page) == ["Scores, masked", "Weights"]
    assert page.count("<td>−∞</td>") == 3
    assert page.endswith("<p>No query sees the future.</p>")


def test_tokens_cannot_leave_their_place():
    page = MaskPainter(scores(), ["</script>", "<b>", "<!--"])._repr_html_()
    assert page.count("</script>") == 1
    assert "<b>" not in page


WRONG = [
    (lambda: MaskPainter(scores(17, 17)), "T is 17, the limit is 1 to 16"),
    (lambda: MaskPainter(scores(3, 2)), "has shape (3, 2): S must be at least T"),
    (lambda: MaskPainter(scores(), "abcd"), "MaskPainter: tokens has 4 and must have 3"),
    (lambda: MaskPainter(scores(), mask=np.ones((3, 3))), "MaskPainter: mask is float64"),
    (lambda: MaskPainter(scores(), mask=np.ones((2, 3), bool)), "broadcast to (T, S) = (3, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
