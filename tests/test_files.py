"""Files are written whole or not at all, and read as they are."""

from __future__ import annotations

import errno
import os
import stat
import sys

import pytest

from tinytx.files import is_leftover, read_json, read_text, write_atomic
from tinytx.wording import listed, short


def test_text_and_bytes_arrive_unchanged(tmp_path):
    write_atomic(tmp_path / "new" / "er" / "a.txt", "naïve\r\n")
    write_atomic(tmp_path / "b.bin", b"\x00\xff")
    assert (tmp_path / "new" / "er" / "a.txt").read_bytes() == "naïve\r\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize(
    "error",
    [OSError("no space"), OSError(errno.ENOSPC, "no space"), KeyboardInterrupt("no space")],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error), match="no space") as caught:
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    if getattr(error, "errno", None):
        assert caught.value.filename == str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX")
def test_a_link_stays_one_and_what_is_no_file_is_written_to(tmp_path):
    (tmp_path / "real").mkdir()
    path, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    write_atomic(path, "old")
    link.symlink_to(path)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(pipe, "through")
    assert os.read(end, 20) == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(end)
    with pytest.raises(IsADirectoryError) as caught:
        write_atomic(tmp_path / "real", "x")
    assert caught.value.filename == str(tmp_path / "real")
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["link.txt", "pipe", "real"]


def test_all_of_it_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    done, replace = [], os.replace
    monkeypatch.setattr(os, "fsync", lambda number: done.append(os.fstat(number).st_size))
    monkeypatch.setattr(os, "replace", lambda *names: done.append(replace(*names)))
    write_atomic(tmp_path / "a.txt", "whole")
    assert done == [5, None]


def test_only_a_temporary_name_is_what_a_kill_left_behind():
    names = ".a.txt.0123abcd.tmp", ".a.txt.0123abcd.tmp.txt", "a.txt.0123abcd.tmp", ".a.0123abc.tmp"
    assert [is_leftover(name) for name in names] == [True, False, False, False]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
def test_permissions_are_those_of_an_ordinary_file_and_are_kept(tmp_path):
    path, ordinary = tmp_path / "a.txt", tmp_path / "b.txt"
    write_atomic(path, "x")
    ordinary.write_text("x")
    assert path.stat().st_mode == ordinary.stat().st_mode
    path.chmod(0o640)
    write_atomic(path, "y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_byte_order_mark_in_front_is_dropped_and_line_ends_are_kept(tmp_path):
    path = tmp_path / "marked.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "\ufeffnaïve\r\n".encode())
    assert read_text(path) == "\ufeffnaïve\r\n"  # only the first is a mark
    path.write_bytes(b'\xef\xbb\xbf{"a": [1]}')
    assert read_json(path) == {"a": [1]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "^it is nested too deeply$"),
        (b"{", "Expecting property name"),
        (b"", "Expecting value"),
        (b"\xff\xfe[\x00]\x00", "can't decode byte 0xff"),
        (b"9" * 5000, "Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_one_line(content, message, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_json(tmp_path / "a.json")
    assert "\n" not in str(caught.value)


def test_an_error_message_stays_short():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    for value in ("x" * 10**6, "a\nb" * 99, 10**5000, nested):
        assert len(short(value)) <= 41
        assert "\n" not in short(value)
    assert listed({"b": 1, "a": 2}) == "['a', 'b']"
    assert listed([3, "a"]) == "[3, 'a']"
    assert len(listed(["x" * 1000] * 2000)) < 500
    assert listed([]) == "[]"
