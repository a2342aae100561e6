"""What wrong results have in common with the right ones, told where no mistake is named."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import Check
from tinytx.checks.looks import ELSE, HINTS
from tinytx.checks.patterns import common, shared, slip
from tinytx.checks.slips.kinds import FAMILIES, KINDS

from .made import mistake

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


NAMES = {
    "the order along axis -2 is turned round": lambda x: x[:, ::-1],
    "all along axis -1 stands one place too far on": lambda x: np.roll(x, 1, -1),
    "all along axis -1 stands one place too far back": lambda x: np.roll(x, -1, -1),
    "everything along axis -3 is that of the first place": lambda x: x[:1] + 0 * x,
    "everything along axis -2 is that of the last place": lambda x: x[:, -1:] + 0 * x,
    "the last place along axis -2 stays zero": emptied(-2, -1),
    "the first place along axis -1 stays zero": emptied(-1, 0),
    "the end of the result stays zero": emptied(-3, slice(1, None)),
    "the result has the opposite sign": lambda x: -x,
    "the result is rounded to 1 decimals": lambda x: x.round(1),
    "the result is cut to whole numbers": np.trunc,
    "the result has lost its signs": np.abs,
    "what is negative in the result is cut to zero": lambda x: np.maximum(x, 0),
    "the result is squared": np.square,
    "a softmax is applied to the result": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
    "the result is doubled": lambda x: 2 * x,
    "the result is multiplied by 3": lambda x: 3 * x,
    "3 is added to every number of the result": lambda x: x + 3,
    "what lies above 0.5 is cut off": lambda x: np.minimum(x, 0.5),
    "the numbers have the precision of float16 only": lambda x: x.astype(np.float16).astype(float),
    "the numbers are sorted along axis -1": lambda x: np.sort(x, -1),
    "every place along axis -1 gets the sum of all": lambda x: x.sum(-1, keepdims=True) + 0 * x,
    "every place along axis -2 gets the mean of all": lambda x: x.mean(-2, keepdims=True) + 0 * x,
    "along axis -1 each place gets the sum up to it": lambda x: x.cumsum(-1),
    "nothing but zeros comes back": lambda x: 0 * x,
    "axes -2 and -1 have changed places": lambda x: x.swapaxes(-1, -2),
    "the numbers are right, and read in another order of the axes": lambda x: x.swapaxes(
        0, 1
    ).reshape(x.shape),
    "the result is summed over axis -1": lambda x: x.sum(-1),
    "the result is averaged over axis -2": lambda x: x.mean(-2, keepdims=True),
    "the result is summed over axes -3 and -2": lambda x: x.sum((0, 1)),
    "of axis -1 only the first place comes back": lambda x: x[..., 0],
    "the last place along axis -2 is missing": lambda x: x[:, :-1],
    "there is an axis of size 1 too many": lambda x: x[None],
    "axes are merged, and not taken apart again": lambda x: x.reshape(-1, x.shape[-1]),
}
SEEN = {
    "only the last place along axis -2 is wrong": lambda x: np.where(
        np.arange(x.shape[1])[:, None] == x.shape[1] - 1, x**3 + 1, x
    ),
    "the numbers are right and stand in other places": lambda x: x.reshape(-1)[
        np.random.default_rng(2).permutation(x.size)
    ].reshape(x.shape),
    "one single entry is wrong": one_wrong,
    "every entry is right to within a hundredth": lambda x: x * (1 + 0.001 * np.sin(7 * x)),
    "wherever it is wrong it is zero": lambda x: np.where(x > 0.3, 0, x),
    "wherever it is wrong it is nan": lambda x: np.where(x > 0.3, np.nan, x),
}


@pytest.mark.parametrize("says", NAMES)
def test_a_slip_that_shows_in_arrays_is_named(says):
    change = NAMES[says]
    assert slip([(change(A), A), (change(B), B)]) == says


@pytest.mark.parametrize("says", SEEN)
def test_a_pattern_of_arrays_is_seen_and_is_no_name(says):
    change = SEEN[says]
    pairs = [(change(A), A), (change(B), B)]
    assert shared(pairs).startswith(says)
    assert slip(pairs) == ""


@pytest.mark.parametrize("says", NAMES | SEEN)
def test_a_pattern_has_to_hold_on_all_inputs(says):
    pairs = [((NAMES | SEEN)[says](A), A), (B**3 + 1, B)]
    assert (slip(pairs), shared(pairs)) == ("", "")


def test_few_wrong_numbers_give_no_name():
    """Rows of two that are normalized are plus and minus one: turned or not, by chance."""
    x = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert slip([(x[::-1], x), (-x[::-1], -x)]) == ""


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("`x` comes back as it is", lambda model, x: x),
        ("`x` is added to the result", lambda model, x: model + x),
        ("the result is multiplied by `x`", lambda model, x: model * x),
    ],
)
def test_what_an_argument_has_to_do_with_it_is_named(name, change):
    pairs = [(change(A, A**3 + 2), A), (change(B, B**3 + 2), B)]
    assert slip(pairs, [{"x": A**3 + 2}, {"x": B**3 + 2}]) == name
    assert slip(pairs) != name


def test_square_axes_that_have_changed_places():
    x = np.random.default_rng(0).standard_normal((2, 3, 3))
    assert slip([(x.swapaxes(1, 2), x)]) == "axes -2 and -1 have changed places"


def test_few_entries_show_nothing():
    few = np.array([1.0, 2.0])
    assert shared([(few[::-1], few)]) != ""
    assert common([(few[::-1], few)]) == ""


LARGE = " and whose right result has 4 entries or more"


@pytest.mark.parametrize(
    ("small", "which"), [(([1, 2], [1]), LARGE), (([1], [1, 2]), ""), (None, "")]
)
def test_every_input_is_said_only_where_it_holds_on_every_one(small, which):
    """Of a short list an entry is missing, as of the others, or there is one too many."""
    pairs = [([x for x in xs if x != 5], xs) for xs in ([3, 5, 1, 5, 2], [5, 1, 1, 5, 4])]
    says = f"On every input that goes wrong{which}, some entries are missing"
    assert common(pairs + [small] * (small is not None)).startswith(says)


def test_what_few_of_the_wrong_results_have_in_common_is_not_said():
    pairs = [([x for x in xs if x != 5], xs) for xs in ([3, 5, 1, 5, 2], [5, 1, 1, 5, 4])]
    assert LARGE in common([*pairs, *[([1, 2], [1])] * 2])
    assert common([*pairs, *[([1, 2], [1])] * 3]) == ""


ONES, ZEROS = [np.ones(6), np.ones(2)], [np.zeros(6), np.zeros(2)]


@pytest.mark.parametrize(
    ("pairs", "many"),
    [
        ([("bcda", "abcda"), ("aa", "a")], "4 characters"),
        ([(b"bcda", b"abcda"), (b"aa", b"a")], "4 bytes"),
        ([([2, 3, 4, 1], [1, 2, 3, 4, 1]), ([1, 1], [1])], "4 entries"),
        ([(ZEROS, ONES), ([np.full(1, 5.0), ONES[1]], ONES[1:] * 2)], "an array with 4 entries"),
    ],
)
def test_it_is_said_how_much_a_result_has_in_it_where_that_counts(pairs, many):
    said = common(pairs)
    assert said.startswith(f"On every input that goes wrong and whose right result has {many} or")


def test_a_factor_is_said_only_where_it_holds_on_every_input():
    """On one large input any factor is that of every larger one."""
    assert common([(1.58 * A, A), (1.58 * B, B)]).endswith("the result is multiplied by 1.58")
    small = np.array([3.0])
    assert common([(1.58 * A, A), (small / 2, small)]) == ""


def test_a_factor_near_one_is_not_said_to_be_one():
    assert slip([(1.0005 * A, A), (1.0005 * B, B)]) == "the result is multiplied by 1.0005"


@pytest.mark.parametrize(
    ("a", "b", "unit"),
    [("ab", "abc", "character"), (b"ab", b"abc", "byte"), ([1], [1, 2], "entry")],
)
def test_a_text_has_characters_and_no_entries(a, b, unit):
    assert shared([(a, b)]) == f"the last {unit} is missing"


def test_no_hint_takes_it_for_granted_that_there_is_a_loop():
    """What comes back shows no loop: it may as well be a slice, or one line of NumPy."""
    kinds = [*KINDS.values(), *FAMILIES.values()]
    words = [*HINTS.values(), ELSE, *(kind.look_at for kind in kinds)]
    assert [says for says in words if "your loop" in says] == []


def test_one_of_several_results():
    found = slip([((A, B[:, ::-1]), (A, B)), ((B, A[:, ::-1]), (B, A))])
    assert found == "in entry 1 of what comes back, the order along axis -2 is turned round"
    assert slip([((A, -B), (A, B)), ((B, -A), (B, A))]) == (
        "entry 1 of what comes back has the opposite sign"
    )
    assert slip([((-A, -B), (A, B)), ((-B, -A), (B, A))]) == "the result has the opposite sign"
    other = B[::-1]
    assert slip([((other, B), (B, other))]) == (
        "entries 0 and 1 of what came back have changed places"
    )
    odd = [((A, B**3 + 1), (A, B)), ((B, A**3 + 1), (B, A))]
    assert (slip(odd), shared(odd)) == ("", "all is right but entry 1 of what came back")


LISTS = {
    "the order is turned round": lambda xs: xs[::-1],
    "the last entry is missing": lambda xs: xs[:-1],
    "the first entry is missing": lambda xs: xs[1:],
    "it stops before the end": lambda xs: xs[: len(xs) // 2],
    "there is one entry too many at the end": lambda xs: [*xs, 99],
    "there is one entry too many at the beginning": lambda xs: [99, *xs],
    "the entries are sorted": sorted,
    "what should be there more than once is there once": lambda xs: list(dict.fromkeys(xs)),
    "every number is one too large": lambda xs: [x + 1 for x in xs],
}
SEEN_IN_LISTS = {
    "some entries are missing, and there is nothing else": lambda xs: [x for x in xs if x != 5],
    "all entries are there, and some that should not be": lambda xs: [7, *xs, 9],
    "the entries are right and stand in another order": lambda xs: sorted(xs, key=lambda x: -x % 4),
}


@pytest.mark.parametrize("says", LISTS | SEEN_IN_LISTS)
def test_a_pattern_of_lists_is_seen(says):
    lists = [[3, 5, 1, 3, 2, 2], [8, 5, 1, 1, 2, 4]]
    pairs = [((LISTS | SEEN_IN_LISTS)[says](xs), xs) for xs in lists]
    assert shared(pairs) == says
    assert slip(pairs) == (says if says in LISTS else "")


def test_dictionaries():
    counts = {(1, 2): 3, (2, 4): 1, (5, 6): 2, (7, 1): 1, (4, 4): 2, (9, 3): 1}
    turned = {key[::-1]: count for key, count in counts.items()}
    assert slip([(turned, counts), (turned, counts)]) == "the entries of each key are turned round"
    more = {key: count + 1 for key, count in counts.items()}
    assert slip([(more, counts), (more, counts)]) == "every value is one too large"
    one = dict.fromkeys("abcdefg", 1)
    less = {key: 1 for key in one if key != "c"}
    assert slip([(less, one), (less, one)]) == "the key 'c' is missing"


CASES = [(A,), (B,), (np.zeros((1, 1, 1)),)]


def make(cases=CASES):
    return Check("same", "same(x)", lambda x: x + 1, list(cases), [], "Same")


def test_a_verdict_tells_the_pattern():
    result = make().run(lambda x: (x + 1)[:, ::-1])
    assert result.mistake == "the order along axis -2 is turned round"
    assert "On every input" not in result.message
    text = " ".join(str(make().run(lambda x: one_wrong(x + 1) if x.size > 1 else x + 1)).split())
    assert "On every input that goes wrong, one single entry is wrong." in text
    assert "On every input" not in make().run(lambda x: 2 * x).message


@pytest.mark.parametrize(
    ("name", "fn"),
    [
        ("a list came back and an array is asked for", lambda x: (x + 1).tolist()),
        ("a tuple came back and an array is asked for", lambda x: (x + 1, x)),
        (
            "the array's dtype is int64 and float64 is asked for",
            lambda x: np.trunc(x + 1).astype(int),
        ),
        ("", lambda x: (x - 1).tolist()),
    ],
)
def test_a_wrong_type_is_a_name_where_nothing_else_is_wrong(name, fn):
    assert make().run(fn).mistake == name


def test_what_is_kept_or_changed_between_calls_is_a_name():
    buffer, total = {}, np.zeros((2, 4, 5))

    def reused(x):
        out = buffer.setdefault(x.shape, np.empty(x.shape))
        out[:] = x + 1
        return out

    def grows(x):
        total[...] = total + (x + 1 if x.shape == total.shape else 0)
        return total.copy() if x.shape == total.shape else x + 1

    def changes(x):
        y = x + 1
        x[:] = 0
        return y

    cases = [(B,), (2 * B,), (B + 1,), (A,)]
    assert (
        make(cases).run(reused).mistake == "a later call changes what an earlier one had given back"
    )
    assert make(cases).run(grows).mistake == "something is kept from one call to the next"
    assert make(cases).run(changes).mistake == "the function changes its own input"
    remembered = {}
    kept = lambda x: remembered.setdefault(x.shape, x + 1)  # noqa: E731
    assert make(cases).run(lambda x: kept(x).copy()).mistake == (
        "what comes back belongs to an earlier input, and is kept from there"
    )
    same = make(cases).run(lambda x: B)
    assert same.mistake == "the same comes back on every input of the check"


def test_a_list_of_arrays_where_one_of_numbers_is_asked_for_is_judged():
    cases = [([n, 2, 3, n + 1],) for n in range(5)]
    way = mistake("m", lambda xs: [])
    check = Check("double", "double(xs)", lambda xs: [2 * x for x in xs], cases, [way], "S")
    rng = np.random.default_rng(0)
    for stage, draw in (("type", np.ones), ("repeat", rng.random)):
        result = check.run(lambda xs, draw=draw: [draw(2) for _ in xs])
        assert result.stage == stage
        assert "cannot be judged" not in result.message
