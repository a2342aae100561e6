"""Presets: read, changed, written, read again; and what each recipe's data may be."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from tinytx.recipes.preset import Preset, preset_names, read_preset
from tinytx.recipes.registry import RECIPES, recipe_for
from tinytx.recipes.setting import Setting, check_kinds
from tinytx.recipes.toml import preset_toml


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_written_as_it_was_read(name, tmp_path):
    preset = read_preset(name)
    (tmp_path / f"{name}.toml").write_text(preset_toml(preset), encoding="utf-8")
    assert read_preset(tmp_path / f"{name}.toml") == preset


def test_odd_values_survive(tmp_path):
    data = {"prompt": 'a "b" \\ \n\t\x7f é 😀', "held_out_stories": 10**12, "temperature": 1e-300}
    preset = Preset("odd", "text", "numpy", "", {**data, "eval_windows": None}, {}, {"lr": 3e-4})
    found = tomllib.loads(preset_toml(preset))
    assert found["data"] == data  # what is None is left out
    assert found["train"] == {"lr": 3e-4}
    with pytest.raises(ValueError, match=r"a preset cannot hold \[1\]"):
        preset_toml(preset._replace(data={"prompt": [1]}))


def test_changes_go_into_the_table_that_knows_them():
    preset = read_preset("tales").with_changes(
        {"n_layer": 9, "lr": 0.5, "stories": 7, "engine": "numpy", "rabbit": 1}, {"stories"}
    )
    assert (preset.model["n_layer"], preset.train["lr"], preset.data["stories"]) == (9, 0.5, 7)
    assert preset.engine == "numpy"
    assert not any("rabbit" in table for table in (preset.model, preset.train, preset.data))


def test_defaults_are_of_their_own_kind_and_have_a_help():
    for kind in RECIPES.values():
        for name, setting in kind.data_settings.items():
            assert setting.takes(setting.default), name
            assert setting.help.endswith(".")


def test_a_name_means_the_same_in_every_recipe():
    """It is one option of the command."""
    names = [name for kind in RECIPES.values() for name in kind.data_settings]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("value", "fits"), [(1, True), (1.0, False), (True, False), ("1", False), (None, False)]
)
def test_kinds_are_strict(value, fits):
    settings = {"n": Setting(3, "How many.", int)}
    assert settings["n"].takes(value) is fits
    if not fits:
        with pytest.raises(ValueError, match=r"^here: n is .* and must be an integer: How many\.$"):
            check_kinds("here", {"n": value}, settings)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (int, 0, "must be at least 1: How"), (int, -3, "must be at least 1: How"),
        (float, 0.5, "must be at least 1 and finite: How"),
        (float, float("nan"), "is nan and must"), (float, float("inf"), "is inf and must"),
    ],
)  # fmt: skip
def test_the_least_of_a_setting_is_said(kind, value, says):
    settings = {"n": Setting(None, "How many.", kind, 1)}
    with pytest.raises(ValueError, match=r"^here: n is .* and must .*How many\.$") as error:
        check_kinds("here", {"n": value}, settings)
    assert says in str(error.value)
    for fits in (1, None):
        check_kinds("here", {"n": fits}, settings)


def test_the_recipe_of_a_preset_is_found():
    assert {name: recipe_for(name).name for name in ("raven", "listops", "tales")} == {
        "raven": "raven", "listops": "listops", "tales": "text",
    }  # fmt: skip


def test_numbers_of_numpy_are_settings_like_others(tmp_path):
    less = {"warmup_steps": 1}
    trainer = recipe_for("listops").trainer(
        tmp_path, n=np.int64(100), lr=np.float32(0.5), steps=4, **less
    )
    assert trainer.folder.preset is not None
    found = tomllib.loads(trainer.folder.preset)
    assert (found["data"]["n"], found["train"]["lr"], found["train"]["steps"]) == (100, 0.5, 4)


def test_the_known_model_is_the_preset_s():
    """The sizes that chapters and figures speak of are those that are trained."""
    from tinytx.config import GPTConfig
    from tinytx.presets import PRESETS

    model = {"vocab_size": 100_277, **read_preset("fineweb").model}
    assert PRESETS["fineweb"] == GPTConfig.from_dict(model)
