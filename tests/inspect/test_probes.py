"""Each probe passes right models of every kind, and fails what it is for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from tinytx import manual, pytorch
from tinytx.cli import main
from tinytx.config import GPTConfig
from tinytx.generation import KVCache
from tinytx.inspect import probes
from tinytx.inspect.probes import probe
from tinytx.inspect.probes.subject import as_array
from tinytx.inspect.probes.subjects import subject_of
from tinytx.manual.attention import attention_forward
from tinytx.pytorch import GPT

SIZES = {
    "vocab_size": 37, "context_length": 14, "n_layer": 2, "n_head": 3, "d_model": 24,
    "dropout": 0.1,
}  # fmt: skip
VARIANTS = [
    {},
    {"tie_weights": False},
    {"positions": "sinusoidal"},
    {"positions": "rotary"},
    {"norm_kind": "rms", "bias": False},
    {"norm": "post"},
    {"init_std": 0.1, "qk_norm": True},
    {"padding_id": 0},
    {"positions": "none", "activation": "swiglu", "attention_scale": 0.1},
    {"n_kv_head": 1, "window": 5, "sinks": 1},
    {"window": 4, "n_layer": 3},
    {"n_expert": 3},
    {"n_expert": 16, "n_active": 1},
    {"n_layer": 1, "activation": "relu2", "context_length": 5},
]


def config(**changes):
    return GPTConfig(**{**SIZES, **changes})


def of_torch(**changes):
    return GPT(config(**changes), torch.Generator().manual_seed(0))


def of_numpy(**changes):
    return manual.GPT(config(**changes), np.random.default_rng(0))


def gpt2():
    torch.manual_seed(0)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=50, n_positions=16, n_embd=24, n_layer=2, n_head=3,
            bos_token_id=None, eos_token_id=None,
        )
    )  # fmt: skip


# --- no false alarm


@pytest.mark.parametrize("make", [of_torch, of_numpy])
@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_right_models_pass(make, changes):
    report = probe(make(**changes))
    assert not report.failed, report
    apply = {result.name for result in report if result.passed}
    assert len(apply) == len(report) - ("padding_id" in changes)


def test_gpt2_of_transformers_passes_all():
    report = probe(gpt2())
    assert [result.passed for result in report] == [True] * len(report) == [True] * 11, report


def test_a_plain_function_is_asked_what_it_can_answer():
    model = of_numpy().eval()
    report = probe(model.forward)
    assert report
    passed = {result.name for result in report if result.passed}
    assert passed == {
        "causality", "prefix-only loss", "permutation", "batch independence",
        "evaluation repeats", "loss at the start",
    }  # fmt: skip


class OfTuples(nn.Module):
    """The shape that many tutorials have: logits and loss, and no configuration."""

    def __init__(self):
        super().__init__()
        self.inner = of_torch(vocab_size=11, context_length=6)

    def forward(self, ids, targets=None):
        return self.inner(ids), None


def test_a_model_without_configuration_that_returns_tuples_passes():
    report = probe(OfTuples())
    assert not report.failed
    assert report["cached equals uncached"].passed is None


@pytest.mark.parametrize(("package", "make"), [(pytorch, of_torch), (manual, of_numpy)])
def test_a_model_of_int8_is_not_asked_for_gradients(package, make):
    report = probe(package.quantized(make()))
    assert not report.failed, report
    gradients = ["gradient reaches all", "gradient is the slope", "overfit ten"]
    assert [one.name for one in report if one.passed is None] == gradients


@pytest.mark.parametrize("training", [True, False])
def test_a_model_stays_in_its_mode(training):
    for model in (of_numpy(), manual.quantized(of_numpy())):
        model.train(training)
        assert probes.cached(model).passed is True
        assert probes.deterministic(model).passed is True
        assert {module.training for module in model.modules()} == {training}


def test_a_frozen_model_is_not_asked_for_gradients():
    assert probes.gradient_reaches(of_torch().requires_grad_(False)).passed is None


def test_a_trained_model_is_not_asked_for_its_first_loss():
    assert "loss at the start" not in {r.name for r in probe(of_torch(), fresh=False)}


@pytest.mark.parametrize("make", [of_torch, of_numpy, gpt2])
def test_the_model_is_left_as_it_was(make):
    model = make()
    before = {n: as_array(a) for n, a in state(model)}
    random = torch.get_rng_state()
    model.train()
    probe(model)
    assert model.training
    assert all(np.array_equal(before[n], as_array(a)) for n, a in state(model))
    if isinstance(model, nn.Module):
        assert all(module.training for module in model.modules())
        assert all(one.grad is None for one in model.parameters())
        assert len(random) == len(torch.get_rng_state())
    else:
        assert not any(np.any(one.grad) for one in model.parameters())


def state(model):
    return model.state_dict().items()


# --- each probe fails what it is for


@pytest.mark.parametrize(("V", "T"), [(2, 8), (3, 8), (12, 1), (12, 2)])
@pytest.mark.parametrize("engine", ["manual", "pytorch"])
def test_right_models_of_few_tokens_and_places_are_not_accused(engine, V, T):
    config = GPTConfig(vocab_size=V, context_length=T, n_layer=2, n_head=2, d_model=32)
    model = manual.GPT(config, np.random.default_rng(0)) if engine == "manual" else GPT(config)
    assert probe(model).failed == []


def test_what_does_not_apply_is_counted_beside_what_passed():
    config = GPTConfig(vocab_size=12, context_length=8, n_layer=1, n_head=2, d_model=8)
    whole, blind = probe(GPT(config)), probe(GPT(replace(config, causal=False)))
    assert str(whole).endswith("11 passed")
    assert str(blind).endswith("8 passed; 3 do not apply")


def test_causality_sees_a_future_of_one_token_in_a_late_position():
    class Peeks(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = of_torch()

        def forward(self, ids):
            logits = self.inner(ids).clone()
            if ids.shape[1] > 11:
                logits[:, 10] += 0.01 * self.inner.tok_emb.weight[ids[:, 11]].sum(-1)[:, None]
            return logits

    assert not probes.causality(Peeks())

    def first_peeks(ids):
        logits = np.eye(9)[ids]
        if ids.shape[1] > 1:
            logits[:, 0] += 0.01 * np.eye(9)[ids[:, 1]]
        return logits

    assert not probes.causality(first_peeks)


def test_no_probe_passes_logits_that_are_no_numbers():
    report = probe(lambda ids: np.full((*ids.shape, 5), np.nan))
    assert not any(result.passed for result in report), report

    class Spoiled(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = of_torch()

        def forward(self, ids):
            return self.inner(ids) * torch.nan

    assert not probes.gradient_is_slope(Spoiled())
    assert not probes.overfit_ten(Spoiled(), steps=2)


def test_a_model_that_is_not_causal_by_choice_is_not_accused():
    model = of_torch(causal=False)
    assert probes.causality(model).passed is None
    assert probes.cached(model).passed is None


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (np.arange(6), r"ids has shape \(6,\) and must be \(B, T \+ 1\).*: give ids\[None\]"),
        (np.array([[1]]), r"ids has shape \(1, 1\) and must be \(B, T \+ 1\), T at least 1$"),
        (np.zeros((0, 4), int), r"ids has shape \(0, 4\)"),
        (np.array([[1, 2, 9]]), "ids holds 9 and must be from 0 to 8"),
        (np.array([[1.0, 2.0]]), "ids"),
    ],
)
def test_texts_of_another_shape_or_with_unknown_ids_are_refused(ids, says):
    model = lambda ids: np.eye(9)[ids]  # noqa: E731
    for ask in (probes.prefix_loss, probes.window_and_prefix_losses):
        with pytest.raises((ValueError, TypeError), match=says):
            ask(model, ids)


def test_a_list_of_texts_is_measured_as_their_array_is():
    model, ids = lambda ids: np.eye(9)[ids], [[1, 2, 3, 4], [0, 8, 7, 2]]
    assert probes.prefix_loss(model, ids) == probes.prefix_loss(model, np.array(ids))


def test_where_nothing_can_be_changed_nothing_passes():
    names = ("causality", "permutation", "batch independence", "prefix-only loss")
    ask = (probes.causality, probes.permutation, probes.batch_independence, probes.prefix_loss)
    for name, one in zip(names, ask, strict=True):
        result = one(lambda ids: np.zeros((*ids.shape, 1)))
        assert (result.name, result.passed) == (name, None), result
        assert result.meaning == "texts may hold one id alone, and two are needed"
    model = GPT(GPTConfig(vocab_size=8, context_length=1, d_model=8, n_head=2, n_layer=1))
    assert probes.causality(model).meaning == "the context has 1 position, 2 are needed"
    padded = GPTConfig(vocab_size=2, context_length=4, d_model=8, n_head=2, n_layer=1, padding_id=1)
    assert probes.causality(GPT(padded)).passed is None


def test_prefix_loss_measures_how_much_a_leak_flatters():
    ids = np.random.default_rng(0).integers(9, size=(4, 7))
    leak = lambda ids: 5 * np.eye(9)[np.roll(ids, -1, axis=1)]  # noqa: E731
    result = probes.prefix_loss(leak, ids)
    assert not result
    assert result.value > 3
    assert "nats higher" in result.meaning
    assert probes.prefix_loss(lambda ids: np.eye(9)[ids], ids)

    def one_place(ids):  # too little to be seen in the mean over the places
        logits = np.eye(9)[ids]
        if ids.shape[1] > 4:
            logits[:, 3] += 0.003 * np.eye(9)[ids[:, 4]]
        return logits

    assert not probes.prefix_loss(one_place, ids)


def test_permutation_sees_a_bag_of_words():
    def bag(ids):
        sums = np.cumsum(np.eye(9)[ids], axis=1)
        return sums

    assert not probes.permutation(bag)
    assert probes.permutation(lambda ids: bag(ids) * (1 + ids[:, :1, None]))


@pytest.mark.parametrize("window", [3, 12])
def test_permutation_sees_a_bag_of_words_in_a_window(window):
    assert not probes.permutation(of_numpy(window=window, n_layer=1, positions="none"))
    assert probes.permutation(of_numpy(window=1)).passed is None


@pytest.mark.parametrize("axis", [0, (0, 1)])
def test_batch_independence_sees_a_mean_over_the_batch(axis):
    table = np.random.default_rng(0).standard_normal((9, 9))
    model = lambda ids: table[ids] - 0.01 * table[ids].mean(axis, keepdims=True)  # noqa: E731
    assert not probes.batch_independence(model)
    assert probes.batch_independence(lambda ids: table[ids])


def test_batch_independence_sees_rows_that_depend_on_their_place():
    table = np.random.default_rng(0).standard_normal((9, 9))
    model = lambda ids: table[ids] + 0.1 * np.arange(9) * np.arange(len(ids))[:, None, None]  # noqa: E731
    assert not probes.batch_independence(model)


def test_deterministic_sees_dropout_and_trusts_a_model_without():
    model = of_torch()
    model.eval = lambda: model  # a model that cannot be switched
    assert not probes.deterministic(model.train())
    assert probes.deterministic(of_torch())
    calls = []

    def one_logit(ids):
        calls.append(np.zeros((*ids.shape, 9)))
        calls[-1][0, 0, 0] = len(calls)
        return calls[-1]

    assert probes.deterministic(one_logit).value == 1


def test_cached_takes_a_function_of_any_other_model():
    model = of_torch(dropout=0.0).eval()

    @torch.no_grad()
    def by_cache(ids, forget=False):
        cache, rows = KVCache(model, len(ids)), []
        for t in range(ids.shape[1]):
            if forget:
                cache.length = 0
            rows.append(model(torch.tensor(ids[:, t : t + 1]), cache=cache))
        return torch.cat(rows, dim=1).numpy()

    assert probes.cached(model, by_cache)
    assert not probes.cached(model, lambda ids: by_cache(ids, forget=True))


def test_tied_sees_a_copy_before_and_after_training():
    model = of_torch()
    model.lm_head.weight = nn.Parameter(model.tok_emb.weight.detach().clone())
    assert not probes.tied(model)
    model.lm_head.weight.data += 1e-3
    assert not probes.tied(model)
    assert probes.tied(of_torch(tie_weights=False))
    assert probes.tied(lambda ids: np.eye(9)[ids]).passed is None


def test_tied_looks_at_whole_weights_and_knows_the_field_of_transformers():
    class Small(nn.Module):
        def __init__(self, says):
            super().__init__()
            self.config = SimpleNamespace(n_ctx=4, tie_word_embeddings=says)
            self.wte, self.lm_head = nn.Embedding(9, 5), nn.Linear(5, 9, bias=False)
            self.zeros, self.more = (nn.Parameter(torch.zeros(3, 2)) for _ in range(2))
            self.wte.weight.data[0] = self.lm_head.weight.data[0] = 0.0

        def forward(self, ids):
            return self.lm_head(self.wte(ids))

    assert probes.tied(Small(False)).passed is True  # alike are a row, and two that are constant
    assert "lm_head.weight" in probes.tied(Small(True)).meaning


def test_gradient_reaches_names_what_is_cut_off_and_what_is_frozen_is_no_fault():
    model = of_torch()
    model.extra = nn.Parameter(torch.zeros(3))
    result = probes.gradient_reaches(model)
    assert result.value == 1
    assert "extra" in result.meaning
    cut = of_torch()
    cut.blocks[0].attn.k_proj.forward = lambda x: x @ x.new_ones(24, 24)
    assert probes.gradient_reaches(cut).value == 2
    model.extra.requires_grad = False
    assert probes.gradient_reaches(model).passed is True


def test_gradient_reaches_sees_experts_that_none_arrives_at():
    model = of_torch(n_expert=4, n_active=1)
    for expert in model.blocks[1].mlp.experts:
        expert.register_forward_hook(lambda module, given, out: out.detach())
    result = probes.gradient_reaches(model)
    assert result.value == 16
    assert "blocks.1.mlp.experts.0.up_proj.weight" in result.meaning


def without_gradient(linear, given, out):
    """Return what a layer puts out, its weight's gradient being zero."""
    return nn.functional.linear(*given, 0 * linear.weight + linear.weight.detach(), linear.bias)


