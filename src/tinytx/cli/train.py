"""``tinytx train``: a preset, changed by options, from data to a trained and measured model."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..recipes.preset import preset_names, read_preset
from ..recipes.recipe import Recipe
from ..recipes.registry import RECIPES, recipe_for
from ..training.run import LAST, PRESET
from ..training.settings import CHANGEABLE, CHANGEABLE_DATA
from ..wording import short
from .options import ENGINE, PANELS, data_settings, given, train_options
from .pages import page
from .presets import complete_preset
from .ranks import only_first_speaks

EXAMPLES = page(
    [
        "tinytx train",
        "tinytx train raven",
        "tinytx train own --corpus book.txt",
        "tinytx train tales --n-layer 2 --d-model 64 --steps 500 --out runs/small",
        "tinytx train runs/small/preset.toml --seed 1 --out runs/other-seed",
        "tinytx train tales --out runs/small --resume --steps 1000",
        "torchrun --nproc-per-node 2 -m tinytx train tales",
    ],
    """
    A preset is a TOML file with the tables [data], [model] and [train]; its keys are the
    options above, with _ for -, but for those of The run: of these it has engine alone, above
    the tables. Copy one, edit it, train it. The run's folder holds the preset
    with your changes as preset.toml. Left out, an option has the preset's value, or else the
    one in brackets.
    """,
)


def train(
    preset: str | None, out: Path | None, resume: bool, tensorboard: bool | None, **options: Any
) -> int:
    """Train a model: a preset or a TOML file of your own, changed by options."""
    changes = given(options)
    if preset is None and resume and out is not None and (out / PRESET).exists():
        preset = str(out / PRESET)
    if preset is None:
        if changes or resume or out:
            _check_run(out, resume)
            raise ValueError(
                f"preset is missing: name one of {', '.join(preset_names())}, or a file"
            )
        return show_presets()
    recipe = recipe_for(preset)
    _check_options(recipe, changes)
    out = out or usual_folder(preset, resume)
    with only_first_speaks():
        return run_recipe(recipe, preset, out, resume, changes, tensorboard)


def _check_run(out: Path | None, resume: bool) -> None:
    """Refuse to go on with a run that is not there, where nobody says which preset it has."""
    if not resume:
        return
    if out is None:
        raise ValueError("--resume needs a run: give its folder with --out, or name its preset")
    if not (out / LAST).exists():
        raise ValueError(f"{out} holds no run to resume: give the folder of one with --out")
    raise ValueError(f"{out} holds no {PRESET}: name the preset that its run was started with")


def run_recipe(
    recipe: Recipe,
    preset: str,
    out: Path,
    resume: bool,
    changes: dict[str, Any],
    tensorboard: bool | None = None,
) -> int:
    """Train ``recipe`` in the folder ``out`` and tell how it went; return the exit code."""
    trainer = recipe.trainer(out, resume=resume, **changes)
    if trainer.world.rank == 0:
        trainer.report = _report(trainer, out, tensorboard)
    if resume and Path(preset).suffix == ".toml":
        trainer.notes += _unheeded(recipe, preset, trainer.identity, changes)
    told = len(trainer.notes)
    print(*trainer.notes, sep="\n", end="\n" * bool(told))
    outcome = trainer.run()
    print(*trainer.notes[told:], sep="\n", end="\n" * (len(trainer.notes) > told))
    if not outcome.finished:
        print(f"stopped and saved at step {outcome.step} of {trainer.config.steps}")
        print(f"continue with: {_again(preset, out)} --resume")
        return 130
    if outcome.stopped_early:
        print(f"stopped at step {outcome.step}: no better row for {trainer.config.patience} rows")
    folder = trainer.folder
    assert folder is not None, "it was made with one"
    said = trainer.world.first(lambda: recipe.finish(folder, trainer))
    print(*said, f"everything is in {out}", sep="\n")
    return 0


def _unheeded(
    recipe: Recipe, preset: str, identity: dict[str, Any], changes: dict[str, Any]
) -> list[str]:
    """Return a line for each setting of a file that a resumed run has otherwise.

    The run goes on as it was started, whatever the file says by now; options it was started with
    are no reason to refuse it.
    """
    stored = {**identity["config"], **identity["train"], **identity["data"]}
    asked = {**recipe.preset.data, **recipe.preset.model, **recipe.preset.train}
    return [
        f"{preset} says {name} {short(value)} and the run has {short(stored[name])}, which stays: "
        f"to change it give --{name.replace('_', '-')}"
        + ("" if name in (*CHANGEABLE, *CHANGEABLE_DATA) else ", in a new run")
        for name, value in asked.items()
        if name not in changes and name in stored and stored[name] != value
    ]


def usual_folder(preset: str, resume: bool) -> Path:
    """Return where a run is kept if nobody says: runs/NAME.

    A run's own preset.toml continues that run, or does it again in a folder beside it.
    """
    path = Path(preset)
    if path.name != PRESET:
        return Path("runs") / (path.stem if path.suffix == ".toml" else preset)
    folder = path.resolve().parent if path.parent == Path() else path.parent
    return folder if resume else folder.with_name(f"{folder.name}-again")


def show_presets() -> int:
    """List the presets, each with the line that it says of itself."""
    rows = [[name, read_preset(name).about] for name in preset_names()]
    width = max(len(name) for name, _ in rows)
    print("Presets, for `tinytx train PRESET`; `tinytx train --help` lists what can be changed:\n")
    print(*(f"  {name.ljust(width)}  {about}" for name, about in rows), sep="\n")
    return 0


def _report(trainer: Any, out: Path, tensorboard: bool | None) -> Any:
    """Return who is told: the terminal, and TensorBoard where it is installed."""
    from ..training.progress import ProgressBar, Screen
    from ..training.reports import Reports
    from ..training.tensorboard import TensorBoard, has_tensorboard

    config, length = trainer.config, trainer.identity["config"]["context_length"]

    def tokens_of(step: int) -> int:
        rows = config.planned("batch_plan", step, config.batch_size)
        return rows * config.planned("length_plan", step, length)

    bar = ProgressBar(tokens_of, Screen())
    if tensorboard and not has_tensorboard():
        raise ValueError("tensorboard is not installed: pip install tensorboard, or leave it out")
    wanted = has_tensorboard() if tensorboard is None else tensorboard
    return Reports(bar, TensorBoard(out / "tensorboard")) if wanted else Reports(bar)


def _check_options(recipe: Recipe, changes: dict[str, Any]) -> None:
    """Refuse an option that is another recipe's."""
    for name in changes:
        if name in data_settings() and name not in recipe.data_settings:
            owner = next(one for one, kind in RECIPES.items() if name in kind.data_settings)
            raise ValueError(
                f"--{name.replace('_', '-')} is an option of the recipe {owner}, and "
                f"{recipe.preset.name} is of the recipe {recipe.name}: leave it out"
            )


