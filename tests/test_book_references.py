"""The bibliography: each entry complete, at one with itself and cited; each source listed.

What a second source says cannot be asked without a network. These tests hold what can be held
here: fields, links, arithmetic (an arXiv id has a year in it, so has a conference's number), and
that each entry says what it was compared on.
"""

from __future__ import annotations

import calendar
import doctest
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

database = pytest.importorskip("pybtex.database")

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "book"
TEXT = (BOOK / "references.bib").read_text(encoding="utf-8")
ENTRIES = database.parse_string(TEXT, "bibtex").entries
KEYS = list(ENTRIES)

REQUIRED = {
    "article": {"title", "journal", "year"},
    "inproceedings": {"title", "booktitle", "year"},
    "incollection": {"title", "booktitle", "publisher", "pages", "year"},
    "book": {"title", "publisher", "year"},
    "techreport": {"title", "institution", "year"},
    "manual": {"title", "organization", "year"},
    "misc": {"title", "howpublished", "year"},  # howpublished: where, as "arXiv:1607.06450"
}

# A number that a venue gives each year, less the year in which it would have been 0.
COUNTED = {
    r"Advances in Neural Information Processing Systems$": ("volume", 1987),
    r"Proceedings of Machine Learning and Systems$": ("volume", 2018),
    r"Transactions of the Association for Computational Linguistics$": ("volume", 2012),
    r"Proceedings of the (\d+)\w\w International Conference on Machine Learning$": ("title", 1983),
    r"Proceedings of the (\d+)\w\w Annual Meeting of the Association for Comp": ("title", 1962),
    r"Proceedings of the (\d{4}) Conference": ("title", 0),
    r"Findings .*: EMNLP (\d{4})$": ("title", 0),
}
# Volumes of the Proceedings of Machine Learning Research and the conference's year.
PMLR = {28: 2013, 97: 2019, 119: 2020, 139: 2021, 202: 2023, 235: 2024}

MONTHS = set(calendar.month_name)


def fold(text: str) -> str:
    """Return ``text`` in lower case, without accents, braces, TeX or anything but a-z and 0-9.

    >>> fold(r'H{\\"a}gele'), fold("{LLM.int8()}: 8-bit")
    ('hagele', 'llmint88bit')
    """
    text = re.sub(r"\\[a-zA-Z]+(?![a-zA-Z])|[{}\\\"'`~^]", "", text)
    text = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[^a-z0-9]", "", text)


def surnames(entry: object) -> list[str]:
    """Return the folded family names of an entry's authors, particles such as *van* left out."""
    return [fold(" ".join(person.last_names)) for person in entry.persons["author"]]


def year(entry: object) -> int:
    """Return an entry's year."""
    return int(entry.fields["year"])


def arxiv(entry: object) -> str | None:
    """Return the arXiv id in an entry's address, or None."""
    found = re.fullmatch(r"https://arxiv\.org/abs/(\d{4}\.\d{4,5})", entry.fields.get("url", ""))
    return found[1] if found else None


def remarks() -> dict[str, str]:
    """Return the comment above each entry, as one line."""
    found = re.findall(r"((?:^%.*\n)*)^@\w+\{(\w+),", TEXT, re.M)
    return {key: " ".join(re.sub(r"^% *", "", above, flags=re.M).split()) for above, key in found}


# --- each entry is complete


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_has_the_fields_of_its_type(key):
    entry = ENTRIES[key]
    assert set(entry.fields) >= REQUIRED[entry.type]
    assert entry.persons.get("author"), "no author"
    assert all(surnames(entry)), "an author without a name"
    assert all(value.strip() for value in entry.fields.values())
    assert 1800 < year(entry) < 2100


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_has_a_link(key):
    fields = ENTRIES[key].fields
    if "no link:" in remarks()[key]:
        assert not {"doi", "url"} & set(fields)
        return
    assert "doi" in fields or "url" in fields
    if "doi" in fields:
        assert re.fullmatch(r"10\.\d{4,5}/[^\s{}]+", fields["doi"])
    if "url" in fields:
        assert re.fullmatch(r"https://[\w.-]+\.[a-z]{2,}(/[^\s{}]*)?", fields["url"])
        assert "doi.org" not in fields["url"], "a DOI goes into its own field"
        assert "arxiv" not in fields["url"] or arxiv(ENTRIES[key]), "not the form arxiv.org/abs/ID"


def test_few_entries_have_no_link():
    assert sum("no link:" in remark for remark in remarks().values()) <= 1


