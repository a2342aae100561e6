"""Of several processes that ``torchrun`` started, one speaks.

All of them run the same command. What goes well is told by the first. What goes wrong may be known
to all of them, to some, or to one, and the first may be gone: so whoever knows it first says it,
and the others hold their peace.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Iterator

PATIENCE = 5.0  # seconds in which another process may say the same; torchrun then ends this one


def rank() -> int:
    """Return which of the processes this is; 0 if there is one."""
    if "RANK" not in os.environ:
        return 0
    from ..training.parallel import is_distributed

    return int(os.environ["RANK"]) if is_distributed() else 0


@contextlib.contextmanager
def only_first_speaks() -> Iterator[None]:
    """Send what any process but the first prints nowhere."""
    if rank() == 0:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def may_say(line: str) -> bool:
    """Return whether this process should print ``line`` as an error: once in all of them.

    Where they have met, they keep a list. Where they have not, the first one speaks, and another
    one only if the first has nothing to say for a while.
    """
    if rank() == 0 and not _met():
        return True
    if not _met():
        time.sleep(PATIENCE)
        return True
    from torch.distributed import distributed_c10d

    key = "tinytx/said/" + hashlib.sha256(line.encode()).hexdigest()[:16]
    try:
        return distributed_c10d._get_default_store().add(key, 1) == 1
    except (RuntimeError, ValueError):  # whoever kept the list is gone
        return True


def leave() -> None:
    """End the exchange between the processes, if there is one, so that its port is free."""
    if _met():
        import torch.distributed as dist

        with contextlib.suppress(RuntimeError):  # a partner is gone already
            dist.destroy_process_group()


def _met() -> bool:
    torch = sys.modules.get("torch")  # whoever has met others has imported it
    return bool(torch and torch.distributed.is_available() and torch.distributed.is_initialized())
