"""The attention explorer without a browser."""

import math
import re

import numpy as np
import pytest
import torch

from tinytx import example
from tinytx.figures import AttentionExplorer
from tinytx.manual import split_heads


def head():
    """Return q, k, v of the running example's first head, (T, Dh) each."""
    attn = example.model().blocks[0].attn
    return [split_heads(one.forward(example.x()[None]), 2)[0, 0]
            for one in (attn.q_proj, attn.k_proj, attn.v_proj)]  # fmt: skip


def test_the_running_example():
    figure = AttentionExplorer(*head(), tokens=example.PROMPT)
    assert figure.scores[4].tolist() == [4, 1, 2, 7, 4]
    assert figure.weights[4].round(4).tolist() == [0.1228, 0.0217, 0.0387, 0.6940, 0.1228]
    assert figure.out[4].round(4).tolist() == [0.8168, 0.9009, 1.3361]
    lines = str(figure).splitlines()
    assert lines[0] == "AttentionExplorer: 5 queries, 5 keys, Dh = 3, no mask"
    assert "query t₄ = (2, 0, 2) on keys a₀ ␣₁ c₂ a₃ t₄" in lines
    assert "  weights  0.1228  0.0217  0.0387  0.6940  0.1228" in lines
    assert lines[-1] == "  output = (0.8168, 0.9009, 1.3361)"


def test_words_agree_with_torch():
    q, k, v = head()
    figure = AttentionExplorer(q, k, v, causal=True)
    tensors = [torch.tensor(one)[None] for one in (q, k, v)]
    out = torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)[0]
    np.testing.assert_allclose(figure.out, out.numpy(), rtol=1e-12)
    assert figure.scaled[1, 1] == pytest.approx(0.25 / math.sqrt(3))
    assert "  masked   0.0000  0.1443  −∞      −∞      −∞" in str(figure)
    assert figure.masked[1, 2:].tolist() == [-math.inf] * 3


def test_the_fallback_has_every_step():
    page = AttentionExplorer(*head(), tokens=example.PROMPT, causal=True).fallback()
    assert re.findall("<caption>(.*?)</caption>", page) == [
        "q·k", "÷ √3", "masked", "weights", "output",
    ]  # fmt: skip
    assert page.count("<td>−∞</td>") == 10
    assert '<th scope="row">t₄</th><td>0.8168</td><td>0.9009</td><td>1.3361</td>' in page


def test_a_query_with_nothing_to_attend_gets_zeros():
    figure = AttentionExplorer(*head(), mask=np.zeros((5, 5), bool))
    assert not figure.weights.any()
    assert not figure.out.any()


def test_the_html_is_the_same_for_numpy_torch_and_noise_in_the_last_digits():
    arrays = head()
    noisy = [one * (1 + 1e-14) for one in arrays]
    tensors = [torch.tensor(one, dtype=torch.float32) for one in arrays]
    pages = {AttentionExplorer(*given)._repr_html_() for given in (arrays, noisy, tensors)}
    assert len(pages) == 1


def test_tokens_cannot_leave_their_place():
    hostile = ["</script><b>", "<!--", "a", "b", "c"]
    page = AttentionExplorer(*head(), tokens=hostile)._repr_html_()
    assert page.count("</script>") == 1
    assert "<!--" not in page
    assert "<b>" not in page


def make(T=2, S=3, Dh=2, **more):
    return AttentionExplorer(np.ones((T, Dh)), np.ones((S, Dh)), np.ones((S, Dh)), **more)


def test_queries_are_the_last_of_the_keys():
    figure = make(tokens="abc", causal=True)
    assert figure.queries == ["b₁", "c₂"]
    assert figure.weights.round(4).tolist() == [[0.5, 0.5, 0], [0.3333, 0.3333, 0.3333]]


WRONG = [
    (lambda: make(T=25), "q has shape (25, 2): T is 25, the limit is 1 to 24"),
    (lambda: make(Dh=65), "Dh is 65, the limit is 1 to 64"),
    (lambda: AttentionExplorer([[1]], [[1, 2]], [[1, 2]]), "Dh must be the same; pass q and k"),
    (lambda: AttentionExplorer([[1]], [[1]], [[1], [2]]), "pass k and v of one head"),
    (lambda: make(mask=np.ones((2, 3), bool), causal=True), "mask and causal are both given"),
    (lambda: make(tokens="ab"), "AttentionExplorer: tokens has 2 and must have 3"),
    (lambda: make(T=3, S=2, tokens="abc"), "T is 3 and S is 2: tokens need S >= T"),
    (lambda: make(T=3, S=2, causal=True), "S is 2 and must be at least T 3"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
