"""Parquet files with a column of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .extras import need

SUFFIX = ".parquet"


def is_parquet(file: Path) -> bool:
    """Return whether a file has the name of one; capitals make no difference."""
    return file.suffix.lower() == SUFFIX


def rows(file: Path, column: str) -> Iterator[str]:
    """Yield the texts of a parquet file, a few hundred at a time."""
    arrow, row = need("pyarrow"), 0
    try:
        with open_parquet(file, column) as parquet:
            for batch in parquet.iter_batches(batch_size=256, columns=[column]):
                for value in as_text(batch.column(0)):
                    yield text_of(value, file, row)
                    row += 1
    except (arrow.ArrowException, OSError) as error:
        raise damaged(file, error) from None


def open_parquet(file: Path, column: str) -> Any:
    """Return a ``pyarrow.parquet.ParquetFile`` that has a column of text of that name."""
    arrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    try:
        opened = parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError) as error:
        raise damaged(file, error) from None
    schema = opened.schema_arrow
    names = schema.names
    if column not in names:
        raise ValueError(f"{file} has no column {column!r}; it has {', '.join(names)}")
    if names.count(column) > 1:
        raise ValueError(
            f"{file} has {names.count(column)} columns called {column!r}, so none is meant: name "
            "them apart, or give another column"
        )
    kind = schema.field(column).type
    if not _is_text(kind.value_type if arrow.types.is_dictionary(kind) else kind):
        raise ValueError(f"column {column!r} of {file} holds {kind}, not text: give another column")
    return opened


def as_text(column: Any) -> Any:
    """Return a column of text as one of the two kinds whose values are bytes in one place.

    Views, and numbers of the texts in a dictionary, are text kept in another way.
    """
    arrow = need("pyarrow")
    if arrow.types.is_string(column.type) or arrow.types.is_large_string(column.type):
        return column
    return column.cast(arrow.large_string())


def _is_text(kind: Any) -> bool:
    types = need("pyarrow").types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def text_of(value: Any, file: object, row: int) -> str:
    """Return a value of a column of text; none at all is an empty document."""
    try:
        return value.as_py() or ""
    except UnicodeDecodeError:
        raise ValueError(
            f"{file} has a text that is not UTF-8 (row {row:,}): make it anew"
        ) from None


def damaged(file: object, error: Exception) -> ValueError:
    """Return the line for a file that is no parquet, or no longer."""
    reason = " ".join(str(error).split())[:120]
    return ValueError(f"{file} is not whole parquet ({reason}): make or download it anew")
