"""The ``tinytx`` command: train the systems of the course, and use what was trained.

Options are named after the configuration's fields. Wrong input is one line on standard error and
exit code 2; a training that diverged is one line and exit code 1; Ctrl-C saves, says how to go on,
and exits with 130.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import __version__

if TYPE_CHECKING:
    from .recipes.recipe import Recipe

HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    help="Train and use the models of the tinytx course.",
    no_args_is_help=True,
    context_settings=HELP,
    add_completion=False,
    pretty_exceptions_enable=False,
)
train_app = typer.Typer(
    help="Train one of the course's systems.", no_args_is_help=True, context_settings=HELP
)
app.add_typer(train_app, name="train")

# One definition of each option. None means: the recipe's own value.
Out = Annotated[
    Path | None, typer.Option(help="Folder of the run; runs/NAME if left out.", show_default=False)
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue the run in the folder.")]
Steps = Annotated[int | None, typer.Option(help="Optimizer steps.")]
BatchSize = Annotated[int | None, typer.Option(help="Sequences in each step.")]
Rate = Annotated[float | None, typer.Option("--lr", help="Largest learning rate.")]
MinRate = Annotated[float | None, typer.Option("--min-lr", help="Rate at the end.")]
Warmup = Annotated[int | None, typer.Option("--warmup-steps", help="Steps until the full rate.")]
Clip = Annotated[float | None, typer.Option(help="Largest norm of the gradient.")]
Seed = Annotated[int | None, typer.Option(help="Seed of weights, batches and samples.")]
EvalEvery = Annotated[int | None, typer.Option(help="Steps between evaluations.")]
SaveEvery = Annotated[int | None, typer.Option(help="Steps between checkpoints.")]
ContextLength = Annotated[int | None, typer.Option(help="Tokens that the model sees.")]
Layers = Annotated[int | None, typer.Option("--n-layer", help="Blocks.")]
Heads = Annotated[int | None, typer.Option("--n-head", help="Heads in each block.")]
Width = Annotated[int | None, typer.Option("--d-model", help="Width of the residual stream.")]
Hidden = Annotated[int | None, typer.Option("--d-ff", help="Width inside the MLP.")]
Model = Annotated[
    Path,
    typer.Option("--checkpoint", help="A run's folder (its best model, else its last), or a file."),
]
Drop = Annotated[float | None, typer.Option("--dropout", help="Share of activations dropped.")]


@train_app.command("raven")
def train_raven(
    out: Out = None, resume: Resume = False, steps: Steps = None, batch_size: BatchSize = None,
    lr: Rate = None, min_lr: MinRate = None, warmup_steps: Warmup = None, clip: Clip = None,
    seed: Seed = None, eval_every: EvalEvery = None, save_every: SaveEvery = None,
    context_length: ContextLength = None, n_layer: Layers = None, n_head: Heads = None,
    d_model: Width = None, d_ff: Hidden = None, dropout: Drop = None,
) -> int:  # fmt: skip
    """Train one small block to write The Raven, with plain SGD."""
    options = locals()
    from .recipes.raven import Raven

    return run_recipe(Raven(), **options)


@train_app.command("listops")
def train_listops(
    out: Out = None, resume: Resume = False, steps: Steps = None, batch_size: BatchSize = None,
    lr: Rate = None, min_lr: MinRate = None, warmup_steps: Warmup = None, clip: Clip = None,
    seed: Seed = None, eval_every: EvalEvery = None, save_every: SaveEvery = None,
    n_layer: Layers = None, n_head: Heads = None,
    d_model: Width = None, d_ff: Hidden = None, dropout: Drop = None,
    min_length: Annotated[int | None, typer.Option(help="Fewest digits in an input.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Most digits in an input.")] = None,
    n: Annotated[int | None, typer.Option(help="How many inputs in all.")] = None,
) -> int:  # fmt: skip
    """Train two blocks to do First, Second, Last, Max and Min, and test them on unseen inputs."""
    options = locals()
    from .recipes.listops import ListOps

    return run_recipe(ListOps(), **options)


@app.command("generate")
def generate_text(
    checkpoint: Model,
    prompt: Annotated[str, typer.Option(help="The text to continue.")],
    max_new_tokens: Annotated[int, typer.Option(help="How many tokens to write.")] = 400,
    temperature: Annotated[float, typer.Option(help="0: always the likeliest token.")] = 0.6,
    top_k: Annotated[int | None, typer.Option(help="Draw from the K likeliest tokens.")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Draw from the fewest tokens that together have this share."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
) -> int:
    """Continue a prompt, or answer a list operation."""
    from .recipes.speak import speak

    choice = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "rng": seed}
    print(speak(checkpoint, prompt, max_new_tokens, **choice))
    return 0


@app.command("evaluate")
def evaluate_model(
    checkpoint: Model,
    text: Annotated[
        Path | None, typer.Option(help="A file: every token but the first is scored.")
    ] = None,
    stride: Annotated[
        int | None, typer.Option(help="Tokens between two windows; half the context if left out.")
    ] = None,
) -> int:
    """Score a text: perplexity and bits per byte; or test list operations on unseen inputs."""
    from .recipes.measure import evaluate

    print(*evaluate(checkpoint, text, stride), sep="\n")
    return 0


@app.command("inspect")
def inspect_model(checkpoint: Model) -> int:
    """Show what a trained model consists of, part by part, and what it costs."""
    from .recipes.measure import describe

    print(*describe(checkpoint), sep="\n")
    return 0


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Train and use the models of the tinytx course."""
    if version:
        print(f"tinytx {__version__}")
        raise typer.Exit


def run_recipe(recipe: Recipe, out: Path | None, resume: bool, **options: Any) -> int:
    """Train ``recipe`` in the folder ``out`` and tell how it went; return the exit code."""
    from .training.progress import ProgressBar, Screen

    out = out or Path("runs") / recipe.name
    changes = {name: value for name, value in options.items() if value is not None}
    trainer = recipe.trainer(out, resume=resume, **changes)
    tokens = trainer.config.batch_size * trainer.identity["config"]["context_length"]
    trainer.report = ProgressBar(tokens, Screen())
    told = len(trainer.notes)
    print(*trainer.notes, sep="\n", end="\n" * bool(told))
    outcome = trainer.run()
    print(*trainer.notes[told:], sep="\n", end="\n" * (len(trainer.notes) > told))
    if not outcome.finished:
        print(f"stopped and saved at step {outcome.step} of {trainer.config.steps}")
        print(f"continue with: tinytx train {recipe.name} --out {shlex.quote(str(out))} --resume")
        return 130
    print(*recipe.finish(trainer.folder, trainer), f"everything is in {out}", sep="\n")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    from .training.divergence import DivergenceError

    for stream in (sys.stdout, sys.stderr):  # a character that the terminal lacks is a ?
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = app(arguments, standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _complain("stopped", 130)
    except typer.TyperException as error:
        return _complain(error.format_message(), 2) if error.format_message() else 2
    except DivergenceError as error:
        return _complain(error, 1)
    except BrokenPipeError:  # whoever read the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:
        return _complain(error, 2)
    except OSError as error:
        return _complain(f"{error.strerror or error}: {error.filename}", 2)


def _complain(message: object, code: int) -> int:
    print("tinytx: " + " ".join(str(message).split()), file=sys.stderr)
    return code
