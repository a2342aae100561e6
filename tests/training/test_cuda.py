"""The loop on a graphics card, where there is one: precision, scaler, compiler, resuming."""

from __future__ import annotations

import pytest
import torch

from tinytx.training import RunFolder

from .test_engines import METHODS, furthest, same, trainer, weights
from .test_loop import StopAt

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.parametrize("method", METHODS)
def test_the_card_makes_the_run_of_the_processor(method):
    there = trainer("pytorch", device="cuda", precision="float32", **METHODS[method])
    here = trainer("pytorch", device="cpu", **METHODS[method])
    there.run()
    here.run()
    assert furthest(weights(there), weights(here)) < 1e-9
    assert there.learner.device.type == "cuda"


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_near(precision):
    narrow = trainer("pytorch", dtype="float32", device="cuda", precision=precision, steps=30)
    exact = trainer("pytorch", dtype="float32", device="cpu", steps=30)
    narrow.run()
    exact.run()
    assert 0 < furthest(weights(narrow), weights(exact)) < 0.2
    assert narrow.learner._scaler.is_enabled() == (precision == "float16")
    assert narrow.history[-1]["train_loss"] == pytest.approx(
        exact.history[-1]["train_loss"], rel=0.03
    )


@pytest.mark.parametrize("precision", ["auto", "float16"])
def test_resumed_goes_on_as_it_was(tmp_path, precision):
    """The scale of float16 included; sums on a card may be in any order, so nearly."""
    more = {
        "dtype": "float32", "device": "cuda", "precision": precision, "dropout": 0.2,
        "accumulation": 2, "clip": 1.0,
    }  # fmt: skip
    torch.use_deterministic_algorithms(True, warn_only=True)
    whole = trainer("pytorch", **more)
    whole.run()
    first = trainer("pytorch", RunFolder(tmp_path / "run"), **more)
    first.report = StopAt(5)
    first.run()
    second = trainer("pytorch", RunFolder(tmp_path / "run", resume=True), seed=9, **more)
    assert second.learner._scaler.state_dict() == first.learner._scaler.state_dict()
    second.run()
    torch.use_deterministic_algorithms(False)
    assert same(second.learner.tensors(), whole.learner.tensors()) or (
        furthest(weights(second), weights(whole)) < 1e-5
    )


def test_compiled_is_the_same_model():
    compiled = trainer("pytorch", dtype="float32", device="cuda", precision="float32", compile=True)
    eager = trainer("pytorch", dtype="float32", device="cuda", precision="float32")
    compiled.run()
    eager.run()
    assert furthest(weights(compiled), weights(eager)) < 0.02
