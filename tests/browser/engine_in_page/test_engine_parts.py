"""What training in the page needs besides: characters, floor, random numbers, windows, weights."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tinytx import manual
from tinytx.data.raven import raven
from tinytx.evaluation import context_floor
from tinytx.tokenizers import CharTokenizer

from .made import got
from .test_engine_text import texts_to_try
from .test_engine_training import PRE, RAVEN

# Fields that say nothing of a model that the page can have.
NOTHING = {"rotary_base", "rotary_factor", "rotary_original", "n_active", "balance"}


def test_characters_are_those_of_the_package(bare_page):
    known = texts_to_try(5, 400)
    known = [text for text in known if text]
    other = [random.Random(i).sample(known, 1)[0] for i in range(len(known))]
    found = bare_page.evaluate(
        """([known, other]) => known.map((text, i) => {
          const tokenizer = tinytx.CharTokenizer.train(text);
          const ids = tokenizer.encode(text);
          let said = null;
          try { tokenizer.encode(other[i]); } catch (error) { said = error.message; }
          return [tokenizer.chars, ids, tokenizer.decode(ids), said];
        })""",
        [known, other],
    )
    refused = 0
    for text, another, (chars, ids, back, said) in zip(known, other, found, strict=True):
        tokenizer = CharTokenizer.train(text)
        assert chars == list(tokenizer.chars)
        assert ids == tokenizer.encode(text)
        assert back == text
        strange = [i for i, char in enumerate(another) if char not in tokenizer.chars]
        assert (said is not None) == bool(strange)
        if strange:
            refused += 1
            assert f"at position {strange[0]}, which is not among the {len(chars)}" in said
    assert 50 < refused < len(known)


FLOOR = "(rows) => rows.map(([ids, T]) => tinytx.context_floor(ids, T))"


def test_the_floor_is_that_of_the_package(bare_page):
    poem = CharTokenizer.train(raven()).encode(raven())
    rng = np.random.default_rng(13)
    rows = [[poem, T] for T in (1, 3, 8, 20)]
    rows += [[rng.integers(0, 3, n).tolist(), T] for n, T in ((2, 1), (50, 4), (300, 2), (9, 8))]
    found = bare_page.evaluate(FLOOR, rows)
    wanted = [context_floor(np.array(ids), T) for ids, T in rows]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    assert found[2] == pytest.approx(0.672, abs=5e-4)


def rotated(x, bits):
    return (x << bits | x >> 32 - bits) % 2**32


def xoshiro(seed, n):
    """Return n numbers of xoshiro128** from splitmix32's words, as its authors write it in C."""
    s = []
    for i in range(1, 5):
        z = (seed + i * 0x9E3779B9) % 2**32
        z = (z ^ z >> 16) * 0x85EBCA6B % 2**32
        z = (z ^ z >> 13) * 0xC2B2AE35 % 2**32
        s.append(z ^ z >> 16)
    for _ in range(n):
        yield rotated(s[1] * 5 % 2**32, 7) * 9 % 2**32 / 2**32
        t = s[1] << 9 & 0xFFFFFFFF
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 11)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_random_numbers_are_those_of_xoshiro(bare_page, seed):
    found = bare_page.evaluate(
        """(seed) => {
          const rng = tinytx.default_rng(seed);
          return Array.from({ length: 500 }, () => rng());
        }""",
        seed,
    )
    assert found == list(xoshiro(seed, 500))


def test_windows_are_of_the_text_and_equally_likely(bare_page):
    ids = list(range(100, 116))
    rows = bare_page.evaluate(
        """(ids) => {
          const rng = tinytx.default_rng(3);
          return Array.from({ length: 800 }, () => tinytx.get_batch(ids, 5, 4, rng));
        }""",
        ids,
    )
    starts = []
    for batch in rows:
        for row, targets in zip(batch["ids"], batch["targets"], strict=True):
            assert row == ids[row[0] - 100 :][:4]
            assert targets == ids[row[0] - 99 :][:4]
            starts.append(row[0] - 100)
    counts = np.bincount(starts)
    assert len(counts) == 12  # the last window ends with the text
    assert np.abs(counts - 4000 / 12).max() < 5 * np.sqrt(4000 / 12)


@pytest.mark.parametrize("config", [RAVEN, replace(PRE, d_model=48, d_ff=100, tie_weights=False)])
def test_fresh_weights_are_drawn_as_the_package_draws_them(bare_page, config):
    """The same names and shapes; norms and biases exactly; the rest by mean and spread."""
    found = bare_page.evaluate(
        """(config) => Object.fromEntries(Object.entries(tinytx.fresh_state(
          tinytx.make_config(config), tinytx.default_rng(4), "float64"))
          .map(([name, value]) => [name, packed(value)]))""",
        {name: value for name, value in config.to_dict().items() if name not in NOTHING},
    )
    wanted = manual.GPT(config, np.random.default_rng(0), np.float64).state_dict()
    assert {*found} == {*wanted}
    for name, value in wanted.items():
        mine = got(found[name])
        assert mine.shape == value.shape
        if value.ndim == 1:
            assert (mine == value).all()
            continue
        std = config.residual_std if name.endswith(("o_proj.weight", "down_proj.weight")) else (
            config.init_std)  # fmt: skip
        error = std / np.sqrt(value.size)
        assert abs(mine.mean()) < 5 * error
        assert abs(mine.std() - std) < 5 * error
        assert np.abs(mine).max() > 2.5 * std


def test_the_raven_of_the_page_is_that_of_the_package(bare_page):
    found = bare_page.evaluate("() => tinytx.make_config({ ...tinytx.RAVEN, vocab_size: 57 })")
    wanted = RAVEN.to_dict()
    assert found == {name: wanted[name] for name in found}
    assert {*wanted} - {*found} == NOTHING
