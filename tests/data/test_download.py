"""Every fault of a download is tried again, or ends in one line; half a shard is never used."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import namedtuple
from dataclasses import replace

import pytest

from tinytx.data.fineweb import Hub, HubShards
from tinytx.data.fineweb import download as downloading
from tinytx.data.patience import Patience, Stop, Stopped

from .hub import FOLDER, LoopbackHub
from .parquets import QUICK, shards, texts, waits

FILES = shards(texts(400, longest=400), [400], group=50)
((NAME, CONTENT),) = FILES.items()
HASH = hashlib.sha256(CONTENT).hexdigest()
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def server():
    with LoopbackHub(FILES) as hub:
        yield hub


def opened(server, tmp_path, patience=QUICK, **settings):
    hub = Hub(endpoint=server.url, patience=patience, **settings)
    return HubShards(hub, folder=tmp_path / "shards")


def read(found, stop=None):
    with found.use(0, stop or Stop()) as path:
        return path.read_bytes()


def whole(tmp_path):
    return list((tmp_path / "shards").glob("*.parquet"))


@pytest.mark.parametrize("redirect", [False, True])
def test_a_shard_comes_whole_once_and_is_kept(redirect, tmp_path):
    with LoopbackHub(FILES, redirect) as server:
        for _ in range(2):
            assert read(opened(server, tmp_path)) == CONTENT
        assert len(server.asked("resolve")) == 1
        assert [path.name for path in whole(tmp_path)] == [f"{HASH}-{len(CONTENT)}.parquet"]


FAULTS = ["cut", "truncated", "wrong", "longer", "500", "502", "503", "429 0", "stall", "silence"]
FAULTS += ["reset", "refuse", "trickle", "no range"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again(server, tmp_path, fault):
    server.faults.extend(["cut", fault] if fault == "no range" else [fault])
    patience = replace(QUICK, timeout=waits(fault, 0.3))
    assert read(opened(server, tmp_path, patience)) == CONTENT
    assert not server.faults
    assert len(server.asked("resolve")) >= 2


def test_what_came_before_a_cut_is_not_fetched_again(server, tmp_path):
    server.faults.extend(["cut", "stall"])
    assert read(opened(server, tmp_path)) == CONTENT
    ranges = [headers.get("range") for _, _, headers in server.asked("resolve")]
    assert ranges[0] is None
    begins = [int(part[6:-1]) for part in ranges[1:]]
    assert 0 < begins[0] < begins[1] < len(CONTENT)


def test_what_a_killed_process_left_is_continued(server, tmp_path):
    found = opened(server, tmp_path)
    part = tmp_path / "shards" / f"{HASH}-{len(CONTENT)}.part"
    part.write_bytes(CONTENT[:1000])
    assert read(found) == CONTENT
    assert [headers["range"] for _, _, headers in server.asked("resolve")] == ["bytes=1000-"]
    assert not part.exists()


@pytest.mark.parametrize("left", [CONTENT[:-9] + b"damaged!!", CONTENT + b"and more", b"x" * 99])
def test_what_was_left_damaged_is_fetched_anew(server, tmp_path, left):
    found = opened(server, tmp_path)
    (tmp_path / "shards" / f"{HASH}-{len(CONTENT)}.part").write_bytes(left)
    assert read(found) == CONTENT


def test_a_shard_that_was_cut_on_disk_is_fetched_anew(server, tmp_path):
    found = opened(server, tmp_path)
    read(found)
    whole(tmp_path)[0].write_bytes(CONTENT[:99])
    assert read(found) == CONTENT


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("cut", "failed 3 times"),
        ("truncated", "it ended after"),
        ("wrong", "its SHA-256 is wrong"),
        ("longer", "it is longer than its"),
        ("500", "HTTP 500"),
        ("429 0", "HTTP 429"),
        ("429 9999", "asks to wait 9,999 s"),
        ("silence", "no answer for 0.2 s"),
        ("stall", "no answer for 0.2 s"),
        ("trickle", r"only \d+ bytes/s came"),
        ("404", "answers HTTP 404"),
        ("401", "answers HTTP 401 .* log in"),
    ],
)
def test_a_fault_that_stays_is_one_line_and_leaves_nothing_to_use(server, tmp_path, fault, words):
    server.always = fault
    found = opened(server, tmp_path, replace(QUICK, tries=3, timeout=waits(fault, 0.2)))
    with pytest.raises(ValueError, match=words) as error:
        read(found)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300
    assert not whole(tmp_path)
    server.always = None
    assert read(opened(server, tmp_path)) == CONTENT  # and it goes on when the trouble is over


def test_a_server_is_left_alone_for_as_long_as_it_asks(server, tmp_path):
    server.faults.append("429 1")
    begin = time.monotonic()
    read(opened(server, tmp_path))
    assert time.monotonic() - begin > 1


def test_the_wait_doubles_up_to_a_limit(monkeypatch):
    waits = []
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    stop = Stop()
    monkeypatch.setattr(stop, "wait", lambda seconds: waits.append(seconds))

    def fail():
        raise downloading.Fault("no")

    with pytest.raises(ValueError, match="failed 6 times"):
        Patience(6, 1.0, 5.0).run(fail, "it", stop)
    assert waits == [1, 2, 4, 5, 5]


# --- no room


def test_no_try_at_all_is_refused():
    with pytest.raises(ValueError, match=r"^tries is 0 and must be an integer of at least 1$"):
        Patience(tries=0)


def test_a_disk_that_is_full_already_is_one_line_and_nothing_is_asked(
    server, tmp_path, monkeypatch
):
    found = opened(server, tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 90, 10))
    with pytest.raises(ValueError, match=r"no room for .*000_00000.parquet .* free some"):
        read(found)
    assert not server.asked("resolve")


def test_a_disk_that_fills_up_on_the_way_is_one_line_and_is_cleared(server, tmp_path, monkeypatch):
    found = opened(server, tmp_path)

    def note(self, n):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(downloading.Pace, "note", note)
        with pytest.raises(ValueError, match=r"no room for"):
            read(found)
    assert not [*whole(tmp_path), *(tmp_path / "shards").glob("*.part")]
    assert read(found) == CONTENT


def test_a_write_that_the_system_refuses_is_one_line(server, tmp_path):
    pytest.importorskip("resource")  # Windows has no such limit
    code = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(CONTENT) // 2}, {len(CONTENT) // 2}))
from tinytx.data.fineweb import Hub, HubShards, Patience
from tinytx.data.patience import Stop
hub = Hub(endpoint={server.url!r}, patience=Patience(2, 0.01))
shards = HubShards(hub, folder={str(tmp_path)!r})
try:
    with shards.use(0, Stop()):
        print("used")
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("no room for"), done.stderr
    assert done.stdout.count("\n") == 1
    assert not [*tmp_path.glob("*.parquet"), *tmp_path.glob("*.part")]


# --- stopping, and who may know the token


@pytest.mark.parametrize("fault", ["stall", "silence", "429 60"])
def test_a_download_that_hangs_is_ended_at_once(server, tmp_path, fault):
    server.faults.append(fault)
    patience = Patience(timeout=2 if fault == "silence" else 60)  # silence: until the time is up
    found, stop, ended = opened(server, tmp_path, patience), Stop(), []

    def work():
        try:
            read(found, stop)
        except Stopped:
            ended.append("stopped")

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    begin = time.monotonic()
    stop.set()
    thread.join(50)
    assert ended == ["stopped"]
    assert time.monotonic() - begin < 40


def test_the_token_goes_to_the_hub_and_not_to_where_it_points(tmp_path):
    with LoopbackHub(FILES, redirect=True) as server:
        read(opened(server, tmp_path, token="hf_secret"))
        (_, _, hub), (_, _, elsewhere) = *server.asked("resolve"), *server.asked("/cdn/")
        assert hub["authorization"] == "Bearer hf_secret"
        assert "authorization" not in elsewhere
        assert f"/cdn/{FOLDER}" in server.log[-1][1]


def test_no_other_host_is_asked_for_the_bytes(server, tmp_path, monkeypatch):
    """hf-xet would go past the Hub: not a byte is fetched through it."""
    import huggingface_hub.file_download as library

    monkeypatch.setattr(library, "xet_get", lambda **words: pytest.fail("hf-xet was used"))
    assert read(opened(server, tmp_path)) == CONTENT
    assert len(server.asked("resolve")) == 1
