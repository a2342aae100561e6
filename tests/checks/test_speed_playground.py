"""The playground of chapter 12: a machine's limits, and rows of few bits."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from tinytx.checks import playground
from tinytx.checks.playground.squeezing import BATCHES, operations, picture, rounded, written
from tinytx.presets import PRESETS
from tinytx.speed import Machine, decoding_step

from .made import each_control_changes_its_page
from .speed_designs import least_looped, quantized_looped


def fails(*given):
    raise KeyError("<b>")


def rates(page):
    return [
        float(n.replace(",", "")) for n in re.findall(r"texts?: ([\d,]+)", page.split("<p>")[1])
    ]


def test_with_peak_to_spare_many_texts_share_the_weights():
    one, half, full = rates(written(least_looped, 1e6, 10, 0, 1))
    assert half > 100 * one
    assert full > 1.1 * half


def test_at_the_peak_a_larger_batch_brings_nothing_and_long_texts_make_it_slower():
    _, half, full = rates(written(least_looped, 100, 1000, 0, 1))
    assert full == pytest.approx(half, rel=0.02)
    assert rates(written(least_looped, 100, 10, 0, 1000))[2] < 0.5 * full


def test_one_text_is_limited_by_the_memory_bus():
    page = written(least_looped, 1e6, 10, 0, 1)
    n_bytes = sum(one.bytes for one in decoding_step(PRESETS["gpt2"], 1, 1))
    assert rates(page)[0] == pytest.approx(1e10 / n_bytes, rel=0.03)


def test_the_calls_of_a_step_do_its_whole_work():
    flops, traffic = operations(4, 10)
    works = decoding_step(PRESETS["gpt2"], 4, 10)
    assert flops.sum() == pytest.approx(sum(one.flops for one in works))
    assert traffic.sum() == pytest.approx(sum(one.bytes for one in works))
    assert len(works) < len(flops) <= 12 * len(works)
    seconds = Machine("one", gflops=100, gbytes=10).seconds
    least = sum(map(seconds, flops, traffic)) * 1e6
    assert least_looped(flops, traffic, 100, 10, 0) == pytest.approx(least)


def off(page):
    return [float(n) for n in re.findall(r"by (\d\.\d+) in", page.split("<p>")[1])]


def test_a_large_number_makes_its_own_row_coarse_and_no_other():
    small, large = off(rounded(quantized_looped, 4, 2.0)), off(rounded(quantized_looped, 4, 80.0))
    assert large[0] > 4 * small[0]
    assert large[1] == small[1]


def test_each_bit_halves_the_error():
    errors = [off(rounded(quantized_looped, bits, 1.0))[1] for bits in (4, 5, 6, 7)]
    assert all(1.8 < a / b < 2.3 for a, b in itertools.pairwise(errors))


def test_bars_lie_within_the_picture_and_one_is_ochre():
    page = picture(np.array([0.0, 0.5, 1.0, 7.0]), (1,), "a < b")
    assert page.count("rgb(180,83,9)") == 1
    assert page.count("rgb(15,118,110)") == 3
    rects = re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', page)
    assert all(float(y) >= 0 and float(y) + float(h) <= 160 for y, h in rects)
    assert 'aria-label="a &lt; b"' in page


def test_each_batch_stands_below_its_bar():
    page = written(least_looped, 100, 10, 0, 1)
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', page)
    names = re.findall(r'<text x="([\d.]+)" y="(\d+)"[^>]*>([\d,]+)</text>', page)
    assert [int(name.replace(",", "")) for *_, name in names] == list(BATCHES)
    for (x, width), (at, y, _) in zip(bars, names, strict=True):
        assert float(at) == pytest.approx(float(x) + float(width) / 2, abs=0.2)
        assert 160 < int(y) < int(re.search(r'viewBox="0 0 \d+ (\d+)"', page)[1])


def test_the_picture_has_a_bar_for_each_batch():
    assert written(least_looped, 100, 10, 2, 1).count("<rect") == len(BATCHES)


def test_a_function_that_fails_is_reported_as_text():
    for page in (written(fails, 100, 10, 2, 1), rounded(fails, 4, 20.0)):
        assert page == "<p>fails raised KeyError: &#x27;&lt;b&gt;&#x27;</p>"


def test_each_part_shows_when_its_function_is_right(capsys, monkeypatch):
    display = []
    monkeypatch.setattr("IPython.display.display", display.append)
    playground.speed(..., ...)
    playground.speed(max, max)
    assert display == []
    playground.speed(least_looped, ...)
    playground.speed(least_looped, quantized_looped)
    assert [len(box.children) for box in display] == [1, 2]
    each_control_changes_its_page(display[1])
    assert capsys.readouterr().out == ""
