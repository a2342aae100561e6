"""Print what the changelog says of a version, and refuse a tag that is not the version.

python tools/release_notes.py v1.0.0
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(tag: str, root: Path = ROOT) -> str:
    """Return the changelog's section of the version that ``tag`` names.

    Raises
    ------
    ValueError
        If the tag is not the version of ``pyproject.toml``, or the changelog has nothing on it.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    if tag != f"v{version}":
        raise ValueError(f"tag is {tag!r} and must be 'v{version}', the version of pyproject.toml")
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.compile(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |^\[|\Z)", re.M | re.S)
    found = section.search(text)
    if not found or not found[1].strip():
        raise ValueError(f"CHANGELOG.md has nothing on {version}: write what is new")
    return found[1].strip() + "\n"


def main(arguments: list[str]) -> int:
    """Print the notes; 2 if there are none."""
    if len(arguments) != 1:
        print("usage: python tools/release_notes.py TAG", file=sys.stderr)
        return 2
    try:
        print(notes(*arguments), end="")
    except ValueError as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
