"""What wrong results have in common with the right ones, told where no mistake is named."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import Check
from tinytx.checks.patterns import common

A = np.random.default_rng(0).standard_normal((3, 4, 5))
B = np.random.default_rng(1).standard_normal((2, 4, 5))


def emptied(axis, at):
    def change(x):
        out = np.moveaxis(x.copy(), axis, 0)
        out[at] = 0
        return np.moveaxis(out, 0, axis)

    return change


def one_wrong(x):
    out = x.copy()
    out[-1, 2, 1] += 1
    return out


ARRAYS = {
    "the order along axis -2 is turned round": lambda x: x[:, ::-1],
    "all along axis -1 stands one place too far on": lambda x: np.roll(x, 1, -1),
    "all along axis -1 stands one place too far back": lambda x: np.roll(x, -1, -1),
    "everything along axis -3 is that of the first place": lambda x: x[:1] + 0 * x,
    "everything along axis -2 is that of the last place": lambda x: x[:, -1:] + 0 * x,
    "only the last place along axis -2 is wrong and stays zero": emptied(-2, -1),
    "only the first place along axis -1 is wrong and stays zero": emptied(-1, 0),
    "only all but the first place along axis -3 is wrong and stays zero": emptied(
        -3, slice(1, None)
    ),
    "it has the opposite sign": lambda x: -x,
    "it is right, but rounded to 1 decimals": lambda x: x.round(1),
    "the same amount is added to every entry": lambda x: x + 3,
    "every entry is right to within a hundredth": lambda x: x.astype(np.float16).astype(float),
    "the numbers are right and stand in other places": lambda x: x.reshape(-1)[
        np.random.default_rng(2).permutation(x.size)
    ].reshape(x.shape),
    "one single entry is wrong": one_wrong,
    "wherever it is wrong it is zero": lambda x: np.where(x > 0.3, 0, x),
    "wherever it is wrong it is nan": lambda x: np.where(x > 0.3, np.nan, x),
}


@pytest.mark.parametrize("says", ARRAYS)
def test_a_pattern_of_arrays_is_seen(says):
    change = ARRAYS[says]
    found = common([(change(A), A), (change(B), B)])
    assert found.startswith(says)


@pytest.mark.parametrize("says", ARRAYS)
def test_a_pattern_has_to_hold_on_all_inputs(says):
    found = common([(ARRAYS[says](A), A), (2 * B + 1, B)])
    assert found == ""


def test_square_axes_that_have_changed_places():
    x = np.random.default_rng(0).standard_normal((2, 3, 3))
    assert common([(x.swapaxes(1, 2), x)]) == "axes -2 and -1 have changed places"


def test_few_entries_show_nothing():
    assert common([(np.array([1.0, 2.0]), np.array([2.0, 1.0]))]) == ""
    assert common([(np.ones(1), np.zeros(1)), (A[:, ::-1], A)]) != ""


def test_one_of_several_results():
    found = common([((A, B[:, ::-1]), (A, B)), ((B, A[:, ::-1]), (B, A))])
    assert found == "all is right but entry 1, and there the order along axis -2 is turned round"
    other = B[::-1]
    assert common([((other, B), (B, other))]) == (
        "entries 0 and 1 of what came back have changed places"
    )


LISTS = {
    "the order is turned round": lambda xs: xs[::-1],
    "the end is missing, and what is there is right": lambda xs: xs[:-1],
    "the beginning is missing, and what is there is right": lambda xs: xs[1:],
    "it is right, with something after it": lambda xs: [*xs, 99],
    "it is right, with something before it": lambda xs: [99, *xs],
    "the entries are right and stand in another order": sorted,
    "what should be there more than once is there once": lambda xs: list(dict.fromkeys(xs)),
    "some entries are missing, and there is nothing else": lambda xs: [x for x in xs if x != 5],
    "all entries are there, and some that should not be": lambda xs: [7, *xs, 9],
}


@pytest.mark.parametrize("says", LISTS)
def test_a_pattern_of_lists_is_seen(says):
    lists = [[3, 5, 1, 3, 2], [8, 5, 1, 1]]
    assert common([(LISTS[says](xs), xs) for xs in lists]) == says


def test_a_verdict_without_a_name_tells_the_pattern():
    cases = [(A,), (B,), (np.zeros((1, 1, 1)),)]
    check = Check("same", "same(x)", lambda x: x + 1, cases, [], "Same")
    text = " ".join(str(check.run(lambda x: (x + 1)[:, ::-1])).split())
    assert "On every input that goes wrong, the order along axis -2 is turned round." in text
    assert "On every input" not in str(check.run(lambda x: 2 * x))
    assert "On every input" not in str(check.run(lambda x: x[0]))
