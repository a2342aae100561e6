"""Every bug applies, trains, and is caught by its probe, which finds nothing in the right code."""

from __future__ import annotations

import inspect
import sys

import numpy as np
import pytest
import torch

from tinytx.bugs import BUGS, WRITTEN_OUT, Planted, trial
from tinytx.bugs.catalogue import FILE, load
from tinytx.bugs.plant import source
from tinytx.bugs.record import RIGHT, main
from tinytx.bugs.recording import NAME, SEEDS, recordings
from tinytx.bugs.suspects import SUSPECTS, Right, examine
from tinytx.pytorch import GPT, softmax

EACH = pytest.mark.parametrize("name", BUGS)


def test_there_are_seventeen():
    assert len(BUGS) == 17


@pytest.mark.parametrize("probe", SUSPECTS)
def test_no_probe_accuses_the_right_code(probe):
    for copy in (Right(), WRITTEN_OUT.planted):
        result = examine(probe, copy)
        assert result.passed is True, result


@EACH
def test_its_probe_catches_a_bug_and_no_other_does_but_those_listed(name):
    bug = BUGS[name]
    failed = {probe for probe in SUSPECTS if not examine(probe, bug.planted)}
    assert failed == {bug.probe, *bug.also}


@EACH
def test_a_bug_is_shown_as_a_short_diff(name):
    lines = BUGS[name].diff.splitlines()
    marked = [line for line in lines if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert 1 <= len(marked) <= 8
    assert lines[0].startswith("--- tinytx/")
    assert BUGS[name]._repr_html_().startswith("<div")


@EACH
def test_a_bug_trains_and_its_loss_falls(name):
    run = BUGS[name].planted.load("bugs.trial")
    settings = run.Settings(**BUGS[name].trial)._replace(steps=50)
    found = run.run(0, settings)
    assert found.train[-1] < found.train[0] - 0.4
    assert np.isfinite(trial.honest_loss(found.weights[-1], trial.Settings(*settings)))
    assert len(found.text) == len(trial.PROMPT) + 60


def test_the_written_out_base_computes_what_the_fused_kernel_does():
    model = trial.make_model(trial.Settings(), 0).eval()
    copy = WRITTEN_OUT.planted.load("bugs.trial")
    twin = copy.make_model(copy.Settings(), 0).eval()
    ids = torch.arange(16)[None]
    assert type(twin) is not GPT
    torch.testing.assert_close(model(ids), twin(ids))


# --- planting


def test_planting_leaves_the_package_as_it_is():
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "tinytx"}
    here = softmax.softmax
    text = source("pytorch/softmax.py") + "\n\ndef softmax(x, mask=None):\n    return 7\n"
    planted = Planted("seven", {"pytorch/softmax.py": text})
    wrong = planted.load("pytorch.softmax")
    assert wrong.softmax(1) == 7
    assert softmax.softmax is here
    after = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "tinytx"}
    assert before == after
    planted.forget()
    assert not any(n.startswith(planted.root) for n in sys.modules)


def test_a_copy_imports_itself_and_shows_its_own_source():
    planted = BUGS["mask after softmax"].planted
    attention = planted.load("pytorch.attention")
    assert attention.softmax is planted.load("pytorch.softmax").softmax
    assert attention.softmax is not softmax.softmax
    assert "x.softmax(-1) * mask" in inspect.getsource(attention.softmax)
    assert "masked_fill" in inspect.getsource(softmax.softmax)


def test_two_copies_do_not_meet():
    one, two = (BUGS[name].planted.load("pytorch").GPT for name in list(BUGS)[:2])
    assert one is not two


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ('old = "no such text"\nnew = "x"', "does not occur"),
        ('old = "return"\nnew = "x"', "stands 4 times"),
        ('old = "def softmax"\nnew = "def"', "invalid syntax"),
    ],
)
def test_an_edit_that_does_not_apply_is_loud(edit, says, tmp_path):
    file = "masks" if "return" in edit else "softmax"
    head = '[[bug]]\nname = "b"\nwhy = "w"\nprobe = "p"\n[[bug.edit]]\n'
    text = f'{head}file = "pytorch/{file}.py"\n{edit}\n'
    (tmp_path / "bugs.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"bugs.toml, 'b': .*{says}"):
        load(tmp_path / "bugs.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "b"\nwhy = "w"', "missing: \\['edit'\\]"),
        ('name = "b"\nwhy = "w"\nedit = []\nwho = 1', "unknown: \\['who'\\]"),
        ('name = "b"\nwhy = "w"\nedit = []\nbase = "x"', "base is 'x'"),
        ('name = "b"\nwhy = "w"\nedit = [{file = "x.py", old = "a", new = "b"}]', "file is 'x.py'"),
    ],
)
def test_an_entry_that_is_not_right_is_refused(text, says, tmp_path):
    (tmp_path / "bugs.toml").write_text(f"[[bug]]\n{text}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        load(tmp_path / "bugs.toml")


# --- the recording


def test_all_is_recorded_from_five_seeds():
    found = recordings()
    assert set(found) == {*RIGHT, *BUGS}
    for one in found.values():
        assert len(one.writing) == len(one.train) == len(SEEDS) == 5
        assert one.beside in RIGHT


def test_only_leaks_make_a_window_cheaper_than_its_prefixes():
    leaks = {name for name, bug in BUGS.items() if "prefix-only loss" in bug.also}
    # Drawn dropout and company in the batch differ from call to call, not by a leak's size.
    noisy = {"dropout in evaluation", "norm over the batch"}
    for name, one in recordings().items():
        apart = (one.prefix - one.whole)[:, -1]
        assert (apart.min() > 0.3) if name in leaks else (np.abs(apart).max() < 0.1), name
        assert name in leaks | noisy or np.abs(apart).max() < 1e-3, name


def test_the_recording_is_small():
    assert FILE.with_name(NAME).stat().st_size < 300_000


@pytest.mark.parametrize("name", ["right, in NumPy", "targets not shifted", "no mask"])
def test_the_recording_is_real(name):
    given = RIGHT.get(name) or BUGS[name].trial
    code = (Right() if name in RIGHT else BUGS[name].planted).load("bugs.trial")
    run = code.run(0, code.Settings(**given)._replace(steps=50))
    recorded = recordings()[name].train[0, :5]
    assert np.abs(np.array(run.train) - recorded).max() < 0.02


def test_the_command_refuses_a_bug_that_is_not_there(capsys):
    with pytest.raises(SystemExit):
        main(["no such bug"])
    assert "is no bug" in capsys.readouterr().err
