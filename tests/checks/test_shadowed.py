"""A name of Python's or a module's that the notebook has given another value is told of."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import embeddings, tokenization
from tinytx.checks.shadowed import shadowed

ENCODE = """def encode_word(word, merges):
    return list(word)"""
INPUT = """def model_input(ids, tok_emb, pos_emb, scale):
    return scale * tok_emb[np.array(ids)] + pos_emb[:ids.shape[1]]"""


class Odd:
    def __repr__(self):
        raise SystemExit


def defined(source, name="f", **others):
    """Return what a notebook's cell defines, in which some names have other values."""
    space = {"__name__": "__main__", "np": np}
    exec(source, space)
    space.update(others)
    return space[name]


def told(source, **others):
    return [text.partition(" in your notebook")[0] for text in shadowed(defined(source, **others))]


def test_the_line_stands_below_what_was_raised():
    result = tokenization.encode_word.run(defined(ENCODE, "encode_word", list=3))
    assert result.message.splitlines()[:4] == [
        "TypeError: 'int' object is not callable",
        "    It is called as encode_word(word, merges)",
        "    `list` is 3 in your notebook, no longer Python's own. Once no line sets it any more,"
        " `del list` or a restart of the kernel brings that back",
        "    Input: encode_word(b'ab', [])",
    ]
    result = embeddings.model_input.run(defined(INPUT, "model_input", np=3))
    assert "AttributeError: 'int' object has no attribute 'array'" in result.message
    assert "`np` is 3 in your notebook, no longer the module." in result.message
    assert "`import numpy as np` brings that back" in result.message


def test_it_stands_below_a_name_and_other_words_too():
    source = "len = lambda xs: 1\ndef f(ids):\n    return {p: len(ids) for p in zip(ids, ids[1:])}"
    wrong = tokenization.count_pairs.run(defined(source))
    assert wrong.mistake
    assert wrong.message.splitlines()[1].startswith("    `len` is a function of your own in your")
    nothing = tokenization.count_pairs.run(defined("def f(ids):\n    sum", sum=max))
    first, second, third = nothing.message.splitlines()[:3]
    assert first == "None came back: is a `return` missing?"
    assert second.startswith("    `sum` is max in your notebook, ")
    assert third.startswith("    Input: ")


def test_a_right_answer_is_right():
    right = "def model_input(ids, tok_emb, pos_emb, scale):\n    str\n    return g(ids) * 0 + "
    right += "scale * tok_emb[ids] + pos_emb[:ids.shape[1]]\ndef g(ids):\n    return 1"
    result = embeddings.model_input.run(defined(right, "model_input", str=3))
    assert str(result).startswith("[ok]")


@pytest.mark.parametrize(
    ("source", "others", "words"),
    [
        ("def f(x): return int(x)", {"int": float}, ["`int` is float"]),
        ("def f(x): return [sum(y) for y in x]", {"sum": 0}, ["`sum` is 0"]),
        ("def f(x):\n    def g(y): return sum(y)\n    return g(x)", {"sum": 0}, ["`sum` is 0"]),
        ("def f(x): return g(x)\ndef g(x): return f(x), id(x)", {"id": b"a"}, ["`id` is b'a'"]),
        ("from math import *\ndef f(x): return pow(x, 2)", {}, ["`pow` is math.pow"]),
        ("from numpy import *\ndef f(x): return sum(x)", {}, ["`sum` is numpy.sum"]),
        ("def f(x): return max(x)", {"max": np.maximum}, ["`max` is numpy.maximum"]),
        ("def f(x): return max(x)", {"max": [1, 2]}, ["`max` is [1, 2]"]),
        ("def f(x): return max(x)", {"max": [[1], 2]}, ["`max` is a list"]),
        ("def f(x): return max(x)", {"max": Odd()}, ["`max` is a value of type Odd"]),
        ("class max: pass\ndef f(x): return max(x)", {}, ["`max` is a class of your own"]),
        ("def f(x): return max(x)", {"max": np.zeros(99)}, ["`max` is <array of shape (99,)>"]),
        ("def f(x): return set(x), np.sum(x)", {"np": "", "set": {}}, ["`np` is ''", "`set` is a"]),
        ("import functools\n@functools.cache\ndef f(x): return id(x)", {"id": 5}, ["`id` is 5"]),
        ("import functools\ndef g(x): return id(x)\nf = functools.partial(g)", {"id": 5}, ["`id`"]),
        # no name of these is Python's, or of a module, and used
        ("def f(x): return x.max, x[0]", {"max": 3}, []),
        ("def f(x, max): return max(x)", {"max": 3}, []),
        ("def f(x): return open, print, __name__, _", {"open": 3, "print": 4, "_": 5}, []),
        ("def f(x): return re * 2, np", {"re": 3, "np": 3}, []),
        ("import re\ndef f(x): return re.sub, np.exp", {"re": __import__("regex")}, []),
        ("def f(x): return counts[x]", {"counts": {}}, []),
    ],
)
def test_what_is_used_and_what_is_not(source, others, words):
    said = told(source, **others)
    assert len(said) == len(words)
    assert all(text.startswith(word) for text, word in zip(said, words, strict=True)), said


@pytest.mark.parametrize("fn", [len, Odd(), Odd, 3, test_a_right_answer_is_right])
def test_of_other_things_nothing_is_said(fn):
    assert shadowed(fn) == []
