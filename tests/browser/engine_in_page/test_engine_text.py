"""The engine in the page reads, writes and draws as the package does."""

import random
import re
import sys
import unicodedata

import numpy as np
import pytest
import torch

from tinytx.data import tales
from tinytx.generation import distribution, generate, sample

from .made import SPECIALS, as_page


def texts_to_try(seed, n):
    """Return texts of everything that is easily got wrong, and any characters between."""
    rng = random.Random(seed)
    known = [chr(i) for i in range(sys.maxunicode) if unicodedata.category(chr(i))[0] != "C"]
    parts = [
        "Once upon a time", " red bell", "It's", "'ll", " 12345", "  ", "\n", "\n\n", "\r\n", "\t",
        *SPECIALS, "<|end|", "|>", "\ufeff", "\x85", "\u2028", "\u00a0", "\x00", "\x1c", "é",
        "e\u0301",         "日本語", "🙂", "👩‍👩‍👧", "ſ", "!?", "...", "aaaa", "lowest", "\u200d",
    ]  # fmt: skip
    draw = [
        lambda: rng.choice(parts),
        lambda: rng.choice(known),
        lambda: chr(rng.randrange(1, 256)),
    ]
    return [
        "",
        *("".join(rng.choice(draw)() for _ in range(rng.randrange(1, 14))) for _ in range(n)),
    ]


@pytest.mark.parametrize("name", ["tales", "post"])
def test_ids_are_those_of_the_package(page, models, name):
    _, tokenizer = models[name]
    texts = [*texts_to_try(0, 1500), tales.story(np.random.default_rng(1)), "low" * 20_000]
    found = page.evaluate(
        """([name, texts]) => texts.map((text) => {
          const { tokenizer } = load(name, "float32");
          return [{}, { allowed_special: [] }].map((how) => tokenizer.encode(text, how));
        })""",
        [name, texts],
    )
    for text, (ids, plain) in zip(texts, found, strict=True):
        assert ids == tokenizer.encode(text), repr(text)
        assert plain == tokenizer.encode(text, allowed_special=()), repr(text)
    if tokenizer.special_tokens:
        assert any(ids != plain for ids, plain in found)


@pytest.mark.parametrize("name", ["tales", "post"])
def test_decoding_is_that_of_the_package(page, models, name):
    """Any ids, which are seldom whole characters; all at once and one by one."""
    _, tokenizer = models[name]
    rng = random.Random(2)
    known = sorted(tokenizer.vocab)
    rows = [[rng.choice(known) for _ in range(rng.randrange(40))] for _ in range(300)]
    rows += [tokenizer.encode(text) for text in texts_to_try(3, 100)]
    found = page.evaluate(
        """([name, rows]) => rows.map((ids) => {
          const { tokenizer } = load(name, "float32");
          const decoder = tokenizer.decoder();
          const parts = [...ids.map((id) => decoder.decode([id])), decoder.decode([], true)];
          return [tokenizer.decode(ids), parts];
        })""",
        [name, rows],
    )
    same = 0
    for ids, (text, parts) in zip(rows, found, strict=True):
        decoder = tokenizer.decoder()
        assert text == tokenizer.decode(ids) == "".join(parts)
        # Of a surrogate's bytes Python says one byte later than the browser that they are none.
        if not re.search(rb"\xed[\xa0-\xbf]", b"".join(map(tokenizer.token_bytes, ids))):
            assert parts == [*(decoder.decode([token]) for token in ids), decoder.flush()]
            same += 1
    assert same > 200


PROMPTS = ["Once upon a time", " a fox named", "The king", "\n", "Lucy wanted a red"]


def test_greedy_text_is_that_of_pytorch(page, models, tales_torch):
    _, tokenizer = models["tales"]
    rows = [tokenizer.encode(prompt) for prompt in PROMPTS]
    found = page.evaluate(
        """(rows) => rows.map((ids) => [true, false].map((cache) => tinytx.generate(
          load("tales", "float32").model, ids, cache ? 80 : 12, { temperature: 0, cache })))""",
        rows,
    )
    wanted = generate(tales_torch, rows, 80, temperature=0)
    for row, ids, (cached, uncached) in zip(rows, wanted, found, strict=True):
        assert cached == ids.tolist()
        assert uncached == cached[: len(row) + 12]


