"""Set-up fails with one clear line: an old Python, a full disk, no network."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pip
import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tools" / "setup_env.py"
spec = importlib.util.spec_from_file_location("setup_env", SCRIPT)
setup_env = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup_env)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 18), (3, 10, 13)])
def test_old_python_is_refused(version):
    with pytest.raises(setup_env.SetupError, match=r"too old.*3\.11 or newer.*PYTHON="):
        setup_env.check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_new_python_is_accepted(version):
    setup_env.check_python(version)


def test_full_disk_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(setup_env.SetupError, match=r"1\.0 GB free.*needs 9 GB.*TORCH_BACKEND=cpu"):
        setup_env.check_room(str(tmp_path / "venv"), small=False, free=1e9)
    with pytest.raises(setup_env.SetupError, match=r"1\.0 GB free.*needs 3 GB"):
        setup_env.check_room(str(tmp_path / "venv"), small=True, free=1e9)
    setup_env.check_room(str(tmp_path / "venv"), small=True, free=4e9)
    assert not list(tmp_path.iterdir())


DEBIAN = """The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv
package using the following command.

    apt install python3.11-venv
"""


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: Retrying ... NewConnectionError('...')\nERROR: x", "cannot be reached"),
        ("ERROR: No matching distribution found for torch==9", "No matching distribution"),
        (DEBIAN, "say sudo apt install python3.11-venv and run it again"),
        ("ensurepip is not available", "say sudo apt install python3-venv and"),
        ("Killed", "VERBOSE=1"),
    ],
)
def test_pip_failures_become_one_line(said, line):
    explained = setup_env.explain(said)
    assert line in explained
    assert "\n" not in explained


def test_no_network_is_one_line(tmp_path):
    """The real pip, sent to a port that nobody listens on."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(venv)})
    shutil.copytree(Path(pip.__file__).parent, Path(packages, "pip"))  # ensurepip takes seconds
    dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--venv", str(venv)],
        env={"PATH": "/usr/bin:/bin", **dead},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the package index cannot be reached" in line


def test_an_environment_that_failed_halfway_is_made_again(tmp_path, monkeypatch):
    """As Debian leaves one where its package for environments is missing: a Python without pip."""
    half, whole = tmp_path / "half", tmp_path / "whole"
    for venv in (half, whole):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(whole)}))
    (packages / "pip.py").touch()
    assert [setup_env.is_whole(str(one)) for one in (half, whole, tmp_path)] == [False, True, False]
    commands = []
    monkeypatch.setattr(setup_env, "run", lambda command, verbose: commands.append(command))
    setup_env.install(str(half), "", verbose=False)
    assert commands[0][1:] == ["-m", "venv", str(half)]
    (half / "pyvenv.cfg").unlink()  # conda's, say: nothing is made in it
    assert setup_env.is_whole(str(half))


def test_the_script_parses_on_an_old_python():
    import ast

    ast.parse(SCRIPT.read_text(), feature_version=(3, 4))
    assert "f'" not in SCRIPT.read_text()
    assert 'f"' not in SCRIPT.read_text()


@pytest.mark.parametrize("renewed", [True, False])
def test_pip_renews_itself_in_a_new_environment_if_it_can(tmp_path, monkeypatch, renewed):
    commands = []

    def run(command, verbose):
        commands.append(command)
        if command[-1] == "pip" and not renewed:
            raise setup_env.SetupError("no such package")

    monkeypatch.setattr(setup_env, "run", run)
    setup_env.install(str(tmp_path / "venv"), "", verbose=False)
    venv, pip, course = commands
    assert venv[1:] == ["-m", "venv", str(tmp_path / "venv")]
    assert pip[-2:] == ["--upgrade", "pip"]
    assert course[-1] == ".[book,data,lab,test]"
    assert all("--no-compile" in command for command in (pip, course))
    python = Path(setup_env.python_in(str(tmp_path / "venv")))
    python.parent.mkdir(parents=True)
    python.touch()
    commands.clear()
    setup_env.install(str(tmp_path / "venv"), "", verbose=False)
    assert commands == [course]
