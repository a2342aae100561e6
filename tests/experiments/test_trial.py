"""One run: what the seed decides, what is measured, and the exact floor of the texts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tinytx.data import tales
from tinytx.data.tales.entropy import Recursion
from tinytx.data.tales.grammar import Call, Grammar
from tinytx.data.tales.teller import grammar
from tinytx.experiments import trial
from tinytx.experiments.arms import Arm, arms, experiments
from tinytx.experiments.lab import NAMES, STOP, WINDOW, Lab, lab


def short(name: str, steps: int = 10, **train: object) -> Arm:
    """Return an arm with fewer steps."""
    arm = arms()[name]
    return replace(arm, train={**arm.train, "steps": steps, "warmup_steps": 1, **train})


@pytest.fixture(scope="module", params=NAMES)
def own(request: pytest.FixtureRequest) -> Lab:
    return lab(request.param)


def test_texts_begin_and_end_alike(own: Lab) -> None:
    (stop,) = own.tokenizer.encode(STOP)
    for ids in own.train[:50] + own.validation[:50]:
        assert ids[0] == ids[-1] == stop
        assert stop not in ids[1:-1]
    assert max(map(len, own.train)) - 1 <= own.context_length


def test_few_validation_paragraphs_were_read() -> None:
    """Both are independent draws, and two draws may agree: the floor holds all the same."""
    told = {tuple(ids) for ids in lab("tokens").train}
    same = sum(tuple(ids) in told for ids in lab("tokens").validation)
    assert same <= 2


def test_the_floor_is_the_entropy_of_first_sentences() -> None:
    """The surprise of many first sentences has the mean that an exact recursion gives."""
    whole = grammar()
    opening = Grammar(whole.choices)
    opening.start = Call("opening", "opening", None)
    exact = Recursion(opening).moments
    told = tales.stories(2000, 5)
    nats = np.array([tales.surprise(s)[: s.index(".") + 1].sum() for s in told])
    assert abs(nats.mean() - exact.entropy) < 4 * nats.std() / math.sqrt(len(nats))
    assert math.isclose(nats.std(), exact.deviation, rel_tol=0.1)


def test_floors_are_of_the_validation_texts() -> None:
    for name, mark, keep in (("tokens", "\n", 0), ("characters", ".", 1)):
        own = lab(name)
        told = tales.stories(len(own.validation), 1_000_000)
        texts = [s[: s.index(mark) + keep] for s in told]
        assert [own.tokenizer.decode(ids[1:-1]) for ids in own.validation] == texts
        nats = sum(tales.surprise(s)[: len(t)].sum() for s, t in zip(told, texts, strict=True))
        assert math.isclose(own.floor, nats / sum(len(ids) - 1 for ids in own.validation))


def test_a_run_is_the_same_twice_and_another_with_another_seed() -> None:
    arm, own = short("base"), lab("tokens")
    once, again = (trial.run(arm, own, 0.01, seed=3) for _ in range(2))
    assert once == again
    assert len(once.curve) == trial.POINTS
    assert once.curve[-1] < once.curve[0]
    assert trial.run(arm, own, 0.01, seed=4).curve != once.curve


def test_arms_with_one_seed_read_the_same_texts() -> None:
    own, first = lab("tokens"), []
    for name in ("base", "post", "untied"):
        arm = short(name)
        source = trial._source(arm, own, trial.train_config(arm, own, 0.01, seed=2))
        first.append([source.next_batch()[0].tolist() for _ in range(3)])
    assert first[0] == first[1] == first[2]


def test_the_rate_goes_where_the_arm_says() -> None:
    own = lab("tokens")
    assert trial.train_config(arms()["muon"], own, 0.04, 0).muon_lr == 0.04
    assert trial.train_config(arms()["muon"], own, 0.04, 0).lr == 0.01
    assert trial.train_config(arms()["sgd"], own, 0.4, 0).lr == 0.4


def test_letters_take_twice_the_steps_of_half_as_many_texts() -> None:
    by_data = [trial.train_config(arms()["base"], lab(name), 0.01, 0) for name in NAMES]
    assert [(one.steps, one.batch_size, one.warmup_steps) for one in by_data] == [
        (300, 16, 30),
        (600, 8, 60),
    ]


def test_windows_are_measured_at_twice_the_length() -> None:
    for kind in ("learned", "rotary", "no positions"):
        found = trial.run(short(f"windows, {kind}", 4), lab("characters"), 0.01, 0)
        assert len(found.places) == 2 * WINDOW
        assert math.isclose(found.loss, np.mean(found.places[:WINDOW]), rel_tol=0.1)
        kept = trial.as_record(found)
        assert "seen" not in kept
        assert len(kept["places"]) == 2 * WINDOW


def test_a_run_that_diverges_is_told_as_such() -> None:
    found = trial.run(short("sgd", 40), lab("characters"), 1e6, 0)
    assert math.isinf(found.loss)
    assert len(found.curve) == trial.POINTS
    assert trial.as_record(found)["curve"][-1] is None


def test_equal_parameters_are_equal() -> None:
    def blocks(name: str) -> int:
        counts = trial.model_config(arms()[name], lab("tokens")).parameter_counts()
        return counts["attention"] + counts["mlp"]

    shapes = [blocks(arm.name) for arm in experiments()["shape"].arms.values()]
    assert max(shapes) / min(shapes) < 1.05  # biases and norms differ
    assert abs(blocks("swiglu") / blocks("base") - 1) < 0.01


def test_every_change_of_an_arm_changes_its_stamp() -> None:
    stamps = {name: arm.stamp("tokens") for name, arm in arms().items()}
    assert len(set(stamps.values())) == len(stamps)
    assert arms()["base"].stamp("characters") not in stamps.values()


def test_an_unknown_lab_is_refused() -> None:
    with pytest.raises(ValueError, match="data is 'words' and must be one of tokens, characters"):
        lab("words")
