"""The leaderboard: one task for all, lines that are only ever added, a table in the right order."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, replace

import pytest

from tinytx.cli import main
from tinytx.config import GPTConfig
from tinytx.recipes import leaderboard as board
from tinytx.recipes.leaderboard import GOAL, Entry, add, enter, entries, recipe_hash, table
from tinytx.recipes.registry import recipe_for

ENTRY = Entry(
    "mine", 12.5, 20.25, 0.43, 600, 0, 1000, "0123456789", "a chip", "tinytx", "2030-01-01 00:00"
)
TINY = """recipe = "text"
engine = "{engine}"
[data]
corpus = "raven"
order = "{order}"
[model]
context_length = 16
n_layer = 1
n_head = 1
d_model = 4
[train]
steps = {steps}
batch_size = 2
lr = 1e-3
"""


@pytest.fixture
def tiny(tmp_path):
    def write(name="tiny", engine="numpy", order="random", steps=3):
        path = tmp_path / f"{name}.toml"
        path.write_text(TINY.format(engine=engine, order=order, steps=steps))
        return path

    return write


@pytest.fixture
def _small_task(monkeypatch):
    """The same task with fewer stories: how it is run does not hang on their number."""
    monkeypatch.setitem(board.TASK, "stories", 6)
    monkeypatch.setitem(board.TASK, "held_out_stories", 3)


@pytest.mark.usefixtures("_small_task")
@pytest.mark.parametrize("engine", ["numpy", "pytorch"])
def test_an_entry_says_what_ran_and_how_it_ended(tiny, engine):
    one = enter(tiny(engine=engine), seed=3)
    assert (one.name, one.steps, one.seed) == ("tiny", 3, 3)
    assert one.seconds > 0
    assert one.cpu_seconds > 0
    assert 3 < one.loss < 5  # of 56 characters, after three steps: near log 56 = 4.03
    assert not one.reached
    assert re.search(r"cores, \d+ threads", one.machine)
    assert re.search(r"tinytx .*Python 3.*numpy.*torch", one.versions)
    assert 4 * (25 + 64) < one.parameters < 4 * (56 + 64) + 300  # tables and a block of width 4


@pytest.mark.usefixtures("_small_task")
def test_the_task_is_the_same_whatever_the_preset_asks_for(tiny):
    recipe = recipe_for(tiny())
    identity = recipe.trainer(None, seed=0, **board.TASK).identity
    assert identity["data"]["corpus"] == "tales"
    assert identity["config"]["context_length"] == board.CONTEXT == 64
    losses = [enter(tiny(order=order, steps=1)).loss for order in ("random", "documents")]
    # One step of two rows changes little: the same windows are scored, whatever was trained on.
    assert losses[0] == pytest.approx(losses[1], abs=0.02)


@pytest.mark.usefixtures("_small_task")
def test_a_preset_with_patience_goes_to_its_last_step(tiny):
    path = tiny()
    plain = enter(path)
    path.write_text(path.read_text() + "patience = 1\neval_every = 1\n")
    one = enter(path)
    assert (one.steps, one.loss, one.recipe) == (3, plain.loss, plain.recipe)


@pytest.mark.usefixtures("_small_task")
def test_one_seed_is_one_loss(tiny):
    one, again, other = (enter(tiny(), seed=seed) for seed in (1, 1, 2))
    assert one.loss == again.loss != other.loss
    assert one.recipe == again.recipe == other.recipe


def test_only_text_can_enter():
    with pytest.raises(ValueError, match=r"listops is of the recipe listops .* such as speedrun"):
        enter("listops")
    with pytest.raises(ValueError, match="preset is 'rabbit' and must be one of"):
        enter("rabbit")


def identity(**train):
    base = {"recipe": "text", "engine": "pytorch", "data": {"corpus": "tales"}}
    config = GPTConfig(vocab_size=5, context_length=4, n_layer=1, n_head=1, d_model=4).to_dict()
    return {**base, "config": config, "train": {"steps": 3, "lr": 0.1, "seed": 0, **train}}


def test_the_hash_is_of_the_settings_that_matter():
    usual = recipe_hash(identity())
    assert re.fullmatch(r"[0-9a-f]{10}", usual)
    for same in ({"seed": 9}, {"eval_every": 7}, {"weight_decay": 0.0}, {"device": "cpu"}):
        assert recipe_hash(identity(**same)) == usual
    for other in ({"lr": 0.2}, {"steps": 4}, {"weight_decay": 0.1}, {"optimizer": "muon"}):
        assert recipe_hash(identity(**other)) != usual
    grown = identity()
    grown["config"] = {**grown["config"], "n_layer": 2}
    assert recipe_hash(grown) != usual


def test_lines_are_added_and_what_is_there_stays(tmp_path):
    path = tmp_path / "new" / "board.jsonl"
    add(path, ENTRY)
    before = path.read_bytes()
    add(path, replace(ENTRY, name="naïve —\u2028 2"))
    assert path.read_bytes().startswith(before)
    assert [one.name for one in entries(path)] == ["mine", "naïve —\u2028 2"]
    assert entries(path)[0] == ENTRY


def test_a_last_line_without_an_end_is_not_written_into(tmp_path):
    path = tmp_path / "board.jsonl"
    path.write_text(json.dumps(asdict(ENTRY)) + "\n\n" + json.dumps(asdict(ENTRY)))
    add(path, ENTRY)
    assert entries(path) == [ENTRY] * 3
    path.write_text("")
    add(path, ENTRY)
    assert entries(path) == [ENTRY]


LINE = json.dumps(asdict(ENTRY))
BAD = [
    ("{", "line 2, is no JSON and must be an entry: mend it or take it out"),
    ("[]", "line 2, is no entry: it must have name, seconds, "),
    ('{"name": "x"}', "line 2, is no entry: it must have name, seconds, "),
    (LINE.replace("12.5", '"fast"'), "line 2, has seconds 'fast', which must be a number"),
    (LINE.replace("600", "true"), "line 2, has steps True, which must be an integer"),
    (LINE.replace("12.5", "NaN"), "line 2, has seconds nan, which must be a number above 0"),
    (LINE.replace("12.5", "-1"), "line 2, has seconds -1, which must be a number above 0"),
    (LINE[:-1] + ', "more": 1}', "line 2, is no entry"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_line_that_is_no_entry_is_named_and_nothing_is_added(tmp_path, line, message):
    path = tmp_path / "board.jsonl"
    path.write_text(f"{LINE}\n{line}\n")
    before = path.read_bytes()
    for function in (entries, lambda path: add(path, ENTRY)):
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            function(path)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "board.jsonl"
    with pytest.raises(ValueError, match=r"^entry, line 1, has loss nan, which must be a number"):
        add(path, replace(ENTRY, loss=math.nan))
    assert not path.exists()


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path):
    with pytest.raises(ValueError, match="cannot be read: No such file or directory: check"):
        entries(tmp_path / "none.jsonl")
    path = tmp_path / "board.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="is not UTF-8 text and must be a leaderboard"):
        entries(path)


def test_who_reached_the_goal_comes_first_by_seconds_then_the_others_by_loss():
    runs = [
        ("a", 9.0, 0.6),
        ("b", 30.0, 0.3),
        ("c", 5.0, 0.5),
        ("d", 20.0, GOAL),
        ("e", 1.0, 0.441),
    ]
    found = [replace(ENTRY, name=n, seconds=s, loss=x) for n, s, x in runs]
    head, rows = table(found)
    assert [row[:2] for row in rows] == [["1", "d"], ["2", "b"], ["–", "e"], ["–", "c"], ["–", "a"]]
    assert all(len(row) == len(head) for row in rows)


@pytest.mark.usefixtures("_small_task")
def test_one_command_adds_a_line_and_prints_the_table(tiny, tmp_path, capsys):
    path = tmp_path / "board.jsonl"
    for seed in ("0", "1"):
        assert main(["benchmark", str(tiny()), "--leaderboard", str(path), "--seed", seed]) == 0
    printed = capsys.readouterr().out
    assert "a loss of 0.44 nats per character is the goal" in printed
    assert "which does not reach it" in printed
    assert [one.seed for one in entries(path)] == [0, 1]
    assert main(["benchmark", "--leaderboard", str(path), "--show"]) == 0
    shown = capsys.readouterr().out
    assert printed.endswith(shown)
    assert len(shown.splitlines()) == 3
    assert len(entries(path)) == 2


def test_one_command_says_who_reaches_the_goal(tmp_path, capsys, monkeypatch):
    path = tmp_path / "board.jsonl"
    monkeypatch.setattr(board, "enter", lambda name, seed: replace(ENTRY, name=name, seed=seed))
    assert main(["benchmark", "--leaderboard", str(path), "--seed", "7"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("training speedrun-tales on tales: a loss of 0.44 nats")
    assert second == "12.5 seconds, loss 0.430, which reaches it"
    assert [(one.name, one.seed) for one in entries(path)] == [(board.FIRST, 7)]


@pytest.mark.parametrize(
    ("options", "says"),
    [(["--show"], "show is given without a leaderboard: name its file with --leaderboard"),
     (["--leaderboard", "none.jsonl", "--show"], "none.jsonl cannot be read"),
     (["listops", "--leaderboard", "b.jsonl"], "give a preset of the recipe text")],
)  # fmt: skip
def test_wrong_use_is_one_line(options, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", *options]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "b.jsonl").exists()


def test_a_broken_file_is_refused_before_the_run(tmp_path, capsys, monkeypatch):
    path = tmp_path / "board.jsonl"
    path.write_text("nonsense\n")
    monkeypatch.setattr(board, "enter", lambda *given: pytest.fail("it trained"))
    assert main(["benchmark", "--leaderboard", str(path)]) == 2
    assert "line 1, is no JSON" in capsys.readouterr().err
