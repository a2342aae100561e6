"""Experiments as learners type them, each with what the check of chapter 03 has to say to it.

The catalogue holds the same mistakes in the authors' words; here nothing is shared with it.
"""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import attention
from tinytx.checks.attention import leaks

check = attention.sees_the_future


def future_shared(attend, T, D):
    x = np.random.randn(T, D)
    base = attend(x)
    leaks = []
    for i in range(T - 1):
        y = x.copy()
        y[i + 1 :] += np.random.randn(T - 1 - i, D)
        if np.abs(attend(y)[i] - base[i]).max() > 1e-9:
            leaks.append(i)
    return leaks


def future_seen(attend, T, D):
    x = np.random.randn(T, D)
    a = attend(x)
    out = []
    for j in range(T):
        y = x.copy()
        y[j] = np.random.randn(D)
        changed = np.where(np.any(np.abs(a - attend(y)) > 1e-9, axis=1))[0]
        if (changed < j).any():
            out.append(j)
    return out


def future_close(attend, T, D):
    x = np.random.randn(T, D)
    before = attend(x.copy())
    out = []
    for i in range(T):
        y = x.copy()
        y[i + 1 :] = np.random.randn(T - i - 1, D)
        if not np.allclose(attend(y)[i], before[i]):
            out.append(i)
    return out


def future_last(attend, T, D):
    x = np.random.randn(T, D)
    y = x.copy()
    y[-1] = np.random.randn(D)
    change = np.abs(attend(x.copy()) - attend(y.copy())).max(axis=1)
    return [i for i in range(T - 1) if change[i] > 1e-9]


def future_own(attend, T, D):
    x = np.random.randn(T, D)
    before = np.array(attend(x.copy()))
    out = []
    for i in range(T):
        y = x.copy()
        y[i:] = 0
        if np.abs(attend(y)[i] - before[i]).max() > 1e-9:
            out.append(i)
    return out


def later(change, start=np.random.randn, differs=None, ends=lambda T: range(T - 1)):
    """Return an experiment that changes all later rows at once, with a copy for each call."""
    differs = differs or (lambda a, b, i: np.abs(a[i] - b[i]).max() > 1e-9)

    def probe(attend, T, D):
        x = start(T, D)
        before = np.array(attend(x.copy()))
        out = []
        for i in ends(T):
            y = x.copy()
            y[i + 1 :] = change(y[i + 1 :])
            if differs(before, np.array(attend(y)), i):
                out.append(i)
        return out

    return probe


def each(change):
    """Return an experiment that changes one row after the other."""

    def probe(attend, T, D):
        x = np.random.randn(T, D)
        before = np.array(attend(x.copy()))
        out = set()
        for j in range(T):
            y = x.copy()
            y[j] = change(y[j : j + 1])[0]
            moved = np.abs(np.array(attend(y)) - before).max(axis=1) > 1e-9
            out |= {i for i in range(j) if moved[i]}
        return sorted(out)

    return probe


def new(z):
    return np.random.randn(*z.shape)


def first_column(z):
    return np.concatenate([z[:, :1] + 1, z[:, 1:]], axis=1)


def last_column(z):
    return np.concatenate([z[:, :-1], z[:, -1:] - 2], axis=1)


def first_half(z):
    middle = z.shape[1] // 2
    return np.concatenate([z[:, :middle] + 1, z[:, middle:]], axis=1)


def counting(T, D):
    return np.arange(T * D, dtype=float).reshape(T, D)


def fewer_rows(attend, T, D):
    x = np.random.randn(T, D)
    full = np.array(attend(x.copy()))
    return [i for i in range(T) if np.abs(attend(x[: i + 1].copy())[i] - full[i]).max() > 1e-9]


def all_but_own(attend, T, D):
    x = np.random.randn(T, D)
    before = np.array(attend(x.copy()))
    found = set()
    for j in range(T):
        other = x.copy()
        other[j] = np.random.randn(D)
        moved = np.abs(np.array(attend(other)) - before).max(axis=1) > 1e-9
        found |= {i for i in range(T) if i != j and moved[i]}
    return sorted(found)


def out_and_in(attend, T, D):
    x = np.random.randn(T, D)
    out = np.array(attend(x.copy()))
    return [i for i in range(T - 1) if np.abs(out[i] - x[i]).max() > 1e-9]


