"""The schedule designer without a browser: its rates, its areas, its options."""

import re
import shlex
from fractions import Fraction

import pytest
import typer

from tinytx.cli import app
from tinytx.figures import ScheduleDesigner
from tinytx.figures.schedule_designer import KINDS
from tinytx.training import TrainConfig, get_lr
from tinytx.training.schedules import SCHEDULES


def parsed(line: str) -> dict:
    """Return what the real command line makes of the options."""
    words = shlex.split(line)
    assert words[:2] == ["tinytx", "train"]
    command = typer.main.get_command(app).commands["train"]
    found = command.make_context("train", words[2:]).params
    return {name: value for name, value in found.items() if value is not None}


def test_the_kinds_are_those_of_the_package():
    assert set(KINDS) == set(SCHEDULES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_line_makes_the_rates_of_the_figure(kind):
    figure = ScheduleDesigner(lr=4e-3, steps=80, warmup_steps=7, min_lr=1e-5, schedule=kind)
    found = parsed(str(figure).splitlines()[-1])
    names = ("steps", "lr", "min_lr", "warmup_steps", "schedule", "decay_steps")
    given = {name: found[name] for name in names if name in found}
    config = TrainConfig(batch_size=1, **given)
    rates = [config.lr_at(step) for step in range(80)]
    assert rates == [figure.rate(step) for step in range(80)]
    assert figure.area() == pytest.approx(sum(rates) / 4e-3)
    assert found["preset"] == "tales"


def test_words_hold_rates_and_areas():
    lines = str(ScheduleDesigner(lr=0.01, steps=90, warmup_steps=8, min_lr=0.001)).splitlines()
    assert lines[0].endswith("peak 0.01, 90 steps, 8 of them climb, lowest rate 0.001")
    assert [line.split(":")[0] for line in lines[1:5]] == list(KINDS)
    how = {"lr": 0.01, "steps": 90, "warmup_steps": 8, "min_lr": 0.001}
    for kind, line in zip(KINDS, lines[1:5], strict=True):
        told = re.findall(r"([\d.e-]+) at step (\d+)", line)
        assert len(told) == 6
        for rate, step in told:
            expected = get_lr(int(step), **how, schedule=kind)
            assert float(rate) == pytest.approx(expected, rel=6e-3)
        area = sum(get_lr(step, **how, schedule=kind) for step in range(90)) / 0.01
        assert line.endswith(f"; area {area:.1f} steps at the peak")


@pytest.mark.parametrize("kind", KINDS)
def test_an_area_is_rounded_once_in_every_version_of_python(kind):
    figure = ScheduleDesigner()
    exact = sum(Fraction(figure.rate(step, kind)) for step in range(figure.steps))
    assert figure.area(kind) == float(exact) / figure.lr
    if kind == "trapezoidal":  # added one by one: 860.94999
        assert "area 861.0 steps" in str(figure)


@pytest.mark.parametrize("sizes", [(1000, 100, 3e-5), (50, 0, 0), (7, 3, 1e-4), (20, 19, 0)])
def test_cosine_and_linear_always_have_the_same_area(sizes):
    steps, warmup_steps, min_lr = sizes
    figure = ScheduleDesigner(steps=steps, warmup_steps=warmup_steps, min_lr=min_lr)
    assert figure.area("cosine") == pytest.approx(figure.area("linear"), rel=1e-12)
    if steps - warmup_steps > 2:
        assert figure.area("trapezoidal") > figure.area("linear")


def test_a_trapezoid_that_falls_all_the_way_is_linear():
    figure = ScheduleDesigner(schedule="trapezoidal", warmup_steps=100, decay_steps=900)
    assert [figure.rate(step) for step in (0, 99, 400, 999)] == [
        figure.rate(step, "linear") for step in (0, 99, 400, 999)
    ]


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("warmup_steps", [0, 1, 2])
def test_short_runs_have_words_too(steps, warmup_steps):
    figure = ScheduleDesigner(steps=steps, warmup_steps=warmup_steps)
    rows = [line for line in str(figure).splitlines() if " at step " in line]
    assert len(rows) == 4 if warmup_steps < steps else 3
    assert figure.data()["plan"]["decay_steps"] >= 1


def test_fallback_says_what_the_words_say():
    figure = ScheduleDesigner()
    for line in str(figure).splitlines()[1:5]:
        kind, told = line.split(": ")
        rates = "".join(f"<td>{rate}</td>" for rate, _ in re.findall(r"(\S+) at step (\d+)", told))
        area = told.split("area ")[1].split()[0]
        assert f'<th scope="row">{kind}</th>{rates}<td>{area}</td>' in figure.fallback()
    assert figure.options() in figure.fallback()


def test_it_is_the_same_every_time_and_small():
    assert ScheduleDesigner()._repr_html_() == ScheduleDesigner()._repr_html_()
    assert len(ScheduleDesigner()._repr_html_()) < 40_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 1}, "steps is 1, the limit is a whole number from 2 to 20,000"),
        ({"steps": 1e3}, "steps is 1000.0, the limit is a whole number"),
        ({"warmup_steps": -1}, "warmup_steps is -1, the limit is a whole number from 0"),
        ({"warmup_steps": 1001}, "warmup_steps is 1001 and must be at most steps 1000"),
        ({"decay_steps": 0, "schedule": "trapezoidal"}, "decay_steps is 0, the limit is a whole"),
        ({"decay_steps": 5}, "leave decay_steps out, or take schedule 'trapezoidal'"),
        ({"schedule": "step"}, "schedule is 'step' and must be one of cosine, linear"),
        ({"lr": 0}, "lr is 0 and must be above 0"),
        ({"min_lr": 1}, "min_lr is 1 and must be from 0 to lr"),
        ({"schedule": "trapezoidal", "warmup_steps": 1000}, "decay_steps is 1 and must be from 0"),
    ],
)
def test_wrong_input_gets_one_clear_line(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        ScheduleDesigner(**settings)
    assert "\n" not in str(caught.value)
