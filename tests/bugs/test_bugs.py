"""Every bug applies, trains, and is caught by its probe, which finds nothing in the right code."""

from __future__ import annotations

import inspect
import json
import sys
import traceback
from dataclasses import replace
from statistics import stdev
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from tinytx.bugs import BUGS, WRITTEN_OUT, Bug, Planted, plant, record, trial
from tinytx.bugs.catalogue import FILE, load
from tinytx.bugs.plant import source
from tinytx.bugs.record import RIGHT, main
from tinytx.bugs.recording import NAME, SEEDS, gap, recordings, steps
from tinytx.bugs.suspects import SUSPECTS, Right, examine
from tinytx.data.raven import raven
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
    texts = {"-": BUGS[name].before.values(), "+": BUGS[name].after.values()}
    whole = {mark: "\n".join(some).splitlines() for mark, some in texts.items()}
    assert all(line[1:] in whole[line[0]] for line in marked)
    assert lines[0].startswith("--- tinytx/")
    assert "\n@@ -" not in repr(BUGS[name])  # line numbers move with every other change
    assert BUGS[name]._repr_html_().startswith("<div")


def test_a_diff_on_a_page_shows_what_could_be_html():
    page = Bug("<u>", "", before={"a.py": "x <b> y\n"}, after={"a.py": "x <i> y\n"})._repr_html_()
    assert page.count("background:") == 2  # the two lines, and not the names of the files above
    assert "&lt;u&gt;" in page
    assert "x &lt;i&gt; y" in page


@EACH
def test_a_bug_trains_and_its_loss_falls(name):
    run = BUGS[name].planted.load("bugs.trial")
    settings = run.Settings(**BUGS[name].trial)._replace(steps=50)
    found = run.run(0, settings)
    assert found.train[-1] < found.train[0] - 0.4
    assert np.isfinite(trial.honest_loss(found.weights[-1], trial.Settings(*settings)))
    assert len(found.text) == len(trial.PROMPT) + 60


@pytest.mark.parametrize("settings", [trial.Settings(), trial.Settings(documents=True)], ids=str)
def test_a_right_model_has_one_loss_in_all_three_ways(settings):
    model = trial.make_model(settings, 0).eval()
    windows = trial.texts(settings, np.random.default_rng(0))[2][:4]
    ways = trial.whole_loss, trial.prefix_loss, trial.writing_loss
    found = [way(model, windows, settings) for way in ways]
    assert found == pytest.approx([trial.loss_of(model, windows, settings)] * 3, rel=1e-5)
    torch.manual_seed(0)
    leaky = GPT(trial.model_config(settings, causal=False)).eval()
    whole, prefix = (way(leaky, windows, settings) for way in ways[:2])
    assert abs(whole - prefix) > 1e-3  # a prefix ends where its last position is


def test_means_sides_and_some_windows_are_what_they_say():
    assert trial.means(list(range(25))) == [4.5, 14.5]
    train, held_out = trial.sides(np.arange(300), 16, np.random.default_rng(0))
    assert train[-1].max() < held_out[0].min()
    windows = list(range(25))
    assert trial.some(windows, 10) == windows[::3]
    assert trial.some(windows, 99) == windows


def test_the_end_of_the_poem_is_never_seen_and_nine_tenths_of_the_rest_are_trained_on():
    encode, decode, poem = trial.tokenizer().encode, trial.tokenizer().decode, raven()
    at, T = int(0.9 * len(poem)), 16
    train, held_out, unseen = trial.texts(trial.Settings(), np.random.default_rng(0))
    assert decode(train[0]) == poem[: T + 1]
    assert decode(held_out[-1]) == poem[at - T - 1 : at]
    assert (decode(unseen[0]), decode(unseen[-1])) == (poem[at : at + T + 1], poem[-T - 1 :])
    assert (len(train), len(train) + len(held_out)) == (int(0.9 * (at - T)) - T, at - 2 * T)
    train, held_out, unseen = trial.texts(trial.Settings(documents=True), np.random.default_rng(0))
    phrases, end = trial.phrases(poem[:at]), trial.phrases(poem[at:])
    assert [each.tolist() for each in train + held_out] == [each.tolist() for each in phrases]
    assert [each.tolist() for each in unseen] == [each.tolist() for each in end]
    assert len(train) == int(0.9 * len(phrases))
    assert [decode(each) for each in trial.phrases("a bird’s, b\n\n—c!")] == [
        "a bird’s\n", "b\n", "c\n",
    ]  # fmt: skip
    assert trial.padding_id() == encode("\n")[0]
    assert (trial.Settings().T, trial.Settings(documents=True).T) == (16, 32)


def test_losses_are_of_all_windows_and_an_honest_one_of_what_no_run_sees():
    settings = trial.Settings()
    model = trial.make_model(settings, 0)
    unseen = trial.texts(settings, np.random.default_rng(0))[2]
    few = unseen[:70]
    model.eval()
    assert trial.loss_of(model, few, settings) == pytest.approx(
        np.mean([trial.loss_of(model, [one], settings) for one in few]), rel=1e-5
    )
    expected = trial.whole_loss(model, trial.some(unseen, 128), settings)
    assert trial.honest_loss(trial.arrays_of(model), settings) == pytest.approx(expected, rel=1e-5)


