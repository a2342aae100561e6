"""A book of a few pages, for the extensions of the real one."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BOOK = Path(__file__).resolve().parent.parent / "book"
CONF = """
import sys
sys.path.append({extensions!r})
extensions = ["myst_parser", {own}]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
html_theme = "basic"
exclude_patterns = ["out"]
numfig = True
"""
INDEX = """# Book

```{{toctree}}
:numbered: 2
{pages}
```
"""


@functools.cache
def _warm() -> subprocess.Popen[str]:
    """Start the process that has Sphinx; it ends with this one, which holds its pipe."""
    script = Path(__file__).with_name("warm_sphinx.py")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-P", script], **pipes)


def sphinx(*arguments: object, cwd: Path | str = ".") -> subprocess.CompletedProcess[str]:
    """Do what ``python -m sphinx`` does, without importing it anew where processes have copies."""
    words = [str(one) for one in arguments]
    if not hasattr(os, "fork"):
        command = [sys.executable, "-m", "sphinx", *words]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("out", "err")]
        print(json.dumps([os.path.abspath(cwd), words, *map(str, files)]), file=_warm().stdin)
        _warm().stdin.flush()
        code = int(_warm().stdout.readline())
        said, complained = (path.read_text(encoding="utf-8") for path in files)
    return subprocess.CompletedProcess(words, code, said, complained)


def build(folder: Path, pages: dict[str, str], *own: str) -> str:
    """Build the ``pages``, Markdown by name, with extensions of the book; return its warnings."""
    for name, text in pages.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    conf = CONF.format(extensions=str(BOOK / "_ext"), own=", ".join(f'"{one}"' for one in own))
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    if not (folder / "index.md").exists():
        (folder / "index.md").write_text(INDEX.format(pages="\n".join(pages)), encoding="utf-8")
    done = sphinx("-q", "-b", "html", folder, folder / "out")
    assert done.returncode == 0, done.stderr
    return done.stderr


def page(folder: Path, name: str) -> str:
    """Return the built page."""
    return (folder / "out" / f"{name}.html").read_text(encoding="utf-8")
