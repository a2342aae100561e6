"""The small autograd engine of chapter 6 agrees with PyTorch's."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from tinytx import example
from tinytx.manual import cross_entropy_backward, cross_entropy_forward
from tinytx.tape import Number, gradients, numbers


def both(function, values):
    """Return the gradients of ``function`` by both engines."""
    mine = [Number(float(value)) for value in values]
    function(*mine).backward()
    theirs = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    function(*theirs).backward()
    return [number.grad for number in mine], theirs.grad.numpy()


FUNCTIONS = {
    "sum": lambda a, b, c: a + b + c,
    "products": lambda a, b, c: a * b * c + a * a,
    "exp and log": lambda a, b, c: (a.exp() + b.exp() * c.exp()).log(),
    "a diamond": lambda a, b, c: (lambda d: d * d + d * a)(a * b + c),
    "powers": lambda a, b, c: a**-0.5 + b**3 + (c * c + a) ** 2 + b**-1,
    "tanh": lambda a, b, c: (a * b).tanh() + c.tanh() * (a + a).tanh(),
    "root, difference, quotient": lambda a, b, c: (a / c - b).sqrt() - c / a - -b,
    "plain numbers": lambda a, b, c: 2 * a + 1 - b * 3 + (4 - c) / 5 + 6 / (c + 7),
    "used again after use": lambda a, b, c: (lambda d: (d + a).exp() * d.exp() + b * c)(a + b),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_equal_those_of_pytorch(name):
    mine, theirs = both(FUNCTIONS[name], [0.3, -1.2, 0.7])
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_a_long_chain_needs_no_recursion():
    x = Number(1.0)
    y = x
    for _ in range(5000):
        y = y + x
    y.backward()
    assert x.grad == 5001


def test_gradients_of_two_losses_add_up():
    x = Number(3.0)
    (x * x).backward()
    (x + x).backward()
    assert x.grad == 8


def test_a_second_backward_adds_what_the_first_did():
    """What lies in between passes on its own call's gradient, not what an earlier one left."""
    a, b = Number(2.0), Number(3.0)
    d = a * b
    loss = d + d
    for calls in (1, 2, 3):
        loss.backward()
        assert (a.grad, b.grad) == (6 * calls, 4 * calls)
    assert d.grad == 2  # of the last call alone


def test_two_losses_that_share_a_number_give_the_gradients_of_pytorch():
    def losses(a, b):
        d = a * b
        return d * 3, d * d + a, d

    mine = [Number(2.0), Number(3.0)]
    theirs = [torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)]
    for one, other in zip(losses(*mine), losses(*theirs), strict=True):
        one.backward()
        other.backward(retain_graph=True)
    assert [one.grad for one in mine] == [other.grad.item() for other in theirs]


def test_backward_of_a_number_made_of_nothing_adds_one():
    x = Number(2.0)
    (x * x).backward()
    x.backward()
    x.backward()
    assert x.grad == 6


def test_gradients_wait_for_all_uses_of_a_number():
    """Passed on at every arrival, what d holds would be counted twice."""
    a, b = Number(2.0), Number(3.0)
    d = a * b
    (d + d).backward()
    assert (a.grad, b.grad) == (6, 4)


@pytest.mark.parametrize("scalar", [np.float64(2.0), np.float32(2.0), 2])
def test_scalars_of_numpy_stand_on_either_side(scalar):
    x = Number(3.0)
    y = scalar * x + x / scalar - (scalar - x)
    assert isinstance(y, Number)
    y.backward()
    assert (y.value, x.grad) == (8.5, 3.5)


@pytest.mark.parametrize("power", [0, 0.0, 1, 1.5, 2, 3])
@pytest.mark.parametrize("value", [0.0, -0.0, 2.0])
def test_powers_of_zero_have_the_values_and_slopes_of_pytorch(value, power):
    mine, theirs = Number(value), torch.tensor(value, requires_grad=True)
    one, other = mine**power, theirs**power
    one.backward()
    other.backward()
    assert (one.value, mine.grad) == pytest.approx((other.item(), theirs.grad.item()))


