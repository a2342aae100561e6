"""The data set itself: FineWeb-Edu's sample of ten billion tokens, from the Hub."""

from __future__ import annotations

import os

from ..patience import Patience
from ..sides import HELD_OUT
from .documents import DocumentStream
from .hub import FOLDER, REPO, Hub
from .shards import HubShards


def fineweb(
    *,
    revision: str = "main",
    max_shards: int | None = 3,
    max_gigabytes: float | None = None,
    folder: str | os.PathLike[str] | None = None,
    endpoint: str | None = None,
    token: str | bool | None = None,
    held_out: float = HELD_OUT,
    patience: Patience | None = None,
) -> DocumentStream:
    """Return the documents of ``HuggingFaceFW/fineweb-edu``, sample-10BT.

    Only the list of shards is fetched at once; a shard comes when it is read.

    Parameters
    ----------
    revision
        A branch, a tag, or a commit.
    max_shards, max_gigabytes
        How much lies on disk; a shard has about 2 GB. None is no limit.
    folder
        Where; by default ``fineweb`` below ``TINYTX_CACHE`` or the system's cache folder.
    endpoint
        Another Hub; by default ``HF_ENDPOINT``, and else the Hub itself.
    token
        For the Hub. None takes that of a log-in, if there is one; the data set needs none.
    held_out
        The share that is not trained on.
    patience
        How often a request is tried.

    Raises
    ------
    ValueError
        In one line, if the Hub cannot be reached or the extra ``data`` is missing.
    """
    hub = Hub(REPO, FOLDER, revision, endpoint, token, patience)
    return DocumentStream(HubShards(hub, max_shards, max_gigabytes, folder), held_out=held_out)
