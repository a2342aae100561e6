"""The files that describe the project agree with one another."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import rattler
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
ADDRESS = PROJECT["urls"]["Repository"]
EXTRA_LINES = [line for lines in EXTRAS.values() for line in lines]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"] + EXTRA_LINES]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_every_dependency_is_pinned_within_its_range(requirement):
    version = pins().get(canonicalize_name(requirement.name))
    assert version, f"constraints.txt does not pin {requirement.name}: run `make lock`"
    assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"


def test_torch_is_pinned_to_one_version_without_a_build():
    assert re.fullmatch(r"\d+\.\d+\.\d+", pins()["torch"])


def test_constraints_name_no_index():
    text = (ROOT / "constraints.txt").read_text()
    assert "index" not in text
    assert "://" not in text


def environment() -> tuple[list[str], list[str]]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [entry for entry in listed if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in listed if isinstance(entry, dict)]
    return conda, pip


def test_conda_installs_what_the_set_up_installs():
    setup = (ROOT / "tools/setup_env.py").read_text()
    extras = re.search(r'EXTRAS = "(.*)"', setup).group(1)
    _, pip = environment()
    assert pip == ["-c constraints.txt", f"-e .[{extras}]"]
    assert sorted(extras.split(",")) == sorted(EXTRAS)


def test_conda_specs_are_valid_and_ask_for_the_same_python():
    conda, _ = environment()
    specs = {spec.name.normalized: spec for spec in map(rattler.MatchSpec, conda)}
    assert str(specs["python"].version) == PROJECT["requires-python"]
    assert {"python", "pip", "make", "git"} == set(specs)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_the_repository_address_is_the_same_everywhere():
    owner = ADDRESS.removeprefix("https://github.com/")
    odd = []
    for path in tracked():
        if path.suffix in {".png", ".svg", ".ico", ".safetensors"}:
            continue
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r"(?:github\.com|/gh)/([\w.-]+/tinytx)\b", text):
            if found != owner:
                odd.append(f"{path.relative_to(ROOT)}: {found}")
    assert not odd, f"these name another repository than {ADDRESS}: {odd}"


def test_the_wheel_says_that_the_package_has_types():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert "py.typed" in tools["setuptools"]["package-data"]["tinytx"]
    assert (ROOT / "src/tinytx/py.typed").is_file()


def test_every_library_without_types_is_named_and_used():
    """So an override does not outlive its reason, and none of them hides the package's own code."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    overrides = settings["overrides"]
    (foreign,) = [one["module"] for one in overrides if one.get("ignore_missing_imports")]
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    for name in foreign:
        assert re.search(rf"^ *(import|from) {name.removesuffix('.*')}\b", sources, re.M), name
    ours = [one["module"] for one in overrides if not one.get("ignore_missing_imports")]
    assert all("tinytx." in str(name) for name in ours)
    assert [one["module"] for one in overrides if one.get("ignore_errors")] == [
        "tinytx.checks.*.answers"
    ]


def test_version_is_the_same_everywhere():
    import tinytx

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"] == tinytx.__version__
    assert citation["repository-code"] == ADDRESS


def test_the_raven_is_whole():
    from tinytx.data import raven

    stanzas = raven().rstrip("\n").split("\n\n")
    assert len(stanzas) == 18
    for stanza in stanzas:
        lines = stanza.split("\n")
        assert len(lines) == 6
        assert [line.startswith("    ") for line in lines] == [False] * 5 + [True]
    assert raven().lower().count("nevermore") == 11
