"""From a text to batches: what is held out, and texts that are too short for it."""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.recipes.batching import windows


@pytest.mark.parametrize("n", [0, 1, 8])
def test_a_text_without_a_whole_window_is_one_line(n):
    with pytest.raises(ValueError, match=rf"^the held-out text has {n} tokens and must have more"):
        windows(np.zeros(n, dtype=np.int64), 8, None)
    ((ids, targets),) = windows(np.arange(9), 8, None)
    assert (ids.shape, targets.shape) == ((1, 8), (1, 8))