@pytest.mark.parametrize("power", [-3, -1, 0, 1, 2, 2.0, 3])
def test_whole_powers_of_negative_numbers_have_the_values_and_slopes_of_pytorch(power):
    mine, theirs = both(lambda x: x**power, [-1.5])
    assert mine == pytest.approx(theirs)
    assert (Number(-1.5) ** power).value == pytest.approx((-1.5) ** power)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda x: x.sqrt(), "-1.0 ** 0.5 is no real number"),
        (lambda x: x**-1.5, "-1.0 ** -1.5 is no real number"),
        (lambda x: x.log(), "log of -1.0 has no value"),
        (lambda x: (x + 1).log(), "log of 0.0 has no value"),
        (lambda x: (x + 1) ** -1, "0.0 ** -1 has no finite slope"),
        (lambda x: (x + 1).sqrt(), "0.0 ** 0.5 has no finite slope"),
        (lambda x: 1 / (x + 1), "0.0 ** -1 has no finite slope"),
    ],
)
def test_what_has_no_value_is_refused(wrong, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}") as caught:
        wrong(Number(-1.0))
    assert "\n" not in str(caught.value)


def test_arrays_keep_their_shape():
    x = numbers(np.arange(6.0).reshape(1, 2, 3))
    assert x.shape == gradients(x).shape == (1, 2, 3)
    assert gradients(x).dtype == float
    assert numbers(2.5).shape == ()
    assert numbers([]).shape == (0,)
    assert len({id(one) for one in numbers(np.zeros(4))}) == 4


def test_a_formula_for_arrays_runs_on_numbers():
    value = np.random.default_rng(0).standard_normal((2, 4, 5))
    x, t = numbers(value), torch.tensor(value, requires_grad=True)
    c = x - x.mean(-1, keepdims=True)
    y = c / np.sqrt((c**2).mean(-1, keepdims=True) + 1e-5)
    e = np.exp(y @ y.swapaxes(-1, -2))
    ((e / e.sum(-1, keepdims=True)) @ np.tanh(y) * value).sum().backward()
    s = torch.nn.functional.layer_norm(t, (5,))
    ((s @ s.mT).softmax(-1) @ s.tanh() * torch.tensor(value)).sum().backward()
    np.testing.assert_allclose(gradients(x), t.grad, rtol=1e-11, atol=1e-12)


def test_the_tiny_model_as_chapter_6_writes_it():
    """Every gradient is the NumPy engine's, the -0.034577 of the first page among them."""
    ids, targets = example.ids(), example.targets()
    w = {name.removeprefix("blocks.0."): numbers(a) for name, a in example.weights().items()}

    def norm(x, name):
        c = x - x.mean(-1, keepdims=True)
        unit = c / np.sqrt((c**2).mean(-1, keepdims=True) + 1e-5)
        return unit * w[name + ".weight"] + w[name + ".bias"]

    def linear(x, name):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    x = w["tok_emb.weight"][ids] + w["pos_emb.weight"][:5]
    n = norm(x, "ln_1")
    q, k, v = (linear(n, f"attn.{one}_proj").reshape(5, 2, 3).swapaxes(0, 1) for one in "qkv")
    e = np.exp(q @ k.swapaxes(1, 2) / 3**0.5) * np.tri(5)
    out = e / e.sum(-1, keepdims=True) @ v
    x = x + linear(out.swapaxes(0, 1).reshape(5, 6), "attn.o_proj")
    h = linear(norm(x, "ln_2"), "mlp.up_proj")
    act = h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    x = x + linear(act, "mlp.down_proj")
    logits = norm(x, "ln_f") @ w["tok_emb.weight"].T
    loss = (np.log(np.exp(logits).sum(-1)) - logits[range(5), targets]).mean()
    loss.backward()

    model = example.model()
    wanted, saved = cross_entropy_forward(model.forward(np.array([ids])), np.array([targets]))
    model.backward(cross_entropy_backward(1.0, saved))
    assert loss.value == pytest.approx(wanted, rel=1e-12)
    for name, parameter in model.named_parameters():
        mine = gradients(w[name.removeprefix("blocks.0.")])
        np.testing.assert_allclose(mine, parameter.grad, rtol=1e-9, atol=1e-15, err_msg=name)
    assert f"{gradients(w['mlp.down_proj.weight'])[0, 1]:.6f}" == "-0.034577"
