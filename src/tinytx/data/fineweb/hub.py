"""What the Hugging Face Hub is asked: which shards a data set has, and their checksums.

``huggingface_hub`` gives the session (proxies, tokens, offline mode), the addresses and the names
of the errors. Two of its functions are not used, each for a reason found in 2.4.0:

- ``list_repo_tree`` sets no time limit, so a server that accepts and says nothing holds it forever;
- ``hf_hub_download`` checks the size of a shard and not its SHA-256, cannot be stopped while it
  waits, starts anew after a kill, and hands the work to ``hf-xet``, which speaks to other hosts.

So listing and download are plain HTTP requests here, and no setting of ``HF_HUB_DISABLE_XET``
matters.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

from ..extras import need
from ..patience import PASSING, Fault, Patience, Stop, seconds_asked

REPO = "HuggingFaceFW/fineweb-edu"
FOLDER = "sample/10BT"


@dataclass(frozen=True)
class Shard:
    """A parquet file of a data set, and what it must be."""

    name: str
    size: int  # bytes
    sha256: str
    url: str


class Hub:
    """A folder of a data set on the Hub.

    Parameters
    ----------
    repo, folder, revision
        Which; a revision is a branch, a tag or a commit.
    endpoint
        Where; by default what ``HF_ENDPOINT`` says, and else the Hub itself.
    token
        As in ``huggingface_hub``: None takes the one of its log-in, if there is one.
    patience
        How often a request is tried.
    """

    def __init__(
        self,
        repo: str = REPO,
        folder: str = FOLDER,
        revision: str = "main",
        endpoint: str | None = None,
        token: str | bool | None = None,
        patience: Patience | None = None,
    ):
        self.library, self.http = need("huggingface_hub"), need("huggingface_hub.utils")
        default = need("huggingface_hub.constants").ENDPOINT
        endpoint = endpoint or os.environ.get("HF_ENDPOINT") or default
        self.endpoint, self.repo, self.folder = endpoint.rstrip("/"), repo, folder
        self.revision, self.token = revision, token
        self.patience = patience or Patience()

    @property
    def place(self) -> str:
        """Where it is, for messages: data set, folder and revision."""
        return f"{self.repo}/{self.folder} ({self.revision})"

    def headers(self) -> dict[str, str]:
        """Return the headers of a request: the token, and no compression on the way."""
        headers = self.http.build_hf_headers(token=self.token, library_name="tinytx")
        return {**headers, "accept-encoding": "identity"}

    def shards(self, stop: Stop | None = None) -> tuple[str, list[Shard]]:
        """Return the commit that the revision means now, and its parquet shards by name.

        Raises
        ------
        ValueError
            If the Hub cannot be reached, has no such data set, or says no checksum.
        """
        api = f"{self.endpoint}/api/datasets/{self.repo}"
        revision = quote(self.revision, safe="")
        commit = self._json(f"{api}/revision/{revision}", stop)[0].get("sha")
        if not isinstance(commit, str):
            raise ValueError(f"{self.endpoint} names no commit of {self.place}: is it a Hub?")
        entries = self._pages(f"{api}/tree/{commit}/{quote(self.folder)}", stop)
        files = [entry for entry in entries if entry["path"].endswith(".parquet")]
        if not files:
            raise ValueError(f"{self.place} has no parquet file: give another folder or revision")
        return commit, sorted((self._shard(entry, commit) for entry in files), key=_name)

    def _shard(self, entry: dict[str, Any], commit: str) -> Shard:
        lfs = entry.get("lfs") or {}
        if "oid" not in lfs or "size" not in lfs:
            raise ValueError(
                f"the Hub tells no checksum of {entry['path']}, so it could not be verified: give "
                "a data set whose shards are stored as LFS files"
            )
        url = self.library.hf_hub_url(
            self.repo, entry["path"], repo_type="dataset", revision=commit, endpoint=self.endpoint
        )
        return Shard(entry["path"], int(lfs["size"]), lfs["oid"], url)

    def _pages(self, url: str | None, stop: Stop | None) -> Iterator[dict[str, Any]]:
        while url is not None:
            entries, url = self._json(url, stop)
            yield from (entry for entry in entries if entry["type"] == "file")

    def _json(self, url: str, stop: Stop | None) -> tuple[Any, str | None]:
        """Return what a call of the API answers, and the address of the next page."""

        def attempt() -> tuple[Any, str | None]:
            session = self.http.get_session()
            with faults(self):
                answer = session.get(url, headers=self.headers(), timeout=self.patience.timeout)
                self.http.hf_raise_for_status(answer)
            try:
                return answer.json(), answer.links.get("next", {}).get("url")
            except ValueError:
                raise Fault("the answer is no JSON") from None

        return self.patience.run(attempt, f"the list of {self.place} at {self.endpoint}", stop)


class faults:  # noqa: N801 (used like a function)
    """In its block, errors of a request become a :class:`.Fault` or the line that ends it."""

    def __init__(self, hub: Hub):
        self.hub = hub

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        errors, http = need("huggingface_hub.errors"), need("httpx2")
        if isinstance(error, errors.OfflineModeIsEnabled):
            raise ValueError("HF_HUB_OFFLINE is set: unset it, or give files of your own") from None
        if isinstance(error, http.TimeoutException):
            raise Fault(f"no answer for {self.hub.patience.timeout:g} s") from None
        if isinstance(error, http.InvalidURL | http.UnsupportedProtocol | http.TooManyRedirects):
            said = " ".join(f"{self.hub.endpoint}: {error}".split()).rstrip(".")
            raise ValueError(f"{said}; check HF_ENDPOINT") from None
        if isinstance(error, http.LocalProtocolError | UnicodeEncodeError):  # which shows the token
            raise ValueError(
                f"{self.hub.endpoint} was not asked, for no request can hold the token: check "
                "HF_TOKEN, or log in with `hf auth login`"
            ) from None
        if isinstance(error, http.TransportError):
            raise Fault(f"{type(error).__name__}, {error}".rstrip(", ")) from None
        if isinstance(error, errors.HfHubHTTPError):
            self._explain(error)

    def _explain(self, error: Any) -> NoReturn:
        errors, status = need("huggingface_hub.errors"), error.response.status_code
        if status in PASSING:
            raise Fault(f"HTTP {status}", self._asked(error.response)) from None
        way = "check its name and revision"
        if isinstance(error, errors.GatedRepoError) or status in (401, 403):
            way = "log in with `hf auth login`, or check its name"
        raise ValueError(f"{self.hub.endpoint} answers HTTP {status} for {self.hub.place}: {way}")

    def _asked(self, response: Any) -> float | None:
        """Return the seconds to wait: ``Retry-After``, or the Hub's own rate limit header."""
        asked = seconds_asked(response.headers.get("retry-after"))
        limit = self.hub.http.parse_ratelimit_headers(response.headers)
        return limit.reset_in_seconds if asked is None and limit is not None else asked


def _name(shard: Shard) -> str:
    return shard.name
