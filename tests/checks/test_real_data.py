"""The checks of chapter 14: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from typing import ClassVar

import numpy as np
import pytest
import torch

from tinytx.checks import real_data
from tinytx.checks.real_data import answers
from tinytx.checks.real_data.parts import Number
from tinytx.data.cleaning.minhash import jaccard, shingles
from tinytx.data.packing import packed, padded
from tinytx.manual.documents import document_mask, document_places
from tinytx.scale.memory import model_states
from tinytx.scale.ring import ring_steps

from .contract import Contract
from .made import shown
from .real_data_designs import (
    RIGHT,
    fits_cases,
    mean_looped,
    packed_by_package,
    packed_looped,
    resumed_forward,
    ring_closed,
    similar_zip,
    split_strings,
)

draws = np.random.default_rng(0).standard_normal


class TestRealData(Contract):
    chapter = real_data.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "similarity": [
            lambda *given: math.cos(similar_zip(*given)) ** 2 / 3 + 0.1,
            lambda *given: similar_zip(*given) ** 1.7 / 3 + 0.17,
        ],
        "places_and_mask": [
            lambda documents: (lambda place, mask: (place**2 + 3, mask))(*packed_looped(documents)),
            lambda documents: (lambda place, mask: (place, mask ^ (place % 2 == 1)))(
                *packed_looped(documents)
            ),
        ],
        "mean_loss": [
            lambda *given: (lambda loss, factors: (loss**2 + 0.3, np.cos(factors) ** 2))(
                *mean_looped(*given)
            ),
            lambda sums, counts: (0.7, np.sqrt(mean_looped(sums, counts)[1]) + 0.3),
        ],
        "reduce_scatter": [
            lambda held: np.cos(ring_closed(held)),
            lambda held: ring_closed(np.tanh(held)) ** 2 + 0.3,
        ],
        "split": [
            lambda shards, number, ranks: split_strings(
                shards, lambda text: number(text) ** 2 // 7 + len(text), ranks
            ),
            lambda *given: (lambda train, kept: ([[t[::-1] for t in r] for r in train], kept))(
                *split_strings(*given)
            ),
        ],
        "fits": [
            lambda *given: (3 * fits_cases(*given)[0] + 5, fits_cases(*given)[1]),
            lambda trained, frozen, ranks, stage, memory: fits_cases(
                trained, 7 * frozen + trained // 3, ranks, stage, memory
            ),
        ],
        "resumed": [
            lambda shards, seed, size, position: resumed_forward(
                shards, seed, 2 * size + 1, position
            ),
            lambda *given: (lambda batches, places: ([b[::-1] for b in batches], places[::-1]))(
                *resumed_forward(*given)
            ),
        ],
    }


def test_texts_of_small_letters_are_as_alike_as_to_the_package():
    """It takes capitals and punctuation off, and a short text for one n-gram."""
    a, b = "one day a fox saw a crow and a fox", "a fox saw a crow one day and ran"
    for n in (1, 2, 3):
        assert answers.similarity(a, b, n) == jaccard(shingles(a, n), shingles(b, n))
    assert answers.similarity("One day", "one day", 2) == 0
    assert jaccard(shingles("One day", 2), shingles("one day", 2)) == 1


def test_one_word_of_a_hundred_changes_as_many_n_grams_as_an_n_gram_has_words():
    words = [str(i) for i in range(100)]
    a, b = " ".join(words), " ".join([*words[:50], "new", *words[51:]])
    assert answers.similarity(a, b, 1) == 99 / 101
    assert answers.similarity(a, b, 5) == 91 / 101


def test_without_padding_places_and_mask_are_those_of_the_package():
    for number in (np.array([0, 0, 1, 0]), np.array([7]), np.array([5, 5, 2, 2, 2, 5, 1])):
        place, mask = answers.places_and_mask(number)
        np.testing.assert_array_equal(place, document_places(number[None])[0])
        np.testing.assert_array_equal(mask, document_mask(number[None])[0, 0])


def test_rows_of_the_package_have_padding_that_sees_itself_alone():
    documents = [np.arange(4), np.arange(7), np.arange(3)]
    for rows in (packed(documents, 8), padded(documents, 8)):
        for number in rows.documents:
            place, mask = answers.places_and_mask(number)
            assert mask.any(axis=1).all()
            assert (place[number < 0] == 0).all()
            assert (mask[number < 0].sum(axis=1) == 1).all()


def test_the_functions_of_the_package_are_not_the_learners():
    result = real_data.places_and_mask.run(packed_by_package)
    assert result.status == "borrowed"
    assert "tinytx.manual.documents" in result.message


def test_with_the_factors_the_averaged_gradient_is_that_of_all_tokens():
    """Each rank adds up its micro-batches' gradients, the all-reduce averages: as DDP does."""
    weight = torch.tensor(draws(3), requires_grad=True)
    counts = np.array([[2, 0], [5, 1], [3, 4]])
    batches = [[torch.tensor(draws((n, 3))) for n in row] for row in counts.tolist()]
    losses = [[(x @ weight) ** 2 for x in row] for row in batches]
    sums = np.array([[part.sum().item() for part in row] for row in losses])
    loss, factors = answers.mean_loss(sums, counts)
    every = torch.cat([part for row in losses for part in row])
    assert loss == pytest.approx(every.mean().item())
    (want,) = torch.autograd.grad(every.mean(), weight, retain_graph=True)
    ranks = [
        sum(
            torch.autograd.grad(factor * part.mean(), weight, retain_graph=True)[0]
            for part, factor in zip(row, row_factors, strict=True)
            if len(part)
        )
        for row, row_factors in zip(losses, factors.tolist(), strict=True)
    ]
    np.testing.assert_allclose(torch.stack(ranks).mean(dim=0), want)


