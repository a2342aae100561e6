"""What a tokenizer hands out is asked for at no cost, and cannot be used to damage it."""

import copy
import json
import operator
import pickle

import pytest

from tinytx.data import article1, raven
from tinytx.data.tales import vocabulary
from tinytx.tokenizers import BPETokenizer, CharTokenizer
from tinytx.tokenizers.stream import Splitter

EOT = "<|endoftext|>"


def trained():
    return BPETokenizer.train(raven(), 400, [EOT])


HANDED_OUT = {
    "vocab": (lambda: trained().vocab, dict),
    "special_tokens": (lambda: trained().special_tokens, dict),
    "merges": (lambda: trained().merges, list),
    "recovered merges": (lambda: BPETokenizer.from_tiktoken(trained().to_tiktoken()).merges, list),
    "chars": (lambda: CharTokenizer("abc").chars, list),
}
each = pytest.mark.parametrize(("make", "kind"), HANDED_OUT.values(), ids=HANDED_OUT)
CHANGES = {
    dict: [
        lambda d: operator.setitem(d, 0, 1),
        lambda d: operator.delitem(d, next(iter(d))),
        lambda d: operator.ior(d, {0: 1}),
        lambda d: d.clear(),
        lambda d: d.pop(next(iter(d))),
        lambda d: d.popitem(),
        lambda d: d.setdefault("new", 1),
        lambda d: d.update({0: 1}),
    ],
    list: [
        lambda x: operator.setitem(x, 0, 1),
        lambda x: operator.delitem(x, 0),
        lambda x: operator.iadd(x, [1]),
        lambda x: operator.imul(x, 2),
        lambda x: x.append(1),
        lambda x: x.extend([1]),
        lambda x: x.insert(0, 1),
        lambda x: x.remove(x[0]),
        lambda x: x.pop(),
        lambda x: x.clear(),
        lambda x: x.sort(),
        lambda x: x.reverse(),
    ],
}


@each
def test_it_cannot_be_changed(make, kind):
    value, before = make(), make()
    for change in CHANGES[kind]:
        with pytest.raises(TypeError, match=rf"cannot change: copy it, {kind.__name__}\(…\)"):
            change(value)
    assert value == before


@each
def test_it_is_otherwise_what_it_was(make, kind):
    value = make()
    plain = kind(value)
    assert value == plain
    assert plain == value
    assert repr(value) == repr(plain)
    assert isinstance(value, kind)
    assert pickle.loads(pickle.dumps(value)) == plain
    assert type(copy.deepcopy(value)) is kind
    copied = copy.copy(value)
    copied.clear()  # a copy may be changed
    assert value == plain


def test_json_takes_it():
    tokenizer = trained()
    assert json.loads(json.dumps(tokenizer.special_tokens)) == {EOT: 399}
    assert json.loads(json.dumps(tokenizer.merges[:1])) == [list(tokenizer.merges[0])]


def test_the_state_of_a_file_is_a_copy():
    for tokenizer in (trained(), CharTokenizer("abc")):
        state, before = tokenizer.to_dict(), tokenizer.to_dict()
        for value in state.values():
            if isinstance(value, dict | list):
                value.clear()
        assert tokenizer.to_dict() == before


def test_asking_costs_nothing_however_large_the_vocabulary_is():
    """A property that copies is a loop over the vocabulary that grows with its square."""
    tokenizer = BPETokenizer.from_tiktoken("cl100k_base")
    for name in ("vocab", "special_tokens", "merges"):
        assert getattr(tokenizer, name) is getattr(tokenizer, name)
    assert [tokenizer.vocab[i] for i in range(100_256)][-1] == tokenizer.token_bytes(100_255)


def test_special_tokens_are_not_sorted_anew_for_each_text(monkeypatch):
    made = []
    monkeypatch.setattr(Splitter, "__init__", count_calls(Splitter.__init__, made))
    tokenizer = BPETokenizer.from_merges([], [f"<|{i}|>" for i in range(1000)])
    for _ in range(5):
        assert tokenizer.encode("a<|7|>") == [97, 263]
        assert list(tokenizer.encode_iterable(["<|7", "|>"])) == [263]
    assert len(made) == 1


def count_calls(function, calls):
    def counted(*args, **kwargs):
        calls.append(args)
        return function(*args, **kwargs)

    return counted


def test_texts_are_read_once_and_cannot_be_damaged():
    assert raven() is raven()
    article1().clear()
    assert len(article1()) == 13
    vocabulary().clear()
    assert len(vocabulary()) == 454
