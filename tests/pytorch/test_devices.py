"""Tensors made inside follow what comes in: device and dtype; and the compiler finds one graph."""

from __future__ import annotations

import shutil

import pytest
import torch

from tinytx import pytorch
from tinytx.manual.positions import sinusoidal_table
from tinytx.pytorch import GPT, GPTConfig, cross_entropy
from tinytx.pytorch.positions import FixedTable

from .test_cache import Growing
from .twins import IDS, LEFT, SIZES, TARGETS, numpy_model, torch_model

ACCELERATORS = [
    name
    for name, found in {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }.items()
    if found
]
CHOICES = [
    {},
    {"norm": "post", "positions": "sinusoidal", "padding_id": 0, "tie_weights": False},
    {"causal": False, "activation": "relu", "bias": False, "dropout": 0.1},
    {
        "norm_kind": "rms",
        "positions": "rotary",
        "qk_norm": True,
        "activation": "relu2",
        "d_head": 4,
    },
    {"positions": "none", "activation": "swiglu", "attention_scale": 0.4},
    {"n_kv_head": 1, "window": 3, "sinks": 1},
    {"n_expert": 5, "activation": "swiglu"},
]


def losses(model: GPT, device: str) -> list[torch.Tensor]:
    """Every way through the model, on ``device``."""
    ids, targets = (torch.tensor(a, device=device) for a in (LEFT, TARGETS))
    mask = torch.ones(6, 6, dtype=torch.bool, device=device).tril(2)
    runs = [model(ids), model(ids, mask), model(ids, weights=[])]
    if model.config.causal:
        cache = Growing()
        whole = mask[:3, :3] if model.config.padding_id is not None else None
        runs.append(model(ids[:, :3], whole, cache))
        last = mask[3:4, :4] if model.config.padding_id is not None else None
        runs.append(model(ids[:, 3:4], last, cache))
    assert {run.device.type for run in runs} == {device}
    assert {run.dtype for run in runs} == {model.tok_emb.weight.dtype}
    return [cross_entropy(runs[i], targets) for i in range(3)]


@pytest.mark.parametrize("changes", CHOICES, ids=str)
def test_the_meta_device(changes):
    """It refuses to mix with the CPU, so whatever is made inside on the CPU shows."""
    config = GPTConfig(**{**SIZES, **changes})
    for model in (GPT(config, device="meta"), GPT(config).to("meta")):
        for loss in losses(model, "meta"):
            assert loss.is_meta
            loss.backward()
    with torch.device("meta"):
        assert all(p.is_meta for p in GPT(config).parameters())


@pytest.mark.parametrize("changes", CHOICES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float32])
def test_dtypes(dtype, changes):
    config = GPTConfig(**{**SIZES, **changes})
    for model in (GPT(config, dtype=dtype), GPT(config).to(dtype)):
        for loss in losses(model, "cpu"):
            assert loss.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
            loss.backward()
        assert {p.grad.dtype for p in model.parameters()} == {dtype}


@pytest.mark.parametrize("device", ["meta", *ACCELERATORS])
def test_ids_and_targets_on_another_device_are_refused(device):
    """On ``meta`` there are no numbers: the rows of a table on the CPU came out at random."""
    model, ids = torch_model(), torch.tensor(IDS)
    there = ids.to(device)
    with pytest.raises(ValueError, match=rf"^ids is on {there.device} and weight on cpu: give ids"):
        model(there)
    with pytest.raises(ValueError, match=rf"^targets is on {there.device} and logits on cpu: give"):
        cross_entropy(model(ids), there)
    if device != "meta":
        with pytest.raises(ValueError, match=r"^ids is on cpu and weight on .*: give ids.to\('"):
            model.to(device)(ids)


@pytest.mark.parametrize("device", ACCELERATORS or [None])
@pytest.mark.parametrize("changes", [*CHOICES[:2], CHOICES[3]], ids=str)
def test_an_accelerator_gives_what_the_cpu_gives(device, changes):
    if device is None:
        pytest.skip("this machine has neither CUDA nor MPS")
    model = torch_model(dtype="float32", **changes)
    wanted = [loss.item() for loss in losses(model, "cpu")]
    got = [loss.item() for loss in losses(model.to(device), device)]
    assert got == pytest.approx(wanted, rel=1e-4)


def test_bfloat16_is_near_and_autocast_too():
    model = torch_model(dtype="float32")
    ids = torch.tensor(IDS)
    logits = model(ids)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = model(ids)
        loss = cross_entropy(mixed, torch.tensor(TARGETS))
    assert mixed.dtype == torch.bfloat16
    assert loss.dtype == torch.float32
    scale = logits.abs().max()
    assert 0 < (mixed - logits).abs().max() < 0.05 * scale
    loss.backward()
    assert all(p.grad.dtype == torch.float32 for p in model.parameters())


