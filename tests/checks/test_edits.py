"""Mistakes as edits: changes, read, applied and refused; catalogues from TOML; the command."""

from __future__ import annotations

import types

import pytest

from tinytx.checks import edits, search
from tinytx.checks.edits import Answer, Edit, load
from tinytx.checks.edits.__main__ import main

TEXT = "def half(x):\n    y = x / 2\n    return y\n"


@pytest.mark.parametrize(
    ("changes", "becomes"),
    [
        (["x / 2 → x * 2"], "def half(x):\n    y = x * 2\n    return y\n"),
        (["y → z"], "def half(x):\n    z = x / 2\n    return z\n"),
        ([" / 2 → "], "def half(x):\n    y = x\n    return y\n"),
        ([" / 2 →"], "def half(x):\n    y = x\n    return y\n"),
        (["/ 2 → / 3", "return y → return -y"], "def half(x):\n    y = x / 3\n    return -y\n"),
        (["-    y = x / 2\n+    y = x"], "def half(x):\n    y = x\n    return y\n"),
        (
            ["\n     y = x / 2\n+    y = y + 1\n     return y\n"],
            "def half(x):\n    y = x / 2\n    y = y + 1\n    return y\n",
        ),
    ],
)
def test_changes_are_applied(changes, becomes):
    assert Edit.of(TEXT, changes).apply(TEXT) == becomes


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["x / 3 → x"], "'x / 3' does not occur in the answer"),
        (["x → x"], "not a change, both sides are the same"),
        ([" → x"], "not a change"),
        (["x / 2"], "it has neither → nor marked lines"),
        (["x / 2 → x", "/ 2 → / 3"], "the changes touch the same text"),
        (["-    y = x\n+    y = 1"], "does not occur"),
    ],
)
def test_changes_that_do_not_apply_are_refused_by_their_text(changes, says):
    with pytest.raises(ValueError, match=says):
        Edit.of(TEXT, changes)


def test_edits_are_shrunk_so_that_neighbours_fit():
    root = Edit.of("return q @ k.T / root", ["k.T / root → k.T"])
    turned = Edit.of("return q @ k.T / root", ["q @ k.T → q @ k"])
    assert root.fits(turned)
    assert (root + turned).apply("return q @ k.T / root") == "return q @ k"
    assert not root.fits(Edit.of("return q @ k.T / root", ["root → side"]))


def test_two_insertions_at_one_place_do_not_fit():
    one, other = (Edit.of(TEXT, [f"return y → return y{end}"]) for end in (" + 1", " * 2"))
    assert not one.fits(other)


def test_comments_and_docstrings_are_no_part_of_an_answer():
    source = 'def f(x):\n    """Doc."""\n    # Why.\n\n    return "#" + x  # as it is\n'
    assert edits.answer.plain(source) == 'def f(x):\n    return "#" + x\n'


def half(x):
    """Return the half."""
    return x / 2


def half__steps(x):
    y = x
    y = y / 2
    return y


BLOCK = 'name = "N"\nwhy = """\nw\nw"""\nlook_at = "l"\n'


def loaded(tmp_path, text):
    path = tmp_path / "half.toml"
    path.write_text(text, encoding="utf-8")
    module = types.SimpleNamespace(half=half, half__steps=half__steps)
    return load(path, "half", module, module)


def results(found):
    return [way.function()(8) for mistake in found for way in mistake.ways]


@pytest.mark.parametrize(
    ("more", "gives"),
    [
        ('edits = ["/ 2 → / 4", "/ 2 → * 2"]', [2, 16]),
        ('edits = ["/ 2 → / {n}"]\nwith.n = [4, 8]', [2, 1]),
        ('edits = ["/ 2 → / 4"]\nthen = [[], "return x → return 3 * x"]', [2, 6]),
        ('edits = ["/ 2 → / 4"]\nthen = ["return x → return -x"]\nmore = ["x / 2 → x"]', [-2, 8]),
        ('base = "steps"\nedits = ["y = x\\n → y = 2 * x\\n"]', [8]),
        ('bodies = ["return {n}"]\nwith.n = [1, 2]', [1, 2]),
        ('bodies = ["""\ny = x\nreturn y"""]', [8]),
        ('functions = ["abs", "lambda x: x + 1"]', [8, 9]),
    ],
)
def test_the_ways_of_a_block(tmp_path, more, gives):
    found = loaded(tmp_path, f"[[mistake]]\n{BLOCK}{more}")
    assert (found[0].name, found[0].why, found[0].look_at) == ("N", "w w", "l")
    assert results(found) == gives


