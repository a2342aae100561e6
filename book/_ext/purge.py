"""Leave out of a style sheet what no page of the book can use.

A rule stays if one of its selectors stays, and a selector stays if every class and id that it names
stands as a word in some page or script: scripts put classes on elements, and name them. Rules
without classes stay. That is right as long as no script puts a class's name together from parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r"[\w-]+")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
LICENCE = re.compile(r"/\*!.*?\*/", re.S)
NAMED = re.compile(r"[.#]((?:[\w-]|\\.)+)")
STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]", re.S)
# Within these a class may be missing, and the selector still true of something.
PERHAPS = re.compile(r":(?:not|is|where|has)\([^()]*\)")
KEPT = "bs-"  # Bootstrap puts the names of these together: bs-tooltip-auto
# At rules that hold rules; all others (@font-face, @keyframes) stay whole.
NESTED = ("@media", "@supports", "@layer", "@container")


def words_of(text: str) -> set[str]:
    """Return all that could be the name of a class in a page or a script.

    >>> sorted(words_of('<p class="a b-c">x'))
    ['a', 'b-c', 'class', 'p', 'x']
    """
    return set(WORD.findall(text))


def purge(css: str, known: set[str]) -> str:
    """Return ``css`` without the rules whose classes are not among the ``known`` words.

    Licences, which stand in comments that begin with ``!``, come first.

    >>> purge("/*! by me */.a{x:1}.b,.a .c,p{y:2}@media print{.b{z:3}}", {"a"})
    '/*! by me */.a{x:1}p{y:2}'
    """
    kept = LICENCE.findall(css)
    for head, body in _rules(COMMENT.sub("", css)):
        name = head.lstrip().split(" ")[0].split("(")[0]
        if body is None or (name.startswith("@") and name not in NESTED):
            kept.append(head if body is None else f"{head}{{{body}}}")
        elif name.startswith("@"):
            if inner := purge(body, known):
                kept.append(f"{head}{{{inner}}}")
        elif selectors := [one for one in _selectors(head) if _used(one, known)]:
            kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _used(selector: str, known: set[str]) -> bool:
    plain, before = STRING.sub("", selector), ""
    while plain != before:
        before, plain = plain, PERHAPS.sub("", plain)
    names = (re.sub(r"\\(.)", r"\1", name) for name in NAMED.findall(plain))
    return all(name.startswith(KEPT) or known.issuperset(WORD.findall(name)) for name in names)


def _selectors(head: str) -> Iterator[str]:
    """Cut at the commas that stand in no brackets."""
    depth, start = 0, 0
    for at, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            yield head[start:at].strip()
            start = at + 1
    yield head[start:].strip()


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield (what stands before the brace, what stands within it); a statement has no brace."""
    start, depth, open_at, quote = 0, 0, 0, ""
    skip = False
    for at, sign in enumerate(css):
        if skip:
            skip = False
        elif sign == "\\":
            skip = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "{":
            open_at = open_at if depth else at
            depth += 1
        elif sign == "}":
            depth -= 1
            if not depth:
                yield css[start:open_at].strip(), css[open_at + 1 : at]
                start = at + 1
        elif sign == ";" and not depth and "(" not in css[start:at].split("url")[-1]:
            yield css[start : at + 1].strip(), None
            start = at + 1