def test_a_model_comes_back_from_meta_whole():
    """One tied weight stays one, and a table that is computed is there again."""
    config = GPTConfig(**SIZES, positions="sinusoidal")
    model = GPT(config, device="meta", dtype=torch.float64).to_empty(device="cpu")
    assert model.lm_head.weight is model.tok_emb.weight
    right = torch_model(positions="sinusoidal")
    model.load_state_dict(right.state_dict())
    ids = torch.tensor(IDS)
    torch.testing.assert_close(model(ids), right(ids), rtol=0, atol=0)


def test_a_table_is_where_and_as_wide_as_everything_else():
    for name in ("LayerNorm", "RMSNorm"):
        norm = getattr(pytorch, name)(5, dtype=torch.float16, device="meta")
        assert {(p.dtype, p.device.type) for p in norm.parameters()} == {(torch.float16, "meta")}
    with torch.device("meta"):
        assert pytorch.SinusoidalPositions(5, 4).table.is_meta
        assert not pytorch.SinusoidalPositions(5, 4, device="cpu").table.is_meta
    assert pytorch.SinusoidalPositions(5, 4).to("meta").table.is_meta
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        table = pytorch.SinusoidalPositions(5, 4).table
    finally:
        torch.set_default_dtype(usual)
    assert table.dtype == torch.float64
    assert torch.equal(table, torch.tensor(sinusoidal_table(5, 4, float)))
    with pytest.raises(NotImplementedError, match=r"^FixedTable has no make$"):
        FixedTable().make(None, None)


def test_a_conversion_does_not_keep_lost_digits():
    table = numpy_model(positions="sinusoidal").pos_emb.table
    model = GPT(GPTConfig(**SIZES, positions="sinusoidal")).bfloat16().double()
    assert torch.equal(model.pos_emb.table, torch.tensor(table))
    assert "pos_emb.table" not in model.state_dict()


def check_compiled(changes: dict, backend: str) -> None:
    """Loss and gradients of a compiled model; fullgraph refuses any break."""
    torch._dynamo.reset()
    model, eager = torch_model(**changes), torch_model(**changes)
    ids, targets = torch.tensor(LEFT), torch.tensor(TARGETS)

    @torch.compile(fullgraph=True, dynamic=False, backend=backend)
    def loss_of(ids, targets):
        return cross_entropy(model(ids), targets)

    loss, wanted = loss_of(ids, targets), cross_entropy(eager(ids), targets)
    loss.backward()
    wanted.backward()
    torch.testing.assert_close(loss, wanted, rtol=1e-10, atol=0)
    for p, q in zip(model.parameters(), eager.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")
def test_it_compiles_to_one_graph():
    """The real compiler, once: it takes longer than all other tests here together."""
    check_compiled({"n_layer": 1}, "inductor")


@pytest.mark.parametrize("changes", [*CHOICES[:2], CHOICES[3]], ids=str)
def test_its_backward_is_traced_too(changes):
    check_compiled({**changes, "n_layer": 1}, "aot_eager")


@pytest.mark.parametrize("changes", CHOICES, ids=str)
def test_nothing_breaks_the_graph(changes):
    """Traced without generating code: quick, so every way through the model can be tried."""
    torch._dynamo.reset()
    model = torch_model(**{"n_layer": 1 if changes else 2, **changes}).eval()
    graph = torch.compile(model, fullgraph=True, backend="eager", dynamic=False)
    ids, mask = torch.tensor(LEFT), torch.ones(6, 6, dtype=torch.bool).tril(2)
    for given in ({}, {"mask": mask}):
        torch.testing.assert_close(graph(ids, **given), model(ids, **given))
    seen = []
    torch.testing.assert_close(graph(ids, weights=seen), model(ids))
    torch.testing.assert_close(torch.stack(seen), model.attention(ids))


@pytest.mark.parametrize("dynamic", [None, True])
def test_texts_of_any_length_are_one_graph(dynamic):
    """After a second length the compiler takes T for a symbol; no bool may be computed from it."""
    torch._dynamo.reset()
    model = torch_model(n_layer=1).eval()
    graph = torch.compile(model, fullgraph=True, backend="aot_eager", dynamic=dynamic)
    for T in (5, 6, 3, 1):
        ids = torch.tensor(IDS[:, :T])
        torch.testing.assert_close(graph(ids), model(ids), rtol=1e-12, atol=1e-12)
