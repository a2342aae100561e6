"""Runs that follow a scaling law that is known, with a little noise from a seed."""

import numpy as np

FLOOR = 0.2451
SIZES = {
    "1 block of 8": 850,
    "1 block of 16": 3_200,
    "2 blocks of 24": 14_200,
    "3 blocks of 32": 38_000,
    "4 blocks of 48": 111_000,
}
TOKENS = [75_000 * 2**i for i in range(5)]


def law(N, D):
    """Return the loss of Hoffmann's law, with numbers of our own."""
    return FLOOR + 30 / N**0.6 + 3e4 / D


def runs(noise: float = 0.002, seeds: int = 5) -> list[dict]:
    """Return 25 runs over two and a half decades of compute."""
    rng = np.random.default_rng(0)
    return [
        {
            "name": name,
            "parameters": N,
            "tokens": D,
            "losses": list(law(N, D) + rng.normal(0, noise, seeds)),
        }
        for name, N in SIZES.items()
        for D in TOKENS
    ]
