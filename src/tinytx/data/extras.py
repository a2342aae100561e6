"""What the extra ``data`` brings, imported when it is needed; and where downloads are kept."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from types import ModuleType


def need(module: str) -> ModuleType:
    """Return ``module`` of a package that only the extra ``data`` installs.

    Raises
    ------
    ValueError
        If it cannot be imported; the line says how to install it.

    >>> need("a_package_that_nobody_has")
    Traceback (most recent call last):
        ...
    ValueError: a_package_that_nobody_has is not installed: pip install 'tinytx[data]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        known = isinstance(error, ModuleNotFoundError) and error.name == package
        problem = "is not installed" if known else f"cannot be imported ({error})"
        raise ValueError(f"{package} {problem}: pip install 'tinytx[data]'") from None


def cache_folder(name: str) -> Path:
    """Return the folder for downloads of one kind; it need not exist yet.

    It is below ``TINYTX_CACHE`` if that is set, and else where the system keeps such files.
    """
    root = os.environ.get("TINYTX_CACHE") or need("pooch").os_cache("tinytx")
    return Path(root).expanduser() / name
