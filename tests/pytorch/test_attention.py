"""Two ways to attend, one result; weights can be seen; PyTorch's own layers agree."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from tinytx import pytorch
from tinytx.pytorch.attention import attention, attention_with_weights, repeat_heads

from .twins import IDS, LEFT, numpy_model, torch_model, twin_of

B, H, T, S, DH = 2, 3, 4, 6, 5
MASK = torch.rand(B, 1, T, S, generator=torch.Generator().manual_seed(1)) < 0.5
MASK[:, :, 2] = False  # nothing to attend to


def qkv(seed=0, keys=S, scale=1.0):
    draw = torch.Generator().manual_seed(seed)
    shapes = ((B, H, T, DH), (B, H, keys, DH), (B, H, keys, DH))
    return [
        (scale * torch.randn(shape, dtype=torch.float64, generator=draw)).requires_grad_()
        for shape in shapes
    ]


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(
    ("keys", "options"), [(S, {}), (S, {"mask": MASK}), (T, {"causal": True})], ids=str
)
def test_both_ways_give_the_same(keys, options, scale):
    fused, shown = qkv(keys=keys, scale=scale), qkv(keys=keys, scale=scale)
    a = attention(*fused, **options)
    b, weights = attention_with_weights(*shown, **options)
    torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)
    dout = torch.randn(a.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    a.backward(dout)
    b.backward(dout)
    for left, right in zip(fused, shown, strict=True):
        torch.testing.assert_close(left.grad, right.grad, rtol=1e-10, atol=1e-11 * scale)
    rows = weights.sum(-1)
    wanted = MASK.any(-1).expand(rows.shape) if "mask" in options else torch.ones(rows.shape)
    torch.testing.assert_close(rows, wanted.double(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_row_with_no_key_is_zero_and_its_gradients_are_finite(dtype):
    for function in (attention, lambda *a: attention_with_weights(*a)[0]):
        q, k, v = (t.detach().to(dtype).requires_grad_() for t in qkv())
        out = function(q, k, v, MASK)
        out.float().square().sum().backward()
        assert (out[:, :, 2] == 0).all()
        assert (out[:, :, 0] != 0).any()
        assert (q.grad[:, :, 2] == 0).all()
        assert all(t.grad.isfinite().all() for t in (q, k, v))


def test_the_model_shows_its_weights_and_gives_the_same_logits():
    model = torch_model(padding_id=0)
    ids = torch.tensor(LEFT)
    seen = []
    torch.testing.assert_close(model(ids, weights=seen), model(ids), rtol=1e-11, atol=1e-12)
    assert [tuple(w.shape) for w in seen] == [(2, 3, 6, 6)] * 2
    stacked = model.attention(ids)
    torch.testing.assert_close(stacked, torch.stack(seen), rtol=0, atol=0)
    assert (stacked.triu(1) == 0).all()
    assert (stacked[..., 0] == 0)[:, 0].all(), "padding is seen"


def test_the_weights_are_those_of_the_numpy_engine():
    from tinytx.inspect import capture

    ours = numpy_model(norm="post", positions="sinusoidal")
    with capture(ours) as seen:
        ours.forward(IDS)
    got = twin_of(ours).attention(torch.tensor(IDS)).detach().numpy()
    np.testing.assert_allclose(got, seen.attention(), rtol=1e-11, atol=1e-13)


def test_the_fused_way_is_taken_unless_weights_are_asked_for(monkeypatch):
    calls = []
    fused, shown = attention, attention_with_weights
    module = pytorch.attention
    monkeypatch.setattr(module, "attention", lambda *a, **k: calls.append("f") or fused(*a, **k))
    monkeypatch.setattr(
        module, "attention_with_weights", lambda *a, **k: calls.append("w") or shown(*a, **k)
    )
    model = torch_model()
    model(torch.tensor(IDS))
    model(torch.tensor(IDS), weights=[])
    assert calls == ["f", "f", "w", "w"]


def test_dropout_is_of_the_weights_and_in_training_only():
    config = pytorch.GPTConfig(
        vocab_size=5, context_length=64, n_layer=1, n_head=2, d_model=8, dropout=0.5
    )
    attn = pytorch.Attention(config)
    x = torch.randn(4, 64, 8, generator=torch.Generator().manual_seed(0))
    for weights in (None, []):
        torch.manual_seed(0)
        noisy = attn.train()(x, weights=weights)
        assert not torch.equal(noisy, attn(x, weights=weights))
        torch.manual_seed(0)
        assert torch.equal(noisy, attn(x, weights=weights))
        assert torch.equal(attn.eval()(x, weights=weights), attn(x, weights=weights))
    assert torch.equal(pytorch.Dropout(0.5).eval()(x), x)
    state = torch.get_rng_state()
    assert pytorch.Dropout(0.0)(x) is x
    assert torch.equal(torch.get_rng_state(), state)  # nothing was drawn
    dropped = pytorch.Dropout(0.25)(x)
    assert ((dropped == 0).double().mean() - 0.25).abs() < 0.05
    torch.testing.assert_close(dropped[dropped != 0], (x / 0.75)[dropped != 0])


def _as_torch(block: pytorch.Block) -> dict[str, torch.Tensor]:
    """Our names for the parameters of a block become those of torch's encoder layer."""
    state, out = block.state_dict(), {}
    for kind in ("weight", "bias"):
        out[f"self_attn.in_proj_{kind}"] = torch.cat(
            [state[f"attn.{p}_proj.{kind}"] for p in "qkv"]
        )
        for new, old in {
            "self_attn.out_proj": "attn.o_proj", "linear1": "mlp.up_proj",
            "linear2": "mlp.down_proj", "norm1": "ln_1", "norm2": "ln_2",
        }.items():  # fmt: skip
            out[f"{new}.{kind}"] = state[f"{old}.{kind}"]
    return out


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["gelu_exact", "relu"])
@pytest.mark.parametrize("causal", [True, False])
def test_a_block_is_torchs_encoder_layer(norm, activation, causal):
    model = torch_model(norm=norm, activation=activation, n_head=2, d_head=4, causal=causal)
    block = model.blocks[1]
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 13, dropout=0.0, activation=activation.split("_")[0], batch_first=True,
        norm_first=norm == "pre", dtype=torch.float64,
    )  # fmt: skip
    theirs.load_state_dict(_as_torch(block))
    x = torch.randn(2, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    left, right = x.clone().requires_grad_(), x.clone().requires_grad_()
    y, wanted = block(left, causal=causal), theirs(right, src_mask=hidden)
    torch.testing.assert_close(y, wanted, rtol=1e-10, atol=1e-12)
    dy = torch.randn(y.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y.backward(dy)
    wanted.backward(dy)
    torch.testing.assert_close(left.grad, right.grad, rtol=1e-10, atol=1e-12)


def test_single_layers_are_torchs():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(3, 4, 6, generator=draw)
    mine, theirs = pytorch.Linear(6, 5, draw), torch.nn.Linear(6, 5)
    theirs.load_state_dict(mine.state_dict())
    torch.testing.assert_close(mine(x), theirs(x), rtol=0, atol=0)
    mine, theirs = pytorch.LayerNorm(6), torch.nn.LayerNorm(6)
    mine.weight.data.normal_(generator=draw)
    theirs.load_state_dict(mine.state_dict())
    by_hand = (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(mine(x), theirs(x), rtol=0, atol=0)
    torch.testing.assert_close(mine(x), by_hand * mine.weight, rtol=1e-5, atol=1e-6)
    mine, theirs = pytorch.Embedding(7, 6, draw), torch.nn.Embedding(7, 6)
    theirs.load_state_dict(mine.state_dict())
    ids = torch.tensor([[6, 0, 6]])
    torch.testing.assert_close(mine(ids), theirs(ids), rtol=0, atol=0)


def test_nothing_ready_made_is_inside():
    kinds = {type(module).__module__ for module in torch_model().modules()}
    assert {kind for kind in kinds if not kind.startswith("tinytx.")} == {
        "torch.nn.modules.container"
    }
    sources = "".join(
        inspect.getsource(getattr(pytorch, name))
        for name in ("attention", "linear", "norm", "embedding", "mlp", "block", "gpt")
    )
    code = "".join(line for line in sources.splitlines() if not line.strip().startswith("#"))
    for name in ("nn.Linear(", "nn.LayerNorm(", "nn.Embedding(", "nn.Multihead", "nn.Transformer"):
        assert name not in code


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda q, k, v: attention(q[0], k, v), r"q has shape \(3, 4, 5\) and must have four"),
        (lambda q, k, v: attention(q, k[:1], v), r"k and v have shapes \(1, 3, 6, 5\) and"),
        (lambda q, k, v: attention(q, k, v[:, :, 1:]), "k and v have shapes"),
        (lambda q, k, v: attention(q, k, v, MASK, causal=True), "causal is True and must come"),
        (lambda q, k, v: attention(q, k, v, causal=True), "causal is True and must come without"),
        (lambda q, k, v: pytorch.split_heads(k[0], 0), "n_head is 0 and must be an integer of"),
        (lambda q, k, v: pytorch.split_heads(k[0], -2), "n_head is -2 and must be an integer of"),
        (lambda q, k, v: pytorch.merge_heads(k[0]), "x has shape .* must have four dimensions, "),
        (lambda q, k, v: repeat_heads(k[0], 2), "x has shape .* must have four dimensions, "),
        (lambda q, k, v: repeat_heads(k, 0), "times is 0 and must be an integer of at least 1"),
        (lambda q, k, v: pytorch.split_heads(k[0], 3), "n_head is 3 and does not divide x's last"),
        (lambda q, k, v: pytorch.causal_mask(3, 2), "S is 2 and must be at least T 3"),
        (lambda q, k, v: pytorch.padding_mask(q, 0), "ids has shape"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call(*(t.detach() for t in qkv()))
