"""What a shell offers where a command takes a preset."""

from __future__ import annotations

from pathlib import Path


def complete_preset(incomplete: str) -> list[tuple[str, str]]:
    """Return the presets that begin so, and TOML files."""
    from ..recipes.preset import preset_names, read_preset

    names = [(name, read_preset(name).about) for name in preset_names()]
    files = [(str(path), "your own") for path in sorted(Path().glob("*.toml"))]
    return [one for one in [*names, *files] if one[0].startswith(incomplete)]
