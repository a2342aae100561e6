"""Shared heads without a browser: who reads whom is what the models do, bytes are those of caches.

Parameters of the known models are held to the counts that their publishers give.
"""

import re

import numpy as np
import pytest
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig
from tinytx.figures import SharedHeads
from tinytx.figures.shared_heads import ROOM, TEXT, divisors
from tinytx.figures.shared_shapes import KNOWN, of_config, served
from tinytx.generation import KVCache
from tinytx.manual.attention import repeat_heads_forward

HOSTILE = "</script><img src=x onerror=alert(1)>"
# Weights of the released models. (Llama 2 70B's files hold 5,120 numbers more, rotary tables.)
PUBLISHED = {
    "Llama 2 7B": 6_738_415_616, "Llama 2 70B": 68_976_648_192, "Llama 3 8B": 8_030_261_248,
    "Mistral 7B": 7_241_732_096, "Qwen 2.5 0.5B": 494_032_768,
}  # fmt: skip


def config(n_head=6, n_kv_head=2, **changes):
    return GPTConfig(
        vocab_size=11, context_length=40, n_layer=2, n_head=n_head, n_kv_head=n_kv_head, d_model=12,
        d_head=4, d_ff=20, **changes,
    )  # fmt: skip


@pytest.mark.parametrize("n_kv_head", [1, 2, 3, 6])
@pytest.mark.parametrize("T", [1, 17, 40])
def test_the_cache_has_the_bytes_that_the_formula_says(n_kv_head, T):
    made = config(n_kv_head=n_kv_head)
    models = (manual.GPT(made, np.random.default_rng(0)), pytorch.GPT(made).double())
    for model, bytes_each in zip(models, (4, 8), strict=True):
        cache = KVCache(model, batch=3)
        bytes_a_position = cache.both.nbytes // cache.both.shape[4]
        assert of_config("", made).cache(T, bytes_each, batch=3) == bytes_a_position * T
        cache.reserve(40)
        assert of_config("", made).cache(40, bytes_each, batch=3) == cache.both.nbytes


@pytest.mark.parametrize(("n_head", "n_kv_head"), [(6, 2), (6, 3), (6, 1), (6, 6), (8, 2)])
def test_who_reads_whom(n_head, n_kv_head):
    k = np.random.default_rng(0).normal(0, 1, (1, n_kv_head, 5, 4))
    times = n_head // n_kv_head
    right, _ = repeat_heads_forward(k, times)
    for i, head in enumerate(served(n_head, n_kv_head)):
        assert (right[:, i] == k[:, head]).all()
    wrong = torch.from_numpy(k).repeat(1, times, 1, 1).numpy()
    for i, head in enumerate(served(n_head, n_kv_head, wrong=True)):
        assert (wrong[:, i] == k[:, head]).all()


def test_a_models_query_heads_read_the_head_that_serves_them():
    """Change one head of the values: the outputs of its query heads change, and no others."""
    model = manual.GPT(config(), np.random.default_rng(0), np.float64).eval()
    attention, x = model.blocks[0].attn, np.random.default_rng(1).normal(0, 1, (1, 5, 12))
    attention.o_proj.weight.data[:] = 0
    for head in range(2):
        readers = []
        for i in range(6):
            attention.o_proj.weight.data[:] = 0
            attention.o_proj.weight.data[:4, 4 * i : 4 * i + 4] = np.eye(4)
            before = attention.forward(x)
            attention.v_proj.weight.data[4 * head : 4 * head + 4] += 1
            after = attention.forward(x)
            attention.v_proj.weight.data[4 * head : 4 * head + 4] -= 1
            if not np.allclose(before, after, rtol=1e-9):
                readers.append(i)
        assert readers == [i for i, one in enumerate(served(6, 2)) if one == head]


@pytest.mark.parametrize("changes", [
    {}, {"bias": False}, {"norm": "post"}, {"tie_weights": False, "qk_norm": True},
    {"norm_kind": "rms", "activation": "swiglu", "positions": "rotary", "bias": False},
    {"bias": False, "qkv_bias": True}, {"qkv_bias": False}, {"n_expert": 3},
    {"n_kv_head": 6}, {"n_kv_head": 1, "positions": "sinusoidal"},
])  # fmt: skip
def test_parameters_are_those_of_the_models(changes):
    made = config(**changes)
    model = manual.GPT(made, np.random.default_rng(0))
    shape = of_config("", made)
    assert shape.parameters() == sum(p.data.size for p in model.parameters())
    attn = model.blocks[0].attn
    kv = [p.data.size for one in (attn.k_proj, attn.v_proj) for p in one.parameters()]
    assert shape.kv_parameters() == 2 * sum(kv)
    for n_kv_head in (1, 2, 3, 6):
        other = manual.GPT(config(**{**changes, "n_kv_head": n_kv_head}), np.random.default_rng(0))
        found = shape._replace(n_kv_head=n_kv_head).parameters()
        assert found == sum(p.data.size for p in other.parameters())


