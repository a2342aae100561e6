"""Language models that ``prefix_loss``, ``first_difference`` and ``evaluate`` are handed.

They are tables: what stands beside what. The first lines of their docstrings are shown to learners.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
V, MANY = 5, 300
NEXT = np.round(np.random.default_rng(3).standard_normal((V, V)), 1)  # (V, V), after each token


def fifty(ids: Array) -> Array:
    """Two tokens, both as likely, whatever it reads."""
    return np.zeros((*ids.shape, 2))


def counts(ids: Array) -> Array:
    """Five tokens; what it says depends on the token that it has just read."""
    return NEXT[ids]


def places(ids: Array) -> Array:
    """Five tokens; what it says depends on the token and on its place."""
    return NEXT[ids] * (1 + np.arange(ids.shape[1])[:, None])


def peeks(ids: Array) -> Array:
    """Five tokens; it looks at the next token, where there is one, and says that."""
    logits = NEXT[ids]
    logits[:, :-1] += 9 * np.eye(V)[ids[:, 1:]]
    return logits


def far(ids: Array) -> Array:
    """Five tokens; the same with logits from -10,000 to 10,000."""
    return 10_000 * np.clip(NEXT[ids], -1, 1)


def low(ids: Array) -> Array:
    """Five tokens; all logits lie around -1,000."""
    return 20 * NEXT[ids] - 1000


def heights(ids: Array) -> Array:
    """Five tokens; after odd ids all logits lie around 1,000, after even ones around -1,000."""
    return 20 * NEXT[ids] + np.where(ids % 2, 1000, -1000)[..., None]


def sums(ids: Array) -> Array:
    """Five tokens; what it says depends on all that it has read."""
    return np.cumsum(NEXT[ids], axis=1) / 2


class Steps:
    """Begins texts that are read one token at a time; each text has a memory of its own.

    ``rule`` gives the logits from the ids so far.
    """

    def __init__(self, rule: Callable[[list[int]], Array], says: str):
        self.rule, self.__doc__, self.__name__ = rule, says, rule.__name__

    def __call__(self) -> Callable[[int], Array]:
        """Begin a new text."""
        seen: list[int] = []

        def step(token: int) -> Array:
            seen.append(int(token))
            return self.rule(seen)

        return step

    def __repr__(self) -> str:
        return self.__name__


def whole(ids: Array) -> Array:
    """Five tokens; what it says depends on all that it has read, and on where."""
    return np.array([cached(list(ids[: i + 1])) for i in range(len(ids))])


def token_only(ids: Array) -> Array:
    """Five tokens; what it says depends on the last token only."""
    return NEXT[np.array(ids)]


def cached(seen: list[int]) -> Array:
    """Return what the whole model says at the end of what it has seen."""
    ages = np.arange(1, len(seen) + 1)[:, None]
    return (NEXT[seen] * ages).sum(axis=0) / len(seen)


def forgets(seen: list[int]) -> Array:
    """Leave the first token out."""
    return cached(seen) if len(seen) < 2 else cached(seen) - NEXT[seen[0]] / len(seen)


def short(seen: list[int]) -> Array:
    """Keep three tokens only."""
    return cached(seen[-3:])


def stands(seen: list[int]) -> Array:
    """Take the last two in the wrong order."""
    return cached(seen) if len(seen) < 3 else cached([*seen[:-2], seen[-1], seen[-2]])


def scales(seen: list[int]) -> Array:
    """The same token stays the likeliest: only the sizes differ."""
    return cached(seen) * (1.5 if len(seen) == 2 else 1.0)


def first_is_wrong(seen: list[int]) -> Array:
    """Move two logits apart, at the first token."""
    return cached(seen) + (len(seen) == 1) * np.array([1, -0.5, 0, 0, 0])


def lifts(seen: list[int]) -> Array:
    """Add 1 to all logits, at the third token."""
    return cached(seen) + (len(seen) == 3)


def evens_out(seen: list[int]) -> Array:
    """Add 1 to a logit and take it from another, at the third token."""
    return cached(seen) + (len(seen) == 3) * np.array([1, -1, 0, 0, 0])


def rounded(seen: list[int]) -> Array:
    """Differ as rounding does."""
    return cached(seen) + 5e-7


def lower(seen: list[int]) -> Array:
    """Differs downwards, in one logit only, at the third token."""
    return cached(seen) - (len(seen) == 3) * np.eye(V)[1]


def higher(seen: list[int]) -> Array:
    """Differs upwards, in one logit only, at the third token."""
    return cached(seen) + (len(seen) == 3) * np.eye(V)[0]


def prefers(seen: list[int]) -> Array:
    """Another token becomes the likeliest, at the third token."""
    return cached(seen) + 9 * (len(seen) == 3) * np.eye(V)[cached(seen).argmin()]


def slight(seen: list[int]) -> Array:
    """Differs by little, in one logit only, at the third token."""
    return cached(seen) + 0.011 * (len(seen) == 3) * np.eye(V)[0]


def wide(ids: Array) -> Array:
    """Three hundred tokens, of which it knows five; all others have a logit of 0."""
    return np.pad(whole(ids), ((0, 0), (0, MANY - V)))


def one_of_many(seen: list[int]) -> Array:
    """Differs in one logit of many, at the third token."""
    return np.pad(cached(seen), (0, MANY - V)) + 0.011 * (len(seen) == 3) * np.eye(MANY)[V]


def large(ids: Array) -> Array:
    """Five tokens, with logits of thousands."""
    return 3000 * whole(ids)


def slight_of_large(seen: list[int]) -> Array:
    """Differs by little, where logits are large, at the third token."""
    largest = np.eye(V)[np.abs(cached(seen)).argmax()]
    return 3000 * cached(seen) + 0.02 * (len(seen) == 3) * largest


def no_memory(seen: list[int]) -> Array:
    """Say what the last token says."""
    return NEXT[seen[-1]]


right = Steps(cached, "begins a text; a cache that is right")
START = {
    name: Steps(rule, f"begins a text; a cache that {says}")
    for name, rule, says in (
        ("forgets", forgets, "forgets the first token"),
        ("short", short, "keeps three tokens only"),
        ("stands", stands, "takes the last two in the wrong order, from the third on"),
        ("scales", scales, "makes the logits larger at the second token"),
        ("first", first_is_wrong, "is wrong at the first token, and right from then on"),
        ("lower", lower, "gives one logit that is too low, at the third token"),
        ("higher", higher, "gives one logit that is too high, at the third token"),
        ("prefers", prefers, "makes another token the likeliest, at the third token"),
        ("slight", slight, "gives one logit that is 0.011 too high, at the third token"),
        (
            "one_of_many",
            one_of_many,
            "gives 0.011 in place of one of the zeros, at the third token",
        ),
        ("lifts", lifts, "makes all logits larger by 1 at the third token"),
        ("evens_out", evens_out, "adds to one logit what it takes from another"),
        ("rounded", rounded, "is right but for rounding"),
        (
            "slight_of_large",
            slight_of_large,
            "is off by 0.02 at the third token, with logits of thousands",
        ),
        ("no_memory", no_memory, "is right for a model that needs no memory"),
    )
}


SAYS: dict[Callable[[Array], Array], str] = {
    sums: " What it says depends on all that it has read.",
    far: " Its logits reach from -10,000 to 10,000.",
    heights: " After odd ids its logits lie around 1,000, after even ones around -1,000.",
}


class Dropped:
    """A model with dropout, which is on after ``train()`` and off after ``eval()``.

    On, it takes the logits by turns a little larger and smaller; a real dropout is random.
    """

    def __init__(self, training: bool, name: str, rule: Callable[[Array], Array] = counts):
        self.training, self.calls, self.rule = training, 0, rule
        self.__name__ = name
        found = "on when you get it; ``eval()`` switches it off" if training else "off already"
        self.__doc__ = f"A model with dropout, which is {found}.{SAYS.get(rule, '')}"

    def train(self) -> None:
        """Switch dropout on."""
        self.training = True

    def eval(self) -> None:
        """Switch dropout off."""
        self.training = False

    def __call__(self, ids: Array) -> Array:
        """Return the logits (B, T, V)."""
        logits = self.rule(np.asarray(ids))
        if self.training:
            self.calls += 1
            logits = logits * (1.5 if self.calls % 2 else 0.5)
        return logits

    def __repr__(self) -> str:
        return self.__name__


model, training_model = Dropped(False, "model"), Dropped(True, "training_model")
remembering = Dropped(True, "remembering", sums)
far_model, high_and_low = Dropped(False, "far_model", far), Dropped(False, "high_and_low", heights)
