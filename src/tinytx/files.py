"""Writing files so that nothing is lost: a temporary name first, then one move into place."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` to ``path`` in one step: readers see the old file or the new, never half.

    The bytes go to a temporary file in the same folder, reach the disk, and are moved over
    ``path`` by ``os.replace``, which is atomic on one file system. If anything fails on the way,
    the file that was there before is untouched and the temporary one is removed.

    Parameters
    ----------
    path
        Where the content ends up. Its folder is created if it is missing.
    content
        Text (written as UTF-8, line ends unchanged) or bytes.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
