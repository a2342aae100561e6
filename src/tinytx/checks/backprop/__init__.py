"""The checks of chapter 06: ``from tinytx.checks import backprop as check``."""

from ..chapter import Chapter
from .attention_gradients import check as attention_gradients
from .cross_entropy_gradient import check as cross_entropy_gradient
from .gradient_is_right import check as gradient_is_right
from .layernorm_gradient import check as layernorm_gradient
from .linear_gradients import check as linear_gradients
from .silu_gradient import check as silu_gradient
from .softmax_gradient import check as softmax_gradient

chapter = Chapter(
    "06_backprop",
    [
        silu_gradient,
        linear_gradients,
        cross_entropy_gradient,
        softmax_gradient,
        layernorm_gradient,
        attention_gradients,
        gradient_is_right,
    ],
)
results = chapter.results

__all__ = [
    "attention_gradients",
    "chapter",
    "cross_entropy_gradient",
    "gradient_is_right",
    "layernorm_gradient",
    "linear_gradients",
    "results",
    "silu_gradient",
    "softmax_gradient",
]
