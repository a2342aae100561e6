"""Freed memory is kept for the next array: a training step makes the same arrays again and again.

The C library hands a large array's memory back to the system as soon as it is freed, and the system
hands it out again page by page, each zeroed and mapped first. That is a third of a training step:
1,546 pages at the shape of the list operations (batch 32, T=20), where a step takes 8.8 ms, and
5.8 ms without them; 9,568 pages at L4 H4 D128 T64 B12, 63 ms and 44 ms.

glibc learns from what it sees: once a block of up to 32 MiB has been freed, blocks of that size are
no longer handed back, nor is free memory of up to twice as much (mallopt(3), M_MMAP_THRESHOLD). So
it is shown one. Other libraries take no notice, and whoever has set glibc's variables MALLOC_...
gets what they say.
"""

from __future__ import annotations

import numpy as np

LARGEST = 31 * 2**20  # bytes; 32 MiB and the allocator's own few would be too much


def keep_freed_memory() -> None:
    """Make the C library keep up to 62 MiB of freed memory, for the whole process.

    PyTorch's arrays in the same process gain as well. The block is never written to, so it takes
    no memory.
    """
    np.empty(LARGEST, dtype=np.uint8)