def test_each_entry_says_what_agreed_with_a_second_source():
    said = remarks()
    assert set(said) == set(KEYS)
    for key, remark in said.items():
        agreed = re.search(r"agreed: ([^;]+)", remark)
        assert agreed, f"{key} was compared with nothing"
        assert "title" in agreed[1]
        assert re.search(r"\bauthors?\b", agreed[1])
        unseen = re.search(r"not seen: ([^;]+)", remark)
        assert ("year" in agreed[1]) != bool(unseen and "year" in unseen[1]), key


def test_an_author_list_is_cut_above_thirty_names_alone():
    for key, remark in remarks().items():
        count = re.search(r"(\d+) authors", remark)
        cut = "others" in surnames(ENTRIES[key])
        assert cut == bool(count), f"{key}: cut, or its number of authors given, but not both"
        assert not count or int(count[1]) > 30


# --- each entry agrees with itself


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_the_first_author_the_year_and_a_word_of_the_title(key):
    first, when, word = re.fullmatch(r"([a-z]+)(\d{4})([a-z0-9]+)", key).groups()
    entry = ENTRIES[key]
    name = surnames(entry)[0]
    assert name.endswith(first) or first in name  # "unicode" of The Unicode Consortium
    assert int(when) == year(entry)
    assert word in fold(entry.fields["title"])


@pytest.mark.parametrize("key", [key for key in KEYS if arxiv(ENTRIES[key])])
def test_an_arxiv_id_fits_the_year(key):
    entry, name = ENTRIES[key], arxiv(ENTRIES[key])
    made, month = 2000 + int(name[:2]), int(name[2:4])
    assert 1 <= month <= 12
    assert len(name) == (10 if made >= 2015 else 9), "ids have five digits since 2015"
    if entry.type == "misc" and entry.fields["howpublished"].startswith("arXiv"):
        assert entry.fields["howpublished"] == f"arXiv:{name}"
        assert made == year(entry)
    else:
        assert 0 <= year(entry) - made <= 3, "published before, or long after, the preprint"


@pytest.mark.parametrize("key", KEYS)
def test_a_venues_number_fits_the_year(key):
    fields = ENTRIES[key].fields
    venue = fields.get("booktitle", fields.get("journal", ""))
    for pattern, (where, zero) in COUNTED.items():
        if found := re.match(pattern, venue):
            number = int(found[1] if where == "title" else fields["volume"])
            assert number == year(ENTRIES[key]) - zero
    if fields.get("series") == "Proceedings of Machine Learning Research":
        assert PMLR[int(fields["volume"])] == year(ENTRIES[key])
    # The Association for Computational Linguistics has the year in its DOIs.
    if found := re.fullmatch(r"10\.18653/v1/(?:[A-Z](\d\d)-|(\d{4})\.)\S+", fields.get("doi", "")):
        assert int(found[2] or 2000 + int(found[1])) == year(ENTRIES[key])


@pytest.mark.parametrize("key", [key for key in KEYS if "pages" in ENTRIES[key].fields])
def test_pages_rise(key):
    pages = ENTRIES[key].fields["pages"]
    if re.fullmatch(r"S?\d+", pages):
        return  # one page, or an article's number
    first, last = re.fullmatch(r"(\d+)--(\d+)", pages).groups()
    assert int(first) < int(last) < int(first) + 200


def test_no_work_is_listed_twice():
    for field in ("title", "doi", "url"):
        given = Counter(fold(e.fields[field]) for e in ENTRIES.values() if field in e.fields)
        assert not [value for value, count in given.items() if count > 1], field
    # one id under two addresses: in a DOI and in an address
    ids = Counter(filter(None, map(arxiv, ENTRIES.values())))
    assert max(ids.values()) == 1


# --- each entry is cited, each citation has an entry


def cited_by_key() -> set[str]:
    """Return the keys that chapters, pages and exercises cite."""
    places = [*BOOK.glob("**/*.md"), *BOOK.glob("chapters/*.ipynb"), *ROOT.glob("*/*.ipynb")]
    found = set()
    for place in places:
        if "_build" not in place.parts:
            text = place.read_text(encoding="utf-8")
            for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", text):
                found |= {key.strip() for key in keys.split(",")}
    return found


