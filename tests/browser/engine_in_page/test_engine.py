"""The engine in the page is the package's, held to it function by function, in a real browser."""

import numpy as np
import pytest
import torch

from tinytx.config import CHOICES
from tinytx.data import tales
from tinytx.figures.engine.script import ABLE
from tinytx.inspect import capture
from tinytx.manual import activation, attention, embedding, linear, masks, norm, softmax
from tinytx.recipes.texts import HELD_OUT

from .made import SMALL, as_page, given, got

ROWS = np.random.default_rng(3)
X = ROWS.normal(0, 3, (2, 5, 6))
WEIGHT, BIAS = ROWS.normal(size=(4, 6)), ROWS.normal(size=4)
SCALE, SHIFT = ROWS.normal(size=6), ROWS.normal(size=6)
TABLE = ROWS.normal(size=(9, 6))
Q, K, V = ROWS.normal(0, 3, (2, 3, 4, 5)), *ROWS.normal(0, 3, (2, 2, 3, 7, 5))
SCORES = ROWS.normal(0, 400, (2, 3, 4, 7))  # exp of such numbers overflows
MASK = masks.causal_mask(4, 7)
IDS = np.array([[0, 3, 3], [8, 1, 0]])
OPERATIONS = {
    linear.linear_forward: (X, WEIGHT, BIAS),
    embedding.embedding_forward: (IDS, TABLE),
    norm.layernorm_forward: (X, SCALE, SHIFT),
    softmax.softmax_forward: (SCORES, MASK),
    activation.relu_forward: (X,),
    activation.relu2_forward: (X,),
    activation.gelu_forward: (X,),
    attention.attention_forward: (Q, K, V, MASK),
}


def call(page, name, *arguments):
    plain = [given(one) if isinstance(one, np.ndarray) else [None, one] for one in arguments]
    return got(
        page.evaluate(
            """([name, all]) => packed(tinytx[name](...all.map(
              ([shape, value]) => shape ? array([shape, value]) : value)))""",
            [name, plain],
        )
    )


@pytest.mark.parametrize("twin", OPERATIONS, ids=lambda twin: twin.__name__)
def test_an_operation_is_its_twin(page, twin):
    wanted, _ = twin(*OPERATIONS[twin])
    found = call(page, twin.__name__, *OPERATIONS[twin])
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_shapes_masks_and_positions_are_their_twins(page):
    assert (call(page, "split_heads", X, 3) == attention.split_heads(X, 3)).all()
    assert (call(page, "merge_heads", Q) == attention.merge_heads(Q)).all()
    for T, S in ((1, 1), (4, 4), (2, 7), (1, 5)):
        assert (call(page, "causal_mask", T, S) == masks.causal_mask(T, S)).all()
    for start in (0, 4):
        assert (call(page, "positions_forward", X, TABLE, start) == X + TABLE[start:][:5]).all()


def test_a_row_with_nothing_that_counts_is_zero(page):
    assert (call(page, "softmax_forward", SCORES, np.zeros((4, 7))) == 0).all()


LOGITS = """([name, dtype, prompts]) => prompts.map(
  (ids) => packed(load(name, dtype).model.forward(ids)))"""


