"""The check of ``decode(ids, vocab)``: bytes first, then characters."""

from __future__ import annotations

from collections.abc import Callable

from ..check import Check
from ..verdict import Mistake, Property
from .reference import decode as reference

Ids = list[int]
Vocab = dict[int, bytes]

# The ids are not 0, 1, 2, or looking up by position would be right.
CAT: Vocab = {1: b"t", 2: b" ca", 4: b"the"}
SPLIT: Vocab = {1: b" ", 2: b"\xc3", 4: b"\xa9"}
OWL: Vocab = {3: b"\x89\n", 4: b" ", 6: b"\xf0\x9f", 7: b"\xa6"}

CASES = [
    ([], CAT),
    ([1], CAT),
    ([4, 2, 1], CAT),
    ([2, 1, 2, 1], CAT),
    ([2, 4], SPLIT),
    ([1, 2, 4, 1], SPLIT),
    ([4, 1], SPLIT),
    ([2], SPLIT),
    ([4, 6, 7, 3, 4, 6, 7, 3], OWL),
    ([6, 7, 3, 6, 4, 4], OWL),
]


def _join(ids: Ids, vocab: Vocab) -> bytes:
    return b"".join(vocab[i] for i in ids)


def _one_by_one(ids: Ids, vocab: Vocab) -> str:
    return "".join(vocab[i].decode("utf-8", errors="replace") for i in ids)


def _one_by_one_strict(ids: Ids, vocab: Vocab) -> str:
    return "".join(vocab[i].decode("utf-8") for i in ids)


def _one_by_one_ignore(ids: Ids, vocab: Vocab) -> str:
    return "".join(vocab[i].decode("utf-8", errors="ignore") for i in ids)


def _one_by_one_caught(mark: str) -> Callable[[Ids, Vocab], str]:
    """Return a decoder that puts ``mark`` for each token that is not valid on its own."""

    def decode(ids: Ids, vocab: Vocab) -> str:
        text = ""
        for i in ids:
            try:
                text += vocab[i].decode("utf-8")
            except UnicodeDecodeError:
                text += mark
        return text

    return decode


def _all_or_nothing(mark: Callable[[bytes], str]) -> Callable[[Ids, Vocab], str]:
    """Return a decoder that gives up on the whole text when some of it is not valid."""

    def decode(ids: Ids, vocab: Vocab) -> str:
        data = _join(ids, vocab)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return mark(data)

    return decode


def _sorted_set(ids: Ids, vocab: Vocab) -> str:
    return reference(sorted(set(ids)), vocab)


def _each_once(ids: Ids, vocab: Vocab) -> str:
    return reference(list(dict.fromkeys(ids)), vocab)


def _sorted(ids: Ids, vocab: Vocab) -> str:
    return reference(sorted(ids), vocab)


def _strict(ids: Ids, vocab: Vocab) -> str:
    return _join(ids, vocab).decode("utf-8")


def _ignore(ids: Ids, vocab: Vocab) -> str:
    return _join(ids, vocab).decode("utf-8", errors="ignore")


def _latin_1(ids: Ids, vocab: Vocab) -> str:
    return _join(ids, vocab).decode("latin-1")


def _spaces(ids: Ids, vocab: Vocab) -> str:
    return b" ".join(vocab[i] for i in ids).decode("utf-8", errors="replace")


def _shown(ids: Ids, vocab: Vocab) -> str:
    return str(_join(ids, vocab))


def _stripped(ids: Ids, vocab: Vocab) -> str:
    return reference(ids, vocab).strip()


def _by_position(ids: Ids, vocab: Vocab) -> str:
    tokens = list(vocab.values())
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def _renumbered(ids: Ids, vocab: Vocab) -> str:
    return reference(ids, dict(enumerate(vocab.values())))


def _bytes(ids: Ids, vocab: Vocab) -> bytes:
    return _join(ids, vocab)


TOKENS_ARE_NOT_CHARACTERS = (
    "a token may hold part of a character. UTF-8 spells é with two bytes, and the two can fall"
    " into different tokens: on its own, neither is valid."
)

