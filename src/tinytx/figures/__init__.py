"""Interactive figures that need no kernel and no network, and the look they share.

Each figure is an object: in a notebook and in the book it is drawn by ``_repr_html_``, everywhere
else ``str()`` says the same in words. Call them on your own text and your own tokenizers.

>>> from tinytx.figures import BPEStepper
>>> print(BPEStepper("abab"))
BPEStepper: Byte-pair encoding learns its merges on “abab” (split into words by the gpt2 pattern)...
  1. “a” + “b” (twice) → “ab”; 2 tokens
No pair occurs twice: the figure stops here. The trainer would go on.
"""

from ..palette import plot_style
from .all_reduce import AllReduceAnimation
from .attention_explorer import AttentionExplorer
from .backprop_tracer import BackpropTracer
from .cache_animation import CacheAnimation
from .embedding_map import EmbeddingMap
from .experiment_browser import ExperimentBrowser
from .head_gallery import HeadGallery
from .head_switchboard import HeadSwitchboard
from .lens_table import LensTable
from .line_up import LineUp
from .live_model import LiveModel
from .mask_painter import MaskPainter
from .memory_planner import MemoryPlanner
from .optimizer_explorer import OptimizerExplorer
from .parameter_explorer import ParameterExplorer
from .patching_grid import PatchingGrid
from .pipeline import Pipeline
from .reshape_tracer import ReshapeTracer
from .residual_stream import ResidualStream
from .roofline_explorer import RooflineExplorer
from .rotary_explorer import RotaryExplorer
from .sampling_explorer import SamplingExplorer
from .scaling_explorer import ScalingExplorer
from .schedule_designer import ScheduleDesigner
from .shared_heads import SharedHeads
from .sinusoidal_explorer import SinusoidalExplorer
from .softmax_explorer import SoftmaxExplorer
from .step_treemap import StepTreemap
from .stepper import BPEStepper
from .training_replay import TrainingReplay
from .viewer import TokenViewer

__all__ = [
    "AllReduceAnimation",
    "AttentionExplorer",
    "BPEStepper",
    "BackpropTracer",
    "CacheAnimation",
    "EmbeddingMap",
    "ExperimentBrowser",
    "HeadGallery",
    "HeadSwitchboard",
    "LensTable",
    "LineUp",
    "LiveModel",
    "MaskPainter",
    "MemoryPlanner",
    "OptimizerExplorer",
    "ParameterExplorer",
    "PatchingGrid",
    "Pipeline",
    "ReshapeTracer",
    "ResidualStream",
    "RooflineExplorer",
    "RotaryExplorer",
    "SamplingExplorer",
    "ScalingExplorer",
    "ScheduleDesigner",
    "SharedHeads",
    "SinusoidalExplorer",
    "SoftmaxExplorer",
    "StepTreemap",
    "TokenViewer",
    "TrainingReplay",
    "plot_style",
]
