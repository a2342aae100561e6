"""One shard from the Hub to the disk: resumed where it broke off, and used only when verified."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import time
from pathlib import Path
from typing import Any, BinaryIO

from ..patience import Fault, Stop
from .hub import Hub, Shard, faults

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def download(hub: Hub, shard: Shard, part: Path, stop: Stop) -> None:
    """Bring all of ``shard`` into the file ``part``, whose size and SHA-256 are then right.

    What an earlier attempt, or a process that was killed, left in ``part`` is kept and continued
    (a ``Range`` request). If the checksum is wrong at the end, all of it is fetched again.

    Raises
    ------
    ValueError
        If it cannot be had, or there is no room for it.
    Stopped
        If ``stop`` was set.
    """
    _check_room(shard, part)
    what = f"the download of {shard.name} from {hub.endpoint}"
    try:
        hub.patience.run(lambda: _attempt(hub, shard, part, stop), what, stop)
    except OSError as error:
        if error.errno not in FULL:
            raise ValueError(f"cannot write {part} ({error.strerror or error})") from None
        part.unlink(missing_ok=True)
        raise _no_room(shard, part) from None


def _attempt(hub: Hub, shard: Shard, part: Path, stop: Stop) -> None:
    with open(part, "ab+") as file:
        digest = _hash_of(file)
        if file.tell() < shard.size:
            _continue(hub, shard, file, digest, stop)
        if file.tell() < shard.size:
            raise Fault(f"it ended after {file.tell():,} of {shard.size:,} bytes")
        if file.tell() > shard.size:
            _empty(file, f"it is longer than its {shard.size:,} bytes")
        if digest.hexdigest() != shard.sha256:
            _empty(file, "its SHA-256 is wrong")
        file.flush()
        os.fsync(file.fileno())


def _continue(hub: Hub, shard: Shard, file: BinaryIO, digest: Any, stop: Stop) -> None:
    """Append what is missing to ``file``, as far as it comes."""
    begin, headers = file.tell(), hub.headers()
    if begin:
        headers["range"] = f"bytes={begin}-"
    session = hub.http.get_session()
    with (
        faults(hub),
        session.stream("GET", shard.url, headers=headers, timeout=hub.patience.timeout) as answer,
    ):
        _check_answer(hub, answer, file, begin)
        pace = Pace(hub.patience.least_rate, 3 * hub.patience.timeout)
        wire = answer.extensions["network_stream"].get_extra_info("socket")
        with stop.calling(lambda: wire.shutdown(socket.SHUT_RDWR)):  # ends a read that waits
            for chunk in answer.iter_raw():
                stop.check()
                file.write(chunk)
                digest.update(chunk)
                pace.note(len(chunk))


def _check_answer(hub: Hub, answer: Any, file: BinaryIO, begin: int) -> None:
    """Refuse an answer that does not continue the file."""
    if answer.status_code == 416:
        _empty(file, "the server cannot continue it")
    if answer.status_code >= 400:
        answer.read()
        hub.http.hf_raise_for_status(answer)
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Fault(f"it came as {answer.headers['content-encoding']}")
    start = answer.headers.get("content-range", "bytes 0-").removeprefix("bytes ").partition("-")[0]
    if start != str(begin):
        _empty(file, "the server began anew")


class Pace:
    """Notices a connection that is alive but brings next to nothing."""

    def __init__(self, least: float, seconds: float):
        self.least, self.seconds = least, seconds
        self.since, self.n = time.monotonic(), 0

    def note(self, n: int) -> None:
        """Count ``n`` bytes; :class:`.Fault` if too few came in a span of ``seconds``."""
        self.n += n
        passed = time.monotonic() - self.since
        if passed >= self.seconds:
            if self.n < self.least * passed:
                raise Fault(f"only {self.n / passed:,.0f} bytes/s came")
            self.since, self.n = time.monotonic(), 0


def _hash_of(file: BinaryIO) -> Any:
    """Return the hash of what is in the file; its position is then the end."""
    file.seek(0)
    digest = hashlib.sha256()
    while data := file.read(1 << 20):
        digest.update(data)
    return digest


def _empty(file: BinaryIO, reason: str) -> None:
    file.seek(0)
    file.truncate()
    raise Fault(reason)


def _check_room(shard: Shard, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    if shutil.disk_usage(part.parent).free < shard.size - have:
        raise _no_room(shard, part)


def _no_room(shard: Shard, part: Path) -> ValueError:
    free = shutil.disk_usage(part.parent).free
    return ValueError(
        f"no room for {shard.name} ({shard.size / 1e9:.2f} GB) in {part.parent}, which has "
        f"{free / 1e9:.2f} GB free: free some, keep fewer shards, or set TINYTX_CACHE"
    )
