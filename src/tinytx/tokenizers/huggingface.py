"""Reading the files of others: Hugging Face's ``tokenizer.json``, GPT-2's vocabulary and merges.

These files hold text, and a byte need not be a character. GPT-2 gave each of the 256 bytes a
character to stand for it: itself if it is visible, one from U+0100 on if not (:func:`stand_ins`).
So ``Ġthe`` is ``the`` with a space in front: the space, byte 32, is ``Ġ``.

A ``tokenizer.json`` can describe tokenizers of many kinds. What is no byte-level BPE, or does more
to a text than cut and merge it, is refused with the reason: read anyway, it would give other ids.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..files import read_json, read_text
from ..wording import listed, short
from .added import added_tokens, declared_tokens
from .patterns import name_of
from .pretokenizer import kind_of, source_of
from .specials import END_OF_TEXT
from .training import Pair
from .vocabulary import Vocabulary, recover_merges

JSON, VOCAB, MERGES = "tokenizer.json", "vocab.json", "merges.txt"
DECLARING = ("added_tokens.json", "special_tokens_map.json", "tokenizer_config.json")
GPT2_END = END_OF_TEXT[0]  # special in every GPT-2, though no file need say so
T = TypeVar("T")


class Parts(NamedTuple):
    """What the files say: the arguments of :class:`.BPETokenizer`, in their order."""

    tokens: list[bytes]
    special_tokens: Mapping[str, int]
    pattern: str
    merges: list[Pair]
    ids: list[int] | None


def read_tokenizer(
    make: Callable[..., T], path: str | os.PathLike[str], specials: Collection[str] | None = None
) -> T:
    """Return what ``make`` makes of the :class:`Parts` of a byte-level BPE, read from its files.

    A folder is read by its ``tokenizer.json`` if it has one, else by ``vocab.json`` and
    ``merges.txt``, as ``transformers`` reads a GPT-2's, with the special tokens that files beside
    them name (:data:`DECLARING`). A byte order mark at the start of a file is dropped.

    The ids of a text are those of ``tokenizers`` with ``add_special_tokens=False``, where its
    Unicode tables and those here know the text's characters. What a post-processor puts around a
    text is left out, as are padding and truncation. All added tokens become special ones.

    Raises
    ------
    ValueError
        In one line, if a file is missing or damaged, or holds what a ``BPETokenizer`` does not do:
        another model, a normalizer, another pre-tokenizer, merges at random, added tokens that
        take white space along.
    """
    if isinstance(specials, str):
        raise ValueError(f"special_tokens must be a list of strings, got {short(specials)}")
    path = Path(path)
    of = path / JSON if (path / JSON).is_file() else path
    try:
        parts = _from_folder(path, specials) if of.is_dir() else _from_json(_json(of), specials)
        return make(*parts)
    except OSError as error:
        raise ValueError(
            f"cannot read {error.filename} ({error.strerror}); check the path"
        ) from None
    except KeyError as error:
        reason: object = f"{error} is missing"
    except (AttributeError, TypeError, IndexError) as error:
        reason = f"it is damaged ({error})"
    except ValueError as error:
        reason = error
    raise ValueError(f"{of} cannot be read as a BPETokenizer: {reason}")


def stand_ins() -> dict[str, int]:
    """Return which byte each of GPT-2's 256 characters stands for.

    >>> stand_ins()["A"], stand_ins()["Ġ"], len(stand_ins())
    (65, 32, 256)
    """
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): b for i, b in enumerate(hidden)}


def _json(file: Path) -> dict[str, Any]:
    try:
        state = read_json(file)
    except ValueError as error:
        raise ValueError(f"{file.name} is not JSON ({error})") from None
    if not isinstance(state, dict):
        raise ValueError(f"{file.name} is not a JSON object")
    return state


def _from_folder(folder: Path, specials: Collection[str] | None) -> Parts:
    for name in (VOCAB, MERGES):
        if not (folder / name).is_file():
            raise ValueError(f"it holds no {JSON}, and no {name} either")
    beside = {name: _json(folder / name) for name in DECLARING if (folder / name).is_file()}
    vocab, added = _json(folder / VOCAB), declared_tokens(beside)
    if specials is None and GPT2_END in vocab:
        specials = [GPT2_END]
    lines = read_text(folder / MERGES).replace("\r\n", "\n").split("\n")
    first = 1 if lines[0].startswith("#version") else 0
    return _assemble(vocab, [line for line in lines[first:] if line], added, specials)


def _from_json(state: Mapping[str, Any], specials: Collection[str] | None) -> Parts:
    model = state.get("model")
    if not isinstance(model, Mapping):
        raise ValueError("it has no model; give a tokenizer.json, or the folder that holds it")
    _check_model(model)
    if state.get("normalizer") not in (None, {"type": "Sequence", "normalizers": []}):
        kind = short(kind_of(state["normalizer"]))
        raise ValueError(f"its normalizer {kind} changes a text, and here none is changed")
    source = source_of(state.get("pre_tokenizer"))
    if state.get("decoder") is not None and kind_of(state["decoder"]) != "ByteLevel":
        raise ValueError(f"its decoder is {short(kind_of(state['decoder']))} and must be ByteLevel")
    added = added_tokens(state.get("added_tokens") or [])
    parts = _assemble(model["vocab"], model["merges"], added, specials)
    if model.get("ignore_merges"):  # a word that is a token is that token, whatever the merges say
        _check_whole(Vocabulary(parts.tokens, parts.merges))
    return parts._replace(pattern=name_of(source, parts.tokens))


def _check_model(model: Mapping[str, Any]) -> None:
    if model.get("type", "BPE") != "BPE":
        raise ValueError(f"its model is {short(model['type'])} and must be a BPE")
    if model.get("dropout"):
        raise ValueError(f"its dropout is {short(model['dropout'])}, which merges at random")
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(name):
            raise ValueError(f"its {name} is {short(model[name])}, which bytes do not have")


def _check_whole(words: Vocabulary) -> None:
    """Refuse a token that its own merges do not make."""
    for rank, token in enumerate(words.tokens):
        if words.encode_word(token) != (rank,):
            raise ValueError(
                f"ignore_merges is true, and the merges do not make {short(token)} of itself"
            )


def _assemble(
    vocab: Mapping[str, int],
    merges: Iterable[str | list[str]],
    added: Mapping[str, int | None],
    specials: Collection[str] | None,
) -> Parts:
    """Put together what the files say; ``added`` tokens have ids where a file gives them."""
    if not isinstance(vocab, Mapping):
        raise ValueError(f"its vocabulary is {short(vocab)} and must be ids by token")
    named = _numbered({**dict.fromkeys(specials or ()), **added}, vocab)
    bytes_of = stand_ins()
    lacking = [f"0x{byte:02x}" for char, byte in bytes_of.items() if char not in vocab]
    if lacking:
        raise ValueError(f"its vocabulary lacks the bytes {listed(lacking)}; give a byte-level one")
    singles = sorted(bytes_of, key=vocab.__getitem__)
    made = _made(singles, merges, vocab)
    names = [*singles, *made]
    if made.keys() - vocab.keys():
        unknown = listed(made.keys() - vocab.keys())
        raise ValueError(f"its vocabulary lacks {unknown}, which its merges make")
    left = vocab.keys() - {*names} - named.keys()
    if left:
        raise ValueError(
            f"its vocabulary has {listed(left)}, which no merge makes and no file calls special; "
            "if they are, give them as special_tokens"
        )
    pairs = _ranked(names, made.values())
    ids = [vocab[name] for name in names]
    tokens = [bytes(map(bytes_of.__getitem__, name)) for name in names]
    return Parts(tokens, named, "gpt2", pairs, None if ids == [*range(len(ids))] else ids)


def _numbered(named: Mapping[str, int | None], vocab: Mapping[str, int]) -> dict[str, int]:
    """Return the special tokens with their ids, which the vocabulary may know too."""
    numbered = {}
    for name, number in named.items():
        own = vocab.get(name) if number is None else number
        if own is None or vocab.get(name, number) not in (number, own):
            raise ValueError(f"the special token {short(name)} has no id, or two different ones")
        numbered[name] = own
    return numbered


def _made(
    singles: list[str], merges: Iterable[str | list[str]], vocab: Mapping[str, int]
) -> dict[str, tuple[str, str]]:
    """Return the tokens that merges make, in the order of learning, with the two that each joins.

    Files that were made of a tiktoken vocabulary list every way to spell a token. If the tokens,
    in the order of their ids, are learned ones, only one of the ways ever comes up in a word: the
    one that merging by spelling takes. The others are left out.
    """
    pairs = [_pair(i, merge) for i, merge in enumerate(merges)]
    made = {"".join(pair): pair for pair in pairs}
    if len(made) == len(pairs):
        return made
    names = [*singles, *sorted(made, key=lambda name: vocab.get(name, 0))]
    place = {pair: i for i, pair in enumerate(pairs)}
    with contextlib.suppress(ValueError):  # it cannot be recovered
        spelled = recover_merges(names, {name: rank for rank, name in enumerate(names)})
        learned = [(names[a], names[b]) for a, b in spelled]
        if learned == sorted({*learned} & place.keys(), key=place.__getitem__):
            return dict(zip(names[len(singles) :], learned, strict=True))
    twice = next("".join(pair) for pair in pairs if made["".join(pair)] != pair)
    raise ValueError(f"its merges make {short(twice)} in several ways: here there is one for each")


def _pair(i: int, merge: str | list[str]) -> tuple[str, str]:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise ValueError(f"merges[{i}] is {short(merge)} and must be two tokens")
    return parts[0], parts[1]


def _ranked(names: list[str], pairs: Iterable[tuple[str, str]]) -> list[Pair]:
    """Return the pairs as ranks; each must be of tokens that are there by then."""
    ranks = {name: rank for rank, name in enumerate(names)}
    ranked = []
    for made, pair in enumerate(pairs, 256):
        a, b = (ranks.get(part, made) for part in pair)
        if max(a, b) >= made:
            raise ValueError(f"a merge joins {short(pair)}, which are not both there by then")
        ranked.append((a, b))
    return ranked
