"""The softmax explorer without a browser."""

import math
import re

import numpy as np
import pytest
import torch

from tinytx.figures import SoftmaxExplorer

SCORES = [4, 1, 2, 7, 4]


def test_words_agree_with_torch_autograd():
    figure = SoftmaxExplorer(SCORES, "a cat", d_head=3)
    lines = str(figure).splitlines()
    assert lines[0] == "SoftmaxExplorer: a₀ 4, ␣₁ 1, c₂ 2, a₃ 7, t₄ 4; from a head with Dh = 3"
    assert len(lines) == 1 + len(figure.scales) + 1
    for line, scale in zip(lines[1:], figure.scales, strict=False):
        z = torch.tensor(SCORES, dtype=torch.float64) * scale
        weights = torch.softmax(z, 0)
        entropy = float(torch.distributions.Categorical(logits=z).entropy())
        slope = float(torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), z).max())
        numbers = [float(text) for text in re.findall(r"[\d.]+\d", line.split(":", 1)[1])]
        np.testing.assert_allclose(numbers[:5], weights.numpy(), atol=6e-5)
        np.testing.assert_allclose(numbers[5:], [entropy, math.exp(entropy), slope], atol=6e-3)


def test_the_scale_of_the_head_is_among_those_told():
    assert 1 / math.sqrt(3) in SoftmaxExplorer(SCORES, d_head=3).scales
    assert SoftmaxExplorer(SCORES, d_head=4).scales == SoftmaxExplorer(SCORES).scales
    row = SoftmaxExplorer(SCORES, d_head=3).weights(1 / math.sqrt(3))
    assert row.round(4).tolist() == [0.1228, 0.0217, 0.0387, 0.6940, 0.1228]


def test_the_fallback_says_what_the_words_say():
    figure = SoftmaxExplorer(SCORES)
    assert figure.fallback().count("<tr>") == 1 + len(figure.scales)
    assert "<td>0.2000 0.2000 0.2000 0.2000 0.2000</td>" in figure.fallback()
    assert str(figure).splitlines()[-1] in figure.fallback()
    assert "with 1000 added, e^1007 is too large" in figure.fallback()


def test_labels_cannot_leave_their_place():
    page = SoftmaxExplorer([1, 2], ["</script>", "<b>"])._repr_html_()
    assert page.count("</script>") == 1
    assert "<b>" not in page


WRONG = [
    (lambda: SoftmaxExplorer([[1, 2]]), "scores has shape (1, 2) and must have (S,)"),
    (lambda: SoftmaxExplorer(range(11)), "S is 11, the limit is 1 to 10"),
    (lambda: SoftmaxExplorer([1, -math.inf]), "scores holds nan or infinity"),
    (lambda: SoftmaxExplorer([1, 2], "abc"), "SoftmaxExplorer: labels has 3 and must have 2"),
    (lambda: SoftmaxExplorer([1], d_head=0), "d_head is 0, the limit is 1 or more; leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
