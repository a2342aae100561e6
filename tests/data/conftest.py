"""Nothing of these tests leaves the machine, or stays on it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """Keep downloads in a folder of the test; forget settings and log-in of this machine."""
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "TINYTX_SHAKESPEARE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path / "cache"))