def test_the_ring_to_the_left_is_the_packages_with_ranks_in_reversed_order():
    """Turned round, rank r is n - 1 - r, and chunks are numbered as they end."""
    n, C = 4, 3
    held = draws((n, n, C))
    turned = held[::-1, [(n - 1 - (c - 1)) % n for c in range(n)]]
    steps = [
        step
        for step in ring_steps([part.reshape(-1) for part in turned])
        if step.phase == "reduce-scatter"
    ]
    theirs = np.array([part.reshape(n, C) for part in steps[-1].buffers])
    back = np.empty_like(theirs)
    back[:, [(n - 1 - (c - 1)) % n for c in range(n)]] = theirs
    np.testing.assert_allclose(answers.reduce_scatter(held), back[::-1])


def test_in_the_end_of_the_ring_each_rank_has_its_chunk_of_the_sum():
    held = draws((5, 5, 2))
    got = answers.reduce_scatter(held)
    np.testing.assert_allclose(got[np.arange(5), np.arange(5)], held.sum(axis=0))
    others = ~np.eye(5, dtype=bool)
    assert (np.abs(got - held.sum(axis=0)).max(axis=2)[others] > 1e-9).all()


def test_as_the_task_says_the_whole_number_will_not_do_for_the_rank():
    texts = [str(i) for i in range(5000)]
    value = Number("int(text) * 2654435761 % 2**32")
    for ranks, least in ((10, 0), (2, 4 / 9)):
        trained = [text for text in texts if value(text) % 10]
        first = sum(value(text) % ranks == 0 for text in trained) / len(trained)
        assert first == pytest.approx(least, abs=0.02)
        train, kept = answers.split([texts], value, ranks)
        assert len(train[0]) / len(trained) == pytest.approx(1 / ranks, abs=0.02)
        assert len(kept) / len(texts) == pytest.approx(0.1, abs=0.02)


def test_the_order_of_shards_changes_nothing():
    for shards, number, ranks in real_data.split.cases:
        turned = [shard[::-1] for shard in shards[::-1]]
        assert answers.split(turned, number, ranks) == answers.split(shards, number, ranks)


