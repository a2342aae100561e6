"""What is done with a trained model and with text: every command of ``tinytx`` but ``train``."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import refuse
from data.hub import FOLDER, LoopbackHub
from data.parquets import parquet

import tinytx.trained
from tinytx.cli import generate as generate_command
from tinytx.cli import main
from tinytx.cli.tables import show_table
from tinytx.config import GPTConfig
from tinytx.data import Corpus, open_tokens, tales
from tinytx.evaluation import perplexity
from tinytx.generation import generate
from tinytx.inspect import flops
from tinytx.manual import GPT
from tinytx.recipes import pace, texts, tokenize_corpus
from tinytx.recipes.describe import describe_config
from tinytx.recipes.speak import CHOICES, Speaker, choice_of
from tinytx.recipes.spelling import pieces_of
from tinytx.tokenizers import BPETokenizer, CharTokenizer
from tinytx.trained import load_trained
from tinytx.training.model_file import describe_model, load_model, save_model

LINES = ["Tom had a red ball.", "It was a naïve café — oh 😀!", "Mia had none; Ben lost two."]
TEXT = "\n".join(LINES[i % 3] for i in range(300)) + "\n"
PRESET = """engine = "numpy"

[data]
sample_tokens = 0
eval_windows = 2
prompt = "Tom"

[model]
context_length = 16
n_layer = 2
n_head = 2
d_model = 8

[train]
steps = 4
batch_size = 2
lr = 1e-3
eval_every = 2
save_every = 2
"""


def told(capsys, *arguments):
    """Run a command that must work; return what it prints."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def train(corpus, out, *more):
    preset = Path(out).with_name("tiny.toml")
    preset.write_text(PRESET, encoding="utf-8")
    arguments = ["train", preset, "--corpus", corpus, "--out", out, "--no-tensorboard", *more]
    assert main([str(argument) for argument in arguments]) == 0
    return out


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("use")
    (place / "text.txt").write_text(TEXT, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def tokens(place):
    arguments = ["tokenize", place / "text.txt", "--out", place / "tokens", "--vocab-size", "270"]
    assert main(list(map(str, arguments))) == 0
    return place / "tokens"


@pytest.fixture(scope="module")
def bpe(place, tokens):
    """A run on tokens: 270 of them, so that most characters beyond ASCII are split."""
    return train(tokens, place / "bpe")


@pytest.fixture(scope="module")
def char(place):
    return train(place / "text.txt", place / "char", "--tokenizer", "char")


@pytest.fixture(scope="module")
def stories(place):
    """A run that read stories one by one, each behind the new line that ends the one before."""
    sizes = "--n-layer 1 --n-head 1 --d-model 8 --steps 3 --held-out-stories 6 --stories 20"
    more = "--bpe-size 280 --eval-every 3 --sample-tokens 12 --batch-size 2"
    out = place / "stories"
    assert main(["train", "tales", "--out", str(out), *sizes.split(), *more.split()]) == 0
    return out


@pytest.fixture(scope="module")
def listops():
    """The model that ships with the package."""
    return Path(tinytx.trained.__file__).with_name("listops.safetensors")


# --- generate


def test_a_preset_is_a_choice_and_an_option_wins():
    assert list(CHOICES) == ["greedy", "precise", "balanced", "creative"]
    temperatures = [choice["temperature"] for choice in CHOICES.values()]
    assert temperatures == sorted(temperatures)
    assert choice_of("greedy") == {"temperature": 0.0}
    assert choice_of("creative", temperature=0.5, top_k=3) == {
        "temperature": 0.5, "top_p": CHOICES["creative"]["top_p"], "top_k": 3,
    }  # fmt: skip
    with pytest.raises(ValueError, match="preset is 'wild' and must be one of greedy, precise"):
        choice_of("wild")


@pytest.mark.parametrize("run", ["bpe", "char", "listops"])
def test_both_engines_write_the_same(run, request, capsys):
    out = request.getfixturevalue(run)
    prompt = "Max(3 1 4)" if run == "listops" else "Tom had"
    command = ["generate", "--checkpoint", out, "--prompt", prompt, "--max-new-tokens", 30]
    written = [told(capsys, *command, "--engine", one) for one in ("numpy", "pytorch")]
    assert written[0] == written[1]
    assert written[0].startswith(prompt)
    assert len(written[0]) > len(prompt) + 1


def test_presets_write_otherwise_and_greedy_is_temperature_0(char, capsys):
    command = ["generate", "--checkpoint", char, "--prompt", "Tom", "--max-new-tokens", 60]
    written = {name: told(capsys, *command, "--preset", name) for name in CHOICES}
    assert len(set(written.values())) == 4
    assert written["greedy"] == told(capsys, *command, "--temperature", 0)
    assert written["greedy"] == told(capsys, *command, "--preset", "creative", "--top-k", 1)


def test_each_filter_may_leave_the_likeliest_token_alone(char, capsys):
    command = ["generate", "--checkpoint", char, "--prompt", "Tom", "--max-new-tokens", 12]
    likeliest = told(capsys, *command, "--temperature", 0)
    assert told(capsys, *command, "--temperature", 3) != likeliest
    for only in (["--top-k", 1], ["--top-p", 0], ["--min-p", 1]):
        assert told(capsys, *command, "--temperature", 3, *only) == likeliest


def test_a_file_is_a_prompt_as_it_is(char, place, capsys):
    (place / "prompt.txt").write_text("Tom had\na", encoding="utf-8")
    command = ["generate", "--checkpoint", char, "--max-new-tokens", 5]
    from_file = told(capsys, *command, "--prompt-file", place / "prompt.txt")
    assert from_file == told(capsys, *command, "--prompt", "Tom had\na")


def test_a_character_split_over_tokens_comes_whole(bpe):
    """Ids of a text with split characters, one by one, are that text: never a �."""
    speaker = Speaker(bpe)
    text = "café — 日本 😺"
    ids = speaker.tokenizer.encode(text)
    assert len(ids) > len(text) + 4
    pieces = list(pieces_of(speaker.tokenizer, ids))
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)
    cut = "".join(pieces_of(speaker.tokenizer, ids[:-1]))
    assert cut == text[:-1]  # half a character at the end is left out


