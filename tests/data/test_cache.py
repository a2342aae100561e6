"""The shards on disk: never more than allowed, the oldest goes, none that somebody reads."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from tinytx.data.fineweb.cache import ShardCache
from tinytx.data.fineweb.hub import Shard
from tinytx.data.patience import Stop, Stopped

SIZE = 1000


def shard(i: int, size: int = SIZE) -> Shard:
    return Shard(f"{i}.parquet", size, hashlib.sha256(b"%d" % i).hexdigest(), "")


def fetcher(fetched: list, i: int, size: int = SIZE):
    def fetch(part, stop):
        fetched.append(i)
        part.write_bytes(b"x" * size)

    return fetch


def use(cache, fetched, i, size=SIZE, stop=None):
    return cache.use(shard(i, size), fetcher(fetched, i, size), stop or Stop())


def read(cache, fetched, *numbers):
    for i in numbers:
        with use(cache, fetched, i) as path:
            assert path.stat().st_size == SIZE
        time.sleep(0.002)  # times of change must differ


def kept(cache):
    names = {shard(i).sha256: i for i in range(20)}
    return sorted(names[path.name.partition("-")[0]] for path in cache.entries())


def test_the_least_recently_used_goes_first(tmp_path):
    cache, fetched = ShardCache(tmp_path, max_shards=3), []
    read(cache, fetched, 0, 1, 2, 0, 3)
    assert kept(cache) == [0, 2, 3]
    read(cache, fetched, 2, 4)
    assert kept(cache) == [2, 3, 4]
    assert fetched == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("shards", "gigabytes"), [(None, 2.5e-6), (2, None), (2, 1), (9, 2.9e-6)])
def test_both_limits_hold_at_every_moment(tmp_path, shards, gigabytes):
    cache = ShardCache(tmp_path, shards, gigabytes)
    for i in range(8):
        with cache.use(shard(i), lambda part, stop: part.write_bytes(b"x" * SIZE), Stop()):
            assert len(cache.entries()) <= 2
    assert len(cache.entries()) == 2


def test_without_a_limit_all_stay(tmp_path):
    cache, fetched = ShardCache(tmp_path, None, None), []
    read(cache, fetched, *range(9))
    assert kept(cache) == list(range(9))


@pytest.mark.parametrize(
    "name",
    ["000_00000.parquet", "train-00000-of-00002.parquet", "my-thesis.parquet", "a-1000.part",
     f"{'a' * 64}-thesis.parquet", f"{'a' * 64}-2.old.parquet"],
)  # fmt: skip
def test_what_others_put_into_the_folder_is_neither_counted_nor_removed(tmp_path, name):
    mine = tmp_path / name
    mine.write_bytes(b"mine")
    os.utime(mine, (1, 1))
    cache, fetched = ShardCache(tmp_path, max_shards=2, max_gigabytes=2e-6), []
    read(cache, fetched, 0, 1, 2, 1)
    assert mine.read_bytes() == b"mine"
    assert (kept(cache), fetched) == ([1, 2], [0, 1, 2])


def test_what_is_in_use_stays_even_if_it_is_the_oldest(tmp_path):
    cache, fetched = ShardCache(tmp_path, 2), []
    with use(cache, fetched, 0) as path:
        read(cache, fetched, 1, 2, 3)
        assert kept(cache) == [0, 3]
        assert path.exists()
    read(cache, fetched, 4)
    assert kept(cache) == [3, 4]


def test_if_all_is_in_use_it_waits_and_then_says_so(tmp_path):
    cache, fetched = ShardCache(tmp_path, 2, wait=0.3), []
    with ExitStack() as stack:
        stack.enter_context(use(cache, fetched, 0))
        stack.enter_context(use(cache, fetched, 1))
        with pytest.raises(
            ValueError, match=r"no place for 2.parquet .* raise max_shards"
        ) as error:
            read(cache, fetched, 2)
    assert "\n" not in str(error.value)
    assert fetched == [0, 1]


def test_it_goes_on_as_soon_as_one_is_free(tmp_path):
    cache, fetched = ShardCache(tmp_path, 1, wait=100), []
    with use(cache, fetched, 0):
        thread = threading.Thread(target=read, args=(cache, fetched, 1))
        thread.start()
        time.sleep(0.3)
        assert kept(cache) == [0]
    thread.join(100)
    assert kept(cache) == [1]


def test_waiting_can_be_stopped(tmp_path):
    cache, stop = ShardCache(tmp_path, 1, wait=60), Stop()
    with use(cache, [], 0):
        threading.Timer(0.2, stop.set).start()
        with pytest.raises(Stopped), use(cache, [], 1, stop=stop):
            pass


def test_two_readers_of_one_shard_fetch_it_once(tmp_path):
    fetched = []

    def slow(part, stop):
        fetched.append(0)
        time.sleep(0.3)
        part.write_bytes(b"x" * SIZE)

    def reader():
        with ShardCache(tmp_path, 1).use(shard(0), slow, Stop()) as path:
            assert path.stat().st_size == SIZE

    threads = [threading.Thread(target=reader) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert fetched == [0]


READER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from tinytx.data.fineweb.cache import ShardCache
from tinytx.data.fineweb.hub import Shard
from tinytx.data.patience import Stop
def fetch(part, stop):
    part.write_bytes(b"x" * {size})
    {then}
with ShardCache(Path({folder!r}), 2).use(Shard("other", {size}, "f" * 64, ""), fetch, Stop()):
    print("holding", flush=True)
    time.sleep(60)
"""


