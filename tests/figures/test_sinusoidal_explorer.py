"""The sinusoidal explorer without a browser: its words against the package's table."""

import re

import numpy as np
import pytest

from tinytx.figures import SinusoidalExplorer
from tinytx.manual.positions import sinusoidal_table


def test_the_dot_products_in_the_words_are_those_of_the_table():
    table = sinusoidal_table(64, 32, np.float64)
    text = str(SinusoidalExplorer(64, 32)).split("distance only:")[1]
    found = re.findall(r"(\d+): (-?\d+\.\d+)", text)
    assert [int(distance) for distance, _ in found] == [0, 1, 2, 4, 8, 16, 32]
    for distance, value in found:
        products = [table[t] @ table[t + int(distance)] for t in range(64 - int(distance))]
        assert products == pytest.approx([float(value)] * len(products), abs=0.005)


def test_a_pair_is_back_after_its_wavelength():
    table = sinusoidal_table(64, 32, np.float64)
    lengths = re.findall(r"one turn in ([\d,.]+) positions, ([\d.]+)°", str(SinusoidalExplorer()))
    assert len(lengths) == 16
    for i, (length, degrees) in enumerate(lengths):
        turn = np.arctan2(table[1, 2 * i], table[1, 2 * i + 1])
        assert float(length.replace(",", "")) == pytest.approx(2 * np.pi / turn, abs=0.06)
        assert float(degrees) == pytest.approx(np.degrees(turn), rel=0.006)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 4), (256, 128)])
def test_the_reader_starts_inside_the_table(sizes):
    data = SinusoidalExplorer(*sizes).data()
    assert 0 <= data["position"] < data["position"] + data["shift"] < sizes[0]
    assert 0 <= data["pair"] < sizes[1] // 2
    assert data["shift"] <= data["most_shift"] < sizes[0]


def test_fallback_says_what_the_words_say():
    figure = SinusoidalExplorer(20, 6)
    for first, length, degrees in re.findall(
        r"dimensions (\d) .*? in ([\d.,]+) positions, ([\d.]+)°", str(figure)
    ):
        row = f"{first} and {int(first) + 1}</th><td>{length}</td><td>{degrees}</td>"
        assert row in figure.fallback()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((64, 31), "SinusoidalExplorer: d_model is 31 and must be even: each sine needs its cos"),
        ((1, 4), "context_length is 1, the limit is a whole number from 2 to 256"),
        ((257, 4), "context_length is 257, the limit"),
        ((64, 130), "d_model is 130, the limit is a whole number from 2 to 128"),
        ((64, 32.0), "d_model is 32.0, the limit"),
    ],
)
def test_wrong_input_gets_one_clear_line(sizes, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        SinusoidalExplorer(*sizes)
    assert "\n" not in str(caught.value)
