"""Several processes, one run: what they must tell each other, and nothing else.

``torchrun`` starts the same program N times and gives each a *rank*. Every rank has the whole model
and reads its own rows of a batch. A step needs two exchanges: how many targets and parts all of
them count, and the sum of their gradients. The second is DistributedDataParallel's.

One process alone is a :class:`World` of size 1, for which every exchange is free: the loop is
written once.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
MINUTES = 30  # until a rank that waits for the others gives up: one evaluates, the others wait


class World:
    """All processes of a run, as one of them sees them: here, one alone."""

    rank = 0
    size = 1
    local_rank = 0

    def sum(self, *values: float) -> list[float]:
        """Return each value's sum over all ranks."""
        return list(values)

    def first(self, make: Callable[[], T]) -> T:
        """Return to all ranks what ``make`` gives the first; the others do not call it.

        A ``ValueError``, ``ArithmeticError`` or ``OSError`` of the first is raised everywhere.
        """
        return make()

    def gather(self, value: T) -> list[T]:
        """Return the values of all ranks, in their order."""
        return [value]

    def leave(self) -> None:
        """End the exchange."""


class TorchWorld(World):
    """Processes that ``torchrun`` started: gloo on processors, NCCL on CUDA."""

    def __init__(self, device_type: str):
        import torch
        import torch.distributed as dist

        self.rank, self.size, self.local_rank = (
            int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")
        )
        self._device = torch.device("cpu")
        backend = "gloo"
        if device_type == "cuda":
            self._device = torch.device("cuda", self.local_rank)
            torch.cuda.set_device(self._device)
            backend = "cpu:gloo,cuda:nccl"
        with _refused_port():
            dist.init_process_group(backend, timeout=datetime.timedelta(minutes=MINUTES))
        self._torch, self._dist = torch, dist

    def sum(self, *values: float) -> list[float]:
        """Return each value's sum over all ranks."""
        total = self._torch.tensor(values, dtype=self._torch.float64)
        with lost_rank():
            self._dist.all_reduce(total)
        return total.tolist()

    def first(self, make: Callable[[], T]) -> T:
        """Return to all ranks what ``make`` gives the first, or raise what it raised there."""
        answer: list[Any] = [None, None]
        if self.rank == 0:
            try:
                answer[0] = make()
            except (ValueError, ArithmeticError, OSError) as error:
                answer[1] = error
        with lost_rank():
            self._dist.broadcast_object_list(answer, src=0, device=self._torch.device("cpu"))
        if answer[1] is not None:
            raise answer[1]
        return answer[0]

    def gather(self, value: T) -> list[T]:
        """Return the values of all ranks, in their order."""
        values: list[Any] = [None] * self.size
        with lost_rank():
            self._dist.all_gather_object(values, value)
        return values

    def leave(self) -> None:
        """End the exchange, so that the port is free."""
        if self._dist.is_initialized():
            self._dist.destroy_process_group()


class LostRankError(ValueError):
    """Another process of the run is gone."""


@contextlib.contextmanager
def lost_rank() -> Iterator[None]:
    """Turn the error of an exchange without partner into one line."""
    try:
        yield
    except RuntimeError as error:
        if not _is_of_exchange(error):
            raise
        raise LostRankError(
            "another process of this run has ended, so it cannot go on: start it again with "
            "--resume, with any number of processes that divides the batch (and of fineweb its "
            "lanes)"
        ) from None


def _is_of_exchange(error: RuntimeError) -> bool:
    """Return whether an error comes from gloo or NCCL, and not from arithmetic."""
    names = [kind.__name__ for kind in type(error).__mro__]
    told = str(error).lower()
    words = ("gloo", "nccl", "connection", "process group", "timed out", "timeout", "socket")
    return "DistBackendError" in names or any(word in told for word in words)


@contextlib.contextmanager
def _refused_port() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        where = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"the processes of this run cannot meet at {where} ({reason[:100]}): "
            "give torchrun another --master-port"
        ) from None


def is_distributed() -> bool:
    """Return whether ``torchrun`` started this process as one of several, or as one alone."""
    return {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR"} <= os.environ.keys()


def join(device_type: str = "cpu") -> World:
    """Return the world of this process.

    Parameters
    ----------
    device_type
        Where the model is: ``"cuda"`` exchanges gradients between cards.

    Raises
    ------
    ValueError
        If the processes cannot meet: a port in use, say.
    """
    return TorchWorld(device_type) if is_distributed() else World()
