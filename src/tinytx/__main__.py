"""``python -m tinytx``, and where the ``tinytx`` command begins.

Nothing heavy is imported before Ctrl-C is answered in one line: loading the rest takes most of the
first second.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command; return its exit code."""
    try:
        from .cli import main as run

        return run()
    except KeyboardInterrupt:
        print("tinytx: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
