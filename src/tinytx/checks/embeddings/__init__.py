"""The checks of chapter 02: ``from tinytx.checks import embeddings as check``."""

from ..chapter import Chapter
from .collecting import check as table_gradients
from .entering import check as model_input
from .nearness import check as nearest
from .shifting import check as shift
from .sinusoids import check as sinusoids
from .swapping import check as blind_spots

chapter = Chapter(
    "02_embeddings",
    [model_input, nearest, sinusoids, shift, table_gradients, blind_spots],
)
results = chapter.results

__all__ = [
    "blind_spots",
    "chapter",
    "model_input",
    "nearest",
    "results",
    "shift",
    "sinusoids",
    "table_gradients",
]
