"""Byte-pair encoding in the page is byte-pair encoding in the package, merge by merge."""

import random
from pathlib import Path

import pytest

from tinytx import figures
from tinytx.figures.visible import visible
from tinytx.tokenizers import BPETokenizer
from tinytx.tokenizers.patterns import compile_pattern

from .samples import IMG, TEXT

MERGES = """([text, pattern]) => {
  const { steps, vocab } = window.bpe.train(text, pattern, Infinity);
  return steps.slice(1).map(({merge}) => [merge.a, merge.b]);
}"""
STATIC = Path(figures.__file__).parent / "static"


@pytest.fixture
def bpe(visit, tmp_path):
    """A page with the algorithm alone, to call it directly."""
    path = tmp_path / "bpe.html"
    path.write_text("<!doctype html><title>bpe</title>")
    page = visit(path)
    scripts = [(STATIC / name).read_text(encoding="utf-8") for name in ("kit.js", "bpe.js")]
    names = "{ train, pretokens, parts, visible }"
    page.evaluate("(() => {" + "\n".join(scripts) + f"window.bpe = {names}; }})()")
    return page


TRAINED = [
    TEXT,
    "aaaa aaa aaaaaaa",
    "ab ba ab ba cd dc cd dc",  # ties
    "abcd abcd abc ab bcd bcd cd",
    "naïve naïveté café — “Zürich”, Zürich 日本 日本語 🙂🙂👩‍👩‍👧",
    "It's 12345 o'clock, they'll say IT'S 12345\n\n  two  spaces\t\ttabs\r\n\r\n  end   ",
    "a\ufeffb\ufeff c\x85d\x85 e\x1cf\x1c g\u2028h\u2028 \u00a0\u00a0x \u3000y",
    "'ſ 'ſ 'S 's 'LL 'll",
    IMG * 3,
]


def rule(pattern):
    return pattern or r"(?s:.+)"


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", None])
def test_merges_are_those_of_the_package(bpe, pattern):
    for text in TRAINED:
        merges = [tuple(pair) for pair in bpe.evaluate(MERGES, [text, pattern])]
        trained = BPETokenizer.train(text, 256 + len(merges), pattern=rule(pattern))
        assert merges == list(trained.merges), text
        assert merges, text


def test_merges_of_random_texts_are_those_of_the_package(bpe):
    source = random.Random(1)
    for round_number in range(60):
        letters = source.choice(["ab", "abc ", "aé\n ", "日本 \u00a0", "xy0'1 ,s"])
        text = "".join(source.choices(letters, k=source.randint(1, 200)))
        pattern = source.choice(["gpt2", "cl100k", None])
        merges = [tuple(pair) for pair in bpe.evaluate(MERGES, [text, pattern])]
        trained = BPETokenizer.train(text, 256 + len(merges), pattern=rule(pattern))
        assert merges == list(trained.merges), (round_number, pattern, text)


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k"])
def test_text_is_split_as_in_the_package(bpe, pattern):
    source = random.Random(2)
    signs = "ab'sSlvre19 \n\r\t\x0b\x1c\x85\ufeff\u00a0\u2028\u200b—é日🙂ſ²Ⅷ_"
    for _ in range(300):
        text = "".join(source.choices(signs, k=source.randint(1, 30)))
        split = bpe.evaluate("([t, p]) => window.bpe.pretokens(t, p)", [text, pattern])
        assert split == compile_pattern(pattern).split(text), repr(text)


def test_bytes_read_as_in_python(bpe):
    source = random.Random(3)
    tries = [bytes(source.choices(range(256), k=6)) for _ in range(300)]
    tries += [c.encode() for c in " \n\r\té日🙂\x00\x7f\xad\u200d\u00a0\ufeff\ue000\u0301"]
    tries += [b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x99"]
    script = "(all) => all.map((one) => window.bpe.visible(Uint8Array.from(one)))"
    shown = bpe.evaluate(script, [list(data) for data in tries])
    assert shown == [visible(data) for data in tries]
