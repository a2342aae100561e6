"""The reshape tracer without a browser: what it says of tensors, PyTorch finds too."""

import re

import numpy as np
import pytest
import torch

from tinytx.figures import ReshapeTracer
from tinytx.manual import merge_heads, split_heads

SIZES = [(1, 3, 2, 3), (2, 5, 4, 2), (1, 4, 4, 4), (2, 2, 3, 4)]


@pytest.mark.parametrize("sizes", SIZES)
def test_the_right_way_is_the_packages_own(sizes):
    B, T, H, Dh = sizes
    steps = ReshapeTracer(*sizes).steps("right")
    x = np.arange(B * T * H * Dh).reshape(B, T, H * Dh)
    np.testing.assert_array_equal(steps[2].value, split_heads(x, H))
    np.testing.assert_array_equal(steps[5].value, merge_heads(steps[3].value))
    np.testing.assert_array_equal(steps[5].value, x)


@pytest.mark.parametrize("sizes", SIZES)
def test_torch_has_the_same_strides_and_copies_at_the_same_step(sizes):
    B, T, H, Dh = sizes
    x = torch.arange(B * T * H * Dh).reshape(B, T, H * Dh)
    split = x.view(B, T, H, Dh)
    out = split.transpose(1, 2).contiguous()
    back = out.transpose(1, 2)
    tensors = [x, split, split.transpose(1, 2), out, back, back.reshape(B, T, H * Dh)]
    steps = ReshapeTracer(*sizes).steps("right")
    for step, tensor in zip(steps, tensors, strict=True):
        assert step.strides == tensor.stride()
        assert step.contiguous == tensor.is_contiguous()
    assert [step.kind for step in steps] == ["start", "view", "view", "new", "view", "copy"]
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        back.view(B, T, H * Dh)


def test_the_wrong_way_mixes_positions_and_comes_back_unnoticed():
    tracer = ReshapeTracer()
    x, mixed, out, back = (step.value for step in tracer.steps("wrong"))
    names = [tracer.name(entry) for entry in mixed[0, 0, 1]]
    assert names == ["i0·h1·d0", "i0·h1·d1", "i0·h1·d2"]  # head 0 at position 1 reads position 0
    assert tracer.strays() == 12
    np.testing.assert_array_equal(back, x)
    np.testing.assert_array_equal(out, mixed)
    assert "puts 12 of 18 entries where others belong" in str(tracer)


def test_words_and_fallback_name_every_step():
    tracer = ReshapeTracer(T=2, H=3, Dh=2)
    page = tracer.fallback()
    for path in ("right", "wrong"):
        for step in tracer.steps(path):
            assert f"{step.code}: {step.axes} = {step.value.shape}" in str(tracer)
            assert f'<th scope="row">{step.code}</th><td>{step.axes}</td>' in page
    assert "b1·i0·h0·d0" in str(ReshapeTracer(B=2).fallback())
    assert tracer._repr_html_() == ReshapeTracer(T=2, H=3, Dh=2)._repr_html_()


ERRORS = [
    (lambda: ReshapeTracer(T=6), "T is 6, the limit is 2 to 5; a small tensor shows the same"),
    (lambda: ReshapeTracer(Dh=2.0), "Dh is 2.0, the limit is 2 to 4"),
    (lambda: ReshapeTracer(B=0), "B is 0, the limit is 1 to 2"),
    (lambda: ReshapeTracer(path="left"), "path is 'left' and must be 'right' or 'wrong'"),
]


@pytest.mark.parametrize(("wrong", "message"), ERRORS)
def test_wrong_input_gets_one_clear_line(wrong, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        wrong()
    assert "\n" not in str(caught.value)
