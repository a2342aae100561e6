"""The packages for real data are needed when data is read, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tinytx.data import Corpus, fineweb
from tinytx.data.extras import cache_folder
from tinytx.data.patience import seconds_asked

from .parquets import parquet

PACKAGES = ("pyarrow", "huggingface_hub", "pooch", "requests", "httpx2")


def test_importing_data_imports_none_of_them():
    code = f"""
import sys, tinytx.data, tinytx.data.fineweb
print([name for name in {PACKAGES} if name in sys.modules])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_package_is_one_line_that_names_the_extra(monkeypatch, tmp_path):
    (tmp_path / "a.parquet").write_bytes(parquet(["a"]))
    for package, call in (
        ("pyarrow", lambda: list(Corpus(tmp_path))),
        ("huggingface_hub", fineweb.fineweb),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            with pytest.raises(ValueError, match=rf"{package} .*: pip install 'tinytx\[data\]'"):
                call()


def test_downloads_are_kept_where_one_says(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYTX_CACHE", str(tmp_path))
    assert cache_folder("x") == tmp_path / "x"
    monkeypatch.delenv("TINYTX_CACHE")
    assert cache_folder("x").parent.name == "tinytx"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), (" 7 ", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("", None), ("-3", None)],
)
def test_seconds_asked(value, seconds):
    assert seconds_asked(value) == seconds
