"""The checks of chapter 08: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import silent_bugs
from tinytx.checks.silent_bugs.boxes import BOXES
from tinytx.checks.silent_bugs.readers import peeks
from tinytx.inspect import probes

from .contract import Contract
from .silent_bugs_designs import RIGHT, diagnose_table, evaluate_flat, prefix_list


class TestSilentBugs(Contract):
    chapter = silent_bugs.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "prefix_loss": [
            lambda model, ids: 0.0,
            lambda model, ids: -1.0,
            lambda model, ids: prefix_list(model, ids) ** 2,
        ],
        "first_difference": [
            lambda whole, start, ids: 2,
            lambda whole, start, ids: len(ids) + 3,
        ],
        "evaluate": [
            lambda model, batches, padding: 1.0,
            lambda model, batches, padding: -1.0,
            lambda model, batches, padding: evaluate_flat(model, batches, padding) ** 2,
        ],
        "read_log": [
            lambda loss, validation, V, entropy: "fine",
            lambda loss, validation, V, entropy: "too good",
            lambda loss, validation, V, entropy: "Fine",
        ],
        "diagnose": [
            lambda model, V, T: "right",
            lambda model, V, T: "future",
            lambda model, V, T: "random",
            lambda model, V, T: "broken",
        ],
    }


@pytest.mark.parametrize("name", BOXES)
def test_every_box_has_its_fault_with_the_margins_that_the_task_promises(name):
    kind, box = BOXES[name]
    rng = np.random.default_rng(5)
    shows, rounding = {"random": [], "batch": [], "future": [], "order": []}, 0.0
    for _ in range(60):
        ids = rng.integers(12, size=(3, 6))
        here, other = box(ids), ids.copy()
        shows["random"].append(np.abs(box(ids) - here).max())
        alone = np.concatenate([box(row[None]) for row in ids])
        shows["batch"].append(np.abs(alone - here).max())
        gaps = []
        for i in range(1, 6):
            other = ids.copy()
            other[:, i:] = rng.integers(12, size=(3, 6 - i))
            gaps.append(np.abs(box(other) - here)[:, :i].max())
        shows["future"].append(max(gaps))
        turned = ids[:, [*rng.permutation(5), 5]]
        shows["order"].append(np.abs(box(turned) - here)[:, -1].max())
    for fault in ("random", "batch", "future"):
        if fault == kind:
            assert np.mean(np.array(shows[fault]) > 1e-3) >= 1 / 2, fault
        elif kind != "random":
            rounding = max(rounding, *shows[fault])
    assert rounding < 1e-9
    if kind != "random":
        ordered = np.mean(np.array(shows["order"]) > 1e-3)
        assert ordered == 0 if kind == "order" else ordered >= 1 / 2


@pytest.mark.parametrize("seed", range(3))
def test_the_right_answer_finds_the_fault_whatever_it_draws(seed, monkeypatch):
    source = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda *_: source(seed + 100))
    for kind, box in BOXES.values():
        assert silent_bugs.diagnose.reference(box, 12, 5) == kind, box.__name__


@pytest.mark.parametrize("name", ["right", "right_small", "right_large"])
def test_a_text_alone_is_rounded_otherwise_than_in_company(name):
    """Or an answer that asks whether both are exactly equal would be right."""
    ids = np.random.default_rng(0).integers(12, size=(3, 6))
    model = BOXES[name][1]
    apart = np.abs(model(ids)[1] - model(ids[1:2])[0]).max()
    assert 0 < apart < 1e-9


def test_a_kind_of_fault_is_told_by_several_boxes():
    kinds = [kind for kind, _ in BOXES.values()]
    assert min(kinds.count(kind) for kind in set(kinds)) >= 3
    assert {diagnose_table(box, 12, 5) for _, box in BOXES.values()} == set(kinds)


def test_the_logs_keep_the_distance_that_the_task_promises():
    for loss, validation, V, entropy in silent_bugs.read_log.cases:
        gaps = [loss[0] - math.log(V) - 1, min(validation) - entropy + 0.1]
        gaps += [loss[-1] - loss[0] - 1, validation[-1] - min(validation) - 0.1]
        assert all(math.isnan(gap) or abs(gap) > 0.01 for gap in gaps), (loss, validation)


def test_the_prefix_loss_is_that_of_the_package():
    ids = np.array([4, 0, 1, 3, 2, 2, 0])
    mine = silent_bugs.prefix_loss.reference(peeks, ids)
    window, prefix = probes.window_and_prefix_losses(peeks, ids[None])
    assert mine == pytest.approx(prefix.mean())
    assert window[:, :-1].mean() < 0.1 * mine


def test_of_an_answer_that_is_a_word_no_letters_are_counted():
    for check, wrong in ((silent_bugs.read_log, "fine"), (silent_bugs.diagnose, "right")):
        text = check.run(lambda *given, wrong=wrong: wrong).message
        assert "character" not in text
    named = next(m for m in silent_bugs.read_log.mistakes if m.name == "nan is not noticed")
    text = " ".join(str(silent_bugs.read_log.run(named.ways[0].function())).split())
    assert "gives 'fine'; another of the words is right" in text
