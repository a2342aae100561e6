"""``tinytx train``: options made of fields, TOML files, what is refused, who is told."""

from __future__ import annotations

import errno
import os
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from commands import refuse

from tinytx.cli import app, main, ranks
from tinytx.cli.options import PANELS, data_settings, given, help_texts
from tinytx.cli.train import usual_folder
from tinytx.config import GPTConfig
from tinytx.data.sides import is_held_out
from tinytx.recipes.preset import preset_names, read_preset
from tinytx.recipes.registry import RECIPES, recipe_for
from tinytx.tokenizers import BPETokenizer
from tinytx.training import RunFolder, TrainConfig, load_checkpoint, save_checkpoint

TEXT = "It was a naïve café — Tom had a red ball, and Mia had none.\n" * 60
TINY = """about = "a tiny one"
engine = "numpy"

[data]
corpus = "{corpus}"
prompt = "It"
sample_tokens = 0

[model]
context_length = 8
n_layer = 1
n_head = 1
d_model = 8

[train]
steps = 4
batch_size = 2
lr = 1e-3
eval_every = 2
save_every = 2
"""
QUIET = "--no-tensorboard"


@pytest.fixture
def preset(tmp_path):
    """A tiny preset of a text of one's own."""
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(corpus=tmp_path / "text.txt"), encoding="utf-8")
    return path


def parameters():
    command = typer.main.get_command(app).commands["train"]
    return {one.name: one for one in command.params}


# --- options


def test_every_field_is_an_option_with_the_fields_own_help():
    options = parameters()
    kinds = {GPTConfig: PANELS["model"], TrainConfig: PANELS["train"]}
    for kind, panel in kinds.items():
        texts = help_texts(kind)
        for field in fields(kind):
            option = options[field.name]
            assert option.opts == ["--" + field.name.replace("_", "-")]
            assert option.rich_help_panel == panel
            assert texts[field.name]
            assert option.help == texts[field.name].replace("[", r"\[")
    for name, setting in data_settings().items():
        assert options[name].rich_help_panel == PANELS["data"]
        assert options[name].help == setting.help
    n_fields = sum(len(fields(kind)) for kind in kinds)
    assert len(options) == 5 + n_fields + len(data_settings())  # preset, out, resume and so on


def test_switches_can_be_turned_off_and_what_is_left_open_takes_none():
    options = parameters()
    for name in ("bias", "tie_weights", "causal", "compile", "checkpointing", "fsdp"):
        assert options[name].secondary_opts == ["--no-" + name.replace("_", "-")]
    left_open = ("clip", "patience", "decay_steps", "d_ff", "padding_id", "attention_scale")
    for name in (*left_open, "max_gigabytes"):
        assert "none" in options[name].metavar
    assert given({"clip": "none", "lr": None, "bias": False}) == {"clip": None, "bias": False}
    # Of positions it is one of the choices.
    assert given({"positions": "none", "attention_scale": "none"}) == {
        "positions": "none", "attention_scale": None,
    }  # fmt: skip


def test_experts_reach_the_run(preset, tmp_path):
    command = ["train", str(preset), "--out", str(tmp_path / "run"), QUIET]
    assert main([*command, "--n-expert", "3", "--n-active", "1", "--balance", "0.1"]) == 0
    identity = load_checkpoint(tmp_path / "run" / "last.safetensors").meta["identity"]
    wanted = {"n_expert": 3, "n_active": 1, "balance": 0.1}
    assert wanted.items() <= identity["config"].items()
    assert wanted.items() <= read_preset(tmp_path / "run" / "preset.toml").model.items()


def test_a_model_with_more_ids_than_there_are_tokens_writes_to_the_end(preset, tmp_path, capsys):
    """Untrained, it draws ids that stand for nothing: no text may end a run."""
    out = tmp_path / "spare"
    options = ["--vocab-size", "400", "--sample-tokens", "40", "--out", str(out), QUIET]
    assert main(["train", str(preset), *options]) == 0
    assert "\N{REPLACEMENT CHARACTER}" in capsys.readouterr().out
    assert (out / "last.safetensors").exists()