def test_the_end_of_text_ends_and_an_unknown_id_is_shown(bpe):
    speaker = Speaker(bpe)
    end = speaker.tokenizer.special_tokens["<|endoftext|>"]
    assert "".join(pieces_of(speaker.tokenizer, [84, end, 84], end)) == "T"
    assert "".join(pieces_of(speaker.tokenizer, [84, 100_000, 84], end)) == "T\ufffdT"


def test_a_session_continues_one_line_after_the_other(char, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("Tom\n\n%%%\nT\udce9m\nMia had\n"))
    capsys.readouterr()
    assert main(["generate", "--checkpoint", str(char), "--max-new-tokens", "6"]) == 0
    streams = capsys.readouterr()
    assert re.search(r"^Tom", streams.out)
    assert "\nMia had" in streams.out
    line, other = streams.err.splitlines()
    assert "text has '%' (U+0025) at position 0" in line
    assert other.startswith("tinytx: the line is not UTF-8: set the terminal to UTF-8")


def test_ctrl_c_ends_a_text_and_ctrl_d_the_session(char, capsys, monkeypatch):
    said = iter(["Tom", KeyboardInterrupt, "Mia", EOFError])

    def answer(mark):
        value = next(said)
        if isinstance(value, str):
            return value
        raise value

    def interrupted():
        yield "..."
        raise KeyboardInterrupt

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    speaker = Speaker(char, 3)
    texts = iter([interrupted(), iter([" had"])])
    monkeypatch.setattr(speaker, "pieces", lambda prompt: next(texts))
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", answer)
    capsys.readouterr()
    assert generate_command.session(speaker) == 0
    printed = capsys.readouterr().out
    assert "Tom...\n" in printed
    assert "Ctrl-D ends the session." in printed
    assert "Mia had\n" in printed


def test_a_text_streams_piece_by_piece(char):
    pieces = Speaker(char, 10**9).pieces("Tom")  # it would never end
    assert len("".join(next(pieces) for _ in range(5))) == 5


# --- evaluate


def test_several_are_told_in_one_table(bpe, char, place, capsys):
    held_out = "".join(Corpus(place / "text.txt").texts("held-out"))
    (place / "held-out.txt").write_text(held_out, encoding="utf-8")
    command = ["evaluate", bpe, "--checkpoint", char, "--text", place / "held-out.txt"]
    table = told(capsys, *command).splitlines()
    head = ["checkpoint", "parameters", "tokens", "loss", "perplexity", "bits per byte", "accuracy"]
    assert re.split(r"  +", table[0]) == head
    for line, out in zip(table[1:], (bpe, char), strict=True):
        model, tokenizer, _ = load_model(out)
        score = perplexity(model, np.array(tokenizer.encode(held_out)), stride=8)
        cells = re.split(r"  +", line)
        n_bytes = len(held_out.encode()) - 1
        assert cells == [
            str(out), f"{sum(p.data.size for p in model.parameters()):,}", f"{score.tokens:,}",
            f"{score.loss:.4f}", f"{score.perplexity:.3f}", f"{score.bits_per_byte(n_bytes):.4f}",
            f"{100 * score.accuracy:.2f} %",
        ]  # fmt: skip


