"""The memory planner: what a step of training takes on each rank, and which card holds it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from tinytx.config import GPTConfig
from tinytx.scale.known import KNOWN
from tinytx.scale.memory import MOMENTS, STAGES, Plan, plan

from .component import Figure, table
from .parameter_explorer import amount

CARDS = (24, 80, 141)  # GB: a large card of a desk, an A100 or H100, an H200
RANKS = (*range(1, 17), 24, 32, 48, 64, 96, 128, 256, 512, 1024)
CONTEXTS = (128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
PRECISIONS = ("float32", "bfloat16")
PARTS = {
    "weights": "weights", "gradients": "gradients", "copy": "float32 copy of the weights",
    "moments": "what the optimizer remembers", "blocks": "activations of the blocks",
    "scores": "attention’s weights, or their sums", "ends": "embedding, last norm and logits",
}  # fmt: skip
START = "Llama 2 7B"
ASK = (
    "Llama 2 7B, AdamW in bfloat16, one text of 4,096 tokens a rank, blocks checkpointed: on how "
    "many cards of 24 GB does it train at the least, in stage 2 and in stage 3? And why is stage 1 "
    "never enough, however many there are?"
)


class MemoryPlanner(Figure):
    """What each rank holds in a step of training, part by part, and whether 24, 80, 141 GB hold it.

    To choose: a model, the optimizer, the precision, texts a rank and their length, activation
    checkpointing, fused attention, how many ranks there are, and what they share out (ZeRO's
    stages). The bytes are those of :func:`tinytx.scale.memory.plan`; what a library takes beside
    them is in none of them, so leave room for it.

    *To find by playing:* on how many cards of 24 GB Llama 2 7B trains at the least in stages 2 and
    3, and why stage 1 is never enough.

    Parameters
    ----------
    models
        Configurations by name. Left out: GPT-2, Llama, Mistral and Qwen in published sizes.
    ask
        The question above the figure; "" for none. (It speaks of Llama 2 7B.)

    Raises
    ------
    ValueError
        If there is no model, or one is no ``GPTConfig``.

    >>> print(MemoryPlanner({"small": KNOWN["GPT-2 124M"]}, ask=""))
    MemoryPlanner: bytes on each rank, AdamW in bfloat16, one text of 1,024 tokens a rank, blocks...
    small, 124 M parameters
    on 1 rank, nothing shared out: states 1.99 GB, activations 253 MB, in all 2.24 GB, fits in ...
    on 8 ranks, stage 1: states 684 MB, activations 253 MB, in all 938 MB, fits in 24 GB, 80 GB, ...
    ...
    """

    kind = "memory-planner"
    scripts = (
        "parts.js", "sizes.js", "scale.js", "picker.js", "plan-counts.js", "plan-view.js",
        "memory-planner.js",
    )  # fmt: skip
    styles = ("parts.css", "controls.css", "picker.css", "memory-planner.css")

    def __init__(self, models: Mapping[str, GPTConfig] | None = None, ask: str = ASK):
        self.models = dict(KNOWN) if models is None else _models(models)
        self.ask = str(ask) if models is None or START in self.models or ask != ASK else ""

    def data(self) -> dict[str, object]:
        """Return sizes of the models; the page counts."""
        return {
            "models": [_sizes(name, config) for name, config in self.models.items()],
            "start": list(self.models).index(START) if START in self.models else 0,
            "cards": CARDS, "ranks": RANKS, "contexts": CONTEXTS, "batches": BATCHES,
            "moments": MOMENTS, "precisions": PRECISIONS, "parts": [*PARTS.items()],
            "ask": self.ask,
        }  # fmt: skip

    def words(self) -> str:
        """Return what a few plans take for each model."""
        lines = [
            "MemoryPlanner: bytes on each rank, AdamW in bfloat16, one text of 1,024 tokens a "
            "rank, blocks checkpointed, attention fused",
            *([self.ask] if self.ask else []),
        ]
        for name, config in self.models.items():
            lines.append(f"{name}, {amount(_count(config), '')} parameters")
            for ranks, stage in ((1, 0), (8, 1), (8, 2), (8, 3), (64, 3)):
                lines.append(f"{_where(ranks, stage)}: {told(_usual(config, ranks, stage))}")
        return "\n".join(lines)

    def fallback(self) -> str:
        """Return the same as a table."""
        ask = f"<p>{html.escape(self.ask)}</p>" if self.ask else ""
        head = ("model", "parameters", "1 rank", *(f"8 ranks, stage {s}" for s in STAGES[1:]))
        rows = []
        for name, config in self.models.items():
            plans = [_usual(config, 1, 0), *(_usual(config, 8, stage) for stage in STAGES[1:])]
            cells = [amount(round(one.total), "B") for one in plans]
            rows.append((name, amount(_count(config), ""), *cells))
        note = "AdamW in bfloat16, a text of 1,024 tokens a rank, blocks checkpointed"
        return f"{ask}{table(f'Bytes on each rank: {note}', head, rows)}"


def told(one: Plan) -> str:
    """Return what a plan takes and where it fits, in the words of the page."""
    states, activations = (amount(round(x), "B") for x in (one.states.total, one.activations.total))
    fit = [f"{card} GB" for card in CARDS if one.fits(card)]
    where = (
        f"fits in {', '.join(fit)}" if fit else f"fits in none of {', '.join(map(str, CARDS))} GB"
    )
    total = amount(round(one.total), "B")
    return f"states {states}, activations {activations}, in all {total}, {where}"


def least_ranks(config: GPTConfig, card: float, most: int = 4096, **options: Any) -> int | None:
    """Return the least number of ranks on which a plan fits a card; None if no number does.

    >>> asked = {"T": 4096, "checkpointing": True}
    >>> [least_ranks(KNOWN["Llama 2 7B"], 24, stage=stage, **asked) for stage in (1, 2, 3)]
    [None, 12, 5]
    """
    fits = (n for n in range(1, most + 1) if plan(config, ranks=n, **options).fits(card))
    return next(fits, None)


def _usual(config: GPTConfig, ranks: int, stage: int) -> Plan:
    T = min(1024, config.context_length)
    return plan(config, 1, T, ranks=ranks, stage=stage, checkpointing=True)


def _where(ranks: int, stage: int) -> str:
    if stage == 0:
        return f"on {ranks} rank{'s' * (ranks > 1)}, nothing shared out"
    return f"on {ranks} ranks, stage {stage}"


def _count(config: GPTConfig) -> int:
    return sum(config.parameter_counts().values())


def _sizes(name: str, config: GPTConfig) -> dict[str, object]:
    """Return what the page needs to count with."""
    asked = config.n_active if config.n_expert else 1
    return {
        "name": name, "parameters": _count(config), "n_layer": config.n_layer,
        "d_model": config.d_model, "width": config.n_head * config.d_head,
        "kv": config.kv_heads * config.d_head, "n_head": config.n_head,
        "hidden": (2 if config.n_mlp == 2 else 4) * config.d_ff * asked,
        "vocab_size": config.vocab_size, "context_length": config.context_length,
    }  # fmt: skip


def _models(models: Mapping[str, GPTConfig]) -> dict[str, GPTConfig]:
    if not isinstance(models, Mapping):
        raise ValueError(
            f"MemoryPlanner: models is {type(models).__name__} and must be a dict, "
            'such as {"mine": model.config}'
        )
    if not models:
        raise ValueError("MemoryPlanner: models is empty; give one, or leave it out")
    for name, config in models.items():
        if not isinstance(config, GPTConfig):
            raise ValueError(
                f"MemoryPlanner: models[{name!r}] is {type(config).__name__} and must be a "
                "GPTConfig, such as model.config"
            )
    return {str(name): config for name, config in models.items()}
