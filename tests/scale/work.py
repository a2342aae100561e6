"""What the ranks of the tests do: functions of a module, because each process imports them."""

from __future__ import annotations

import os
import signal

import torch
import torch.distributed as dist

from tinytx.scale.processes import ring_all_reduce
from tinytx.training.parallel import is_distributed


def mine(size: int) -> torch.Tensor:
    """Return this rank's vector."""
    generator = torch.Generator().manual_seed(dist.get_rank())
    return torch.randn(size, generator=generator, dtype=torch.float64)


def both_ways(sizes: list[int]) -> list[tuple[list[float], list[float], list[float]]]:
    """Return for each size this rank's vector, the ring's sum, and that of ``dist.all_reduce``."""
    found = []
    for size in sizes:
        given = mine(size)
        before = given.clone()
        ring = ring_all_reduce(given)
        assert torch.equal(given, before)
        theirs = given.clone()
        dist.all_reduce(theirs)
        found.append((given.tolist(), ring.tolist(), theirs.tolist()))
    return found


def who() -> tuple[int, int, bool]:
    """Return rank and size, and whether it looks like a run of torchrun's."""
    return dist.get_rank(), dist.get_world_size(), is_distributed()


def one_dies() -> float:
    """Let rank 1 be killed while rank 0 waits for it."""
    if dist.get_rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return float(ring_all_reduce(mine(4))[0])


def says_nothing() -> None:
    """Raise without a message."""
    raise NotImplementedError


def one_raises() -> float:
    """Let rank 1 raise."""
    if dist.get_rank() == 1:
        raise ValueError("the shard is damaged")
    return float(ring_all_reduce(mine(4))[0])
