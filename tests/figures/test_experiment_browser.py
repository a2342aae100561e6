"""The experiment browser without a browser: its intervals, its sentences, what went wrong."""

import json
import math
from copy import deepcopy

import numpy as np
import pytest
from scipy.stats import t

from tinytx.experiments.recording import for_browser
from tinytx.experiments.statistics import Difference, paired_difference, unpaired_difference
from tinytx.figures import ExperimentBrowser
from tinytx.figures.experiment_browser import digits, quantiles

from .experiments import SEEDS, STEPS, made, needs_the_recording

HOSTILE = "</script><img src=x onerror=alert(1)>"


def interpolated(df, table):
    """Return the quantile as the page reads it off the table."""
    first, values = table["first"], table["values"]
    place = (1 / df - first) / (1 - first) * (len(values) - 1)
    return math.exp(np.interp(place, range(len(values)), np.log(values)))


@pytest.mark.parametrize("most", [2, 8, 62])
def test_the_table_has_the_quantiles_of_student(most):
    table = quantiles(most)
    for df in np.linspace(1, most, 200):
        assert interpolated(df, table) == pytest.approx(t.ppf(0.975, df), rel=5e-5)


def test_differences_are_those_of_the_package():
    figure = ExperimentBrowser(made())
    arms = figure.settings["positions"]["tokens"].arms
    for b in ("rotary", "sinusoidal", "none"):
        for seeds in range(2, SEEDS + 1):
            one, other = (arms[name].losses[:seeds] for name in ("learned", b))
            found = figure.difference("positions", "tokens", "learned", b, seeds)
            assert found == (paired_difference(one, other), unpaired_difference(one, other))


def test_each_kind_of_sentence():
    figure = ExperimentBrowser(made())
    lower = figure.difference("positions", "tokens", "learned", "rotary")[0]
    assert figure.told("positions", "tokens", "learned", "rotary") == (
        f"B (rotary) ends {-lower.mean:.3f} nats per token lower than A (learned) "
        f"[{-lower.high:.3f}, {-lower.low:.3f}]: the interval leaves out 0."
    )
    higher = figure.difference("positions", "tokens", "rotary", "learned")[0]
    assert figure.told("positions", "tokens", "rotary", "learned") == (
        f"B (learned) ends {higher.mean:.3f} nats per token higher than A (rotary) "
        f"[{higher.low:.3f}, {higher.high:.3f}]: the interval leaves out 0."
    )
    same = figure.told("positions", "tokens", "none", "none")
    assert same == "A and B are the same arm: choose another."


def test_an_interval_that_leaves_out_0_has_the_digits_to_show_it():
    near = Difference(0.023, 0.01, 0.0004, 0.046, 3)
    assert [digits(near), digits(near._replace(low=-0.0004)), digits(near._replace(low=0.002))] == [
        4, 3, 3
    ]  # fmt: skip
    assert digits(Difference(-0.003, 0.001, -0.006, -0.00001, 3)) == 5


@pytest.mark.parametrize(
    ("b", "told"),
    [
        ([1.02, 1.01, 0.99], "+0.007 nats per token [−0.031, +0.045]; the interval holds 0, and "
         "differences of up to 0.045."),
        ([1.001, 0.999, 0.9985], "−0.0005 nats per token [−0.0038, +0.0028]; the interval holds "
         "0, and differences of up to 0.0038."),
        ([1.0, 1.0, 1.0], "+0.0000 nats per token [+0.0000, +0.0000]; the interval holds 0, and "
         "differences of up to 0.0000."),
    ],
)  # fmt: skip
def test_no_difference_is_said_with_what_it_leaves_open(b, told):
    arms = {
        name: {"lr": 1, "losses": losses, "curves": [[one] for one in losses]}
        for name, losses in (("a", [1.0, 1.0, 1.0]), ("b", b))
    }
    data = {"d": {"floor": 0, "steps": [1], "arms": arms}}
    figure = ExperimentBrowser({"e": {"question": "?", "data": data}})
    assert figure.told("e", "d", "a", "b") == f"No difference seen: B (b) less A (a) is {told}"


