"""The ring between processes: ``send`` and ``recv`` of torch.distributed, and nothing above them.

``run_ranks`` starts a few processes on this machine, gives each a rank, and lets them meet: what
``torchrun`` does, for a function instead of a program.
"""

from __future__ import annotations

import datetime
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

import torch
import torch.distributed as dist

from ..training.parallel import LostRankError, lost_rank
from .ring import owned

PATIENCE = 60  # seconds that a rank waits for another one's message


def ring_all_reduce(tensor: torch.Tensor) -> torch.Tensor:
    """Return the sum of all ranks' ``tensor`` (N,), as :func:`tinytx.scale.ring.ring_all_reduce`.

    Each step sends to the right and receives from the left at the same time: were all to send
    first and then receive, each could wait for the next for ever.
    """
    chunks = [chunk.clone() for chunk in tensor.tensor_split(dist.get_world_size())]
    _reduce_scatter(chunks)
    _all_gather(chunks)
    return torch.cat(chunks)


def _reduce_scatter(chunks: list[torch.Tensor]) -> None:
    n, rank = len(chunks), dist.get_rank()
    for step in range(n - 1):
        comes = (rank - step - 1) % n
        chunks[comes] += _exchange(chunks[(rank - step) % n], chunks[comes])


def _all_gather(chunks: list[torch.Tensor]) -> None:
    n, rank = len(chunks), dist.get_rank()
    for step in range(n - 1):
        comes = (rank - step) % n
        chunks[comes] = _exchange(chunks[(owned(rank, n) - step) % n], chunks[comes])


def _exchange(out: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Send ``out`` to the right; return what comes from the left, as large as ``like``."""
    n, rank = dist.get_world_size(), dist.get_rank()
    into = torch.empty_like(like)
    sending = dist.isend(out.contiguous(), (rank + 1) % n)
    dist.recv(into, (rank - 1) % n)
    assert sending is not None, "this rank is one of the ring"
    sending.wait()
    return into


def run_ranks(work: Callable[..., Any], size: int, *args: Any) -> list[Any]:
    """Return what ``work(*args)`` returns in each of ``size`` processes, in the order of ranks.

    They can exchange tensors by torch.distributed (gloo). ``work`` must be a function of a module,
    not of a notebook, because each process imports it.

    Raises
    ------
    RuntimeError
        If a process dies or raises: says of which rank, and what. The rest are ended. Those that
        only miss another one are not blamed.
    """
    kinds = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in kinds else "spawn")
    context.set_forkserver_preload([__name__])
    with tempfile.TemporaryDirectory() as folder:
        pipes, processes = [], []
        for rank in range(size):
            mine, theirs = context.Pipe(duplex=False)
            meeting = str(Path(folder) / "meeting")
            process = context.Process(target=_be, args=(rank, size, meeting, theirs, work, args))
            process.start()
            theirs.close()  # so that a process that dies closes its pipe
            pipes.append(mine)
            processes.append(process)
        try:
            return _answers(pipes)
        finally:
            for process in processes:
                process.terminate()
                process.join()


def _answers(pipes: list[Any]) -> list[Any]:
    """Return what comes through each pipe; raise as soon as one brings an error, or nothing."""
    answers: dict[int, Any] = {}
    lost = None
    while waiting := [pipe for rank, pipe in enumerate(pipes) if rank not in answers]:
        for pipe in cast("list[Connection]", wait(waiting)):
            rank = pipes.index(pipe)
            try:
                outcome, answers[rank] = pipe.recv()
            except EOFError:
                raise RuntimeError(f"rank {rank} has ended without an answer") from None
            if outcome == "raised":
                raise RuntimeError(f"rank {rank}: {answers[rank]}")
            if outcome == "lost":  # whom it misses will soon have said why
                lost = RuntimeError(f"rank {rank}: {answers[rank]}")
    if lost is not None:
        raise lost
    return [answers[rank] for rank in range(len(pipes))]


def _be(
    rank: int, size: int, meeting: str, answer: Any, work: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    """Be one rank: meet the others, work, and answer."""
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # this machine's own name may lead nowhere
    torch.set_num_threads(1)
    try:
        dist.init_process_group(
            "gloo",
            init_method=f"file://{meeting}",
            rank=rank,
            world_size=size,
            timeout=datetime.timedelta(seconds=PATIENCE),
        )
        with lost_rank():
            result = work(*args)
            dist.barrier()  # nobody leaves while another one is still asking
        answer.send(("done", result))
    except LostRankError:
        answer.send(("lost", "another rank is gone"))
    except Exception as error:
        says = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
        answer.send(("raised", says))
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
