"""FineWeb from end to end: the command, a Hub on this machine, the loop, several processes."""

from __future__ import annotations

import csv
import json
import os

import numpy as np
import pytest
from data.hub import FOLDER, LoopbackHub
from data.parquets import parquet, texts
from training import ranks

from tinytx.cli import main
from tinytx.recipes.preset import read_preset
from tinytx.recipes.text import TextRecipe
from tinytx.tokenizers import BPETokenizer
from tinytx.training import load_checkpoint

TINY = {
    "steps": 8, "batch_size": 8, "accumulation": 2, "context_length": 16, "n_layer": 1, "n_head": 2,
    "d_model": 8, "warmup_steps": 2, "eval_every": 4, "save_every": 4, "eval_windows": 4,
    "sample_tokens": 4,
}  # fmt: skip


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hub with three shards, an empty cache, and a tokenizer in a file."""
    documents = texts(600, seed=5, longest=200)
    parts = {
        f"{FOLDER}/{i:03}_00000.parquet": parquet(documents[i * 200 : i * 200 + 200], group=40)
        for i in range(3)
    }
    tokenizer = BPETokenizer.train(" ".join(documents), vocab_size=300)
    tokenizer.save(tmp_path / "tokenizer.json")
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "cache"))
    with LoopbackHub(parts) as found:
        monkeypatch.setenv("HF_ENDPOINT", found.url)
        found.tokenizer = str(tmp_path / "tokenizer.json")
        yield found


def options(hub, **changes):
    return {**TINY, "tokenizer": hub.tokenizer, **changes}


def rows(folder):
    return list(csv.DictReader((folder / "history.csv").open()))


def test_the_command_trains_and_goes_on_where_it_was(hub, tmp_path):
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options(hub).items()]
    assert main(["train", "fineweb-quick", "--out", str(tmp_path / "whole"), *words]) == 0
    assert [row["step"] for row in rows(tmp_path / "whole")] == ["4", "8"]
    assert all(0 <= float(row["waited"]) <= 1 for row in rows(tmp_path / "whole"))

    class Stop:
        def start(self, *_): ...
        def step(self, step, loss):
            if step == 5:
                raise KeyboardInterrupt

        def row(self, _): ...
        def stop(self): ...

    half = tmp_path / "half"
    recipe = TextRecipe(read_preset("fineweb-quick"))
    with pytest.raises(KeyboardInterrupt):
        recipe.trainer(half, report=Stop(), **options(hub)).run()
    assert load_checkpoint(half / "last.safetensors").meta["step"] == 4
    limits = ["--max-shards", "1", "--max-gigabytes", "0.5"]  # of the disk: they change no number
    assert main(["train", "fineweb-quick", "--out", str(half), "--resume", *limits]) == 0
    one, other = (load_checkpoint(f / "last.safetensors") for f in (tmp_path / "whole", half))
    assert all(np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    assert one.meta["source"] == other.meta["source"]
    assert other.meta["identity"]["data"]["max_shards"] == 1


def test_faults_of_the_network_do_not_change_what_is_learned(hub, tmp_path):
    recipe = TextRecipe(read_preset("fineweb-quick"))
    recipe.trainer(tmp_path / "calm", **options(hub)).run()
    for entry in (tmp_path / "cache").rglob("*.parquet"):
        entry.unlink()
    hub.faults.extend(["500", "cut", "truncated"])
    recipe.trainer(tmp_path / "rough", **options(hub)).run()
    assert not hub.faults
    one, other = (
        load_checkpoint(tmp_path / name / "last.safetensors") for name in ("calm", "rough")
    )
    assert all(np.array_equal(one.tensors[name], other.tensors[name]) for name in one.tensors)


def test_two_processes_read_what_one_reads(hub, tmp_path):
    there = {name: os.environ[name] for name in ("HF_ENDPOINT", "TINYTX_CACHE")}
    settings = {"preset": "fineweb-quick", "environment": there, **options(hub)}
    ((alone, _),) = ranks.run(1, tmp_path / "one", **settings)
    together = ranks.run(2, tmp_path / "two", **settings)
    for outcome, _ in together:
        for row, other in zip(outcome.history, alone.history, strict=True):
            assert row["train_loss"] == pytest.approx(other["train_loss"], rel=1e-5)
            assert row["val_loss"] == pytest.approx(other["val_loss"], rel=1e-5)
    states = [
        load_checkpoint(tmp_path / name / "last.safetensors").meta["source"]
        for name in ("one", "two")
    ]
    assert json.dumps(states[0], sort_keys=True) == json.dumps(states[1], sort_keys=True)


def test_without_a_network_it_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert main(["train", "fineweb-quick", "--out", str(tmp_path / "run")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