def _again(preset: str, out: Path) -> str:
    return f"tinytx train {shlex.quote(preset)} --out {shlex.quote(str(out))}"


def _run_option(flag: str, help: str) -> Any:
    return typer.Option(flag, help=help, rich_help_panel=PANELS["run"], show_default=False)


def command() -> Callable[..., int]:
    """Return :func:`train` with a signature that lists every option, for Typer to read."""

    def call(**values: Any) -> int:
        return train(**values)

    kinds = {
        "preset": Annotated[
            str | None,
            typer.Argument(
                metavar="PRESET|FILE.toml", autocompletion=complete_preset, show_default=False,
                help="One of the presets, or a TOML file. Left out: the list of presets.",
            ),
        ],
        "out": Annotated[
            Path | None,
            _run_option("--out", help="Folder of the run; runs/NAME if left out."),
        ],
        "resume": Annotated[bool, _run_option("--resume", help="Continue the run in the folder.")],
        "engine": Annotated[
            ENGINE | None, _run_option("--engine", help="Which engine trains; the preset's.")
        ],
        "tensorboard": Annotated[
            bool | None,
            _run_option(
                "--tensorboard/--no-tensorboard",
                help="Write curves for TensorBoard; if left out, where it is installed.",
            ),
        ],
    }  # fmt: skip
    first = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind,
            default=False if name == "resume" else None,
        )
        for name, kind in kinds.items()
    ]  # fmt: skip
    call.__signature__ = inspect.Signature([*first, *train_options()])  # type: ignore[attr-defined]
    call.__doc__ = train.__doc__
    return call
