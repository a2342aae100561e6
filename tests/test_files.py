"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from tinytx.files import write_atomic


def test_text_and_bytes_arrive_unchanged(tmp_path):
    write_atomic(tmp_path / "new" / "a.txt", "naïve\r\n")
    write_atomic(tmp_path / "b.bin", b"\x00\xff")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "naïve\r\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
def test_permissions_are_those_of_an_ordinary_file_and_are_kept(tmp_path):
    path, ordinary = tmp_path / "a.txt", tmp_path / "b.txt"
    write_atomic(path, "x")
    ordinary.write_text("x")
    assert path.stat().st_mode == ordinary.stat().st_mode
    path.chmod(0o640)
    write_atomic(path, "y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
