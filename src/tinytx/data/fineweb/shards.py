"""Where the parquet shards of a corpus are: on this machine, or on the Hub behind a cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..extras import cache_folder
from ..parquet import is_parquet
from ..patience import Stop
from .cache import ShardCache
from .download import download
from .hub import Hub

FOOTER = 1 << 16  # bytes at the end of a parquet file, where its statistics are


class LocalShards:
    """Parquet files of your own, in the order given.

    Parameters
    ----------
    paths
        The files; or a folder, which means all ``*.parquet`` in it by name.
    """

    def __init__(self, paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]):
        if isinstance(paths, str | os.PathLike):
            place = Path(paths)
            paths = sorted(filter(is_parquet, place.iterdir())) if place.is_dir() else [place]
            if not paths:
                raise ValueError(f"{place} holds no *.parquet: give a folder that does")
        self.paths = [Path(path) for path in paths]
        if not self.paths:
            raise ValueError("paths is empty: give at least one parquet file")
        for path in self.paths:
            if not path.is_file():
                raise ValueError(f"there is no {path}: give parquet files that exist")

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, shard: int) -> str:
        """Return what a message calls a shard."""
        return str(self.paths[shard])

    def identity(self) -> dict[str, Any]:
        """Return what must be the same where a position is to mean the same document."""
        digest = hashlib.sha256()
        for path in self.paths:
            size = path.stat().st_size
            digest.update(str(size).encode())
            with open(path, "rb") as file:
                file.seek(max(0, size - FOOTER))
                digest.update(file.read())
        return {"shards": len(self.paths), "content": digest.hexdigest()[:16]}

    def use(self, shard: int, stop: Stop) -> contextlib.AbstractContextManager[Path]:
        """Return a context in which the shard is a file on this machine."""
        return contextlib.nullcontext(self.paths[shard])

    def ahead(self, shard: int) -> int | None:
        """Return which shard is worth fetching while ``shard`` is read: none, all are here."""
        return None


class HubShards:
    """The shards of a data set on the Hub, of which a few lie on this machine.

    The revision is looked up once: all shards are those of one commit, whatever is pushed
    meanwhile.

    Parameters
    ----------
    hub
        Which data set.
    max_shards, max_gigabytes
        How much lies on disk. With one shard nothing can be fetched ahead; with two, only while all
        lanes read the same.
    folder
        Where; by default :func:`.cache_folder`'s ``fineweb``.
    """

    def __init__(
        self,
        hub: Hub,
        max_shards: int | None = 3,
        max_gigabytes: float | None = None,
        folder: str | os.PathLike[str] | None = None,
    ):
        self.hub = hub
        self.cache = ShardCache(Path(folder or cache_folder("fineweb")), max_shards, max_gigabytes)
        self.commit, self.shards = hub.shards()
        for shard in self.shards:
            self.cache.check(shard)

    def __len__(self) -> int:
        return len(self.shards)

    def name(self, shard: int) -> str:
        """Return what a message calls a shard."""
        return f"{self.hub.repo}/{self.shards[shard].name}"

    def identity(self) -> dict[str, Any]:
        """Return what must be the same where a position is to mean the same document."""
        content = " ".join(shard.sha256 for shard in self.shards)
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        return {"shards": len(self.shards), "content": digest}

    @contextlib.contextmanager
    def use(self, shard: int, stop: Stop) -> Iterator[Path]:
        """Yield the shard's file; it is downloaded if it is not here, and stays in the block."""
        wanted = self.shards[shard]

        def fetch(part: Path, stop: Stop) -> None:
            download(self.hub, wanted, part, stop)

        with self.cache.use(wanted, fetch, stop) as path:
            yield path

    def ahead(self, shard: int) -> int | None:
        """Return the shard after this one, if there is room for both."""
        after = (shard + 1) % len(self.shards)
        fits = self.cache.fits([self.shards[shard], self.shards[after]])
        return after if fits and after != shard else None
