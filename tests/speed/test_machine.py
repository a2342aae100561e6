"""A machine's limits: what they bound, and that a measurement gives numbers that can be."""

import math
import re
import time

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from tinytx.speed import H100, Machine, in_turn, machine, measure_machine, ratio, repeated
from tinytx.speed.machine import last_cache
from tinytx.speed.timing import SAMPLES, Reading, sample


def test_the_roof_meets_the_slope_at_the_ridge():
    one = Machine("one", gflops=120, gbytes=30)
    assert one.ridge == 4
    assert one.attainable(4) == 120
    assert one.attainable(3.9) == pytest.approx(117)
    assert one.attainable(1e9) == 120
    assert one.attainable(0) == 0


@pytest.mark.parametrize(("flops", "n_bytes"), [(1e9, 1e6), (1e6, 1e9), (4e9, 1e9)])
def test_seconds_are_those_of_the_attainable_rate(flops, n_bytes):
    one = Machine("one", gflops=120, gbytes=30)
    rate = one.attainable(flops / n_bytes) * 1e9
    assert one.seconds(flops, n_bytes) == pytest.approx(flops / rate)


def test_the_known_card_has_the_datasheets_numbers():
    assert H100.gflops == pytest.approx(1979e3 / 2, rel=1e-3)  # half of that with sparsity
    assert H100.gbytes == 3350
    assert H100.ridge == pytest.approx(295, abs=1)


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan, None])
def test_a_limit_is_a_number_above_0(wrong):
    with pytest.raises(ValueError, match=re.escape(f"gflops is {wrong!r} and must be a number")):
        Machine("x", gflops=wrong, gbytes=1)
    with pytest.raises(ValueError, match=r"gbytes is .* measure it"):
        Machine("x", gflops=1, gbytes=wrong)


def test_a_measurement_is_quick_and_leaves_the_threads_as_they_were():
    before = torch.get_num_threads(), [pool["num_threads"] for pool in threadpool_info()]
    start = time.perf_counter()
    one = measure_machine(seconds=0.2)
    past = time.perf_counter() - start
    assert past < 30  # of a machine that may be busy; alone it takes about one
    assert before == (torch.get_num_threads(), [p["num_threads"] for p in threadpool_info()])
    assert one.threads == before[0]
    # A core of the last twenty years does more than 1 GFLOP/s, a processor less than 100 TFLOP/s.
    assert 1 < one.gflops < 1e5
    assert 0.5 < one.gbytes < 1e4
    assert 10 < one.numpy_ns < 1e5
    assert 10 < one.torch_ns < 1e6
    assert len(one.spread) == 4
    assert all(1 <= spread < math.inf for spread in one.spread.values())


def test_no_product_is_faster_than_the_peak_by_far():
    """Measured apart, a product of another size stays below the peak, but for chance.

    Both are the best of many samples; on a busy machine one of three peaks is near it.
    """
    a = torch.ones(300, 300)
    best = 2 * 300**3 / min(repeated(lambda: a @ a) for _ in range(20)) / 1e9
    assert any(best < 1.3 * measure_machine(seconds=0.5).gflops for _ in range(3))


@pytest.mark.parametrize("wrong", [0, -1.0, math.inf, math.nan])
def test_seconds_are_above_0(wrong):
    with pytest.raises(ValueError, match=r"seconds is .* and must be above 0 and finite"):
        measure_machine(seconds=wrong)


def test_the_last_cache_is_a_number_of_bytes():
    assert 2**18 <= last_cache() <= 2**31


def test_the_last_cache_is_the_largest_that_the_system_tells_of(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "Path", lambda _: tmp_path)
    assert last_cache() == 2**25  # it tells of none
    for i, size in enumerate(["48K\n", "2048K\n", "36M\n", "odd\n", ""]):
        (tmp_path / f"index{i}").mkdir()
        (tmp_path / f"index{i}" / "size").write_text(size)
    assert last_cache() == 36 * 2**20
    (tmp_path / "index2" / "size").unlink()
    assert last_cache() == 2**21


class Ticks:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, *seconds):
        each = iter(seconds)

        def run():
            self.now += next(each)

        return run


def test_a_reading_keeps_the_best_and_says_how_far_the_median_is():
    clock = Ticks()
    reading = sample(clock.work(99, 1, 3, 2, 4, 5), 10, clock)
    assert reading == Reading(1, 3, 5)  # the first does not count
    assert reading.spread == 3


def test_slow_work_is_sampled_less_often():
    clock = Ticks()
    assert sample(clock.work(*[1] * 99), 2, clock).samples == SAMPLES
    clock = Ticks()
    assert sample(clock.work(*[4] * 99), 2, clock).samples == 2
    clock = Ticks()
    assert sample(clock.work(*[100] * 99), 2, clock).samples == 1


def test_contenders_take_turns_and_each_is_first_once():
    order = []

    def contender(name):
        def run():
            order.append(name)
            return float(len(order))

        return run

    times = in_turn({name: contender(name) for name in "abc"}, 3)
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert times == {"a": [6, 8, 10], "b": [4, 9, 11], "c": [5, 7, 12]}
    with pytest.raises(ValueError, match="rounds is 2 and must be an integer of at least 3"):
        in_turn({}, 2)


def test_a_ratio_is_taken_within_a_round():
    slow, fast = [2.0, 20.0, 3.0], [1.0, 10.0, 1.0]  # the second round was ten times as slow
    found = ratio(slow, fast)
    assert found == (2, 2, 2.5)
    assert str(found) == "2 × [2, 2.5]"
    assert str(ratio([1234.0] * 3, [1.0] * 3)) == "1,234 × [1,234, 1,234]"


def test_of_calls_in_a_row_the_fastest_counts():
    clock = Ticks()
    assert repeated(clock.work(*[4e-3, 2e-3, 9e-3] * 9), clock) == pytest.approx(2e-3)
    assert 0.02 <= clock.now < 0.03
    clock = Ticks()
    assert repeated(clock.work(7, 5), clock) == 5


def test_a_contender_returns_seconds_and_a_ratio_has_rounds():
    with pytest.raises(ValueError, match=r"^'a' returned a ndarray and must return its seconds"):
        in_turn({"a": lambda: np.ones(2)}, 3)
    with pytest.raises(ValueError, match=r"^'a' returned a NoneType and must"):
        in_turn({"a": lambda: None}, 3)
    for slow, fast in (([1.0], [1.0]), ([], []), ([1.0, 2.0], [1.0])):
        with pytest.raises(ValueError, match=f"^slow has {len(slow)} rounds and fast {len(fast)}"):
            ratio(slow, fast)


def test_limits_are_numbers_of_any_kind_but_no_truth_values():
    assert Machine("x", np.float32(3), np.int64(20)).attainable(0.1) == 2.0
    with pytest.raises(ValueError, match=r"^gflops is True and must be a number above 0"):
        Machine("x", True, 20)
