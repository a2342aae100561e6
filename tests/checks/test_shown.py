"""The input of a verdict, and the words around a value that is not there."""

from __future__ import annotations

import numpy as np

from tinytx.checks import Check, attention

from .made import mistake


def test_the_arguments_in_a_verdict_are_at_hand(capsys):
    check = attention.sees_the_future
    check(lambda attend, T, D: [])
    attend, T, D = check.shown
    assert f"sees_the_future({attend.__name__}, {T}, {D})" in capsys.readouterr().out
    assert attend(np.ones((T, D))).shape == (T, D)
    check(check.reference)
    assert check.shown == ()


def test_what_is_done_to_them_leaves_the_check_alone(capsys):
    attention.scaled_scores(lambda q, k: q @ k.swapaxes(-1, -2))
    named = attention.scaled_scores.last
    assert named.mistake
    q, k = attention.scaled_scores.shown
    assert "scaled_scores(np.array([[[[1., 2.]]]])" in capsys.readouterr().out
    q[...] = k[...] = 0
    attention.scaled_scores(attention.scaled_scores.reference)
    assert attention.scaled_scores.last.status == "ok"


def test_a_verdict_that_names_nothing_shows_the_input_where_it_was_refused():
    check = Check("f", "f(x)", lambda x: x, [(1.0,), (np.ones(30),)], [], "PART")
    check(lambda x: x if isinstance(x, float) else 2 * x)
    assert check.last.case == 1
    assert (check.shown[0] == 1).all()


def test_a_question_gets_no_full_stop():
    missing = mistake("nothing comes back", lambda x: None)
    check = Check("f", "f(x)", lambda x: x, [(1.0,)], [missing], "PART")
    said = check.run(lambda x: None).message
    assert "is a `return` missing?\n" in said
