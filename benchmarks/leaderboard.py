"""The leaderboard that ships: `speedrun-tales`, the plain recipe, and three that change one thing.

    python benchmarks/leaderboard.py [--seeds 3]

Recipes take turns, seed by seed, so that a slow minute does not fall on one of them; the file is
written anew at the end. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from tinytx.recipes import leaderboard as board

WITHOUT = {  # changes of the text of `speedrun-tales`
    "without-muon": [('optimizer = "muon"', 'optimizer = "adamw"')],
    "without-its-fall": [
        ('schedule = "linear"', 'schedule = "constant"'),
    ],
    "batch-of-48": [
        ("batch_size = 24", "batch_size = 48"),
        ('batch_plan = "0:12 60:24"\n', ""),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    text = files("tinytx.recipes").joinpath(f"presets/{board.FIRST}.toml").read_text("utf-8")
    with TemporaryDirectory() as folder:
        recipes: list[str | Path] = [board.FIRST, "shakespeare"]
        for name, changes in WITHOUT.items():
            changed = text
            for old, new in changes:
                assert changed.count(old) == 1, f"{old!r} does not apply"
                changed = changed.replace(old, new)
            recipes.append(Path(folder) / f"{name}.toml")
            Path(recipes[-1]).write_text(changed, encoding="utf-8")
        board.enter(board.FIRST)  # warms up; does not count
        found = []
        for seed in range(seeds):
            for recipe in recipes:
                found.append(board.enter(recipe, seed))
                print(found[-1].name, seed, found[-1].seconds, found[-1].loss, flush=True)
    board.SHIPPED.unlink(missing_ok=True)
    for entry in found:
        board.add(board.SHIPPED, entry)


if __name__ == "__main__":
    main()
