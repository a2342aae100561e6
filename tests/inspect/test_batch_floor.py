"""Losses that need no model: what the best one of all reaches on a batch."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tinytx.inspect import batch_floor


def test_a_batch_has_a_floor_where_rows_begin_alike():
    ids = np.random.default_rng(0).integers(2, size=(40, 3))
    targets = np.random.default_rng(1).integers(3, size=(40, 3))
    both = zip(ids, targets, strict=True)
    rows = [(tuple(x[: t + 1]), y) for x, row in both for t, y in enumerate(row)]
    begun, went = Counter(b for b, _ in rows), Counter(rows)
    counted = -np.mean([np.log(went[row] / begun[row[0]]) for row in rows])
    assert batch_floor(ids, targets) == pytest.approx(counted, rel=1e-12)
    assert batch_floor(np.arange(6).reshape(3, 2), targets[:3, :2]) == 0
    with pytest.raises(ValueError, match=r"ids has shape \(3,\) and targets \(3,\): both"):
        batch_floor(ids[0], targets[0])
    for wrong in (ids[:0], ids[:, :0], ids[:, None]):
        with pytest.raises(ValueError, match=r"^ids has shape .*: both must be \(N, T\), not e"):
            batch_floor(wrong, wrong)
    with pytest.raises(ValueError, match=r"^ids has shape \(40, 3\) and targets \(40, 2\): both"):
        batch_floor(ids, targets[:, 1:])
    with pytest.raises(ValueError, match="ids and targets hold -100, the limit is 0"):
        batch_floor(ids[:1], np.array([[0, -100, 1]]))
    with pytest.raises(ValueError, match="ids and targets hold -3, the limit is 0"):
        batch_floor(np.array([[0, -3, 1]]), targets[:1])
