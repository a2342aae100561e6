"""A recording of a training run that never was, for the tests of the replay."""

import numpy as np

N, H, T = 4, 3, 6


def recording(**changes) -> dict:
    """Return a recording of 4 snapshots, 3 heads and 6 positions; None takes a key out."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(N, H, T, T)) * np.arange(1, N + 1)[:, None, None, None]
    scores[..., ~np.tri(T, dtype=bool)] = -np.inf
    terms = np.exp(scores)
    steps = list(range(0, 310, 10))
    made = {
        "steps": steps,
        "loss": [1 + 2 * 0.98**step for step in steps],
        "evaluated": [0, 55, 200, 300],
        "validation": [3.1, 2.0, 1.25, 1.5],
        "text": ["q#z", "the the\nthe", "Once upon a <b>midnight</b>", "nevermore"],
        "attention": terms / terms.sum(axis=-1, keepdims=True),
        "tokens": "a crow",
        "floor": 0.9,
        "floor_name": "the entropy",
    } | changes
    return {name: value for name, value in made.items() if value is not None}
