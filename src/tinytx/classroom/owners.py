"""Whose a notebook is, by its path: a name in the file's name, else the nearest folder's.

::

    week3/03_attention_cleo.ipynb                    cleo
    group1/ada/03_attention.ipynb                    ada
    Ada Lovelace_8812_assignsubmission_file_/x.ipynb Ada Lovelace, as Moodle hands out
    submitted/ada/ps1/problem.ipynb                  ada, as nbgrader has it

What a browser, JupyterLab or Colab adds to a copy (`` (1)``, ``-Copy1``, ``Copy of``) is no part of
a name, nor is a word for a version, such as ``final`` or ``v2``. The course's own folders, such as
``my-exercises``, are nobody's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .course import topics

COPY = re.compile(r"(?:\s*\(\d+\)|-Copy\d+)+$")
MOODLE = re.compile(r"_\d+_assignsubmission_\w+?_?(?=$|_|\d\d_)")
COPY_OF = re.compile(r"^(?:(?:copy of|kopie von|copie de|copia de|cópia de)\s+)+", re.I)
WORD = r"(?:final|v\d+|copy|new|my|exercises?|solutions?|done|finished|fertig|submission|abgabe)"
VERSION = re.compile(rf"{WORD}(?:[\s_.-]+{WORD})*", re.I)
LAST = re.compile(rf"(?<=\w)[\s_.-]+{VERSION.pattern}$", re.I)
OWN = re.compile(r"(?:my-)?exercises|solutions|tinytx(?:-.*)?|submitted", re.I)
UNPACK, RENAME, OTHER = "unpack it", "take the .txt off its name", "it is no notebook"
AGAIN = (UNPACK, RENAME)  # then there may be a notebook
HINTS = {
    **dict.fromkeys((".zip", ".7z", ".rar", ".gz"), UNPACK), ".ipynb.txt": RENAME,
    **dict.fromkeys((".py", ".html", ".pdf"), OTHER),
}  # fmt: skip


def chapter_in(name: str) -> str:
    """Return the topic that a name holds, with its number, or ''."""
    return next((t for t in topics() if _full(t).search(name)), "")


def whose(path: Path, folder: Path) -> str:
    """Return the learner whom a path names, or '' if it names none.

    >>> folder = Path("class")
    >>> for path in ("ada/03_attention.ipynb", "03_attention_ada.ipynb", "ada-03_attention.ipynb",
    ...              "submitted/ada/ps1/problem.ipynb", "03_attention/ada.ipynb",
    ...              "week3/03_attention_ada.ipynb", "group1/ada/03_attention (1).ipynb",
    ...              "ada_8812_assignsubmission_file/03_attention.ipynb"):
    ...     print(whose(folder / path, folder), end=" ")
    ada ada ada ada ada ada ada ada
    >>> whose(folder / "03_attention (2).ipynb", folder)
    ''
    """
    *above, stem = path.relative_to(folder).with_suffix("").parts
    stem = COPY_OF.sub("", stem)
    name = _by_nbgrader(above, folder) or _by_moodle([*above, stem])
    if not name and chapter_in(stem):
        name = _without_chapter(stem)
    if not name:
        name = _by_folder(above) or ("" if chapter_in(stem) else stem)
    return _clean(name)


def other_folder(path: Path, learner: str) -> str:
    """Return the folder, below the one that is graded, that names another learner than the file.

    >>> other_folder(Path("cleo/03_attention_clea.ipynb"), "clea")
    'cleo'
    """
    *above, stem = path.with_suffix("").parts
    if not chapter_in(stem) or _by_moodle([*above, stem]) or "submitted" in above:
        return ""
    name = _clean(_by_folder(above))
    return name if name.casefold() != learner.casefold() else ""


def _clean(name: str) -> str:
    """Return a name as it is compared: letters in one form, without spaces around it."""
    return unicodedata.normalize("NFC", COPY.sub("", name).strip())


def _by_folder(above: list[str]) -> str:
    """Return the nearest folder that is a learner's, or ''."""
    theirs = [one for one in above if not (chapter_in(one) or OWN.fullmatch(COPY.sub("", one)))]
    return theirs[-1] if theirs else ""


def named_for(path: Path) -> str:
    """Return the topic that the file's own name gives, else the nearest folder's, or ''."""
    return next(filter(None, map(chapter_in, reversed(path.parts))), "")


def without_notebook(folder: Path, paths: list[Path]) -> str:
    """Return a line on the learners' folders in which no notebook is; '' if there are none.

    ``paths`` are the notebooks. A folder beside a notebook is no learner's, except at the top, and
    files at the top are told where a notebook may be in them.
    """
    holding = {above for path in paths for above in path.parents}
    beside = {path.parent for path in paths if not path.is_dir()} - {folder}
    told = [_handed_in(one, folder) for one in _empty(folder, holding, beside)]
    told += [f"{path.name} ({hint})" for path, hint in _handed(folder) if hint in AGAIN]
    return f"no notebook in: {', '.join(told)}" if told else ""


def _full(topic: str) -> re.Pattern[str]:
    return re.compile(re.escape(topics()[topic]).replace("_", "[ _-]"), re.I)


def _by_nbgrader(above: list[str], folder: Path) -> str:
    """Return the learner of ``submitted/LEARNER/ASSIGNMENT/…``, or ''."""
    if "submitted" in above:
        above = above[above.index("submitted") + 1 :]
    elif folder.resolve().name != "submitted":
        return ""
    return above[0] if len(above) >= 2 and not chapter_in(above[0]) else ""


def _by_moodle(parts: list[str]) -> str:
    marked = [part for part in parts if MOODLE.search(part)]
    return MOODLE.split(marked[-1])[0] if marked else ""


def _without_chapter(stem: str) -> str:
    left = _full(chapter_in(stem)).sub("", COPY.sub("", stem))
    left = re.sub(r"^[\s_.()-]+|[\s_.()-]+$", "", left)
    return "" if VERSION.fullmatch(left) else LAST.sub("", left)


def _empty(place: Path, holding: set[Path], beside: set[Path]) -> Iterator[Path]:
    """Yield the topmost folders that hold no notebook."""
    for one in sorted(place.iterdir()):
        if one.is_symlink() or not one.is_dir() or passed_over(one.name):
            continue
        if one in holding:
            yield from _empty(one, holding, beside)
        elif place not in beside:
            yield one


def passed_over(name: str) -> bool:
    """Return whether a folder or file is nobody's."""
    return name.startswith((".", "__")) or name == "node_modules"


def _handed_in(folder: Path, top: Path) -> str:
    """Return a learner's folder, and what is in it instead of a notebook."""
    name, there = str(folder.relative_to(top)), [f"{p.name}: {hint}" for p, hint in _handed(folder)]
    return f"{name} ({'; '.join(there)})" if there else name


def _handed(folder: Path) -> list[tuple[Path, str]]:
    """Return the files that were handed in instead of a notebook, and what to do with each."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    named = [(path, end) for path in files for end in HINTS if path.name.lower().endswith(end)]
    return [(path, HINTS[end]) for path, end in named]