# "Keskar et al., 2019", "Howard and Ruder 2018", "Shazeer 2020", "Page (1977)"
NAMED = re.compile(
    r"\b([A-ZÄÖÜ][\w-]+)(?:,? et al\.?| and ([A-ZÄÖÜ][\w-]+))?,? ?\(?((?:18|19|20)\d\d)\b(?![-.]\d)"
)


def cited_by_name(text: str) -> set[tuple[str, int]]:
    """Return the authors (folded; the last, where two are named) and years that ``text`` names.

    >>> sorted(cited_by_name("See Fan et al., 2018; Howard and Ruder 2018. May 2020"))
    [('fan', 2018), ('ruder', 2018)]
    """
    return {
        (fold(second or first), int(when))
        for first, second, when in NAMED.findall(text)
        if first not in MONTHS
    }


def docstrings() -> dict[Path, str]:
    """Return the text of each module, its lines and comment signs joined, by path."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.js")]
    assert len(files) > 100
    return {
        path: re.sub(r"\s*\n\s*(?:#|//|\*)?\s*", " ", path.read_text(encoding="utf-8"))
        for path in files
    }


def known() -> dict[tuple[str, int], set[str]]:
    """Return the keys for each pair of an author and the entry's year or that of its preprint."""
    found: dict[tuple[str, int], set[str]] = {}
    for key, entry in ENTRIES.items():
        years = {year(entry)}
        if name := arxiv(entry):
            years.add(2000 + int(name[:2]))
        last = [fold(" ".join(p.last_names).split()[-1]) for p in entry.persons["author"]]
        for author in {*surnames(entry), *last}:
            for when in years:
                found.setdefault((author, when), set()).add(key)
    return found


def test_every_citation_by_key_has_an_entry():
    cited = cited_by_key()
    assert len(cited) > 100
    assert cited <= set(KEYS)


def test_every_source_that_a_docstring_names_has_an_entry():
    entries = known()
    missing = {
        f"{path.relative_to(ROOT)}: {author} {when}"
        for path, text in docstrings().items()
        for author, when in cited_by_name(text)
        if (author, when) not in entries
    }
    assert not missing, "add these to book/references.bib, or write what is no source otherwise"


def test_every_arxiv_id_in_a_docstring_is_that_of_an_entry():
    ids = {arxiv(entry) for entry in ENTRIES.values()}
    found = {
        name
        for text in docstrings().values()
        for name in re.findall(r"(?:arXiv:|arxiv\.org/abs/)(\d{4}\.\d{4,5})", text)
    }
    assert len(found) >= 5
    by_doi = {"1805.04833"}  # Fan et al. 2018, listed by the DOI of its publisher
    assert found - by_doi <= ids


def test_every_entry_is_cited():
    entries, cited = known(), cited_by_key()
    for text in docstrings().values():
        for name in cited_by_name(text):
            cited |= entries.get(name, set())
    assert set(KEYS) <= cited, "in the list, and named nowhere"


# --- the tests can fail


@pytest.mark.parametrize(
    ("old", "new", "test"),
    [
        ("{arXiv:1607.06450}", "{arXiv:1607.06451}", test_an_arxiv_id_fits_the_year),
        ("abs/1607.06450", "abs/1613.06450", test_an_arxiv_id_fits_the_year),
        ("volume    = {30}", "volume    = {31}", test_a_venues_number_fits_the_year),
        ("{5998--6008}", "{5998--5008}", test_pages_rise),
        ("https://arxiv.org/abs/1706.03762", "arxiv.org/1706.03762", test_an_entry_has_a_link),
        ("{OpenAI}", "{}", test_an_entry_has_the_fields_of_its_type),
    ],
)
def test_a_slip_is_found(old, new, test, monkeypatch):
    slipped = TEXT.replace(old, new)
    assert slipped != TEXT
    entries = database.parse_string(slipped, "bibtex").entries
    changed = [key for key in KEYS if entries[key] != ENTRIES[key]]
    assert changed
    monkeypatch.setitem(globals(), "ENTRIES", entries)
    for key in changed:
        with pytest.raises((AssertionError, AttributeError)):
            test(key)


def test_a_source_without_an_entry_is_found(monkeypatch):
    fewer = {key: entry for key, entry in ENTRIES.items() if key != "witten1991zero"}
    monkeypatch.setitem(globals(), "ENTRIES", fewer)
    with pytest.raises(AssertionError, match="bell 1991"):
        test_every_source_that_a_docstring_names_has_an_entry()


def test_examples():
    results = doctest.testmod(sys.modules[__name__])
    assert results.attempted
    assert not results.failed
