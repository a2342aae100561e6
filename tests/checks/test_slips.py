"""Slips made by machine: each kind is named where it was made, and only there."""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np
import pytest

from tinytx.checks import (
    Check,
    attention,
    backprop,
    blocks,
    embeddings,
    multihead,
    naming,
    search,
    slips,
    tokenization,
    training,
)
from tinytx.checks.attention import answers
from tinytx.checks.call import Outcome
from tinytx.checks.edits import Answer, Edit, Mistake, Way, load
from tinytx.checks.slips.kinds import FAMILIES, KINDS, covering
from tinytx.checks.slips.tree import changes, parsed
from tinytx.checks.trial import trial

from .mutants import with_kinds
from .slips_made import EXAMPLES, IDS, MEAN, RUNS, TOTALS, A, B, C, W, X


def check_of(text, cases):
    """Return a check whose right answer is ``text``, without any catalogue."""
    answer = Answer("f", text, {"np": np})
    # a mistake that nobody makes: from its way the check knows the text of the right answer
    way = Way(answer, text.replace("def f(", "def f(_, "))
    never = Mistake("never", "never.", "never.", ways=(way,))
    return Check("f", "f(...)", answer.function(text), cases, [never], "Section")


CHECKS = {}


def said(text, wrong, cases):
    """Return the verdict on a wrong answer, of one check for each text and its cases."""
    key = text, id(cases)
    if key not in CHECKS:
        CHECKS[key] = check_of(text, cases), cases  # kept, so that the number stays theirs
    space = {"np": np}
    exec(wrong, space)
    return CHECKS[key][0].run(space["f"])


def calls(result, kind):
    """Return whether a verdict calls a slip by its kind, or by the kind's family."""
    words = KINDS[kind], FAMILIES.get(KINDS[kind].family)
    return any(kind and kind.name in result.mistake for kind in words)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_slip_is_named_by_its_kind_and_what_is_near_it_is_not(kind):
    text, old, new, near, cases = EXAMPLES[kind]
    assert text.count(old) == 1
    result = said(text, text.replace(old, new), cases)
    assert calls(result, kind), str(result)
    assert "a right answer returns when" in " ".join(str(result).split())
    assert "Another slip may come to the same." in " ".join(str(result).split())
    other = said(text, text.replace(old, near), cases)
    assert other.status == "wrong"
    assert not calls(other, kind), str(other)


@pytest.mark.parametrize("name", ["rstd", "probs", "weights"])
def test_a_step_of_the_book_is_spoken_of_where_the_answer_has_it(name):
    text = (
        f"def f(x):\n    {name} = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 0.5)\n"
        f"    return x * {name}\n"
    )
    wrong = text.replace(" + 0.5", "")
    for own in (name, "mine"):
        result = said(text, wrong.replace(name, own), X)
        assert calls(result, "term"), str(result)
        assert (f"in the line of `{name}`" in " ".join(str(result).split())) == (own == name)


def test_every_kind_has_an_example():
    assert EXAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("text", [MEAN, RUNS, TOTALS])
def test_what_no_single_slip_does_gets_no_name(text):
    wrong = {
        MEAN: "def f(x): return np.tanh(x - 0.3) * x[..., ::-1] + 0.1 * x",
        RUNS: "def f(ids): return [(7 * i + 3) % 11 for i in ids[:2]] + [4]",
        TOTALS: "def f(ids): return [11, sum(ids) % 5, 3]",
    }[text]
    cases = X if text is MEAN else IDS
    assert said(text, wrong, cases).mistakes == ()


def test_every_kind_has_words_and_some_answer_has_it():
    made = set()
    for chapter in (attention, backprop, blocks, tokenization):
        for check in chapter.chapter.checks.values():
            for answer in slips.bases(check.mistakes):
                made |= {change.kind for change in changes(parsed(answer.text).body[0])}
    assert made <= KINDS.keys()
    assert KINDS.keys() - made <= {"early"}
    for kind in (*KINDS.values(), *FAMILIES.values()):
        assert not kind.name.endswith(".")
        assert kind.look_at.endswith((".", "?"))
    assert {kind.family for kind in KINDS.values()} - {""} == FAMILIES.keys()