@pytest.mark.parametrize("name", KNOWN)
def test_known_models_have_the_parameters_that_are_published(name):
    assert KNOWN[name].parameters() == PUBLISHED[name]


def test_the_questions_have_answers():
    llama = KNOWN["Llama 2 7B"]
    assert llama.texts(8192, 2, 24 * 10**9) == 2
    fit = {
        K: llama._replace(n_kv_head=K).texts(8192, 2, 24 * 10**9) for K in divisors(llama.n_head)
    }
    assert max(K for K, texts in fit.items() if texts >= 10) == 8
    assert fit == {1: 93, 2: 46, 4: 23, 8: 11, 16: 5, 32: 2}
    for H in range(1, 129):
        same = [K for K in divisors(H) if served(H, K) == served(H, K, wrong=True)]
        assert same == sorted({1, H})


def test_texts_that_fit_take_no_more_than_the_room():
    for shape in KNOWN.values():
        for room in (8, 24, 80, 320):
            for bytes_each in (1, 2, 4):
                n = shape.texts(TEXT, bytes_each, room * 10**9)
                weights = bytes_each * shape.parameters()
                taken = [weights + shape.cache(TEXT, bytes_each, batch) for batch in (n, n + 1)]
                assert taken[1] > room * 10**9
                assert n == 0 or taken[0] <= room * 10**9


def test_words_and_fallback_say_the_same():
    figure = SharedHeads(config())
    words, page = str(figure), figure.fallback()
    assert "SharedHeads: 6 query heads, 2 key/value heads, 2 blocks, d_head 4, d_model 12" in words
    order = "query heads 0 to 5 read key/value heads 0 0 0 1 1 1; in the wrong order "
    assert f"{order}0 1 0 1 0 1: 2 of 6 read another group's" in words
    for one in [figure.shape._replace(n_kv_head=K) for K in (1, 2, 3, 6)] + [*KNOWN.values()]:
        texts = one.texts(TEXT, 2, ROOM * 10**9)
        assert f"texts in 24 GB beside them {texts:,}" in words
        assert f"<td>{texts:,}</td>" in page
    assert "8 key/value heads: KV cache of 8,192 tokens 1.07 GB, k and v projections 268 M" in words
    assert "<td>1.07 GB</td><td>268 M</td><td>8.03 G</td><td>7</td>" in page


def test_told():
    figure = SharedHeads(8)
    assert (figure.shape.n_head, figure.shape.n_kv_head) == (8, 2)
    of = {K: figure.shape._replace(n_kv_head=K) for K in (1, 2, 8)}
    assert figure.told(of[2]).endswith("Of 8 query heads 4 share each of 2.")
    assert figure.told(of[1]).endswith("Of 8 query heads all share 1.")
    assert figure.told(of[8]).endswith("Of 8 query heads none shares.")
    assert figure.told(of[2], wrong=True).endswith(
        "In the wrong order 4 of 8 read those of another group; the first is 1, which reads 1 "
        "instead of 0."
    )
    for K in (1, 8):
        assert figure.told(of[K], wrong=True).endswith("The wrong order changes nothing.")


def test_a_configuration_starts_where_it_is():
    assert SharedHeads(config()).shape.n_kv_head == 2
    assert SharedHeads(config(), 3).shape.n_kv_head == 3
    assert SharedHeads(config(n_kv_head=None)).shape.n_kv_head == 6
    assert SharedHeads(7).shape.n_kv_head == 1


def test_it_is_the_same_every_time_and_small():
    assert SharedHeads()._repr_html_() == SharedHeads()._repr_html_()
    assert SharedHeads(6)._repr_html_() != SharedHeads()._repr_html_()
    assert len(SharedHeads()._repr_html_()) < 46_000


def test_user_text_cannot_leave_its_place():
    page = SharedHeads(ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


WRONG = [
    ((0,), "shape is 0 and must be a GPTConfig, or a number of query heads from 1 to 128"),
    ((129,), "shape is 129"),
    ((True,), "shape is True"),
    (("gpt2",), "shape is 'gpt2'"),
    ((8, 3), "n_kv_head is 3 and must be a divisor of 8, the query heads: one of 1, 2, 4, 8"),
    ((8, 0), "n_kv_head is 0"),
    ((8, 2.0), "n_kv_head is 2.0"),
    ((config(n_head=130, n_kv_head=1),), "shape.n_head is 130, the limit is 128"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(given, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        SharedHeads(*given)
    assert str(caught.value).startswith("SharedHeads: ")
    assert "\n" not in str(caught.value)