def test_a_prelude_is_at_hand_for_all_ways(tmp_path):
    head = 'prelude = "def times(n): return lambda x: n * x"\n'
    more = 'functions = ["times(3)"]\nbodies = ["return times(4)(x)"]'
    assert results(loaded(tmp_path, f"{head}[[mistake]]\n{BLOCK}{more}")) == [32, 24]


def test_each_function_has_a_state_of_its_own(tmp_path):
    more = 'edits = ["(x): → (x, seen=[]):", "return x → return len(seen) + x"]'
    more = more.replace('", "', "\\n → ") if False else more
    block = f"[[mistake]]\n{BLOCK}bodies = [\"half.n = getattr(half, 'n', 0) + 1\\nreturn half.n\"]"
    (way,) = loaded(tmp_path, block)[0].ways
    assert [way.function()(1), way.function()(1)] == [1, 1]


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (BLOCK, "half.toml, 'N': no way of making it: give edits, bodies or functions"),
        (BLOCK + 'edits = ["z → y"]', "half.toml, 'N': 'z' does not occur in the answer"),
        (BLOCK + 'edits = ["/ 2 → / ("]', "half.toml, 'N': '\\(' was never closed"),
        (BLOCK + 'edit = ["/ 2 → "]', "missing: nothing; unknown: edit"),
        ('name = "N"\nedits = ["/ 2 → "]', "missing: look_at, why; unknown: nothing"),
        (BLOCK + 'base = "loop"\nedits = ["/ 2 → "]', "half.toml, 'N': .*half__loop"),
    ],
)
def test_a_block_that_is_wrong_is_told_by_name(tmp_path, block, says):
    with pytest.raises(ValueError, match=says):
        loaded(tmp_path, f"[[mistake]]\n{block}")


def test_a_base_needs_a_module_of_styles(tmp_path):
    path = tmp_path / "half.toml"
    path.write_text(f'[[mistake]]\n{BLOCK}base = "steps"\nedits = ["/ 2 → "]', encoding="utf-8")
    answers = types.SimpleNamespace(half=half)
    with pytest.raises(ValueError, match=r"half.toml, 'N': base is 'steps' and there is no styles"):
        load(path, "half", answers)


def test_an_answer_gets_another_body_under_its_signature():
    answer = Answer("f", "def f(\n    a, b=1\n):\n    return a\n", {})
    assert answer.body("x = a\nreturn x") == "def f(\n    a, b=1\n):\n    x = a\n    return x\n"


def test_the_command_lists_prints_and_tries(capsys):
    assert main([]) == 0
    assert "attention softmax causal_mask scaled_scores" in capsys.readouterr().out
    assert main(["attention", "scaled_scores"]) == 0
    everything = capsys.readouterr().out
    assert everything.count("\n== ") >= 10
    assert "-    return q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])\n" in everything
    assert main(["attention", "scaled_scores", "k is not transposed"]) == 0
    one = capsys.readouterr().out
    assert "refused and named" in one
    assert "Smallest example: scaled_scores(" in one


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["attention", "nothing"], "attention softmax"),
        (["attention", "softmax", "x"], "no mistake"),
    ],
)
def test_the_command_says_what_there_is(arguments, says, capsys):
    assert main(arguments) == 2
    assert says in capsys.readouterr().out


def test_the_command_shows_a_clash(monkeypatch, capsys):
    from tinytx.checks import attention

    check = attention.scaled_scores
    first = check.catalogue[0]
    other = (check.catalogue[1][0], *first[1:])
    monkeypatch.setattr(check, "catalogue", [first, (other[0], object(), other[2])])
    assert main(["attention", "scaled_scores", first[0].name]) == 1
    assert f"DOES THE SAME: {other[0].name}" in capsys.readouterr().out


def test_ways_that_stand_alone_are_in_no_pair(tmp_path):
    one = f'[[mistake]]\n{BLOCK}edits = ["/ 2 → / 4"]\n'
    other = one.replace('"N"', '"M"').replace("/ 2 → / 4", "return x → return -x")
    for more, pairs in (("", 1), ("alone = true\n", 0)):
        assert len(search.pairs(search.singles(loaded(tmp_path, one + other + more), []))) == pairs
