import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizer_reference import any_text

from tinytx.data import raven
from tinytx.tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer

EOT = "<|endoftext|>"
PATTERNS = ["gpt2", "cl100k", r"\p{L}+|[\s\S]"]


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "bpe.json"
    BPETokenizer.train(raven(), 300, [EOT]).save(path)
    return path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_file_keeps_everything(tmp_path, pattern):
    path = tmp_path / "bpe.json"
    tokenizer = BPETokenizer.train(raven(), 400, [EOT, "é\n"], pattern)
    tokenizer.save(path)
    loaded = BPETokenizer.load(path)
    for name in ("vocab", "merges", "special_tokens", "pattern", "vocab_size"):
        assert getattr(loaded, name) == getattr(tokenizer, name)
    assert loaded.encode(raven() + EOT) == tokenizer.encode(raven() + EOT)
    assert repr(loaded) == repr(tokenizer)
    again = tmp_path / "again.json"
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


def test_pickle_keeps_everything_but_the_cache():
    tokenizer = BPETokenizer.train(raven(), 400, [EOT], "cl100k")
    tokenizer.encode(raven())
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy._cache == {}
    assert copy.encode(raven() + EOT) == tokenizer.encode(raven() + EOT)


@given(st.randoms())
def test_bytes_in_any_order(random):
    order = list(range(256))
    random.shuffle(order)
    tokenizer = BPETokenizer.from_merges([(0, 1), (256, 2)], [EOT], byte_order=order)
    text = bytes(order[:3]).decode("latin-1") + "any é"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.merges == [(0, 1), (256, 2)]
    assert tokenizer.token_bytes(257) == bytes(order[:3])


@pytest.mark.parametrize("kind", [CharTokenizer, ListOpsTokenizer])
def test_the_file_of_another_tokenizer_is_refused(kind, saved):
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=rf"holds type 'BPETokenizer', not a {kind.__name__}; use"):
        kind.load(saved)
    assert saved.read_bytes() == before


@pytest.mark.parametrize(
    "tokenizer",
    [CharTokenizer("abé"), ListOpsTokenizer(), BPETokenizer.from_merges([(1, 2)], ["<"])],
    ids=lambda tokenizer: type(tokenizer).__name__,
)
def test_a_file_cut_short_is_refused_at_every_length(tokenizer, tmp_path):
    whole = tmp_path / "whole.json"
    tokenizer.save(whole)
    content = whole.read_bytes().rstrip()
    cut = tmp_path / "cut.json"
    for length in range(len(content)):
        cut.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"cut\.json is not a complete JSON file") as error:
            tokenizer.load(cut)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "has format version 2, this tinytx reads 1"),
        ({"version": None}, "has format version None"),
        ({"type": "Other"}, "holds type 'Other', not a BPETokenizer"),
        ({"merges": ...}, "is damaged: 'merges' is missing"),
        ({"merges": [[97, 98], [97, 300]]}, r"merges\[1\] is \[97, 300\], not two ids below 257"),
        ({"merges": [[97, 98, 99]]}, r"merges\[0\] is \[97, 98, 99\]"),
        ({"merges": [["a", "b"]]}, r"merges\[0\] is \['a', 'b'\]"),
        ({"merges": [97]}, r"merges\[0\] is 97, not two ids below 256"),
        ({"merges": 7}, "is damaged"),
        ({"merges": [[97, 98], [97, 98]]}, "two of the tokens spell the same bytes"),
        ({"byte_order": [0] * 256}, "must begin with the 256 single bytes"),
        ({"byte_order": list(range(255))}, "is damaged"),
        ({"byte_order": [999] * 256}, "is damaged"),
        ({"special_tokens": {EOT: 5}}, "id 5; give each an integer of its own, 299 or more"),
        ({"special_tokens": {EOT: 300, "b": 300}}, "gives 'b' the id 300"),
        ({"special_tokens": {"": 300}}, "strings that are not empty"),
        ({"special_tokens": 7}, "special_tokens must be a list"),
        ({"pattern": "("}, "nor a valid regular expression"),
        ({"pattern": None}, "pattern must be"),
        ({"ids": [1, 2]}, "ids has 2 entries and must have one for each of 299 tokens"),
        ({"ids": list(range(300))}, "ids has 300 entries and must have one for each of 299 tokens"),
        ({"ids": [0] * 299}, "ids must be different integers of at least 0"),
        ({"ids": list(range(1, 300))}, "special_tokens gives '<|endoftext|>' the id 299; give"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(saved, change, message):
    content = json.loads(saved.read_text()) | change
    content = {key: value for key, value in content.items() if value is not ...}
    saved.write_text(json.dumps(content))
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=message) as error:
        BPETokenizer.load(saved)
    assert str(error.value).startswith(f"load: {saved} ")
    assert "\n" not in str(error.value)
    assert saved.read_bytes() == before


@pytest.mark.parametrize("content", [b"[1, 2]", b"7", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"foreign\.json is not a (tokenizer|complete JSON) file"):
        BPETokenizer.load(path)


@pytest.mark.parametrize(
    "tokenizer",
    [CharTokenizer("abé"), ListOpsTokenizer(), BPETokenizer.from_merges([(1, 2)], ["<"])],
    ids=lambda tokenizer: type(tokenizer).__name__,
)
def test_a_byte_order_mark_in_front_is_dropped(tokenizer, tmp_path):
    path = tmp_path / "marked.json"
    tokenizer.save(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert tokenizer.load(path).to_dict() == tokenizer.to_dict()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read .*none\.json \(No such file"):
        BPETokenizer.load(tmp_path / "none.json")


def test_a_failed_save_leaves_the_old_file(saved):
    before = saved.read_bytes()
    broken = BPETokenizer([*(bytes([byte]) for byte in range(256)), b"abc"])  # no merge makes it
    with pytest.raises(ValueError, match=r"token 256 \(b'abc'\) does not join two earlier tokens"):
        broken.save(saved)
    assert saved.read_bytes() == before


@given(any_text)
def test_any_special_token_survives_a_file(tmp_path_factory, special):
    if not special:
        return
    path = tmp_path_factory.mktemp("bpe") / "bpe.json"
    BPETokenizer.from_merges([], [special]).save(path)
    loaded = BPETokenizer.load(path)
    assert loaded.encode(special) == [256]
    assert loaded.decode(loaded.encode(f"a{special}b")) == f"a{special}b"
