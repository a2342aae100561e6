"""Where a model is trained, and how precisely: CUDA, then MPS, then the processor."""

from __future__ import annotations

import os

import torch

VARIABLE = "TINYTX_DEVICE"  # what "auto" is, for all that a shell starts


def pick_device(name: str = "auto", local_rank: int = 0) -> torch.device:
    """Return the device called ``name``; for ``"auto"`` the fastest that is there.

    Where the environment variable ``TINYTX_DEVICE`` names one, ``"auto"`` is that one: numbers that
    are to be the same on every machine are computed with ``TINYTX_DEVICE=cpu``.

    Parameters
    ----------
    name
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    local_rank
        Which of its machine's processes this is: each takes a card of its own.

    Raises
    ------
    ValueError
        If there is no such device.
    """
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    said = ""
    if name == "auto" and os.environ.get(VARIABLE):
        name, said = os.environ[VARIABLE], f", by {VARIABLE},"
    kind = there[0] if name == "auto" else str(name).split(":")[0]
    if kind not in there:
        raise ValueError(f"device is {name!r}{said} and this machine has {', '.join(there)}")
    if kind != "cuda":
        return torch.device(kind)
    n = torch.cuda.device_count()
    number = int(str(name).split(":")[1]) if ":" in str(name) else local_rank
    if number >= n:
        raise ValueError(f"device is cuda:{number} and this machine has {n} of them, from 0")
    return torch.device("cuda", number)


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the dtype that products are computed in, None for that of the weights.

    ``"auto"`` is bfloat16 on a card that has it, float16 on an older one, and float32 elsewhere:
    most processors have no units for bfloat16 and are slower with it.

    Raises
    ------
    ValueError
        If the device cannot do what ``precision`` asks for.
    """
    if precision == "auto":
        if device.type != "cuda":
            return None
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    if precision == "float16" and device.type != "cuda":
        raise ValueError(
            f"precision is 'float16' and device is {device.type!r}: it needs the scaled gradients "
            "of CUDA; take bfloat16 or float32"
        )
    return {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}[precision]
