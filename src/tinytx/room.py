"""Whether a machine has room for what is asked for, answered before anything is allocated.

A typing error of three digits (``--d-model 100000``), or a file whose header was damaged, asks for
more memory than there is. Found out by allocating, it ends in an error from deep inside, or takes
the machine down with it.
"""

from __future__ import annotations

import os

UNKNOWN = 2**40  # bytes taken for granted where the system does not say: 1 TiB


def machine_memory() -> int:
    """Return the bytes of memory that this machine has in all."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return UNKNOWN


def check_room(n_bytes: int, what: str, way: str) -> None:
    """Raise ``ValueError`` if ``n_bytes`` are more than the whole machine has.

    Parameters
    ----------
    n_bytes
        The least that it takes.
    what
        What takes it, for the message: "a model of d_model 100000".
    way
        The way out: "lower --d-model".

    >>> try:
    ...     check_room(10**18, "It", "ask for less")
    ... except ValueError as error:
    ...     print(str(error)[:35])
    It takes 1,000,000,000 GB at least,
    """
    there = machine_memory()
    if n_bytes > there:
        raise ValueError(
            f"{what} takes {n_bytes / 1e9:,.0f} GB at least, and this machine has "
            f"{there / 1e9:,.0f} GB: {way}"
        )
