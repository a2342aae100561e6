"""Which device a run is on: what is asked for, what the environment says, what is there."""

from __future__ import annotations

import re

import pytest
import torch

from tinytx.training.device import autocast_dtype, pick_device


@pytest.fixture
def card(monkeypatch):
    """A machine with one graphics card, as far as choosing goes."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return monkeypatch


def test_auto_is_the_card_unless_the_environment_says_otherwise(card):
    assert pick_device("auto").type == "cpu"  # the tests run with TINYTX_DEVICE=cpu
    card.delenv("TINYTX_DEVICE")
    assert pick_device("auto") == torch.device("cuda", 0)
    card.setenv("TINYTX_DEVICE", "")
    assert pick_device("auto") == torch.device("cuda", 0)
    card.setenv("TINYTX_DEVICE", "cpu")
    assert pick_device("auto") == torch.device("cpu")
    assert pick_device("cuda") == torch.device("cuda", 0)  # asked for by name


@pytest.mark.parametrize(
    ("name", "rank", "said"),
    [
        ("tpu", 0, "device is 'tpu' and this machine has cuda, cpu"),
        ("mps", 0, "device is 'mps' and this machine has cuda, cpu"),
        ("cuda:3", 0, "device is cuda:3 and this machine has 1 of them, from 0"),
        ("cuda", 1, "device is cuda:1 and this machine has 1 of them, from 0"),
    ],
)
def test_what_is_not_there_is_refused(card, name, rank, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        pick_device(name, rank)


def test_a_wrong_variable_is_named(card):
    card.setenv("TINYTX_DEVICE", "gpu")
    said = "device is 'gpu', by TINYTX_DEVICE, and this machine has cuda, cpu"
    with pytest.raises(ValueError, match=f"^{said}$"):
        pick_device()


def test_half_precision_is_for_cards(card):
    cpu = torch.device("cpu")
    assert autocast_dtype("auto", cpu) is autocast_dtype("auto", torch.device("mps")) is None
    assert autocast_dtype("bfloat16", cpu) == torch.bfloat16
    with pytest.raises(ValueError, match=r"^precision is 'float16' and device is 'cpu': it needs"):
        autocast_dtype("float16", cpu)
    for new, wanted in ((True, torch.bfloat16), (False, torch.float16)):
        card.setattr(torch.cuda, "is_bf16_supported", lambda emulation, new=new: new)
        assert autocast_dtype("auto", torch.device("cuda")) == wanted
