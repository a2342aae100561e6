"""Training: one loop for every engine, schedules, checkpoints, and the check before all others.

===============  ==============================================================================
``settings``     TrainConfig: steps, batch size, learning rate
``schedules``    the learning rate at each step
``learner``      what the loop asks of a model and its optimizer; the NumPy engine's answer
``loop``         Trainer: steps, rows, checkpoints, resuming bit for bit
``checkpoint``   one safetensors file with everything inside
``run``          the folder of a run
``progress``     a bar, or plain lines; ``tensorboard`` where it is; ``reports`` for several
``overfit``      can it learn ten examples by heart?
``divergence``   NaN and infinity, named where they appear
===============  ==============================================================================

Optimizers are part of an engine: see ``tinytx.manual.optim``. Nothing here imports PyTorch.
"""

from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .divergence import DivergenceError
from .learner import Learner, NumPyLearner, mean_loss
from .loop import Outcome, Trainer
from .overfit import can_overfit
from .run import RunFolder
from .schedules import get_lr
from .settings import TrainConfig

__all__ = [
    "Checkpoint",
    "DivergenceError",
    "Learner",
    "NumPyLearner",
    "Outcome",
    "RunFolder",
    "TrainConfig",
    "Trainer",
    "can_overfit",
    "get_lr",
    "load_checkpoint",
    "mean_loss",
    "save_checkpoint",
]