def turned_shape(attend, T, D):
    x = np.random.randn(D, T)
    before = np.array(attend(x.copy())).T
    found = []
    for i in range(T - 1):
        y = x.copy()
        y[:, i + 1 :] = np.random.randn(D, T - i - 1)
        if np.abs(np.array(attend(y)).T[i] - before[i]).max() > 1e-9:
            found.append(i)
    return found


def itself_and_before(attend, T, D):
    x = np.random.randn(T, D)
    before = np.array(attend(x.copy()))
    found = []
    for i in range(T - 1):
        y = x.copy()
        y[: i + 1] = np.random.randn(i + 1, D)
        if np.abs(np.array(attend(y))[i] - before[i]).max() > 1e-9:
            found.append(i)
    return found


def same_seed(attend, T, D):
    x = np.random.default_rng(0).normal(size=(T, D))
    before = np.array(attend(x.copy()))
    found = []
    for i in range(T - 1):
        y = x.copy()
        y[i + 1 :] = np.random.default_rng(0).normal(size=(T, D))[i + 1 :]
        if np.abs(np.array(attend(y))[i] - before[i]).max() > 1e-9:
            found.append(i)
    return found


def narrow(T, D):
    return np.random.randn(T, D).astype(np.float32)


def first_only(attend, T, D):
    return later(new)(attend, T, D)[:1]


def yes_or_no(attend, T, D):
    return np.isin(range(T), later(new)(attend, T, D)).tolist()


ONE_NUMBER = "only one number of each input is changed"
SHIFTED = "the later positions are only shifted or scaled"
LEFT_OUT = "a position is left out of the experiment"

NAMED = {
    "shared": (future_shared, "an `attend` that writes into its input spoils the experiment"),
    "seen": (future_seen, "it says who is seen, not who sees"),
    "last": (future_last, "only the last position is changed"),
    "own": (future_own, "the two inputs differ in more than the later positions"),
    "close": (future_close, "small changes are overlooked"),
    "first column": (later(first_column), ONE_NUMBER),
    "last column": (later(last_column), ONE_NUMBER),
    "first half": (later(first_half), ONE_NUMBER),
    "first column of each": (each(first_column), ONE_NUMBER),
    "plus one": (later(lambda z: z + 1), SHIFTED),
    "each plus one": (each(lambda z: z + 1), SHIFTED),
    "doubled": (later(lambda z: 2 * z), SHIFTED),
    "ones and twos": (later(lambda z: z * 0 + 2, lambda T, D: np.ones((T, D))), SHIFTED),
    "whole outputs": (
        later(new, differs=lambda a, b, i: np.abs(a - b).max() > 1e-9),
        "the outputs of the changed positions are compared",
    ),
    "row after": (
        later(new, differs=lambda a, b, i: np.abs(a[i + 1] - b[i + 1]).max() > 1e-9),
        "the outputs of the changed positions are compared",
    ),
    "inputs": (out_and_in, "outputs are compared with inputs"),
    "turned shape": (turned_shape, "an array of shape (D, T) is handed to `attend`"),
    "itself and before": (itself_and_before, "earlier positions are changed"),
    "next never": (
        later(lambda z: np.concatenate([z[:1], new(z[1:])])),
        "the next position is never changed",
    ),
    "sign": (later(lambda z: -z), "the later positions only change their sign"),
    "lengths": (
        later(
            new,
            differs=lambda a, b, i: abs(np.linalg.norm(a[i]) - np.linalg.norm(b[i])) > 1e-9,
        ),
        "only the length of each output is compared",
    ),
    "relative": (
        later(new, differs=lambda a, b, i: np.abs(a[i] - b[i]).max() > 1e-6 * np.abs(a[i]).max()),
        "a small change in a large number is overlooked",
    ),
    "float32 outputs": (
        later(new, differs=lambda a, b, i: (np.float32(a[i]) != np.float32(b[i])).any()),
        "a small change in a large number is overlooked",
    ),
    "same seed": (same_seed, "it never finds a leak"),
    "rows 0 to i": (
        later(new, differs=lambda a, b, i: np.abs(a[: i + 1] - b[: i + 1]).max() > 1e-9),
        "earlier rows are compared as well",
    ),
    "nan": (
        later(lambda z: z * np.nan, differs=lambda a, b, i: not np.allclose(a[i], b[i])),
        "the later positions are set to nan",
    ),
    "nan that is not greater": (later(lambda z: z * np.nan), "it never finds a leak"),
    "limit": (
        later(new, differs=lambda a, b, i: np.abs(a[i] - b[i]).max() > 1e-8),
        "small changes are overlooked",
    ),
    "range too short": (later(new, ends=lambda T: range(T - 2)), LEFT_OUT),
    "range too late": (later(new, ends=lambda T: range(1, T)), LEFT_OUT),
    "shifted and too short": (later(lambda z: z + 1, ends=lambda T: range(T - 2)), LEFT_OUT),
    "fewer rows": (fewer_rows, "fewer rows are handed to `attend`"),
    "all but its own": (all_but_own, "earlier positions are changed"),
    "float32": (later(new, narrow), "it works in float32"),
    "the first one": (first_only, "it stops at the first leak"),
    "yes or no": (yes_or_no, "it says yes or no for each position"),
    "the others": (
        later(new, differs=lambda a, b, i: np.allclose(a[i], b[i], rtol=0, atol=1e-9)),
        "the list is of those who do not see the future",
    ),
    "from 1": (
        lambda attend, T, D: [i + 1 for i in later(new)(attend, T, D)],
        "the positions are counted from 1",
    ),
    "exact": (
        later(new, differs=lambda a, b, i: (a[i] != b[i]).any()),
        "rounding is taken for a leak",
    ),
    "tiny limit": (
        later(new, differs=lambda a, b, i: np.abs(a[i] - b[i]).max() > 1e-12),
        "rounding is taken for a leak",
    ),
    "last number": (
        later(new, differs=lambda a, b, i: abs(a[i, -1] - b[i, -1]) > 1e-9),
        "only one number of each output is compared",
    ),
    "tiny steps": (later(lambda z: z + 1e-4 * new(z)), "small changes are overlooked"),
    "large": (
        later(lambda z: z + 1, counting),
        "the numbers are so large that a softmax gives all weight to one position",
    ),
}


