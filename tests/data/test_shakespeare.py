"""Tiny Shakespeare: fetched once, verified, from wherever one says, with the same faults."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from tinytx.data import shakespeare
from tinytx.data.patience import Patience

from .hub import LoopbackHub
from .parquets import QUICK, waits

module = sys.modules["tinytx.data.shakespeare"]
TEXT = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 400


@pytest.fixture
def server(monkeypatch):
    """Serve a text of our own as if it were the one."""
    monkeypatch.setattr(module, "SHA256", hashlib.sha256(TEXT.encode()).hexdigest())
    with LoopbackHub({"input.txt": TEXT.encode()}) as hub:
        monkeypatch.setenv("TINYTX_SHAKESPEARE", f"{hub.url}/plain/input.txt")
        yield hub


def test_it_is_fetched_once_and_kept(server):
    assert shakespeare(patience=QUICK) == TEXT
    assert shakespeare(patience=QUICK) == TEXT
    assert len(server.log) == 1


def test_what_was_kept_and_is_damaged_is_fetched_anew(server, tmp_path):
    shakespeare(patience=QUICK)
    (tmp_path / "cache" / module.NAME).write_text("half")
    assert shakespeare(patience=QUICK) == TEXT
    assert len(server.log) == 2


FAULTS = ["cut", "reset", "truncated", "wrong", "longer", "500", "502", "503", "429 0", "stall"]


@pytest.mark.parametrize("fault", [*FAULTS, "silence", "refuse"])
def test_a_fault_is_tried_again(server, fault):
    server.faults.append(fault)
    assert shakespeare(patience=QUICK) == TEXT
    assert len(server.log) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("cut", "failed 2 times"),
        ("truncated", "another SHA-256"),
        ("wrong", "another SHA-256"),
        ("500", "HTTP 500"),
        ("429 9999", "asks to wait 9,999 s"),
        ("silence", "ReadTimeout"),
        ("404", "answers HTTP 404: set TINYTX_SHAKESPEARE to another address or to a file"),
    ],
)
def test_a_fault_that_stays_is_one_line_and_leaves_nothing(server, tmp_path, fault, words):
    server.always = fault
    with pytest.raises(ValueError, match=words) as error:
        shakespeare(patience=Patience(2, 0.01, timeout=waits(fault, 0.2)))
    assert "\n" not in str(error.value)
    assert not os.path.exists(tmp_path / "cache") or not os.listdir(tmp_path / "cache")


def test_each_try_is_said_and_the_last_one_shows_a_way_out(server, capsys):
    server.always = "500"
    with pytest.raises(ValueError, match=r"failed 3 times, .*: set TINYTX_SHAKESPEARE to another"):
        shakespeare(patience=Patience(3, 0.01))
    lines = capsys.readouterr().err.splitlines()
    what = f"tinytx: the download of Tiny Shakespeare from {server.url}/plain/input.txt"
    assert lines == [f"{what} failed (HTTP 500): try {n} of 3 in 0 s" for n in (2, 3)]


@pytest.mark.parametrize("address", ["http://", "http://host:port/x", "https://.host/x"])
def test_an_address_that_is_none_is_told_at_once(server, address):
    with pytest.raises(ValueError, match=r"^http[^ ]*: .*; check TINYTX_SHAKESPEARE$"):
        shakespeare(address, patience=QUICK)


def test_no_room_is_one_line(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"cannot keep .* free some room, or set TINYTX_CACHE"):
        shakespeare(patience=QUICK)


def test_a_file_of_your_own_needs_no_network(server, tmp_path, monkeypatch):
    path = tmp_path / "mine.txt"
    path.write_bytes(TEXT.encode())
    assert shakespeare(path) == TEXT
    monkeypatch.setenv("TINYTX_SHAKESPEARE", str(path))
    assert shakespeare() == TEXT
    path.write_bytes(TEXT.encode() + b"!")
    with pytest.raises(ValueError, match=r"mine.txt is not Tiny Shakespeare: its SHA-256 is not"):
        shakespeare()
    with pytest.raises(ValueError, match="there is no file"):
        shakespeare(tmp_path / "gone.txt")
    assert not server.log


def test_a_missing_package_is_one_line(monkeypatch, server):
    monkeypatch.delenv("TINYTX_CACHE")
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ValueError, match=r"pooch .*: pip install 'tinytx\[data\]'") as error:
        shakespeare()
    assert "\n" not in str(error.value)


def test_the_text_that_is_meant():
    assert module.SHA256[:8] + module.SHA256[-8:] == "86c4e6aa2dc565ed"
    assert module.URL.endswith("/tinyshakespeare/input.txt")
