"""The PyTorch engine's model and optimizers as the loop sees them.

What is here and not in the NumPy learner is what a larger run needs: a device, products in half
precision, a compiled model, several processes. The arithmetic of a step is the same.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..manual.loss import IGNORE_INDEX, count_targets
from ..manual.shapes import is_whole
from ..pytorch import GPT, SGD, Adam, AdamW, Muon, cross_entropy
from ..wording import listed, short
from .device import autocast_dtype, pick_device
from .divergence import DivergenceError, first_not_finite
from .learner import Batch, kept, numbered, parts, strip_prefix
from .optimizers import Rates, make_optimizers
from .parallel import World, lost_rank
from .settings import TrainConfig
from .together import check_together
from .wrappers import (
    first_blocks,
    full_optimizer_state,
    full_state,
    load_full_state,
    load_optimizer_state,
    rest_blocks,
    wrap,
)


class TorchLearner:
    """A model of PyTorch with its optimizers.

    Parameters
    ----------
    model
        The package's ``GPT``. It is moved to the device.
    config
        ``optimizer`` and what belongs to it, ``clip``, ``accumulation``, ``device``,
        ``precision``, ``compile``, ``checkpointing``, ``fsdp`` and ``seed`` are read.
    world
        The processes of the run; None for this one alone.

    Raises
    ------
    ValueError
        If the device is not there, or what is asked for does not go together.
    """

    def __init__(self, model: GPT, config: TrainConfig, world: World | None = None):
        self.config, self.world = config, world or World()
        check_together(model.config, config, self.world)
        self.device = pick_device(config.device, self.world.local_rank)
        self.model = self.whole = model.to(self.device)
        if config.checkpointing:
            model.use_checkpointing()
        self._dtype = autocast_dtype(config.precision, self.device)
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=self._dtype == torch.float16)
        self._draws = 0  # steps that dropout has been drawn for
        rest_blocks(model, self._depth())
        self._nets: dict[int, Any] = {}  # what is called, by the blocks in use
        self._wake()
        self._named = dict(self.model.named_parameters())
        self._parameters = list(self._named.values())
        self.optimizers = make_optimizers(
            self._named.items(), model.config.n_layer, config, self._methods()
        )
        self._rates = Rates(self.optimizers, config.lr)

    def loss_and_gradients(self, batch: Batch) -> float:
        """Run forward and backward on this process's rows of ``(ids, targets)``.

        Divided by the targets that *all* rows count, in all parts and processes: the mean of means
        is another number as soon as they do not count equally many. Of a batch in which nothing
        counts the loss and the gradient are 0.

        Every process computes as many parts as the one with most rows: what they exchange in a
        part, all have to. One without rows of its own is the least that there can be.
        """
        self._wake()
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        most = self.config.accumulation
        with_rows = [float(len(batch[0]) > i) for i in range(most)]  # in part i, of this process
        counted, *with_rows = self.world.sum(count_targets(batch[1]), *with_rows)
        count, n = max(counted, 1.0), np.count_nonzero(with_rows)
        pieces = list(parts(batch, most))
        pieces += [self._filler(batch)] * (n - len(pieces))
        total: Tensor | float = 0.0
        with self._dropout_of_this_step(), lost_rank():
            for i, (ids, targets) in enumerate(pieces):
                with self._synchronized(i + 1 == len(pieces)):
                    loss = self._part(self._tensor(ids), self._tensor(targets), count)
                total = total + loss
        self._draws += 1
        return float(total) / self.world.size

    def _filler(self, batch: Batch) -> Batch:
        """Return a row as long as those of ``batch`` whose loss and gradient are 0."""
        shape = (1, batch[0].shape[1])
        some = int(self.model.config.padding_id == 0)  # of padding alone there is no attention
        return np.full(shape, some), np.full(shape, IGNORE_INDEX)

    def _depth(self) -> int:
        """Return how many blocks are in use in the step to come."""
        return self.config.planned("depth_plan", self._draws, len(self.model.blocks))

    def _wake(self) -> None:
        """Make ``net`` and ``_loss`` those of as many blocks as are in use now."""
        depth = self._depth()
        if depth not in self._nets:
            whole = depth == len(self.model.blocks)
            model = self.model if whole else first_blocks(self.model, depth)
            self.net = wrap(model, self.config, self.world, self.device)
            # Compiled together, the loss never writes out the logits in full precision.
            together = self.config.compile and self.world.size == 1
            loss = partial(self._summed_loss, self.net)
            self._nets[depth] = self.net, torch.compile(loss) if together else loss
        self.net, self._loss = self._nets[depth]

    def _part(self, ids: Tensor, targets: Tensor, count: float) -> Tensor:
        """Add the gradient of one part; return its share of the loss."""
        # Processes average their gradients: times their number, it is the sum that is meant.
        loss = self._loss(ids, targets) * (self.world.size / count)
        (self._scaler.scale(loss) if self._scaler.is_enabled() else loss).backward()
        return loss.detach()

    def _summed_loss(self, net: nn.Module, ids: Tensor, targets: Tensor) -> Tensor:
        if self._dtype is None:
            logits = net(ids)
        else:
            with torch.autocast(self.device.type, self._dtype):
                logits = net(ids)
        loss = cross_entropy(logits, targets, reduction="sum")
        config = self.model.config
        return self._with_balance(loss, net, targets) if config.n_expert else loss

    def _with_balance(self, loss: Tensor, net: nn.Module, targets: Tensor) -> Tensor:
        """Return the summed loss as it is, with the gradient of a mixture's balance loss added.

        It weighs as much as the targets that count. Who is sent where is counted within each part
        of a batch and each process: the balance loss is the mean of theirs.
        """
        counted = (targets != IGNORE_INDEX).sum()
        inner: Any = getattr(net, "module", net)
        balance = inner.balance_loss() * self.model.config.balance * counted
        return loss + (balance - balance.detach())  # the number is that of the loss alone

    def step(self, lr: float) -> float:
        """Clip, set the rate, and let the optimizers change the weights."""
        scaled = self._scaler.is_enabled()
        for optimizer in self.optimizers if scaled else ():
            self._scaler.unscale_(optimizer)
        norm = self._clip()
        self._rates.set(lr)
        for optimizer in self.optimizers:
            if scaled:
                self._scaler.step(optimizer)  # skipped where half precision overflowed
            else:
                optimizer.step()
        if scaled:
            self._scaler.update()
        return norm

    def _clip(self) -> float:
        """Limit the gradient's norm; return what it was, nan if nobody asked for a limit."""
        if self.config.clip is None:
            return math.nan
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        whole: Any = nn.utils.get_total_norm(gradients)
        norm = float(whole.full_tensor() if hasattr(whole, "full_tensor") else whole)
        if not math.isfinite(norm) and not self._scaler.is_enabled():
            self._refuse_gradient()  # before all of them are multiplied by it
        nn.utils.clip_grads_with_norm_(self._parameters, self.config.clip, whole)
        return norm

    def tensors(self) -> dict[str, np.ndarray]:
        """Return ``model.{name}`` and ``optimizer.{number}.{vector}``, whole, on every process."""
        found = {f"model.{n}": v for n, v in full_state(self.model).items()}
        for prefix, optimizer in numbered(self.optimizers):
            for i, vectors in full_optimizer_state(optimizer).items():
                found.update({f"{prefix}{i}.{name}": v for name, v in vectors.items()})
        return {name: value.detach().cpu().numpy().copy() for name, value in found.items()}

    def state(self) -> dict[str, Any]:
        """Return how often dropout was drawn, and the scale of half precision."""
        return {"draws": self._draws, "scaler": self._scaler.state_dict()}

    def load(self, tensors: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back :meth:`tensors` and :meth:`state`; ``ValueError`` if they do not fit."""
        load_full_state(self.model, strip_prefix(tensors, "model."))
        for prefix, optimizer in numbered(self.optimizers):
            vectors = strip_prefix(tensors, prefix)
            load_optimizer_state(optimizer, vectors, whole=self.config.depth_plan is None)
        draws, scaler = kept(state, "draws"), kept(state, "scaler")
        if not is_whole(draws) or draws < 0:
            raise ValueError(f"learner state has draws {short(draws)} and must have a count")
        self._draws = draws
        if not (scaler and self._scaler.is_enabled()):
            return
        mine = self._scaler.state_dict()
        if not isinstance(scaler, dict) or scaler.keys() != mine.keys():
            raise ValueError(
                f"learner state has scaler {short(scaler)} and must have {listed(mine)}"
            )
        self._scaler.load_state_dict(scaler)

    def check_finite(self, loss: float) -> None:
        """Raise :class:`DivergenceError` if the loss or a parameter is not finite."""
        bad = self._first_bad({name: p.detach() for name, p in self._named.items()})
        if bad:
            raise DivergenceError(f"the parameter {bad}")
        if not math.isfinite(loss):
            raise DivergenceError(f"the loss is {loss}, while every parameter is finite")

    def plain_model(self) -> GPT:
        """Return the model without wrappers; of weights that are shared out, a whole copy."""
        if self.config.fsdp and self.world.size > 1:
            self.whole = GPT(self.model.config, device="meta")
            self.whole.load_state_dict(full_state(self.model), assign=True)
        return self.whole

    def _refuse_gradient(self) -> None:
        gradients = {n: p.grad for n, p in self._named.items() if p.grad is not None}
        bad = self._first_bad(gradients)
        if bad:
            raise DivergenceError(f"the gradient of {bad}")
        raise DivergenceError("the gradient's norm overflows, while each of its numbers is finite")

    def _first_bad(self, tensors: dict[str, Tensor]) -> str | None:
        """Name the first tensor with nan or infinity, after one look at all of them."""
        local = {n: t.to_local() if hasattr(t, "to_local") else t for n, t in tensors.items()}
        if all(bool(torch.isfinite(t).all()) for t in local.values()):
            return None
        return first_not_finite({n: t.float().cpu().numpy() for n, t in local.items()})

    def _methods(self) -> dict[str, Any]:
        """Return the classes by method; fused ones make a step of one pass over the weights."""
        fused: dict[str, Any]
        fused = {"fused": self.device.type in ("cpu", "cuda") and not self.config.fsdp}

        def adam(groups: Any, lr: float) -> Adam:
            return Adam(groups, lr=lr, **fused)

        def adamw(groups: Any, lr: float) -> AdamW:
            return AdamW(groups, lr=lr, **fused)

        return {"sgd": SGD, "adam": adam, "adamw": adamw, "muon": Muon}

    @contextlib.contextmanager
    def _dropout_of_this_step(self) -> Iterator[None]:
        """Draw dropout from a seed of this step and rank, and leave PyTorch's generators alone.

        What a step draws then does not depend on what was drawn before it, so nothing of a
        generator has to be saved for a resumed run to be the same.
        """
        if not self.model.config.dropout:
            yield
            return
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            key = np.random.SeedSequence([self.config.seed, 3, self._draws, self.world.rank])
            seed = int(key.generate_state(1)[0])
            if self.device.type == "cpu":  # to tell all kinds of devices takes a millisecond or two
                torch.default_generator.manual_seed(seed)
            else:
                torch.manual_seed(seed)
            yield

    @contextlib.contextmanager
    def _synchronized(self, last: bool) -> Iterator[None]:
        """Exchange gradients in the last part only: a sum needs to be exchanged once."""
        net: Any = self.net  # each way of sharing has its own method, and one process has none
        if last or not hasattr(net, "no_sync"):
            if hasattr(net, "set_requires_gradient_sync"):
                net.set_requires_gradient_sync(last)
            yield
            return
        with net.no_sync():
            yield

    def _tensor(self, array: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self.device.type != "cuda":
            return tensor.to(self.device)
        return tensor.pin_memory().to(self.device, non_blocking=True)
