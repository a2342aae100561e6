"""Write the model of the tales for a page, and say what its int8 weights cost.

    python -m tinytx.figures.engine                              sizes and losses; writes nothing
    python -m tinytx.figures.engine --out tales.js               the model
    python -m tinytx.figures.engine --out tales.js --engine engine.js    and what runs it

The loss is measured on stories held out from training, with the weights as they were trained and
as the page has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinytx.data import tales
from tinytx.data.batches import rows_of
from tinytx.files import write_atomic
from tinytx.recipes.texts import HELD_OUT
from tinytx.trained import load_trained
from tinytx.training import mean_loss

from . import engine_script, quantized_state, weights_script

STORIES, BATCH = 40, 20


class Cost(NamedTuple):
    """The loss in nats per token of held-out stories."""

    trained: float
    page: float

    @property
    def more(self) -> float:
        """How much more the page's is, as a share of the trained one's."""
        return self.page / self.trained - 1


def cost(n: int = STORIES) -> Cost:
    """Return what int8 costs the model of the tales, on ``n`` stories held out."""
    trained = load_trained("tales", np.float32)
    before = mean_loss(trained.model, _batches(trained, n))
    trained.model.load_state_dict(quantized_state(trained.model))
    return Cost(before, mean_loss(trained.model, _batches(trained, n)))


def _batches(trained: Any, n: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    documents = [tales.document(trained.tokenizer, one) for one in tales.stories(n, HELD_OUT)]
    ids, targets = rows_of(documents, trained.model.config.context_length)
    for start in range(0, n, BATCH):
        yield ids[start : start + BATCH], targets[start : start + BATCH]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        "python -m tinytx.figures.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="where to write the model's script")
    parser.add_argument("--engine", type=Path, help="where to write the engine's script")
    options = parser.parse_args(arguments)
    trained = load_trained("tales", np.float32)
    scripts = {
        "weights": (weights_script(trained.model, trained.tokenizer, "tales"), options.out),
        "engine": (engine_script(), options.engine),
    }
    for name, (script, path) in scripts.items():
        print(f"{name:8} {len(script.encode()):>9,} bytes{f'  {path}' if path else ''}")
        if path:
            try:
                write_atomic(path, script)
            except OSError as error:
                parser.error(f"{path} cannot be written: {error.strerror}")
    print(f"{'together':8} {sum(len(script.encode()) for script, _ in scripts.values()):>9,} bytes")
    found = cost()
    print(
        f"loss of {STORIES} stories held out: {found.trained:.5f} nats per token as trained, "
        f"{found.page:.5f} in the page ({found.more:+.2%})"
    )


if __name__ == "__main__":
    main()
