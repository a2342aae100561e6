from __future__ import annotations

import contextlib
import re
import zlib

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from tinytx.training import load_checkpoint, save_checkpoint

TENSORS = {
    "w": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
    "steps": np.array(7),  # no dimension
    "empty": np.zeros((0, 3)),
}
META = {"rng": {"state": 2**127 + 1}, "loss": 0.1 + 0.2, "text": "—“é", "none": None}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "new folder" / "a.safetensors"
    save_checkpoint(path, TENSORS, META)
    return path


def test_everything_comes_back_exactly(saved):
    tensors, meta = load_checkpoint(saved)
    assert meta == META
    assert tensors.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        assert tensors[name].dtype == value.dtype
        assert tensors[name].shape == value.shape
        np.testing.assert_array_equal(tensors[name], value)


def test_the_same_content_gives_the_same_bytes(saved, tmp_path):
    save_checkpoint(tmp_path / "b", TENSORS, META)
    assert (tmp_path / "b").read_bytes() == saved.read_bytes()


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.safetensors is cut short or not a safetensors file"):
        load_checkpoint(saved)


def test_no_changed_byte_changes_what_is_read(saved):
    good, unnoticed = saved.read_bytes(), 0
    for place in range(len(good)):
        saved.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with contextlib.suppress(ValueError):
            tensors, meta = load_checkpoint(saved)
            unnoticed += 1  # the last digit of 0.30000000000000004 makes no difference
            assert meta == META
            assert all(np.array_equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert unnoticed <= 2


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (b"0.3000", b"0.3001"),
        (b"crc32", b"crc33"),
        (b'format\\": 1', b'format\\": 2'),
        (b"F32", b"I32"),
    ],
)
def test_a_changed_header_is_refused(saved, part, word):
    good = saved.read_bytes()
    assert good.count(part) == 1
    saved.write_bytes(good.replace(part, word))
    with pytest.raises(ValueError, match=r"a\.safetensors is damaged \(its checksum"):
        load_checkpoint(saved)


def test_foreign_files_are_refused(tmp_path):
    save_file({"w": np.zeros(2)}, tmp_path / "other")
    with pytest.raises(ValueError, match="other is a safetensors file, but not one that tinytx"):
        load_checkpoint(tmp_path / "other")
    (tmp_path / "text").write_text("This is a letter, not a checkpoint. " * 9)
    with pytest.raises(ValueError, match="cut short or not a safetensors file"):
        load_checkpoint(tmp_path / "text")
    with pytest.raises(ValueError, match=r"there is no checkpoint .*missing: check the path"):
        load_checkpoint(tmp_path / "missing")
    with pytest.raises(ValueError, match=str(tmp_path)):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("number", [0, 2])
def test_another_format_is_named(tmp_path, monkeypatch, number):
    monkeypatch.setattr("tinytx.training.checkpoint.FORMAT", number)
    save_checkpoint(tmp_path / "a", TENSORS, META)
    monkeypatch.undo()
    message = f"a has checkpoint format {number} and this tinytx reads 1"
    with pytest.raises(ValueError, match=message):
        load_checkpoint(tmp_path / "a")


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [{1, 2}, np.float32(1), _nested(100_000)], ids=lambda v: type(v))
def test_what_json_cannot_hold_is_refused_and_the_old_file_stays(saved, value):
    before = saved.read_bytes()
    with pytest.raises(ValueError, match="meta cannot be written as JSON"):
        save_checkpoint(saved, TENSORS, {"x": value})
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", "<f4", ">u4"])
def test_numbers_come_back_whatever_their_byte_order_was(tmp_path, dtype):
    values = np.arange(6).astype(dtype).reshape(2, 3)
    save_checkpoint(tmp_path / "a", {"x": values}, {})
    (found,) = load_checkpoint(tmp_path / "a").tensors.values()
    np.testing.assert_array_equal(found, values)


def test_a_name_that_the_format_keeps_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a tensor is called '__metadata__'"):
        save_checkpoint(tmp_path / "a", {"__metadata__": np.ones(2)}, {})
    assert not (tmp_path / "a").exists()


def test_not_a_number_is_a_value_like_others(tmp_path):
    save_checkpoint(tmp_path / "a", {}, {"loss": [float("nan"), float("inf"), -float("inf")]})
    found = load_checkpoint(tmp_path / "a").meta["loss"]
    assert np.isnan(found[0])
    assert found[1:] == [np.inf, -np.inf]


def test_a_file_that_cannot_be_opened_is_not_called_missing(tmp_path):
    with pytest.raises(ValueError, match=r"cannot read the checkpoint .*: Is a directory"):
        load_checkpoint(tmp_path)
    with pytest.raises(ValueError, match="there is no checkpoint"):
        load_checkpoint(tmp_path / "none")


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"w": np.array([None])}, "tensor 'w' holds object and a checkpoint holds truth values, "),
        ({"w": np.array(["a"])}, "tensor 'w' holds str32 and"),
        ({"w": np.ones(2, complex)}, "tensor 'w' holds complex128 and"),
        ({"w": np.zeros(2, [("a", "f4")])}, "tensor 'w' holds void32 and"),
        ({"w": np.zeros(2, "datetime64[s]")}, "tensor 'w' holds datetime64[s] and"),
        ({"w": [[1], [1, 2]]}, "tensor 'w' is no array of NumPy (setting an array element with"),
        ({"w": torch.ones(2, dtype=torch.bfloat16)}, "tensor 'w' is no array of NumPy (Got unsup"),
        ({"w\udcff": np.ones(2)}, "a tensor is called 'w\\udcff' and must have a text for its"),
        ({1: np.ones(2)}, "a tensor is called 1 and must have a text for its name"),
        ([np.ones(2)], "tensors is list and must be a dict of arrays by name"),
    ],
)
def test_a_tensor_that_cannot_be_written_is_named(saved, tensors, message):
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        save_checkpoint(saved, tensors, META)
    assert saved.read_bytes() == before


def test_what_is_too_long_is_one_line(saved):
    save_checkpoint(saved, {}, {"n": 10**4299})
    assert load_checkpoint(saved).meta == {"n": 10**4299}
    with pytest.raises(ValueError, match=r"^meta cannot be written as JSON: Exceeds the limit"):
        save_checkpoint(saved, {}, {"n": 10**4300})


@pytest.mark.parametrize(("depth", "says"), [(900, "has checkpoint format"), (10**5, "is damaged")])
def test_a_format_that_is_nested_deeply_is_one_short_line(tmp_path, depth, says):
    number = "[" * depth + "]" * depth
    crc = zlib.crc32(f"[{number}, 0]".encode())
    text = f'{{"format": {number}, "crc32": {crc}, "meta": 0}}'
    save_file({}, tmp_path / "a", metadata={"tinytx": text})
    with pytest.raises(ValueError, match=rf"a {says}[^\n]{{,150}}$"):
        load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn"])
def test_kinds_that_numpy_has_not_are_told_from_broken_files(tmp_path, dtype):
    from safetensors.torch import save_file as save_tensors

    tensors = {"w": torch.zeros(4).to(getattr(torch, dtype))}
    save_tensors(tensors, tmp_path / "a", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"a is a safetensors file, but not one that tinytx wrote"):
        load_checkpoint(tmp_path / "a")
    save_tensors(tensors, tmp_path / "a", metadata={"tinytx": "{}"})
    with pytest.raises(ValueError, match=r"a holds tensors of B?F\w+, which tinytx does not write"):
        load_checkpoint(tmp_path / "a")
