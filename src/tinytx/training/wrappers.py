"""What is put around a model for speed or for several processes, and the whole state inside it."""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..pytorch import GPT, SGD, Muon
from ..pytorch.state import fitted
from ..wording import listed
from .parallel import World
from .settings import TrainConfig


def wrap(model: GPT, config: TrainConfig, world: World, device: torch.device) -> nn.Module:
    """Return what is called in training: ``model``, compiled and shared as ``config`` says.

    The model itself stays as it is, to be evaluated and saved; but with ``fsdp`` its weights are
    shared out among the processes, each keeping a part and asking for the rest when needed.
    """
    if config.fsdp and world.size > 1:
        _share_out(model, device)
    if world.size == 1:
        return model  # the learner compiles it together with the loss
    net = cast(nn.Module, torch.compile(model)) if config.compile else model
    if config.fsdp:
        return net
    cards = [device.index] if device.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(net, device_ids=cards)


def _share_out(model: GPT, device: torch.device) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)


def first_blocks(model: GPT, depth: int) -> GPT:
    """Return a model of the first ``depth`` blocks of ``model``, with the same parameters."""
    twin = copy.copy(model)
    twin._modules = {**model._modules, "blocks": nn.ModuleList(model.blocks[:depth])}
    return twin


@torch.no_grad()
def rest_blocks(model: GPT, depth: int) -> None:
    """Let the blocks after ``depth`` add nothing: the model is the same with them and without.

    Their last projections begin at zero, and get a gradient as soon as they are in use. So a model
    can be trained with few blocks first, which is cheap, and with all of them later.

    Source: Gong et al. 2019 (growing in depth, there by copies), Zhang et al. 2019 (zeros).
    """
    for block in model.blocks[depth:]:
        for name, parameter in block.named_parameters():
            if name.split(".")[-2] in ("o_proj", "down_proj"):
                parameter.zero_()


def _whole(value: Tensor) -> Tensor:
    return value.full_tensor() if hasattr(value, "full_tensor") else value


def full_state(model: GPT) -> dict[str, Tensor]:
    """Return the weights by name, whole also where processes share them out."""
    return {name: _whole(value) for name, value in model.state_dict().items()}


def load_full_state(model: GPT, state: dict[str, np.ndarray]) -> None:
    """Copy whole weights into a model, also one whose weights are shared out."""
    if not any(hasattr(p, "device_mesh") for p in model.parameters()):
        model.load_state_dict(state)
        return
    for name, value in fitted(model, state).items():
        _copy(model.get_parameter(name), value)


def full_optimizer_state(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """Return what an optimizer remembers, by the number of the parameter, whole."""
    state = optimizer.state_dict()["state"]
    return {
        i: {name: _whole(v) for name, v in vectors.items() if isinstance(v, Tensor)}
        for i, vectors in state.items()
    }


def load_optimizer_state(
    optimizer: torch.optim.Optimizer, tensors: dict[str, np.ndarray], whole: bool = False
) -> None:
    """Put back what :func:`full_optimizer_state` gave, under names ``{number}.{vector}``.

    Parameters
    ----------
    optimizer
        Of the same method, over the same parameters.
    tensors
        None at all where it has not begun.
    whole
        Whether, once it has begun, it has something of every parameter: not of blocks that wait.

    Raises
    ------
    ValueError
        If the tensors are not those of such an optimizer.
    """
    params = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        number, _, vector = name.partition(".")
        if not number.isdecimal() or int(number) >= len(params):
            raise ValueError(f"optimizer state {name!r} belongs to no parameter")
        like = params[int(number)]
        tensor = torch.from_numpy(np.array(value))
        shape = () if vector == "step" else tuple(like.shape)
        if tensor.shape != shape:
            raise ValueError(
                f"optimizer state {name!r} has shape {tuple(tensor.shape)} and must have {shape}"
            )
        if vector != "step":
            tensor = _copy(torch.zeros_like(like), tensor)
        state.setdefault(int(number), {})[vector] = tensor
    _check_vectors(optimizer, state, whole)
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _check_vectors(
    optimizer: torch.optim.Optimizer, state: dict[int, dict[str, Any]], whole: bool
) -> None:
    """Refuse a state in which something is missing, or that is another method's."""
    i = 0
    for group in optimizer.param_groups:
        for _ in group["params"]:
            wanted = _vectors(optimizer, group) if i in state or (whole and state) else set()
            has = state.get(i, {}).keys()
            if has != wanted:
                raise ValueError(
                    f"optimizer state of parameter {i} has {listed(has)} and must have "
                    f"{listed(wanted)}"
                )
            i += 1


def _vectors(optimizer: torch.optim.Optimizer, group: dict[str, Any]) -> set[str]:
    """Return the names of what an optimizer remembers of a parameter of ``group``."""
    if isinstance(optimizer, Muon):
        return {"velocity"}
    if isinstance(optimizer, SGD):
        return {"momentum_buffer"} if group["momentum"] else set()
    return {"step", "exp_avg", "exp_avg_sq"}  # Adam, with decay or without


@torch.no_grad()
def _copy(target: Tensor, value: Tensor) -> Tensor:
    """Copy a whole tensor into one that may be shared out; return it."""
    if hasattr(target, "device_mesh"):
        from torch.distributed.tensor import DTensor, distribute_tensor

        assert isinstance(target, DTensor)
        value = distribute_tensor(
            value.to(target.device, target.dtype), target.device_mesh, target.placements
        )
    return target.copy_(value)
