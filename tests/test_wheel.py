"""What is published holds all that it needs and nothing else, and works outside the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tests"))

import outside  # noqa: E402
from classroom.wheel import copy as copy_of_sources  # noqa: E402


def run(folder: Path, *arguments: object, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "OMP_NUM_THREADS": "1", **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """Return a copy of what a build reads, and of a test, which it should leave alone."""
    folder = copy_of_sources(tmp_path_factory.mktemp("copy"))
    (folder / "tests").mkdir()
    (folder / "tests/test_one.py").write_text("def test(): pass\n")
    return folder


BUILD = ("-m", "build", "--no-isolation", "--skip-dependency-check")


@pytest.fixture(scope="module")
def sdist(copy, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(copy, *BUILD, "--sdist", "--outdir", folder)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(copy, tmp_path_factory) -> Path:
    """Return the wheel to be tested: the one that $WHEEL names, or one made of the copy."""
    if "WHEEL" in os.environ:
        return Path(os.environ["WHEEL"]).resolve()
    folder = tmp_path_factory.mktemp("wheel")
    run(copy, *BUILD, "--wheel", "--outdir", folder)
    (found,) = folder.iterdir()
    return found


def contents(wheel: Path) -> dict[str, int]:
    """Return the files of a wheel with the check sums of their bytes."""
    with zipfile.ZipFile(wheel) as archive:
        return {one.filename: one.CRC for one in archive.infolist() if not one.is_dir()}


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel, copy):
    package = {
        path.relative_to(copy / "src").as_posix()
        for path in (copy / "src/tinytx").rglob("*")
        if path.is_file()
    }
    notebooks = {
        f"tinytx/classroom/notebooks/{kind}/{path.name}"
        for kind in ("exercises", "solutions")
        for path in (copy / kind).iterdir()
    }
    notebooks.add("tinytx/classroom/notebooks/constraints.txt")
    found = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert found == package | notebooks


def test_links_and_pictures_of_the_page_on_pypi_lead_somewhere(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        text = archive.read(name).decode()
    pictures, links = (re.findall(rf"{sign}\[[^]]*\]\(([^)]+)\)", text) for sign in ("!", "(?<!!)"))
    assert len(pictures) >= 2
    assert all(re.match(r"https://github.com/\S+/raw/main/book/\S+\.png$", one) for one in pictures)
    inside = [one.split("/blob/main/")[1] for one in links if "/blob/main/" in one]
    assert {"CONTRIBUTING.md", "LICENSE"} < set(inside)
    assert [one for one in inside if not (ROOT / one).exists()] == []
    assert all(one.startswith("https://") for one in links)


def test_the_sdist_makes_the_same_wheel_and_brings_no_tests(sdist, wheel, tmp_path):
    with tarfile.open(sdist) as archive:
        assert not [name for name in archive.getnames() if "/tests" in name]
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"} < set(os.listdir(folder))
    run(folder, *BUILD, "--wheel", "--outdir", tmp_path / "again")
    assert contents(next((tmp_path / "again").iterdir())) == contents(wheel)


# --- installed, away from the repository


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile")
    run(folder, *pip, "--target", folder / "site", wheel)
    return folder / "site"


@pytest.fixture(scope="module")
def said(installed, tmp_path_factory) -> dict[str, str]:
    """Return what each part of ``outside.py`` said in a folder of its own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    script = shutil.copy(ROOT / "tests/outside.py", folder)
    out = run(folder, "-P", script, installed, PYTHONPATH=str(installed))
    return json.loads(out.splitlines()[-1])


@pytest.mark.parametrize("part", [one.__name__ for one in outside.PARTS])
def test_it_works_outside_the_repository(part, said):
    assert said[part] == ""


def test_what_fails_outside_is_seen(installed, tmp_path):
    """The same script, told that the package should be elsewhere."""
    script = "import outside; outside.PARTS = (outside.place,); outside.main()"
    shutil.copy(ROOT / "tests/outside.py", tmp_path)
    path = os.pathsep.join([str(tmp_path), str(installed)])
    out = run(tmp_path, "-P", "-c", script, tmp_path / "nowhere", PYTHONPATH=path)
    assert "AssertionError" in json.loads(out)["place"]


def test_the_command_is_installed(installed, tmp_path):
    out = run(tmp_path, "-P", installed / "bin/tinytx", "--version", PYTHONPATH=str(installed))
    assert out.strip() == f"tinytx {wheel_version(installed)}"


def wheel_version(installed: Path) -> str:
    (found,) = installed.glob("tinytx-*.dist-info")
    return found.name.removeprefix("tinytx-").removesuffix(".dist-info")
