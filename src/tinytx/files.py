"""Writing files so that nothing is lost: a temporary name first, then one move into place."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomic(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` to ``path`` in one step: readers see the old file or the new, never half.

    The bytes go to a temporary file in the same folder, reach the disk, and are moved over
    ``path`` by ``os.replace``, which is atomic on one file system. If anything fails on the way,
    the file that was there before is untouched and the temporary one is removed. A file that is
    replaced keeps its permissions.

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
    # Not tempfile.mkstemp: it makes files that only their owner may read, and that would stay so.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
