"""What the tasks of chapter 14 promise: whoever ignores it is refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tinytx.checks import real_data

from .made import overwriting, with_changed
from .real_data_designs import (
    fits_cases,
    mean_looped,
    packed_looped,
    resumed_forward,
    ring_closed,
    ring_indexed,
    similar_zip,
    split_strings,
)

changed = partial(with_changed, real_data.chapter.checks)


def popping(right):
    """Use up the shards."""

    def answer(shards, *rest):
        found = right([list(texts) for texts in shards], *rest)
        while shards:
            shards.pop()
        return found

    return answer


def sorting(right):
    def answer(shards, *rest):
        found = right([list(texts) for texts in shards], *rest)
        for texts in shards:
            texts.sort(reverse=True)
        return found

    return answer


def padding_first(documents):
    """Takes padding to be at the end."""
    some = np.flatnonzero(documents >= 0)
    if len(some) == 0:
        return packed_looped(documents)
    changed = documents.copy()
    inside = (np.arange(len(documents)) <= some[-1]) & (documents < 0)
    changed[inside] = 10**6
    return packed_looped(changed)


def growing(documents):
    """Takes the numbers to be 0, 1, 2 and so on."""
    changed = np.where(documents < 0, documents, np.maximum.accumulate(documents))
    return packed_looped(changed)


def by_value(documents):
    """Takes all tokens of a number for one document."""
    T = len(documents)
    same = (documents[:, None] == documents) & (documents >= 0) | np.eye(T, dtype=bool)
    return np.tril(same).sum(axis=1) - 1, np.tril(same)


def small(documents):
    """Takes the numbers to be below 256."""
    return packed_looped(np.where(documents < 0, documents, documents % 256))


def no_empty_ranks(sums, counts):
    loss, factors = mean_looped(sums, counts)
    return loss, factors * counts.any(axis=1).mean()


def hidden_zero(sums, counts):
    loss, factors = mean_looped(sums, counts)
    return loss, np.where(counts == 0, 1.0, factors)


def view(held):
    """One rank has nothing to do."""
    return held if len(held) == 1 else ring_closed(held)


def at_most(n, right=ring_closed):
    """Rings of a few ranks only."""
    return lambda held: right(held) if len(held) <= n else held + 1


def all_in_one(shards, number, ranks):
    """Copies are left out within a shard."""
    train, kept = [[] for _ in range(ranks)], []
    for shard in shards:
        part = split_strings([shard], number, ranks)
        for texts, more in zip(train, part[0], strict=True):
            texts += more
        kept += part[1]
    return [sorted(texts) for texts in train], sorted(kept)


def by_number(shards, number, ranks):
    one = {number(text): text for shard in shards for text in shard}
    return split_strings([list(one.values())], number, ranks)


def nothing_empty(shards, number, ranks):
    return split_strings([[t for t in shard if t] for shard in shards], number, ranks)


def rounded(trained, frozen, ranks, stage, memory):
    used, _ = fits_cases(trained, frozen, ranks, stage, memory)
    used = int(float(used))
    return used, used <= memory


def resumed_floor(shards, seed, size, position):
    """Leaves the small batch out."""
    cut = [texts[: len(texts) // size * size] for texts in shards]
    return resumed_forward(cut, seed, size, position)


def resumed_without_empty(shards, seed, size, position):
    batches, positions = resumed_forward(shards, seed, size, position)
    return batches, [(s + (s < len(shards) and not shards[s]), r) for s, r in positions]


def resumed_unique(shards, seed, size, position):
    """Takes texts to differ."""
    return resumed_forward([list(dict.fromkeys(t)) for t in shards], seed, size, position)


def ends_inside(shards, seed, size, position):
    batches, positions = resumed_forward(shards, seed, size, position)
    return batches, [(min(s, len(shards) - 1), r) for s, r in positions]


IGNORED = [
    ("capitals count", "similarity", lambda a, b, n: similar_zip(a.lower(), b.lower(), n)),
    ("punctuation counts", "similarity",
        lambda a, b, n: similar_zip(a.replace(",", ""), b.replace(",", ""), n)),
    ("an apostrophe counts", "similarity",
        lambda a, b, n: similar_zip(a.replace("'", " "), b.replace("'", " "), n)),
    ("any amount of white space", "similarity",
        lambda a, b, n: similar_zip(a.replace("  ", " _ "), b.replace("  ", " _ "), n)),
    ("new lines separate", "similarity",
        lambda a, b, n: similar_zip(a.replace("\n", ""), b.replace("\n", ""), n)),
    ("tabs separate", "similarity",
        lambda a, b, n: similar_zip(a.replace("\t", ""), b.replace("\t", ""), n)),
    ("spaces that do not break separate", "similarity",
        lambda a, b, n: similar_zip(a.replace("\xa0", ""), b.replace("\xa0", ""), n)),
    ("letters outside ASCII", "similarity", lambda a, b, n: similar_zip(
        a.encode("ascii", "ignore").decode(), b.encode("ascii", "ignore").decode(), n)),
    ("n may be 1", "similarity", changed("similarity", 2, lambda n: max(n, 2))),
    ("n may be above 3", "similarity", changed("similarity", 2, lambda n: min(n, 3))),
    ("n may be more than the words", "similarity", lambda a, b, n: similar_zip(
        a, b, max(1, min(n, len(a.split()), len(b.split()))))),
    ("one text may have no n-gram", "similarity", lambda a, b, n: 1.0 if min(
        len(a.split()), len(b.split())) < n else similar_zip(a, b, n)),
    ("neither may have one", "similarity", lambda a, b, n: 0.0 if max(
        len(a.split()), len(b.split())) < n else similar_zip(a, b, n)),
    ("texts may be empty", "similarity",
        lambda a, b, n: similar_zip(a or "a", b or "a", n)),
    ("either text may be longer", "similarity",
        lambda a, b, n: similar_zip(a, b[: len(a)], n)),
    ("either text may be shorter", "similarity",
        lambda a, b, n: similar_zip(a[: len(b)], b, n)),
    ("one token is enough", "places_and_mask", lambda d: packed_looped(d) if len(d) > 1
        else (np.zeros(1, int), np.zeros((1, 1), bool))),
    ("numbers may be large", "places_and_mask", small),
    ("numbers need not grow", "places_and_mask", growing),
    ("a number that comes again is new", "places_and_mask", by_value),
    ("any number below 0 is padding", "places_and_mask",
        lambda d: packed_looped(np.where(d < -1, 10**6 - d, d))),
    ("0 is a document", "places_and_mask", lambda d: packed_looped(np.where(d == 0, -1, d))),
    ("padding may stand anywhere", "places_and_mask", padding_first),
    ("padding may be all", "places_and_mask", lambda d: packed_looped(
        d if (d >= 0).any() else np.zeros_like(d))),
    ("documents stay", "places_and_mask", overwriting(0, packed_looped)),
    ("one rank is enough", "mean_loss", lambda sums, counts: (
        mean_looped(sums, counts)[0],
        mean_looped(sums, counts)[1] * max(len(sums), 2) / len(sums))),
    ("micro-batches may be several", "mean_loss", lambda sums, counts: (
        mean_looped(sums, counts)[0],
        mean_looped(sums, counts)[1][:, :1].repeat(sums.shape[1], axis=1))),
    ("ranks may be many", "mean_loss", lambda sums, counts: (
        mean_looped(sums, counts)[0],
        mean_looped(sums, counts)[1] * min(len(sums), 4) / len(sums))),
    ("micro-batches may be more than ranks", "mean_loss", lambda sums, counts: (
        mean_looped(sums, counts)[0],
        mean_looped(sums, counts)[1] * max(sums.shape) / len(sums))),
    ("a count may be 0", "mean_loss", hidden_zero),
    ("a rank may have no token", "mean_loss", no_empty_ranks),
    ("sums stay", "mean_loss", overwriting(0, mean_looped)),
    ("counts stay", "mean_loss", overwriting(1, mean_looped)),
    ("one rank has nothing to do, and a new array comes back", "reduce_scatter", view),
    ("ranks may be more than two", "reduce_scatter", at_most(2)),
    ("ranks may be more than three", "reduce_scatter", at_most(3)),
    ("ranks may be more than six", "reduce_scatter", at_most(6)),
    ("a chunk may have one number", "reduce_scatter",
        lambda held: ring_closed(held) if held.shape[2] > 1 else held + 1),
    ("a chunk may have several numbers", "reduce_scatter",
        lambda held: ring_closed(held[:, :, :1]).repeat(held.shape[2], axis=2)),
    ("numbers may be below 0", "reduce_scatter", lambda held: ring_closed(np.abs(held))),
    ("what was handed on is kept", "reduce_scatter",
        lambda held: ring_closed(held) * np.eye(len(held))[:, :, None]),
    ("held stays", "reduce_scatter", overwriting(0, ring_indexed)),
    ("a copy in one shard", "split", lambda shards, number, ranks: (
        lambda train, kept: ([sorted(t + [x for x in t if any(s.count(x) > 1 for s in shards)])
                              for t in train], kept))(*split_strings(shards, number, ranks))),
    ("a copy in several shards", "split", all_in_one),
    ("a copy of what is kept", "split", lambda shards, number, ranks: (
        lambda train, kept: (train, sorted(kept + [x for x in kept if sum(
            s.count(x) for s in shards) > 1])))(*split_strings(shards, number, ranks))),
    ("a shard may be empty", "split", lambda shards, number, ranks: split_strings(
        shards[: next((i for i, s in enumerate(shards) if not s), len(shards))], number, ranks)),
    ("there may be no shard", "split", lambda shards, number, ranks: split_strings(
        shards or [["x"]], lambda text: 3 if text == "x" else number(text), ranks)),
    ("a text may be empty", "split", nothing_empty),
    ("texts that differ in capitals differ", "split", lambda shards, number, ranks: split_strings(
        [[t.lower() for t in s] for s in shards], number, ranks)),
    ("texts that differ in white space differ", "split", lambda shards, number, ranks:
        split_strings([[t.strip() for t in s] for s in shards], number, ranks)),
    ("different texts may have one number", "split", by_number),
    ("a number may be 0", "split", lambda shards, number, ranks: split_strings(
        shards, lambda text: number(text) or 1, ranks)),
    ("a number may have one digit", "split", lambda shards, number, ranks: split_strings(
        shards, lambda text: number(text) + 10 * (number(text) < 10), ranks)),
    ("a number may be large", "split", lambda shards, number, ranks: split_strings(
        shards, lambda text: number(text) % 10**5, ranks)),
    ("a number may be larger than a float holds", "split", lambda shards, number, ranks:
        split_strings(shards, lambda text: int(float(number(text))) // 10 * 10
            + number(text) % 10, ranks)),
    ("one rank is enough", "split", lambda shards, number, ranks: (
        lambda train, kept: (train[:ranks], kept))(
            *split_strings(shards, number, max(ranks, 2)))),
    ("ranks may be more than texts", "split", lambda shards, number, ranks: (
        lambda train, kept: ([t for t in train if t or len(train) < 4], kept))(
            *split_strings(shards, number, ranks))),
    ("ranks may be ten", "split", lambda shards, number, ranks: (
        lambda train, kept: (train + [[]] * (ranks - len(train)), kept))(
            *split_strings(shards, number, min(ranks, 9)))),
    ("lists are sorted as sorted does", "split", lambda *given: (
        lambda train, kept: ([sorted(t, key=str.lower) for t in train], kept))(
            *split_strings(*given))),
    ("the list of shards stays", "split", popping(split_strings)),
    ("the shards stay", "split", sorting(split_strings)),
    ("nothing need be trained", "fits", changed("fits", 0, lambda n: max(n, 1))),
    ("nothing need be frozen", "fits", changed("fits", 1, lambda n: max(n, 1))),
    ("one rank is enough", "fits", lambda t, f, n, stage, memory: fits_cases(
        t, f, max(n, 2), stage, memory)),
    ("ranks may be more than parameters", "fits", lambda t, f, n, stage, memory: fits_cases(
        t, f, min(n, max(t, f, 1)), stage, memory) if n < 8 else fits_cases(
            t, f, 2, stage, memory)),
    ("stage may be 0", "fits", changed("fits", 3, lambda stage: max(stage, 1))),
    ("stage may be 3", "fits", changed("fits", 3, lambda stage: min(stage, 2))),
    ("parts of the trained are rounded up", "fits", lambda t, f, n, stage, memory: fits_cases(
        t // n * n if stage else t, f, n, stage, memory)),
    ("parts of the frozen are rounded up", "fits", lambda t, f, n, stage, memory: fits_cases(
        t, f // n * n if stage == 3 else f, n, stage, memory)),
    ("kinds are divided by themselves", "fits", lambda t, f, n, stage, memory: (
        lambda used: (used, used <= memory))(14 * -(-t // n) + 2 * -(-(t + f) // n))
        if stage == 3 else fits_cases(t, f, n, stage, memory)),
    ("just enough room is enough", "fits", lambda *given: (
        fits_cases(*given)[0], fits_cases(*given)[0] < given[4])),
    ("one byte too few is too few", "fits", lambda *given: (
        fits_cases(*given)[0], fits_cases(*given)[0] <= given[4] + 1)),
    ("a whole number, whatever its size", "fits", rounded),
    ("a shard may be empty", "resumed", lambda shards, *rest: resumed_forward(
        [texts or ["x"] for texts in shards], *rest)),
    ("there may be no shard", "resumed", lambda shards, *rest: resumed_forward(
        shards or [["x"]], *rest)),
    ("texts may be equal", "resumed", resumed_unique),
    ("any seed", "resumed", changed("resumed", 1, lambda seed: seed % 10)),
    ("the seed may be 0", "resumed", changed("resumed", 1, lambda seed: max(seed, 1))),
    ("a batch may have one text", "resumed", changed("resumed", 2, lambda size: max(size, 2))),
    ("a batch may be more than a shard", "resumed", lambda shards, seed, size, position:
        resumed_forward(shards, seed, min(size, max(map(len, shards), default=1) - 1 or 1),
                        position)),
    ("the last batch may be smaller", "resumed", resumed_floor),
    ("a start may be within a shard", "resumed",
        changed("resumed", 3, lambda position: (position[0], 0))),
    ("a start may be at any shard", "resumed",
        changed("resumed", 3, lambda position: (min(position[0], 1), position[1]))),
    ("a start may be behind the last", "resumed", lambda shards, seed, size, position:
        resumed_forward(shards, seed, size, (min(position[0], max(len(shards) - 1, 0)),
                                             position[1]))),
    ("the next shard, also where it is empty", "resumed", resumed_without_empty),
    ("the next shard, also where there is none", "resumed", ends_inside),
    ("shard s has permutation number s", "resumed", lambda shards, seed, size, position: (
        lambda batches, positions: (batches, [(s + position[0], r) for s, r in positions]))(
            *resumed_forward(shards[position[0] :], seed, size, (0, position[1])))),
    ("every shard takes a permutation, empty ones too", "resumed",
        lambda shards, seed, size, position: resumed_forward(
            shards, seed + (len(shards) > 4 and not shards[1]), size, position)),
    ("the list of shards stays", "resumed", popping(resumed_forward)),
    ("the shards stay", "resumed", sorting(resumed_forward)),
]  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(n, f) for _, n, f in IGNORED], ids=[f"{n}: {kind}" for kind, n, _ in IGNORED]
)
def test_an_answer_that_ignores_a_promise_is_refused(name, fn):
    assert real_data.chapter.checks[name].run(fn).status == "wrong"
