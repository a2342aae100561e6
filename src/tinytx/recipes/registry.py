"""Which recipe a preset is for: the one list of recipes."""

from __future__ import annotations

import os

from .listops import ListOps
from .preset import check_known, read_preset
from .raven import Raven
from .recipe import Recipe
from .text import TextRecipe

RECIPES: dict[str, type[Recipe]] = {kind.name: kind for kind in (TextRecipe, Raven, ListOps)}


def recipe_for(preset: str | os.PathLike[str]) -> Recipe:
    """Return the recipe of a preset, given by its name or as the path of a TOML file.

    Raises
    ------
    ValueError
        In one line, if there is no such preset or recipe, or a key of it is unknown.

    >>> recipe_for("listops").preset.engine, recipe_for("tales").name
    ('numpy', 'text')
    """
    found = read_preset(preset)
    check_known(f"{found.name}: recipe", found.recipe, RECIPES)
    return RECIPES[found.recipe](found)
