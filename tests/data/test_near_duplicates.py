"""MinHash and its bands: against the exact similarity, and against the library that is used."""

from __future__ import annotations

import math

import numpy as np
import pytest
from datasketch import MinHash as Library
from datasketch import MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from tinytx.data.cleaning import (
    MinHash,
    candidates,
    chance_found,
    estimate,
    exact_duplicates,
    jaccard,
    near_duplicates,
    pages,
    shingles,
    standard_error,
    threshold,
)
from tinytx.data.cleaning.duplicates import groups


def two_sets(both: int, alone: int) -> tuple[set[str], set[str]]:
    """Return two sets of which ``both`` elements are shared and each has ``alone`` of its own."""
    shared = {f"shared {i}" for i in range(both)}
    return shared | {f"a {i}" for i in range(alone)}, shared | {f"b {i}" for i in range(alone)}


def test_shingles_are_neighbouring_words():
    assert shingles("The fox. The fox sang!", 2) == {"the fox", "fox the", "fox sang"}
    assert shingles("Hello", 3) == {"hello"}
    assert shingles("...") == set()
    with pytest.raises(ValueError, match="n is 0"):
        shingles("a", 0)
    assert (jaccard(set(), {"one"}), jaccard(set(), set())) == (0, 1)


@pytest.mark.parametrize(("both", "alone"), [(20, 40), (100, 50), (180, 10), (0, 50), (50, 0)])
def test_the_estimate_is_right_on_average_and_off_by_its_standard_error(both, alone):
    a, b = two_sets(both, alone)
    j, k, seeds = jaccard(a, b), 64, 300
    assert j == both / max(1, both + 2 * alone)
    found = [estimate(*(MinHash(k, seed).sign(x) for x in (a, b))) for seed in range(seeds)]
    error = standard_error(j, k)
    assert np.mean(found) == pytest.approx(j, abs=4 * error / math.sqrt(seeds) + 1e-12)
    assert np.std(found) == pytest.approx(error, rel=0.2)


def test_four_times_as_many_functions_halve_the_error():
    a, b = two_sets(100, 50)
    spread = [
        np.std([estimate(MinHash(k, s).sign(a), MinHash(k, s).sign(b)) for s in range(300)])
        for k in (32, 128)
    ]
    assert spread[0] / spread[1] == pytest.approx(2, rel=0.2)


@pytest.fixture(scope="module")
def found():
    """Return shingles and signatures of the stories among the pages."""
    sets = [shingles(page.text) for page in pages(seed=0) if page.group is not None]
    hashes = MinHash(k=128, seed=0)
    return sets, np.stack([hashes.sign(one) for one in sets])


def of_library(hashvalues) -> Library:
    values = hashvalues.astype(np.uint64)
    return Library(num_perm=len(values), hashvalues=values, scheme="affine32")


