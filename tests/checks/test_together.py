"""Functions compiled together: each does what it does when it is compiled alone."""

from __future__ import annotations

import ast
import random

import pytest

from tinytx.checks import attention, backprop, blocks, search, slips, tokenization
from tinytx.checks.edits import Answer, Edit, Way, both
from tinytx.checks.edits.pairs import _alone
from tinytx.checks.edits.statements import Statements
from tinytx.checks.slips import made
from tinytx.checks.slips.tree import changes, everywhere, parsed
from tinytx.checks.together import together

CHECKS = [
    attention.attention, backprop.layernorm_gradient, blocks.pre_norm, tokenization.merge_pair,
    tokenization.train_bpe,
]  # fmt: skip
CASES = 3  # of each check
named = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)


def outcomes(makers, check):
    """Return what each function does on the last inputs, which are large."""
    rows = check.rows[-CASES:]

    def work(watch):
        return [
            [search.Suspect((), make, rows).outcome(index, watch) for index in range(CASES)]
            for make in makers
        ]

    return search.watched(work, 0.01, search.ALL)


def assert_same(makers, others, check):
    for one, other in zip(outcomes(makers, check), outcomes(others, check), strict=True):
        assert [got.error for got in one] == [got.error for got in other]
        assert check.agree(one, other, inputs=True)


@named
def test_two_edits_do_the_same_together_and_alone(check):
    ways = [way for mistake in check.mistakes for way in mistake.ways if way.edit]
    pairs = [
        (a, b)
        for a, b in (random.Random(n).sample(ways, 2) for n in range(300))
        if a.answer.text == b.answer.text and a.edit.fits(b.edit)
    ]
    makers = both(pairs)
    assert sum(make.func is not _alone for make in makers) > len(makers) / 2
    assert_same(makers, [lambda a=a, b=b: _alone(a, b) for a, b in pairs], check)


@named
def test_slips_do_the_same_together_and_alone(check):
    for answer in slips.bases(check.mistakes):
        tree = parsed(answer.text)
        before = ast.dump(tree)
        found = list(changes(tree.body[0]))
        found += everywhere(found)
        makers = made._makers(answer, tree, found)
        assert ast.dump(tree) == before
        alone = [made._Alone(answer, tree, change) for change in found]
        assert sum(isinstance(one, made._Alone) for one in makers) < len(makers) / 10 + 3

        def bound(some, names=answer.names):
            return [lambda make=make: make(names) for make in some]

        assert_same(bound(makers), bound(alone), check)


TEXT = """
def f(x, y):
    a = x + 1
    b = a * 2
    for i in range(3):
        if i == y:
            b = b + i
        b = b - 1
    c = b + a
    return [a, b, c]
"""


def values(*pairs, text=TEXT):
    """Return for each two edits whether they were made together, and what comes of 5, 2."""
    answer = Answer("f", text, {"g": 100})
    ways = [[_way(answer, change) for change in pair] for pair in pairs]
    makers = both([tuple(two) for two in ways])
    return [(make.func is not _alone, _value(make)) for make in makers]


def _way(answer, change):
    edit = Edit.of(answer.text, [change])
    return Way(answer, edit.apply(answer.text), edit)


def _value(make):
    try:
        return make()(5, 2)
    except Exception as error:
        return type(error).__name__


def test_edits_of_two_statements_of_one_and_of_what_is_inside_another():
    assert values(
        ("x + 1 → x + 2", "b + a → b - a"),
        ("a * 2 → a * 3", "b = a → b = 1 + a"),  # of one statement
        ("range(3) → range(2)", "b - 1 → b - 2"),  # the head of a loop and a line in it
        ("i == y → i != y", "b + i → b + 1"),  # the head of a condition and a line in it
    ) == [(True, [7, 13, 6]), (True, [6, 18, 24]), (True, [6, 8, 14]), (True, [6, 11, 17])]


def test_what_would_be_another_function_in_company_is_made_alone():
    """A name that nothing sets any more is global: no other error, and no other value."""
    first, last = "x + 1 → x + 2", "[a, b, c] → [a, b]"
    ((_, lost), (_, found), (_, moved)) = values(
        ("    c = b + a\n → ", first),  # c is read and not set
        ("c = b + a → g = b + a", last),  # g is a variable here
        ("b + a → b + g", first),  # and the global one here
    )
    assert lost == "NameError"
    assert found == [6, 11]
    assert moved == [7, 13, 113]


def test_a_line_that_is_gone_and_two_that_leave_nothing():
    inside = "        if i == y:\n            b = b + i\n → "
    assert values((inside, "x + 1 → x + 2"), ("        b = b - 1\n → ", "a * 2 → a"))[0] == (
        True,
        [7, 11, 18],
    )
    assert values((inside, "        b = b - 1\n → "), (inside, "x + 1 → x + 2"))[0] == (
        False,
        "IndentationError",
    )


@pytest.mark.parametrize(
    "change",
    [
        "def f(x, y) → def f(x, y=1)",
        "return [a → yield [a",
        "    c = b → c = b",
        "+ 1 → + (k := 1)",
    ],
)
def test_a_change_of_more_than_statements_is_made_alone(change):
    statements = Statements(TEXT)
    assert statements.variant(Edit.of(TEXT, ["a * 2 → a"])) is not None
    assert statements.variant(Edit.of(TEXT, [change])) is None


def test_what_python_refuses_is_left_out():
    tree = ast.parse("def f(x):\n    return x\n")
    statement = tree.body[0].body[0]
    (bad,) = ast.parse("break").body
    assert together(tree, [{statement: (bad,)}, None]) == [None, None]
