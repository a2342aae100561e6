"""What does not go together: settings that are right one by one, and would train another model."""

from __future__ import annotations

from ..config import GPTConfig
from .parallel import World
from .plans import read_plan
from .settings import TrainConfig


def check_together(model: GPTConfig, train: TrainConfig, world: World) -> None:
    """Refuse what :class:`.TorchLearner` cannot do at the same time.

    Muon evens out the directions of a whole matrix, and of several processes none has one under
    ``fsdp``. Blocks that wait add nothing to the residual stream; but a post-norm block ends in a
    norm, which changes what has passed it. Blocks that had their turn and are left out again
    would still be in the model that is evaluated and saved.

    Raises
    ------
    ValueError
        In one line, with the way out.
    """
    plan = train.depth_plan
    if train.fsdp and world.size > 1:
        if train.optimizer == "muon":
            raise ValueError(
                "fsdp shares each matrix out and muon needs it whole: "
                "take optimizer adamw, or leave fsdp out"
            )
        if plan is not None:
            raise ValueError(
                f"depth_plan is {plan!r} and fsdp shares out the blocks that wait as well: "
                "leave out one of the two"
            )
    if plan is None:
        return
    if model.norm != "pre":
        raise ValueError(
            f"depth_plan is {plan!r} and norm is {model.norm!r}, whose norms change what passes a "
            "block that waits: take norm pre, or leave depth_plan out"
        )
    depths = [depth for _, depth in read_plan("depth_plan", plan, model.n_layer)]
    if depths != sorted(depths):
        raise ValueError(
            f"depth_plan is {plan!r} and its blocks must not become fewer: those left out would "
            "stay in the model untrained"
        )
