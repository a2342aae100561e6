"""A book of a few pages, for the extensions of the real one."""

from __future__ import annotations

import subprocess
import sys
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
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(folder), str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return done.stderr


def page(folder: Path, name: str) -> str:
    """Return the built page."""
    return (folder / "out" / f"{name}.html").read_text(encoding="utf-8")
