"""What ships is what the plan asks for: every arm, every seed, at a rate that was searched."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

import tinytx.experiments
from tinytx.experiments import (
    SEEDS,
    arms,
    experiments,
    for_browser,
    lab,
    measured,
    recorded,
    runs_of,
    scaling_points,
)
from tinytx.experiments.arms import data_of, longer, scaling_name, sizes_and_steps
from tinytx.experiments.record import (
    as_text,
    best_rate,
    is_current,
    key_of,
    next_rate,
    read_lines,
)
from tinytx.experiments.recording import NAME
from tinytx.experiments.report import against, rows, table
from tinytx.experiments.trial import model_config
from tinytx.pytorch import GPT


def test_every_arm_of_the_plan_is_recorded() -> None:
    planned = {(name, data) for name, arm in arms().items() for data in data_of(arm)}
    assert planned == set(recorded())


@pytest.mark.parametrize("name", arms())
def test_the_rate_is_the_best_of_those_that_were_tried(name: str) -> None:
    arm = arms()[name]
    for data in data_of(arm):
        runs = recorded()[name, data]
        if "rate_of" in arm.search:
            other = recorded()[arm.search["rate_of"], data].rate
            assert runs.rate == other * arm.search.get("times", 1)
            continue
        assert runs.rate == best_rate(runs.tried)
        assert next_rate(runs.tried) is None, "the search ended at an end"


def test_no_run_is_better_than_the_entropy_allows() -> None:
    for (name, data), runs in recorded().items():
        if "windows" not in name:
            assert (runs.losses > lab(data).floor).all(), name


def test_a_seed_brings_the_same_texts_to_all_arms() -> None:
    """They read equally many tokens, seed by seed, where they read equally many texts."""
    plain = [n for n in arms() if "texts" not in n and "windows" not in n and "steps" not in n]
    for data in ("tokens", "characters"):
        assert len({recorded()[name, data].tokens for name in plain}) == 1


def test_windows_have_places_and_others_have_none() -> None:
    for (name, _), runs in recorded().items():
        assert runs.places.shape == (len(SEEDS), 80 if "windows" in name else 0)
    runs = recorded()["windows, rotary", "tokens"]
    assert (runs.past > runs.within).all()
    assert runs.past.mean() != runs.losses.mean()
    (one, *_) = (one for one in experiments().values() if one.measure == "past")
    for own, arm in one.arms.items():
        np.testing.assert_array_equal(
            measured(one, own, "tokens"), recorded()[arm.name, "tokens"].past
        )


def test_a_table_says_who_is_compared_with_whom() -> None:
    first, *others = rows(experiments()["norm"], "tokens")
    assert first[-1] == ""
    assert all("[" in row[-1] for row in others)
    assert table("norm", "tokens").splitlines()[0].startswith("tokens")
    with pytest.raises(ValueError, match="experiment is 'norms' and must be one of norm,"):
        table("norms", "tokens")


def test_runs_that_diverged_are_counted_and_left_out() -> None:
    a, b = np.array([1.0, 1.1, 1.2]), np.array([0.9, np.inf, 1.1])
    assert against(a, b) == "−0.100 [−0.100, −0.100] (1 of 3 diverged)"
    assert against(a, np.full(3, np.inf)) == "3 of 3 diverged"


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    norm = experiments()["norm"]
    with pytest.raises(ValueError, match="norm has no arm 'none': its arms are pre-norm, warm-up"):
        runs_of(norm, "none", "tokens")
    with pytest.raises(ValueError, match="make it with tinytx experiment --record"):
        recorded(str(tmp_path / "missing.jsonl"))
    line = {"arm": "base", "data": "tokens", "rate": 0.01, "seed": 0, "curve": [1.0], "tokens": 1}
    (tmp_path / "one.jsonl").write_text(as_text({**line, "stamp": arms()["base"].stamp("tokens")}))
    few = recorded(str(tmp_path / "one.jsonl"))
    assert not few  # four seeds are missing
    with pytest.raises(ValueError, match="is not recorded on 'tokens'"):
        measured(norm, "pre-norm, warm-up", "tokens", few)
    line["stamp"] = arms()["base"].stamp("tokens")
    runs = [as_text({**line, "seed": s, "curve": [1.0] * (1 + s // 4)}) for s in SEEDS]
    (tmp_path / "uneven.jsonl").write_text("".join(runs))
    with pytest.raises(ValueError, match="runs of 'base' on 'tokens' have a curve of different"):
        recorded(str(tmp_path / "uneven.jsonl"))


@pytest.mark.parametrize("wrong", [{"tokens": "x"}, {"curve": [1.0, "x"]}, {"seen": [1.0]}])
def test_a_line_with_words_for_numbers_is_no_run(tmp_path: Path, wrong: dict) -> None:
    line = {"arm": "base", "data": "tokens", "rate": 0.01, "seed": 0, "curve": [1.0], "tokens": 1}
    (tmp_path / "a.jsonl").write_text(json.dumps({**line, "stamp": "0", **wrong}) + "\n")
    with pytest.raises(ValueError, match=r"line 1 of .*a\.jsonl is no run"):
        read_lines(tmp_path / "a.jsonl")


def test_what_the_figures_get() -> None:
    shown = for_browser()
    assert list(shown) == list(experiments())
    for name, entry in shown.items():
        (steps, *_) = (arm.train["steps"] for arm in experiments()[name].arms.values())
        for kind, data in entry["data"].items():
            assert data["steps"] == [steps * longer(kind) * i // 10 for i in range(1, 11)]
            for arm in data["arms"].values():
                assert len(arm["losses"]) == len(arm["curves"]) == len(SEEDS)
                assert all(len(curve) == len(data["steps"]) for curve in arm["curves"])
    points = scaling_points()
    assert len(points) == 25
    compute = np.array([6 * p["parameters"] * p["tokens"] for p in points])
    assert compute.max() / compute.min() > 1000
    arm = arms()[scaling_name(*sizes_and_steps()[0])]
    model = GPT(model_config(arm, lab("tokens")), device="meta")
    inside = [p.numel() for name, p in model.named_parameters() if "_emb" not in name]
    assert points[0]["parameters"] == sum(inside)  # the tied head is the embedding


def test_what_ships_is_of_this_plan_alone() -> None:
    with as_file(files(tinytx.experiments).joinpath(NAME)) as own:
        lines = read_lines(own)
    assert all(map(is_current, lines))
    assert len(set(map(key_of, lines))) == len(lines)


def test_a_file_is_read_as_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with as_file(files(tinytx.experiments).joinpath(NAME)) as own:
        lines = [line for line in own.read_text().splitlines(True) if '"arm":"untied"' in line]
    Path("r.jsonl").write_text("".join(lines))
    assert {arm for arm, _ in recorded("r.jsonl")} == {"untied"}
    Path("r.jsonl").write_text("")
    assert not recorded("r.jsonl")
    assert recorded() is recorded()  # that ships once


def test_a_chapter_has_its_own_experiments_and_arms() -> None:
    parts = {chapter: (arms(chapter), experiments(chapter)) for chapter in (11, 13)}
    assert [*parts[11][1], *parts[13][1]] == list(experiments())
    assert set(parts[11][0]) | set(parts[13][0]) == set(arms())
    shared = set(parts[11][0]) & set(parts[13][0])
    assert shared == {"base", "rotary", "swiglu", "untied"}
    assert set(for_browser(chapter=13)) == set(experiments(13))
    assert not experiments(12)
