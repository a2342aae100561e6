"""Beyond one machine: what ranks tell each other, what each holds, and what it costs.

===============  ==========================================================================
``ring``         all-reduce as a ring, step by step in one process
``processes``    the same between processes, by send and receive; ``run_ranks``
``zero``         optimizer states shared out among the ranks
``tensor``       one MLP on several ranks: columns, then rows, one sum
``pipeline``     micro-batches through stages: the timetable and its bubble
``stages``       a model cut into two stages: the same gradients
``memory``       bytes of a step of training on each rank, by formula
``known``        published models, accelerators and runs
``costs``        hours, energy and money by formula
===============  ==========================================================================

Everything is small and by hand, to be read. What trains across machines is PyTorch's
DistributedDataParallel and FSDP: see :mod:`tinytx.training.parallel`.
``processes`` alone imports PyTorch, and only when it is imported itself.
"""

from .costs import energy, gpu_hours, money, run_utilisation, training_flops, utilisation
from .known import GPUS, KNOWN, RUNS, Gpu, Run
from .memory import activations, bytes_per_parameter, model_states, plan
from .pipeline import Timetable, bubble, timetable
from .ring import all_gather, numbers_sent, owned, reduce_scatter, ring_all_reduce, ring_steps
from .stages import pipeline_gradients
from .tensor import ParallelMLP, split_mlp
from .zero import ShardedOptimizer, sharded_step

__all__ = [
    "GPUS",
    "KNOWN",
    "RUNS",
    "Gpu",
    "ParallelMLP",
    "Run",
    "ShardedOptimizer",
    "Timetable",
    "activations",
    "all_gather",
    "bubble",
    "bytes_per_parameter",
    "energy",
    "gpu_hours",
    "model_states",
    "money",
    "numbers_sent",
    "owned",
    "pipeline_gradients",
    "plan",
    "reduce_scatter",
    "ring_all_reduce",
    "ring_steps",
    "run_utilisation",
    "sharded_step",
    "split_mlp",
    "timetable",
    "training_flops",
    "utilisation",
]