def test_without_a_text_what_was_held_out_is_scored(bpe, char, place, tokens, capsys):
    held_out = "".join(Corpus(place / "text.txt").texts("held-out"))
    (place / "held-out-2.txt").write_text(held_out, encoding="utf-8")
    alone = told(capsys, "evaluate", char)
    assert alone == told(capsys, "evaluate", char, "--text", place / "held-out-2.txt")
    assert alone == told(capsys, "evaluate", char, "--engine", "pytorch")
    ids = open_tokens(tokens / "held-out.npy").astype(np.int64)  # with a token that is no text
    score = perplexity(load_model(bpe).model, ids, stride=8)
    printed = told(capsys, "evaluate", bpe)
    assert f"tokens scored      {len(ids) - 1:,} of {len(ids):,}" in printed
    n_bytes = len(held_out.encode()) - len(held_out[0])
    assert f"bits per byte      {score.bits_per_byte(n_bytes):.4f}" in printed


def test_stories_are_scored_as_they_were_read(stories, place, capsys):
    """Windows over all of them read the same model 30 times as bad: 4.37 nats for 0.134."""
    printed = told(capsys, "evaluate", stories)
    last = (stories / "history.csv").read_text().splitlines()[-1]
    assert f"loss               {float(last.split(',')[-1]):.4f} nats" in printed
    texts = tales.stories(6, 1_000_000)
    model, tokenizer, _ = load_model(stories)
    ids = [tales.document(tokenizer, text) for text in texts]
    n = sum(map(len, ids))
    assert printed.startswith(
        f"tokens scored      {n - 6:,} of {n:,}: the first of a document has nothing before it; "
        "documents: 6\n"
    )
    nats = sum(perplexity(model, one, stride=240).nats for one in ids)
    n_bytes = sum(len(text) + 2 for text in texts)
    assert f"bits per byte      {nats / n_bytes / np.log(2):.4f}" in printed
    (place / "three.txt").write_text("\n\n".join([*texts[:2], texts[2][:40]]), encoding="utf-8")
    printed = told(capsys, "evaluate", stories, "--text", place / "three.txt")
    part = [*ids[:2], np.array([*ids[0][:1], *tokenizer.encode(texts[2][:40])])]
    nats = sum(perplexity(model, one, stride=240).nats for one in part)
    assert "documents: 3\n" in printed
    assert f"loss               {nats / (sum(map(len, part)) - 3):.4f} nats" in printed


def test_one_token_is_enough_where_each_document_begins_behind_another(stories, place, capsys):
    text = place / "one.txt"
    text.write_text("T", encoding="utf-8")
    printed = told(capsys, "evaluate", stories, "--text", text)
    assert printed.startswith("tokens scored      1 of 2: the first of a document has")
    text.write_text("", encoding="utf-8")
    line = refuse(capsys, "evaluate", stories, "--text", text)
    assert line.endswith("text has 0 tokens and must have at least 1")


def test_a_story_begins_where_training_began_one(stories, place, capsys):
    """Behind a new line, which is not shown; without it the shipped model writes `timee`."""
    model, tokenizer, _ = load_model(stories)
    start = tokenizer.encode("\nOnce upon a time")
    new = generate(model, [start], 20, temperature=0).new[0]
    command = ["generate", "--checkpoint", stories, "--max-new-tokens", 20, "--preset", "greedy"]
    printed = told(capsys, *command, "--prompt", "Once upon a time")
    assert printed == "Once upon a time" + tokenizer.decode(new) + "\n"
    again = told(capsys, *command, "--prompt", "\nOnce upon a time")
    assert again == "\n" + printed  # what is there is not put there again
    sample = (stories / "samples.txt").read_text()
    assert sample.splitlines()[1].startswith("Once upon a time")
    page = place / "story.html"
    told(capsys, "inspect", stories, "--html", page, "--prompt", "Tom")
    assert '<th scope="row">⏎₀</th>' in page.read_text("utf-8")


