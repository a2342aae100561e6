"""Every forward/backward pair: finite differences, PyTorch, precision kept, inputs untouched."""

from __future__ import annotations

import inspect
import pkgutil

import numpy as np
import pytest
import torch

import tinytx.manual
from tinytx.inspect import check_pair

from .cases import CASES, STEP, normal

by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def arrays(result) -> list[np.ndarray]:
    """The arrays of a backward's result."""
    result = result if isinstance(result, tuple) else (result,)
    return [r for r in result if r is not None]


def floats(inputs) -> list[str]:
    return [k for k, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]


def test_no_pair_is_left_out():
    """Whatever is called op_forward in the package has an op_backward below it, and a case."""
    found = {}
    for info in pkgutil.iter_modules(tinytx.manual.__path__, "tinytx.manual."):
        module = __import__(info.name, fromlist=["_"])
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.endswith("_forward") and function.__module__ == info.name:
                op = name.removesuffix("_forward")
                found[op] = (function, getattr(module, f"{op}_backward"))
    assert found.keys() == {case.op for case in CASES}
    for forward, backward in found.values():
        assert inspect.getsourcelines(forward)[1] < inspect.getsourcelines(backward)[1]


@by_name
def test_backward_equals_finite_differences(case):
    report = check_pair(case.forward, case.backward, case.inputs, limit=60, step=STEP)
    report.require()
    assert report.checked >= 3


@pytest.mark.parametrize("case", [c for c in CASES if c.torch], ids=lambda case: case.name)
def test_pair_equals_pytorch(case):
    y, saved = case.forward(**case.inputs)
    dy = np.asarray(normal(*np.shape(y), seed=9))
    got = arrays(case.backward(dy, saved))
    tensors = {
        k: torch.tensor(v, requires_grad=k in floats(case.inputs)) for k, v in case.inputs.items()
    }
    wanted = case.torch(**tensors)
    wanted.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, wanted.detach().numpy(), rtol=1e-10, atol=1e-14)
    for name, gradient in zip(floats(case.inputs), got, strict=True):
        want = tensors[name].grad.numpy()
        np.testing.assert_allclose(gradient, want, rtol=1e-10, atol=1e-12 * abs(want).max())


@by_name
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(case, dtype):
    inputs = {k: v.astype(dtype) if k in floats(case.inputs) else v for k, v in case.inputs.items()}
    y, saved = case.forward(**inputs)
    gradients = arrays(case.backward(np.asarray(y), saved))
    assert [y.dtype] + [g.dtype for g in gradients] == [dtype] * (1 + len(gradients))


@by_name
def test_float32_is_close_to_float64(case):
    single = {
        k: v.astype(np.float32) if k in floats(case.inputs) else v for k, v in case.inputs.items()
    }
    y, saved = case.forward(**single)
    dy = np.asarray(normal(*np.shape(y), seed=9), np.float32)
    got = [y, *arrays(case.backward(dy, saved))]
    double = {k: v.astype(np.float64) if k in floats(single) else v for k, v in single.items()}
    y, saved = case.forward(**double)
    want = [y, *arrays(case.backward(dy.astype(np.float64), saved))]
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=2e-5, atol=3e-6 * abs(w).max())


@by_name
def test_nothing_is_changed_and_a_backward_can_be_repeated(case):
    before = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in case.inputs.items()}
    y, saved = case.forward(**case.inputs)
    dy = np.asarray(normal(*np.shape(y), seed=9))
    dy_before = dy.copy()
    first = [g.copy() for g in arrays(case.backward(dy, saved))]
    second = arrays(case.backward(dy, saved))
    for name, value in before.items():
        np.testing.assert_array_equal(case.inputs[name], value)
    np.testing.assert_array_equal(dy, dy_before)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
