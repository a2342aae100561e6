"""Strict comparison of notebooks: what nbval does, and the pixels of its PNG figures.

nbval compares text, HTML and SVG as exact strings but leaves PNG out. Here a PNG counts too: it may
differ from the stored one by a few grey levels (fonts are hinted differently between machines),
and one pixel in five hundred by more: a line or a colour is seen, a digit in a label may not be.
Nothing else is given any tolerance.
"""

from __future__ import annotations

import base64
import copy
import ctypes
import gc
import io
import os
import signal
import sys

# The kernels inherit these: one place decides what every notebook runs with. What is proved to the
# last bit is proved on the processor; a graphics card has tests of its own.
ALIKE = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "TINYTX_DEVICE": "cpu"}
for key, value in ALIKE.items():
    os.environ.setdefault(key, value)
os.environ.pop("MPLBACKEND", None)

# A shell that starts the tests in the background has Ctrl-C ignored, by all processes of theirs.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import nbval.kernel  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams  # noqa: E402

# How long an example takes says how busy the machine is; what grows too fast has tests of its own.
# The same examples at every run: what is green stays so. New ones: --hypothesis-profile=explore.
settings.register_profile("any machine", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("any machine")

HERE = Path(__file__).resolve().parent
STARTS = 3  # of a kernel: how often one may die before its notebook's first cell
GREY_LEVELS = 12  # of 255: a pixel that differs by more is another pixel
SHARE = 0.002  # of the pixels may be other ones


# First those that copy their process again and again: at the end of a run it is three times as
# large, and so is the time of a copy. Then those that take ten seconds or more, for a run must not
# end with one process at work on the longest file and the other one idle. Those of the browser are
# run by themselves. `--no-loadscope-reorder` keeps them in front.
LONG = (
    "classroom/test_grading.py",
    "classroom/test_sandbox.py",
    "classroom/test_grading_hostile.py",
    "classroom/test_grade_answers.py",
    "classroom/test_grade_owners.py",
    "checks/test_trial.py",
    "training/test_parallel.py",
    "training/test_kill.py",
    "test_benchmarks.py",
    "pytorch/test_devices.py",
    "test_strict.py",
    "test_exercises.py",
    "training/test_experts.py",
    "classroom/test_nbgrader.py",
    "test_task_pages.py",
    "test_wheel.py",
    "recipes/test_fineweb.py",
    "test_book_formulas.py",
    "browser/test_every_page_dark.py",
    "browser/test_every_page_light.py",
    "browser/test_jupyterlab.py",
    "browser/test_book.py",
    "browser/test_live_model.py",
    "browser/test_book_reference.py",
)


@pytest.fixture(autouse=True, scope="module")
def _as_a_new_process():
    """Begin each file as a new process does, whatever the files before it have left."""
    as_a_new_process()


def as_a_new_process() -> None:
    """Let PyTorch compile again, which it does only so many times, and pictures look as at first.

    A chapter's cell that a test runs calls ``plot_style``, and that holds for the whole process.
    """
    if "torch._dynamo" in sys.modules:
        sys.modules["torch"].compiler.reset()
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcdefaults()


def pytest_collection_modifyitems(config, items):
    """Put the long files in front where whole folders are run; files that are named keep order."""
    if all(Path(arg).is_dir() for arg in config.args):
        rank = {HERE / "tests" / name: number for number, name in enumerate(LONG)}
        items.sort(key=lambda item: rank.get(item.path, len(LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage among what stays: thousands of tests, and all that they import.

    Of 25 s of collecting it took 11 s.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        if sys.platform == "linux":
            into_large_pages()


def into_large_pages() -> None:
    """Let what this process holds lie in pages of 2 MB, where Linux has room for that.

    Hundreds of tests copy their process (``os.fork``), and what a copy costs is a matter of how
    many pages there are: 800 MB are 200,000 small ones, and took two thirds of the copy's time.
    The grading of a class and the sandbox take a third less of the processor so.
    """
    advise, size, collapse = ctypes.CDLL(None).madvise, 1 << 21, 25  # MADV_COLLAPSE, Linux 6.1
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, _, _, _, *name = line.split()
        if rights == "rw-p" and name in ([], ["[heap]"]):
            begin, end = (int(place, 16) for place in span.split("-"))
            for page in range(-(-begin // size) * size, end - size + 1, size):
                advise(page, size, collapse)


def pytest_collectstart(collector):
    """Put PNG back among the outputs that are compared."""
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = tuple(k for k in collector.skip_compare if k != "image/png")


def same_png(left: str, right: str) -> bool:
    """Tell whether two base64 PNGs show the same picture."""
    import numpy as np
    from PIL import Image

    a, b = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=int)
        for data in (left, right)
    )
    if a.shape != b.shape:
        return False
    return bool((abs(a - b).max(axis=-1) > GREY_LEVELS).mean() <= SHARE)


_compare_exactly = IPyNbCell.compare_outputs


def _compare(self, test, ref, skip_compare=None):
    """Compare exactly, after a PNG that shows the same picture took the reference's bytes."""
    test = copy.deepcopy(coalesce_streams(test))
    for new, old in zip(test, ref, strict=False):
        got, want = (out.get("data", {}).get("image/png") for out in (new, old))
        if got and want and got != want and same_png(want, got):
            new["data"]["image/png"] = want
    return _compare_exactly(self, test, ref, skip_compare)


IPyNbCell.compare_outputs = _compare


def start_again(start: Callable[..., object], starts: int = STARTS) -> Callable[..., object]:
    """Let ``start`` try anew when a kernel died before it ran anything of the notebook.

    jupyter_client picks a kernel's ports, lets them go, and starts Python, which asks for them a
    second later. Whatever else opens a connection on the machine may have one of them by then.
    """

    def begin(*args: object, **kwargs: object) -> object:
        for _ in range(starts - 1):
            try:
                return start(*args, **kwargs)
            except RuntimeError as error:
                if "died before" not in str(error):
                    raise
        return start(*args, **kwargs)

    return begin


nbval.kernel.start_new_kernel = start_again(nbval.kernel.start_new_kernel)
