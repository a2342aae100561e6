"""The thread behind the batches: it goes ahead, says what is wrong, and never stays behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from tinytx.data.fineweb import DocumentStream, Hub, HubShards, LaneSource, LocalShards

from .hub import LoopbackHub
from .parquets import BYTES, QUICK, parquet, shards, texts

DOCUMENTS = texts(120, seed=2)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "parquet"
    place.mkdir()
    for i in range(3):
        (place / f"{i}.parquet").write_bytes(parquet(DOCUMENTS[i * 40 : i * 40 + 40], group=8))
    return place


def source(folder, prefetch=3, tokenizer=BYTES, B=4, T=16):
    return LaneSource(DocumentStream(LocalShards(folder)), tokenizer, B, T, prefetch=prefetch)


def ours():
    return [t for t in threading.enumerate() if t.name.startswith("tinytx")]


class Slow:
    """A tokenizer that takes its time, or fails."""

    vocab_size, special_tokens = BYTES.vocab_size, BYTES.special_tokens
    to_dict = BYTES.to_dict

    def __init__(self, seconds=0.0, fails_at=None):
        self.seconds, self.fails_at, self.n = seconds, fails_at, 0

    def encode(self, text):
        self.n += 1
        time.sleep(self.seconds)
        if self.n == self.fails_at:
            raise ValueError("this text has no tokens")
        return BYTES.encode(text)


def test_batches_made_ahead_are_those_made_when_asked(folder):
    with source(folder, prefetch=0) as slow, source(folder, prefetch=3) as fast:
        for _ in range(60):
            np.testing.assert_array_equal(slow.next_batch(), fast.next_batch())
            assert slow.state() == fast.state()


def test_no_more_than_asked_is_made_ahead(folder):
    tokenizer = Slow()
    with source(folder, prefetch=2, tokenizer=tokenizer, T=60) as one:
        one.next_batch()
        made = None
        while made != tokenizer.n:  # until nothing is made any more
            made = tokenizer.n
            time.sleep(0.5)
        assert 0 < made < len(DOCUMENTS)


def test_nothing_runs_before_the_first_batch_and_nothing_after_close(folder):
    one = source(folder)
    one.state()
    assert not ours()
    one.next_batch()
    assert ours()
    state = one.state()
    one.close()
    assert not ours()
    assert one.state() == state
    one.next_batch()  # and it can be used again
    one.close()
    one.close()
    assert not ours()


def test_a_source_that_is_forgotten_takes_its_thread_along(folder):
    one = source(folder)
    one.next_batch()
    assert ours()
    del one
    gc.collect()
    assert not ours()


def test_restore_ends_the_thread_of_before(folder):
    with source(folder) as one:
        one.next_batch()
        state = one.state()
        expected = one.next_batch()
        one.restore(state)
        assert not ours()
        np.testing.assert_array_equal(one.next_batch(), expected)


@pytest.mark.parametrize("prefetch", [0, 3])
def test_an_error_comes_out_behind_the_batches_that_are_right(folder, prefetch):
    failing = source(folder, prefetch, Slow(fails_at=30))
    with source(folder, prefetch=0, tokenizer=Slow()) as right, failing as one:
        failed = []

        def batch():
            state = one.state()
            try:
                return one.next_batch()
            except ValueError as error:
                failed.append((str(error), state))

        n = 0
        while (made := batch()) is not None:
            np.testing.assert_array_equal(made, right.next_batch())
            n += 1
        ((words, state),) = failed
        assert words == "this text has no tokens"
        assert n > 2
        assert one.state() == state
        assert not ours()
        right.restore(state)
        np.testing.assert_array_equal(one.next_batch(), right.next_batch())  # it goes on there


def test_a_shard_that_is_damaged_is_one_line(folder):
    whole = (folder / "1.parquet").read_bytes()
    (folder / "1.parquet").write_bytes(whole[:100] + b"\0" * 300 + whole[400:])
    with source(folder, B=1) as one, pytest.raises(ValueError, match=r"1.parquet is not") as error:
        list(iter(one.next_batch, None))  # without end, but for the error
    assert "\n" not in str(error.value)
    assert not ours()


def test_a_network_that_is_gone_is_one_line_and_work_goes_on_when_it_is_back(tmp_path):
    with LoopbackHub(shards(DOCUMENTS, [40, 40, 40], group=8)) as hub:
        found = HubShards(Hub(endpoint=hub.url, patience=QUICK), 1, None, tmp_path)
        hub.always = "500"
        with LaneSource(DocumentStream(found), BYTES, 4, 16) as one:
            for _ in range(2):
                with pytest.raises(ValueError, match="failed 5 times, the last time: HTTP 500"):
                    one.next_batch()
                assert one.batches == 0
            hub.always = None
            one.next_batch()


def shares(one, seconds):
    """Return the share of waiting in each of eight rounds of a batch and ``seconds`` of work."""
    found = []
    for _ in range(8):
        begin, waited = time.monotonic(), one.waiting_s
        one.next_batch()
        time.sleep(seconds)
        found.append((one.waiting_s - waited) / (time.monotonic() - begin))
    return found


def test_the_share_of_waiting_is_high_for_a_slow_tokenizer_and_low_for_a_slow_model(folder):
    """The best round counts: in others a busy machine may keep either side from its turn."""
    with source(folder, tokenizer=Slow(0.01), T=100) as hungry:
        assert hungry.waited == 0
        assert max(shares(hungry, 0)) > 0.8
        assert hungry.waiting_s > 0
        assert 0 < hungry.waited <= 1
    with source(folder) as fed:
        fed.next_batch()
        assert min(shares(fed, 0.05)) < 0.1


def test_the_next_shard_is_there_before_it_is_read(tmp_path):
    with LoopbackHub(shards(DOCUMENTS, [40, 40, 40], group=8)) as hub:
        found = HubShards(Hub(endpoint=hub.url, patience=QUICK), 3, None, tmp_path)
        documents = DocumentStream(found)
        with LaneSource(documents, BYTES, 4, 16, prefetch=1) as one:
            here = one.state()["lanes"].values()
            while max(place["row"] for place in here) < 28:
                one.next_batch()
                here = one.state()["lanes"].values()
                time.sleep(0.02)
            assert {place["shard"] for place in here} == {0}
            end = time.monotonic() + 100
            while len(list(tmp_path.glob("*.parquet"))) < 2 and time.monotonic() < end:
                time.sleep(0.02)
            assert len(list(tmp_path.glob("*.parquet"))) == 2
        assert not ours()


def test_a_next_shard_that_does_not_come_holds_nobody_up(tmp_path):
    with LoopbackHub(shards(DOCUMENTS, [60, 60], group=4)) as hub:
        patient = Hub(endpoint=hub.url, patience=replace(QUICK, timeout=120))
        documents = DocumentStream(HubShards(patient, 2, None, tmp_path), memory=0)
        with LaneSource(documents, BYTES, 4, 4, prefetch=1) as one:
            one.next_batch()
            hub.always = "stall"
            begin, n = time.monotonic(), 0
            while len(hub.asked("resolve")) < 2 or n < 10:
                one.next_batch()
                time.sleep(0.002)
                n += len(hub.asked("resolve")) == 2
            assert time.monotonic() - begin < 60
            begin = time.monotonic()
        assert time.monotonic() - begin < 60  # closing does not wait for it either
        assert not ours()


@pytest.mark.parametrize("most", [1, 2])
def test_a_small_cache_gives_the_same_batches(tmp_path, most, folder):
    with (
        LoopbackHub(shards(DOCUMENTS, [40, 40, 40], group=8)) as hub,
        source(folder, 0) as right,
    ):
        found = HubShards(Hub(endpoint=hub.url, patience=QUICK), most, None, tmp_path / "kept")
        with LaneSource(DocumentStream(found), BYTES, 4, 16) as one:
            for _ in range(60):
                np.testing.assert_array_equal(one.next_batch(), right.next_batch())
                assert len(list((tmp_path / "kept").glob("*.parquet"))) <= most


SCRIPT = """
import sys, time
from tinytx.data.fineweb import DocumentStream, Hub, HubShards, LaneSource, LocalShards, Patience
from tinytx.tokenizers import BPETokenizer
BYTES = BPETokenizer([bytes([i]) for i in range(256)], ["<|endoftext|>"])
def training(documents, close=True):
    source = LaneSource(documents, BYTES, 4, 16)
    try:
        while True:
            source.next_batch()
            print("batch", flush=True)
            time.sleep(0.05)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        if close:
            source.close()