def test_options_of_all_kinds_reach_the_run(preset, tmp_path):
    preset.write_text(preset.read_text("utf-8") + "clip = 1.0\n", encoding="utf-8")
    command = ["train", str(preset), "--out", str(tmp_path / "run"), QUIET]
    more = "--clip none --no-bias --norm post --d-ff 12 --patience 3 --eval-windows 1 --lr 0.01"
    more += " --positions none --activation swiglu --attention-scale 0.3 --n-kv-head 1"
    more += (
        " --window 3 --sinks 1 --norm-eps 0.001 --qkv-bias --rotary-factor 2 --rotary-original 3"
    )
    assert main([*command, *more.split()]) == 0
    identity = load_checkpoint(tmp_path / "run" / "last.safetensors").meta["identity"]
    assert identity["train"]["clip"] is None
    assert identity["train"]["patience"] == 3
    assert (identity["config"]["bias"], identity["config"]["norm"]) == (False, "post")
    assert (identity["config"]["d_ff"], identity["data"]["eval_windows"]) == (12, 1)
    newer = {
        "positions": "none", "activation": "swiglu", "attention_scale": 0.3, "n_kv_head": 1,
        "window": 3, "sinks": 1, "norm_eps": 0.001, "qkv_bias": True, "rotary_factor": 2.0,
        "rotary_original": 3,
    }  # fmt: skip
    assert newer.items() <= identity["config"].items()
    again = read_preset(tmp_path / "run" / "preset.toml")
    assert newer.items() <= again.model.items()
    assert "clip" not in again.train  # none: TOML has no word for it
    assert (again.model["d_ff"], again.train["lr"], again.about) == (12, 0.01, "a tiny one")


def test_without_a_preset_the_presets_are_listed(capsys):
    capsys.readouterr()
    assert main(["train"]) == 0
    printed = capsys.readouterr().out
    for name in preset_names():
        assert re.search(rf"^  {name} +{re.escape(read_preset(name).about)}$", printed, re.M)


def test_the_help_has_panels_and_examples(capsys):
    assert main(["train", "-h"]) == 0
    printed = capsys.readouterr().out
    for panel in PANELS.values():
        assert f"─ {panel} ─" in printed
    assert "tinytx train raven" in printed
    assert "[data], [model] and [train]" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("train", "but for those of The run: of these it has engine alone, above the tables."),
        ("download", "in the one that the environment variable TINYTX_CACHE names."),
        ("evaluate", "of a run that read documents, every one."),
        ("progress", "[ ] stands as well where nothing is begun, and [?] where the check of an"),
    ],
)
def test_a_help_says_what_is_true(capsys, command, says):
    assert main([command, "--help"]) == 0
    printed = capsys.readouterr().out.replace("│", " ")  # the frame of its options
    assert says in " ".join(printed.split())


def test_every_command_has_a_help_with_an_example(capsys):
    for name in typer.main.get_command(app).commands:
        assert main([name, "--help"]) == 0
        assert f"   tinytx {name}" in capsys.readouterr().out


def complete(monkeypatch, words):
    monkeypatch.setenv("_TINYTX_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))


def test_a_shell_completes_presets_files_and_options(monkeypatch, capsys, preset):
    monkeypatch.chdir(preset.parent)
    complete(monkeypatch, "tinytx train t")
    assert main([]) == 0
    assert capsys.readouterr().out.split() == ["tales", "tiny.toml"]
    complete(monkeypatch, "tinytx train --warm")
    assert main([]) == 0
    assert capsys.readouterr().out.split() == ["--warmup-steps"]


def test_the_completion_can_be_shown():
    command = [sys.executable, "-m", "tinytx", "--show-completion", "bash"]
    plain = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # the shell may be named
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **plain})
    assert done.returncode == 0
    assert "_TINYTX_COMPLETE=complete_bash" in done.stdout


# --- a file of one's own


def test_a_file_trains_and_its_run_goes_on(preset, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "tiny.toml", QUIET]) == 0
    assert "everything is in runs/tiny" in capsys.readouterr().out
    assert main(["train", "tiny.toml", "--resume", "--steps", "6", QUIET]) == 0
    assert load_checkpoint("runs/tiny/last.safetensors").meta["step"] == 6
    assert main(["train", "runs/tiny/preset.toml", QUIET]) == 0
    assert load_checkpoint("runs/tiny-again/last.safetensors").meta["step"] == 6
    assert main(["train", "--resume", "--out", "runs/tiny", "--steps", "8", QUIET]) == 0
    assert load_checkpoint("runs/tiny/last.safetensors").meta["step"] == 8


