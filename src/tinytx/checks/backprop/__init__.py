"""The checks of chapter 06: ``from tinytx.checks import backprop as check``."""

from ..chapter import Chapter
from .attention import check as attention_gradients
from .crossentropy import check as cross_entropy_gradient
from .embedding import check as embedding_gradient
from .layernorm import check as layernorm_gradient
from .linear import check as linear_gradients
from .rightness import check as gradient_is_right
from .softmax import check as softmax_gradient

chapter = Chapter(
    "06_backprop",
    [
        embedding_gradient,
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
    "embedding_gradient",
    "gradient_is_right",
    "layernorm_gradient",
    "linear_gradients",
    "results",
    "softmax_gradient",
]
