"""The ``tinytx`` command: what it trains, what it writes, what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from commands import refuse
from safetensors.numpy import save_file

from tinytx.cli import main
from tinytx.evaluation import perplexity
from tinytx.recipes.preset import read_preset
from tinytx.training import load_checkpoint
from tinytx.training.model_file import load_model

TINY = {
    "raven": ["--steps", "30", "--eval-every", "10", "--save-every", "10", "--d-model", "8"],
    "listops": [
        "--steps", "30", "--eval-every", "10", "--save-every", "10", "--warmup-steps", "5",
        "--d-model", "8", "--n", "100", "--n-layer", "1", "--n-head", "2",  # few pictures to draw
    ],
}  # fmt: skip
TINY["raven"] += ["--warmup-steps", "5"]


def train(name, out, *more):
    return main(["train", name, "--out", str(out), "--no-tensorboard", *TINY[name], *more])


@pytest.fixture(scope="module", params=TINY)
def run(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / request.param
    assert train(request.param, out) == 0
    return request.param, out


def test_a_run_leaves_what_it_promises(run):
    name, out = run
    expected = {".lock", "last.safetensors", "best.safetensors", "loss.png", "preset.toml"}
    expected |= {"history.csv", "history.jsonl"}
    if name == "raven":
        expected |= {"samples.txt"}
    else:
        expected |= {"confusion.png", "evaluation.json"}
        expected |= {f"attention-{op}.png" for op in ("first", "second", "last", "max", "min")}
    assert {path.name for path in out.iterdir()} == expected
    rows = (out / "history.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "10", "20", "30"]
    assert all((out / name).read_bytes()[:4] == b"\x89PNG" for name in expected if "png" in name)


def test_a_seed_decides_every_file(run, tmp_path):
    name, out = run
    preset = str(out / "preset.toml")  # what the run was asked for does it again
    assert main(["train", preset, "--out", str(tmp_path / "again"), "--no-tensorboard"]) == 0
    for path in out.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name
    if name == "listops":
        return  # its pictures take seconds
    assert train(name, tmp_path / "other", "--seed", "1") == 0
    assert (tmp_path / "other" / "history.csv").read_text() != (out / "history.csv").read_text()


def test_the_evaluation_is_written_as_numbers(run):
    name, out = run
    if name != "listops":
        pytest.skip("the poem has no answers")
    result = json.loads((out / "evaluation.json").read_text())
    assert result["examples"] == 10
    assert set(result["accuracy"]) == {"First", "Second", "Last", "Max", "Min"}
    assert np.shape(result["confusion"]["Max"]) == (10, 11)
    assert np.shape(result["reading"]["Second"]["weight"]) == (1, 2)


def test_options_reach_the_configuration(tmp_path):
    assert train("raven", tmp_path, "--context-length", "5", "--d-ff", "9", "--lr", "0.01") == 0
    identity = load_checkpoint(tmp_path / "last.safetensors").meta["identity"]
    assert (identity["config"]["context_length"], identity["config"]["d_ff"]) == (5, 9)
    assert (identity["train"]["lr"], identity["train"]["steps"]) == (0.01, 30)


def test_a_finished_run_can_be_resumed_and_stays_as_it_is(run):
    name, out = run
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["train", name, "--out", str(out), "--resume", "--no-tensorboard"]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_more_steps_are_another_run_and_it_says_so(run, tmp_path, capsys):
    name, out = run
    if name == "listops":
        pytest.skip("its pictures take seconds, and resuming is the same")
    shutil.copytree(out, tmp_path / "run")
    again = ["--resume", "--steps", "40", "--no-tensorboard"]
    capsys.readouterr()
    assert main(["train", str(tmp_path / "run" / "preset.toml"), *again]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == (
        "from step 30 on with steps 40 (before: 30): the rate is computed anew for the new length; "
        "this is no longer the run that was started"
    )
    assert read_preset(tmp_path / "run" / "preset.toml").train["steps"] == 40
    lines = (tmp_path / "run" / "history.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["step"] for row in rows] == [10, 20, 30, 30, 40]
    assert rows[3] == {"step": 30, "event": "steps 40 (before: 30)"}


def test_generate_continues_or_answers(run, capsys):
    name, out = run
    prompt, tokens = ("Once upon", "40") if name == "raven" else ("Max(3 1 4)", "1")
    command = ["generate", "--checkpoint", str(out), "--prompt", prompt, "--max-new-tokens", tokens]
    capsys.readouterr()
    texts = []
    greedy = ["--temperature", "0"], ["--top-k", "1", "--seed", "1"], ["--top-p", "0"]
    for more in ([], [], ["--seed", "1"], *greedy):
        assert main(command + more) == 0
        texts.append(capsys.readouterr().out.removesuffix("\n"))
    assert all(text.startswith(prompt) for text in texts)
    assert texts[0] == texts[1]
    if name == "raven":
        assert {len(text) for text in texts} == {len(prompt) + 40}
        assert len(set(texts)) == 3
        assert len(set(texts[3:])) == 1
    else:
        assert re.fullmatch(r"Max\(3 1 4\) = \S+", texts[0])


def test_evaluate_tells_what_the_library_measures(run, capsys, tmp_path):
    name, out = run
    text = tmp_path / "text.txt"
    text.write_text("Once upon a midnight dreary—", encoding="utf-8")
    command = ["evaluate", "--checkpoint", str(out)]
    capsys.readouterr()
    if name == "listops":
        assert main(command) == 0
        assert capsys.readouterr().out.startswith("on 10 unseen inputs: First ")
        assert "text and stride are for models of text" in refuse(capsys, *command, "--text", text)
        return
    assert main([*command, "--text", str(text), "--stride", "1"]) == 0
    printed = capsys.readouterr().out
    told = dict(re.findall(r"^(\w[\w ]*\w) {2,}([\d.,]+)", printed, re.MULTILINE))
    marked = tmp_path / "marked.txt"
    marked.write_bytes(b"\xef\xbb\xbf" + text.read_bytes())  # a byte order mark is no text
    assert main([*command, "--text", str(marked), "--stride", "1"]) == 0
    assert capsys.readouterr().out == printed
    model, tokenizer, _ = load_model(out)
    score = perplexity(model, np.array(tokenizer.encode(text.read_text("utf-8"))), stride=1)
    assert told == {
        "tokens scored": "27",  # the dash is one character and three bytes
        "stride": "1",
        "loss": f"{score.loss:.4f}",
        "perplexity": f"{score.perplexity:.3f}",
        "bits per byte": f"{score.nats / np.log(2) / 29:.4f}",
        "accuracy": f"{100 * score.accuracy:.2f}",
    }
    assert "text is missing and must be a file to score" in refuse(capsys, *command)
    assert "stride is 9 and must be from 1 to context_length 8" in refuse(
        capsys, *command, "--text", text, "--stride", "9"
    )
    text.write_bytes(b"a\r\nb")
    assert "--text: text has '\\r' (U+000D) at position 1" in refuse(
        capsys, *command, "--text", text
    )
    text.write_text("a")
    assert "text has 1 tokens and must have at least 2" in refuse(capsys, *command, "--text", text)
    assert "cannot be read: No such file" in refuse(capsys, *command, "--text", tmp_path / "no")
    text.write_bytes(b"\xff")
    assert "is not UTF-8 text" in refuse(capsys, *command, "--text", text)


def test_inspect_counts_the_parameters_that_are_there(run, capsys):
    _, out = run
    capsys.readouterr()
    assert main(["inspect", "--checkpoint", str(out)]) == 0
    lines = dict(re.findall(r"^ *(\w[\w ]*?) {2,}([\d,]+)", capsys.readouterr().out, re.MULTILINE))
    model = load_model(out).model
    total = sum(parameter.data.size for parameter in model.parameters())
    assert lines["parameters"] == f"{total:,}"
    parts = ("embedding", "positions", "attention", "mlp", "norms", "head")
    assert sum(int(lines[part].replace(",", "")) for part in parts) == total
    assert lines["heads"] == str(model.config.n_head)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train raven --steps 0", "steps is 0 and must be an integer of at least 1"),
        ("train raven --steps x", "Invalid value for '--steps'"),
        ("train raven --stepz 3", "No such option: --stepz: did you mean --steps?"),
        ("train raven --clip x", "Invalid value for '--clip': 'x' is not a valid number, nor none"),
        ("train raven --stories 3", "--stories is an option of the recipe text, and raven is of"),
        ("train --resume", "--resume needs a run: give its folder with --out, or name its preset"),
        ("train --resume --out nowhere", "nowhere holds no run to resume: give the folder of one"),
        ("train tales --tokenizer char --stories 21", ": give more --stories, or --tokenizer bpe"),
        ("inspect gpt2 --html a.html --prompt hi", "gpt2 is not trained, and html shows what a"),
        ("inspect raven --html a.html --prompt hi", "raven is not trained, and html shows what"),
        ("train --steps 3", "preset is missing: name one of raven, listops"),
        ("train raven --d-model 30 --n-head 4", "n_head is 4 and does not divide d_model 30"),
        ("train raven --lr -1", "lr is -1.0 and must be above 0"),
        (
            "train raven --context-length 9000",
            "ids has 6305 tokens, but a window of",
        ),
        ("train raven --warmup-steps 9 --steps 8", "warmup_steps is 9 and must be at most steps 8"),
        ("train listops --max-length 7", "lengths from 3 to 7 digits were asked for"),
        ("train listops --n 51", "n is 51; give a multiple of 50"),
        ("train listops --dropout 1", "dropout is 1.0 and must be at least 0 and below 1"),
        ("train ravn", "or a file that ends in .toml: did you mean 'raven'?"),
        ("generate --checkpoint nowhere --prompt a", "there is no checkpoint nowhere"),
        ("generate --prompt a", "Missing option '--checkpoint'"),
        ("generate --checkpoint a --prompt b --prompt-file c", "are both given: leave one out"),
        ("generate --checkpoint a --prompt-file c", "c cannot be read: No such file or directory"),
        ("generate --checkpoint a --preset wild", "Invalid value for '--preset'"),
        ("generate --checkpoint a --prompt b --seed -1", "Invalid value for '--seed'"),
        ("evaluate --checkpoint nowhere", "there is no checkpoint nowhere"),
        ("inspect --checkpoint nowhere", "there is no checkpoint nowhere"),
        ("inspect", "checkpoint is missing or given twice"),
        ("inspect nowhere", "there is no checkpoint nowhere"),
        ("inspect raven --html a.html", "html and prompt belong together"),
        ("evaluate", "checkpoint is missing: give a run's folder"),
        ("benchmark rabbit", "preset is 'rabbit' and must be one of"),
        ("benchmark --seconds 0", "seconds is 0.0 and must be above 0"),
        ("tokenize nowhere --out a", "there is no nowhere: give a text file"),
        ("download raven", "Invalid value for"),
        ("download shakespeare --max-shards 1", "max-shards is for fineweb"),
        ("export nowhere a", "there is no checkpoint nowhere"),
    ],
)
def test_wrong_input_is_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refuse(capsys, *arguments.split())
    assert not list(tmp_path.iterdir())


def test_wrong_prompts_are_one_line(run, capsys):
    name, out = run
    generate = ["generate", "--checkpoint", out, "--prompt"]
    assert "prompt is empty" in refuse(capsys, *generate, "")
    if name == "raven":
        line = refuse(capsys, *generate, "a zoo")
        assert "--prompt: text has 'z' (U+007A) at position 2, which is not among the 57" in line
        assert line.endswith("”'")  # all that it knows, in order
        line = refuse(capsys, *generate, "a", "--temperature", "-1")
        assert "temperature is -1.0 and must be at least 0" in line
        line = refuse(capsys, *generate, "a", "--max-new-tokens", "-1")
        assert "max_new_tokens is -1 and must be at least 0" in line
    else:
        assert "text has 'Sum' at position 0" in refuse(capsys, *generate, "Sum(1 2)")
        assert "and must have at most context_length 8" in refuse(capsys, *generate, "Max(1 2 3 4)")


def test_a_run_is_neither_overwritten_nor_mixed_up(run, capsys, tmp_path):
    name, out = run
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    other = {"raven": "listops", "listops": "raven"}[name]
    line = refuse(capsys, "train", name, "--out", out)
    assert "is not empty: continue its run with --resume, or give another folder" in line
    line = refuse(capsys, "train", other, "--out", out, "--resume")
    assert f"was made with recipe '{name}' and this run has '{other}'" in line
    line = refuse(capsys, "train", name, "--out", out, "--resume", "--lr", "0.123")
    assert re.search(r"was made with lr 0\.\d+ and this run has 0\.123", line)
    line = refuse(capsys, "train", name, "--out", out, "--resume", "--engine", "pytorch")
    assert "was made with engine 'numpy' and this run has 'pytorch'" in line
    line = refuse(capsys, "train", name, "--out", tmp_path, "--resume")
    assert "last.safetensors to resume: leave out --resume to start anew" in line
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("damage", ["truncated", "foreign", "text", "model only"])
def test_a_bad_checkpoint_is_one_line_and_stays(run, capsys, tmp_path, damage):
    name, out = run
    last = tmp_path / "last.safetensors"
    if damage == "foreign":
        save_file({"w": np.zeros(3)}, last)
    else:
        source = "best.safetensors" if damage == "model only" else "last.safetensors"
        content = (out / source).read_bytes()
        last.write_bytes({"truncated": content[:-9], "text": b"hello"}.get(damage, content))
    before = last.read_bytes()
    reason = {
        "truncated": "is cut short or not a safetensors file",
        "text": "is cut short or not a safetensors file",
        "foreign": "is a safetensors file, but not one that tinytx wrote",
        "model only": "holds no run: a model alone cannot be resumed",
    }[damage]
    assert reason in refuse(capsys, "train", name, "--out", tmp_path, "--resume")
    assert "is not empty" in refuse(capsys, "train", name, "--out", tmp_path)
    if damage != "model only":
        line = refuse(capsys, "generate", "--checkpoint", tmp_path, "--prompt", "a")
        assert reason in line
    assert last.read_bytes() == before
    assert list(tmp_path.iterdir()) == [last]


def test_divergence_is_one_line_and_exit_code_one(tmp_path, capsys):
    capsys.readouterr()
    code = train("raven", tmp_path, "--lr", "1e30", "--steps", "50")
    assert code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(r"tinytx: training diverged at step \d+: the \S+ ", line)
    assert "Lower --lr (it was " in line
    assert load_checkpoint(tmp_path / "last.safetensors").meta["step"] < 50


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "tinytx", "train", "raven", "--out", str(out)]
    settings = ["--steps", "100000", "--eval-every", "200", "--save-every", "100000"]
    process = subprocess.Popen(
        command + settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().startswith("step 200")  # it trains
    process.send_signal(signal.SIGINT)
    told, complaints = process.communicate(timeout=600)
    assert process.returncode == 130
    assert complaints == ""
    *_, stopped, advice = told.splitlines()
    step = int(re.fullmatch(r"stopped and saved at step (\d+) of 100000", stopped).group(1))
    assert load_checkpoint(out / "last.safetensors").meta["step"] == step
    assert advice == f"continue with: tinytx train raven --out {out} --resume"


VERSION = """
import sys
from tinytx.cli import main
assert main(["--version"]) == 0
print(*{name.split(".")[0] for name in sys.modules})
"""
HEAVY = {
    "torch", "transformers", "matplotlib", "PIL", "scipy", "pandas", "pyarrow", "datasets",
    "huggingface_hub", "pooch", "tensorboard", "IPython", "ipywidgets",
}  # fmt: skip


def test_the_help_and_the_version_load_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", VERSION], capture_output=True, text=True, check=True
    )
    version, modules = done.stdout.splitlines()
    assert version.startswith("tinytx ")
    assert "typer" in modules.split()
    assert not HEAVY & set(modules.split())
    done = subprocess.run(
        [sys.executable, "-m", "tinytx", "train", "--help"],
        capture_output=True, text=True, env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    assert done.returncode == 0
    assert "--n-layer" in done.stdout
    assert "tinytx train raven" in done.stdout
