"""The rotary explorer without a browser: its turns are those of the package's own rotary layer."""

import re

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.figures import RotaryExplorer
from tinytx.figures.rotary_turns import PAIRS, Setting, full, pair_of, rates, strange, turned
from tinytx.manual.rotary import Rotary, rotary_table

HOSTILE = "</script><img src=x onerror=alert(1)>"


def vectors(Dh, seed=0):
    return np.random.default_rng(seed).normal(0, 1, (2, Dh)).round(3)


@pytest.mark.parametrize("factor", [1, 4])
@pytest.mark.parametrize("base", [100.0, 10_000.0, 1e6])
@pytest.mark.parametrize("Dh", [2, 8, 64])
def test_halves_turn_as_the_models_layer_does(Dh, base, factor):
    config = GPTConfig(
        vocab_size=3, context_length=40, n_layer=1, n_head=1, d_model=Dh, positions="rotary",
        rotary_base=base, rotary_factor=factor,
    )  # fmt: skip
    q, k = vectors(Dh)
    layer = Rotary(config, np.float64)
    both = [layer.forward(np.tile(x, (1, 1, 40, 1)))[0, 0] for x in (q, k)]
    scores = both[0] @ both[1].T
    figure = RotaryExplorer(q, k, base=base)
    for t, s in ((0, 0), (7, 3), (39, 0), (39, 39)):
        one = turned(q, t / factor, base, halves=True)
        np.testing.assert_allclose(one, both[0][t], atol=1e-12)
        at = Setting(t, s, base=base, factor=factor)
        assert figure.score(at) == pytest.approx(scores[t, s], abs=1e-11)


@pytest.mark.parametrize("Dh", [2, 6, 32])
def test_neighbours_turn_as_complex_numbers_do(Dh):
    """The paper's pairs: 2i and 2i + 1 are one complex number, times e^(i · t · rate)."""
    x, _ = vectors(Dh)
    for t in (0, 1, 13):
        z = (x[::2] + 1j * x[1::2]) * np.exp(1j * t * 500.0 ** (-np.arange(0, Dh, 2) / Dh))
        expected = np.stack([z.real, z.imag], axis=1).ravel()
        np.testing.assert_allclose(turned(x, t, 500.0, halves=False), expected, atol=1e-12)


def test_rates_are_those_of_the_table():
    table = rotary_table(2, 12, 300.0, np.float64)
    found = rates(6, 300.0)
    np.testing.assert_allclose(np.arctan2(table.sin[1], table.cos[1]), found, rtol=1e-12)


@pytest.mark.parametrize("pairs", PAIRS)
def test_shares_add_up_to_the_product_of_the_turned_vectors(pairs):
    q, k = vectors(10)
    at = Setting(19, 4, pairs, base=300.0, factor=2)
    figure = RotaryExplorer(q, k)
    one = turned(q, 19 / 2, 300.0, pairs != "neighbours")
    other = turned(k, 4 / 2, 300.0, pairs == "halves")
    planes = figure.planes(at)
    assert figure.score(at) == pytest.approx(one @ other, abs=1e-12)
    for i, plane in enumerate(planes):
        a, b = pair_of(i, 5, pairs != "neighbours")
        assert plane.q == (one[a], one[b])
        assert plane.k == (other[a], other[b])
        assert plane.share == one[a] * other[a] + one[b] * other[b]


def test_the_first_question_has_an_answer():
    """By halves and by neighbours the score stays, wherever the two stand; mixed, it does not."""
    figure = RotaryExplorer()
    for name in PAIRS:
        at = figure.start._replace(pairs=name)
        moved = [figure.score(at._replace(t=at.t + by, s=at.s + by)) for by in range(40)]
        shown = {f"{value:.4f}" for value in moved}
        assert (len(shown) == 1) is (name != "mixed")
        if name == "mixed":
            assert min(np.abs(np.diff(moved))) > 1e-4  # each step shows in the figure's digits
    # One pair alone is the same in both conventions, and mixing them does nothing.
    one = RotaryExplorer([1, 2], [3, 1])
    assert one.score(Setting(9, 4, "mixed")) == pytest.approx(one.score(Setting(5, 0)), abs=1e-12)


def test_the_second_question_has_an_answer():
    """The slowest of four pairs has turned less than a quarter within 512 from base 3,000 on."""
    stops = [digit * 10**power for power in (2, 3, 4, 5) for digit in (1, 2, 3, 5)]
    slow = [base for base in stops if 512 * rates(4, base)[-1] < np.pi / 2]
    assert slow[0] == 3000
    assert slow == stops[stops.index(3000) :]
    assert 512 * rates(4, 2000)[-1] > np.pi / 2


