"""The checks of chapter 02: ``from tinytx.checks import embeddings as check``."""

from ..chapter import Chapter
from .blind_spots import check as blind_spots
from .model_input import check as model_input
from .nearest import check as nearest
from .shift import check as shift
from .sinusoids import check as sinusoids
from .table_gradients import check as table_gradients

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
