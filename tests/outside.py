"""What an installed tinytx must do away from its repository; tests/test_wheel.py runs this there.

Prints a JSON object: for each part '' where it works, or what went wrong.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import json
import pkgutil
import sys
import traceback
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np


def place() -> None:
    import tinytx

    assert Path(tinytx.__file__).is_relative_to(sys.argv[1]), tinytx.__file__
    assert version("tinytx") == tinytx.__version__


def data() -> None:
    from tinytx.data import raven, tales

    assert raven().count("evermore") >= 11
    assert tales.log_prob(tales.stories(1)[0]) < 0


def presets() -> None:
    from tinytx.recipes.preset import preset_names, read_preset

    assert len([read_preset(name) for name in preset_names()]) > 8


def trained() -> None:
    from tinytx.data.listops import splits
    from tinytx.evaluation.listops import accuracy, predict
    from tinytx.trained import NAMES, load_trained

    models = {name: load_trained(name) for name in NAMES}
    unseen = splits(seed=models["listops"].meta["identity"]["train"]["seed"]).test[:50]
    assert set(accuracy(unseen, predict(models["listops"].model, unseen)).values()) == {1.0}


def figures() -> None:
    """Each class of figure is drawn once: what the docstrings make, and two more."""
    from tinytx import figures
    from tinytx.trained import load_trained

    classes = [getattr(figures, name) for name in figures.__all__]
    classes = [one for one in classes if isinstance(one, type)]
    made: dict[type, object] = {}
    for kind in classes:
        kind.__init__ = _remembering(kind.__init__, made)
    for one in pkgutil.iter_modules(figures.__path__, "tinytx.figures."):
        module = importlib.import_module(one.name)
        flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        assert doctest.testmod(module, optionflags=flags).failed == 0, one.name
    figures.BPEStepper("abab")
    figures.LiveModel(*load_trained("tales")[:2], "Once")
    assert not set(classes) - set(made), set(classes) - set(made)
    for kind in classes:
        assert "<script>" in made[kind]._repr_html_(), kind


def _remembering(begin, made: dict[type, object]):
    def init(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        made.setdefault(type(self), self)

    return init


def checks() -> None:
    from tinytx import checks
    from tinytx.checks.attention import answers, chapter, softmax

    grade = chapter.grade(vars(answers))
    assert all(one.right for one in grade.results.values()), grade.results
    assert softmax.run(lambda scores: np.exp(scores)).mistakes
    for one in pkgutil.iter_modules(checks.__path__, "tinytx.checks."):
        importlib.import_module(one.name)  # reads its catalogues


def bugs_and_runs() -> None:
    from tinytx.bugs import BUGS
    from tinytx.experiments import recorded

    assert BUGS["no mask"].planted.load("pytorch").GPT
    assert recorded()


def command() -> None:
    from tinytx.cli import main

    models = files("tinytx") / "trained"
    poem = files("tinytx") / "data" / "raven.txt"
    for line in (
        ["--help"],
        ["train"],
        ["experiment"],
        ["generate", "--checkpoint", str(models / "raven.safetensors"), "--max-new-tokens", "9"],
        ["evaluate", str(models / "raven.safetensors"), "--text", str(poem)],
        ["inspect", str(models / "listops.safetensors")],
        ["start", "mine"],
        ["progress", "mine"],
    ):
        assert main(line) == 0, line
    assert len(list(Path("mine").glob("*.ipynb"))) == 14


PARTS = (place, data, presets, trained, figures, checks, bugs_and_runs, command)


def main() -> None:
    said = {}
    for part in PARTS:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                part()
                said[part.__name__] = ""
            except BaseException:
                said[part.__name__] = out.getvalue()[-2000:] + traceback.format_exc()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