MISTAKES = [
    Mistake(
        "each token is decoded on its own",
        _one_by_one,
        TOKENS_ARE_NOT_CHARACTERS,
        "the order of the two steps, joining and decoding.",
        also=(_one_by_one_caught("\ufffd"), _one_by_one_caught("")),
    ),
    Mistake(
        "each token is decoded on its own, and must be valid",
        _one_by_one_strict,
        TOKENS_ARE_NOT_CHARACTERS,
        "the order of the two steps, joining and decoding.",
    ),
    Mistake(
        "each token is decoded on its own, and partial characters vanish",
        _one_by_one_ignore,
        TOKENS_ARE_NOT_CHARACTERS,
        "the order of the two steps, joining and decoding; then what `errors` does.",
    ),
    Mistake(
        "bytes that are not valid UTF-8 raise an error",
        _strict,
        "a model may stop in the middle of a character, and its output must still be readable.",
        "the second argument of `bytes.decode`.",
    ),
    Mistake(
        "bytes that are not valid UTF-8 vanish",
        _ignore,
        "text that silently loses bytes looks complete. The task asks for a visible mark.",
        "the value you give `errors`.",
        also=(_all_or_nothing(lambda data: ""),),
    ),
    Mistake(
        "valid characters do not survive beside a broken one",
        _all_or_nothing(lambda data: "\ufffd"),
        "one broken character spoils the whole text. Only the bytes that are not valid may turn"
        " into a mark; whatever stands beside them is still readable.",
        "what `bytes.decode` can do by itself about bytes that are not valid.",
        also=(_all_or_nothing(lambda data: "\ufffd" * len(data)),),
    ),
    Mistake(
        "the order or the repetition of the ids is lost",
        _sorted_set,
        "the ids are a sequence. A set keeps each of them once, and in an order of its own; so does"
        " a walk through the vocabulary.",
        "what you go through: the list of ids as it stands, or something made of it.",
        also=(_each_once, _sorted),
    ),
    Mistake(
        "the bytes are read as Latin-1",
        _latin_1,
        "Latin-1 makes a character of every single byte, so each character beyond ASCII comes out"
        " as two to four wrong ones.",
        "the name of the encoding.",
    ),
    Mistake(
        "a space is put between the tokens",
        _spaces,
        "tokens are not words. A space that belongs to the text is inside a token already.",
        "what stands before `.join`.",
    ),
    Mistake(
        "the bytes are shown, not decoded",
        _shown,
        "`str` of a bytes object is how Python prints it, with the letter b and quotation marks.",
        "the method of bytes that makes text of it.",
    ),
    Mistake(
        "spaces at the ends are cut off",
        _stripped,
        "spaces and line ends are text. Decoding gives back exactly what was encoded.",
        "everything you do after decoding.",
    ),
    Mistake(
        "ids are taken as positions in the vocabulary",
        _by_position,
        "the ids are the keys. In which order the entries were put in says nothing.",
        "how you look an id up.",
        also=(_renumbered,),
    ),
    Mistake(
        "bytes come back, not text",
        _bytes,
        "joining gives the bytes of the text. One step is left to make characters of them.",
        "the type that the signature promises.",
    ),
]


def _same_bytes(text: str, ids: Ids, vocab: Vocab) -> bool:
    return "\ufffd" in reference(ids, vocab) or text.encode("utf-8") == _join(ids, vocab)


def _survivors(text: str, ids: Ids, vocab: Vocab) -> bool:
    return text.replace("\ufffd", "") == reference(ids, vocab).replace("\ufffd", "")


check = Check(
    "decode",
    "decode(ids, vocab)",
    reference,
    CASES,
    MISTAKES,
    "Bytes: an alphabet of 256",
    properties=(
        Property(
            "where the bytes are valid UTF-8, encoding the text again has to give the same bytes",
            _same_bytes,
        ),
        Property("valid characters have to survive beside a broken one", _survivors),
    ),
    errors={
        "^TypeError.*(str.*bytes|bytes.*str)": "The entries of the vocabulary are bytes: put them"
        " together as bytes first.",
    },
)