def test_the_library_computes_the_same_from_our_signatures(found):
    """Its similarity of two signatures, and its pairs with bands of the same size."""
    _, signatures = found
    bands = 32
    index = MinHashLSH(num_perm=128, params=(bands, 128 // bands))
    theirs = [of_library(row) for row in signatures]
    for i, one in enumerate(theirs):
        index.insert(i, one)
    pairs = {(min(i, j), max(i, j)) for i, one in enumerate(theirs) for j in index.query(one)}
    assert {(i, j) for i, j in pairs if i != j} == candidates(signatures, bands)
    assert estimate(signatures[0], signatures[1]) == theirs[0].jaccard(theirs[1])


def test_the_librarys_own_signatures_estimate_as_well(found):
    """Both differ from the exact similarity, and neither by more than the other."""
    sets, signatures = found
    theirs = []
    for one in sets:
        library = Library(num_perm=128, seed=1)
        library.update_batch([shingle.encode() for shingle in one])
        theirs.append(library)
    ours, others = [], []
    for i in range(len(sets)):
        for j in range(i):
            exact = jaccard(sets[i], sets[j])
            ours.append(estimate(signatures[i], signatures[j]) - exact)
            others.append(theirs[i].jaccard(theirs[j]) - exact)
    assert np.std(ours) == pytest.approx(np.std(others), rel=0.25)
    assert abs(np.mean(ours)) < 0.005


@pytest.mark.parametrize(("bands", "rows"), [(32, 4), (16, 8), (4, 4)])
def test_a_pair_is_found_as_often_as_the_curve_says(bands, rows):
    a, b = two_sets(100, 50)  # similarity 1/2
    times = 400
    met = 0
    for seed in range(times):
        hashes = MinHash(bands * rows, seed)
        met += bool(candidates(np.stack([hashes.sign(a), hashes.sign(b)]), bands))
    expected = chance_found(0.5, bands, rows)
    spread = math.sqrt(expected * (1 - expected) / times)
    assert met / times == pytest.approx(expected, abs=4 * spread)


def test_the_curve_rises_from_nothing_to_certainty_around_its_threshold():
    s = np.linspace(0, 1, 101)
    curve = chance_found(s, 20, 5)
    assert curve[0] == 0
    assert curve[-1] == 1
    assert (np.diff(curve) >= 0).all()
    assert chance_found(threshold(20, 5), 20, 5) == pytest.approx(1 - (1 - 1 / 20) ** 20)


def test_bands_must_divide_the_signature():
    for bands in (5, 0, -1, 2.0, None):
        with pytest.raises(ValueError, match=f"bands is {bands} and must divide the 8 numbers"):
            candidates(np.zeros((2, 8), np.uint32), bands)
    with pytest.raises(ValueError, match="sign both"):
        estimate(np.zeros(4), np.zeros(5))
    with pytest.raises(ValueError, match="k is 0"):
        MinHash(0)
    with pytest.raises(ValueError, match="no words"):
        MinHash(4).sign(set())


def test_exact_copies_are_found_whatever_the_gaps():
    assert exact_duplicates(["a b\n", "b a", " a  b", "a b"]) == {2: 0, 3: 0}
    assert exact_duplicates([]) == {}


def test_words_of_a_shingle_and_the_limit_are_those_that_were_asked_for():
    text = "a fox lived in a den by the old mill"
    turned = [text, " ".join(reversed(text.split()))]
    assert near_duplicates(turned, limit=1.0, n=1) == {1: 0}  # the same words
    assert near_duplicates(turned) == {}  # in another order


def test_near_copies_in_a_chain_are_one_group():
    words = [f"word{i}" for i in range(60)]
    chain = [" ".join(words[i : i + 40]) for i in (0, 3, 6)]
    assert near_duplicates(chain, limit=0.7, n=1) == {1: 0, 2: 0}
    ends = [set(text.split()) for text in (chain[0], chain[2])]
    assert jaccard(*ends) < 0.75 < jaccard(ends[0], set(chain[1].split()))


@given(st.integers(1, 12), st.data())
@settings(max_examples=60)
def test_groups_are_the_connected_parts(n, data):
    place = st.integers(0, n - 1)
    pairs = data.draw(st.lists(st.tuples(place, place), max_size=12))
    reach = np.eye(n, dtype=bool)
    for i, j in pairs:
        reach[i, j] = reach[j, i] = True
    for _ in range(n):
        reach = reach @ reach
    firsts = reach.argmax(axis=1)
    assert groups(n, pairs) == {i: int(first) for i, first in enumerate(firsts) if first != i}


def test_a_text_is_no_set_of_shingles():
    text = "one day a fox sang"
    for wrong in (
        lambda: MinHash(4).sign(text),
        lambda: jaccard(text, {"one day"}),
        lambda: jaccard({"one day"}, text),
    ):
        with pytest.raises(ValueError, match=r"must be a list of texts: give shingles\(text\)$"):
            wrong()


def test_no_texts_have_no_copies_and_those_that_come_one_by_one_are_read_once():
    assert near_duplicates([]) == near_duplicates(iter([])) == {}
    texts = ["a fox lived in a den by the old mill", "an owl was there", "an owl was there"]
    assert near_duplicates(iter(texts)) == near_duplicates(texts) == {2: 1}


def test_an_error_has_a_similarity_and_functions():
    assert estimate([1, 2], [1, 3]) == 0.5
    assert standard_error(0.0, 1) == standard_error(1.0, 1) == 0
    with pytest.raises(ValueError, match=r"^j is 1\.2 and must be"):
        standard_error(1.2, 10)
    with pytest.raises(ValueError, match=r"^k is 0 and must be an integer"):
        standard_error(0.5, 0)