def prompts_of(tokenizer, n):
    """Return the beginnings of stories, and ids that no story has, of many lengths."""
    rng = np.random.default_rng(4)
    told = [tokenizer.encode(story) for story in tales.stories(n // 2, HELD_OUT)]
    told = [ids[: rng.integers(1, 60)] for ids in told]
    odd = [rng.integers(0, 512, rng.integers(1, 60)).tolist() for _ in range(n - len(told))]
    return [*told, *odd]


def test_logits_are_those_of_pytorch(page, models, tales_torch):
    """float32 on both sides, the same weights through int8: fifty prompts, every position."""
    prompts = prompts_of(models["tales"][1], 50)
    assert len(prompts) == 50
    found = page.evaluate(LOGITS, ["tales", "float32", [[ids] for ids in prompts]])
    with torch.no_grad():
        for ids, answer in zip(prompts, found, strict=True):
            wanted = tales_torch(torch.tensor([ids])).numpy()
            assert np.abs(got(answer) - wanted).max() < 1e-4


@pytest.mark.parametrize("name", ["tales", *SMALL])
def test_logits_in_float64_are_those_of_numpy(page, models, name):
    """A batch of two, to the last position of a small context."""
    model = as_page(models[name][0])
    ids = np.random.default_rng(5).integers(0, model.config.vocab_size, (2, 11))
    (answer,) = page.evaluate(LOGITS, [name, "float64", [ids.tolist()]])
    wanted = model.forward(ids)
    assert np.abs(wanted).max() > 1
    np.testing.assert_allclose(got(answer), wanted, rtol=1e-10, atol=1e-10)


def test_what_is_seen_is_what_capture_sees(page, models):
    """All names but those of dropout, which the page has not; and the scores, before the mask."""
    model = as_page(models["tales"][0])
    ids = [3, 1, 4, 1, 5]
    found = page.evaluate(
        """(ids) => {
          const seen = {};
          load("tales", "float64").model.forward([ids], { seen });
          return Object.fromEntries(Object.entries(seen).map(([name, x]) => [name, packed(x)]));
        }""",
        ids,
    )
    with capture(model) as seen:
        model.forward(np.array([ids]))
    assert {*found} == {name for name in seen if "drop" not in name}
    for name in found:
        np.testing.assert_allclose(got(found[name]), seen[name], rtol=1e-9, atol=1e-9)
    for i in range(3):
        q, k, v = (
            attention.split_heads(seen[f"blocks.{i}.attn.{part}_proj"], 4)
            for part in ("q", "k", "v")
        )
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(32)
        np.testing.assert_allclose(got(found[f"blocks.{i}.attn.scores"]), scores, atol=1e-9)
        out = seen[f"blocks.{i}.attn.weights"] @ v
        np.testing.assert_allclose(got(found[f"blocks.{i}.attn.out"]), out, atol=1e-9)


CHANGED = """([ids, how]) => {
  const { model } = load("tales", "float64");
  return packed(model.forward([ids], new Function("array", `return ${how}`)(array)));
}"""


def test_a_head_switched_off_is_o_proj_without_its_columns(page, models):
    model = as_page(models["tales"][0])
    ids = models["tales"][1].encode("Once upon a time there was a girl named Lucy.")
    before = model.forward(np.array([ids]))
    weight = model.blocks[1].attn.o_proj.weight.data
    weight[:, 2 * 32 : 3 * 32] = 0
    model.blocks[2].attn.o_proj.weight.data[:, :32] = 0
    found = got(
        page.evaluate(CHANGED, [ids, '{ off: { "blocks.1.attn": [2], "blocks.2.attn": [0] } }'])
    )
    wanted = model.forward(np.array([ids]))
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    assert np.abs(wanted - before).max() > 0.1


def test_an_activation_can_be_replaced(page, models):
    """By a function of what was there, or by an array; what was seen before is not spoilt."""
    model = as_page(models["tales"][0])
    ids = [7, 300, 2, 7]
    mlp = model.blocks[0].mlp.down_proj
    mlp.weight.data *= 3
    mlp.bias.data *= 3
    wanted = model.forward(np.array([ids]))
    by = "(x) => { x.data.forEach((value, i) => (x.data[i] = 3 * value)); return x; }"
    found = page.evaluate(CHANGED, [ids, f'{{ replace: {{ "blocks.0.mlp": {by} }} }}'])
    np.testing.assert_allclose(got(found), wanted, rtol=1e-9, atol=1e-9)
    x = np.random.default_rng(6).normal(size=(1, 4, 128))
    shape, numbers = given(x)
    how = f'{{ replace: {{ "blocks.2": array([{shape}, {numbers}]) }} }}'
    wanted = model.lm_head.forward(model.ln_f.forward(x))
    np.testing.assert_allclose(got(page.evaluate(CHANGED, [ids, how])), wanted, rtol=1e-9)
    same = page.evaluate(
        """(ids) => {
          const seen = {};
          const replace = { "blocks.0.mlp": (x) => (x.data.fill(0), x) };
          load("tales", "float64").model.forward([ids], { seen, replace });
          return seen["blocks.0.mlp.down_proj"].data.every((value) => value !== 0);
        }""",
        ids,
    )
    assert same


def test_cached_is_uncached(page, models):
    """In parts of one, of three and of all the rest; two rows at once."""
    ids = np.random.default_rng(7).integers(0, 512, (2, 30)).tolist()
    found = page.evaluate(
        """(ids) => {
          const { model } = load("tales", "float32");
          const whole = model.forward(ids);
          const cache = new tinytx.KVCache();
          const V = whole.shape.at(-1);
          let most = 0;
          for (const [start, end] of [[0, 1], [1, 2], [2, 5], [5, 6], [6, 30]]) {
            const part = model.forward(ids.map((row) => row.slice(start, end)), { cache });
            if (cache.length !== end) throw new Error("the cache has lost count");
            const T = end - start;
            part.data.forEach((value, i) => {
              const [b, t] = [Math.floor(i / (T * V)), start + Math.floor(i / V) % T];
              most = Math.max(most, Math.abs(value - whole.data[(b * 30 + t) * V + i % V]));
            });
          }
          return most;
        }""",
        ids,
    )
    assert found < 1e-5


SMALLEST = 'const { model, tokenizer } = load("post", "float32"); '
REFUSED = {
    "model.forward([[270]])": "ids holds 270 and must be integers from 0 to 269",
    "model.forward([[1], [1, 2]])": "ids has rows of different lengths",
    "model.forward([])": "ids must be a list of rows",
    "model.forward([Array(12).fill(1)])": "ids has 12 positions after 0 cached ones and must have "
    "at most context_length 11",
    "model.forward([[1]], { sen: {} })": "sen is no option",
    'model.forward([[1]], { replace: { "blocks.7": 0 } })': "the model has no blocks.7",
    'model.forward([[1]], { replace: { "blocks.0": () => 0 } })': "and must have (1,1,12)",
    'model.forward([[1]], { off: { "blocks.0.attn": [3] } })': "must hold heads from 0 to 2",
    "tinytx.generate(model, [1], 1, { slide: 0 })": "slide is 0 and must be from 1 to",
    "tinytx.sample([1, 2], -1)": "temperature is -1 and must be at least 0",
    "tinytx.sample([1, 2], 1, () => 0, { top_k: 0 })": "top_k is 0 and must be an integer",
    "tinytx.sample([1, 2], 1, () => 0, { top_p: 1.5 })": "top_p is 1.5 and must be a number",
    "tinytx.sample([1, NaN, 2])": "logits holds NaN",
    "tinytx.sample([-Infinity])": "logits has a row of -inf alone",
    'tokenizer.encode("a\\ud800")': "text has a lone surrogate",
    'tokenizer.encode("a", { allowed_special: ["<|x|>"] })': "allowed_special names <|x|>",
    "tokenizer.decode([-1])": "ids holds -1, not an id",
    'tinytx.load_model(tinytx.models.tales, "int8")': "dtype is int8",
    'new tinytx.GPT({ ...model.config, norm_kind: "rms" }, {})': "config.norm_kind is rms",
    "new tinytx.GPT(model.config, {})": "the state dict has no tok_emb.weight",
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_wrong_is_refused_in_one_line(page, code):
    said = page.evaluate(
        "(code) => { try { new Function('load', code)(load); } catch (e) { return e.message; } }",
        SMALLEST + code,
    )
    assert said is not None
    assert REFUSED[code] in said
    assert "\n" not in said


def test_the_page_refuses_the_choices_that_the_package_refuses_for_it(page, models):
    """`check_config` in gpt.js and `ABLE` in script.py say the same of every choice."""
    config = models["post"][0].config.to_dict()
    fields = {**CHOICES, "causal": (True, False), "qk_norm": (False, True), "padding_id": (None, 0),
              "attention_scale": (None, 0.5), "n_kv_head": (None, 1), "window": (None, 2),
              "sinks": (0, 1), "n_expert": (None, 2), "norm_eps": (1e-5, 1e-6),
              "qkv_bias": (None, True)}  # fmt: skip
    found = page.evaluate(
        """([config, fields]) => Object.entries(fields).flatMap(([field, values]) =>
          values.filter((value) => {
            try { new tinytx.GPT({ ...config, [field]: value }, {}); }
            catch (error) { return error.message.startsWith("config."); }
          }).map((value) => [field, value]))""",
        [config, fields],
    )
    refused = [
        [field, value]
        for field, values in fields.items()
        for value in values
        if value not in ABLE.get(field, values)
    ]
    assert found == refused
    assert len(refused) == 16


def test_it_is_fast(page):
    """Far below what two cores do (about 450 tokens/s), so that a busy machine passes."""
    first, rate = page.evaluate(
        """() => {
          const start = performance.now();
          const { model, tokenizer } = load("tales", "float32");
          const ids = tokenizer.encode("Once upon a time");
          let first = 0;
          for (const _ of tinytx.stream(model, ids, 100, { temperature: 0 }))
            first ||= performance.now() - start;
          return [first, 100 / ((performance.now() - start) / 1000)];
        }"""
    )
    print(f"first token after {first:.0f} ms, {rate:.0f} tokens/s")
    assert first < 2000
    assert rate > 20
