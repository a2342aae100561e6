"""The machinery of `tinytx.checks`, on a small exercise of its own: double every number."""

import json
import math
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tinytx.checks import Chapter, Check, Property, Result, question
from tinytx.checks.result import COLUMNS, WRONG, unfolded
from tinytx.checks.stubs import LEFT

from .made import mistake


def double(xs):
    return [2 * x for x in xs]


def make(**changes):
    settings = {
        "name": "double",
        "signature": "double(xs)",
        "reference": double,
        "cases": [([],), ([1],), ([2, 2],), ([3, 5, 5],)],
        "mistakes": [
            mistake("it squares", lambda xs: [x * x for x in xs], section="PART"),
            mistake("it stops early", lambda xs: [2 * x for x in xs[:-1]]),
            mistake("it also squares", lambda xs: [x**2 for x in xs[:2]]),
            mistake("it writes into its input", _doubles_in_place),
        ],
        "section": "Doubling",
        "properties": (Property("as many as came in", lambda out, xs: len(out) == len(xs)),),
        "seconds": 0.3,
    }
    return Check(**{**settings, **changes})


def _doubles_in_place(xs):
    xs[:] = double(xs)
    return xs


def test_right_answer_prints_one_line_and_returns_nothing(capsys):
    check = make()
    assert check(double) is None
    assert capsys.readouterr().out == "[ok] double: right on 4 inputs\n"
    assert check.last.status == "ok"
    assert check.last.points == 1


@pytest.mark.parametrize("fn", [..., lambda xs: exec("raise NotImplementedError")])
def test_stub_is_not_started(fn, capsys):
    make()(fn)
    assert capsys.readouterr().out == "[ ] double: not started yet\n"


def test_code_above_the_stubs_line_is_begun_and_told_of_that_line(capsys):
    def written(xs):
        "What it does."
        xs = double(xs)
        raise NotImplementedError

    def only_for_some(xs):
        if len(xs) < 2:
            return double(xs)
        raise NotImplementedError

    def untouched(xs):
        """What it does."""
        # YOUR CODE HERE
        raise NotImplementedError

    for fn in (written, only_for_some):
        make()(fn)
        says = " ".join(capsys.readouterr().out.split())
        assert says.startswith(f"[x] double: {LEFT} In your line ")
        assert ": raise NotImplementedError Input: double(" in says
    assert make().run(untouched).status == "not started"
    space = {}
    exec("def f(xs):\n    ys = xs\n    raise NotImplementedError", space)
    assert make().run(space["f"]).status == "not started"  # its source is not known
    assert "[x] double: NotImplementedError: x" in str(make().run(lambda xs: _raise("x")))


def _raise(text):
    raise NotImplementedError(text)


def test_named_mistake_says_all_there_is_to_say():
    result = make().run(lambda xs: [x * x for x in xs])
    assert (result.mistake, result.stage, result.points) == ("it squares", "values", 0)
    assert str(result) == (
        "[x] double: it squares\n"
        "    Smallest example: double([1]) gives [1]; entry 0 is wrong: 1.\n"
        "    Why: WHY.\n"
        "    Look at: LOOK.\n"
        '    Section: "PART"'
    )


def test_what_is_printed_is_folded_and_each_word_stays_whole():
    call = f"double([{', '.join('1' * 30)}])"
    message = f"a {'long ' * 20}line\n    Input: {call}\n    {'x' * 99} y\n    Short"
    text = str(Result("double", WRONG, message))
    lines = text.splitlines()
    assert unfolded(text) == f"[x] double: {message}"
    assert lines[0].startswith("[x] double: a long long")
    assert [len(line) > COLUMNS for line in lines].count(True) == 1  # the long word
    assert lines[-3:] == ["    " + "x" * 99, "      y", "    Short"]
    assert all(line.startswith("    ") for line in lines[1:])