def test_a_change_is_taken_back():
    function = parsed(MEAN).body[0]
    before = ast.dump(function)
    for change in changes(function):
        with change.made():
            assert ast.dump(function) != before, change.kind
        assert ast.dump(function) == before


def test_several_kinds_are_named_only_where_they_are_of_one_family():
    assert covering({"floor"}) is KINDS["floor"]
    assert covering({"term", "factor", "step"}) is FAMILIES["out"]
    assert covering({"term", "axis"}) is None
    assert covering({"floor", "twice"}) is None  # neither is of any family


READ = {
    "`x` is read backwards along axis -2": lambda x, w: (x[:, ::-1] @ w).cumsum(1),
    "`x` is rounded to 1 decimals": lambda x, w: (x.round(1) @ w).cumsum(1),
    "`w` is transposed where these are of one size": lambda x, w: (x @ w.T).cumsum(1),
}


@pytest.mark.parametrize("name", READ)
def test_an_argument_that_is_read_otherwise_is_named(name):
    text = "def f(x, w):\n    out = x @ w\n    return np.cumsum(out, 1)\n"
    check = check_of(text, [(A, W), (B, W[::-1].copy()), (C, W * 2)])
    result = check.run(READ[name])
    assert name in result.mistake or "transpose" in result.mistake, str(result)


def test_a_quantity_on_the_way_is_named():
    def rounded(x, weight, bias, eps=1e-5):
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True).round(2)
        return weight * centred / np.sqrt(variance + eps) + bias

    result = blocks.layernorm.run(rounded)
    assert result.mistake == "`variance` is rounded to 2 decimals", str(result)


def test_that_one_use_of_several_is_changed_is_said():
    text = "def f(x, w):\n    return np.exp(np.cos(x) @ w) + 3 * x\n"
    check = check_of(text, [(A, W), (B, W[::-1].copy()), (C, W * 2)])
    result = check.run(lambda x, w: np.exp(np.cos(x) @ w) + 3 * x.round(1))
    assert result.mistake == "`x` is rounded to 1 decimals in one of its uses", str(result)
    result = check.run(lambda x, w: np.exp(np.cos(x.round(1)) @ w) + 3 * x.round(1))
    assert result.mistake == "`x` is rounded to 1 decimals", str(result)
    once = check_of(text.replace(" + 3 * x", ""), [(A, W), (B, W), (C, W)])
    result = once.run(lambda x, w: np.exp(np.cos(x.round(1)) @ w))
    assert result.mistake == "`x` is rounded to 1 decimals", str(result)


def test_an_argument_that_stands_in_the_place_of_another_is_named():
    result = backprop.silu_gradient.run(lambda dy, x: backprop.silu_gradient.reference(x, x))
    assert result.mistake == "`dy` is not used: `x` stands in its place", str(result)
    both = backprop.silu_gradient.run(lambda dy, x: backprop.silu_gradient.reference(x, dy))
    assert "have changed places" in both.mistake, str(both)


def test_what_has_not_ended_once_is_not_called_again():
    calls = []

    def endless(x):
        calls.append(x)
        while True:
            pass

    suspect = search.Suspect((), lambda: endless, [(1,), (2,), (3,)])
    found = search.watched(suspect.series, 0.02, 1.0)
    assert [outcome.error for outcome in found] == ["TimeUp"] * 3
    assert calls == [1]


def test_one_wrong_value_of_few_numbers_gets_no_name():
    cases = [(np.array([2.0, 3.0]),), (np.array([0.0, 0.0]),)]
    result = said("def f(x):\n    return x * 2 + 1\n", "def f(x): return x / 2 + 1", cases)
    assert (result.status, result.mistakes) == ("wrong", ())


@pytest.mark.parametrize(
    "check",
    [backprop.attention_gradients, backprop.cross_entropy_gradient, training.shares],
    ids=lambda check: check.name,
)
def test_nothing_but_nan_is_no_slip_made_by_machine(check):
    """Many a slip makes nan of everything: which of them it was does not show."""
    nan = lambda x: np.full_like(x, np.nan)  # noqa: E731
    several = isinstance(check.expected[0].value, tuple)
    values = [tuple(map(nan, w.value)) if several else nan(w.value) for w in check.expected]
    outcomes = [Outcome(value=value) for value in values]
    wrong = list(range(len(values)))
    assert naming._made(check, outcomes, wrong, wrong) == []


