"""The shards on disk: at most so many, the least recently used goes first, none that is in use.

===========================  ================================================================
``<sha256>-<size>.parquet``  a shard, verified; its time of change is when it was last used
``<sha256>-<size>.part``     one on its way
``*.get``                    locked by the process that downloads it
``*.use``                    locked by a process that reads it, one file per reader
``.lock``                    locked for the moments in which something is counted or removed
===========================  ================================================================

Whatever else lies there, parquet files of your own say, is neither counted nor removed.

Several processes may share the folder: a lock of the system ends with its process, so what a
killed one held is free.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from ...manual.shapes import check_count, is_real
from ..patience import Stop
from .hub import Shard

MADE = re.compile(r"[0-9a-f]{64}-[0-9]+\.(parquet|part)")  # the names of shards and parts
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)  # a folder that cannot be written in
POLL = 0.05  # seconds between two looks at a lock that somebody else holds
WAIT = 300.0  # seconds to wait for others to finish with what is in the way


class ShardCache:
    """A folder that keeps a bounded number of shards.

    Parameters
    ----------
    folder
        Made if it is missing.
    max_shards, max_gigabytes
        How much may lie there (1 GB = 10⁹ bytes); None is no limit. A shard on its way counts.
    wait
        Seconds to wait while all that could be removed is in use.
    """

    def __init__(
        self,
        folder: Path,
        max_shards: int | None = 3,
        max_gigabytes: float | None = None,
        wait: float = WAIT,
    ):
        if max_shards is not None:
            check_count("max_shards", max_shards, more=", or None")
        if max_gigabytes is not None and not (is_real(max_gigabytes) and max_gigabytes > 0):
            raise ValueError(
                f"max_gigabytes is {max_gigabytes!r} and must be a number above 0, or None"
            )
        self.folder, self.wait = Path(folder), wait
        self.most = float("inf") if max_shards is None else max_shards
        self.room = float("inf") if max_gigabytes is None else max_gigabytes * 1e9
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"cannot make {folder} ({error.strerror}): set TINYTX_CACHE") from None

    def check(self, shard: Shard) -> None:
        """Raise ``ValueError`` if a shard can never fit."""
        if shard.size > self.room:
            raise ValueError(
                f"max_gigabytes is {self.room / 1e9:g} and {shard.name} alone has "
                f"{shard.size / 1e9:.2f}: allow more"
            )

    def fits(self, shards: list[Shard]) -> bool:
        """Return whether all of these may lie in the cache at the same time."""
        return len(shards) <= self.most and sum(shard.size for shard in shards) <= self.room

    @contextlib.contextmanager
    def use(self, shard: Shard, fetch: Callable[[Path, Stop], None], stop: Stop) -> Iterator[Path]:
        """Yield the path of a shard, which stays there while the block runs.

        ``fetch(part, stop)`` is called if it has to be downloaded, by one process at a time. In a
        folder that cannot be written in, a shard that is there is read as it is, without a lock.

        Raises
        ------
        ValueError
            If it has to be downloaded and cannot be kept.
        """
        path = self.folder / f"{shard.sha256}-{shard.size}.parquet"
        try:
            lock = self._hold(path, shard) or self._get(path, shard, fetch, stop)
        except OSError as error:
            if error.errno not in CLOSED or not _is_whole(path, shard):
                raise ValueError(
                    f"cannot keep {shard.name} in {self.folder} ({error.strerror or error}): make "
                    "it writable, or set TINYTX_CACHE"
                ) from None
            lock = None
        try:
            yield path
        finally:
            if lock is not None:
                release(lock)

    def _get(
        self, path: Path, shard: Shard, fetch: Callable[[Path, Stop], None], stop: Stop
    ) -> FileLock:
        self.check(shard)
        part = path.with_suffix(".part")
        with self._patient(path.with_suffix(".get"), stop):
            lock = self._hold(path, shard)  # somebody else may have brought it meanwhile
            if lock is not None:
                return lock
            self._make_room(part, shard, stop)
            fetch(part, stop)
            with self._counting():
                os.replace(part, path)
                return self._mark(path)

    def _hold(self, path: Path, shard: Shard) -> FileLock | None:
        """Return the lock of a reader, if the shard is there."""
        with self._counting():
            if not path.exists():
                return None
            if not _is_whole(path, shard):  # cut by something else than this module
                path.unlink()
                return None
            return self._mark(path)

    def _mark(self, path: Path) -> FileLock:
        with contextlib.suppress(PermissionError):  # it is somebody else's
            os.utime(path)
        lock = _lock(path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.use"))
        lock.acquire()
        return lock

    def _counting(self) -> FileLock:
        return _lock(self.folder / ".lock")

    @contextlib.contextmanager
    def _patient(self, path: Path, stop: Stop) -> Iterator[None]:
        """Hold a lock however long another process takes; give up when stopped."""
        lock = _lock(path)
        while not _try(lock):
            if stop.wait(POLL):
                stop.check()
        try:
            yield
        finally:
            lock.release()

    def _make_room(self, part: Path, shard: Shard, stop: Stop) -> None:
        """Remove what was used least recently until ``shard`` fits, and claim its place."""
        end = time.monotonic() + self.wait
        while True:
            with self._counting():
                if self._evict(part, shard.size):
                    part.touch()
                    return
            if time.monotonic() > end:
                raise ValueError(
                    f"there is no place for {shard.name} in {self.folder}: all that is there is in "
                    "use; raise max_shards or max_gigabytes, or end the other process"
                )
            if stop.wait(POLL):
                stop.check()

    def _evict(self, part: Path, size: int) -> bool:
        files = [file for file in self.entries() if file != part]
        while len(files) + 1 > self.most or sum(map(size_of, files)) + size > self.room:
            idle = next((file for file in files if not self._is_used(file)), None)
            if idle is None:
                return False
            idle.unlink()
            files.remove(idle)
        return True

    def entries(self) -> list[Path]:
        """Return the shards and parts made here, the least recently used first."""
        files = [file for file in self.folder.iterdir() if MADE.fullmatch(file.name)]
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)

    def _is_used(self, file: Path) -> bool:
        """Return whether a living process reads or downloads it; tidy up after dead ones."""
        locks = [*self.folder.glob(f"{file.stem}.*.use")]
        if file.suffix == ".part":
            locks.append(file.with_suffix(".get"))
        for path in locks:
            lock = _lock(path)
            if not _try(lock):
                return True
            if path.suffix == ".use":
                release(lock)  # its reader is dead
            else:
                lock.release()  # its file stays: somebody may be waiting for it
        return False


def _is_whole(path: Path, shard: Shard) -> bool:
    return path.exists() and path.stat().st_size == shard.size


def size_of(file: Path) -> int:
    """Return the bytes that a shard or a part will have in the end: its name says so."""
    return int(file.stem.rpartition("-")[2])


def release(lock: FileLock) -> None:
    """Give back a lock whose file nobody else waits for, and remove the file."""
    lock.release()
    with contextlib.suppress(OSError):
        os.unlink(lock.lock_file)


def _lock(path: Path) -> FileLock:
    return FileLock(path, thread_local=False)  # taken in one thread, given back in another


def _try(lock: FileLock) -> bool:
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
