"""The ladder: every rung computes the same, and a rung that does not is named."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch.nn import functional

from tinytx.speed import Machine, climb
from tinytx.speed import rungs as all_rungs
from tinytx.speed.rungs import Inputs, numpy_rungs, torch_rungs

MACHINE = Machine("one", gflops=100, gbytes=20)


def expected(inputs):
    x, weight, bias = (torch.from_numpy(one).double() for one in inputs)
    return functional.gelu(functional.linear(x, weight, bias), approximate="tanh").numpy()


def test_every_rung_computes_what_pytorch_computes_in_float64():
    inputs = Inputs.drawn(11, 7, 13)
    wanted = expected(inputs)
    with ThreadPoolExecutor(3) as pool:
        rungs = [*numpy_rungs(inputs, 3, pool), *torch_rungs(inputs, 1)]
        names = [one.name for one in rungs]
        for one in rungs:
            if one.name == "torch.compile":
                continue  # it takes its time: the climb compiles
            limit = 0.02 if one.name == "bfloat16" else 1e-6
            error = abs(one.value() - wanted[: one.rows]).max()
            assert error < limit * abs(wanted).max(), one.name
    assert names == [
        "Python loop", "NumPy by element", "matrix product", "in place", "threads", "PyTorch",
        "torch.compile", "bfloat16",
    ]  # fmt: skip


def test_bfloat16_is_no_float32():
    inputs = Inputs.drawn(11, 7, 13)
    half = torch_rungs(inputs, 1)[-1].value()
    assert abs(half - expected(inputs)).max() > 1e-4


def test_slow_rungs_compute_the_first_rows_and_fast_ones_all():
    with ThreadPoolExecutor(1) as pool:
        rungs = {one.name: one for one in numpy_rungs(Inputs.drawn(512, 64, 256), 1, pool)}
    assert 1 <= rungs["Python loop"].rows < rungs["NumPy by element"].rows < 512
    assert rungs["matrix product"].rows == rungs["in place"].rows == 512
    assert "threads" not in rungs  # of one thread there is nothing to share out


@pytest.fixture(scope="module")
def climbed():
    return climb(96, 64, 192, rounds=3, threads=2, machine=MACHINE)


def test_the_ladder_goes_up_by_orders_of_magnitude(climbed):
    steps = {one.name: one for one in climbed.steps}
    assert steps["Python loop"].gain == steps["Python loop"].total == (1, 1, 1)
    # By the fastest round of each: on a busy machine the median of a rung may be half as fast.
    first = steps["Python loop"].share
    assert steps["matrix product"].share > 30 * first  # measured: 1,000, one thread
    assert steps["NumPy by element"].share > first  # measured: 1.4 to 2.3
    assert steps["in place"].share > 30 * first
    assert all(one.total.low <= one.total.median <= one.total.high for one in climbed.steps)
    assert steps["matrix product"].total.median > 30  # as what is printed says


def test_shares_are_of_the_limit(climbed):
    flops, numbers = 2 * 96 * 64 * 192, 96 * 64 + 192 * 64 + 192 + 96 * 192
    assert climbed.limit == pytest.approx(max(flops / 100e9, 4 * numbers / 20e9))
    for one in climbed.steps:
        assert one.share >= climbed.limit / one.seconds  # of its fastest round
        assert one.share > 0


def test_the_compiled_rung_is_there_or_its_absence_is_said(climbed):
    names = [one.name for one in climbed.steps]
    assert ("torch.compile" in names) != bool(climbed.skipped)
    assert names[-1] == "bfloat16"


def test_words_have_a_line_for_each_rung(climbed):
    lines = str(climbed).splitlines()
    assert lines[0].split("  ")[0] == "rung"
    assert len(lines) == 1 + len(climbed.steps) + len(climbed.skipped)
    assert re.search(r"matrix product +[\d.,]+ × \[", str(climbed))


def test_a_compiler_that_is_not_there_is_said(monkeypatch):
    def compiled(function):
        def run(*given):
            raise RuntimeError("no compiler")

        return run

    monkeypatch.setattr(torch, "compile", compiled)
    found = climb(8, 8, 8, rounds=3, threads=1, machine=MACHINE)
    assert found.skipped == [
        "torch.compile is left out: no C++ compiler that works here (RuntimeError)"
    ]
    assert [one.name for one in found.steps][-2:] == ["PyTorch", "bfloat16"]


@pytest.mark.parametrize("name", ["numpy_by_element", "matrix_product", "in_place"])
def test_a_rung_that_computes_something_else_is_refused(monkeypatch, name):
    right = getattr(all_rungs, name)
    monkeypatch.setattr(all_rungs, name, lambda *given: 1.001 * right(*given))
    with pytest.raises(RuntimeError, match="off the rung before"):
        climb(8, 8, 8, rounds=3, threads=1, machine=MACHINE)


def test_a_rung_that_computes_nan_is_refused(monkeypatch):
    monkeypatch.setattr(all_rungs, "in_place", lambda x, w, b: np.full((len(x), len(w)), np.nan))
    with pytest.raises(RuntimeError, match="off the rung before"):
        climb(8, 8, 8, rounds=3, threads=1, machine=MACHINE)


def test_threads_are_as_before():
    before = torch.get_num_threads()
    climb(8, 8, 8, rounds=3, threads=2, machine=MACHINE)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("wrong", [{"N": 0}, {"D": 1.5}, {"F": -3}, {"threads": 0.5}])
def test_wrong_sizes_get_one_clear_line(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name} is {value!r} and must be an integer of at leas"):
        climb(**wrong, machine=MACHINE)
