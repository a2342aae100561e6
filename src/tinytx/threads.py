"""One thread for small matrix products: on a busy machine the threads of one wait for each other.

NumPy and PyTorch split each matrix product among threads, as many as there are cores. All of them
have to arrive before the next product begins. Where products are as small as in this course the
gain is little, and where other programs use the cores as well each product waits for the thread
that was interrupted. Set from Python, because by the time that a notebook runs, the environment
variables (``OMP_NUM_THREADS``) come too late for a NumPy that has been imported.
"""

from __future__ import annotations

import sys

from threadpoolctl import threadpool_limits


class one_thread:  # noqa: N801, it is called like a function
    """Let NumPy and PyTorch use one thread from here on, or in a ``with`` block.

    A context manager that is called like a function, as ``contextlib.suppress`` is. Unlike one that
    ``contextlib.contextmanager`` makes it is at work from the call on: a notebook needs no block.
    Libraries that are loaded later choose for themselves: call it after the imports.

    >>> with one_thread():
    ...     import numpy as np
    ...     print(np.eye(2) @ np.array([1.0, 2.0]))
    [1. 2.]
    """

    def __init__(self) -> None:
        self._torch = sys.modules.get("torch")
        self._threads = self._torch.get_num_threads() if self._torch else 0
        self._limits = threadpool_limits(1)
        self._set(1)

    def _set(self, threads: int) -> None:
        if self._torch:
            self._torch.set_num_threads(threads)

    def __enter__(self) -> one_thread:
        return self

    def __exit__(self, *error: object) -> None:
        self._limits.restore_original_limits()
        self._set(self._threads)