def test_unknown_mistake_reports_the_property_and_guesses_nothing():
    result = make().run(lambda xs: [2 * x for x in xs] + [0])
    assert (result.mistake, result.stage) == ("", "properties")
    assert "as many as came in" in result.message
    assert "double([1])" in result.message


def test_an_empty_input_is_shown_only_if_no_other_fails():
    assert "double([1])" in make().run(lambda xs: tuple(double(xs))).message
    assert "double([])" in make().run(lambda xs: double(xs) or None).message


def test_another_way_of_making_a_mistake_is_the_same_mistake():
    each = (lambda xs: [x * x for x in xs]), (lambda xs: [x**2 for x in xs[::-1]])
    ways = mistake("it squares", *each)
    for wrong in each:
        assert make(mistakes=[ways]).run(wrong).mistake == "it squares"
    assert make(mistakes=[ways]).run(lambda xs: [x**3 for x in xs]).mistake == ""


def test_a_property_may_say_where_it_fails():
    held = Property("as many as came in", lambda out, xs: len(out) == len(xs),
                    lambda out, xs: f"{len(out)} for {len(xs)}")  # fmt: skip
    result = make(properties=(held,)).run(lambda xs: [2 * x for x in xs] + [0])
    assert "as many as came in: 2 for 1\n" in result.message
    assert make(properties=(held,)).run(double).status == "ok"


def test_a_property_that_cannot_say_where_says_what():
    held = Property("small", lambda out, xs: out[0] < 2, lambda out, xs: 1 // 0)
    said = make(properties=(held,)).run(double).message
    assert "your answer does not keep to this: small\n" in said
    its = Property("it is large", lambda out, xs: out[0] < 2, rule=False)
    assert make(properties=(its,)).run(double).message.startswith("it is large\n")


def test_a_property_that_cannot_be_asked_is_not_said_to_be_broken():
    held = Property("the first is even", lambda out, xs: out[0] % 2 == 0)
    assert (held.fault([], ([1],)), held.fault([2], ([1],))) == ("", "")
    assert make(properties=(held,), cases=[([1],), ([2, 2],)]).run(lambda xs: []).stage == "values"
    assert (
        "keep to this: the first" in make(properties=(held,)).run(lambda xs: [1, *xs[1:]]).message
    )


def test_an_error_gets_the_exercises_own_hint():
    check = make(errors={"^IndexError": "There is no such neighbour."})
    text = check.run(lambda xs: [2 * xs[i + 1] for i in range(len(xs))]).message
    assert text.startswith("IndexError: list index out of range\n")
    assert "\n    There is no such neighbour.\n    Input: double([1])" in text
    fails = lambda xs: 1 // 0  # noqa: E731
    assert "There is no" not in check.run(fails).message


def test_unknown_mistake_with_all_properties_reports_the_values():
    result = make().run(lambda xs: [2 * x + (x == 5) for x in xs])
    assert (result.mistake, result.stage) == ("", "values")
    assert result.message.startswith("entry 1 is wrong: 11\n")
    assert "[6, 10, 10]" not in result.message


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (False, True, "True came back, and it is the other way round"),
        (1.5, 4 / 3, "1.333 came back, and it is too low"),
        (7, 8, "8 came back, and it is too high"),
        ([1.5], [4 / 3], "entry 0 is wrong: 1.333"),
        ("a", "b", "'b' came back, and another of the words is right"),
        ("a", 30 * "b", "another of the words is right"),
    ],
)
def test_the_first_line_says_what_came_back_where_it_is_short(right, wrong, says):
    check = make(reference=lambda xs: right, mistakes=[], properties=())
    text = str(check.run(lambda xs: wrong if len(xs) > 1 else right))
    assert text.splitlines()[0] == f"[x] double: {says}"


def test_numbers_that_came_back_have_four_digits_and_those_that_went_in_have_all():
    check = make(cases=[([2 / 3],), ([],)], mistakes=[mistake("halves", lambda xs: [xs[0] / 2])])
    text = check.run(lambda xs: [xs[0] / 2]).message
    assert "double([0.6666666666666666]) gives [0.3333]; entry 0 is wrong: 0.3333." in text


