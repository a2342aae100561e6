"""Files of Hugging Face's and of GPT-2 give the ids that ``tokenizers`` gives; others are named."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizer_reference import SPECIALS, settled_text
from tokenizers import (
    AddedToken,
    ByteLevelBPETokenizer,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import GPT2Tokenizer

from tinytx.data import raven
from tinytx.tokenizers import BPETokenizer
from tinytx.tokenizers.huggingface import stand_ins
from tinytx.tokenizers.patterns import ORIGINAL

EOT = "<|endoftext|>"
TEXT = raven() + "中文字 \r\n\r\n   x 123 \n  " * 9
CHARACTERS = {byte: char for char, byte in stand_ins().items()}


def byte_level(**options):
    return pre_tokenizers.ByteLevel(**{"add_prefix_space": False, **options})


def split(pattern, behavior="isolated", invert=False):
    cut = pre_tokenizers.Split(Regex(pattern), behavior, invert)
    return pre_tokenizers.Sequence([cut, byte_level(use_regex=False)])


def trained(pre_tokenizer=None, specials=(), added=(), **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer or byte_level(), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=list(specials), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


THEIRS = {
    "as trained": trained(),
    "special tokens in front": trained(specials=SPECIALS),
    "special tokens behind": trained(added=[AddedToken(s, special=True) for s in SPECIALS]),
    "added tokens": trained(specials=[EOT], added=["ravenΔ", "never"]),
    "cl100k's pattern": trained(split(ORIGINAL["cl100k"]), SPECIALS),
    "only what matches": trained(split(ORIGINAL["cl100k"], "removed", invert=True)),
    "a pattern of its own": trained(split(r"\p{L}+|\s++|[^\s\p{L}]+")),
    "no words": trained(byte_level(use_regex=False), SPECIALS),
    "ignore_merges": trained(specials=SPECIALS, ignore_merges=True),
}
each = pytest.mark.parametrize("name", THEIRS)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers")
    for number, theirs in enumerate(THEIRS.values()):
        theirs.save(str(folder / f"{number}.json"))
    return {
        name: BPETokenizer.from_hf(folder / f"{number}.json") for number, name in enumerate(THEIRS)
    }


@each
@given(text=settled_text)
@settings(max_examples=300)
def test_the_ids_are_theirs(name, ours, text):
    ids = THEIRS[name].encode(text, add_special_tokens=False).ids
    assert ours[name].encode(text) == ids
    assert ours[name].decode(ids) == text


@each
def test_what_was_read_is_a_tokenizer_like_any_other(name, ours, tmp_path):
    tokenizer, text = ours[name], TEXT + EOT
    ids = tokenizer.encode(text)
    tokenizer.save(tmp_path / "own.json")
    loaded = BPETokenizer.load(tmp_path / "own.json")
    assert loaded.encode(text) == list(tokenizer.encode_iterable([text])) == ids
    assert (loaded.vocab, loaded.merges) == (tokenizer.vocab, tokenizer.merges)
    assert tokenizer.vocab_size == THEIRS[name].get_vocab_size()
    ordinary = tokenizer.encode(text, allowed_special=())
    assert tokenizer.to_tiktoken().encode_ordinary(text) == ordinary
    learned = 300 - len(tokenizer.special_tokens)
    first = tokenizer.truncate(300)
    assert len(first.vocab) == 300
    assert first.vocab.items() <= tokenizer.vocab.items() or name == "special tokens behind"
    assert len(first.merges) == learned - 256


def test_merges_are_pairs_of_ids():
    vocab = {char: number + 7 for number, char in enumerate(sorted(stand_ins()))}
    vocab |= {"th": 900, "the": 2}
    tokenizer = read(vocab, [["t", "h"], ["th", "e"]])
    assert tokenizer.vocab[900] == b"th"
    assert tokenizer.merges == [(vocab["t"], vocab["h"]), (900, vocab["e"])]
    assert tokenizer.encode("the th") == [2, vocab["Ġ"], 900]
    with pytest.raises(ValueError, match=r"^the ids are not in the order of the merges, which is"):
        tokenizer.to_tiktoken()


def read(vocab, merges, path=None, **changes):
    """Read a ``tokenizer.json`` with this vocabulary."""
    state = json.loads(trained().to_str())
    state["model"] |= {"vocab": vocab, "merges": merges}
    state |= changes
    path = path or READ / "tokenizer.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    return BPETokenizer.from_hf(path)


@pytest.fixture(autouse=True, scope="module")
def a_folder(tmp_path_factory):
    global READ
    READ = tmp_path_factory.mktemp("read")


pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=9)


def written_by_hand(numbers):
    """Return merges of the letters a, b, c: of two tokens that are there, none spelled twice."""
    names, merges = ["a", "b", "c"], []
    for a, b in numbers:
        left, right = names[a % len(names)], names[b % len(names)]
        if left + right not in names:
            names.append(left + right)
            merges.append((left, right))
    return names, merges


@given(numbers=pairs, text=st.text("abc", max_size=20))
@settings(max_examples=500)
def test_merges_written_by_hand_join_just_their_pairs(numbers, text):
    names, merges = written_by_hand(numbers)
    order = [97, 98, 99, *range(97), *range(100, 256)]
    vocab = {CHARACTERS[byte]: i for i, byte in enumerate(order)}
    vocab |= {name: i for i, name in enumerate(names[3:], 256)}
    theirs = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    number = {name: vocab[name] for name in names}
    ours = BPETokenizer.from_merges([(number[a], number[b]) for a, b in merges], byte_order=order)
    assert ours.encode(text) == theirs.encode(text).ids
    with contextlib.suppress(ValueError):  # tiktoken would join other pairs that spell the same
        assert ours.to_tiktoken().encode(text) == ours.encode(text)


def test_a_list_of_every_way_to_spell_a_token_is_read(tmp_path):
    """So are files that ``transformers`` makes of a tiktoken vocabulary, such as Llama 3's."""
    theirs = trained(specials=[EOT], ignore_merges=True)
    state = json.loads(theirs.to_str())
    vocab = state["model"]["vocab"]
    ways = [
        (name[:i], name[i:])
        for name in sorted(vocab, key=vocab.get)
        for i in range(1, len(name))
        if name != EOT and name[:i] in vocab and name[i:] in vocab
    ]
    assert len(ways) > len(state["model"]["merges"])
    state["model"]["merges"] = ways
    (tmp_path / "tokenizer.json").write_text(json.dumps(state), encoding="utf-8")
    ours, theirs = BPETokenizer.from_hf(tmp_path), Tokenizer.from_str(json.dumps(state))
    assert ours.encode(TEXT + EOT) == theirs.encode(TEXT + EOT).ids
    state["model"]["merges"] = ways[::-1]
    (tmp_path / "tokenizer.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"its merges make '.*' in several ways: here there is one"
    ):
        BPETokenizer.from_hf(tmp_path)


