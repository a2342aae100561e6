"""Learners' values: how they are copied and compared, and how a difference is put in words."""

from collections import Counter

import numpy as np

from tinytx.checks.values import Foreign, plain, same
from tinytx.checks.words import difference, finite_fault, shape_fault, type_fault


def test_plain_copies_what_it_can_and_names_the_rest():
    inside = [1]
    kept = plain({"a": inside})
    inside.append(2)
    assert kept == {"a": [1]}
    assert plain(Counter("aa")) == {"a": 2}
    assert plain(iter([])) == Foreign("list_iterator")
    loop = []
    loop.append(loop)
    assert "<list>" in repr(plain(loop))


def test_same_is_exact_for_objects_and_close_for_arrays():
    assert same([1, (2, b"a")], [1, (2, b"a")])
    assert not same([1], (1,))
    assert not same(1.0, 1)
    assert same(float("nan"), float("nan"))
    assert same(np.array([1.0]), np.array([1.0 + 1e-9]))
    assert not same(np.array([1.0]), np.array([1.001]))
    assert not same(np.array([1]), np.array([2]))


def test_differences_are_told_without_the_answer():
    assert difference({(1, 2): 3}, {(1, 2): 2, (4, 4): 1}) == (
        "1 key too few and the value at (1, 2) is too high"
    )
    assert difference("abd", "abc") == "character 2 is wrong: 'd'"
    assert difference(b"abd", b"abc") == "byte 2 is wrong: b'd'"
    assert difference([b"ab", b"c"], [b"a", b"bc"]) == "entry 0 is wrong: b'ab'"
    assert difference(b"ab", b"abcd") == "it is 2 bytes too short"
    assert difference(3, 4) == "it is too low"
    assert difference(float("nan"), 4.0) == "it is no number (nan)"
    assert shape_fault(np.zeros(2), np.zeros(3)) == "the shape is (2,) and should be (3,)"
    assert finite_fault(np.array([1.0, np.inf])) == "1 of 2 numbers is not finite"
    assert type_fault(b"", "") == "bytes came back and a str is asked for"
    assert type_fault("", b"") == "a str came back and bytes are asked for"
    assert type_fault([b""], [1]) == "entry 0 is bytes and an int is asked for"
    assert type_fault([7], [b""]) == (
        "entry 0 is an int and bytes are asked for: going through bytes gives integers"
    )
    says = type_fault([(1, 2, "x")], [(1, 2, 3)])
    assert says == "in entry 0, entry 2 is a str and an int is asked for"