def test_runs_that_went_wrong_are_said_and_do_not_crash():
    figure = ExperimentBrowser(made())
    told = figure.told("norm", "tokens", "pre-norm", "post-norm, no warm-up")
    assert told.startswith(
        "B (post-norm, no warm-up) diverged in 2 of 5 seeds. In the 3 pairs that are left: B "
    )
    few = figure.told("norm", "tokens", "pre-norm", "post-norm, no warm-up", 2)
    assert few == (
        "B (post-norm, no warm-up) diverged in 1 of 2 seeds. "
        "Fewer than two pairs are left: no interval."
    )
    assert figure.difference("norm", "tokens", "pre-norm", "post-norm, no warm-up", 2) is None
    stuck = figure.told("norm", "tokens", "no norm", "pre-norm")
    assert stuck.startswith("A (no norm) did not learn in 5 of 5 seeds. B (pre-norm) ends ")
    assert "did not learn" not in figure.told("norm", "tokens", "pre-norm", "post-norm")
    assert "Two runs met a loss that was no number." in str(figure)


def test_a_run_that_learned_and_is_measured_elsewhere_is_not_stuck():
    experiments = made()
    arms = experiments["positions"]["data"]["tokens"]["arms"]
    arms["learned"]["losses"] = [5.0, 5.1, 5.2, 5.1, 5.0]  # past the trained length, say
    told = ExperimentBrowser(experiments).told("positions", "tokens", "learned", "rotary")
    assert told.startswith("B (rotary) ends ")


@pytest.mark.parametrize("none", [None, math.nan, math.inf])
def test_all_that_is_no_number_is_none(none):
    experiments = made()
    arm = experiments["positions"]["data"]["tokens"]["arms"]["rotary"]
    arm["losses"][0] = arm["curves"][0][-1] = none
    shipped = ExperimentBrowser(experiments).data()["experiments"][0]["data"][0]["arms"][1]
    assert shipped["losses"][0] is None
    assert shipped["curves"][0][-1] is None


def test_an_arm_without_any_loss():
    experiments = made()
    arm = experiments["positions"]["data"]["tokens"]["arms"]["rotary"]
    arm["losses"], arm["curves"] = [None] * SEEDS, [[None] * len(STEPS)] * SEEDS
    text = str(ExperimentBrowser(experiments))
    assert "rotary: rate 0.02, ends at no loss" in text
    assert "B (rotary) diverged in 5 of 5 seeds. Fewer than two pairs are left" in text


def test_numbers_are_shipped_with_four_decimals():
    data = ExperimentBrowser(made()).data()
    for one in data["experiments"]:
        for setting in one["data"]:
            for arm in setting["arms"]:
                flat = [*arm["losses"], *(x for curve in arm["curves"] for x in curve)]
                assert all(x is None or x == round(x, 4) for x in flat)
    assert json.dumps(data, allow_nan=False)


def test_arrays_are_taken_too():
    experiments = made()
    arms = experiments["positions"]["data"]["tokens"]["arms"]
    for arm in arms.values():
        arm["losses"], arm["curves"] = np.array(arm["losses"]), np.array(arm["curves"])
    assert str(ExperimentBrowser(experiments)) == str(ExperimentBrowser(made()))


def test_words_and_fallback_say_the_same():
    figure = ExperimentBrowser(made())
    text, page = str(figure), figure.fallback()
    assert text.splitlines()[1] == figure.ask
    for experiment, data in figure.settings.items():
        assert f"{experiment}: {figure.questions[experiment]}" in text
        for key, setting in data.items():
            first, *others = setting.arms
            for arm in others:
                told = figure.told(experiment, key, first, arm)
                assert f"      {told}" in text
                assert f"<td>{told}</td>" in page


def test_it_is_the_same_every_time_and_not_large():
    assert ExperimentBrowser(made())._repr_html_() == ExperimentBrowser(made())._repr_html_()
    assert len(ExperimentBrowser(made())._repr_html_()) < 60_000