def test_a_model_that_says_nothing_of_its_data_is_used_all_the_same(char, place, capsys):
    """Saved by hand, without a recipe: what it read is not known, so nothing is put before."""
    model, tokenizer, _ = load_model(char)
    mine, bare = place / "mine.safetensors", place / "bare.safetensors"
    identity = describe_model(model.config, tokenizer, np.float32)
    save_model(mine, model, {"identity": identity, "step": 3})
    save_model(bare, model, {"identity": identity})
    text = place / "said.txt"
    text.write_text("Tom had a red ball.", encoding="utf-8")
    for command in (["generate", "--prompt", "Tom", "--checkpoint"], ["evaluate", "--text", text]):
        assert told(capsys, *command, mine) == told(capsys, *command, char)
    page = place / "mine.html"
    told(capsys, "inspect", mine, "--html", page, "--prompt", "Tom")
    assert "<p>2 blocks of 2 heads; step 3.</p>" in page.read_text("utf-8")
    told(capsys, "inspect", bare, "--html", page, "--prompt", "Tom")
    assert "<p>2 blocks of 2 heads.</p>" in page.read_text("utf-8")
    assert told(capsys, "inspect", mine).startswith("recipe             not told, step 3\n")
    assert told(capsys, "inspect", bare).startswith("recipe             not told\n")
    line = refuse(capsys, "evaluate", mine)
    assert line == "tinytx: text is missing and must be a file to score: give --text"
    operations = load_trained("listops")
    identity = describe_model(operations.model.config, operations.tokenizer, np.float32)
    save_model(mine, operations.model, {"identity": identity})
    assert told(capsys, "generate", "--prompt", "Max(3 1 4)", "--checkpoint", mine).endswith(
        "= 4\n"
    )
    line = refuse(capsys, "evaluate", mine)
    assert line.startswith(
        "tinytx: checkpoint does not tell which list operations it was trained on"
    )


def test_a_story_ends_with_the_story(capsys):
    """The shipped one: behind its end no text was ever seen."""
    shipped = Path(tinytx.trained.__file__).with_name("draft.safetensors")
    command = ["generate", "--checkpoint", shipped, "--prompt", "Once upon a time"]
    printed = told(capsys, *command, "--max-new-tokens", 470)
    assert printed.endswith(".\n")
    assert "\n\n" not in printed
    assert 300 < len(printed) < 3000


def test_accuracy_is_the_share_of_first_guesses(char):
    model, tokenizer, _ = load_model(char)
    ids = np.array(tokenizer.encode(TEXT[:17]))
    guesses = model.forward(ids[None, :-1]).argmax(-1)[0]
    assert perplexity(model, ids).accuracy == np.mean(guesses == ids[1:])


def test_list_operations_are_told_side_by_side(listops, char, capsys):
    head, *rows = told(capsys, "evaluate", listops, listops).splitlines()
    names = "checkpoint unseen inputs First Second Last Max Min"
    assert head.split() == names.split()
    assert len(rows) == 2
    assert rows[0] == rows[1]
    line = refuse(capsys, "evaluate", char, listops)
    assert "does list operations and" in line
    assert line.endswith("evaluate them one by one")


