"""Arrays in checks: when two are equal, how they are shown, several results at once."""

from __future__ import annotations

import numpy as np

from tinytx.checks import Check
from tinytx.checks.arrays import close, difference, draw, text
from tinytx.checks.values import plain, same, shown, typed
from tinytx.checks.words import finite_fault, shape_fault, type_fault

from .made import mistake


def test_draw_gives_what_is_shown():
    x = draw(2, 3, seed=5)
    assert (x == draw(2, 3, seed=5)).all()
    assert (x != draw(2, 3, seed=6)).any()
    assert same(eval(typed(x)), x)


def test_close_is_as_strict_as_the_narrower_of_two_floats():
    x = np.array([1.0, 1e-3, 0.0])
    assert close(x, x + 1e-7)
    assert not close(x, x * (1 + 1e-4))
    assert close(x.astype("f4"), x * (1 + 1e-4))
    assert not close(x.astype("f4"), x * 1.01)
    assert not close(x, x.astype(complex))
    assert not close(x, x[None])
    assert close(np.array([np.nan, np.inf]), np.array([np.nan, np.inf]))
    assert not close(np.array([np.inf]), np.array([-np.inf]))
    assert not close(np.array([True]), np.array([1]))


def test_a_small_array_is_written_out_and_a_large_one_told_by_its_shape():
    assert text(np.array([[True, False]])) == "[[True, False]]"
    assert text(np.array([3, -4])) == "[3, -4]"
    assert text(np.array(0.5)) == "0.5"
    assert text(np.array([-300_000.0, 12345.678])) == "[-300000., 12345.678]"
    assert text(np.zeros((9, 9))) == "<array of shape (9, 9)>"
    assert "\n" not in text(draw(3, 4))


def test_several_results_are_shown_and_compared_one_by_one():
    pair = (np.array([1.0]), np.array([2.0, 3.0]))
    assert shown(pair) == "([1.], [2., 3.])"
    assert same(pair, plain(pair))
    assert same({"a": pair[0]}, {"a": pair[0].copy()})
    assert not same({"a": pair[0]}, {"a": pair[1]})
    assert type_fault((pair[0], pair[1].astype(int)), pair) == (
        "entry 1 of what came back: the array's dtype is int64 and float64 is asked for"
    )
    assert shape_fault((pair[0], pair[0]), pair) == (
        "entry 1 of what came back: the shape is (1,) and should be (2,)"
    )
    assert finite_fault((pair[0] * np.nan, pair[1])) == (
        "entry 0 of what came back: the only number is not finite"
    )
    assert type_fault((pair[0], 3), (pair[0], 2)) == ""


def test_a_difference_of_arrays_holds_the_learners_number_and_not_the_right_one():
    says = difference(np.array([[1.25, 7.5]]), np.array([[1.25, 8.75]]))
    assert says == "1 of 2 entries differs, the first at (0, 1): 7.5 is too low"
    assert (
        difference(np.array([[7.5]]), np.array([[8.75]]))
        == "the only entry differs: 7.5 is too low"
    )
    assert "all by the same factor" not in says
    assert "all by the same factor" in difference(draw(2, 3) / 2, draw(2, 3))
    assert "all by the same factor" not in difference(draw(2, 3) * 0, draw(2, 3))


def test_an_integer_that_may_be_an_id_is_wrong_and_not_too_low():
    says = difference(np.array([3, 1]), np.array([3, 2]))
    assert says == "1 of 2 entries differs, the first at (1,): 1 is wrong"


def test_several_results_where_one_is_asked_for():
    array, pair = np.ones(2), (np.ones(2), np.zeros(3))
    assert type_fault(pair, array) == (
        "a tuple came back and an array is asked for: return only the result"
    )
    assert type_fault((1.0, 2.0), array).endswith(": wrap it in np.array(...)")
    assert type_fault(([3], [0.5]), [3]).endswith(": return only the result")
    assert type_fault((3, 4), [3]).endswith(": wrap it in list(...)")


def test_too_many_results_and_too_few():
    array, pair = np.ones(2), (np.ones(2), 0.5)
    for some in ((array,), (0.5,), (array, 0.5, 0.5), (0.5, 0.5, array)):
        assert type_fault(some, pair) == ""  # which is which, nobody knows
        short = len(some) < len(pair)
        assert shape_fault(some, pair) == f"it is 1 entry too {'short' if short else 'long'}"
    assert type_fault([array], [array, array]) == ""
    assert shape_fault([], [array, array]) == "it is 2 entries too short"
    assert shape_fault([1], [1, 2]) == ""  # of a list that grows, a property may say more
    assert type_fault({(1, 2, 3): 1}, {(1, 2): 1}) == "a key has 3 entries and 2 are asked for"
    assert type_fault([(1,)], [(1, 2)]) == "entry 0 has 1 entry and 2 are asked for"


def test_a_masked_array_is_judged_by_its_numbers():
    kept = plain(np.ma.array([1.0, 2.0], mask=[False, True]))
    assert type(kept) is np.ndarray


def test_a_function_among_the_arguments_goes_by_name_and_is_explained():
    def twice(x):
        """Doubling."""
        return 2 * x

    def apply(fn, x):
        return fn(x)

    wrong = mistake("it is not applied", lambda fn, x: x)
    check = Check("apply", "apply(fn, x)", apply, [(twice, 3.0)], [wrong], "PART")
    assert check.run(apply).status == "ok"
    text = check.run(lambda fn, x: x).message
    assert "apply(twice, 3.0) gives 3.0; it is too low." in text
    assert "\n    twice: Doubling.\n" in text


def test_cases_of_arrays_come_in_order_of_their_numbers():
    cases = [(draw(4, 5),), (np.array([1000.0, 2000.0]),), (np.array([[1.0]]),)]
    check = Check("f", "f(x)", lambda x: x, cases, [], "PART")
    assert [args[0].size for args in check.cases] == [1, 2, 20]