def test_a_resumed_run_says_what_of_its_file_it_does_not_heed(preset, tmp_path, capsys):
    command = ["train", str(preset), "--out", str(tmp_path / "run"), QUIET]
    assert main(command) == 0
    text = preset.read_text("utf-8").replace("steps = 4", "steps = 8").replace("1e-3", "0.5")
    preset.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main([*command, "--resume"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.endswith(
        "tiny.toml says steps 8 and the run has 4, which stays: to change it give --steps"
    )
    assert second.endswith("has 0.001, which stays: to change it give --lr, in a new run")
    assert main([*command, "--resume", "--steps", "8"]) == 0
    told = capsys.readouterr().out
    assert "says steps" not in told
    assert "says lr 0.5 and the run has 0.001" in told
    own = str(tmp_path / "run" / "preset.toml")
    assert main(["train", own, "--resume", QUIET]) == 0
    assert " says " not in capsys.readouterr().out


def test_without_its_preset_a_run_has_to_be_told_which_it_is(preset, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", str(preset), "--out", str(out), QUIET]) == 0
    (out / "preset.toml").unlink()
    line = refuse(capsys, "train", "--resume", "--out", out)
    assert line.endswith("run holds no preset.toml: name the preset that its run was started with")


def test_a_run_that_gets_no_better_says_where_it_stopped(preset, tmp_path, capsys):
    still = "--lr 1e-12 --eval-every 1 --patience 1 --steps 9"
    assert main(["train", str(preset), "--out", str(tmp_path / "run"), QUIET, *still.split()]) == 0
    assert "stopped at step 2: no better row for 1 rows" in capsys.readouterr().out


def test_a_folder_is_named_after_the_preset(tmp_path):
    assert str(usual_folder("raven", False)) == "runs/raven"
    assert str(usual_folder("of/mine.toml", True)) == "runs/mine"
    assert str(usual_folder("runs/a/preset.toml", True)) == "runs/a"
    assert str(usual_folder("runs/a/preset.toml", False)) == "runs/a-again"


def test_a_preset_that_somebody_wrote_into_the_folder_is_not_lost(preset, tmp_path, capsys):
    out = tmp_path / "run"
    out.mkdir()
    mine = "# my notes\n" + preset.read_text("utf-8")
    (out / "preset.toml").write_text(mine, encoding="utf-8")
    assert "is not empty" in refuse(capsys, "train", preset, "--out", out)
    assert (out / "preset.toml").read_text("utf-8") == mine


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = 4", "stepz = 4", "tiny.toml [train] has the unknown key 'stepz': did you mean"),
        ("n_layer = 1", "n_layr = 1", "[model] has the unknown key 'n_layr': did you mean 'n_lay"),
        ("prompt =", "promt =", "tiny [data] has the unknown key 'promt': did you mean 'prompt'?"),
        ("[train]", "[trian]", "has the unknown key 'trian': did you mean 'train'?"),
        ('about = "a tiny one"', 'recipe = "raven2"', "recipe is 'raven2' and must be one of text"),
        ('engine = "numpy"', 'engine = "jax"', "engine is 'jax' and must be numpy or pytorch"),
        ('engine = "numpy"', "engine = 3", "engine is 3 and must be a text"),
        ('prompt = "It"', "prompt = 3", "tiny [data]: prompt is 3 and must be a text"),
        ("sample_tokens = 0", "sample_tokens = true", "sample_tokens is True and must be an int"),
        ("sample_tokens = 0", "max_gigabytes = 'a'", "max_gigabytes is 'a' and must be a number"),
        ("steps = 4\n", "", "tiny [train] lacks steps"),
        ("n_layer = 1\n", "", "lacks the field 'n_layer'"),
        ("steps = 4", "steps = = 4", "is not TOML"),
        ("context_length = 8", "context_length = 400", "the held-out text has"),
        ("n_head = 1", "n_head = 1\nvocab_size = 5", "vocab_size is 5 and the text's tokenizer"),
        ('prompt = "It"', 'prompt = "%"', "this tokenizer: give another --prompt"),
        ('prompt = "It"', 'prompt = ";"', "prompt does not fit the text: text has ';' (U+003B) at"),
        ('prompt = "It"', 'prompt = ""', "prompt is empty"),
        ("sample_tokens = 0", "sample_tokens = -1", "sample_tokens is -1 and must be at least 0"),
        ("sample_tokens = 0", "tokenizer = 'no'", "tokenizer is 'no' and must be char, bpe, a tok"),
        ("sample_tokens = 0", "temperature = -1", "temperature is -1 and must be at least 0 and f"),
        ("sample_tokens = 0", "eval_windows = 0", "eval_windows is 0 and must be at least 1"),
        ("sample_tokens = 0", "held_out_stories = 0", "held_out_stories is 0 and must be at least"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line(preset, capsys, tmp_path, old, new, message):
    text = preset.read_text("utf-8")
    assert old in text
    preset.write_text(text.replace(old, new), encoding="utf-8")
    assert message in refuse(capsys, "train", preset, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()


WRONG = {"int": "'many'", "float": "'much'", "str": "3", "bool": "'yes'"}


@pytest.mark.parametrize("kind", [GPTConfig, TrainConfig], ids=["model", "train"])
def test_a_wrong_type_of_any_field_is_one_line_that_names_it(preset, capsys, tmp_path, kind):
    table = {GPTConfig: "model", TrainConfig: "train"}[kind]
    text = preset.read_text("utf-8")
    for field in fields(kind):
        name, wrong = field.name, WRONG[str(field.type).split(" ")[0]]
        lines = re.sub(rf"^{name} = .*\n", "", text, flags=re.M)
        preset.write_text(
            lines.replace(f"[{table}]\n", f"[{table}]\n{name} = {wrong}\n"), encoding="utf-8"
        )
        line = refuse(capsys, "train", preset, "--out", tmp_path / "run")
        bare = wrong.strip("'")
        assert re.search(rf"\b{name} is '?{bare}'?[ ,]", line), line


def test_a_corpus_shorter_than_the_context_is_one_line(preset, capsys, tmp_path):
    text, out = tmp_path / "text.txt", tmp_path / "run"
    text.write_text("It was.\nIt is.\n", encoding="utf-8")
    line = refuse(capsys, "train", preset, "--out", out)
    assert "the held-out text has 'i' (U+0069) at position 3" in line
    assert line.endswith("take --tokenizer bpe, which knows all")
    text.write_text("It\nIt\n", encoding="utf-8")
    line = refuse(capsys, "train", preset, "--out", out)
    assert "ids has 3 tokens, but a window of context_length 8 and the token after it nee" in line
    text.write_text("It was It was It was\nIt was\n", encoding="utf-8")
    line = refuse(capsys, "train", preset, "--out", out)
    assert "the held-out text has 7 tokens and must have more than context_length 8" in line


@pytest.mark.parametrize(
    ("first", "says"), [("held-out", "left to train on"), ("train", "held out")]
)
def test_a_folder_with_all_documents_on_one_side_is_one_line(preset, capsys, tmp_path, first, says):
    """A hash decides which side a document is on."""
    folder = tmp_path / "few"
    folder.mkdir()
    lines = (f"{TEXT}{i}\n" for i in range(1000))
    alike = [text for text in lines if is_held_out(text) == (first == "held-out")][:2]
    for i, text in enumerate(alike):
        (folder / f"{i}.txt").write_text(text, encoding="utf-8")
    line = refuse(capsys, "train", preset, "--corpus", folder, "--out", tmp_path / "run")
    assert f"none of the documents in {folder}, of which there are 2, is {says}: give more" in line
    assert not (tmp_path / "run").exists()


def test_a_text_of_ones_own_needs_no_preset_of_ones_own(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = refuse(capsys, "train", "own")
    assert "corpus is missing and must be a text file, a folder or parquet: give it with --" in line
    assert "or in a TOML file, as corpus in [data]" in line
    assert refuse(capsys, "inspect", "own") == line  # which has no such option
    assert not Path("runs").exists()
    Path("book.txt").write_text(TEXT * 4, encoding="utf-8")
    small = "--steps 4 --warmup-steps 0 --batch-size 2 --context-length 16 --d-model 8 --n-layer 1"
    assert main(["train", "own", "--corpus", "book.txt", QUIET, *small.split()]) == 0
    assert main(["evaluate", "runs/own"]) == 0
    assert main(["train", "runs/own/preset.toml", "--resume", "--steps", "6", QUIET]) == 0
    found = load_checkpoint("runs/own/last.safetensors")
    assert (found.meta["step"], found.meta["identity"]["data"]["corpus"]) == (6, "book.txt")


@pytest.mark.parametrize("old_new", [("ball", "bell"), ("ball", "ba]l"), ("none.", "none. ")])
@pytest.mark.parametrize("kind", ["char", "tokens"])
def test_a_run_goes_on_with_its_own_text_only(preset, capsys, tmp_path, old_new, kind):
    text, out = tmp_path / "text.txt", tmp_path / "run"
    command = ["train", str(preset), "--out", str(out), QUIET]
    if kind == "tokens":
        BPETokenizer.train(TEXT, 270).save(tmp_path / "bpe.json")
        tokenize = ["tokenize", text, "--out", tmp_path / "tokens", "--tokenizer"]
        tokenize = [str(word) for word in [*tokenize, tmp_path / "bpe.json"]]
        assert main(tokenize) == 0
        command += ["--corpus", str(tmp_path / "tokens")]
    assert main(command) == 0
    text.write_text(TEXT.replace(*old_new), encoding="utf-8")
    if kind == "tokens":
        for name in ("tokenizer.json", "train.npy", "held-out.npy"):
            (tmp_path / "tokens" / name).unlink()
        assert main(tokenize) == 0
    before = (out / "last.safetensors").read_bytes()
    line = refuse(capsys, *command, "--resume", "--steps", 6)
    where = tmp_path / ("tokens" if kind == "tokens" else "text.txt")
    assert f"corpus '{where}' is another text than the run was started with: put" in line
    line = refuse(capsys, "evaluate", out)
    assert f"corpus '{where}' has changed since the run was started, so what it holds out" in line
    assert (out / "last.safetensors").read_bytes() == before


def test_a_text_may_be_moved(preset, capsys, tmp_path):
    out, there = tmp_path / "run", tmp_path / "there"
    command = ["train", str(preset), "--out", str(out), QUIET]
    assert main(command) == 0
    there.mkdir()
    (tmp_path / "text.txt").rename(there / "other.txt")
    more = ["--resume", "--steps", "6", "--corpus"]
    assert main([*command, *more, str(there / "other.txt")]) == 0
    found = load_checkpoint(out / "last.safetensors").meta
    assert (found["step"], found["identity"]["data"]["corpus"]) == (6, str(there / "other.txt"))
    assert main(["train", "--resume", "--out", str(out), "--steps", "8", QUIET]) == 0
    for other in ("raven", "fineweb"):
        line = refuse(capsys, *command, *more, other)
        assert f"corpus '{other}' is another text than the run was started with" in line


def test_a_run_that_is_older_than_the_digest_of_its_text_goes_on(preset, capsys, tmp_path):
    command = ["train", str(preset), "--out", str(tmp_path / "run"), QUIET]
    assert main(command) == 0
    last = tmp_path / "run" / "last.safetensors"
    found = load_checkpoint(last)
    del found.meta["identity"]["content"]
    save_checkpoint(last, found.tensors, found.meta)
    line = refuse(capsys, *command, "--resume", "--corpus", "raven")
    assert "and this run has 'raven': resume with the settings" in line
    assert main([*command, "--resume", "--steps", "6"]) == 0
    assert load_checkpoint(last).meta["identity"]["content"].keys() == {"train", "held_out"}


@pytest.mark.parametrize("option", ["--corpus", "--tokenizer", "--prompt"])
def test_a_name_that_is_not_utf_8_is_one_line_that_shows_it(preset, capsys, tmp_path, option):
    name = os.fsdecode(b"caf\xe9.json")
    line = refuse(capsys, "train", preset, option, name, "--out", tmp_path / "run")
    assert (
        f"{option[2:]} is 'caf\\udce9.json', which is not UTF-8, and the files of the run" in line
    )
    assert not (tmp_path / "run").exists()


def test_a_missing_corpus_is_one_line(preset, capsys, tmp_path):
    (tmp_path / "text.txt").unlink()
    line = refuse(capsys, "train", preset, "--out", tmp_path / "run")
    assert "text.txt' and must be raven, tales, shakespeare, fineweb, or the path" in line
    assert "cannot be read: No such file" in refuse(capsys, "train", tmp_path / "no.toml")


# --- accidents


def test_a_port_in_use_is_one_line(monkeypatch, capsys, tmp_path, preset):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(taken.getsockname()[1])}
        for name, value in {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", **place}.items():
            monkeypatch.setenv(name, value)
        line = refuse(capsys, "train", preset, "--out", tmp_path / "run")
    assert f"cannot meet at 127.0.0.1:{place['MASTER_PORT']}" in line
    assert "give torchrun another --master-port" in line


def test_no_room_is_one_line_and_the_last_checkpoint_stays(monkeypatch, capsys, tmp_path, preset):
    out = tmp_path / "run"
    assert main(["train", str(preset), "--out", str(out), QUIET]) == 0
    before = (out / "last.safetensors").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    capsys.readouterr()
    assert main(["train", str(preset), "--out", str(out), "--resume", "--steps", "6", QUIET]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"tinytx: No space left on device: .*run/\S+", line)
    assert (out / "last.safetensors").read_bytes() == before


def test_a_folder_in_use_is_one_line(capsys, tmp_path, preset):
    with RunFolder(tmp_path / "run").claimed():
        line = refuse(capsys, "train", preset, "--out", tmp_path / "run", QUIET)
    assert "another run is training in" in line


def test_what_is_no_folder_is_one_line(capsys, tmp_path, preset):
    (tmp_path / "file").write_text("x")
    line = refuse(capsys, "train", preset, "--out", tmp_path / "file")
    assert "file is a file: give a folder with --out" in line


def test_tensorboard_asked_for_and_not_there_is_one_line(monkeypatch, capsys, tmp_path, preset):
    monkeypatch.setattr("tinytx.training.tensorboard.has_tensorboard", lambda: False)
    line = refuse(capsys, "train", preset, "--out", tmp_path / "run", "--tensorboard")
    assert "tensorboard is not installed" in line
    assert main(["train", str(preset), "--out", str(tmp_path / "run")]) == 0  # where it is there


# --- several processes


def test_of_several_processes_the_first_speaks(monkeypatch, capsys):
    for name, value in {"WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ranks, "PATIENCE", 0.0)
    for number, says in (("0", "hello\n"), ("1", "")):
        monkeypatch.setenv("RANK", number)
        with ranks.only_first_speaks():
            print("hello")
        assert capsys.readouterr().out == says
        assert ranks.may_say("a line")  # the second after some patience, if nobody ended it


def test_a_process_alone_under_torchrun_trains_and_leaves(monkeypatch, capsys, tmp_path, preset):
    import torch.distributed as dist

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    for name, value in {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", **place}.items():
        monkeypatch.setenv(name, value)
    assert main(["train", str(preset), "--out", str(tmp_path / "run"), QUIET]) == 0
    assert "everything is in" in capsys.readouterr().out
    assert not dist.is_initialized()


def test_torchrun_prints_an_error_once(preset, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "-m", "tinytx", "train", str(preset), "--lr", "-1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
    said = [line for line in done.stderr.splitlines() if line.startswith("tinytx: ")]
    assert said == ["tinytx: lr is -1.0 and must be above 0 and finite"]
    assert done.returncode != 0
    assert not (tmp_path / "runs").exists()


def test_every_preset_has_a_recipe_and_a_line():
    for name in preset_names():
        found = read_preset(name)
        assert found.recipe in RECIPES
        assert found.about


# --- what is shown

ROOT = Path(__file__).resolve().parent.parent
SHOWN = [ROOT / "README.md", ROOT / "book" / "api" / "cli.md", ROOT / "Makefile"]


def shown_commands():
    """Yield every command line that pages, ``make`` and ``--help`` show."""
    commands = typer.main.get_command(app).commands
    texts = [path.read_text("utf-8").replace("\\\n", " ") for path in SHOWN]
    texts += [command.epilog for command in commands.values()]
    for text in texts:
        for line in re.findall(r"^[\s@]*(?:\$\(BIN\)/)?tinytx +([a-z]+.*)$", text, re.MULTILINE):
            yield shlex.split(line.replace("$(RUN)", "run"), comments=True)


def test_every_command_that_is_shown_can_be_parsed():
    commands = typer.main.get_command(app).commands
    shown = list(shown_commands())
    assert {name for name, *_ in shown} == set(commands)
    assert len(shown) > 30
    for name, *rest in shown:
        commands[name].make_context(name, rest)  # raises for an option that is not there


def test_the_preset_on_the_page_is_one(tmp_path):
    page = (ROOT / "book" / "api" / "cli.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    recipe = recipe_for(tmp_path / "small.toml")
    assert recipe.settings(stories=30, held_out_stories=2)[0].n_layer == 2