def test_gradient_is_slope_sees_a_wrong_backward():
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            return 1.1 * dy

    model = of_torch()
    model.blocks[1].register_forward_hook(lambda module, given, out: Scaled.apply(out))
    result = probes.gradient_is_slope(model)
    assert not result
    assert 0.001 < result.value < 0.5
    lost = of_torch()
    for part in lost.blocks.modules():
        if isinstance(part, pytorch.Linear):
            part.register_forward_hook(without_gradient)
    assert not probes.gradient_is_slope(lost)  # along what is left of it, it is the slope


@pytest.mark.parametrize("make", [of_torch, of_numpy])
def test_overfit_ten_fails_where_nothing_is_learned(make):
    assert not probes.overfit_ten(make(), lr=1e-9, steps=5)


def test_overfit_ten_fails_where_attention_reads_nothing():
    class Blind(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = of_torch(context_length=1)

        def forward(self, ids):
            return self.inner(ids.reshape(-1, 1)).view(*ids.shape, -1)

    assert not probes.overfit_ten(Blind(), steps=100)


@pytest.mark.parametrize(("std", "passed"), [(0.02, True), (0.1, True), (2.0, False)])
def test_first_loss_sees_weights_that_are_too_large(std, passed):
    assert bool(probes.first_loss(of_torch(init_std=std))) is passed


def test_first_loss_forgives_a_tied_head_that_says_again_what_was_read():
    model = of_torch(positions="sinusoidal", d_model=66)
    result = probes.first_loss(model)
    assert result.value > 1.5  # nats above log V, by the token that was read alone
    assert result


def test_first_loss_sees_answers_that_are_given():
    ids = np.random.default_rng(0).integers(9, size=(8, 12))
    model = lambda ids: np.eye(9)[ids] * 2  # noqa: E731
    assert not probes.first_loss(model, (ids, ids))
    assert "answers" in probes.first_loss(model, (ids, ids)).meaning


def test_first_loss_is_measured_from_log_v_and_own_tokens_count_nowhere():
    ids = np.random.default_rng(0).integers(9, size=(8, 12))
    even = lambda ids: np.zeros((*ids.shape, 9))  # noqa: E731
    assert probes.first_loss(even).value == pytest.approx(0)
    assert probes.first_loss(even, (ids, ids)).passed is True
    never_again = lambda ids: -30 * np.eye(9)[ids]  # noqa: E731
    half = np.where(np.arange(12) < 6, ids, (ids + 1) % 9)
    assert probes.first_loss(never_again, (ids, half)).passed is True


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        (lambda s, mask: s.softmax(-1), "later keys up to"),
        (lambda s, mask: s.softmax(-1) * mask, "sum to between"),
        (lambda s, mask: s.masked_fill(~mask, -torch.inf).softmax(-2), "sum to between"),
        (lambda s, mask: (3 * s).masked_fill(~mask, -torch.inf).softmax(-1), "times 1.06"),
    ],
)
def test_attention_says_in_what_the_weights_differ(slip, says):
    def attend(q, k, v):
        mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril()
        return slip(q @ k.mT / q.shape[-1] ** 0.5, mask) @ v

    result = probes.attention(attend, wrap=torch.tensor)
    assert not result
    assert says in result.meaning


