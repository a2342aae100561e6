"""The comparison of notebooks bites: a changed digit, a changed picture, a cell that never ran."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image, ImageDraw

from tinytx.palette import plot_style

ROOT = Path(__file__).resolve().parent.parent
CELLS = [
    "print(f'loss {2.8:.2f}')",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 2))\nplt.plot([0, 1])\nplt.show()",
]


@pytest.fixture(scope="module")
def notebook():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(made, kernel_name="python3").execute()
    return made


# Somebody else on the machine opens a port that the first kernel was promised.
TAKEN = """
import socket
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

launch, taken = LocalProvisioner.launch_kernel, []

async def launch_late(self, cmd, **kwargs):
    if not taken:
        taken.append(socket.create_server(("127.0.0.1", self.parent.shell_port)))
    return await launch(self, cmd, **kwargs)

LocalProvisioner.launch_kernel = launch_late
"""


def compare(folder, conftest="", **notebooks) -> subprocess.CompletedProcess[str]:
    """Run the comparison of notebooks as `make notebooks` does, with the project's conftest."""
    (folder / "conftest.py").write_text(conftest or (ROOT / "conftest.py").read_text())
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-rfp",
               *(f"{name}.ipynb" for name in notebooks), "-p", "no:cacheprovider",
               f"--nbval-sanitize-with={ROOT / 'tests/nbval_sanitize.cfg'}"]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def picture(notebook) -> Image.Image:
    (output,) = notebook.cells[1].outputs
    return Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))


def with_picture(notebook, image):
    changed = nbformat.from_dict(notebook)
    buffer = io.BytesIO()
    image.save(buffer, "png")
    changed.cells[1].outputs[0].data["image/png"] = base64.b64encode(buffer.getvalue()).decode()
    return changed


def copy_of(notebook):
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


def another_number(notebook):
    changed = copy_of(notebook)
    changed.cells[0].outputs[0].text = "loss 2.81\n"
    return changed


def a_red_box(notebook):
    image = picture(notebook).convert("RGB")
    ImageDraw.Draw(image).rectangle([20, 20, 40, 40], fill=(220, 0, 0))
    return with_picture(copy_of(notebook), image)


def other_bytes(notebook):
    image = picture(notebook).convert("RGB").point(lambda level: max(level - 2, 0))
    return with_picture(copy_of(notebook), image)


# What becomes of the number, and of the picture.
CHANGES = {
    copy_of: ("PASSED", "PASSED"),
    another_number: ("FAILED", "PASSED"),
    a_red_box: ("PASSED", "FAILED"),
    other_bytes: ("PASSED", "PASSED"),
}


@pytest.fixture(scope="module")
def compared(notebook, tmp_path_factory):
    """Compare the notebook with each changed one, in one run."""
    made = {change.__name__: change(notebook) for change in CHANGES}
    assert made["other_bytes"].cells[1].outputs != notebook.cells[1].outputs
    return compare(tmp_path_factory.mktemp("compared"), **made)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_number_or_picture_fails_and_other_bytes_do_not(compared, change):
    line = rf"^(PASSED|FAILED) {change.__name__}\.ipynb::Cell (\d)"
    found = {cell: state for state, cell in re.findall(line, compared.stdout, re.M)}
    assert (found["0"], found["1"]) == CHANGES[change], compared.stdout


def test_a_run_with_a_difference_fails(compared):
    assert compared.returncode == 1
    assert "2 failed, 6 passed" in compared.stdout


@pytest.mark.parametrize(("starts", "passed"), [("3", True), ("1", False)])
def test_a_kernel_whose_port_was_taken_is_started_again(notebook, tmp_path, starts, passed):
    notebook = nbformat.v4.new_notebook(cells=notebook.cells[:1])
    conftest = (ROOT / "conftest.py").read_text().replace("STARTS = 3 ", f"STARTS = {starts} ")
    done = compare(tmp_path, conftest + TAKEN, it=notebook)
    assert (done.returncode == 0) == passed, done.stdout
    assert ("Kernel died" in done.stdout) != passed


def test_a_file_of_tests_begins_with_the_pictures_of_a_new_process(request):
    conftest = request.config.pluginmanager.getplugin(str(ROOT / "conftest.py"))
    plot_style()
    assert mpl.rcParams["axes.titlelocation"] == "left"
    conftest.as_a_new_process()
    assert mpl.rcParams["axes.titlelocation"] == mpl.rcParamsDefault["axes.titlelocation"] != "left"
