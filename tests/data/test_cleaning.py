"""Cleaning: rules that name their reason, and pages of which everything is known."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tinytx.data import tales
from tinytx.data.cleaning import (
    RULES,
    clean,
    exact_duplicates,
    guess_language,
    jaccard,
    language_scores,
    measures,
    near_duplicates,
    pages,
    reasons,
    score,
    scripts,
    sentence_lines,
    shingles,
    to_throw,
)
from tinytx.data.cleaning.foreign import FOREIGN
from tinytx.data.cleaning.language import trigrams
from tinytx.recipes import likeness

STORY = tales.stories(1, seed=5)[0]
WORDS = ["the", "cat", "and", "that", "dog", "have", "to", "be", "with", "of"]


def prose(n: int) -> str:
    """Return n different words in sentences of nine."""
    found = [WORDS[i] if i < len(WORDS) else f"w{'abcdefghij'[i % 10]}{i}" for i in range(n)]
    return " ".join(word + "." * (i % 9 == 8) for i, word in enumerate(found))


def test_good_stories_break_no_rule():
    broken = {i: reasons(text) for i, text in enumerate(tales.stories(200, seed=7))}
    assert not {i: found for i, found in broken.items() if found}


CASES = {
    "too few words": prose(49),
    "too many words": prose(100_001),
    "length of words": " ".join(["on"] * 20) + " a b c " + STORY.replace(" ", " a "),
    "words with letters": STORY + " 12" * 60,
    "symbols": STORY + " #story" * 40,
    "stop words": re.sub(r"(?i)\b(the|be|to|of|and|that|have|with)\b", "so", STORY),
    "bullets": "\n".join("- " + part for part in re.split(r"(?<=\.)\s", STORY)),
    "ellipses": "\n".join([STORY, "one ...", "two …", "three …", "four..."]),
    "repeated lines": STORY + "\nYes.\nYes.\nYes.\nYes.",
    "text in repeated lines": STORY + "\n" + STORY,
    "repeated paragraphs": f"{STORY}\n\nYes.\n\nYes.\n\nYes.",
    "text in repeated paragraphs": f"{STORY}\n\n{STORY}\n\nNo.",
    "commonest 2 words": STORY + " cheapest umbrellas" * 20,
    "repeated 10 words": " ".join([STORY, STORY[:300]]),
    "too few sentences": STORY.replace(".", ",").replace("!", ",").replace("?", ","),
    "placeholder text": STORY + " Lorem ipsum dolor.",
    "curly brackets": STORY + " function() { return 1; }",
}


@pytest.mark.parametrize(("rule", "text"), CASES.items(), ids=CASES)
def test_each_rule_names_what_is_wrong(rule, text):
    (found,) = reasons(text, [one for one in RULES if one.name == rule])
    assert found.rule == rule
    assert not found.low <= found.value <= found.high


def test_hashes_and_ellipses_are_limited_apart():
    rule = [one for one in RULES if one.name == "symbols"]
    assert not reasons(prose(92) + " #" * 4 + " ..." * 2 + " …" * 2, rule)
    assert not reasons(prose(90) + " #" * 5 + " ..." * 5, rule)
    assert reasons(prose(88) + " #" * 12, rule)
    assert reasons(prose(88) + " ..." * 6 + " …" * 6, rule)


def test_limits_are_included_and_one_beyond_is_not():
    few, many = (rule for rule in RULES if rule.name in ("too few words", "too many words"))
    assert [len(reasons(prose(n), [few, many])) for n in (49, 50, 100_000, 100_001)] == [1, 0, 0, 1]


def test_every_rule_has_a_case_and_n_grams_have_the_published_limits():
    names = {rule.name for rule in RULES}
    families = {name for name in names if re.fullmatch(r"(commonest|repeated) \d+ words", name)}
    assert names - families == {name for name in CASES if name not in families}
    assert {rule.high for rule in RULES if rule.name in families and "repeated" in rule.name} == {
        0.15, 0.14, 0.13, 0.12, 0.11, 0.10,
    }  # fmt: skip
    assert [rule.high for rule in RULES if "commonest" in rule.name] == [0.20, 0.18, 0.16]


def test_a_reason_says_value_and_limit():
    assert str(reasons("Home")[0]) == "too few words: 1, kept is at least 50"
    assert "kept is at most 0.1" in str(reasons(STORY + "#" * 300)[0])


def test_an_empty_page_is_thrown_away_without_an_error():
    assert "too few words" in {reason.rule for reason in reasons("")}
    assert set(clean(["", " \n", "1 2 3"])) == {0, 1, 2}
    assert clean(["", "?!"], language=None, rules=()) == {0: "no words", 1: "no words"}
    assert [why[:13] for why in clean(["a", "b"], rules=iter(RULES)).values()] == [
        "too few words"
    ] * 2


def test_the_first_reason_is_given_and_copies_by_the_place_of_the_first():
    found = clean(["", STORY, STORY, "Oh! " + STORY], language=None, rules=())
    assert found == {0: "no words", 2: "copy of 1", 3: "nearly 1"}
    nearly = [STORY, STORY[len(STORY) // 10 :]]
    assert clean(nearly, language=None, rules=()) == {1: "nearly 0"}
    assert clean(nearly, language=None, rules=(), limit=1.0) == {}
    assert list(clean([STORY, STORY, ""], language=None, rules=())) == [1, 2]


def test_measures_count_what_they_say():
    assert measures.lines(" a \n\n \nb\n") == ["a", "b"]
    assert measures.paragraphs("a\nb\n \nc\n\n\nd") == ["a\nb", "c", "d"]
    assert measures.symbols_per_word("# a... b…") == 2 / 3  # the two ellipses; `#` apart
    assert measures.stop_words("“The end, OF the fox!” With, that") == 4
    assert measures.mean_word_length("ab  cdef\n") == 3
    assert measures.share_of_bullets("• a\n● b\n- c\n * d\n‣ e\nf") == pytest.approx(5 / 6)
    assert measures.repeated_characters(["aaaa", "b", "b"]) == pytest.approx(1 / 6)
    assert measures.commonest_ngram("used once", 2) == 0


def test_repeated_ngrams_count_a_character_once():
    text = "a b c d e a b c d e a b c d e"  # the second and the third round were there before
    assert measures.repeated_ngrams(text, 5) == pytest.approx(10 / 15)
    assert measures.repeated_ngrams("a b c d e f", 5) == 0
    assert measures.commonest_ngram("", 2) == measures.repeated_ngrams("", 5) == 0


def test_menus_go_and_sentences_stay():
    page = "Home\nNews and more of it all\n" + STORY + "\nRead more"
    assert sentence_lines(page) == STORY
    kept = "One two three four five! \n“Come in and have a seat.”"
    assert sentence_lines("One two three four.\n" + kept) == kept


def test_a_language_is_guessed_by_a_paragraph():
    assert {name: guess_language(text) for name, text in FOREIGN.items()} == {
        name: name for name in FOREIGN
    }
    assert {guess_language(text) for text in tales.stories(100, seed=3)} == {"English"}


def shares_right(n):
    """Return the share of pieces of n words whose language is guessed."""
    texts = [*FOREIGN.items(), *(("English", text) for text in tales.stories(5, seed=3))]
    right = Counter()
    for name, text in texts:
        parts = text.split()
        for i in range(0, len(parts) - n, n):
            right[guess_language(" ".join(parts[i : i + n])) == name] += 1
    return right[True] / right.total()


def test_short_texts_are_guessed_badly_as_the_page_says():
    assert shares_right(40) == 1
    assert 0.94 < shares_right(20) < 1
    assert 0.55 < shares_right(3) < 0.75


def test_a_language_that_was_never_read_is_called_another():
    dutch = "Er was eens een meisje dat met haar vader in een klein huis aan de rand van het bos"
    assert guess_language(dutch) == "German"


def test_alphabets():
    assert next(iter(scripts(FOREIGN["Russian"]))) == "CYRILLIC"
    assert scripts("1 2") == {}
    assert set(trigrams("e\u0301t")) == {
        " e\u0301",
        "e\u0301t",
        "\u0301t ",
    }  # an accent cuts no word
    assert all(score < 0 for score in language_scores("and").values())  # a probability's log


def test_the_pages_are_a_hundred_of_known_kinds_and_the_same_every_time():
    found = pages(seed=0)
    assert found == pages(seed=0) != pages(seed=1)
    assert Counter(page.kind for page in found) == {
        "story": 60, "near copy": 12, "copy": 6, "table": 5, "foreign": 5,
        "menu": 4, "notice": 4, "advertisement": 4,
    }  # fmt: skip
    assert len(to_throw(found)) == 40
    told = {page.text for page in pages(seed=1) if page.kind == "story"}
    assert told == set(tales.stories(60, seed=1))


def test_near_copies_are_as_alike_as_near_copies_are_and_stories_are_not():
    found = pages(seed=0)
    groups = {}
    for page in found:
        if page.group is not None:
            groups.setdefault(page.group, []).append(shingles(page.text))
    within = [jaccard(*versions) for versions in groups.values() if len(versions) == 2]
    assert len(within) == 18
    assert 0.6 < min(within) < 0.8
    firsts = [versions[0] for versions in groups.values()]
    across = max(jaccard(a, b) for i, a in enumerate(firsts) for b in firsts[:i])
    assert across < 0.3


@pytest.mark.parametrize("seed", range(4))
def test_nothing_good_goes_and_little_bad_stays(seed):
    found = pages(seed)
    result = score(found, clean([page.text for page in found]))
    assert result.precision == 1
    assert result.wronged == {}
    assert result.recall >= 0.95  # what is missed is a near copy below the limit
    assert set(result.missed) <= {"near copy", "story"}


def test_without_a_step_its_kind_stays():
    found = pages(seed=0)
    texts = [page.text for page in found]
    assert score(found, clean(texts, rules=())).missed.keys() >= {"notice", "advertisement"}
    assert sum(score(found, clean(texts, limit=None)).missed.values()) == 12
    foreign = {i for i, page in enumerate(found) if page.kind == "foreign"}
    assert not foreign & set(clean(texts, language=None, rules=()))
    english = {i: why for i, why in clean(texts, rules=()).items() if i in foreign}
    assert sorted(english.values()) == sorted(f"language: {name}" for name in FOREIGN)


def test_a_score_counts_both_kinds_of_mistake():
    found = pages(seed=0)
    story = next(i for i, page in enumerate(found) if page.group is not None)
    group = [i for i, page in enumerate(found) if page.group == found[story].group]
    wrong = score(found, {**to_throw(found), **dict.fromkeys(group, "")})
    assert wrong.precision == pytest.approx(40 / (40 + len(group) - (len(group) - 1)))
    assert sum(wrong.wronged.values()) == 1
    nothing = score(found, {})
    assert nothing.precision == 1
    assert nothing.recall == 0
    assert sum(nothing.missed.values()) == 40
    half = score(found, dict(list(to_throw(found).items())[:20]))
    assert (half.precision, half.recall) == (1, 0.5)


@pytest.mark.parametrize("look", [clean, exact_duplicates, near_duplicates, likeness.score])
def test_a_text_is_no_list_of_texts(look):
    with pytest.raises(ValueError, match=r"^texts is 'a text' and must be a list of texts: give"):
        look("a text")