def test_attention_passes_pytorch_and_both_engines():
    fused = lambda q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)  # noqa: E731
    ours = lambda q, k, v: attention_forward(q, k, v, np.tri(8, dtype=bool))[0]  # noqa: E731
    assert probes.attention(fused, wrap=torch.tensor)
    assert probes.attention(ours)


def test_accumulation_sees_a_mean_of_means_where_parts_count_unequally():
    values, counts = np.arange(12.0), np.array([1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1.0])

    def gradient(parts, divide):
        pieces = zip(np.split(values, parts), np.split(counts, parts), strict=True)
        if divide == "each":
            return sum((v * c).sum() / c.sum() for v, c in pieces) / parts
        return sum((v * c).sum() for v, c in pieces) / counts.sum()

    assert probes.accumulation(lambda n: gradient(n, "once"), parts=2)
    assert not probes.accumulation(lambda n: gradient(n, "each"), parts=2)


def test_the_gradients_of_a_learner_are_copies():
    weight = SimpleNamespace(grad=np.zeros(2))
    learner = SimpleNamespace(
        model=SimpleNamespace(named_parameters=lambda: [("w", weight)]),
        loss_and_gradients=lambda batch: np.add(weight.grad, batch, out=weight.grad),
    )
    first, second = (probes.learner_gradients(learner, 1.0)["w"].tolist() for _ in range(2))
    assert (first, second) == ([1, 1], [2, 2])
    kept = probes.learner_gradients(learner, 1.0)["w"]
    weight.grad[:] = 9
    assert kept.tolist() == [3, 3]
    assert as_array(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32


def test_shifted_ignores_what_does_not_count():
    ids, targets = np.array([[1, 2, 3, 0]]), np.array([[2, 3, -100, -100]])
    assert probes.shifted((ids, targets))
    assert not probes.shifted((ids, np.array([[3, 3, -100, -100]])))
    assert probes.shifted((torch.tensor(ids), torch.tensor(targets)))


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_held_apart_sees_a_leak_in_whatever_type_the_ids_are(dtype):
    windows = np.arange(160).reshape(10, 16)
    assert probes.held_apart(windows, windows.astype(dtype)).value == 1
    assert probes.held_apart(windows.astype(dtype), windows).value == 1
    assert probes.held_apart(windows, (windows + 160).astype(dtype)).value == 0
    for changed in (slice(4), slice(12, None)):  # three quarters, the last or the first, are known
        other = windows.copy()
        other[:, changed] += 160
        assert probes.held_apart(windows, other).value == 1


@pytest.mark.parametrize("shapes", [((9, 8), (9, 6)), ((9, 1), (9, 1)), ((9,), (9,))], ids=str)
def test_held_apart_refuses_windows_that_cannot_be_compared(shapes):
    train, held_out = (np.zeros(shape, int) for shape in shapes)
    with pytest.raises(ValueError, match="cut both texts into windows of one length"):
        probes.held_apart(train, held_out)


@pytest.mark.parametrize("targets", [[[-100] * 4], [[1]], [[-100] * 3 + [1]]])
def test_shifted_does_not_apply_where_no_target_counts(targets):
    ids = np.arange(len(targets[0]))[None]
    assert probes.shifted((ids, np.array(targets))).passed is None


def test_padding_and_repeated_gradient_measure():
    assert probes.padding(lambda length: 1.5, (4, 8))
    result = probes.padding(lambda length: 12 / length, (4, 8))
    assert result.value == 1.5
    total = np.zeros(3)

    def adds():
        total[:] += 1
        return total.copy()

    assert not probes.repeated_gradient(adds)
    assert probes.repeated_gradient(lambda: [torch.ones(2), torch.zeros(1)])


def test_a_subject_draws_no_padding_and_takes_at_most_twelve_positions():
    def model(ids):
        return np.zeros((*ids.shape, 4))

    assert subject_of(model).T == 12
    model.config = SimpleNamespace(padding_id=0, pad_token_id=3, context_length=1000)
    drawn = subject_of(model).draw(9, np.random.default_rng(0))
    assert drawn.shape == (9, 12)
    assert set(drawn.ravel()) == {1, 2}


# --- results, refusals, the command


def test_a_report_says_what_failed():
    report = probe(lambda ids: np.eye(9)[np.roll(ids, -1, axis=1)], fresh=False)
    assert not report
    assert report.failed == ["causality", "prefix-only loss"]
    assert str(report).endswith("2 of 5 probes failed; 5 do not apply")
    assert report["causality"] is report[0]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (3, "model is a int and must be an nn.Module"),
        (lambda ids: np.zeros(ids.shape), "returned shape"),
        (lambda: None, "cannot be called with two ids"),
        (lambda ids: np.zeros((len(ids), 1, 4)), "must return one row of logits for each id"),
    ],
)
def test_what_is_no_model_is_refused(model, says):
    with pytest.raises(ValueError, match=says):
        probe(model)


MODULE = """
import torch
from tinytx.pytorch import GPT, GPTConfig

config = GPTConfig(vocab_size=11, context_length=8, n_layer=1, n_head=2, d_model=8)

class Leaks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(11, 11))
    def forward(self, ids):
        return self.table[ids.roll(-1, 1)]

def make():
    return GPT(config, torch.Generator().manual_seed(0))

def fails():
    return 1 / 0

model = make()
"""


def test_the_command_probes_a_model_of_ones_own(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_probed_model.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("make", "model"):
        assert main(["inspect", "--probe", f"my_probed_model:{name}"]) == 0
        assert "11 passed" in capsys.readouterr().out
    assert main(["inspect", "--probe", "my_probed_model:Leaks"]) == 1
    assert "causality               FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--probe", "my_model"], "must be module:function"),
        (["--probe", "no_such_module_here:make"], "cannot be imported"),
        (["--probe", "tinytx.config:nothing"], "cannot be imported"),
        (["--probe", "my_failing_model:fails"], "failed, and must make a model"),
        (["gpt2", "--probe", "my_failing_model:make"], "stands alone"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, says, tmp_path, monkeypatch, capsys):
    (tmp_path / "my_failing_model.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