def test_text_beyond_the_context_is_that_of_pytorch(page, models):
    """The window slides in small steps and in large ones; a prompt may be longer than it."""
    model = as_page(models["post"][0])
    ids = np.random.default_rng(8).integers(0, 270, 14).tolist()
    for slide in (1, 4, 11):
        for prompt in (ids, ids[:9]):
            found = page.evaluate(
                """([ids, slide]) => tinytx.generate(
                  load("post", "float64").model, ids, 20, { temperature: 0, slide })""",
                [prompt, slide],
            )
            assert found == generate(model, [prompt], 20, temperature=0, slide=slide)[0].tolist()


def test_a_stop_ends_a_text_and_a_switch_holds_all_along(page, models):
    _, tokenizer = models["tales"]
    ids = tokenizer.encode("Once upon a time there was")
    script = """([ids, options]) =>
      tinytx.generate(load("tales", "float32").model, ids, 30, { temperature: 0, ...options })"""
    free = page.evaluate(script, [ids, {}])
    stop = free[len(ids) + 5]
    stopped = page.evaluate(script, [ids, {"stop": [stop]}])
    assert stopped == free[: free.index(stop, len(ids)) + 1]
    off = {f"blocks.{i}.attn": [0, 1, 2, 3] for i in range(3)}
    blind = page.evaluate(script, [ids, {"off": off}])
    assert blind != free
    assert blind == page.evaluate(script, [ids, {"off": off, "cache": False}])


CHOICES = [
    (temperature, top_k, top_p, None)
    for temperature in (0, 1e-3, 0.7, 1, 2.5)
    for top_k in (None, 1, 3, 7, 40, 99)
    for top_p in (None, 0, 0.1, 0.5, 0.8, 0.95, 0.999, 1)
] + [
    (temperature, top_k, top_p, min_p)
    for temperature in (0, 0.7, 2.5)
    for top_k, top_p in ((None, None), (7, None), (None, 0.8), (7, 0.8))
    for min_p in (0, 0.02, 0.2, 1)
]


def logits_to_try():
    """Return rows with many ties, with exact shares, with ids ruled out, flat and peaked ones."""
    rng = np.random.default_rng(9)
    shares = np.log([0.5, 0.3, 0.1, 0.1])
    out = rng.normal(0, 2, 40)
    out[::3] = -np.inf
    rows = [rng.integers(0, 4, 40), np.zeros(40), shares, shares[::-1], rng.normal(0, 3, 40), out,
            rng.normal(0, 30, 40), np.repeat(shares, 10), [1.0]]  # fmt: skip
    return [np.asarray(row, dtype) for row in rows for dtype in (np.float32, np.float64)]


def test_each_filter_keeps_what_the_package_keeps(page):
    rows = logits_to_try()
    plain = [
        [row.dtype.name, ["-inf" if x == -np.inf else x for x in row.tolist()]] for row in rows
    ]
    found = page.evaluate(
        """([rows, choices]) => rows.map(([dtype, row]) => {
          const Kind = dtype === "float32" ? Float32Array : Float64Array;
          const logits = Kind.from(row, (x) => (x === "-inf" ? -Infinity : x));
          return choices.map(([t, top_k, top_p, min_p]) =>
            Array.from(tinytx.distribution(logits, t, { top_k, top_p, min_p })));
        })""",
        [plain, CHOICES],
    )
    cut = 0
    for row, answers in zip(rows, found, strict=True):
        for (temperature, *filters), answer in zip(CHOICES, answers, strict=True):
            names = ("top_k", "top_p", "min_p")
            wanted = distribution(row, temperature, **dict(zip(names, filters, strict=True)))
            case = (row, temperature, filters)
            assert np.flatnonzero(answer).tolist() == np.flatnonzero(wanted).tolist(), case
            np.testing.assert_allclose(answer, wanted, rtol=1e-12)
            cut += np.count_nonzero(wanted) < np.isfinite(row).sum()
    assert cut > 500


def test_the_same_draws_give_the_same_ids(page, models, tales_torch):
    """And of what the model says, the filters keep the same."""
    ids = models["tales"][1].encode("Once upon a time there was a")
    with torch.no_grad():
        logits = tales_torch(torch.tensor([ids]))[0, -1].numpy()
    rng = np.random.default_rng(10)
    wanted = [int(sample(logits, 4, rng, top_k=50, top_p=0.9)) for _ in range(300)]
    draws = np.random.default_rng(10).random(300).tolist()
    found = page.evaluate(
        """([logits, draws]) => draws.map((u) => tinytx.sample(
          Float32Array.from(logits), 4, () => u, { top_k: 50, top_p: 0.9 }))""",
        [logits.tolist(), draws],
    )
    assert found == wanted
    assert len({*found}) > 5
