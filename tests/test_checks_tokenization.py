"""The checks of chapter 01: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import collections
import functools
import itertools
import operator
import re
from collections import Counter, defaultdict

import pytest

from tinytx.checks import tokenization
from tinytx.checks.playground import MergePlayer, visible
from tinytx.checks.playground import merges as playground
from tinytx.tokenizers import merge_pair as package_merge_pair

CHECKS = tokenization.chapter.checks
MISTAKES = [(check, mistake) for check in CHECKS.values() for mistake in check.mistakes]
EACH_MISTAKE = pytest.mark.parametrize(
    ("check", "mistake"), MISTAKES, ids=[f"{c.name}-{m.name}" for c, m in MISTAKES]
)
EACH_CHECK = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def decode_bytearray(ids, vocab):
    data = bytearray()
    for i in ids:
        data.extend(vocab[i])
    return data.decode(errors="replace")


def decode_sum(ids, vocab):
    return str(functools.reduce(operator.add, (vocab[i] for i in ids), b""), "utf-8", "replace")


def count_counter(ids):
    return Counter(itertools.pairwise(ids))


def count_default(ids):
    counts = defaultdict(int)
    for i in range(1, len(ids)):
        counts[ids[i - 1], ids[i]] += 1
    return counts


def count_dict(ids):
    pairs = list(itertools.pairwise(ids))
    return {pair: pairs.count(pair) for pair in set(pairs)}


def merge_with_pops(ids, pair, new_id):
    rest = collections.deque(ids)
    out = []
    while rest:
        token = rest.popleft()
        if rest and (token, rest[0]) == pair:
            rest.popleft()
            token = new_id
        out.append(token)
    return out


def merge_looking_back(ids, pair, new_id):
    out = []
    for token in ids:
        if out and (out[-1], token) == pair:
            out[-1] = new_id
        else:
            out.append(token)
    return out


def merge_by_regex(ids, pair, new_id):
    text = "".join(map(chr, ids))
    found = re.escape(chr(pair[0])) + re.escape(chr(pair[1]))
    return [ord(c) for c in re.sub(found, chr(new_id), text)]


def split_by_finditer(text, specials):
    pattern = "|".join(re.escape(s) for s in sorted(specials, key=lambda s: (-len(s), s)))
    out, at = [], 0
    for found in re.finditer(pattern, text):
        out += [text[at : found.start()], found.group()]
        at = found.end()
    return [piece for piece in [*out, text[at:]] if piece]


def split_by_scanning(text, specials):
    out, plain, at = [], "", 0
    while at < len(text):
        hits = [s for s in specials if text.startswith(s, at)]
        if hits:
            out += [plain, max(hits, key=len)]
            plain, at = "", at + len(out[-1])
        else:
            plain, at = plain + text[at], at + 1
    return [piece for piece in [*out, plain] if piece]


def encode_by_rank(word, merges):
    tokens = [word[i : i + 1] for i in range(len(word))]
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    while len(tokens) > 1:
        at = min(range(len(tokens) - 1), key=lambda i: ranks.get(tuple(tokens[i : i + 2]), 1e9))
        if tuple(tokens[at : at + 2]) not in ranks:
            break
        tokens[at : at + 2] = [tokens[at] + tokens[at + 1]]
    return tokens


def encode_by_replay(word, merges):
    tokens = [bytes([b]) for b in word]
    for a, b in merges:
        tokens = package_merge_pair(tokens, (a, b), a + b)
    return tokens


def _train(words, n_merges, choose):
    split = [([bytes([b]) for b in word], times) for word, times in words.items()]
    merges = []
    for _ in range(n_merges):
        counts = Counter()
        for tokens, times in split:
            for pair in itertools.pairwise(tokens):
                counts[pair] += times
        if not counts:
            break
        a, b = choose(counts)
        merges.append((a, b))
        split = [(package_merge_pair(tokens, (a, b), a + b), times) for tokens, times in split]
    return merges


def train_by_max(words, n_merges):
    return _train(words, n_merges, lambda c: max(c, key=lambda pair: (c[pair], pair)))


def train_by_sort(words, n_merges):
    return _train(words, n_merges, lambda c: sorted((n, pair) for pair, n in c.items())[-1][1])


RIGHT = {
    "decode": [decode_bytearray, decode_sum],
    "count_pairs": [count_counter, count_default, count_dict],
    "merge_pair": [merge_with_pops, merge_looking_back, merge_by_regex],
    "split_special": [split_by_finditer, split_by_scanning],
    "encode_word": [encode_by_rank, encode_by_replay],
    "train_bpe": [train_by_max, train_by_sort],
}


@EACH_CHECK
def test_the_reference_and_other_designs_pass(check):
    assert len(RIGHT[check.name]) >= 2
    for fn in (check.reference, *RIGHT[check.name]):
        result = check.run(fn)
        assert result.status == "ok", f"{fn.__name__}: {result}"


@EACH_CHECK
def test_there_are_at_least_six_mistakes_with_names_of_their_own(check):
    names = [mistake.name for mistake in check.mistakes]
    assert len(names) >= 6
    assert len(set(names)) == len(names)


@EACH_MISTAKE
def test_every_mistake_is_refused_and_named(check, mistake):
    result = check.run(mistake.wrong)
    assert result.status == "wrong"
    assert result.mistake == mistake.name
    assert mistake.name in str(result).splitlines()[0]


@EACH_CHECK
def test_no_two_mistakes_coincide(check):
    for (i, a), (j, b) in itertools.combinations(enumerate(check.catalogue), 2):
        assert not check.agree(a, b, inputs=True), (check.mistakes[i].name, check.mistakes[j].name)


def given_away(check, fn):
    """Return the answers that the verdict on ``fn`` holds, of all cases, shown or not.

    What the function itself gave, and what stands in the input, is no secret.
    """
    text = " ".join(str(check.run(fn)).split())
    own = [repr(got.value) for got in check._outcomes(fn)]
    answers = [repr(want.value) for want in check.expected if want.value]
    public = [*own, *(check.show(i) for i in range(len(check.cases)))]
    secret = [a for a in answers if not any(a in shown for shown in public)]
    return [answer for answer in secret if " ".join(answer.split()) in text]


@EACH_MISTAKE
def test_no_verdict_holds_the_answer(check, mistake):
    assert given_away(check, mistake.wrong) == []


@EACH_CHECK
def test_a_verdict_that_told_the_answer_would_be_noticed(check, monkeypatch):
    tells = lambda value, model: f"it should be {model!r}"  # noqa: E731
    monkeypatch.setattr("tinytx.checks.verdict.difference", tells)
    assert any(given_away(check, mistake.wrong) for mistake in check.mistakes)


WRONG_BUT_UNKNOWN = {
    "decode": [lambda ids, vocab: "x", lambda ids, vocab: decode_sum(ids, vocab).upper()],
    "count_pairs": [lambda ids: {}, lambda ids: {p: 3 * n for p, n in count_counter(ids).items()}],
    "merge_pair": [
        lambda ids, pair, new_id: [],
        lambda ids, pair, new_id: merge_with_pops(ids, pair, new_id)[::-1],
    ],
    "split_special": [
        lambda text, specials: [text],
        lambda text, specials: split_by_finditer(text, specials)[::-1],
    ],
    "encode_word": [
        lambda word, merges: [word],
        lambda word, merges: encode_by_rank(word[::-1], merges),
    ],
    "train_bpe": [
        lambda words, n: [],
        lambda words, n: train_by_max(words, n)[::-1],
        lambda words, n: train_by_max(words, n + 1),
    ],
}


@EACH_CHECK
def test_other_wrong_answers_are_refused_and_not_named(check):
    for fn in WRONG_BUT_UNKNOWN[check.name]:
        result = check.run(fn)
        assert (result.status, result.mistake) == ("wrong", ""), str(result)
        assert result.stage in {"properties", "values"}
        assert given_away(check, fn) == []


@EACH_CHECK
def test_every_property_holds_for_the_right_answer_and_bites(check):
    """A property that no mistake of the catalogue breaks would be no check."""
    for held in check.properties:
        for want, args in zip(check.expected, check.cases, strict=True):
            assert held.test(want.value, *args), (held.says, args)
        assert any(
            got.error == "" and not _holds(held, got.value, args)
            for outcomes in check.catalogue
            for got, args in zip(outcomes, check.cases, strict=False)
        ) or any(
            not _holds(held, fn(*args), args)
            for fn in WRONG_BUT_UNKNOWN[check.name]
            for args in check.cases
        ), held.says


def _holds(held, value, args):
    try:
        return held.test(value, *args)
    except Exception:
        return False


def test_a_default_that_keeps_counting_is_told():
    def keeps(ids, counts={}):  # noqa: B006  (the mistake itself)
        for pair in itertools.pairwise(ids):
            counts[pair] = counts.get(pair, 0) + 1
        return dict(counts)

    assert tokenization.count_pairs.run(keeps).stage == "repeat"


def test_results_hold_what_was_called(capsys):
    tokenization.count_pairs(count_counter)
    assert tokenization.results()["count_pairs"].status == "ok"
    assert capsys.readouterr().out.startswith("[ok] count_pairs: ")


def test_two_hundred_notebooks_are_graded_offline():
    right = {name: fns[0] for name, fns in RIGHT.items()}
    grades = [
        tokenization.chapter.grade({**right, "decode": ..., "encode_word": lambda w, m: None})
        for _ in range(200)
    ]
    assert {(grade.points, grade.total) for grade in grades} == {(4, 6)}


def test_playground_steps_through_the_merges_of_the_text():
    player = MergePlayer(count_counter, merge_with_pops, "abab ab")
    assert [len(step.ids) for step in player.steps] == [7, 4]
    assert player.steps[0].best == (97, 98)
    assert player.steps[-1].best is None
    assert "<b>4</b> tokens, vocabulary of <b>257</b>" in player.show(1)


def test_playground_shows_text_as_text():
    page = MergePlayer(count_counter, merge_with_pops, "<img src=x onerror=alert(1)>").show(0)
    assert "<img" not in page
    assert "&lt;" in page
    assert visible("é".encode()) == "é"


def test_playground_reports_a_function_that_fails():
    def fails(ids):
        raise KeyError("<b>")

    assert "fails raised KeyError: &#x27;&lt;b&gt;&#x27;" in MergePlayer(
        fails, merge_with_pops, "ab"
    ).show(0)


def test_playground_shows_nothing_until_solved(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    playground(..., ..., "text")
    playground(lambda ids: {}, merge_with_pops, "text")
    assert shown == []
    playground(count_counter, merge_with_pops, "the cat in the hat")
    assert len(shown) == 1
    assert capsys.readouterr().out == ""
    field, slider, page = shown[0].children
    assert slider.max > 2
    before = page.value
    slider.value = 2
    assert page.value != before
    field.value = "xx"
    assert "<b>2</b> tokens" in page.value


def test_playground_refuses_a_long_text():
    with pytest.raises(ValueError, match=r"^text has 401 characters, at most 400: take a shorter"):
        playground(..., ..., "x" * 401)