def test_user_text_cannot_leave_its_place():
    experiments = made()
    one = {**experiments["positions"], "question": HOSTILE}
    arms = one["data"]["tokens"]["arms"]
    arms[HOSTILE] = {**arms["none"], "note": HOSTILE}
    page = ExperimentBrowser({HOSTILE: one}, ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


def settings_of(figure):
    """Yield every ordered pair of arms of every experiment and data."""
    for experiment, data in figure.settings.items():
        for key, setting in data.items():
            names = list(setting.arms)
            for i, a in enumerate(names):
                for b in names[i + 1 :]:
                    yield experiment, key, a, b


def leaves_out_zero(difference):
    return difference.low > 0 or difference.high < 0


def only_by_pairs(figure):
    """Return the pairs of arms that the paired interval tells apart and the unpaired one not."""
    found = []
    for where in settings_of(figure):
        both = figure.difference(*where)
        if both and leaves_out_zero(both[0]) and not leaves_out_zero(both[1]):
            found.append(where)
    return found


def only_by_few(figure):
    """Return the pairs of arms that two or three seeds tell apart and all of them do not."""
    found = []
    for where in settings_of(figure):
        every = figure.difference(*where)
        few = [figure.difference(*where, seeds) for seeds in (2, 3)]
        told = any(one and leaves_out_zero(one[0]) for one in few)
        if every and told and not leaves_out_zero(every[0]):
            found.append(where)
    return found


def test_the_question_is_answered_by_what_was_made_up():
    figure = ExperimentBrowser(made())
    assert ("positions", "tokens", "learned", "rotary") in only_by_pairs(figure)
    assert only_by_few(figure)


def test_the_question_has_an_answer_in_the_recorded_runs():
    needs_the_recording()
    figure = ExperimentBrowser(for_browser())
    assert only_by_pairs(figure)
    assert only_by_few(figure)


def changed(path, value):
    """Return the made-up experiments with one place changed; ... takes it out."""
    experiments = deepcopy(made())
    at = experiments
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return experiments


TOKENS = ("positions", "data", "tokens")
ARM = (*TOKENS, "arms", "rotary")
WRONG = [
    ({}, "experiments has 0 and must be a mapping of 1 to 40 by name"),
    ([1], "experiments is list and must be a mapping"),
    (changed(("positions", "question"), ...), "experiments['positions'] has no question"),
    (changed(("positions", "data"), {}), "experiments['positions']['data'] has 0"),
    (changed((*TOKENS, "floor"), ...), "has no floor; it needs floor, steps, arms"),
    (changed((*TOKENS, "floor"), None), "['floor'] is None and must be finite"),
    (changed((*TOKENS, "steps"), [3, 2]), "must be 1 to 400 whole numbers from 0 that rise"),
    (changed((*TOKENS, "steps"), [1.5]), "whole numbers"),
    (changed((*TOKENS, "steps"), 5), "['steps'] is 5 and must be a list"),
    (changed((*ARM, "losses"), 1.0), "['losses'] is 1.0 and must be a list"),
    (changed((*ARM, "curves"), [1.0] * 5), "['curves'] is 1.0 and must be a list"),
    (changed((*ARM, "curves"), None), "['curves'] is None and must be a list"),
    (changed((*TOKENS, "arms"), {}), "['arms'] has 0 and must be a mapping of 2 to 12"),
    (changed((*ARM, "lr"), ...), "['arms']['rotary'] has no lr"),
    (changed((*ARM, "lr"), 0), "['lr'] is 0 and must be above 0"),
    (changed((*ARM, "losses"), [1.0]), "has 1 seeds, the limit is 2 to 32"),
    (changed((*ARM, "losses"), [1.0, 2.0]), "must have 2 curves of 10 losses"),
    (changed((*ARM, "losses"), ["a"] * 5), "holds 'a' and must hold numbers"),
    (changed((*ARM, "curves"), [[1.0]] * 5), "must have 5 curves of 10 losses"),
]


@pytest.mark.parametrize(("experiments", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(experiments, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        ExperimentBrowser(experiments)
    assert message in str(caught.value)
    assert str(caught.value).startswith("ExperimentBrowser: ")
    assert "\n" not in str(caught.value)


def test_arms_need_the_same_seeds():
    experiments = made()
    arm = experiments["positions"]["data"]["tokens"]["arms"]["rotary"]
    arm["losses"], arm["curves"] = arm["losses"][:3], arm["curves"][:3]
    with pytest.raises(ValueError, match="has arms with 3 and 5 seeds; seeds are paired"):
        ExperimentBrowser(experiments)
