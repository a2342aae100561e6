"""Leave out of a style sheet what no page of the book can use.

A rule stays if one of its selectors stays, and a selector stays if every class and id that it names
stands as a word in some page or script: scripts put classes on elements, and name them. Rules
without classes stay. Of the custom properties, those go that nothing asks for. That is right as
long as no script puts a name together from parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tinycss2

WORD = re.compile(r"[\w-]+")
ASKED = re.compile(r"var\(\s*(--[\w-]+)")
PERHAPS = ("not", "is", "where", "has")  # within these a class may be missing, and it still holds
KEPT = "bs-"  # Bootstrap puts the names of these together: bs-tooltip-auto
# At rules that hold rules; all others (@font-face, @keyframes) stay whole.
NESTED = ("media", "supports", "layer", "container")


def words_of(text: str) -> set[str]:
    """Return all that could be the name of a class in a page or a script.

    >>> sorted(words_of('<p class="a b-c">x'))
    ['a', 'b-c', 'class', 'p', 'x']
    """
    return set(WORD.findall(text))


def properties_of(css: str) -> set[str]:
    """Return the custom properties that a style sheet asks for.

    >>> properties_of("a{--b:1;x:var(--c, var( --d))}") == {"--c", "--d"}
    True
    """
    return set(ASKED.findall(css))


def purge(css: str, known: set[str], properties: set[str] | None = None) -> str:
    """Return ``css`` without the rules whose classes are not among the ``known`` words.

    With ``properties``, also without custom properties that are in neither set.

    Licences, which stand in comments that begin with ``!``, come first.

    >>> purge("/*! by me */.a{x:1}.b,.a .c,p{y:2}@media print{.b{z:3}}", {"a"})
    '/*! by me */.a{x:1}p{y:2}'
    >>> purge("p{--a:url('x;y');--b:2;y:1}", {"--b"}, {"--c"})
    'p{--b:2;y:1;}'
    """
    rules = tinycss2.parse_stylesheet(css, skip_whitespace=True)
    licences = [
        rule.serialize() for rule in rules if rule.type == "comment" and rule.value.startswith("!")
    ]
    return "".join([*licences, *_kept(rules, known, properties)])


def _kept(rules: list[Any], known: set[str], properties: set[str] | None) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [one for one in _selectors(rule.prelude) if _used(one, known)]
            if kept:
                heads = ",".join(tinycss2.serialize(one).strip() for one in kept)
                yield f"{heads}{{{_declarations(rule.content, known, properties)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTED and rule.content:
            within = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            if inner := "".join(_kept(within, known, properties)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type != "comment":
            yield rule.serialize()


def _declarations(content: list[Any], known: set[str], properties: set[str] | None) -> str:
    if properties is None:
        return tinycss2.serialize(content)
    found = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    return "".join(
        one.serialize() + (";" if one.type == "declaration" else "")
        for one in found
        if one.type != "declaration"
        or not one.name.startswith("--")
        or one.name in known
        or one.name in properties
    )


def _selectors(prelude: list[Any]) -> list[list[Any]]:
    """Cut at the commas; those in brackets stand within a token of their own."""
    found: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            found.append([])
        elif token.type != "comment":
            found[-1].append(token)
    return found


def _used(selector: list[Any], known: set[str]) -> bool:
    return all(
        name.startswith(KEPT) or known.issuperset(WORD.findall(name)) for name in _named(selector)
    )


def _named(tokens: list[Any]) -> Iterator[str]:
    """Yield the classes and ids that an element must have, or one around it."""
    before = None
    for token in tokens:
        if token.type == "hash" or (token.type == "ident" and before == "."):
            yield token.value
        elif token.type == "function" and token.lower_name not in PERHAPS:
            yield from _named(token.arguments)
        before = token.value if token.type == "literal" else None
