"""Text: a GPT that learns to continue whatever it is given to read.

The same recipe from a poem in memory to web pages that are streamed, on either engine; what
differs is in its preset.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..config import GPTConfig
from ..generation import generate
from ..training.curves import save_loss_curve
from ..training.learner import mean_loss
from ..training.loop import Trainer
from ..training.parallel import World
from ..training.run import Row, RunFolder
from ..training.settings import TrainConfig
from ..wording import cause
from . import batching, texts
from .recipe import Parts, Recipe
from .setting import Setting
from .spelling import spelled


class TextRecipe(Recipe):
    """Settings and parts of the system; see the module's header."""

    name = "text"
    best_by = "val_loss"
    data_settings: ClassVar[dict[str, Setting]] = {
        "corpus": Setting(
            "tales", "tales, raven, shakespeare, fineweb, or a path: text, parquet, tokens.", str
        ),
        "tokenizer": Setting(
            "char", "char, bpe (learned here), cl100k_base, gpt2, or a tokenizer's .json.", str
        ),
        "bpe_size": Setting(512, "Tokens that bpe learns, in all.", int),
        "stories": Setting(10_000, "Tales to train on.", int, 1),
        "held_out_stories": Setting(500, "Tales to test on.", int, 1),
        "order": Setting(
            "random",
            "Windows: random, or shuffled: each once an epoch; or documents (tales), cut at T.",
            str,
        ),
        "eval_windows": Setting(None, "Windows of held-out text in a row; all.", int, 1),
        "prompt": Setting("\n", "What the samples in training continue.", str),
        "sample_tokens": Setting(200, "Tokens in such a sample; 0 for no samples.", int, 0),
        "temperature": Setting(0.8, "Temperature of the samples.", float, 0),
        "max_shards": Setting(3, "Shards of fineweb on disk at a time.", int),
        "max_gigabytes": Setting(None, "Gigabytes of fineweb on disk at a time.", float),
    }
    _text: tuple[Any, texts.Text] | None = None

    def fill(self, settings: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Give the model a score for each token of the text."""
        if "vocab_size" in settings:
            return settings
        if data["corpus"] == "fineweb":
            tokenizer = texts.make_tokenizer(data, "")
        else:
            tokenizer = self._read(data).tokenizer
        return {**settings, "vocab_size": tokenizer.vocab_size}

    def parts(
        self, config: GPTConfig, train: TrainConfig, data: dict[str, Any], world: World
    ) -> Parts:
        """Make the model, its optimizers, batches of the text and a fixed validation set."""
        if data["corpus"] == "fineweb":
            texts.check_content("fineweb", None, self.content_before)
            tokenizer, source, held_out = batching.stream(data, config, train, world)
        else:
            text = self._read(data)
            tokenizer, source = (
                text.tokenizer,
                batching.source_of(text, config, train, data["order"]),
            )
            held_out = batching.held_out_batches(text, config, data["order"], data["eval_windows"])
        learner = self.learner(config, train, world)
        first = texts.opening({"data": data}, tokenizer)
        prompt = [*first, *self._prompt(data, tokenizer)]

        def evaluate(step: int) -> Row:
            row: Row = {"val_loss": mean_loss(learner.whole, held_out)}
            if hasattr(source, "waited"):
                row["waited"] = source.waited  # share of the time in which there was no batch yet
            if data["sample_tokens"]:
                rng = np.random.default_rng([train.seed, 2, step])
                choice = {"temperature": data["temperature"], "rng": rng}
                written = generate(learner.whole, [prompt], data["sample_tokens"], **choice)
                row["sample"] = spelled(tokenizer, written[0][len(first) :])
            return row

        encoding = None if texts.is_tokenized(data["corpus"]) else data["tokenizer"]
        return Parts(learner, tokenizer, source, evaluate, encoding)

    def finish(self, folder: RunFolder, trainer: Trainer) -> list[str]:
        """Draw the loss beside what counting reaches, and what is known exactly."""
        if not trainer.history:
            return []
        data = trainer.identity["data"]
        config, known, cut = trainer.identity["config"], {}, []
        if data["corpus"] != "fineweb":
            text, T = self._read(data), config["context_length"]
            share = batching.share_scored(text, T, data["order"])
            if share >= batching.NEARLY_ALL:
                known = texts.levels(text, config["vocab_size"])
            else:  # levels are of all their tokens: another loss than that of the first ones
                cut = [
                    f"documents were cut to their first {T} tokens, {share:.0%} of those held out: "
                    "the losses that counting reaches on whole ones are left out"
                ]
        columns = {"train_loss": "training", "val_loss": "validation"}
        save_loss_curve(folder.path / "loss.png", trainer.history, columns, known)
        level = ", ".join(f"{name} {value:.4f}" for name, value in known.items())
        beside = f" ({level})" if level else ""
        return [f"best validation loss {trainer.best:.4f} nats per token{beside}", *cut]

    def content(self, data: dict[str, Any]) -> texts.Content | None:
        """Return what tells the text from every other; None of one that is streamed."""
        return None if data["corpus"] == "fineweb" else self._read(data).content

    def _read(self, data: dict[str, Any]) -> texts.Text:
        """Return the text, read once for the same ``data``."""
        asked = (data, self.content_before)
        if self._text is None or self._text[0] != asked:
            found = texts.read(data, content=self.content_before)
            self._text = (dict(data), self.content_before), found
        return self._text[1]

    def _prompt(self, data: dict[str, Any], tokenizer: Any) -> list[int]:
        try:
            ids = tokenizer.encode(data["prompt"])
        except ValueError as error:
            raise ValueError(
                f"prompt does not fit the text: {cause(error)}: give another --prompt"
            ) from None
        if not ids:
            raise ValueError("prompt is empty and must have at least one token")
        return ids
