"""Tiny Shakespeare: forty thousand lines of the plays, 1.1 MB, for those who have a network.

The file that Andrej Karpathy's char-rnn came with (2015), which many small models since have been
trained on. Its checksum is fixed here, so everybody trains on the same characters.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from .extras import cache_folder, need
from .patience import PASSING, Fault, Patience, seconds_asked

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
WAY_OUT = "set TINYTX_SHAKESPEARE to another address or to a file"
NAME = "tinyshakespeare.txt"


def shakespeare(
    source: str | os.PathLike[str] | None = None, patience: Patience | None = None
) -> str:
    """Return the text of Tiny Shakespeare: 1,115,394 characters.

    It is downloaded once and kept (see :func:`.cache_folder`). What has another checksum is never
    used or kept. Before a download is tried again a line on standard error says so.

    Parameters
    ----------
    source
        Another address, or a file on this machine, with the same content. By default what the
        variable ``TINYTX_SHAKESPEARE`` says, and else its place on GitHub.
    patience
        How often a download is tried.

    Raises
    ------
    ValueError
        If it cannot be had, or is another text.
    """
    source = str(source or os.environ.get("TINYTX_SHAKESPEARE") or URL)
    if not source.startswith(("http://", "https://")):
        return _checked(Path(source).expanduser())
    kept = cache_folder(NAME)
    if not _is_right(kept):
        _fetch(source, kept, patience or Patience())
    return kept.read_text(encoding="utf-8")


def _checked(file: Path) -> str:
    if not file.is_file():
        raise ValueError(f"there is no file {file} (TINYTX_SHAKESPEARE): give one, or an address")
    if not _is_right(file):
        raise ValueError(f"{file} is not Tiny Shakespeare: its SHA-256 is not {SHA256[:12]}…")
    return file.read_text(encoding="utf-8")


def _is_right(file: Path) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == SHA256


def _fetch(url: str, kept: Path, patience: Patience) -> None:
    """Download to ``kept`` through pooch, which moves a file into place once its hash is right."""
    pooch = need("pooch")
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(timeout=patience.timeout)

    def attempt() -> None:
        try:
            pooch.retrieve(url, f"sha256:{SHA256}", kept.name, kept.parent, downloader=downloader)
        except Exception as error:
            _explain(error, url, kept)

    patience.run(
        attempt,
        f"the download of Tiny Shakespeare from {url}",
        tell=lambda line: print(f"tinytx: {line}", file=sys.stderr, flush=True),
        way_out=WAY_OUT,
    )


def _explain(error: Exception, url: str, kept: Path) -> None:
    """Raise a fault that may pass, or the line that ends it."""
    requests = need("requests")
    response = getattr(error, "response", None)
    if response is not None:
        asked = seconds_asked(response.headers.get("Retry-After"))
        if response.status_code in PASSING:
            raise Fault(f"HTTP {response.status_code}", asked) from None
        raise ValueError(f"{url} answers HTTP {response.status_code}: {WAY_OUT}") from None
    if isinstance(error, requests.exceptions.RequestException) and isinstance(error, ValueError):
        said = " ".join(str(error).split()).rstrip(".")  # no address at all: it stays so
        raise ValueError(f"{url}: {said}; check TINYTX_SHAKESPEARE") from None
    if isinstance(error, requests.exceptions.RequestException):
        raise Fault(type(error).__name__) from None
    if isinstance(error, ValueError) and "hash" in str(error).lower():
        raise Fault("what came has another SHA-256") from None
    if isinstance(error, OSError):
        raise ValueError(
            f"cannot keep {kept} ({error.strerror or error}): free some room, or set TINYTX_CACHE"
        ) from None
    raise error