"""


def run(body, cue):
    code = SCRIPT + textwrap.dedent(body)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", code], text=True, **pipes)
    cue(process)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err, time.monotonic() - begin


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be sent Ctrl-C alone there")
@pytest.mark.parametrize("close", [True, False])
def test_ctrl_c_between_batches_ends_all(folder, close):
    body = f"training(DocumentStream(LocalShards({str(folder)!r})), {close})"
    code, out, err, seconds = run(body, lambda process: process.stdout.readline())
    assert (code, err) == (0, "")
    assert out.endswith("stopped\n")
    assert seconds < 25


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be sent Ctrl-C alone there")
@pytest.mark.parametrize("fault", ["stall", "429 60"])
def test_ctrl_c_while_a_batch_is_waited_for_ends_all(tmp_path, fault):
    with LoopbackHub(shards(DOCUMENTS, [120])) as hub:
        hub.always = fault

        def cue(process):
            end = time.monotonic() + 100
            while not hub.asked("resolve") and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(0.3)

        body = f"""
        hub = Hub(endpoint={hub.url!r}, patience=Patience(timeout=30))
        training(DocumentStream(HubShards(hub, folder={str(tmp_path)!r})))"""
        code, out, err, seconds = run(body, cue)
        assert (code, out, err) == (0, "stopped\n", "")
        assert seconds < 25