def test_a_table_on_a_terminal_is_drawn(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show_table(["run", "loss"], [["[a]", "1.5"]])
    printed = re.sub(r"\x1b\[\d*m", "", capsys.readouterr().out)
    assert "┃ run ┃ loss ┃" in printed
    assert "│ [a] │  1.5 │" in printed


# --- inspect


def test_what_is_not_trained_yet_is_described(capsys, place):
    printed = told(capsys, "inspect", "raven")
    assert "recipe             raven, preset raven, not trained" in printed
    assert "parameters         16,608" in printed
    assert "parameters         124,439,808" in told(capsys, "inspect", "gpt2")
    mine = place / "mine.toml"
    mine.write_text(f'[data]\ncorpus = "{place / "text.txt"}"\n[model]\ncontext_length = 8\n'
                    "n_layer = 1\nn_head = 1\nd_model = 8\n[train]\nsteps = 1\nbatch_size = 1\n"
                    "lr = 1e-3\n", encoding="utf-8")  # fmt: skip
    assert "blocks             1: pre-norm" in told(capsys, "inspect", mine)


def test_costs_are_told(char):
    config = load_model(char).model.config
    lines = "\n".join(describe_config(config))
    one = dict(re.findall(r"^ *([\w, ]*?\w) {2,}([\d,]+)", lines, re.MULTILINE))
    operations = [int(one[f"{part} ops"].replace(",", "")) for part in ("attention", "scores")]
    operations += [int(one[f"{part} ops"].replace(",", "")) for part in ("mlp", "head")]
    assert one["arithmetic"] == f"{sum(operations):,}"
    assert one["a training step"] == f"{3 * sum(operations):,}"
    assert one["KV cache"] == f"{4 * 2 * 2 * 8 * 16:,}"


def test_what_newer_models_chose_is_told():
    sizes = {"vocab_size": 8, "context_length": 9, "n_layer": 2, "n_head": 4, "d_model": 8}
    newer = {"positions": "none", "activation": "swiglu", "attention_scale": 0.5, "n_kv_head": 2}
    lines = describe_config(GPTConfig(**sizes, **newer, window=3, sinks=1))
    assert "blocks             2: pre-norm, no positions, swiglu, scores times 0.5" in lines
    assert "heads              4 a block, 2 for keys and values" in lines
    assert "context            9 tokens, 3 in sight and the first 1" in lines
    assert f"  KV cache         {4 * 2 * 2 * 2 * 2 * 9:,} bytes a sequence" in lines
    newer = {"positions": "rotary", "rotary_factor": 2, "norm_eps": 1e-6, "norm_kind": "rms"}
    lines = describe_config(GPTConfig(**sizes, **newer, bias=False, qkv_bias=True))
    start = "blocks             2: pre-RMSNorm (eps 1e-06), rotary (slower by 2) positions, gelu"
    assert start in lines
    assert "heads              4 a block, biases of q, k and v" in lines


def test_experts_are_told():
    sizes = {"vocab_size": 8, "context_length": 9, "n_layer": 2, "n_head": 4, "d_model": 8}
    config = GPTConfig(**sizes, n_expert=5, n_active=2)
    lines = describe_config(config)
    assert "widths             d_model 8, d_head 2, d_ff 32 of 5 experts, 2 for a token" in lines
    unused = 2 * 3 * (2 * 8 * 32 + 32 + 8)
    total = sum(config.parameter_counts().values())
    assert f"parameters         {total:,}" in lines
    assert f"  for one token    {total - unused:,}" in lines
    assert f"  mlp ops          {2 * 2 * (2 * 2 * 8 * 32 + 5 * 8):,}" in lines


@pytest.mark.parametrize("run", ["bpe", "char", "listops"])
def test_the_attention_of_a_prompt_is_a_page(run, request, place, capsys):
    out = request.getfixturevalue(run)
    prompt = {"listops": "Max(3 1 4)", "bpe": "a 日"}.get(run, "naïve")
    page = place / f"{run}.html"
    printed = told(capsys, "inspect", out, "--html", page, "--prompt", prompt)
    assert printed == f"{page} shows who attends to whom: open it in a browser\n"
    html = page.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert 'data-figure="head-gallery-' in html
    assert not re.search(r'(src|href)="|url\(|@import|fetch\(', html)  # it loads nothing
    model = load_model(out).model
    if run == "bpe":
        assert r"\u003cE6\u003e" in html  # a third of a character
    blocks = model.config.n_layer * model.config.n_head
    assert len(re.findall(r'<th scope="row">\d\.\d', html)) >= blocks


def test_prompts_that_cannot_be_shown_are_one_line(char, place, capsys):
    page = place / "never.html"
    for prompt, says in (
        ("", "prompt has 0 tokens and the figure shows 1 to 16"),
        ("Tom had a red ball.", "prompt has 19 tokens and the figure shows 1 to 16"),
        ("%", "--prompt: text has '%' (U+0025) at position 0, which is not among"),
        (
            "a\udcff",
            "--prompt has a lone surrogate U+DCFF at position 1, which is not text; remove",
        ),
    ):
        assert says in refuse(capsys, "inspect", char, "--html", page, "--prompt", prompt)
    assert not page.exists()


# --- benchmark


def test_the_benchmark_measures_both_engines(capsys, place):
    mine = place / "bench.toml"
    mine.write_text('recipe = "raven"\n[model]\ncontext_length = 4\nn_layer = 1\nn_head = 1\n'
                    "d_model = 8\n[train]\nsteps = 1\nbatch_size = 2\nlr = 1e-3\n")  # fmt: skip
    shape, head, *rows, machine = told(capsys, "benchmark", mine, "--seconds", 0.5).splitlines()
    assert shape == "L1 H1 D8, vocabulary 57, 2 texts of 4 tokens, adamw"
    assert head.split() == ["tokens/s", "times", "NumPy"]
    cells = [re.split(r"  +", row) for row in rows]
    work = ("a training step", "generation")
    assert [one[0] for one in cells] == [f"{w}, {e}" for w in work for e in ("NumPy", "PyTorch")]
    assert all(float(one[1].replace(",", "")) > 0 for one in cells)
    assert [cells[0][2], cells[2][2]] == ["1.00", "1.00"]
    assert re.search(r"\d+ cores, \d+ threads.*Python 3\.", machine)


def test_a_step_that_would_take_long_is_cut_for_the_benchmark():
    config, usual = pace.USUAL
    assert pace._short(config, usual) == usual
    plans = {"depth_plan": "0:1", "batch_plan": "0:1", "length_plan": "0:8"}
    large = replace(usual, batch_size=10**6, accumulation=10, compile=True, fsdp=True, **plans)
    short = pace._short(config, large)
    assert short == replace(usual, batch_size=short.batch_size)
    a_text = 3 * config.context_length * sum(flops(config, config.context_length).values())
    assert short.batch_size * a_text <= pace.LARGEST < (short.batch_size + 1) * a_text


# --- tokenize


def test_tokens_are_the_corpus_and_nothing_is_on_both_sides(tokens, place, capsys):
    tokenizer = BPETokenizer.load(tokens / "tokenizer.json")
    assert tokenizer.vocab_size == 270
    end = "<|endoftext|>"
    parts = [open_tokens(tokens / f"{name}.npy", 270) for name in ("train", "held-out")]
    texts = [tokenizer.decode(part.tolist()) for part in parts]
    assert texts[0].removesuffix(end) + texts[1].removesuffix(end) == TEXT
    printed = told(
        capsys, "tokenize", place / "text.txt", "--out", place / "t2", "--vocab-size", 270
    )
    lines = dict(re.findall(r"^(\w[\w ]*?) {2,}(.*)$", printed, re.MULTILINE))
    n_bytes = len(texts[0].removesuffix(end).encode())
    assert lines["training"] == (
        f"1 document, {len(parts[0]):,} tokens, {n_bytes / len(parts[0]):.3f} bytes per token"
    )
    assert lines["vocabulary"] == "270 tokens"


def test_a_folder_is_documents_and_a_tokenizer_can_be_taken(tokens, place, capsys):
    folder = place / "folder"
    folder.mkdir()
    for i in range(40):
        (folder / f"{i:02}.txt").write_text(f"Story {i}. {LINES[i % 3]}", encoding="utf-8")
    printed = told(
        capsys, "tokenize", folder, "--out", place / "t3", "--tokenizer", tokens / "tokenizer.json"
    )
    counts = list(map(int, re.findall(r"(\d+) documents?", printed)))
    assert sum(counts) == 40
    assert min(counts) > 0
    ids = open_tokens(place / "t3" / "train.npy")
    tokenizer = BPETokenizer.load(place / "t3" / "tokenizer.json")
    assert (ids == tokenizer.special_tokens["<|endoftext|>"]).sum() == counts[0]


def test_documents_are_parted_by_a_separator_or_are_rows_of_a_column(tokens, place, capsys):
    documents = [f"Story {i}. {LINES[i % 3]}" for i in range(40)]
    (place / "parted.txt").write_text("|".join(documents), encoding="utf-8")
    (place / "rows.parquet").write_bytes(parquet(["no"] * 40, body=documents))
    taken = ["--tokenizer", tokens / "tokenizer.json"]
    for i, (source, *more) in enumerate(
        [("parted.txt", "--separator", "|"), ("rows.parquet", "--column", "body")]
    ):
        out = place / f"t6-{i}"
        printed = told(capsys, "tokenize", place / source, "--out", out, *taken, *more)
        assert sum(map(int, re.findall(r"(\d+) documents?", printed))) == 40
        ids = np.concatenate([open_tokens(out / f"{side}.npy") for side in ("train", "held-out")])
        found = BPETokenizer.load(out / "tokenizer.json").decode(ids.tolist())
        assert sorted(found.split("<|endoftext|>")[:-1]) == sorted(documents)


def test_tokens_of_tiktoken(place, capsys):
    told(
        capsys, "tokenize", place / "text.txt", "--out", place / "t4", "--tokenizer", "cl100k_base"
    )
    tokenizer = BPETokenizer.load(place / "t4" / "tokenizer.json")
    ids = open_tokens(place / "t4" / "held-out.npy", tokenizer.vocab_size)
    held_out = "".join(Corpus(place / "text.txt").texts("held-out"))
    assert ids.tolist()[:-1] == tokenizer.encode(held_out)


def test_a_wrong_corpus_or_tokenizer_leaves_nothing(tokens, place, capsys):
    out, text = place / "none", place / "text.txt"
    line = refuse(capsys, "tokenize", text, "--out", tokens)
    assert "tokenizer.json is there already: give another folder with --out" in line
    both = ["--vocab-size", 300, "--tokenizer", "gpt2"]
    assert "are both given" in refuse(capsys, "tokenize", text, "--out", out, *both)
    line = refuse(capsys, "tokenize", text, "--out", out, "--tokenizer", "wrong")
    assert "tokenizer is 'wrong' and must be an encoding of tiktoken's" in line
    assert "vocab_size" in refuse(capsys, "tokenize", text, "--out", out, "--vocab-size", 100)
    (place / "one.txt").write_text("no line end")
    line = refuse(capsys, "tokenize", place / "one.txt", "--out", out, "--vocab-size", 257)
    assert "has no line end to cut at" in line
    assert not out.exists() or not list(out.iterdir())


def test_a_vocabulary_that_does_not_fit_the_file_is_one_line(tokens, place, capsys):
    folder = place / "odd"
    folder.mkdir()
    for name in ("train.npy", "held-out.npy"):
        (folder / name).write_bytes((tokens / name).read_bytes())
    BPETokenizer.train(TEXT, 260).save(folder / "tokenizer.json")
    (place / "tiny.toml").write_text(PRESET, encoding="utf-8")
    command = ["train", place / "tiny.toml", "--out", place / "never", "--corpus"]
    line = refuse(capsys, *command, folder)
    assert re.search(r"train\.npy has the id 2\d\d, and the vocabulary has 260 tokens", line)
    line = refuse(capsys, *command, tokens, "--vocab-size", 99)
    assert "vocab_size is 99 and the text's tokenizer has 270" in line
    assert not (place / "never").exists()


def test_a_vocabulary_is_learned_from_the_beginning_of_a_large_corpus(place, capsys, monkeypatch):
    folder = place / "large"
    folder.mkdir()
    for i, letters in enumerate(("ab", "cd", "ef", "gh")):
        (folder / f"{i}.txt").write_text(letters * 50 * (i + 1))
    first, *_ = Corpus(folder).texts("train")
    monkeypatch.setattr(tokenize_corpus, "LEARNED_FROM", len(first))
    printed = told(capsys, "tokenize", folder, "--out", place / "t5", "--vocab-size", 258)
    assert f"the vocabulary is learned from the first {len(first)} characters" in printed
    assert BPETokenizer.load(place / "t5" / "tokenizer.json").token_bytes(256) in first.encode()


def test_what_was_held_out_is_scored_up_to_a_limit_and_by_its_own_tokenizer(tokens, monkeypatch):
    tokenizer = BPETokenizer.load(tokens / "tokenizer.json")
    monkeypatch.setattr(texts, "MOST_SCORED", 5)
    ids = texts.held_out_tokens(str(tokens), tokenizer)
    assert ids.tolist() == open_tokens(tokens / "held-out.npy")[:5].tolist()
    with pytest.raises(ValueError, match=r"^the tokens in .* are another tokenizer's now: give"):
        texts.held_out_tokens(str(tokens), tokenizer.truncate(269))


def test_a_run_on_tokens_keeps_the_tokenizer_of_the_tokens(bpe, place, tokens):
    out = train(tokens, place / "named", "--tokenizer", "cl100k_base")  # the folder's wins
    assert load_model(out).tokenizer.vocab_size == 270
    assert load_model(bpe).tokenizer.vocab_size == 270


# --- download, export


def test_shakespeare_comes_once_from_a_server(monkeypatch, capsys, tmp_path):
    content = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 40
    module = sys.modules["tinytx.data.shakespeare"]
    monkeypatch.setattr(module, "SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "cache"))
    with LoopbackHub({"input.txt": content}) as server:
        monkeypatch.setenv("TINYTX_SHAKESPEARE", f"{server.url}/plain/input.txt")
        for _ in range(2):
            printed = told(capsys, "download", "shakespeare")
            said = f"Tiny Shakespeare: {len(content):,} characters, 'First Citizen:' and so on"
            assert printed.startswith(said)
        assert len(server.log) == 1
        assert (tmp_path / "cache" / module.NAME).read_bytes() == content
        server.always = "404"
        monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "empty"))
        assert "answers HTTP 404: set TINYTX_SHAK" in refuse(capsys, "download", "shakespeare")
    monkeypatch.setenv("TINYTX_SHAKESPEARE", str(tmp_path / "no.txt"))
    assert "there is no file" in refuse(capsys, "download", "shakespeare")


