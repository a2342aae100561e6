"""Text from both engines against ``transformers``: tokens a second.

    python benchmarks/generation.py [--quick] [--rounds 5] [--threads 2] [--readme]
    python benchmarks/generation.py --lengths lengths.png      (and lengths.csv beside it)

One prompt of 8 tokens, 256 new ones, greedy, float32, with a KV cache. Fair to the others: all have
the same weights and must write the same text before any clock starts; ``transformers`` is timed
twice, by its ``generate`` and by the plainest loop around its model, and the faster one counts.
Ours is timed as a reader calls it: ``generate``, with checks, log-probabilities and all.
``llms-from-scratch`` is left out: its cached GPT-2 stops at the second token (1.0.19, a mask of the
wrong shape). nanoGPT is no package, and has no cache.

`--lengths` times one more token after texts of growing length, with the cache and without it: a
context of 2,048, batch 1; with the cache the mean of 32 tokens, for one alone is over before the
processor's caches are warm.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ.setdefault("OPENBLAS_NUM_THREADS", THREADS)  # read once, when NumPy is imported
os.environ.setdefault("OMP_NUM_THREADS", THREADS)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from harness import Times, compare, environment, markdown, publish, ratio, verdict  # noqa: E402
from peers import PACKAGES, SHAPES, hugging_face  # noqa: E402

from tinytx import manual, pytorch  # noqa: E402
from tinytx.config import GPTConfig  # noqa: E402
from tinytx.files import write_atomic  # noqa: E402
from tinytx.generation import generate, log_probs, sample, stream  # noqa: E402
from tinytx.generation.engine import engine_of  # noqa: E402

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PROMPT = np.array([[3, 1, 4, 1, 5, 9, 2, 6]])
NUMPY, TORCH, HF, LOOP = "tinytx, NumPy", "tinytx, PyTorch", "transformers", "transformers, loop"
LIMITS = {  # times faster than transformers, by shape
    "L4 H4 D128": {NUMPY: 2.5, TORCH: 2.5},
    "L6 H6 D384": {NUMPY: 2.5, TORCH: 1.15},
}
LENGTHS = (16, 32, 64, 128, 256, 512, 1024)
IN_A_ROW = 32  # tokens

Writer = Callable[[], np.ndarray]


def models(context_length: int, **shape: int) -> tuple[manual.GPT, pytorch.GPT]:
    """Return the same model in both engines, its weights wide enough for no two logits to tie."""
    config = GPTConfig(vocab_size=256, context_length=context_length, init_std=0.1, **shape)
    ours = manual.GPT(config, np.random.default_rng(0)).eval()
    twin = pytorch.GPT(config).eval()
    twin.load_state_dict(ours.state_dict())
    return ours, twin


def contenders(shape: dict[str, int], n: int) -> dict[str, Writer]:
    ours, twin = models(320, **shape)
    other = hugging_face(twin).eval()
    found: dict[str, Writer] = {
        NUMPY: lambda: generate(ours, PROMPT, n, temperature=0)[0],
        TORCH: lambda: generate(twin, PROMPT, n, temperature=0)[0],
        HF: lambda: by_transformers(other, n),
        LOOP: lambda: by_loop(other, n),
    }
    expected = found[NUMPY]()
    for name, write in found.items():
        if not np.array_equal(write(), expected):
            raise SystemExit(f"{name} writes another text; the comparison would be void")
    return found


def by_transformers(model: Any, n: int) -> np.ndarray:
    ids = torch.tensor(PROMPT)
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, do_sample=False
    )
    return out[0].numpy()


@torch.inference_mode()
def by_loop(model: Any, n: int) -> np.ndarray:
    ids = [torch.tensor(PROMPT)]
    past = None
    for _ in range(n):
        out = model(ids[-1], past_key_values=past, use_cache=True)
        past = out.past_key_values
        ids.append(out.logits[:, -1].argmax(-1, keepdim=True))
    return torch.cat(ids, dim=1)[0].numpy()


def speed(rounds: int, quick: bool) -> None:
    rows, verdicts, n = [], [], 8 if quick else 256
    for name in list(SHAPES)[: 1 if quick else None]:
        times = compare(contenders(SHAPES[name], n), rounds)
        rival = HF if ratio(times, HF, LOOP) < 1 else LOOP
        for each in times:
            share = f"{1 / ratio(times, each, rival):.2f}"
            rows.append((name, each, f"{n / median(times[each]):,.0f}", share))
        verdicts += targets(name, times, rival)
    header = ("shape", "", "tokens/s", "times the faster transformers")
    publish("generation", markdown(header, rows), about())
    print("", *verdicts, sep="\n")


def targets(name: str, times: Times, rival: str) -> list[str]:
    return [
        verdict(f"{name}: {each}, time of {rival}'s", ratio(times, each, rival), 1 / limit)
        for each, limit in LIMITS[name].items()
    ]


def one_more(model: Any, length: int) -> Callable[[], object]:
    """Return what makes one token after ``length`` by reading all of them again."""
    prompt = np.arange(length)[None] % 256
    return lambda: next(stream(model, prompt, 1, temperature=0, cache=False))


def some_more(model: Any, length: int) -> Callable[[], object]:
    """Return what makes the same ``IN_A_ROW`` tokens each time, from a cache that is rewound."""
    engine = engine_of(model)
    cache = engine.cache(1)
    engine.forward(np.arange(length)[None] % 256, cache=cache)
    decoder = engine.decoder(cache)

    def run() -> None:
        ids = np.array([1])
        for place in range(length, length + IN_A_ROW):
            logits = decoder.step(ids, place)
            ids = sample(logits, temperature=0)
            log_probs(logits, ids)  # as generate does

    return run


def lengths(path: Path, rounds: int, longest: int) -> None:
    lines = ["engine,length,cached_ms,uncached_ms"]
    for engine, model in zip(
        ("NumPy", "PyTorch"), models(2048, **SHAPES["L4 H4 D128"]), strict=True
    ):
        for length in (n for n in LENGTHS if n <= longest):
            times = compare(
                {"cached": some_more(model, length), "uncached": one_more(model, length)}, rounds
            )
            cached = median(times["cached"]) / IN_A_ROW * 1e3
            uncached = median(times["uncached"]) * 1e3
            lines.append(f"{engine},{length},{cached:.3f},{uncached:.3f}")
    write_atomic(path.with_suffix(".csv"), "\n".join(lines) + "\n")
    draw(path, [line.split(",") for line in lines[1:]])
    print(*lines, sep="\n")


def draw(path: Path, rows: list[list[str]]) -> None:
    import io

    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullLocator, StrMethodFormatter

    from tinytx.palette import plot_style

    plot_style()
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for engine, marker in (("NumPy", "o"), ("PyTorch", "s")):
        mine = [[float(value) for value in row[1:]] for row in rows if row[0] == engine]
        length, cached, uncached = zip(*mine, strict=True)
        (line,) = axes.plot(length, uncached, marker + "--", label=f"{engine}, no cache")
        axes.plot(length, cached, marker + "-", color=line.get_color(), label=f"{engine}, cache")
    axes.set(xscale="log", yscale="log", xlabel="tokens before", ylabel="ms for one more token")
    axes.set_xticks(sorted(set(length)), [f"{n:,.0f}" for n in sorted(set(length))], minor=False)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks((0.2, 0.5, 1, 2, 5, 10, 20, 50, 100))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("One more token, L4 H4 D128, batch 1")
    axes.legend()
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=150, bbox_inches="tight", metadata={"Software": None})
    write_atomic(path.with_suffix(".png"), png.getvalue())


def about() -> str:
    return environment(PACKAGES, VARIABLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="few tokens, to see that it runs")
    parser.add_argument("--lengths", type=Path, help="draw time against length into this file")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(about(), end="\n\n")
    if args.lengths:
        lengths(args.lengths, args.rounds, 64 if args.quick else max(LENGTHS))
    else:
        speed(args.rounds, args.quick)


if __name__ == "__main__":
    main()
