"""The embedding map without a browser: places, shares and neighbours, the same everywhere."""

import re

import numpy as np
import pytest
import torch

from tinytx import example
from tinytx.figures import EmbeddingMap
from tinytx.figures.embedding_map import principal

LETTERS = list(" acmnost")


def table(V=30, D=7, seed=0):
    return np.random.default_rng(seed).normal(size=(V, D)) * np.arange(1, D + 1)


def named(weight):
    return EmbeddingMap(weight, [f"t{i}" for i in range(len(weight))])


def test_shares_are_those_of_the_covariance():
    weight = table()
    values = np.sort(np.linalg.eigvalsh(np.cov(weight.T)))[::-1]
    wanted = values[:2] / values.sum() * 100
    assert named(weight).shares == pytest.approx(wanted, abs=0.051)


def test_places_are_the_flat_picture_that_keeps_most_of_the_distances():
    """No plane keeps more of the squared distances than the principal one keeps."""
    weight = table()
    points = np.array(named(weight).points)
    scale = np.abs(points).max()
    assert scale == 1
    centred = weight - weight.mean(axis=0)
    _, values, _ = np.linalg.svd(centred)
    unit = np.sqrt((values[:2] ** 2).sum() / (points**2).sum())
    assert np.linalg.svd(points * unit)[1] == pytest.approx(values[:2], rel=1e-3)
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_rotation_of_equal_directions_or_a_sign_makes_no_other_map(seed):
    """What a linear algebra library is free to choose: the signs, and a basis among equals."""
    rng = np.random.default_rng(seed)
    weight = np.vstack([np.eye(4), -np.eye(4)])  # all directions are equal
    turned, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    free = turned @ np.linalg.svd(weight, full_matrices=False)[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.linalg, "svd", lambda *_, **__: (None, np.full(4, 2**0.5), free))
        places, shares = principal(weight)
    assert places == principal(weight)[0]
    assert shares == [25.0, 25.0]
    noisy = weight + 1e-14 * rng.normal(size=weight.shape)
    assert named(noisy)._repr_html_() == named(weight)._repr_html_()


def test_neighbours_are_found_in_all_dimensions():
    weight = table()
    figure = named(weight)
    for i, near in enumerate(figure.neighbours):
        wanted = torch.nn.functional.cosine_similarity(
            torch.tensor(weight[i]), torch.tensor(weight), dim=1
        ).numpy()
        wanted[i] = -np.inf
        assert [j for j, _ in near] == np.argsort(-wanted)[:8].tolist()
        assert [c for _, c in near] == pytest.approx(np.sort(wanted)[::-1][:8], abs=6e-4)


def test_the_running_example():
    figure = EmbeddingMap(example.weights()["tok_emb.weight"], LETTERS, "Letters")
    lines = str(figure).splitlines()
    assert "“Letters”, 8 rows with 6 dimensions each" in lines[0]
    assert "85.7 % of the variance" in lines[0]
    assert lines[2].startswith("  “a” (1.00, −0.93), nearest: “t” 0.500, “s” 0.316, “␣” 0.000")
    assert lines[1].startswith("  “␣”")
    assert figure.labels[figure.data()["chosen"]] in "cmst"  # 0.949, the largest
    assert "<td>“t” 0.500, “s” 0.316, “␣” 0.000, " in figure.fallback()
    listed = re.findall("<tr><th.*?</tr>", figure.fallback())[-8:]
    assert [row.count("“") for row in listed] == [7] * 8  # all that there are: up to eight


def test_a_row_of_zeros_has_no_direction():
    figure = EmbeddingMap([[0, 0], [1, 0], [2, 0.5]], "abc")
    assert figure.neighbours[0] == [[1, 0.0], [2, 0.0]]


def test_labels_may_be_bytes_and_long_and_hostile():
    tokens = [b"\xff", "x" * 40, "</script><img src=x>", ""]
    figure = EmbeddingMap(table(4), tokens, "<b>title</b>")
    assert figure.labels == ["<FF>", "x" * 15 + "…", "</script><img␣s…", "(empty)"]
    page = figure._repr_html_()
    assert page.count("</script>") == 1
    assert "<img" not in page
    assert "<b>title" not in page


def test_a_large_table_is_cut_in_words_and_fallback_and_says_so():
    figure = named(table(400))
    assert len(str(figure).splitlines()) == 22
    assert str(figure).endswith("… and 380 more rows.")
    assert figure.fallback().count("<tr>") == 61
    assert figure.fallback().endswith("<p>… and 340 more rows.</p>")


def test_tensors_of_any_precision_are_taken():
    weight = table(5).round(1)
    tensor = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    assert named(tensor)._repr_html_() == named(weight)._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: named(table(401)), "weight has shape (401, 7): V is 401, the limit is 1 to 400"),
        (lambda: named(np.ones(3)), "EmbeddingMap: weight has shape (3,) and must have (V, D)"),
        (lambda: named(table(2)), "weight has shape (2, 7), the limit is at least (3, 2)"),
        (lambda: named(np.ones((4, 3))), "all rows of weight are equal, the limit is two that d"),
        (lambda: named(np.full((4, 3), np.nan)), "weight holds nan or infinity and must be fin"),
        (lambda: EmbeddingMap(table(4), "abc"), "labels has 3, and weight has 4 rows; give one f"),
        (lambda: EmbeddingMap(table(3), ["a", "b", "\ud800"]), "EmbeddingMap: labels"),
        (lambda: EmbeddingMap(table(3), "abc", ""), "EmbeddingMap: title: text is empty"),
    ],
)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