def test_shards_come_one_by_one_from_a_hub(monkeypatch, capsys, tmp_path):
    pytest.importorskip("pyarrow")
    from data.parquets import parquet

    content = {f"{FOLDER}/{i:03}_00000.parquet": parquet([f"page {i}"] * 9) for i in range(3)}
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "cache"))
    with LoopbackHub(content) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for _ in range(2):  # the second time they are there
            printed = told(capsys, "download", "fineweb", "--max-shards", 2).splitlines()
            assert [line.split(":")[0] for line in printed[:2]] == ["shard 1 of 2", "shard 2 of 2"]
            assert "tinytx train fineweb-quick" in printed[2]
            paths = [line.split(": ")[1].rpartition(", ")[0] for line in printed[:2]]
            assert [Path(one).read_bytes() for one in paths] == list(content.values())[:2]
        assert len(hub.asked("resolve")) == 2
        hub.always = "api:404"
        line = refuse(capsys, "download", "fineweb")
        assert "answers HTTP 404 for HuggingFaceFW/fineweb-edu" in line


def test_a_model_becomes_a_folder_of_hugging_faces(bpe, place, capsys):
    transformers = pytest.importorskip("transformers")
    import torch

    folder = place / "hf"
    assert "model.safetensors" in told(capsys, "export", bpe, folder)
    theirs = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model, mine, _ = load_model(bpe)
    text = "naïve café — 😀! Tom"[:12]
    ids = mine.encode(text)
    assert tokenizer(text)["input_ids"] == ids
    assert tokenizer.decode(ids) == text
    with torch.no_grad():
        logits = theirs(torch.tensor([ids])).logits.numpy()
    np.testing.assert_allclose(model.forward(np.array([ids])), logits, atol=1e-5)
    assert "is not an empty folder" in refuse(capsys, "export", bpe, folder)