class Ticking:
    """A clock that goes on by a millisecond whenever it is read."""

    now = 0.0

    def process_time(self):
        self.now += 0.001
        return self.now


@pytest.mark.hurried
@pytest.mark.parametrize("check", [attention.attention, multihead.multi_head_attention])
def test_the_search_keeps_to_its_time(check, monkeypatch):
    """The largest ones: what nothing explains would take both searches to their end."""
    check = replace(check)  # which has not run any slip yet
    outcomes = trial(lambda *args: np.tanh(args[0] * 1.7) * 0.3, check.rows, 3).outcomes
    wrong = check.wrong(outcomes)
    order = [*wrong, *range(len(check.rows))]
    clock = Ticking()
    for module in (search, naming):
        monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr(module, "pace", lambda: 1.0)
    monkeypatch.setattr(search.Watch, "_look", lambda watch: watch.ended.wait())  # it reads too
    monkeypatch.setattr(search, "SLIPS", 0.1)
    assert naming._made(check, outcomes, wrong, order) == []
    assert 0.1 < clock.now < 0.12


def test_a_right_answer_makes_no_slips():
    check = check_of(MEAN, X)
    assert check.run(check.reference).status == "ok"
    assert "slips" not in vars(check)
    assert "on_the_way" not in vars(check)


def test_an_endless_loop_among_the_slips_ends_no_search():
    text = RUNS.replace("i += 1", "i = i + 1")
    result = said(text, text.replace("> 1", ">= 1"), IDS)
    assert "equality" in result.mistake or "one too many" in result.mistake, str(result)


def test_a_random_slip_in_another_design_is_never_called_two():
    def other(x):
        centred = x - x.sum(axis=-1, keepdims=True) / x.shape[-1]
        return 3 * centred / (np.sqrt((x**2).sum(axis=-1, keepdims=True) + 0.5))

    check = check_of(MEAN, X)
    assert check.run(other).status == "ok"
    made = with_kinds(_other, 60)
    assert len(made) > 30
    for _, text, mutant in made:
        assert len(check.run(mutant).mistakes) < 2, text


def _other(x):
    centred = x - x.sum(axis=-1, keepdims=True) / x.shape[-1]
    return 3 * centred / (np.sqrt((x**2).sum(axis=-1, keepdims=True) + 0.5))


def test_two_mistakes_are_not_named_where_one_slip_does_the_same():
    """To turn both signs is to change the places of the two."""
    text = "def f(a, x):\n    return (a - x) * 3 + 1\n"
    answer = Answer("f", text, {"np": np})
    edits = {"minus a": Edit.of(text, ["(a → (-a"]), "plus x": Edit.of(text, ["- x → + x"])}
    known = [
        Mistake(name, "WHY.", "LOOK.", ways=(Way(answer, edit.apply(text), edit),))
        for name, edit in edits.items()
    ]
    cases = [(A, B), (B, C), (C, A)]
    check = Check("f", "f(a, x)", answer.function(text), cases, known, "Section")
    result = check.run(lambda a, x: (x - a) * 3 + 1)
    assert result.mistake == "`a` and `x` have changed places", str(result)


def test_that_nothing_is_done_is_said_before_any_two_mistakes():
    result = embeddings.shift.run(lambda x, k: x.copy())
    assert result.mistake == "`x` comes back as it is", str(result)


def test_a_value_of_a_catalogue_may_name_another_and_not_itself(tmp_path):
    block = (
        '[[mistake]]\nname = "n"\nwhy = "w."\nlook_at = "l."\nedits = [" / np → {times} / np"]\n'
    )
    path = tmp_path / "a.toml"
    path.write_text(block + 'with.times = [" * {n}"]\nwith.n = [2, 3]', encoding="utf-8")
    (mistake,) = load(path, "scaled_scores", answers)
    assert [" * 2 / np" in way.text for way in mistake.ways] == [True, False]
    assert len(mistake.ways) == 2
    path.write_text(block + 'with.times = ["{n}"]\nwith.n = ["{times}"]', encoding="utf-8")
    with pytest.raises(ValueError, match="made of itself"):
        load(path, "scaled_scores", answers)
