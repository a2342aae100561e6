"""What figures are given: NumPy's numbers are numbers, and what does not fit is one line."""

import re

import numpy as np
import pytest

from tinytx.config import GPTConfig
from tinytx.figures import (
    BPEStepper,
    CacheAnimation,
    MemoryPlanner,
    OptimizerExplorer,
    ReshapeTracer,
    ResidualStream,
    RotaryExplorer,
    SamplingExplorer,
    ScheduleDesigner,
    SharedHeads,
    SinusoidalExplorer,
    SoftmaxExplorer,
    TrainingReplay,
)

CONFIG = GPTConfig(vocab_size=5, context_length=8, n_layer=1, n_head=2, d_model=4)
NUMPY = {
    "optimizer": lambda one: OptimizerExplorer(lr=one(0.1), steps=one(60)),
    "schedule": lambda one: ScheduleDesigner(lr=one(0.5), steps=one(100), warmup_steps=one(5)),
    "sinusoidal": lambda one: SinusoidalExplorer(one(64), one(32)),
    "rotary": lambda one: RotaryExplorer(base=one(100.0), context_length=one(64)),
    "reshape": lambda one: ReshapeTracer(T=one(3)),
    "heads": lambda one: SharedHeads(one(8), one(2)),
    "cache": lambda one: CacheAnimation("ab", n_new=one(3)),
    "sampling": lambda one: SamplingExplorer(np.array([0.0, 1.0]), seed=one(1)),
    "softmax": lambda one: SoftmaxExplorer([1, 2], d_head=one(3)),
    "stepper": lambda one: BPEStepper("ababab", merges=one(1)),
}


@pytest.mark.parametrize("name", NUMPY)
def test_a_number_of_numpy_is_a_number(name):
    boxed = lambda value: np.array(value)[()]  # noqa: E731
    assert isinstance(boxed(3), np.integer)
    assert NUMPY[name](boxed)._repr_html_() == NUMPY[name](lambda value: value)._repr_html_()


REFUSED = {
    "a configuration for a dict of them": (lambda: MemoryPlanner(CONFIG), "models is GPTConfig"),
    "and for shapes": (lambda: CacheAnimation("ab", 3, shapes=CONFIG), "shapes is GPTConfig"),
    "nothing that was measured": (lambda: ResidualStream(CONFIG), "measured holds GPTConfig"),
    "merges as text": (lambda: BPEStepper("abab", merges="2"), "merges is '2'"),
    "half a merge": (lambda: BPEStepper("abab", merges=1.5), "merges is 1.5"),
    "a width as text": (lambda: SoftmaxExplorer([1, 2], d_head="3"), "d_head is '3'"),
    "True": (lambda: BPEStepper("abab", merges=True), "merges is True"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_one_line(what):
    make, words = REFUSED[what]
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        make()
    assert "\n" not in str(error.value)


def test_weights_that_do_not_sum_to_one_are_refused():
    recording = {
        "steps": [0, 1], "loss": [2.0, 1.0], "evaluated": [0], "text": ["a"],
        "attention": np.ones((1, 2, 3, 3)), "tokens": list("abc"),
    }  # fmt: skip
    with pytest.raises(ValueError, match="sums to 3 and must sum to 1"):
        TrainingReplay(recording)
    assert TrainingReplay({**recording, "attention": np.full((1, 2, 3, 3), 1 / 3)}).attention


def test_a_softmax_speaks_of_too_large_a_number_where_it_is_one():
    assert "e^1002 is too large" in str(SoftmaxExplorer([1, 2]))
    assert "too large" not in str(SoftmaxExplorer([-400, -401]))
