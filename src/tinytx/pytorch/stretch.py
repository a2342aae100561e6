"""The same model on longer texts than it was trained with: the weights as they are, more room.

Whether it still writes well there is another question; this only lets it be asked. Positions that
are computed (sinusoidal, rotary) or that are not there have no weight for a place, so nothing is
missing. Learned ones do: the places beyond have never been trained, whatever is put there.
"""

from __future__ import annotations

import torch

from ..manual.stretch import POSITIONS, longer
from .checkpointing import CheckpointedBlock, use_checkpointing
from .gpt import GPT
from .int8 import check_floats
from .module import normal
from .pieces import BlockwiseAttention, use_pieces
from .shapes import check_generator


def stretched(model: GPT, context_length: int, generator: torch.Generator | None = None) -> GPT:
    """Return a copy of ``model`` that can look at ``context_length`` positions.

    It attends in pieces, and keeps its blocks' inputs alone, where ``model`` does.

    Parameters
    ----------
    model
        A GPT; it is left as it is.
    context_length
        At least the model's own.
    generator
        Asks for fresh rows of learned positions beyond those that are there, and draws them.

    Raises
    ------
    ValueError
        If ``context_length`` is smaller, the positions are learned and ``generator`` is None, or
        ``model`` is no GPT of this engine, or has weights of int8.
    """
    if not isinstance(model, GPT):
        raise ValueError(f"model is a {type(model).__name__} and must be a tinytx.pytorch.GPT")
    check_floats(model)
    check_generator(generator)
    config = longer(model.config, context_length, generator is not None, "generator")
    config.check_room(model.tok_emb.weight.element_size(), mask=False)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    if config.positions == "learned":
        had = state[POSITIONS]
        shape = config.context_length - len(had), config.d_model
        beyond = normal(shape, config.init_std, generator, had.dtype, had.device)
        state[POSITIONS] = torch.cat([had, beyond.data])
    copy = GPT(config, device="meta")
    copy.load_state_dict(state, assign=True)
    for name, parameter in copy.named_parameters():
        parameter.requires_grad_(model.get_parameter(name).requires_grad)
    for made, own in zip(copy._blocks(), model._blocks(), strict=True):
        use_pieces(made.attn, own.attn.piece if isinstance(own.attn, BlockwiseAttention) else None)
        use_checkpointing(made, isinstance(own, CheckpointedBlock))
    return copy.train(model.training)
