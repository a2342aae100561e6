"""What processes tell each other, without processes: one after the other over a wire of lists."""

from __future__ import annotations

import pytest
import torch

from tinytx.training import DivergenceError
from tinytx.training.parallel import LostRankError, TorchWorld, World, is_distributed, lost_rank


class Wire:
    """Stands for ``torch.distributed``: the first rank speaks first, the others hear it."""

    def __init__(self):
        self.said = []

    def broadcast_object_list(self, answer, src, device):
        if not self.said:
            self.said += answer
        answer[:] = self.said

    def all_reduce(self, total):
        self.said.append(total.clone())
        total.copy_(sum(self.said))


def ranks(wire, n=2):
    """Return both ends of a wire."""
    worlds = [TorchWorld.__new__(TorchWorld) for _ in range(n)]
    for rank, world in enumerate(worlds):
        world.rank, world.size, world._torch, world._dist = rank, n, torch, wire
    return worlds


def never():
    raise AssertionError("only the first rank is to call it")


@pytest.mark.parametrize("value", [None, 0, "text", {"step": 4}])
def test_all_ranks_get_what_the_first_makes(value):
    first, second = ranks(Wire())
    assert first.first(lambda: value) == value
    assert second.first(never) == value


@pytest.mark.parametrize(
    "error", [ValueError("no folder"), DivergenceError("the loss is nan"), OSError(28, "disk full")]
)
def test_all_ranks_raise_what_the_first_does(error):
    def fail():
        raise error

    for world, make in zip(ranks(Wire()), (fail, never), strict=True):
        with pytest.raises(type(error)) as caught:
            world.first(make)
        assert caught.value.args == error.args


def test_a_sum_is_exact_to_the_digits_of_a_python_float():
    """A count of targets above 2**24 is no float32."""
    first, second = ranks(Wire())
    assert first.sum(2.0**24 + 1, 0.1) == [2.0**24 + 1, 0.1]
    assert second.sum(2.0, 0.2) == [2.0**24 + 3, 0.1 + 0.2]


def test_one_process_alone_is_told_what_it_says():
    world = World()
    assert (world.rank, world.size, world.local_rank) == (0, 1, 0)
    assert world.sum(1.5, 2) == [1.5, 2]
    assert world.gather({"at": 3}) == [{"at": 3}]
    assert world.first(lambda: 7) == 7


NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR")


@pytest.mark.parametrize("missing", [None, *NAMES])
def test_only_what_torchrun_sets_as_a_whole_makes_several_processes(missing, monkeypatch):
    """Clusters set some of these names for all that they start."""
    for name in NAMES:
        monkeypatch.setenv(name, "0")
    if missing:
        monkeypatch.delenv(missing)
    assert is_distributed() == (missing is None)


class DistBackendError(RuntimeError):
    """As NCCL's errors are called."""


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (RuntimeError("[gloo/transport] Connection closed by peer"), True),
        (RuntimeError("Timed out waiting 1800000ms"), True),
        (DistBackendError("unhandled cuda error"), True),
        (RuntimeError("CUDA out of memory"), False),
    ],
)
def test_an_error_of_an_exchange_is_told_from_one_of_arithmetic(error, is_lost):
    with pytest.raises(LostRankError if is_lost else type(error)) as caught, lost_rank():
        raise error
    assert (caught.value is error) != is_lost