def test_every_rank_reads_something_and_every_text_is_read_once():
    shards, number, ranks = real_data.split.cases[-2]
    train, kept = answers.split(shards, number, ranks)
    every = [text for texts in (*train, kept) for text in texts]
    assert all(train)
    assert kept
    assert len(every) == len(set(every)) == len({t for shard in shards for t in shard})


def test_a_number_is_shown_as_it_can_be_pasted():
    assert eval(repr(Number("len(text)")))("four") == 4


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_with_nothing_frozen_and_nothing_left_over_it_is_the_packages_number(stage):
    used, _ = answers.fits(7_000_000_000, 0, 8, stage, 1)
    assert used == model_states(7e9, 8, stage).total


def test_seven_billion_parameters_on_eight_ranks_of_24_gb_need_stage_3_or_frozen_ones():
    for frozen, want in ((0, [0, 0, 0, 1]), (6_300_000_000, [1, 1, 1, 1])):
        trained = 7_000_000_000 - frozen
        fit = [answers.fits(trained, frozen, 8, stage, 24 * 10**9)[1] for stage in range(4)]
        assert fit == [bool(yes) for yes in want]


def test_what_is_left_from_each_position_is_what_would_have_come():
    for shards, seed, size, _ in real_data.resumed.cases:
        batches, positions = answers.resumed(shards, seed, size, (0, 0))
        assert sorted(t for b in batches for t in b) == sorted(t for s in shards for t in s)
        for i, position in enumerate(positions):
            got = answers.resumed(shards, seed, size, position)
            assert got == (batches[i + 1 :], positions[i + 1 :])


def test_as_the_task_says_every_start_is_a_position_that_comes_with_a_batch():
    for shards, seed, size, position in real_data.resumed.cases:
        assert position in [(0, 0), *answers.resumed(shards, seed, size, (0, 0))[1]]


def test_as_the_task_says_the_reader_with_two_bugs_reads_the_right_batches_from_the_beginning():
    buggy = shown("14_real_data", "resumed")
    shards = [[f"{s}{t}" for t in range(6)] for s in range(4)]
    want, _ = answers.resumed(shards, 3, 2, (0, 0))
    batches, positions = buggy(shards, 3, 2, (0, 0))
    assert batches == want
    middle = next(i for i, (shard, row) in enumerate(positions) if shard == 2 and row > 0)
    texts = [t for b in batches[: middle + 1] for t in b]
    texts += [t for b in buggy(shards, 3, 2, positions[middle])[0] for t in b]
    assert len(set(texts)) < len(texts) == 24  # as many, some twice, some never
    end = next(i for i, (shard, _) in enumerate(positions) if shard == 1) - 1
    after, _ = buggy(shards, 3, 2, positions[end])
    assert {t for b in after for t in b} >= set(shards[0])  # all of the shard once more


def test_the_signatures_are_those_of_the_answers():
    for check in real_data.chapter.checks.values():
        names = re.findall(r"\w+", check.signature.partition("(")[2])
        assert names == list(inspect.signature(check.reference).parameters)


def test_batches_that_are_arrays_are_told_to_be():
    def in_arrays(*given):
        batches, positions = answers.resumed(*given)
        return [np.array(batch) for batch in batches], positions

    result = real_data.resumed.run(in_arrays)
    assert "in entry 0, entry 0 is an array of texts and a list is asked for" in result.message


def test_two_texts_that_look_the_same_are_shown_apart():
    unsorted = lambda *given: (answers.split(*given)[0][::-1], answers.split(*given)[1])  # noqa: E731
    cases = [case for case in real_data.split.cases if case[0] == [["\u00e9", "e\u0301"]]]
    check = dataclasses.replace(real_data.split, cases=cases)
    assert r"split([['\xe9', 'e\u0301']]" in check.run(unsorted).message
