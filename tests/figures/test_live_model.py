"""The live model without a browser: what was recorded is true, and nothing leaves its place."""

import numpy as np
import pytest

from tinytx.figures import LiveModel
from tinytx.figures.engine import quantized_state
from tinytx.figures.live_model import ASK, BEGINNINGS
from tinytx.generation import generate
from tinytx.inspect import capture
from tinytx.manual import GPT, GPTConfig
from tinytx.tokenizers import BPETokenizer
from tinytx.trained import load_trained

HOSTILE = "</script><script>alert(1)</script><img src=x>"
SHE_OR_HE = dict(BEGINNINGS)["she or he?"]


@pytest.fixture(scope="module")
def figure():
    return LiveModel.tales(["_static/engine.js", "_static/tales.js"])


@pytest.fixture(scope="module")
def page_model(figure):
    """The model with the page's weights, in float64."""
    twin = GPT(figure.model.config, np.random.default_rng(0), np.float64).eval()
    twin.load_state_dict(quantized_state(figure.model))
    return twin


def probs(model, tokenizer, text):
    logits = model.forward(np.array([tokenizer.encode("\n" + text)]))[0, -1]
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def small(norm="pre", **choices):
    tokenizer = BPETokenizer.from_merges([])
    config = GPTConfig(
        vocab_size=260, context_length=9, n_layer=1, n_head=2, d_model=8, norm=norm, **choices
    )
    return GPT(config, np.random.default_rng(0), np.float32).eval(), tokenizer


def test_what_may_follow_is_what_the_model_says(figure, page_model):
    text = figure.tokenizer.decode(figure.beginning)
    wanted = probs(page_model, figure.tokenizer, text)
    assert [id for id, _ in figure.shares] == np.argsort(-wanted)[:8].tolist()
    shares = [share for _, share in figure.shares]
    np.testing.assert_allclose(shares, np.sort(wanted)[::-1][:8], atol=1e-5)


def test_what_was_written_is_what_the_model_writes(figure, page_model):
    rng = np.random.default_rng(0)
    begun = figure.tokenizer.encode("\n") + figure.beginning
    wanted = generate(page_model, [begun], 120, rng=rng).new[0].tolist()
    assert figure.written == wanted[: len(figure.written)]
    assert figure.tokenizer.decode(figure.written).endswith(".")
    assert len(figure.written) > 20


def test_the_facts_are_the_models(figure):
    model = load_trained("tales").model
    parameters = sum({id(p): p.data.size for p in model.parameters()}.values())
    assert f"{parameters:,} parameters in 3 blocks of 4 heads" in figure.facts
    assert "24,000 invented stories" in figure.facts
    assert "1.0\u00a0MB" in figure.facts


def test_the_answer_is_true(figure, page_model):
    """Block 2, head 0 reads `girl`, and it alone makes he possible when it is off."""
    encode, decode = figure.tokenizer.encode, figure.tokenizer.decode
    she, he = encode(" she"), encode(" he")
    assert len(she) == len(he) == 1
    ids = encode("\n" + SHE_OR_HE)
    with capture(page_model) as seen:
        page_model.forward(np.array([ids]))
    last = seen.attention()[:, 0, :, -1]  # (L, H, S)
    girl = [i for i, id in enumerate(ids) if decode([id]) in (" g", "ir", "l")]
    assert decode([ids[i] for i in girl]) == " girl"
    reads = last[..., girl].sum(axis=-1)  # (L, H)
    assert np.unravel_index(reads.argmax(), reads.shape) == (2, 0)
    assert reads[2, 0] == pytest.approx(0.8, abs=0.02)
    assert probs(page_model, figure.tokenizer, SHE_OR_HE)[she[0]] > 0.99
    changed = {}
    for block in range(3):
        for head in range(4):
            weight = page_model.blocks[block].attn.o_proj.weight.data
            kept = weight.copy()
            weight[:, 32 * head : 32 * (head + 1)] = 0
            found = probs(page_model, figure.tokenizer, SHE_OR_HE)
            weight[...] = kept
            changed[block, head] = found[he[0]], found[she[0]]
    assert changed.pop((2, 0)) == pytest.approx((0.38, 0.61), abs=0.02)
    others = [name for name, (_, she_share) in changed.items() if she_share < 0.9]
    assert others == [(0, 1), (0, 3)]
    assert max(he_share for he_share, _ in changed.values()) < 0.08
    assert "Head 0 of block 2" in ASK[1]
    assert "two in block 0" in ASK[2]


def test_html_is_the_same_every_time_and_holds_the_fallback(figure):
    again = LiveModel.tales(["_static/engine.js", "_static/tales.js"])
    assert figure._repr_html_() == again._repr_html_()
    page = figure._repr_html_().split("<script>")[0]
    for word in ("You will build this", "grandmother", "24.8 %", "Its tokens", "live-bar"):
        assert word in page
    assert '"int8"' not in figure._repr_html_()  # the weights stand elsewhere
    assert str(figure).splitlines()[2].startswith("next: ␣grandmother 24.8 %, ")


def test_without_addresses_it_brings_its_own_scripts():
    model, tokenizer = small()
    page = LiveModel(model, tokenizer, "abc", name="mine")._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 3
    assert "models ??= {}).mine = " in page
    assert "class KVCache" in page


def test_user_text_cannot_leave_its_place():
    model, tokenizer = small()
    page = LiveModel(
        model, tokenizer, "<img>", beginnings=[(HOSTILE, HOSTILE)], facts=HOSTILE, ask=[HOSTILE],
        text=HOSTILE, addresses=[],
    )._repr_html_()  # fmt: skip
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


def test_what_cannot_be_shown_is_refused_in_one_line():
    model, tokenizer = small()
    for beginning, said in [("", "has 0 tokens"), ("x" * 10, "has 10 tokens, the limit is 1 to 9")]:
        with pytest.raises(ValueError, match=said) as error:
            LiveModel(model, tokenizer, beginning)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="has 9 tokens, the limit is 1 to 8"):
        LiveModel(model, tokenizer, "x" * 9, before=[10])
    other, _ = small(positions="sinusoidal")
    with pytest.raises(ValueError, match="for the engine in the page"):
        LiveModel(other, tokenizer, "abc")
