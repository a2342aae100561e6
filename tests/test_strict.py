"""The comparison of notebooks bites: a changed digit, a changed picture, a cell that never ran."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image, ImageDraw

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


def compare(notebook, folder, conftest="") -> subprocess.CompletedProcess[str]:
    """Run the comparison as `make notebooks` does, on one notebook, with the project's conftest."""
    conftest = conftest or (ROOT / "conftest.py").read_text()
    (folder / "conftest.py").write_text(conftest)
    nbformat.write(notebook, folder / "it.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "it.ipynb",
               f"--nbval-sanitize-with={ROOT / 'tests/nbval_sanitize.cfg'}",
               "-p", "no:cacheprovider"]  # fmt: skip
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


def test_the_same_outputs_pass(notebook, tmp_path):
    done = compare(notebook, tmp_path)
    assert done.returncode == 0, done.stdout


def test_another_number_fails(notebook, tmp_path):
    changed = copy_of(notebook)
    changed.cells[0].outputs[0].text = "loss 2.81\n"
    done = compare(changed, tmp_path)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout


def test_a_red_box_in_the_picture_fails(notebook, tmp_path):
    image = picture(notebook).convert("RGB")
    ImageDraw.Draw(image).rectangle([20, 20, 40, 40], fill=(220, 0, 0))
    done = compare(with_picture(copy_of(notebook), image), tmp_path)
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout


def test_the_same_picture_in_other_bytes_passes(notebook, tmp_path):
    image = picture(notebook).convert("RGB").point(lambda level: max(level - 2, 0))
    done = compare(with_picture(copy_of(notebook), image), tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("starts", "passed"), [("3", True), ("1", False)])
def test_a_kernel_whose_port_was_taken_is_started_again(notebook, tmp_path, starts, passed):
    conftest = (ROOT / "conftest.py").read_text().replace("STARTS = 3 ", f"STARTS = {starts} ")
    done = compare(notebook, tmp_path, conftest + TAKEN)
    assert (done.returncode == 0) == passed, done.stdout
    assert ("Kernel died" in done.stdout) != passed