def test_a_text_goes_on_with_the_second_half_of_a_context_that_is_full():
    settings = trial.Settings()
    model = trial.make_model(settings, 0).eval()
    ids, rng = trial.tokenizer().encode(trial.PROMPT), np.random.default_rng(3)
    seen = ids
    for _ in range(30):
        if len(seen) > 16:
            seen = ids[-8:]
        with torch.no_grad():
            shares = (model(torch.tensor([seen]))[0, -1].double() / 0.7).softmax(-1).numpy()
        new = [int(rng.choice(len(shares), p=shares / shares.sum()))]
        ids, seen = ids + new, seen + new
    assert trial.write(model, 30, 3, settings) == trial.tokenizer().decode(ids)


def test_a_run_measures_after_so_many_steps_each_at_its_rate(monkeypatch):
    usual = trial.train_config(trial.Settings(), 0)
    config = replace(usual, steps=3, warmup_steps=2)
    for name, value in {"EVERY": 2, "POINT": 1, "train_config": lambda *_: config}.items():
        monkeypatch.setattr(trial, name, value)
    make, rates = trial.make_learner, []

    def learner(*given):
        made = make(*given)
        step = made.step
        made.step = lambda rate: (rates.append(rate), step(rate))[1]
        return made

    monkeypatch.setattr(trial, "make_learner", learner)
    settings = trial.Settings(steps=3)
    found = trial.run(0, settings)
    assert [len(values) for values in found[:6]] == [3, 3, 1, 1, 1, 1]
    assert rates == [config.lr_at(step) for step in range(3)]
    fresh = trial.arrays_of(trial.make_model(settings, 0))
    assert any((found.weights[0][name] != value).any() for name, value in fresh.items())


def test_a_probe_that_there_is_not_is_named():
    with pytest.raises(ValueError, match=r"^probe is 'no' and must be one of causality, prefix"):
        examine("no", Right())


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
    tenth = f"{planted.root}0"  # of a copy that came later
    sys.modules[tenth] = ModuleType(tenth)
    planted.forget()
    assert [n for n in sys.modules if n.startswith(planted.root)] == [tenth]
    del sys.modules[tenth]
    assert planted.root not in plant._PLANTED


def test_a_copy_keeps_its_texts_and_shows_them_where_it_fails():
    file, wrong = "pytorch/softmax.py", "raise ValueError('no')  # planted"
    texts = {file: source(file) + f"\n\ndef fail():\n    {wrong}\n"}
    planted, text = Planted("it fails", texts), texts.pop(file)
    module = planted.load("pytorch.softmax")
    assert module.__loader__.get_source(module.__name__) == text
    with pytest.raises(ValueError, match="no") as caught:
        module.fail()
    shown = "".join(traceback.format_exception(caught.value))
    assert f'File "<tinytx/{file}: it fails>"' in shown
    assert wrong in shown


def test_what_is_no_file_of_the_package_is_named():
    for file in ("pytorch", "pytorch/nothing.py"):
        with pytest.raises(ValueError, match=f"^file is '{file}' and must be one of the package"):
            Planted("nothing", {file: ""})
    assert "’" in source("bugs/trial.py")


def test_a_copy_imports_itself_and_shows_its_own_source():
    planted = BUGS["mask after softmax"].planted
    attention = planted.load("pytorch.attention")
    assert attention.softmax is planted.load("pytorch.softmax").softmax
    assert attention.softmax is not softmax.softmax
    assert "x.softmax(-1) * mask" in inspect.getsource(attention.softmax)
    assert "masked_fill" in inspect.getsource(softmax.softmax)
    without = BUGS["mask after softmax"].unplanted.texts["pytorch/softmax.py"]
    assert "x.softmax(-1) * mask" not in without


