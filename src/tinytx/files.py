"""Reading files as they are, and writing them so that nothing is lost.

Written is a temporary name first, then one move into place. Read is UTF-8, and a byte order mark at
the start (``EF BB BF``, which some editors put there) is dropped: it says how the file is encoded
and is no part of its text.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` to ``path`` in one step: readers see the old file or the new, never half.

    The bytes go to a temporary file in the same folder, reach the disk, and are moved over
    ``path`` by ``os.replace``, which is atomic on one file system. If anything fails on the way,
    the file that was there before is untouched and the temporary one is removed. A file that is
    replaced keeps its permissions. A symbolic link stays one: what it leads to is replaced. What is
    no file, such as ``/dev/stdout`` or a pipe, stays what it is and is written to.

    Parameters
    ----------
    path
        Where the content ends up. Its folder is created if it is missing.
    content
        Text (written as UTF-8, line ends unchanged) or bytes.

    Raises
    ------
    OSError
        If the folder cannot be written to, or the disk is full; ``filename`` is ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    whole = Path(os.path.realpath(path))
    # Not tempfile.mkstemp: it makes files that only their owner may read, and that would stay so.
    temporary = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if whole.exists():
            temporary.chmod(whole.stat().st_mode & 0o7777)
        os.replace(temporary, whole)
    except OSError as error:  # of a full disk it knows no file
        _remove(temporary)
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        _remove(temporary)
        raise


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a UTF-8 file, without a byte order mark, its line ends as they are.

    Raises
    ------
    OSError
        If the file cannot be read.
    UnicodeDecodeError
        A ``ValueError``, if it is not UTF-8.
    """
    return Path(path).read_bytes().decode("utf-8-sig")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Return what a file of JSON holds; a byte order mark at its start is dropped.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        In one line, if it is not JSON in UTF-8, or nested deeper than Python can read.
    """
    try:
        return json.loads(read_text(path))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def is_leftover(name: str) -> bool:
    """Return whether a file's name is that of a temporary one, which only a kill leaves behind.

    >>> is_leftover(".loss.png.0123abcd.tmp"), is_leftover("loss.png")
    (True, False)
    """
    return _TEMPORARY.fullmatch(name) is not None


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):  # what led here is the better news
        temporary.unlink(missing_ok=True)