def test_two_mistakes_that_fit_are_not_named():
    twin = [mistake(n, lambda xs: []) for n in ("one", "two")]
    result = make(mistakes=twin).run(lambda xs: [])
    assert (result.mistake, result.stage) == ("", "properties")


def test_two_mistakes_at_once_are_not_named_where_they_are_not_edits():
    assert make().run(lambda xs: [x * x for x in xs[:-1]]).mistakes == ()


def test_changed_input_is_refused_and_named():
    result = make().run(_doubles_in_place)
    assert (result.stage, result.mistake) == ("input", "it writes into its input")
    assert "double([1]) turns its own input into [2]" in result.message


def test_changed_input_that_no_mistake_explains():
    def clears(xs):
        out = double(xs)
        xs.clear()
        return out

    result = make().run(clears)
    assert (result.stage, result.mistake) == ("input", "the function changes its own input")
    assert "changes its own input" in result.message


def test_state_kept_between_calls_is_refused():
    def remembers(xs, out=[]):  # noqa: B006  (the mistake itself)
        out += double(xs)
        return list(out)

    result = make().run(remembers)
    assert result.stage == "repeat"
    assert "\n    Yours: at first [2]\n    Later: [2, " in result.message


RAISES = {
    "an error": (lambda xs: 1 // 0, "ZeroDivisionError"),
    "exit": (lambda xs: sys.exit(3), "SystemExit: 3"),
    "interrupt": (lambda xs: exec("raise KeyboardInterrupt"), "KeyboardInterrupt"),
    "memory": (lambda xs: exec("raise MemoryError"), "MemoryError"),
    "arity": (lambda: 1, "It is called as double(xs)"),
}


@pytest.mark.parametrize("case", RAISES)
def test_whatever_it_raises_becomes_a_verdict(case, capsys):
    fn, words = RAISES[case]
    make()(fn)
    assert capsys.readouterr().out.startswith("[x] double: ")
    assert words in make().run(fn).message


def test_error_names_type_message_input_and_the_learners_own_line():
    def broken(xs):
        return json.loads("{") if xs else []

    text = make().run(broken).message
    assert "JSONDecodeError: Expecting property name" in text
    assert 'json.loads("{") if xs else []' in text
    assert "Input: double([1])" in text
    assert ".py" not in text


def test_an_error_whose_message_fails():
    class EvilError(Exception):
        def __str__(self):
            raise ValueError("no")

    def evil(xs):
        raise EvilError

    assert "EvilError" in make().run(evil).message


def test_endless_recursion():
    def again(xs):
        return again(xs)

    assert "calls within calls, more than Python allows" in make().run(again).message


def test_deep_recursion_is_not_called_endless():
    def deep(xs, depth=3000):
        return deep(xs, depth - 1) if depth else [2 * x for x in xs]

    said = " ".join(str(make().run(deep)).split())
    assert "RecursionError: calls within calls" in said
    assert "without end" not in said


def test_an_input_has_to_stay_the_same_to_the_last_bit():
    def nudges(xs):
        out = 2 * xs
        xs[xs == 0] = 1e-12
        return out

    cases = [(np.array([0.0, 1.0]),)]
    check = Check("double", "double(xs)", lambda xs: 2 * xs, cases, [mistake("m", list)], "S")
    assert check.run(lambda xs: 2 * xs).status == "ok"
    assert check.run(nudges).mistakes == ("the function changes its own input",)


def test_a_machine_too_slow_for_the_right_answer_is_told_once_and_asked_again(monkeypatch):
    check = make()
    with monkeypatch.context() as slow:
        slow.setattr(question, "watched", lambda *_: None)  # what it returns if the time is up
        with pytest.raises(TimeoutError, match="right answer takes longer than 60 s"):
            _ = check.expected
    assert check.run(double).status == "ok"


def test_a_machine_too_slow_for_the_catalogue_names_no_mistake(monkeypatch):
    check = make()
    assert len(check.expected) == 4
    monkeypatch.setattr(question, "watched", lambda *_: None)
    assert check.catalogue == []


def test_endless_loop_is_ended_and_its_line_shown():
    def loops(xs):
        n = 0
        while True:
            n += 1

    before = threading.active_count()
    started = time.perf_counter()
    text = make().run(loops).message
    assert time.perf_counter() - started < 60  # a lifetime without the limit
    assert "still running after 0.3 seconds" in text
    assert "n += 1" in text or "while True" in text
    assert threading.active_count() == before


def test_endless_loop_that_swallows_everything_asks_for_a_restart(monkeypatch):
    """Where the call cannot run in a copy of the process."""
    monkeypatch.setattr("tinytx.checks.trial.FORKS", False)
    release = threading.Event()

    def stubborn(xs):
        while not release.is_set():
            try:
                time.sleep(0.01)
            except BaseException:
                continue

    try:
        assert "restart the kernel" in make().run(stubborn).message
    finally:
        release.set()


def test_prints_are_hidden_and_mentioned(capsys):
    def prints(xs):
        print("secret")
        print("noise", file=sys.stderr)

    make()(prints)
    seen = capsys.readouterr()
    assert "secret" not in seen.out
    assert "noise" not in seen.err
    assert "What the function prints is hidden" in seen.out
    assert "is a `return` missing?" in seen.out


async def _coroutine(xs):
    return xs


class _Odd:
    def __repr__(self):
        raise ValueError("no")

    def __eq__(self, other):
        raise ValueError("no")

    __hash__ = None


TYPES = {
    "None": (lambda xs: None, "None came back: is a `return` missing?"),
    "tuple": (lambda xs: tuple(double(xs)), "a tuple came back and a list is asked for: wrap it"),
    "generator": (lambda xs: (2 * x for x in xs), "a generator came back"),
    "map": (lambda xs: map(str, xs), "a map came back and a list is asked for: wrap it in list("),
    "array": (lambda xs: np.array(double(xs)), "an array came back and a list is asked for"),
    "array of text": (
        lambda xs: np.array(["a"]),
        "an array of texts came back and a list is asked for: wrap it in list(",
    ),
    "array of objects": (
        lambda xs: np.array([2 * x for x in xs], dtype=object),
        "an array of objects came back and a list is asked for: wrap it in list(",
    ),
    "array of lists": (
        lambda xs: np.array([[1, 2], [3]], dtype=object)[: len(xs)],
        "an array of objects came back and a list is asked for: wrap it in list(",
    ),
    "string": (lambda xs: "ab", "a str came back and a list is asked for"),
    "floats": (lambda xs: [2.0 * x for x in xs], "entry 0 is a float and an int is asked for"),
    "coroutine": (
        _coroutine,
        "a coroutine came back and a list is asked for: write `def`, not `async def`",
    ),
    "odd object": (lambda xs: _Odd(), "a _Odd came back"),
    "function": (lambda xs: double, "a function came back"),
}


@pytest.mark.parametrize("case", TYPES)
def test_a_wrong_type_is_said_kindly(case, recwarn):
    fn, words = TYPES[case]
    result = make().run(fn)
    assert result.stage == "type"
    assert words in result.message
    assert not recwarn.list


@pytest.mark.parametrize(
    "fn",
    [
        lambda xs: [np.int64(2 * x) for x in xs],
        lambda xs: [np.array(2 * x) for x in xs],
        lambda xs: [np.array(2 * x, dtype=object) for x in xs],
        lambda xs: type("L", (list,), {})(double(xs)),
        lambda xs: [x + x for x in xs],
    ],
)
def test_equal_values_of_close_types_pass(fn):
    assert make().run(fn).status == "ok"


@pytest.mark.parametrize("given", [[3], None, "double"])
def test_a_value_in_place_of_the_function(given):
    assert "give the check the function itself, check.double(double)" in make().run(given).message


def test_no_function_at_all(capsys):
    make()()
    assert "give the check the function itself" in capsys.readouterr().out


def test_an_answer_that_the_check_itself_fails_on_is_still_a_verdict():
    def fails(a, b):
        raise TypeError("no")

    assert "cannot be judged (TypeError)" in make(equal=fails).run(double).message


def test_an_interrupt_by_the_reader_goes_through_and_leaves_nothing_running():
    code = """if True:
        import signal, threading, time
        from tinytx.checks.call import call
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.alarm(1)
        def loops():
            while True: pass
        try:
            call(loops, (), 30)
        except KeyboardInterrupt:
            print("interrupted", threading.active_count())
    """
    if sys.platform == "win32":
        pytest.skip("Windows has no alarm to play the reader's stop button")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert run.stdout == "interrupted 1\n", run.stderr


def test_arrays_are_judged_by_type_shape_finite_and_values():
    def halves(x):
        return x / 2

    x = np.arange(6.0).reshape(2, 3)
    check = make(reference=halves, cases=[(x,), (x + 1,)], mistakes=[], properties=())
    assert check.run(lambda x: 0.5 * x).status == "ok"
    assert check.run(lambda x: (x / 2).astype("f4")).status == "ok"
    assert check.run(lambda x: (x / 2).astype("f2")).stage == "type"
    assert check.run(lambda x: (x / 2).astype(int)).stage == "type"
    assert check.run(lambda x: x.T / 2).stage == "shape"
    assert check.run(lambda x: np.where(x == 2, np.nan, x / 2)).stage == "finite"
    wrong = check.run(lambda x: x / 2 + (x == 2))
    assert wrong.stage == "values"
    assert "1 of 6 entries differs, the first at (0, 2): 2. is too high" in wrong.message

    def in_place(x):
        x /= 2
        return x

    assert check.run(in_place).stage == "input"


ODD = {
    "bool": (lambda x: x > 2, "the array's dtype is bool and float64 is asked for"),
    "complex": (lambda x: x / 2 + 1j, "the array's dtype is complex128 and float64 is asked for"),
    "objects": (lambda x: (x / 2).astype(object), "came back and an array is asked for: its dtype"),
    "a number": (lambda x: np.array(0.5), "a float came back and an array is asked for"),
}


@pytest.mark.parametrize("kind", ODD)
def test_an_array_of_another_kind_is_told_without_a_warning(kind, recwarn):
    fn, words = ODD[kind]
    x = np.arange(6.0).reshape(2, 3)
    check = make(reference=lambda x: x / 2, cases=[(x,), (x + 1,)], mistakes=[], properties=())
    result = check.run(fn)
    assert result.stage == "type"
    assert words in result.message
    assert not recwarn.list


def test_infinity_for_a_whole_number_is_told():
    check = make(reference=lambda n: 2 * n, cases=[(1,), (2,)], mistakes=[], properties=())
    assert "a float came back and an int is asked" in check.run(lambda n: n * math.inf).message


def test_gradients_come_after_the_values():
    rule = Property("the slope has to be 2", lambda out, xs: False)
    assert make(gradients=(rule,)).run(double).stage == "gradients"
    assert make(gradients=(rule,)).run(lambda xs: [x + x * (x > 1) for x in xs]).stage == "values"


def test_a_chapter_grades_by_name_and_remembers_what_was_called(capsys):
    chapter = Chapter("00", [make(points=2), make(name="again"), make(name="later")])
    grade = chapter.grade({"double": double, "again": lambda xs: []})
    assert [r.status for r in grade.results.values()] == ["ok", "wrong", "not started"]
    assert (grade.points, grade.total) == (2, 4)
    assert str(grade).endswith("[ ] later: not started yet\n2 of 4 points")
    assert capsys.readouterr().out == ""
    assert chapter.results() == {}
    chapter.checks["again"](double)
    assert chapter.results()["again"].status == "ok"
