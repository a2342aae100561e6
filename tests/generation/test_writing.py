from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tinytx.generation import (
    distribution,
    generate,
    numpy_decoder,
    numpy_products,
    stream,
    torch_decoder,
)
from tinytx.generation.engine import engine_of
from tinytx.generation.readers import Cached, Decoding, Reader, reader_for
from tinytx.generation.texts import Texts
from tinytx.inspect.capture import capture

from .models import BASE, ENGINES, GRID, greedy, logits, make, seen_by

PROMPTS = [[4, 1, 7], [9], [5, 5, 2, 10, 1, 6, 8], [1, 2]]
LONG = [PROMPTS[0] * 5, [9]]


def rngs(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def by(kind, model, prompts, n, monkeypatch, **options):
    """Generate with one certain kind of reader."""
    monkeypatch.setattr(
        "tinytx.generation.writing.reader_for", lambda engine, texts, cache: kind(engine, texts)
    )
    return generate(model, prompts, n, **options)


def same(a, b):
    for one, two in zip(a.ids, b.ids, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(a.log_probs, b.log_probs, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-10)


# Every two of engine, model and slide meet; the engines are held to each other below.
TURNS = [
    (ENGINES[(i + j) % 2], name, slide)
    for i, name in enumerate(GRID)
    for j, slide in enumerate((1, 4, 9))
]


@pytest.mark.parametrize(("engine", "name", "slide"), TURNS)
def test_the_three_readers_choose_the_same_far_past_the_context(engine, name, slide, monkeypatch):
    model = make(engine, **GRID[name])
    for temperature in (0, 4):
        texts = [
            by(kind, model, PROMPTS, 16, monkeypatch, temperature=temperature, slide=slide,
               rng=rngs(1, 2, 3, 4))
            for kind in (Reader, Cached, Decoding)
        ]  # fmt: skip
        same(texts[0], texts[1])
        same(texts[0], texts[2])
    assert len(np.unique(np.concatenate(texts[0].new))) > 2  # of those drawn at temperature 4


def test_the_new_tokens_are_cut_out_once():
    texts = generate(make(), PROMPTS, 4, temperature=0)
    assert texts.new is texts.new
    assert generate(make(), [[4, 1]], 0, temperature=0).new[0].tolist() == []


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("name", GRID)
def test_products_shared_by_several_threads_give_the_same(name, threads, monkeypatch):
    model = make("torch", **GRID[name])
    alone = by(Reader, model, PROMPTS[:1], 16, monkeypatch, temperature=0)
    same(alone, by(Decoding, model, PROMPTS[:1], 16, monkeypatch, temperature=0))
    monkeypatch.setattr(torch_decoder, "WORTH_THREADS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert torch_decoder._parts(model.blocks[0].attn.q_proj.weight) > 1
    same(alone, by(Decoding, model, PROMPTS[:1], 16, monkeypatch, temperature=0))


def test_a_product_is_cut_into_as_many_as_there_are_threads_if_that_is_worth_it(monkeypatch):
    parts, weight = torch_decoder._parts, torch.ones(12, 5)
    monkeypatch.setattr(torch_decoder, "WORTH_THREADS", 60)
    for threads, number in {1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 12: 12, 20: 12}.items():
        monkeypatch.setattr(torch, "get_num_threads", lambda n=threads: n)
        assert parts(weight) == number
    assert parts(torch.ones(13, 5)) == 13
    assert parts(torch.ones(59, 1)) == 1  # too small
    assert parts(weight.to("meta")) == 1  # another device has its own way


def test_several_rows_are_multiplied_at_once(monkeypatch):
    texts = generate(make("torch"), PROMPTS, 4, temperature=0)
    monkeypatch.setattr(torch_decoder, "WORTH_THREADS", 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    same(texts, generate(make("torch"), PROMPTS, 4, temperature=0))


@pytest.mark.parametrize("way", numpy_products.WAYS)
@pytest.mark.parametrize("name", GRID)
def test_every_way_to_multiply_gives_the_same(name, way, monkeypatch):
    model = make("numpy", **GRID[name])
    expected = by(Reader, model, PROMPTS[:1], 16, monkeypatch, temperature=0)
    monkeypatch.setattr(numpy_decoder, "fastest", lambda weights, batch: way)
    same(expected, by(Decoding, model, PROMPTS[:1], 16, monkeypatch, temperature=0))


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_decoding_is_within_a_millionth(engine, monkeypatch):
    model = make(engine, "float32")
    a, b = (
        by(kind, model, PROMPTS[:1], 6, monkeypatch, temperature=0) for kind in (Reader, Decoding)
    )
    np.testing.assert_array_equal(a[0], b[0])
    np.testing.assert_allclose(a.log_probs[0], b.log_probs[0], atol=1e-5)
    engine_, texts = engine_of(model), [Texts([PROMPTS[2]], 9) for _ in range(2)]
    readers = Reader(engine_, texts[0]), Decoding(engine_, texts[1])
    for _ in range(2):
        expected, got = (reader.read() for reader in readers)
        assert expected.dtype == got.dtype == np.float32
        np.testing.assert_allclose(got, expected, atol=1e-6 * np.abs(expected).max())
        for text in texts:
            text.append(np.array([4]))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("slide", [1, 5])
def test_greedy_text_is_the_likeliest_next_id_again_and_again(engine, slide):
    model = make(engine)
    texts = generate(model, [*PROMPTS, *LONG], 12, temperature=0, slide=slide)
    for prompt, text in zip([*PROMPTS, *LONG], texts, strict=True):
        assert text.tolist() == greedy(model, prompt, 12, slide)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("changes", [{}, {"padding_id": 5}, {"causal": False}])
def test_a_row_is_the_same_in_a_batch_as_alone(engine, changes):
    model = make(engine, **changes)
    options = {"temperature": 0.9, "top_k": 7, "top_p": 0.9, "stop": [4, 6], "min_new_tokens": 3}
    together = generate(model, PROMPTS, 14, rng=rngs(1, 2, 3, 4), **options)
    assert len({len(chosen) for chosen in together.log_probs}) > 1  # rows end at different times
    for b, prompt in enumerate(PROMPTS):
        alone = generate(model, [prompt], 14, rng=np.random.default_rng(b + 1), **options)
        np.testing.assert_array_equal(together[b], alone[0])
        np.testing.assert_allclose(together.log_probs[b], alone.log_probs[0], atol=1e-10)


@pytest.mark.parametrize("name", GRID)
def test_both_engines_write_the_same(name):
    options = {"temperature": 1.1, "top_p": 0.95, "stop": [2]}
    a, b = (
        generate(make(engine, **GRID[name]), PROMPTS, 15, rng=np.random.default_rng(5), **options)
        for engine in ENGINES
    )
    same(a, b)


@pytest.mark.parametrize("engine", ENGINES)
def test_log_probabilities_are_the_models_own(engine):
    model = make(engine)
    texts = generate(model, [[4, 1]], 12, temperature=0.7, top_k=3, rng=np.random.default_rng(0))
    for t, chosen in enumerate(texts.log_probs[0], 2):
        row = logits(model, seen_by(texts[0][:t], 9))[-1]
        assert chosen == pytest.approx(np.log(distribution(row)[texts[0][t]]), abs=1e-10)


def test_log_probabilities_have_the_logits_digits_and_at_least_those_of_float32():
    engine, rng = engine_of(make("torch")), np.random.default_rng(0)
    scores, targets = 9 * rng.standard_normal((2, 3, 11)), rng.integers(11, size=(2, 3))
    exact = engine_of(make()).log_probs(scores, targets)
    np.testing.assert_allclose(engine.log_probs(torch.tensor(scores), targets), exact, rtol=1e-13)
    rounded = torch.tensor(scores, dtype=torch.bfloat16)
    exact = engine_of(make()).log_probs(rounded.double().numpy(), targets)
    found = engine.log_probs(rounded, targets)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, exact, atol=2e-6)


def test_a_stop_token_ends_a_row_and_belongs_to_it():
    model = make()
    free = generate(model, PROMPTS, 10, temperature=0)
    stop = int(free.new[0][4])
    stopped = generate(model, PROMPTS, 10, temperature=0, stop=[stop])
    for with_stop, without in zip(stopped.new, free.new, strict=True):
        hits = np.flatnonzero(without == stop)
        end = hits[0] + 1 if len(hits) else 10
        np.testing.assert_array_equal(with_stop, without[:end])
    assert stopped.new[0][-1] == stop


def test_no_stop_token_comes_before_its_time():
    model = make()
    options = {"temperature": 0, "stop": list(range(1, 11))}
    assert len(generate(model, [[4, 1]], 9, **options).new[0]) < 6
    later = generate(model, [[4, 1]], 9, min_new_tokens=6, **options).new[0]
    assert later[:6].tolist() == [0] * 6  # the only one that ends nothing
    assert len(later) >= 6
    options |= {"min_new_tokens": 9, "processor": lambda texts, logits: logits}
    assert generate(model, [[4, 1]], 9, **options).new[0].tolist() == [0] * 9


def test_if_all_rows_have_ended_nothing_more_is_read():
    steps = list(stream(make(), [[4], [5]], 50, temperature=0, stop=range(11)))
    assert len(steps) == 1
    assert steps[0].live.tolist() == [True, True]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_computes_a_token_when_it_is_asked_for(engine, monkeypatch):
    model, calls = make(engine).train(), []
    monkeypatch.setattr(
        Decoding, "read", lambda self, read=Decoding.read: (calls.append(1), read(self))[1]
    )
    tokens = stream(model, PROMPTS, 1000, temperature=0)
    assert not calls
    got = [next(tokens).ids.tolist() for _ in range(4)]
    assert len(calls) == 4
    assert model.training  # also while the stream is open
    assert np.transpose(got).tolist() == [
        new.tolist() for new in generate(model, PROMPTS, 4, temperature=0).new
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_seed_repeats_the_text(engine):
    model = make(engine)
    one, two, other = (
        generate(model, [[1]], 30, rng=np.random.default_rng(seed))[0] for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, generate(model, [[1]], 30, rng=4)[0])
    assert (one != other).any()


def test_who_is_watching_sees_every_token():
    model = make()
    with capture(model) as seen:
        watched = generate(model, [[4, 1, 7]], 3, temperature=0)
    assert seen["logits"].shape == (1, 1, 11)  # the last token alone: the cache is used
    assert seen["logits"][0, 0].argmax() == watched[0][-1]
    same(watched, generate(model, [[4, 1, 7]], 3, temperature=0))


def test_a_hook_or_a_replaced_part_is_heard():
    model, calls = make("torch"), []
    handle = model.blocks[1].mlp.register_forward_hook(lambda *_: calls.append(1))
    generate(model, [[4, 1, 7]], 5, temperature=0)
    assert len(calls) == 5
    handle.remove()

    class Louder(type(model.ln_f)):
        def forward(self, x):
            return -super().forward(x)

    before = generate(model, [[4, 1, 7]], 5, temperature=0)
    model.ln_f.__class__ = Louder
    after = generate(model, [[4, 1, 7]], 5, temperature=0)
    assert after[0].tolist() == greedy(model, [4, 1, 7], 5) != before[0].tolist()


def test_each_model_gets_the_fastest_reader_that_is_right():
    def kind(model, cache=None):
        return type(reader_for(engine_of(model), Texts([[1]], 9), cache))

    assert kind(make()) is kind(make("torch")) is Decoding
    assert kind(make(), cache=False) is Reader
    assert kind(make(causal=False)) is Reader
    compiled = torch.compile(make("torch"), backend="eager")
    assert kind(compiled) in (Cached, Decoding)
    with pytest.raises(ValueError, match=r"^cache is True and .* config\.causal is False: leave"):
        kind(make(causal=False), cache=True)
    with pytest.raises(ValueError, match="it is no GPT of tinytx"):
        kind(counting(), cache=True)


def counting():
    """A model that is no GPT: it always expects the next number."""
    return SimpleNamespace(
        config=SimpleNamespace(vocab_size=11, context_length=3),
        training=False,
        forward=lambda ids: np.eye(11)[(ids + 1) % 11] * 50,
    )


def test_any_model_that_maps_ids_to_logits_will_do():
    texts = generate(counting(), [[3, 1, 8], [2]], 5, temperature=0)
    assert [text.tolist() for text in texts] == [[3, 1, 8, 9, 10, 0, 1, 2], [2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_generates(dtype):
    text = generate(make("torch").to(dtype), PROMPTS, 12, rng=np.random.default_rng(0), top_p=0.9)
    assert [len(new) for new in text.new] == [12] * 4


def test_tensors_are_taken_as_prompts_too():
    model = make("torch")
    a = generate(model, torch.tensor([[1, 2], [3, 4]]), 4, temperature=0)
    same(a, generate(model, np.array([[1, 2], [3, 4]], dtype=np.uint16), 4, temperature=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_new_tokens": -1}, "max_new_tokens is -1 and must be at least 0"),
        ({"ids": np.array([1])}, "ids has shape (1,) and must be (B, T)"),
        ({"ids": np.zeros((1, 0), int)}, "ids has shape (1, 0) and must be (B, T)"),
        ({"ids": np.array([[11]])}, "ids holds 11 and must be from 0 to 10"),
        ({"ids": [[1], []]}, "ids[1] has shape (0,) and must be (T,) with at least a token"),
        ({"ids": []}, "ids is list of nothing: give (B, T), or a list of rows"),
        ({"ids": [[1], [2.5]]}, "ids[1] is float64 and must be an array of integers"),
        ({"ids": [1, 2]}, "ids[0] has shape () and must be (T,) with at least a token: give a li"),
        ({"ids": "ab"}, "ids is str and must be ids (B, T), or a list of rows: encode it first"),
        ({"ids": ["ab"]}, "ids[0] is str and must be ids (T,): encode it first"),
        ({"ids": 4}, "ids is int and must be ids (B, T), or a list of rows: give [[1, 2]]"),
        ({"temperature": 1, "rng": 1.5}, "rng is 1.5 and must be a seed, a generator of NumPy's"),
        ({"temperature": "hot"}, "temperature is 'hot' and must be a number of at least 0"),
        ({"temperature": np.nan}, "temperature is nan and must be at least 0 and finite"),
        ({"temperature": np.True_}, "temperature is np.True_ and must be a number of at least 0"),
        ({"ids": np.zeros((0, 3), int)}, "ids has shape (0, 3) and must be (B, T) with at"),
        ({"ids": torch.zeros(0, 3).long()}, "ids has shape (0, 3) and must be (B, T)"),
        ({"ids": torch.ones(1, 3, device="meta").long()}, "ids is on meta, a device that holds"),
        ({"ids": [torch.ones(3, device="meta").long()]}, "ids is on meta, a device that holds"),
        ({"ids": torch.ones(1, 3).bfloat16()}, "ids is torch.bfloat16 and must be integers"),
        ({"ids": np.array([[True]])}, "ids is bool and must be an array of integers"),
        ({"temperature": -1}, "temperature is -1 and must be at least 0 and finite"),
        ({"temperature": 1}, "rng is None and temperature is 1: give rng= a seed or a"),
        ({"temperature": 1, "rng": rngs(1, 2)}, "rng has 2 generators and must have one for each"),
        ({"temperature": 1, "rng": -1}, "rng is -1 and must be at least 0 to be a seed"),
        ({"top_k": 0}, "top_k is 0 and must be an integer of at least 1"),
        ({"top_p": 1.5}, "top_p is 1.5 and must be a number from 0 to 1, or None for all"),
        ({"stop": [11]}, "stop holds 11 and must be from 0 to 10"),
        ({"min_new_tokens": 3}, "min_new_tokens is 3 and must be from 0 to max_new_tokens 2"),
        ({"stop": 4}, "stop is 4 and must be a list of ids: give stop=[4]"),
        ({"stop": True}, "stop is True and must be a list of ids: give [4], or None for none"),
        ({"stop": np.array(4)}, "stop is array(4) and must be a list of ids: give [4], or None"),
        ({"stop": "ab"}, "stop is 'ab' and must be a list of ids: give [4], or None for none"),
        ({"stop": [[1, 2]]}, "stop is [[1, 2]] and must be a list of ids: a row ends by one of"),
        ({"stop": [[1], [2, 3]]}, "stop is [[1], [2, 3]] and must be a list of ids: a row ends"),
        ({"stop": [True]}, "stop is bool and must be an array of integers"),
        ({"max_new_tokens": True}, "max_new_tokens is True and must be a whole number"),
        ({"max_new_tokens": np.True_}, "max_new_tokens is np.True_ and must be a whole number"),
        ({"max_new_tokens": 3.5}, "max_new_tokens is 3.5 and must be a whole number"),
        ({"slide": "2"}, "slide is '2' and must be a whole number"),
        ({"temperature": 1, "rng": True}, "rng is True"),
        ({"slide": 0}, "slide is 0 and must be from 1 to context_length 9"),
        ({"slide": 10}, "slide is 10 and must be from 1 to context_length 9"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named_at_once(arguments, message):
    given = {"ids": [[1]], "max_new_tokens": 2, "temperature": 0, **arguments}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        stream(make(), **given)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("temprature", "temprature=0 is no option of generate: give temperature="),
        ("topk", "topk=0 is no option of generate: give top_k="),
        ("stop_ids", "stop_ids=0 is no option of generate: give stop="),
        ("beams", "beams=0 is no option of generate: the options are temperature, top_k, top_p, m"),
        ("model_", "model_=0 is no option of generate: the options are"),
    ],
)
def test_an_unknown_option_is_named_with_the_nearest(option, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        generate(make(), [[1]], 2, **{option: 0})


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint64])
def test_numpys_integers_are_counts(kind):
    options = {"temperature": 0, "stop": [4, 6]}
    expected = generate(make(), PROMPTS, 20, min_new_tokens=3, slide=4, **options)
    options["stop"] = [kind(4), kind(6)]
    got = generate(
        make(), PROMPTS, kind(20), min_new_tokens=kind(3), slide=kind(4), cache=np.True_, **options
    )
    same(expected, got)


@pytest.mark.parametrize("stop", [None, [], (), np.array([], int), torch.tensor([]).long()])
def test_nothing_to_stop_at_is_nothing(stop):
    assert len(generate(make(), [[1]], 6, temperature=0, stop=stop).new[0]) == 6


@pytest.mark.parametrize("stop", [{4, 6}, range(4, 7, 2), np.array([4, 6]), torch.tensor([6, 4])])
def test_ids_to_stop_at_may_come_in_any_kind_of_list(stop):
    expected = generate(make(), PROMPTS, 20, rng=3, stop=[4, 6])
    same(expected, generate(make(), PROMPTS, 20, rng=3, stop=stop))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("cache", [None, False])
def test_room_is_made_for_what_is_written_not_for_what_may_be(engine, cache):
    expected = generate(make(engine), PROMPTS, 30, temperature=0)
    tokens = stream(make(engine), PROMPTS, 10**12, temperature=0, cache=cache)
    for number in range(30):
        assert next(tokens).ids.tolist() == [new[number] for new in expected.new]
    stopped = generate(make(engine), [[1]], 10**12, temperature=0, stop=range(11), cache=cache)
    assert len(stopped.new[0]) == 1


def test_texts_take_at_most_twice_the_room_of_what_is_written():
    texts = Texts([[1, 2, 3], [4]], 9)
    for _ in range(100):
        texts.append(np.array([5, 6]), np.array([True, False]))
        assert texts.lengths.max() <= texts.ids.shape[1] <= 2 * texts.lengths.max()
    assert texts.lengths.tolist() == [103, 1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GRID)
def test_a_decoder_follows_a_cache_that_grows(engine, name, monkeypatch):
    model = make(engine, context_length=40, **GRID[name])
    wanted = by(Reader, model, PROMPTS, 50, monkeypatch, temperature=0, slide=20)
    monkeypatch.setattr("tinytx.generation.cache.FIRST", 1)
    for kind in (Cached, Decoding):
        same(wanted, by(kind, model, PROMPTS, 50, monkeypatch, temperature=0, slide=20))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spoilt_model_is_refused(engine):
    model = make(engine)
    model.blocks[0].mlp.up_proj.weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"^logits holds nan: the model's weights are spoilt"):
        generate(model, [[1, 2]], 3, temperature=0)


def test_if_every_id_ends_the_text_and_none_may_it_says_so():
    with pytest.raises(ValueError, match=r"^logits has a row of -inf alone: no id is left"):
        generate(make(), [[1]], 5, temperature=0, stop=range(BASE["vocab_size"]), min_new_tokens=1)