def test_two_copies_do_not_meet():
    one, two = (BUGS[name].planted.load("pytorch").GPT for name in list(BUGS)[:2])
    assert one is not two
    assert sys.meta_path.count(plant._finder) == 1


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
        ('why = "w"\nedit = []', "'\\?': missing: \\['name'\\]; unknown: \\[\\]"),
        ('name = "b"\nwhy = "w"\nedit = [{old = "a"}]', "missing: \\['file', 'new'\\]; unknown"),
        (
            'name = "b"\nwhy = "w"\nedit = [{file = "x.py", old = "a", new = "b", all = true}]',
            "'b': missing: \\[\\]; unknown: \\['all'\\]",
        ),
        ('name = "b"\nwhy = "w"\nedit = []\nbase = "x"', "base is 'x'"),
        ('name = "b"\nwhy = "w"\nedit = [{file = "x.py", old = "a", new = "b"}]', "file is 'x.py'"),
        (
            "\n[[bug]]\n".join(['name = "b"\nwhy = "w"\nedit = []'] * 2),
            "there are two of this name",
        ),
    ],
)
def test_an_entry_that_is_not_right_is_refused(text, says, tmp_path):
    (tmp_path / "bugs.toml").write_text(f"[[bug]]\n{text}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        load(tmp_path / "bugs.toml")


def test_two_edits_of_a_file_are_both_made(tmp_path):
    edits = [("relu2(x", "relu3(x"), ("def silu", "def shut")]
    text = "".join(
        f'[[bug.edit]]\nfile = "pytorch/activation.py"\nold = "{old}"\nnew = "{new}"\n'
        for old, new in edits
    )
    (tmp_path / "bugs.toml").write_text(f'[[bug]]\nname = "b"\nwhy = "w"\n{text}', encoding="utf-8")
    after = load(tmp_path / "bugs.toml")["b"].after["pytorch/activation.py"]
    assert all(new in after for _, new in edits)


def test_a_bug_starts_from_its_base_and_leaves_it_as_it_is(tmp_path):
    acts, soft = "pytorch/activation.py", "pytorch/softmax.py"
    text = f"""
[[bug]]
name = "b"
why = '''why
  it is so'''
probe = "p"
base = "a"
also = ["q", "r"]
trial = {{steps = 3}}
edit = [{{file = "{acts}", old = "relu2(x", new = "relu3(x"}}]
[[bug]]
name = "c"
why = "w"
base = "a"
edit = [{{file = "{soft}", old = "def ", new = "async def ", every = true}}]
[[base]]
name = "a"
why = "w"
edit = [{{file = "{acts}", old = "def silu", new = "def shut"}}]
"""
    (tmp_path / "bugs.toml").write_text(text, encoding="utf-8")
    found = load(tmp_path / "bugs.toml")
    a, b, c = found.values()
    assert list(found) == ["a", "b", "c"]
    right, shut = source(acts), source(acts).replace("def silu", "def shut")
    assert (a.before, a.after) == ({acts: right}, {acts: shut})
    assert (b.before, b.after) == ({acts: shut}, {acts: shut.replace("relu2(x", "relu3(x")})
    assert c.before == {acts: shut, soft: source(soft)}
    assert c.after == {acts: shut, soft: source(soft).replace("def ", "async def ")}
    assert (b.why, b.probe, b.also, b.trial) == ("why it is so", "p", ("q", "r"), {"steps": 3})
    assert (b.planted.texts, b.unplanted.texts) == (b.after, b.before)
    marks = [line[0] for line in b.diff.splitlines()[3:]]
    assert (marks.count("-"), marks.count("+"), marks[:3]) == (1, 1, [" ", " ", "-"])


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


def test_where_a_run_ends_and_how_far_above_the_right_ones():
    curve = np.array([[9.0, 1, 2, 3, 4, 5], [9.0, 3, 4, 5, 6, 7]])  # each point is ten steps
    one = recordings()["right"]._replace(train=curve, norm=curve, own=curve, writing=curve[:, 1])
    for what, ends in {"train": [3, 5], "norm": [3, 5], "own": [5, 7], "writing": [1, 3]}.items():
        assert one.ends(what).tolist() == ends
        assert one.end(what) == pytest.approx((np.mean(ends), np.sqrt(2)))
    assert steps(curve).tolist() == [10, 20, 30, 40, 50, 60]
    for name, found in recordings().items():
        right = recordings()[found.beside]
        apart = found.ends("norm") - right.ends("norm")
        assert gap(name, "norm") == pytest.approx((apart.mean(), stdev(apart)))


def test_a_record_keeps_the_runs_of_all_seeds_and_what_they_are_beside(monkeypatch):
    asked, third = [], 1 / 3

    def run(seed, settings):
        asked.append(settings)
        assert torch.initial_seed() == seed
        curve = [seed + third]
        return trial.Run(curve, curve, curve, curve, curve, [seed], seed, f"text {seed}")

    code = SimpleNamespace(Settings=trial.Settings, run=run)
    monkeypatch.setattr(record, "Right", lambda: SimpleNamespace(load=lambda _: code))
    monkeypatch.setattr(trial, "honest_loss", lambda weights, settings: weights + 2 * third)
    found = record.record("right, phrases")
    assert found["norm"] == [[seed + 0.3333] for seed in SEEDS]
    assert found["honest"] == [[seed + 0.6667] for seed in SEEDS]
    assert (found["writing"], found["text"]) == (list(SEEDS), "text 0")
    assert set(asked) == {trial.Settings(**RIGHT["right, phrases"])}
    besides = {name: record.beside(bug.trial) for name, bug in BUGS.items()}
    assert besides == {name: recordings()[name].beside for name in BUGS}


def test_with_a_name_the_other_runs_stay_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "record", lambda name: {"text": name})
    for name in ("no mask", "right"):
        assert main(["--out", str(tmp_path / "runs.json"), name]) == 0
    table = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))
    assert table == {
        "seeds": list(SEEDS), "runs": {name: {"text": name} for name in ("right", "no mask")},
    }  # fmt: skip
    assert list(table["runs"]) == ["right", "no mask"]  # in the order of the bugs


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