@pytest.mark.parametrize("case", NAMED)
def test_a_slip_is_refused_and_named(case):
    fn, name = NAMED[case]
    np.random.seed(0)
    result = check.run(fn)
    assert (result.status, result.mistake) == ("wrong", name), str(result)


SAYS = {
    "no abs": (
        later(new, differs=lambda a, b, i: (b[i] - a[i]).max() > 1e-9),
        "a number may fall as well as rise",
    ),
    "integers": (
        later(lambda z: z + 1, lambda T, D: np.arange(T * D).reshape(T, D)),
        "Start from floats",
    ),
    "ones and twos": (NAMED["ones and twos"][0], "A row of equal numbers becomes zeros"),
    "nobody": (lambda attend, T, D: list(range(T - 1)), "no later one: position 0 of `causal`"),
    "next and last": (
        later(lambda z: np.concatenate([new(z[:1]), z[1:-1], new(z[1:][-1:])])),
        "it overlooks a position that sees a later one: position 0 of `skips`",
    ),
    "no later row": (
        lambda attend, T, D: [i for i in range(T) if np.ptp(attend(np.eye(T, D))[i + 1 :]) > 0],
        "the largest of no numbers is an error",
    ),
}


@pytest.mark.parametrize("case", SAYS)
def test_a_slip_is_answered_with_words_that_help(case):
    fn, words = SAYS[case]
    np.random.seed(0)
    said = " ".join(str(check.run(fn)).split())
    assert said.startswith("[x]")
    assert words in said
    assert "allclose" not in said


RIGHT = {
    "new": later(new),
    "each": each(new),
    "turned and stretched": later(lambda z: -2 * z),
    "zero": later(lambda z: z * 0),
    "one-hot": later(lambda z: np.eye(*z.shape)),
    "large": later(lambda z: 10 * new(z)),
    "mean size": later(new, differs=lambda a, b, i: np.abs(a[i] - b[i]).mean() > 1e-9),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_experiment_passes_with_any_seed(case):
    for seed in range(20):
        np.random.seed(seed)
        result = check.run(RIGHT[case])
        assert result.status == "ok", (seed, str(result))


def test_scaling_and_shifting_are_what_a_layernorm_hides():
    x = np.random.default_rng(0).normal(size=(4, 4))
    other = x.copy()
    other[1:] = 3 * x[1:] + 5
    plain, norm = leaks.last_number, leaks.behind_norm
    assert np.abs(plain(other)[0] - plain(x)[0]).max() > 1
    assert np.abs(norm(other)[0] - norm(x)[0]).max() < 1e-9
    other[1:] = -x[1:]
    assert np.abs(norm(other)[0] - norm(x)[0]).max() > 0.1