# --- vocab.json and merges.txt


@pytest.fixture
def gpt2(tmp_path):
    """A folder as GPT-2's: bytes, merges, and the end of text behind them."""
    ordinary = json.loads(trained().to_str())["model"]
    vocab = {**ordinary["vocab"], EOT: 500}
    (tmp_path / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    merges = "".join(f"{a} {b}\n" for a, b in ordinary["merges"])
    (tmp_path / "merges.txt").write_text(f"#version: 0.2\n{merges}", encoding="utf-8")
    return tmp_path


def test_a_folder_of_gpt2(gpt2):
    theirs, ours = GPT2Tokenizer.from_pretrained(gpt2), BPETokenizer.from_hf(gpt2)
    assert (ours.pattern, ours.special_tokens) == ("gpt2", {EOT: 500})
    for text in (TEXT, EOT, f" {EOT}{EOT}a", "I'll 中文  \n"):
        assert ours.encode(text) == theirs.encode(text)
        assert ours.decode(theirs.encode(text)) == text
    assert ours.merges == BPETokenizer.from_tiktoken(ours.to_tiktoken()).merges


def test_windows_line_ends_no_head_and_byte_order_marks(gpt2):
    expected = BPETokenizer.from_hf(gpt2).encode(TEXT)
    merges = (gpt2 / "merges.txt").read_bytes().removeprefix(b"#version: 0.2\n")
    (gpt2 / "merges.txt").write_bytes(b"\xef\xbb\xbf" + merges.replace(b"\n", b"\r\n"))
    vocab = (gpt2 / "vocab.json").read_bytes()
    (gpt2 / "vocab.json").write_bytes(b"\xef\xbb\xbf" + vocab)
    assert BPETokenizer.from_hf(gpt2).encode(TEXT) == expected


def test_the_tokenizer_json_of_a_folder_comes_first(gpt2):
    GPT2Tokenizer.from_pretrained(gpt2).save_pretrained(gpt2)
    expected = BPETokenizer.from_hf(gpt2 / "tokenizer.json")
    (gpt2 / "vocab.json").write_text("{}")
    assert BPETokenizer.from_hf(gpt2).vocab == expected.vocab
    assert BPETokenizer.from_hf(str(gpt2)).special_tokens == {EOT: 500}


@pytest.mark.parametrize(
    "beside",
    [
        {"added_tokens.json": {"<pad>": 1}},
        {"special_tokens_map.json": {"pad_token": "<pad>", "additional_special_tokens": [EOT]}},
        {"special_tokens_map.json": {"additional_special_tokens": ["<pad>"]}},
        {"special_tokens_map.json": {"pad_token": {"content": "<pad>", "lstrip": False}}},
        {"tokenizer_config.json": {"pad_token": "<pad>", "bos_token": None, "add_bos_token": True}},
        {"tokenizer_config.json": {"added_tokens_decoder": {"1": {"content": "<pad>"}}}},
    ],
    ids=str,
)
def test_special_tokens_that_files_beside_it_name(beside, tmp_path):
    theirs = ByteLevelBPETokenizer()
    theirs.train_from_iterator([TEXT], 400, special_tokens=[EOT, "<pad>"], show_progress=False)
    theirs.save_model(str(tmp_path))
    message = r"its vocabulary has \['<pad>'\], which no merge makes and no file calls special; if"
    with pytest.raises(ValueError, match=message):
        BPETokenizer.from_hf(tmp_path)
    told = BPETokenizer.from_hf(tmp_path, special_tokens=[EOT, "<pad>"])
    for name, content in beside.items():
        (tmp_path / name).write_text(json.dumps(content))
    text = f"{TEXT}<pad>{EOT} <pad>"
    for ours in (BPETokenizer.from_hf(tmp_path), told):
        assert ours.special_tokens == {EOT: 0, "<pad>": 1}
        assert ours.encode(text) == theirs.encode(text).ids


# --- what is refused


def normal(content, **options):
    return {"id": 500, "content": content, "special": False, **options}


def changed(*path, to):
    """Return what changes one entry of the file's JSON."""

    def change(state):
        for key in path[:-1]:
            state = state[key]
        if to is None:
            del state[path[-1]]
        else:
            state[path[-1]] = to

    return change


NFC = json.loads(normalizers.NFC().__getstate__())
WRONG = [
    (changed("model", "type", to="Unigram"), "its model is 'Unigram' and must be a BPE"),
    (changed("model", "type", to="WordPiece"), "its model is 'WordPiece' and must be a BPE"),
    (changed("model", to=None), "it has no model; give a tokenizer.json, or the folder that"),
    (changed("model", "dropout", to=0.1), "its dropout is 0.1, which merges at random"),
    (changed("model", "end_of_word_suffix", to="</w>"), "its end_of_word_suffix is '</w>'"),
    (changed("model", "continuing_subword_prefix", to="##"), "prefix is '##', which bytes do not"),
    (changed("model", "merges", to=None), "'merges' is missing"),
    (changed("model", "merges", 3, to=["t"]), r"merges\[3\] is \['t'\] and must be two tokens"),
    (changed("model", "merges", 0, to=["the", "q"]),
     r"its vocabulary lacks \['theq'\], which its merges make"),
    (changed("model", "merges", 0, to=["Ġt", "h"]), "make 'Ġth' in several ways: here there is"),
    (lambda state: state["model"]["merges"].reverse(), "joins .*, which are not both there by"),
    (changed("model", "merges", to=7), "it is damaged"),
    (changed("model", "vocab", to=[["a", 0.5]]), "its vocabulary is .* and must be ids by token"),
    (changed("model", "vocab", "A", to=None), r"lacks the bytes \['0x41'\]; give a byte-level one"),
    (changed("model", "vocab", "A", to="one"), "it is damaged"),
    (changed("model", "vocab", "A", to=-1), "ids must be different integers of at least 0"),
    (changed("model", "vocab", "A", to=300), "ids must be different integers of at least 0"),
    (changed("model", "vocab", "xyz", to=777), r"has \['xyz'\], which no merge makes"),
    (changed("normalizer", to=NFC), "its normalizer 'NFC' changes a text, and here none is"),
    (changed("normalizer", to={"type": "Lowercase"}), "its normalizer 'Lowercase' changes a text"),
    (changed("decoder", to={"type": "WordPiece"}), "its decoder is 'WordPiece' and must be Byte"),
    (changed("pre_tokenizer", to=None), "its pre-tokenizer is 'none' and must be ByteLevel, or"),
    (changed("pre_tokenizer", to={"type": "Metaspace"}), "its pre-tokenizer is 'Metaspace' and"),
    (changed("pre_tokenizer", "add_prefix_space", to=True), "add_prefix_space is true, which puts"),
    (changed("pre_tokenizer", to=json.loads(split("a").__getstate__())["pretokenizers"][0]),
     "its pre-tokenizer is 'Split' and must be ByteLevel"),
    (changed("pre_tokenizer", to=json.loads(split("a", "merged_with_next").__getstate__())),
     "its Split has {'behavior': 'MergedWithNext', 'invert': False}, and its matches must"),
    (changed("pre_tokenizer", to=json.loads(split(r"\p{N}{1,3}+|.").__getstate__())),
     r"its pattern has '}\+', which means another thing to Hugging Face's regular expressions"),
    (changed("pre_tokenizer", to=json.loads(split(r"a$|\$").__getstate__())), "pattern has '\\$'"),
    (changed("pre_tokenizer", to={"type": "Sequence", "pretokenizers": [
        json.loads(split("a").__getstate__())["pretokenizers"][0],
        json.loads(byte_level(use_regex=True).__getstate__())]}), "cuts twice: by Split, and by"),
    (changed("added_tokens", to=[normal("<m>", lstrip=True)]),
     "the added token '<m>' has lstrip, which is not done here"),
    (changed("added_tokens", to=[normal("<m>", single_word=True)]), "'<m>' has single_word, which"),
    (changed("added_tokens", to=[normal("abc", normalized=True), normal("cd", normalized=False)]),
     "the added tokens 'cd' and 'abc' overlap, and are looked for one after the other"),
    (changed("added_tokens", to=[normal("A")]), "the special token 'A' has no id, or two"),
    (changed("added_tokens", to=[normal("")]), r"special_tokens\[0\] is ''; give strings that are"),
    (changed("added_tokens", to=[{"id": 500}]), "'content' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_what_cannot_be_read_is_named_in_one_line(change, message, tmp_path):
    state = json.loads(trained().to_str())
    change(state)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        BPETokenizer.from_hf(tmp_path)
    assert str(caught.value).startswith(f"{path} cannot be read as a BPETokenizer: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "is not a JSON object"),
        (b"{", r"is not JSON \(Expecting"),
        (b"\xff\xfe{\x00", "is not JSON .*can't decode byte 0xff"),
        (b'{"a":' * 100_000, r"is not JSON \(it is nested too deeply\)"),
        (b"9" * 5000, "is not JSON"),
    ],
)
def test_what_is_no_json_is_named_in_one_line(content, message, gpt2):
    for name in ("tokenizer.json", "vocab.json"):
        (gpt2 / name).write_bytes(content)
        with pytest.raises(ValueError, match=message) as caught:
            BPETokenizer.from_hf(gpt2)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
        (gpt2 / name).unlink()


def test_missing_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"it holds no tokenizer\.json, and no vocab\.json either"):
        BPETokenizer.from_hf(tmp_path)
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(ValueError, match=r"it holds no tokenizer\.json, and no merges\.txt either"):
        BPETokenizer.from_hf(tmp_path)
    with pytest.raises(
        ValueError, match=r"^cannot read .*/none \(No such file or directory\); che"
    ):
        BPETokenizer.from_hf(tmp_path / "none")


def test_special_tokens_are_a_list(gpt2):
    with pytest.raises(ValueError, match=r"^special_tokens must be a list of strings, got '<pad>'"):
        BPETokenizer.from_hf(gpt2, special_tokens="<pad>")
    with pytest.raises(ValueError, match="the special token '<pad>' has no id, or two different"):
        BPETokenizer.from_hf(gpt2, special_tokens=[EOT, "<pad>"])


def test_a_space_in_front_is_refused_in_a_folder_too(gpt2):
    (gpt2 / "tokenizer_config.json").write_text('{"add_prefix_space": true}')
    with pytest.raises(ValueError, match="add_prefix_space is true: it puts a space in front"):
        BPETokenizer.from_hf(gpt2)
    (gpt2 / "tokenizer_config.json").write_text('{"pad_token": "<pad>"}')
    with pytest.raises(ValueError, match="the special token '<pad>' has no id, or two different"):
        BPETokenizer.from_hf(gpt2)