def other_process(folder, then="pass"):
    code = READER.format(tests=os.path.dirname(__file__), size=SIZE, folder=str(folder), then=then)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "holding"
    return process


@pytest.mark.parametrize("then", ["pass", "print('holding', flush=True); time.sleep(60)"])
def test_what_another_process_reads_or_fetches_stays_until_it_is_killed(tmp_path, then):
    process = other_process(tmp_path, then)
    cache, fetched = ShardCache(tmp_path, 2, wait=0.2), []
    try:
        read(cache, fetched, 0, 1)
        assert any(path.name.startswith("f" * 64) for path in cache.entries())
        assert len(cache.entries()) == 2
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    read(cache, fetched, 2)
    assert kept(cache) == [1, 2]
    assert not list(tmp_path.glob("*.use"))


def test_a_shard_too_large_for_the_limit_is_told_before_anything_is_removed(tmp_path):
    cache, fetched = ShardCache(tmp_path, 3, 2e-6), []
    read(cache, fetched, 0)
    words = r"max_gigabytes is 2e-06 and 1.parquet alone"
    with pytest.raises(ValueError, match=words), use(cache, fetched, 1, size=5000):
        pass
    assert kept(cache) == [0]


@pytest.mark.parametrize(
    "settings",
    [{"max_shards": shards} for shards in (0, -1, "2", 1.5, True)]
    + [{"max_gigabytes": room} for room in (0, "2", True, float("nan"))],
)
def test_limits_that_are_none_are_refused(tmp_path, settings):
    with pytest.raises(ValueError, match="must be"):
        ShardCache(tmp_path, **settings)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"^cannot make \S+shards \(.+\): set TINYTX_CACHE$"):
        ShardCache(tmp_path / "file" / "shards")


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_shard_in_a_folder_that_cannot_be_written_in_is_read_all_the_same(
    tmp_path, monkeypatch, number
):
    cache, fetched = ShardCache(tmp_path), []
    read(cache, fetched, 0)
    opened = os.open

    def refuse(path, flags, *more, **options):
        if flags & os.O_CREAT and str(path).startswith(str(tmp_path)):
            raise OSError(number, os.strerror(number), str(path))
        return opened(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
    read(cache, fetched, 0)
    words = rf"^cannot keep 1.parquet in .* \({os.strerror(number)}\): make it writable, or set"
    with pytest.raises(ValueError, match=words), use(cache, fetched, 1):
        pass
    assert fetched == [0]


def test_a_fetch_that_fails_leaves_no_shard_and_no_lock_and_its_part_keeps_its_place(tmp_path):
    cache = ShardCache(tmp_path, 1, wait=0)

    def fail(part, stop):
        part.write_bytes(b"half")
        raise ValueError("the network is gone")

    with pytest.raises(ValueError, match="gone"), cache.use(shard(0), fail, Stop()):
        pass
    assert [path.suffix for path in cache.entries()] == [".part"]
    fetched = []
    read(cache, fetched, 0)
    assert fetched == [0]
