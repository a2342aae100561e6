"""One thread where it is asked for, and as many as before where it ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from tinytx.threads import one_thread


def threads():
    return {torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())}


@pytest.fixture
def _two():
    before = torch.get_num_threads()
    with threadpool_limits(2):
        torch.set_num_threads(2)
        yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_two")
def test_a_block_has_one_thread_and_gives_them_back():
    assert threads() == {2}
    with one_thread():
        assert threads() == {1}
    assert threads() == {2}


@pytest.mark.usefixtures("_two")
def test_without_a_block_it_stays():
    one_thread()
    assert threads() == {1}


def test_numpy_alone_is_enough():
    code = (
        "import sys, numpy\nfrom threadpoolctl import threadpool_info\n"
        "from tinytx.threads import one_thread\none_thread()\n"
        "assert {pool['num_threads'] for pool in threadpool_info()} == {1}\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OMP_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