def test_what_is_read_before_each_text_is_said_of_an_exported_model(stories, bpe, place, capsys):
    tokenizer = load_model(stories)[1]
    (first,) = tokenizer.encode("\n")
    last = told(capsys, "export", stories, place / "hf-stories").splitlines()[-1]
    assert last.startswith(f"put the id {first} ('\\n') before each prompt: the model")
    assert "put the id" not in told(capsys, "export", bpe, place / "hf-windows")


def test_a_model_of_newer_choices_becomes_the_family_that_has_them(tokens, place, capsys):
    """Trained, written, and read by the class of transformers that it names."""
    transformers = pytest.importorskip("transformers")
    import torch

    newer = "--norm-kind rms --activation swiglu --positions rotary --no-bias --qkv-bias "
    newer += "--norm-eps 1e-6 --rotary-factor 2 --n-kv-head 1"
    run, folder = train(tokens, place / "newer", *newer.split()), place / "hf-newer"
    told(capsys, "export", run, folder)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    assert type(theirs).__name__ == "Qwen2ForCausalLM"
    model, tokenizer, _ = load_model(run)
    ids = tokenizer.encode("naïve café"[:9])
    with torch.no_grad():
        logits = theirs(torch.tensor([ids])).logits.numpy()
    np.testing.assert_allclose(model.forward(np.array([ids])), logits, atol=1e-5)