def test_angles_of_training_are_counted():
    """A pair is full if its turns go round; it meets new angles where the distance goes further."""
    for base in (100.0, 10_000.0):
        for times in (1, 2, 4):
            for factor in (1, 2, 4):
                at = Setting(0, 0, base=base, trained=64, times=times, factor=factor)
                turns = rates(8, base)
                assert full(8, at) == [i for i in range(8) if 2 * np.pi / turns[i] <= 64]
                reach = np.minimum(2 * np.pi, at.read / factor * turns)
                had = np.minimum(2 * np.pi, 64 * turns)
                assert strange(8, at) == np.flatnonzero(reach > had).tolist()
    figure = RotaryExplorer()
    assert full(4, figure.start) == [0, 1]
    assert strange(4, figure.start._replace(times=2)) == [2, 3]
    assert strange(4, figure.start._replace(times=2, factor=2)) == []


def test_words_and_fallback_say_the_same():
    q, k = vectors(6)
    figure = RotaryExplorer(q, k, base=500, context_length=40)
    words, page = str(figure), figure.fallback()
    assert words.startswith("RotaryExplorer: 6 numbers in 3 pairs, base 500, trained to 40 pos")
    for name in PAIRS:
        s = figure.start.s if name == "mixed" else 0
        told = re.search(rf"score by distance, {name}.*?: (0: .*)", words)[1]
        for text in told.split(", "):
            d, value = text.replace("−", "-").split(": ")
            at = figure.start._replace(t=s + int(d), s=s, pairs=name)
            assert float(value) == pytest.approx(figure.score(at), abs=6e-5)
            assert f"<td>{value.replace('-', '−')}</td>" in page
    for line in words.splitlines()[-6:]:
        assert f"<p>{line}</p>" in page
    row = "".join(f"<td>{cell}</td>" for cell in ("0 and 3", "0 and 1", "6.3", "6.37"))
    assert f'<th scope="row">0</th>{row}' in page
    assert "pair 0, numbers 0 and 3 by halves, 0 and 1 by neighbours: one turn in 6.3" in words


def test_told():
    figure = RotaryExplorer()
    at = Setting(12, 5, times=4, factor=2)
    assert figure.told(at) == (
        f"Query at 12, key at 5, 7 apart: q·k = {figure.score(at):.4f}. Within 64 positions 2 of 4 "
        "pairs turn full circle. Read at 256, positions divided by 2, 2 pairs meet angles "
        "outside the arc that training covered."
    )
    one = RotaryExplorer([1, 2], [3, 1], context_length=8)
    assert one.seen(Setting(0, 0, trained=8, times=2)) == (
        "Within 8 positions 1 of 1 pair turns full circle. Read at 16, no pair meets angles "
        "outside the arc that training covered."
    )


def test_it_is_the_same_every_time_and_small():
    assert RotaryExplorer()._repr_html_() == RotaryExplorer()._repr_html_()
    assert RotaryExplorer(base=500)._repr_html_() != RotaryExplorer()._repr_html_()
    assert len(RotaryExplorer()._repr_html_()) < 44_000


def test_user_text_cannot_leave_its_place():
    page = RotaryExplorer(ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    (([1, 2, 3], [1, 2, 3]), {}, "query has 3 numbers and must have an even number"),
    (([1, 2], [1, 2, 3, 4]), {}, "query has 2 numbers and key 4: both must have Dh"),
    (([1, 2],), {}, "key is None; give query and key, or neither"),
    ((None, [1, 2]), {}, "query is None; give query and key, or neither"),
    (([[1, 2]], [1, 2]), {}, "query has shape (1, 2) and must have (Dh,); pass one part"),
    (([1, float("nan")], [1, 2]), {}, "query holds nan or infinity and must be finite"),
    ((range(66), range(66)), {}, "Dh is 66, the limit is 1 to 64"),
    ((), {"base": 1}, "base is 1 and must be above 1 and at most 10,000,000"),
    ((), {"base": float("nan")}, "base is nan"),
    ((), {"base": "x"}, "base is 'x'"),
    ((), {"context_length": 7}, "context_length is 7, the limit is a whole number from 8 to 1,024"),
    ((), {"context_length": 64.0}, "context_length is 64.0"),
]


@pytest.mark.parametrize(("given", "more", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(given, more, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        RotaryExplorer(*given, **more)
    assert str(caught.value).startswith("RotaryExplorer: ")
    assert "\n" not in str(caught.value)