def test_a_model_is_written_without_a_tokenizer_that_is_none_of_theirs(place, capsys):
    config = GPTConfig(vocab_size=3, context_length=4, n_layer=1, n_head=1, d_model=4)
    identity = describe_model(config, CharTokenizer("ab", unk="?"), np.float32)
    run, folder = place / "unk.safetensors", place / "hf-unk"
    save_model(run, GPT(config, np.random.default_rng(0)), {"identity": identity})
    printed = told(capsys, "export", run, folder)
    assert printed.startswith("without a tokenizer: a CharTokenizer is no tokenizer of Hugging")
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}


def test_what_gpt_2_cannot_be_is_one_line(listops, place, capsys):
    line = refuse(capsys, "export", listops, place / "hf-none")
    assert re.search(r"config\.norm is 'post' and must be 'pre' to be a GPT-2", line)
    assert not (place / "hf-none").exists()


# --- pipes


def test_head_may_close_the_pipe(char):
    command = [sys.executable, "-m", "tinytx", "generate", "--checkpoint", str(char)]
    child = subprocess.Popen(
        [*command, "--prompt", "Tom", "--max-new-tokens", "100000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout.read(4).startswith(b"Tom")
    child.stdout.close()
    errors = child.stderr.read()
    assert child.wait(120) == 1
    assert errors == b""


@pytest.mark.skipif(os.name == "nt", reason="sh closes the streams")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_what_the_shell_has_closed_stops_nothing(char, closed):
    command = [sys.executable, "-m", "tinytx", "generate", "--checkpoint", str(char)]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command, "--max-new-tokens", "2"]
    done = subprocess.run(shell, input=b"Tom\n", capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")


def test_a_tokenizer_of_the_folder_is_json(tokens):
    assert json.loads((tokens / "tokenizer.json").read_text("utf-8"))["type"] == "BPETokenizer"
